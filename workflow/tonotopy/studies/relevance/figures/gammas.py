"""Figure B.1: which gamma explains best."""

from tonotopy.drawing.style import COLOURS, ROLES, legend_above, nothing_to_draw, only, panels
from tonotopy.studies.relevance.figures.looks import AREAS, WIDTH, number, write
from tonotopy.studies.relevance.figures.scores import class_means

LOOKS = {
    "uniform": {"color": COLOURS[1], "linestyle": "-", "marker": "s"},
    "decreasing": {"color": COLOURS[0], "linestyle": "-", "marker": "o"},
}


def draw(sources: dict, about: dict):
    """Draw a panel per area: AUPC over gamma, uniform and decreasing, and in random order."""
    table = only(sources)
    if table.empty:
        return nothing_to_draw("no gamma was tried")
    ordered = table[table["kind"] != "random"]
    figure, grid = panels(len(AREAS), width=WIDTH / 3, height=2.4, sharey=True)
    for axes, area in zip(grid, AREAS, strict=True):
        means = class_means(ordered, area, ["kind", "gamma"], about)
        for kind, look in LOOKS.items():
            if kind in means.index.get_level_values("kind"):
                rows = means.loc[kind]
                axes.plot(rows.index, rows["value"], label=kind, markersize=3.5, **look)
                shade = {"color": look["color"], "alpha": 0.18, "linewidth": 0}
                axes.fill_between(rows.index, rows["low"], rows["high"], **shade)
        _random(axes, table[table["kind"] == "random"], area, about)
        kind, gamma = means["value"].idxmin()
        ring = {"marker": "o", "markersize": 10, "markerfacecolor": "none", "color": "black"}
        axes.plot(gamma, means["value"].min(), linestyle="", label="lowest", **ring)
        title = f"{AREAS[area]}: {kind} {number(gamma)}"
        write(axes, title, "gamma", "AUPC (lower is better)" if area == "share" else "")
    legend_above(figure, grid[0])
    return figure


def _random(axes, rows, area: str, about: dict) -> None:
    if rows.empty:
        return
    mean = class_means(rows, area, ["kind"], about).loc["random"]
    look = {"color": ROLES["random"]["color"], "linestyle": ROLES["random"]["linestyle"]}
    axes.axhline(mean["value"], linewidth=1.4, label="random order", **look)
    axes.axhspan(mean["low"], mean["high"], color=look["color"], alpha=0.15, linewidth=0)
