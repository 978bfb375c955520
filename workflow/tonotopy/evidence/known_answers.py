"""Controls of study 1: what must come out if data, folds, probe and weights are what they seem."""

import numpy as np
import pandas as pd

from tonotopy.evidence.claims import Estimate, NotRun
from tonotopy.evidence.layers import HierarchyTables, clip_weights
from tonotopy.evidence.tagging import mean_average_precisions, tagging_matrices


def shuffled_at_chance(tables: HierarchyTables, network: str, task: str) -> Estimate:
    """Accuracy on shuffled labels minus chance, mean over all layers and ks (-1 to 1)."""
    part = tables.decoded(network, task, labels="shuffled")
    values = part.over_resamples(part.right.mean(axis=(0, 1))) - part.chance
    return tables.estimate(values[0], values[1:], part.clips)


def constant_at_chance(tables: HierarchyTables, task: str) -> Estimate:
    """Accuracy of a representation equal for all clips, minus chance (-1 to 1)."""
    rows = _control(tables, "constant", task)
    right = rows["correct"].to_numpy().astype(bool)
    return _mean_over_clips(tables, task, right - 1 / int(rows["classes"].iloc[0]))


def identity_equals_reference(tables: HierarchyTables, task: str) -> Estimate:
    """Share of clips, 0 to 1, on which our probe and scikit-learn's differ, given spectrograms."""
    rows = _control(tables, "identity", task)
    if rows["reference"].isna().any():
        raise NotRun(f"no reference for {task}")
    differ = rows["correct"].astype(bool) != rows["reference"].astype(bool)
    return _mean_over_clips(tables, task, differ.to_numpy())


def groups_disjoint(tables: HierarchyTables, task: str, folds: str = "grouped") -> Estimate:
    """Groups (speakers, songs, artists) found in more than one fold: a count, without error."""
    rows = tables.folds
    rows = rows[(rows["task"] == task) & (rows["folds"] == folds)]
    if rows.empty or not rows["groups"].iloc[0]:
        raise NotRun(f"{task} has no groups to keep together in {folds} folds")
    split = rows["split_groups"].iloc[0]
    return tables.estimate(split, np.full(tables.resamples, split), rows["groups"].iloc[0])


def tagging_gain(tables: HierarchyTables, network: str) -> Estimate:
    """Mean average precision of the trained network divided by that of its untrained copy.

    Clips are resampled, the same for both; the mean is over classes with a positive clip.
    """
    rows = tables.tagging[tables.tagging["network"] == network]
    found = []
    for copy in ("trained", "untrained"):
        part = rows[rows["copy"] == copy]
        if not part["target"].any():
            raise NotRun(f"no tags of the {copy} {network}")
        targets, scores = tagging_matrices(part)
        weights = clip_weights(tables.seed, "tagging", len(targets), tables.resamples)
        with_data = np.concatenate([np.ones((1, len(targets))), weights])
        found.append(mean_average_precisions(targets, scores, with_data))
    ratio = found[0] / found[1]
    return tables.estimate(ratio[0], ratio[1:], len(targets))


def _control(tables: HierarchyTables, control: str, task: str) -> pd.DataFrame:
    rows = tables.controls
    rows = rows[(rows["control"] == control) & (rows["task"] == task)]
    if rows.empty:
        raise NotRun(f"no control '{control}' for {task}")
    return rows


def _mean_over_clips(tables: HierarchyTables, task: str, values) -> Estimate:
    weights = clip_weights(tables.seed, task, len(values), tables.resamples)
    return tables.estimate(values.mean(), weights @ values, len(values))
