"""Ranges of statistics: no interval of a share or a correlation leaves what is possible.

Intervals of few units are widened as Student's distribution asks for, which knows no bounds. Cut to
its range an interval holds the truth as often as before, because the truth never lies outside.
"""

from collections.abc import Callable
from dataclasses import replace
from functools import wraps

import numpy as np

from tonotopy.evidence.claims import Estimate

ROUNDING = 1e-6  # by which an estimate may leave its range


def within(low: float, high: float) -> Callable[[Callable[..., Estimate]], Callable[..., Estimate]]:
    """Return a decorator of statistics whose values lie between two numbers.

    Interval and draws are cut to this range.

    Args:
        low: least possible value, -inf for none.
        high: greatest possible value, inf for none.

    Raises:
        ValueError: by the decorated statistic: its estimate is not in the range, which is wrong.
    """

    def declare(statistic: Callable[..., Estimate]) -> Callable[..., Estimate]:
        @wraps(statistic)
        def cut(*tables, **arguments) -> Estimate:
            estimate = statistic(*tables, **arguments)
            if not low - ROUNDING <= estimate.value <= high + ROUNDING:
                raise ValueError(
                    f"{statistic.__name__} is {estimate.value}, declared within [{low}, {high}]"
                )
            parts = {key: getattr(estimate, key) for key in ("value", "low", "high", "draws")}
            clipped = {key: np.clip(values, low, high) for key, values in parts.items()}
            numbers = {key: float(clipped[key]) for key in ("value", "low", "high")}
            return replace(estimate, **numbers, draws=clipped["draws"])

        return cut

    return declare


share = within(0, 1)  # also accuracies, F1 and areas under ROC curves
signed_share = within(-1, 1)  # differences of shares, cosines and correlations
at_least_0 = within(0, np.inf)
at_most_1 = within(-np.inf, 1)
