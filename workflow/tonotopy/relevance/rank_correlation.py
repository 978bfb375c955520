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
    return _correlations(*ranks)


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
    drawn = np.ascontiguousarray(counts.T, dtype=float)
    totals = drawn.sum(axis=0)
    first, second = (_centred_ranks(values, drawn, totals) for values in (first, second))
    weighted = drawn * first, drawn * second
    pairs = (weighted[0], second), (weighted[0], first), (weighted[1], second)
    products = (np.einsum("pr,pr->r", *pair) for pair in pairs)
    return _quotient(*products, np.maximum(totals, 1))


def _centred_ranks(values: np.ndarray, drawn: np.ndarray, totals: np.ndarray) -> np.ndarray:
    """Return mean ranks of repeated pairs minus their mean: (pairs, resamples).

    Args:
        values: shape (pairs,).
        drawn: how often each is there, shape (pairs, resamples).
        totals: of these, shape (resamples,).
    """
    distinct, inverse = np.unique(values, return_inverse=True)
    repeats = drawn[np.argsort(inverse, kind="stable")]
    if len(distinct) < len(values):
        repeats = np.add.reduceat(repeats, np.searchsorted(np.sort(inverse), range(len(distinct))))
    ranks = np.cumsum(repeats, axis=0)
    ranks -= repeats / 2
    ranks -= totals / 2
    return ranks[inverse]


def _correlations(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Return Pearson correlations over the last axis."""
    first, second = (values - values.mean(axis=-1, keepdims=True) for values in (first, second))
    products = ((a * b).sum(axis=-1) for a, b in ((first, second), (first,) * 2, (second,) * 2))
    return _quotient(*products, first.shape[-1])


def _quotient(covariance: np.ndarray, first, second, total) -> np.ndarray:
    """Return covariances over the roots of both variances, nan where one of both is 0."""
    scale = np.sqrt(first * second)
    undefined = np.full(np.shape(covariance), np.nan)
    return np.divide(covariance, scale, out=undefined, where=scale > 1e-9 * total)
