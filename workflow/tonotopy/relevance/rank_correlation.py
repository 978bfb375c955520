"""Spearman's rank correlation of many pairs at once, and of resamples."""

import numpy as np
from scipy.stats import rankdata


def rank_correlations(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Return rank correlations over the last axis, ties sharing their mean rank.

    Args:
        first: shape (..., values).
        second: same shape.

    Returns:
        Shape (...), -1 to 1; nan where one of both is constant.
    """
    ranks = [rankdata(values, axis=-1) for values in (first, second)]
    return _correlations(*ranks, np.ones(first.shape[-1]))


def resampled_rank_correlations(
    first: np.ndarray, second: np.ndarray, counts: np.ndarray
) -> np.ndarray:
    """Return the rank correlation of pairs in every resample, ranked anew within it.

    Args:
        first: shape (pairs,).
        second: shape (pairs,).
        counts: how often each pair is drawn, shape (resamples, pairs).

    Returns:
        Shape (resamples,), -1 to 1; nan where one of both is constant among what was drawn.
    """
    ranks = [_resampled_ranks(values, counts) for values in (first, second)]
    return _correlations(*ranks, counts)


def _resampled_ranks(values: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """Return mean ranks less a half, (resamples, pairs), of pairs repeated ``counts`` times."""
    distinct, inverse = np.unique(values, return_inverse=True)
    order = np.argsort(inverse, kind="stable")
    starts = np.searchsorted(inverse[order], np.arange(len(distinct)))
    repeats = np.add.reduceat(counts[:, order], starts, axis=1)
    last = np.cumsum(repeats, axis=1)
    return (last - repeats / 2)[:, inverse]


def _correlations(first: np.ndarray, second: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Return Pearson correlations of weighted values over the last axis."""
    total = np.maximum(weights.sum(axis=-1, keepdims=True), 1)  # a resample may be empty
    first = first - (weights * first).sum(axis=-1, keepdims=True) / total
    second = second - (weights * second).sum(axis=-1, keepdims=True) / total
    covariance = (weights * first * second).sum(axis=-1)
    variances = [(weights * np.square(values)).sum(axis=-1) for values in (first, second)]
    scale = np.sqrt(variances[0] * variances[1])
    undefined = np.full(np.shape(covariance), np.nan)
    return np.divide(covariance, scale, out=undefined, where=scale > 1e-9 * total[..., 0])
