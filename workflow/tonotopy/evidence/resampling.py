"""Confidence intervals by the bootstrap, vectorised over resamples."""

import numpy as np


def bootstrap_weights(clips: int, resamples: int, rng: np.random.Generator) -> np.ndarray:
    """Return how often a clip is drawn in a resample: (resamples, clips), rows sum to clips."""
    return rng.multinomial(clips, np.full(clips, 1 / clips), size=resamples)


def bootstrap_means(values: np.ndarray, resamples: int, rng: np.random.Generator) -> np.ndarray:
    """Return means over resampled clips.

    Args:
        values: shape (clips, ...).
        resamples: number of resamples.
        rng: source of the draws.

    Returns:
        Shape (resamples, ...).
    """
    weights = bootstrap_weights(len(values), resamples, rng) / len(values)
    return np.tensordot(weights, values, axes=1)


def interval(draws: np.ndarray, confidence: float) -> tuple[np.ndarray, np.ndarray]:
    """Return the percentile interval over the first axis of bootstrap draws."""
    tail = (1 - confidence) / 2
    return np.quantile(draws, tail, axis=0), np.quantile(draws, 1 - tail, axis=0)
