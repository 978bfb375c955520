"""What the figures of study 3 share: names and looks of methods, letters, order of layers."""

import numpy as np
import pandas as pd

from tonotopy.drawing.style import COLOURS, MARKERS

LETTER = 6.5  # points, the smallest
HEAD = 7.5  # of titles and labels
WIDTH = 7.2  # inches, of a whole figure

NAMES = {
    "standard": "standard (K = 1)",
    "random": "random",
    "pca": "PCA",
    "dsa": "DSA",
    "drsa": "DRSA",
}
LOOKS = {
    "standard": {"color": COLOURS[5], "marker": MARKERS[5], "linestyle": ":"},
    "random": {"color": COLOURS[3], "marker": MARKERS[3], "linestyle": ":"},
    "pca": {"color": COLOURS[2], "marker": MARKERS[2], "linestyle": "-."},
    "dsa": {"color": COLOURS[1], "marker": MARKERS[1], "linestyle": "--"},
    "drsa": {"color": COLOURS[0], "marker": MARKERS[0], "linestyle": "-"},
}
AREAS = {"share": "by share", "step": "by step", "printed": "as printed"}


def layers_of(table: pd.DataFrame, about: dict) -> list[str]:
    """Return the layers that have subspaces, from input to output.

    Args:
        table: with a column ``layer``, empty where a row is of no layer.
        about: ``layers`` names them; None takes the order of the table.
    """
    there = [layer for layer in table["layer"].astype(str).unique() if layer]
    return there if about["layers"] is None else [n for n in about["layers"] if n in there]


def classes_of(table: pd.DataFrame) -> list[str]:
    """Return the explained classes, sorted."""
    return sorted(table["label"].astype(str).unique())


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
    return f"{value + 0.0:.{digits}g}".replace("-", "−")


def fixed(value: float, decimals: int = 2) -> str:
    """Return a number with so many decimals, a proper minus sign, and no sign before 0."""
    text = f"{value:.{decimals}f}"
    return text.lstrip("-") if not float(text) else text.replace("-", "−")
