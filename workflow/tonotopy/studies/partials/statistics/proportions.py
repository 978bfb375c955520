"""Shares of units with intervals that are honest at 0 and 1, where resampling units shows none."""

import numpy as np

from tonotopy.evidence.proportions import share_quantiles


def proportion_draws(
    share: float, units: float, draws: int, rng: np.random.Generator
) -> np.ndarray:
    """Return draws of the share that lies behind a share that was seen.

    They are spread evenly over the quantiles (see `share_quantiles`), in random order.

    Args:
        share: k / n, 0 to 1.
        units: n; neither it nor k has to be a whole number.
        draws: how many.
        rng: source of the draws.

    Returns:
        Shape (draws,), 0 to 1.
    """
    levels = (rng.permutation(draws) + rng.uniform(size=draws)) / draws
    return share_quantiles(share, units, levels)


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
