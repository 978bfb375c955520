"""Controls of study 1: what must come out if data, folds, probe and weights are what they seem."""

import numpy as np
import pandas as pd

from tonotopy.evidence import ranges
from tonotopy.evidence.claims import Estimate, NotApplicable, NotRun
from tonotopy.evidence.trainings import widening
from tonotopy.studies.hierarchy.average_precision import mean_average_precisions, tagging_matrices
from tonotopy.studies.hierarchy.statistics.profiles import share_lost
from tonotopy.studies.hierarchy.statistics.tables import HierarchyTables
from tonotopy.studies.hierarchy.thesis import CORPORA

FOLDS = 5  # of the probes


@ranges.at_least_0
def shuffled_over_chance(tables: HierarchyTables, network: str, task: str) -> Estimate:
    """Accuracy on shuffled labels over chance (mean over layers): 1 is at chance.

    Shufflings of the labels are resampled: clips and layers are the same in all of them.
    """
    rows = tables.rows(network, task, labels="shuffled")
    shares = rows["correct"].map(np.mean).groupby(rows["shuffle"]).mean().to_numpy()
    over = shares * int(rows["classes"].iloc[0])
    weights = tables.weights(len(over), f"shuffled {task}")
    factor = widening(len(over), tables.bootstrap.confidence)
    draws = over.mean() + factor * (weights @ over - over.mean())
    return tables.estimate(over.mean(), draws, len(over), unit="label permutation", trainings=1)


def constant_off_chance(tables: HierarchyTables) -> Estimate:
    """Rightly classified clips per fold of a representation equal for all, minus chance.

    It has no sampling error: the probe answers with one class in each fold, of which stratified
    folds of a balanced corpus have their share but for less than one clip.
    """
    rows = _control(tables, "constant")
    above = (rows["correct"].astype(float) - 1 / rows["classes"]).sum()
    return _exact(tables, above / FOLDS, len(rows))


@ranges.share
def identity_equals_reference(tables: HierarchyTables) -> Estimate:
    """Share of clips, 0 to 1, on which our probe and scikit-learn's differ, given spectrograms."""
    rows = _control(tables, "identity")
    if rows["reference"].isna().any():
        raise NotRun("no reference is at hand")
    differ = rows["correct"].astype(bool) != rows["reference"].astype(bool)
    return _exact(tables, differ.mean(), len(rows))


@ranges.at_least_0
def groups_disjoint(tables: HierarchyTables, task: str, folds: str = "grouped") -> Estimate:
    """Groups (speakers, songs, artists) found in more than one fold: a count, without error."""
    row = tables.grouping(task, folds)
    return _exact(tables, row["split_groups"], row["groups"], "group of clips")


def clips_over_thesis(tables: HierarchyTables, task: str) -> Estimate:
    """Number of clips of a task over that of the thesis's table 2.2: a count, without error."""
    if task not in CORPORA:
        raise NotApplicable(f"the thesis has no task {task}")
    clips = tables.resamples[task].clips
    return _exact(tables, clips / CORPORA[task][0], clips)


def leak(tables: HierarchyTables, network: str, task: str) -> Estimate:
    """Share of the accuracy above chance that grouped folds lose against the thesis's.

    What the thesis's folds gain by a speaker, song or artist on both sides; mean over layers.
    """
    tables.grouping(task, "grouped")
    if not tables.grouping(task, "paper")["split_groups"]:
        raise NotRun(f"both kinds of folds keep the groups of task {task} whole")
    return share_lost(tables, network, task, folds="grouped")


@ranges.at_least_0
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
        counts = tables.bootstrap.draw(len(targets), "profile", "tagging").counts
        with_data = np.concatenate([np.ones((1, len(targets))), counts])
        precisions.append(mean_average_precisions(targets, scores, with_data))
    ratio = precisions[0] / precisions[1]
    return tables.estimate(ratio[0], ratio[1:], len(targets), unit="clip", trainings=1)


@ranges.share
def recognised(tables: HierarchyTables, network: str) -> Estimate:
    """Share of known recordings that published weights name among their top answers: a count.

    How many answers are the top ones, each recording's row says (``within``).
    """
    rows = tables.known_answers
    rows = rows[rows["network"] == network]
    if rows.empty:
        raise NotRun(f"the weights of {network} are not published ones")
    asked = rows[rows["rank"].notna()]
    if asked.empty:
        raise NotRun(" or ".join(dict.fromkeys(rows["reason"])))
    named = asked["rank"] <= asked["within"]
    return _exact(tables, named.mean(), len(asked), "recording")


def _exact(tables: HierarchyTables, value: float, n: int, unit: str = "clip") -> Estimate:
    draws = np.full(tables.bootstrap.resamples, value)
    return tables.estimate(value, draws, n, exact=True, unit=unit)


def _control(tables: HierarchyTables, control: str) -> pd.DataFrame:
    rows = tables.controls[tables.controls["control"] == control]
    if rows.empty:
        raise NotRun(f"no control '{control}'")
    return rows
