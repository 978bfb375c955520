"""Intervals drawn as small bars against the criterion: geometry alone, templates draw it."""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

WIDTH = 200.0  # of a bar, in its own units
MARGIN = 8.0  # left and right of what is drawn; the shading of an open side reaches the edge


@dataclass(frozen=True)
class Bar:
    """An interval on the scale of its group, in units from 0 (left edge) to `WIDTH`.

    Attributes:
        low: lower end of the interval.
        high: upper end.
        estimate: the estimate.
    """

    low: float
    high: float
    estimate: float


@dataclass(frozen=True)
class Scale:
    """What the bars of a group share.

    Attributes:
        first: value at `MARGIN`, the least of all that is drawn.
        last: value at `WIDTH` minus `MARGIN`, the largest.
        shaded: left and right edge of the range that the criterion asks for, from 0 to `WIDTH`.
        bounds: where the criterion's bounds are.
        printed: where a paper's printed number is, None without one.
    """

    first: float
    last: float
    shaded: tuple[float, float]
    bounds: tuple[float, ...]
    printed: float | None = None

    def place(self, value: float) -> float:
        """Return where a value is drawn, kept within the edges; rounded to hundredths."""
        share = (value - self.first) / (self.last - self.first)
        return round(min(max(MARGIN + share * (WIDTH - 2 * MARGIN), 0.0), WIDTH), 2)

    def bar(self, row: dict) -> Bar:
        """Return the interval of a judged row of a scorecard."""
        return Bar(*(self.place(row[key]) for key in ("low", "high", "estimate")))


def printed_number(paper: str | None, criterion: dict) -> float | None:
    """Return the number that a paper prints, where the criterion is a band around it.

    It is the first word of what is told of the paper, such as ``0.585 on the test split``.
    """
    found = re.match(r"-?\d*\.?\d+(?=\s|$|,|;)", paper or "")
    if not found or "within" not in criterion:
        return None
    low, high = criterion["within"]
    number = float(found.group())
    return number if low <= number <= high else None


def scale(rows: Sequence[dict], criterion: dict, printed: float | None = None) -> Scale | None:
    """Return the scale of a group's bars, from its intervals and the bounds of its criterion.

    Args:
        rows: judged rows of a scorecard.
        criterion: theirs, see `evidence.claims.verdict`.
        printed: a paper's number within the criterion's bounds, see `printed_number`.

    Returns:
        None where nothing can be drawn: no row, or a value that is not finite.
    """
    values = [row[key] for row in rows for key in ("low", "high", "estimate")]
    if not values or not all(map(math.isfinite, values)):
        return None
    ((kind, bound),) = criterion.items()
    bounds = tuple(bound) if kind == "within" else (bound,)
    first, last = min(*values, *bounds), max(*values, *bounds)
    if last - first <= 1e-12 * max(abs(first), abs(last), 1e-300):
        half = abs(first) / 2 or 1.0
        first, last = first - half, last + half
    flat = Scale(first, last, (0.0, WIDTH), ())
    places = tuple(map(flat.place, bounds))
    left = 0.0 if kind == "below" else places[0]
    right = WIDTH if kind == "above" else places[-1]
    number = None if printed is None else flat.place(printed)
    return Scale(first, last, (left, right), places, number)
