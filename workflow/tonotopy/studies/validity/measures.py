"""Measures of how well matrices of values and classes agree, over the last axis.

Each is made of two steps, so that a matrix that is compared with many others is ranked but once.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from scipy.stats import rankdata


def standardised(values: np.ndarray) -> np.ndarray:
    """Return values of mean 0 and length 1 over the last axis; nan where nothing varies."""
    values = values - values.mean(axis=-1, keepdims=True)
    length = np.sqrt(np.einsum("...p,...p->...", values, values))[..., None]
    return np.divide(values, length, out=np.full(values.shape, np.nan), where=length > 1e-15)


def ranks(values: np.ndarray) -> np.ndarray:
    """Return ranks over the last axis, from 1; equal values share their mean rank.

    As scipy's, which is asked where there are equal values, and three times as fast elsewhere.
    """
    order = np.argsort(values, axis=-1)
    ascending = np.take_along_axis(values, order, axis=-1)
    numbers = np.empty(values.shape)
    steps = np.arange(1.0, values.shape[-1] + 1)
    np.put_along_axis(numbers, order, np.broadcast_to(steps, values.shape), axis=-1)
    tied = (ascending[..., 1:] == ascending[..., :-1]).any(axis=-1)
    if tied.any():
        numbers[tied] = rankdata(values[tied], axis=-1)
    return numbers


def products(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Return the correlation of standardised values over the last axis."""
    return np.einsum("...p,...p->...", one, other)


def shares(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Return the share of pairs, over the last axis, whose signs agree."""
    return (one == other).mean(axis=-1)


class Measure(NamedTuple):
    """How matrices are compared: the form of each, then what is said of two of that form."""

    form: Callable[[np.ndarray], np.ndarray]
    compare: Callable[[np.ndarray, np.ndarray], np.ndarray]
    limits: tuple[float, float]

    def of(self, one: np.ndarray, other: np.ndarray) -> np.ndarray:
        """Return the measure of matrices over the last axis; nan where one does not vary."""
        return self.compare(self.form(one), self.form(other))


MEASURES = {
    "spearman": Measure(lambda values: standardised(ranks(values)), products, (-1.0, 1.0)),
    "pearson": Measure(standardised, products, (-1.0, 1.0)),
    "sign": Measure(np.sign, shares, (0.0, 1.0)),
}
