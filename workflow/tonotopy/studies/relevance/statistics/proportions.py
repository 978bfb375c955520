"""Shares of right answers: intervals that hold where nearly all are right.

If all answers are right, so they are in every resample, and an interval of resamples has no width.
Intervals of Clopper and Pearson (1934) never leave out more than they may. They are of as many
independent answers as have the spread of the resamples.
"""

import numpy as np

from tonotopy.evidence.claims import NotRun
from tonotopy.evidence.proportions import share_quantiles
from tonotopy.studies.relevance.statistics.tables import Clips


def proportion(clips: Clips, right: np.ndarray) -> np.ndarray:
    """Return the share of ones, with draws of it in row 0 and below: (1 + resamples,).

    Args:
        clips: whose groups are resampled.
        right: 1, 0, or nan where nothing is answered, shape (clips, ...).

    Raises:
        NotRun: nothing is answered.
    """
    right = right.reshape(len(right), -1)
    known = ~np.isnan(right)
    if not known.any():
        raise NotRun("there is no answer to take a share of")
    ones, all_ = (clips.totals(v.sum(axis=1)) for v in (np.nan_to_num(right), known * 1.0))
    shares = np.divide(ones, all_, out=np.full(ones.shape, ones[0] / all_[0]), where=all_ > 0)
    independent = _independent(shares, all_[0], clips.count(known.any(axis=1)))
    levels = (np.arange(len(shares) - 1) + 0.5) / (len(shares) - 1)
    return np.concatenate([shares[:1], share_quantiles(shares[0], independent, levels)])


def _independent(shares: np.ndarray, answers: float, groups: int) -> float:
    """Return how many independent answers have the spread of the resamples.

    No more than there are; as many as groups where all answers are alike.
    """
    single = shares[0] * (1 - shares[0])
    if single <= 0:
        return float(groups)
    return min(answers, single / max(shares[1:].var(), np.finfo(float).tiny))
