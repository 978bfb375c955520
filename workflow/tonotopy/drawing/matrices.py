"""Matrices of numbers, shaded by a map that darkens steadily."""

import numpy as np
import seaborn as sns
from matplotlib import colormaps
from matplotlib.collections import LineCollection
from matplotlib.patches import Rectangle

from tonotopy.drawing.letters import LETTER, write

SHADES = colormaps["Greys"]
BRIGHT = 0.46  # grey from which black letters stand out more than white ones


def matrix(axes, values: np.ndarray, text, rows, columns, limits: tuple[float, float]) -> None:
    """Draw a matrix with text in its cells.

    Args:
        axes: to draw into.
        values: shape (rows, columns); nan is left white.
        text: of the same shape.
        rows: their names, the first on top.
        columns: their names.
        limits: values that are drawn white and black.
    """
    sns.heatmap(
        values,
        annot=np.asarray(text, dtype=object),
        fmt="",
        cmap=SHADES,
        vmin=limits[0],
        vmax=limits[1],
        ax=axes,
        xticklabels=False,
        yticklabels=False,
        linewidths=0.4,
        linecolor="0.85",
        annot_kws={"fontsize": LETTER},
        cbar=False,
    )
    _recolour(axes.texts, values, limits)
    slanted = {"rotation": 45, "ha": "right", "rotation_mode": "anchor"}
    axes.set_xticks(np.arange(len(columns)) + 0.5, list(columns), **slanted)
    axes.set_yticks(np.arange(len(rows)) + 0.5, list(rows))
    write(axes)
    axes.tick_params(length=0)


def _recolour(texts, values: np.ndarray, limits: tuple[float, float]) -> None:
    """Make the letters in the cells, row by row, black or white, whichever is easier to read."""
    written = values[np.isfinite(values)]
    shades = SHADES((written - limits[0]) / max(limits[1] - limits[0], 1e-12))[:, 0]
    for text, shade in zip(texts, shades, strict=True):
        text.set_color("black" if shade > BRIGHT else "white")


def outline(axes, row: int, column: int) -> None:
    """Put a frame around a cell that is seen on white and on black."""
    for colour, width in (("white", 2.6), ("black", 1.3)):
        axes.add_patch(
            Rectangle((column, row), 1, 1, fill=False, edgecolor=colour, linewidth=width, zorder=4)
        )


def framed(axes, inside: np.ndarray) -> None:
    """Draw the border of a region of cells.

    Args:
        axes: of a `matrix`.
        inside: which cells belong to it, bool, shape (rows, columns).
    """
    padded = np.pad(inside, 1)
    across = np.argwhere(padded[1:, 1:-1] != padded[:-1, 1:-1])
    down = np.argwhere(padded[1:-1, 1:] != padded[1:-1, :-1])
    edges = [((column, row), (column + 1, row)) for row, column in across]
    edges += [((column, row), (column, row + 1)) for row, column in down]
    look = {"colors": "black", "linewidths": 1.4, "capstyle": "projecting", "clip_on": False}
    axes.add_collection(LineCollection(edges, zorder=4, **look))
