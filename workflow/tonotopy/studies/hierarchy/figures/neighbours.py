"""Figure 2.2: the profile at every k."""

import numpy as np
from matplotlib import colormaps

from tonotopy.drawing.style import legend_above, nothing_to_draw, only
from tonotopy.studies.hierarchy.figures.profile_rows import (
    at_best_k,
    networks_of,
    rows_of,
    shown,
    task_panels,
    title,
)


def draw(sources: dict, about: dict):
    """Draw a panel per task and a curve per k, large k darker; the best k is drawn thick.

    The network is CLAP, as in the thesis, or the study's first where it has none.
    """
    table = rows_of(only(sources))
    networks = networks_of(table, about, "all")
    if not networks:
        return nothing_to_draw("this study has no profiles")
    clap = table.loc[table["family"] == "clap", "network"]
    network = next((n for n in networks if n in set(clap)), networks[0])
    rows = table[table["network"] == network]
    figure, grid = task_panels(table, about, [network])
    ks = np.sort(rows["k"].unique())
    for task, axes in grid.items():
        of_task = rows[rows["task"] == task]
        best = at_best_k(of_task)["k"].iloc[0] if len(of_task) else None
        for index, k in enumerate(ks):
            curve = of_task[of_task["k"] == k].sort_values("position")
            shade = colormaps["viridis_r"](0.1 + 0.9 * index / max(len(ks) - 1, 1))
            width = 2.6 if k == best else 1.1
            axes.plot(curve["depth"], curve["accuracy"], color=shade, linewidth=width, label=k)
        if best is not None:
            axes.set_title(f"{title(task, about)}, best k {best}", fontsize=8.5)
    first = next(iter(grid.values()))
    legend_above(
        figure,
        first,
        columns=12,
        title_fontsize=8,
        title=f"{shown(network)}, number of neighbours k",
    )
    for line in figure.legends[0].get_lines():
        line.set_linewidth(1.6)
    return figure
