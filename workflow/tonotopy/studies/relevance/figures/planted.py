"""Are planted subspaces found again?"""

import numpy as np

from tonotopy.drawing.limits import span
from tonotopy.drawing.style import mean_band, nothing_to_draw, only, panels
from tonotopy.studies.relevance.figures.looks import LOOKS, NAMES, arms, write

METHODS = ("drsa", "dsa", "pca")


def draw(sources: dict, about: dict):
    """Draw a panel per size of the layer and number of subspaces: cosines of every draw."""
    table = only(sources)
    if table.empty:
        return nothing_to_draw("no subspaces were planted")
    sizes = sorted({*zip(table["width"], table["components"], strict=True)})
    figure, grid = panels(len(sizes), width=2.4, height=2.5, columns=3, sharey=True)
    for n, (axes, (width, k)) in enumerate(zip(grid, sizes, strict=True)):
        rows = table[(table["width"] == width) & (table["components"] == k)]
        wide = rows.pivot(index="draw", columns="method", values="cosine")
        wide = wide[[method for method in METHODS if method in wide]]
        for cosines in wide.to_numpy():
            axes.plot(range(len(cosines)), cosines, color="0.8", linewidth=0.6, zorder=0)
        for place, method in enumerate(wide):
            _points(axes, place, wide[method].dropna().to_numpy(), LOOKS[method], about)
        axes.set_xticks(range(wide.shape[1]), [NAMES[method] for method in wide])
        axes.set_xlim(-0.5, wide.shape[1] - 0.5)
        span(axes, 0, 1)
        title = f"width {width}, K = {k}, {len(wide)} draws"
        write(axes, title, "", "mean cosine with planted subspaces" if n % 3 == 0 else "")
    return figure


def _points(axes, place: int, cosines: np.ndarray, look: dict, about: dict) -> None:
    colour, marker = look["color"], look["marker"]
    hollow = {"color": colour, "marker": marker, "markerfacecolor": "white", "markersize": 3.5}
    axes.plot([place] * len(cosines), cosines, linestyle="", **hollow)
    mean, low, high = mean_band(cosines, about)
    axes.errorbar(
        place + 0.22,
        mean,
        arms(mean, low, high),
        color=colour,
        marker=marker,
        markersize=5,
        capsize=2,
    )
