"""Do heatmaps depend on the weights? Layers are randomised from the output on."""

from tonotopy.drawing.layers import layer_ticks
from tonotopy.drawing.style import COLOURS, ZERO, nothing_to_draw, only, panels
from tonotopy.studies.relevance.figures.looks import arms, write
from tonotopy.studies.relevance.figures.scores import class_means


def draw(sources: dict, about: dict):
    """Draw the correlation with the trained network's heatmaps, layer by layer, with intervals."""
    table = only(sources)
    if table.empty:
        return nothing_to_draw("no layer was randomised")
    means = class_means(table, "correlation", ["step"], about).sort_index()
    names = table.drop_duplicates("step").set_index("step")["layer"].astype(str)
    figure, (axes,) = panels(1, width=5.0, height=2.7)
    axes.plot([0, *means.index], [1, *means["value"]], color=COLOURS[0], linewidth=1.2)
    reach = arms(means["value"], means["low"], means["high"])
    look = {"color": COLOURS[0], "marker": "o", "markersize": 4, "capsize": 2, "elinewidth": 1}
    axes.errorbar(means.index, means["value"], reach, linestyle="", **look)
    axes.axhline(0, **ZERO)
    label = layer_ticks(axes, ["none", *names[list(means.index)]])
    write(
        axes, "", f"last that was randomised, with all above it: {label}", "correlation of heatmaps"
    )
    return figure
