"""Shares of units with intervals that are honest at 0 and 1, where resampling units shows none."""

import numpy as np
from scipy.special import betaincinv


def proportion_draws(
    share: float, units: float, draws: int, rng: np.random.Generator
) -> np.ndarray:
    """Return draws of the share that lies behind a share that was seen.

    A bootstrap of units that are all alike never varies. The lower half of these draws are
    quantiles of Beta(k, n - k + 1) below its median, the upper half those of Beta(k + 1, n - k)
    above its own. Their interval is that of Clopper and Pearson (1934), which holds truths at least
    as often as it says for every share and number of units, and the share of draws beyond a bound
    is the exact binomial p-value. Where nothing was seen it begins at 0 and ends at
    1 - .025^(1/n) for 95 %. Draws are spread evenly over the quantiles, in random order.

    Args:
        share: k / n, 0 to 1.
        units: n; neither it nor k has to be a whole number.
        draws: how many.
        rng: source of the draws.

    Returns:
        Shape (draws,), 0 to 1.
    """
    inside, outside = share * units, (1 - share) * units
    place = (rng.permutation(draws) + rng.uniform(size=draws)) / draws
    lower, upper = np.zeros(draws), np.ones(draws)
    if inside > 0:
        lower = betaincinv(inside, outside + 1, place)
    if outside > 0:
        upper = betaincinv(inside + 1, outside, place)
    return np.where(place < 0.5, lower, upper)


def share_draws(
    inside: np.ndarray, runs: np.ndarray, weights: np.ndarray, rng: np.random.Generator
) -> np.ndarray:
    """Return the share of units that are inside, and draws of it; runs weigh the same.

    Units are drawn by `proportion_draws`; where runs are resampled, what they deviate by from one
    another is added.

    Args:
        inside: bool, shape (units,).
        runs: number of the run of every unit, 0 to runs - 1, each there, shape (units,).
        weights: of runs in the data and in every resample, shape (1 + resamples, runs), see
            `trainings.training_shares`.
        rng: source of the draws.

    Returns:
        Shape (1 + resamples,), 0 to 1, the data first.
    """
    sizes = np.bincount(runs)
    of_runs = np.bincount(runs, np.asarray(inside, dtype=float)) / sizes
    value, effective = of_runs.mean(), len(sizes) ** 2 / (1 / sizes).sum()
    draws = proportion_draws(value, effective, len(weights) - 1, rng)
    draws = np.clip(draws + weights[1:] @ of_runs - value, 0, 1)
    return np.concatenate([[value], draws])
