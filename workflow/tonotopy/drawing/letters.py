"""Letters, numbers and error bars that stay readable when a figure is printed small."""

import numpy as np

from tonotopy.evidence import numbers

LETTER = 6.5  # points, the smallest
HEAD = 7.5  # of titles and labels
WIDTH = 7.2  # inches, of a whole figure


def write(axes, title: str = "", x: str = "", y: str = "") -> None:
    """Give axes a title, labels and ticks in letters that stay readable at small size."""
    axes.set_title(title, fontsize=HEAD)
    axes.set_xlabel(x, fontsize=HEAD)
    axes.set_ylabel(y, fontsize=HEAD)
    axes.tick_params(labelsize=LETTER)


def arms(value, low, high) -> np.ndarray:
    """Return how far intervals reach below and above their values, shape (2, values).

    A percentile interval may leave its value out, by rounding if by nothing else: 0 then.
    """
    value, low, high = (np.atleast_1d(np.asarray(x, dtype=float)) for x in (value, low, high))
    return np.maximum([value - low, high - value], 0)


def number(value: float, digits: int = 3) -> str:
    """Return a number with so many significant digits and a proper minus sign."""
    return numbers.number(value, digits).replace("-", "−")


def fixed(value: float, decimals: int = 2) -> str:
    """Return a number with so many decimals, a proper minus sign, and no sign before 0."""
    text = f"{value:.{decimals}f}"
    return text.lstrip("-") if not float(text) else text.replace("-", "−")
