"""Figure 2.2: the profile of every network at every k."""

import numpy as np
import pandas as pd
from matplotlib import colormaps
from matplotlib.lines import Line2D

from tonotopy.drawing.letters import LETTER
from tonotopy.drawing.style import CHANCE, MARKERS, handles_above, nothing_to_draw, only
from tonotopy.studies.hierarchy.figures.profile_rows import (
    at_best_k,
    networks_of,
    rows_of,
    task_grid,
)

THICK, THIN = 2.4, 1.0


def draw(sources: dict, about: dict):
    """Draw a row per task and a column per network: a curve per k, large k darker.

    The best k of a panel is drawn thick, and named above it.
    """
    table = rows_of(only(sources))
    networks = networks_of(table, about, "all")
    if not networks:
        return nothing_to_draw("this study has no profiles")
    figure, grid = task_grid(table, about, networks)
    ks = [int(k) for k in np.sort(table["k"].unique())]
    for (task, network), axes in grid.items():
        rows = table[(table["network"] == network) & (table["task"] == task)]
        if len(rows):
            _panel(axes, rows, ks)
    handles = [Line2D([], [], color=_shade(n, ks), linewidth=1.6) for n in range(len(ks))]
    names = [str(k) for k in ks]
    title = {"title": "number of neighbours k", "title_fontsize": 8}
    handles_above(figure, [*handles, Line2D([], [], **CHANCE)], [*names, "chance"], 13, **title)
    return figure


def _panel(axes, rows: pd.DataFrame, ks: list[int]) -> None:
    best = at_best_k(rows)["k"].iloc[0]
    for index, k in enumerate(ks):
        curve = rows[rows["k"] == k].sort_values("position")
        look = {"color": _shade(index, ks), "linewidth": THICK if k == best else THIN}
        look |= {"marker": MARKERS[0], "markersize": 3} if len(curve) == 1 else {}
        axes.plot(curve["depth"], curve["accuracy"], **look)
    above = {"transform": axes.transAxes, "ha": "right", "va": "bottom", "fontsize": LETTER}
    axes.text(1, 1.01, f"best k {best}", **above)


def _shade(index: int, ks: list[int]):
    return colormaps["viridis_r"](0.1 + 0.9 * index / max(len(ks) - 1, 1))
