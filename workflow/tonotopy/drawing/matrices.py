"""Matrices of numbers, shaded by a map that darkens steadily."""

import warnings

import numpy as np
import seaborn as sns
from matplotlib import colormaps
from matplotlib.collections import LineCollection
from matplotlib.colors import Colormap
from matplotlib.patches import Rectangle

from tonotopy.drawing.letters import LETTER, write
from tonotopy.drawing.names import literals, room
from tonotopy.drawing.style import MISSING

SHADES = colormaps["Greys"]
LONGEST = 32  # letters of a name, for which a matrix makes room
INSET = 0.06  # of a frame, from the border of its cell
LUMINANCE = np.array([0.2126, 0.7152, 0.0722])  # of red, green and blue
BRIGHT = 0.46  # grey from which black letters stand out more than white ones


def matrix(
    axes,
    values: np.ndarray,
    text,
    rows,
    columns,
    limits: tuple[float, float],
    shades: Colormap = SHADES,
):
    """Draw a matrix with text in its cells; return the cells, for a scale beside them.

    Args:
        axes: to draw into.
        values: shape (rows, columns); nan is left white.
        text: of the same shape.
        rows: their names, the first on top, written by `names.literals`.
        columns: their names, written likewise.
        limits: values that are drawn in the first and in the last shade.
        shades: colours of the values.
    """
    values = np.asarray(values, dtype=float)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", MISSING)  # seaborn draws to see which names overlap
        sns.heatmap(
            values,
            annot=np.asarray(text, dtype=object),
            fmt="",
            cmap=shades,
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
    _recolour(axes.texts, values, limits, shades)
    name_cells(axes, rows, columns)
    write(axes)
    axes.tick_params(length=0)
    return axes.collections[0]


def _recolour(texts, values: np.ndarray, limits: tuple[float, float], shades: Colormap) -> None:
    """Make the letters in the cells, row by row, black or white, whichever is easier to read."""
    span = max(limits[1] - limits[0], 1e-12)
    colours = shades((values[np.isfinite(values)] - limits[0]) / span)[:, :3]
    for text, luminance in zip(texts, colours @ LUMINANCE, strict=True):
        text.set_color("black" if luminance > BRIGHT else "white")


def name_cells(axes, rows, columns) -> None:
    """Write the names of a matrix's rows and columns, those of columns slanted.

    Args:
        axes: where each cell is one wide and one high.
        rows: names, the first on top.
        columns: names, the first at the left.
    """
    slanted = {"rotation": 45, "ha": "right", "rotation_mode": "anchor"}
    axes.set_xticks(np.arange(len(columns)) + 0.5, literals(columns, LONGEST), **slanted)
    axes.set_yticks(np.arange(len(rows)) + 0.5, literals(rows, LONGEST), rotation=0)


def name_room(rows, columns, points: float = LETTER) -> tuple[float, float]:
    """Return the inches that names of rows take at the left, and slanted ones of columns below."""
    left, below = (room(literals(names, LONGEST), points) for names in (rows, columns))
    return left, below * np.sqrt(0.5)


def outline(axes, row: int, column: int) -> None:
    """Put a frame into a cell, along its border, that is seen on white and on black."""
    place, size = (column + INSET, row + INSET), 1 - 2 * INSET
    for colour, width in (("white", 2.6), ("black", 1.3)):
        look = {"fill": False, "edgecolor": colour, "linewidth": width, "zorder": 4}
        axes.add_patch(Rectangle(place, size, size, **look))


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
