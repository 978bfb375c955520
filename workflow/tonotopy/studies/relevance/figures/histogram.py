"""Figure B.3: how relevance is distributed over the cells of component heatmaps."""

from tonotopy.drawing.limits import logarithmic
from tonotopy.drawing.style import COLOURS, legend_above, nothing_to_draw, only, panels
from tonotopy.studies.relevance.figures.looks import number, write

MARKS = {
    "percentile": ("90th percentile", {"color": COLOURS[1], "linestyle": "--"}),
    "mean_plus_std": ("mean + standard deviation", {"color": "black", "linestyle": ":"}),
}


def draw(sources: dict, about: dict):
    """Draw the histogram on a logarithmic axis, with both candidates of the threshold."""
    table = only(sources)
    if table.empty:
        return nothing_to_draw("no component has any positive relevance")
    table = table.sort_values("low")
    figure, (axes,) = panels(1, width=4.6, height=2.6)
    edges = [*table["low"], table["high"].iloc[-1]]
    axes.stairs(table["share"], edges, fill=True, color=COLOURS[5])
    for column, (name, look) in MARKS.items():
        value = table[column].iloc[0]
        axes.axvline(value, linewidth=1.4, label=f"{name}, {number(value)}", **look)
    logarithmic(axes)
    axes.set_xlim(edges[0], edges[-1])
    write(axes, "", "relevance / maximum of its heatmap", "share of cells")
    legend_above(figure, axes)
    return figure
