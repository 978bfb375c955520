"""What similarities are without a match: other clips' features, and many tests at once.

The exchangeable unit is the clip, or the group that several clips belong to. Frames or cells of a
map depend on each other, so that p-values of their permutations are far from uniform
(benchmarks/units_of_p_values.py).
"""

from typing import NamedTuple

import numpy as np
from scipy.stats import false_discovery_control, norm

ROUNDING = 1e-12  # of sums of squares, over the largest


class Null(NamedTuple):
    """Similarity of a map and a feature beside that of the map and other units' features.

    Attributes:
        mean: of the null.
        sd: its standard deviation.
        z: (T - mean) / sd; 0 where sd is 0.
        p: one-sided, that T is so large by chance (normal approximation).
    """

    mean: np.ndarray
    sd: np.ndarray
    z: np.ndarray
    p: np.ndarray


def permutation_null(similarities: np.ndarray) -> Null:
    """Return the null of T, the mean of S_ii, over permutations of the features, in closed form.

    Hoeffding, A combinatorial central limit theorem (1951), theorems 2 and 3: with D the doubly
    centred S, T has mean(S) and variance sum D^2 / ((n - 1) n^2).

    Args:
        similarities: S, shape (..., units, units): of unit i's map and unit j's feature.

    Returns:
        Values of shape (...).
    """
    s = np.asarray(similarities, dtype=np.float64)
    units = s.shape[-1]
    rows, columns = s.mean(axis=-1), s.mean(axis=-2)
    mean = rows.mean(axis=-1)
    whole = np.einsum("...ij,...ij->...", s, s)
    of_means = (rows**2).sum(axis=-1) + (columns**2).sum(axis=-1) - units * mean**2
    squares = whole - units * of_means  # sum D^2, without D
    squares = np.where(squares > ROUNDING * whole, squares, 0.0)
    sd = np.sqrt(squares / (max(units - 1, 1) * units**2))
    matched = np.trace(s, axis1=-2, axis2=-1) / units
    z = np.divide(matched - mean, sd, out=np.zeros_like(mean), where=sd > 0)
    return Null(mean, sd, z, norm.sf(z))


def permuted(similarities: np.ndarray, draws: int, rng: np.random.Generator) -> np.ndarray:
    """Return T for so many random permutations of the features, shape (draws,).

    Args:
        similarities: S of one map and feature, shape (units, units).
        draws: permutations.
        rng: random stream.
    """
    units = np.arange(len(similarities))
    return np.array([similarities[units, rng.permutation(len(units))].mean() for _ in range(draws)])


def false_discoveries(p: np.ndarray) -> np.ndarray:
    """Return p-values of one family adjusted by Benjamini and Hochberg (1995), shape as given."""
    p = np.asarray(p, dtype=np.float64)
    return false_discovery_control(p.ravel()).reshape(p.shape)
