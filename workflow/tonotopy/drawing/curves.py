"""Looks of networks, curves over layers, and panels that keep curves apart."""

import numpy as np
import pandas as pd
from matplotlib.lines import Line2D

from tonotopy.drawing.letters import WIDTH, arms
from tonotopy.drawing.names import literal
from tonotopy.drawing.style import COLOURS, DASHES, MARKERS, ROLES, handles_above, panels

UNTRAINED = "untrained"
MOST = 4  # curves that can be told apart where they cross, and panels beside each other
NARROWEST, WIDEST = 1.5, 3.4  # inches, of a panel
LINE = {"markersize": 3.5, "linewidth": 1.1, "elinewidth": 0.9}


def networks_of(table: pd.DataFrame, about: dict) -> list[str]:
    """Return the networks of a table: in the order of the entry, the untrained one last."""
    there = set(table["network"].astype(str))
    known = [*about["networks"], UNTRAINED]
    return [name for name in known if name in there] + sorted(there - set(known))


def first_run(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of the first training, where rows say which one they are of."""
    return rows[rows["run"] == rows["run"].min()] if "run" in rows else rows


def look_of(network: str, about: dict) -> dict:
    """Return colour, dash and marker of a network: the same in all figures of an entry."""
    if network == UNTRAINED:
        return ROLES[UNTRAINED]
    index = list(about["networks"]).index(network)
    return {
        "color": COLOURS[index % len(COLOURS)],
        "marker": MARKERS[index % len(MARKERS)],
        "linestyle": DASHES[index % len(DASHES)],
    }


def panel_grid(rows: list[str], columns: list[str], height: float = 1.5):
    """Return a figure with a panel for each row and column, y shared within a row.

    Curves that cross are kept apart: networks, say, get a column each. A single row is broken into
    lines of at most `MOST` panels, and a single column is laid out in two.

    Args:
        rows: such as tasks.
        columns: such as networks.
        height: of a panel, in inches.

    Returns:
        The figure, and (row, column) -> axes.
    """
    keys = [(row, column) for row in rows for column in columns]
    across = max(len(columns), 2)
    if len(rows) == 1:
        across = -(-len(columns) // -(-len(columns) // MOST))
    width = max(NARROWEST, min(WIDEST, WIDTH / across))
    shared = True if len(rows) == 1 else "row"
    figure, flat = panels(len(keys), width, height, across, sharey=shared)
    return figure, dict(zip(keys, flat, strict=True))


def curve(axes, layers: list[str], means: pd.DataFrame, shift: float = 0.0, **look) -> None:
    """Draw means over layers with their intervals; a layer that has no mean is left out.

    Args:
        axes: to draw into.
        layers: at the positions 0, 1, ...
        means: value, low and high, indexed by layer.
        shift: to the right, so that intervals of several curves do not hide each other.
        look: of the line.
    """
    means = means.reindex(layers)
    known = means["value"].notna().to_numpy()
    value, low, high = means[known][["value", "low", "high"]].to_numpy(float).T
    places = np.flatnonzero(known) + shift
    axes.errorbar(places, value, arms(value, low, high), **{**LINE, **look})


def shifts(count: int, step: float = 0.07) -> list[float]:
    """Return how far each of several curves is moved, symmetric about 0."""
    return [step * (n - (count - 1) / 2) for n in range(count)]


def network_legend(figure, networks: list[str], about: dict, further=()) -> None:
    """Put a legend of networks above a figure, with further lines: (name, look)."""
    looks = [(literal(name), look_of(name, about)) for name in networks]
    entries = [*looks, *further]
    handles = [Line2D([], [], **{"markersize": 4, "linewidth": 1.2, **look}) for _, look in entries]
    handles_above(figure, handles, [name for name, _ in entries], columns=6)
