"""Controls of study 1: what must come out if data, folds, probe and weights are what they seem."""

import numpy as np
import pandas as pd

from tonotopy.evidence.claims import Estimate, NotRun
from tonotopy.studies.hierarchy.average_precision import mean_average_precisions, tagging_matrices
from tonotopy.studies.hierarchy.statistics.profiles import peak_difference
from tonotopy.studies.hierarchy.statistics.tables import HierarchyTables


def shuffled_at_chance(tables: HierarchyTables, network: str, task: str) -> Estimate:
    """Accuracy on shuffled labels minus chance, mean over layers, ks and shuffles (-1 to 1)."""
    rows = tables.rows(network, task, labels="shuffled")
    shares = np.mean(np.stack(rows["correct"].to_list()), axis=0)
    above = shares - 1 / int(rows["classes"].iloc[0])
    sums = tables.clip_resamples(task, len(above)).sums(above)
    return tables.estimate(above.mean(), sums / len(above), len(above))


def constant_at_chance(tables: HierarchyTables) -> Estimate:
    """Accuracy of a representation equal for all clips, minus chance (-1 to 1)."""
    rows = _control(tables, "constant")
    return tables.mean(rows["correct"].astype(float) - 1 / rows["classes"], "constant")


def identity_equals_reference(tables: HierarchyTables) -> Estimate:
    """Share of clips, 0 to 1, on which our probe and scikit-learn's differ, given spectrograms."""
    rows = _control(tables, "identity")
    if rows["reference"].isna().any():
        raise NotRun("no reference is at hand")
    differ = rows["correct"].astype(bool) != rows["reference"].astype(bool)
    return tables.mean(differ, "identity")


def groups_disjoint(tables: HierarchyTables, task: str, folds: str = "grouped") -> Estimate:
    """Groups (speakers, songs, artists) found in more than one fold: a count, without error."""
    row = tables.grouping(task, folds)
    split = row["split_groups"]
    return tables.estimate(
        split, np.full(tables.bootstrap.resamples, split), row["groups"], exact=True
    )


def leak(tables: HierarchyTables, network: str, task: str) -> Estimate:
    """Best layer's accuracy in the thesis's folds minus that in grouped folds (-1 to 1).

    What the thesis's folds gain by a speaker, song or artist on both sides.
    """
    tables.grouping(task, "grouped")
    if not tables.grouping(task, "paper")["split_groups"]:
        raise NotRun(f"both kinds of folds keep the groups of task {task} whole")
    return peak_difference(tables, network, task, than={"folds": "grouped"})


def tagging_gain(tables: HierarchyTables, network: str) -> Estimate:
    """Mean average precision of the trained network divided by that of its untrained copy.

    Clips are resampled, the same for both; the mean is over classes with a positive clip.
    """
    rows = tables.tagging[tables.tagging["network"] == network]
    precisions = []
    for copy in ("trained", "untrained"):
        part = rows[rows["copy"] == copy]
        if not part["target"].any():
            raise NotRun(f"no tags of the {copy} {network}")
        targets, scores = tagging_matrices(part)
        counts = tables.clip_resamples("tagging", len(targets)).counts
        with_data = np.concatenate([np.ones((1, len(targets))), counts])
        precisions.append(mean_average_precisions(targets, scores, with_data))
    ratio = precisions[0] / precisions[1]
    return tables.estimate(ratio[0], ratio[1:], len(targets))


def _control(tables: HierarchyTables, control: str) -> pd.DataFrame:
    rows = tables.controls[tables.controls["control"] == control]
    if rows.empty:
        raise NotRun(f"no control '{control}'")
    return rows
