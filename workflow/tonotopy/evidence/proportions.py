"""Shares of units, with intervals that are honest at 0 and 1, where resamples never vary."""

import numpy as np
from scipy.special import betaincinv


def share_quantiles(share: float, units: float, levels: np.ndarray) -> np.ndarray:
    """Return what lies behind a share that was seen, at levels from 0 to 1.

    The lower half are quantiles of Beta(k, n - k + 1), the upper half those of Beta(k + 1, n - k).
    Their interval is that of Clopper and Pearson (1934), which holds truths at least as often as it
    says for every share and number of units, and the share of evenly spread levels beyond a bound
    is the exact binomial p-value. Where nothing was seen the interval begins at 0 and ends at
    1 - .025^(1/n) for 95 %.

    Args:
        share: k / n, 0 to 1.
        units: n; neither it nor k has to be a whole number.
        levels: 0 to 1, any shape.

    Returns:
        Shape of the levels, 0 to 1.
    """
    inside, outside = share * units, (1 - share) * units
    lower, upper = np.zeros(levels.shape), np.ones(levels.shape)
    if inside > 0:
        lower = betaincinv(inside, outside + 1, levels)
    if outside > 0:
        upper = betaincinv(inside + 1, outside, levels)
    return np.where(levels < 0.5, lower, upper)
