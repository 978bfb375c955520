"""Scores of clips: means of the classes' means, with intervals over groups of clips."""

import numpy as np
import pandas as pd

from tonotopy.drawing.intervals import mean_of_known, resampled_clips, spread
from tonotopy.evidence.groups import Groups

CLIP = ["class", "clip", "group"]


def class_means(rows: pd.DataFrame, value: str, by: list[str], about: dict) -> pd.DataFrame:
    """Return the mean over clips of every class, then over classes, with intervals over groups.

    Several rows of a clip, such as those of several random bases, are averaged first. All means
    are of the same resamples.

    Args:
        rows: a score per clip: label, clip, group, ``value`` and the columns ``by``.
        value: column of the score; a clip whose score is nan counts for nothing.
        by: columns that tell means apart.
        about: resamples and confidence.

    Returns:
        Indexed by the columns ``by``, with columns value, error (standard error), low, high; nan
        where no clip has a score.
    """
    rows = rows.assign(**{"class": rows["label"].astype(str)})  # ``by`` may have the label too
    wide = rows.groupby([*CLIP, *by], observed=True)[value].mean().unstack(by)
    groups = Groups(wide.index.get_level_values("group"))
    labels = wide.index.get_level_values("class").to_numpy()
    scores = wide.to_numpy()
    (means,) = _means(scores, labels, np.ones((1, len(scores))))
    draws = _means(scores, labels, resampled_clips(groups, about)[1])
    error, low, high = spread(draws, about["confidence"])
    content = {"value": means, "error": error, "low": low, "high": high}
    return pd.DataFrame(content, index=wide.columns)


def _means(scores: np.ndarray, labels: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """Return means over classes of weighted means over clips: (resamples, columns)."""
    known = np.isfinite(scores)
    of_classes = []
    for label in sorted(set(labels)):
        own = labels == label
        sums = counts[:, own] @ np.where(known, scores, 0)[own]
        sizes = counts[:, own] @ known[own].astype(float)
        undefined = np.full(sums.shape, np.nan)
        of_classes.append(np.divide(sums, sizes, out=undefined, where=sizes > 0))
    return mean_of_known(np.array(of_classes))
