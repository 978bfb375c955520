"""Figure 3.9: are concept vectors the same as class vectors?"""

from tonotopy.drawing.layers import layer_ticks, named_layers
from tonotopy.drawing.letters import WIDTH, write
from tonotopy.drawing.names import paired
from tonotopy.drawing.style import ZERO, band, panels


def draw(sources: dict, about: dict):
    """Draw the cosine over layers with intervals over seeds, a panel per pair."""
    table, pairs = sources["cosines"], about["pairs"]
    layers = named_layers(sources["network"], table["layer"].nunique())
    figure, grid = panels(len(pairs), WIDTH / 4, 1.75, sharex=True, sharey=True)
    for axes, pair in zip(grid, pairs, strict=True):
        rows = table[(table["concept"] == pair["concept"]) & table["class"].isin(pair["target"])]
        wide = rows.groupby(["seed", "layer"])["cosine"].mean().unstack("layer")
        band(axes, wide.columns, wide.to_numpy(), about, 0, "")
        axes.axhline(0, **ZERO)
        title = paired(pair["concept"], pair["target"], "and")
        write(axes, title, layer_ticks(axes, layers), "cosine of vectors")
        axes.label_outer()
    return figure
