"""How well a network tags clips: average precision, resampled."""

import numpy as np
import pandas as pd

from tonotopy.errors import InputError

CELLS = 4_000_000  # resamples x clips held at a time


def tagging_matrices(rows: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Return targets and scores, (clips, classes) each, of one network's rows of tagging.parquet.

    Raises:
        InputError: a clip lacks a class.
    """
    wide = rows.pivot(index="clip", columns="class", values=["target", "score"])
    if wide.isna().any(axis=None):
        raise InputError("tagging.parquet: some clip lacks a class; make the table again")
    return wide["target"].to_numpy().astype(bool), wide["score"].to_numpy().astype(float)


def mean_average_precisions(targets, scores, weights) -> np.ndarray:
    """Return the mean average precision under each row of clip weights, 0 to 1.

    The mean is over the classes that have a clip of weight above 0; NaN where there is none.

    Args:
        targets: bool (clips, classes).
        scores: (clips, classes), higher is more likely.
        weights: (resamples, clips), how much each clip counts.
    """
    rows = max(1, CELLS // len(targets))
    parts = [weights[i : i + rows] for i in range(0, len(weights), rows)]
    return np.concatenate([_precisions(targets, scores, part) for part in parts])


def _precisions(targets, scores, weights) -> np.ndarray:
    total, classes = np.zeros(len(weights)), np.zeros(len(weights))
    for target, score in zip(targets.T, scores.T, strict=True):
        precisions = average_precisions(target, score, weights)
        occurs = ~np.isnan(precisions)
        total[occurs] += precisions[occurs]
        classes += occurs
    return total / np.where(classes > 0, classes, np.nan)


def average_precisions(target, score, weights) -> np.ndarray:
    """Return one class's average precision under each row of clip weights, NaN without a positive.

    Precision at every distinct score, weighted by the rise of recall there.
    """
    order = np.argsort(-score, kind="stable")
    last_of_score = np.append(np.diff(score[order]) != 0, True)
    ordered = weights[:, order]
    hits = (ordered * target[order]).cumsum(axis=1)[:, last_of_score]
    count = ordered.cumsum(axis=1)[:, last_of_score]
    precision = hits / np.where(count > 0, count, 1)
    rise = np.diff(hits, axis=1, prepend=0)
    positives = hits[:, -1]
    return (rise * precision).sum(axis=1) / np.where(positives > 0, positives, np.nan)
