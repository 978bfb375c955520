"""What steering does beside what it must not do: slopes of the null vectors."""

import numpy as np

from tonotopy.drawing.style import COLOURS, MARKERS, joined, mean_band, only, panels

NAMES = {
    "concept": "concept",
    "random": "random",
    "correlated": "contrasts of clips",
    "shuffled": "shuffled labels",
    "untrained": "untrained network",
}


def draw(sources: dict, about: dict):
    """Draw, per pair, the slope along its concept and along every null vector, with intervals."""
    table = only(sources)
    figure, grid = panels(len(about["pairs"]), width=2.9, height=2.6, sharey=True)
    for axes, pair in zip(grid, about["pairs"], strict=True):
        for index, name in enumerate(NAMES):
            rows = table[(table["vectors"] == name) & table["class"].isin(pair["target"])]
            rows = rows[rows["sweep"] == ("test" if name == "concept" else "controls")]
            if name == "concept":
                rows = rows[rows["concept"] == pair["concept"]]
            _points(axes, rows, index, about)
        axes.axhline(0, color="0.6", linewidth=0.8, zorder=0)
        axes.set_xticks(range(len(NAMES)), NAMES.values(), rotation=30, ha="right")
        axes.set_title(f"{pair['concept']} on {joined(pair['target'])}")
    grid[0].set_ylabel("slope of the probability over λ")
    return figure


def _points(axes, rows, index: int, about: dict) -> None:
    if rows.empty:
        return  # the output collapsed at every strength
    wide = rows.groupby(["clip", "concept"], observed=True)["slope"].sum().unstack("concept")
    mean, low, high = mean_band(wide.to_numpy(), about)
    x = index + np.linspace(-0.25, 0.25, len(mean)) * (len(mean) > 1)
    look = {"color": COLOURS[index], "marker": MARKERS[index], "markersize": 3.5}
    axes.errorbar(x, mean, [mean - low, high - mean], linestyle="", elinewidth=1, **look)
