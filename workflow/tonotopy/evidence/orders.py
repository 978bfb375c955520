"""Which of several means is highest, with intervals that no choice on the same data flatters.

The greatest of noisy means is greater than the greatest mean, so a bootstrap of a maximum takes a
flat profile for a peak. Here every comparison is judged by itself: "the best of these lies above
the best of those" holds where one of these lies above each of those (an intersection of tests,
which needs no correction), and the choice of the one is paid for by Bonferroni's.
"""

from dataclasses import replace
from typing import NamedTuple

import numpy as np
from scipy.stats import norm

from tonotopy.evidence.claims import Estimate
from tonotopy.evidence.resampling import interval


class Order(NamedTuple):
    """A difference with its interval.

    Attributes:
        value: of the data.
        low: lower end.
        high: upper end.
        draws: those behind the lower end, shape (resamples,): p-values of "above" are theirs.
    """

    value: float
    low: float
    high: float
    draws: np.ndarray


def best_over_best(first: np.ndarray, second: np.ndarray, confidence: float) -> Order:
    """Return the greatest of the first means minus the greatest of the second.

    Args:
        first: shape (1 + resamples, means), the data in row 0.
        second: likewise, of the same resamples.
        confidence: level of the interval, 0 to 1.
    """
    low, draws = _lower_end(first, second, confidence)
    other, _ = _lower_end(second, first, confidence)
    return Order(float(first[0].max() - second[0].max()), low, -other, draws)


def least(contrasts: np.ndarray, confidence: float) -> Order:
    """Return the least of several contrasts: above 0 where all are.

    Args:
        contrasts: shape (1 + resamples, contrasts), the data in row 0.
        confidence: level of the interval, 0 to 1.
    """
    return best_over_best(np.zeros((len(contrasts), 1)), -contrasts, confidence)


def over_size(first: np.ndarray, second: np.ndarray, confidence: float) -> Order:
    """Return an effect minus the size of another one: above 0 where it exceeds it either way.

    Args:
        first: of the effect in the direction that is claimed, (1 + resamples,), the data in row 0.
        second: of the other one, in any direction, likewise.
        confidence: level of the interval, 0 to 1.
    """
    return least(np.stack([first - second, first + second], axis=1), confidence)


def with_ends(estimate: Estimate, order: Order) -> Estimate:
    """Return an estimate with the ends of an order as its interval."""
    return replace(estimate, low=float(order.low), high=float(order.high))


def kth_largest(contrasts: np.ndarray, k: int, confidence: float) -> Order:
    """Return the k-th largest of several contrasts: above 0 where at least k are.

    k of n exceed a bound unless n - k + 1 do not: the k-th smallest of n - k + 1 p-values, times
    their number, is a p-value of that (partial conjunction; Benjamini and Heller, 2008).

    Args:
        contrasts: shape (1 + resamples, contrasts), the data in row 0, of independent samples.
        k: from 1 to the number of contrasts.
        confidence: level of the interval, 0 to 1.
    """
    low, draws = _kth_lower_end(contrasts, k, confidence)
    other, _ = _kth_lower_end(-contrasts, contrasts.shape[1] - k + 1, confidence)
    return Order(float(np.sort(contrasts[0])[-k]), low, -other, draws)


def widened(draws: np.ndarray, choices: int, confidence: float) -> np.ndarray:
    """Return draws whose interval holds where one of so many was chosen (Bonferroni).

    Args:
        draws: shape (1 + resamples, ...), the data in row 0: deviations from it are scaled as the
            quantiles of the normal distribution ask for, so that few resamples suffice.
        choices: number of what could have been chosen.
        confidence: level of the interval, 0 to 1.
    """
    tail = (1 - confidence) / 2
    return draws[0] + norm.ppf(tail / choices) / norm.ppf(tail) * (draws - draws[0])


def _lower_end(first: np.ndarray, second: np.ndarray, confidence: float) -> tuple:
    """The lower end of the difference of maxima, and the draws that it is of."""
    margins = first - second.max(axis=1, keepdims=True)  # the least contrast of each of the first
    draws = widened(margins, first.shape[1], confidence)[1:]
    lows, _ = interval(draws, confidence)
    best = int(lows.argmax())
    return float(lows[best]), draws[:, best]


def _kth_lower_end(contrasts: np.ndarray, k: int, confidence: float) -> tuple:
    draws = widened(contrasts, contrasts.shape[1] - k + 1, confidence)[1:]
    lows, _ = interval(draws, confidence)
    chosen = int(np.argsort(lows)[-k])
    return float(lows[chosen]), draws[:, chosen]
