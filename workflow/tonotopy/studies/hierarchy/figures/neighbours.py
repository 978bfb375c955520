"""Figure 2.2: the profile of every network at every k."""

import numpy as np
import pandas as pd
from matplotlib import colormaps

from tonotopy.drawing.letters import LETTER
from tonotopy.drawing.style import CHANCE, MARKERS, legend_above, nothing_to_draw, only, panels
from tonotopy.studies.hierarchy.figures.profile_rows import (
    at_best_k,
    depth_ticks,
    networks_of,
    ordered_tasks,
    rows_of,
    shown,
    title,
    top_of,
)

ACROSS = 7.2  # inches, of all networks
LETTERS = 13  # that fit below an inch


def draw(sources: dict, about: dict):
    """Draw a row per task and a column per network: a curve per k, large k darker.

    The best k of a panel is drawn thick.
    """
    table = rows_of(only(sources))
    networks, tasks = networks_of(table, about, "all"), ordered_tasks(about)
    if not networks:
        return nothing_to_draw("this study has no profiles")
    columns = len(networks)
    width = min(3.4, ACROSS / columns)
    figure, flat = panels(len(tasks) * columns, width, 1.5, columns, sharex="col", sharey="row")
    ks = [int(k) for k in np.sort(table["k"].unique())]
    grid = np.array(flat).reshape(len(tasks), columns)
    for task, line in zip(tasks, grid, strict=True):
        for axes, network in zip(line, networks, strict=True):
            of_network = table[table["network"] == network]
            _panel(axes, of_network[of_network["task"] == task], ks)
            axes.set_ylim(0, top_of(table, [task]))
            label = depth_ticks(axes, of_network, round(LETTERS * width))
            axes.tick_params(labelsize=LETTER)
        line[0].set_ylabel(title(task, about).replace(" (", "\n("), fontsize=7.5)
    for axes, network in zip(grid[0], networks, strict=True):
        axes.set_title(shown(network), fontsize=8.5)
    figure.supxlabel(label if columns == 1 else "layers, from input to output", fontsize=8.5)
    figure.supylabel("accuracy", fontsize=8.5)
    legend_above(figure, _fullest(flat), 12, title_fontsize=8, title="number of neighbours k")
    for drawn in figure.legends[0].get_lines():
        drawn.set_linewidth(1.6)
    return figure


def _panel(axes, rows: pd.DataFrame, ks: list[int]) -> None:
    if rows.empty:
        return
    axes.axhline(rows["chance"].iloc[0], **CHANCE)
    best = at_best_k(rows)["k"].iloc[0]
    for index, k in enumerate(ks):
        curve = rows[rows["k"] == k].sort_values("position")
        look = {"color": colormaps["viridis_r"](0.1 + 0.9 * index / max(len(ks) - 1, 1))}
        look |= {"linewidth": 2.4 if k == best else 1.0, "label": k}
        look |= {"marker": MARKERS[0], "markersize": 3} if len(curve) == 1 else {}
        axes.plot(curve["depth"], curve["accuracy"], **look)
    place = {"transform": axes.transAxes, "ha": "right", "va": "top", "fontsize": LETTER}
    axes.text(0.98, 0.97, f"best k {best}", **place)


def _fullest(grid: list):
    """Return the panel with most curves, whose legend is that of all."""
    return max(grid, key=lambda axes: len(axes.get_legend_handles_labels()[1]))
