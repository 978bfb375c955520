"""Figure 3.9: are concept vectors the same as class vectors?"""

from tonotopy.drawing.curves import whole_ticks
from tonotopy.drawing.names import paired
from tonotopy.drawing.style import CHANCE, band, only, panels


def draw(sources: dict, about: dict):
    """Draw the cosine over layers with intervals over seeds, a panel per pair."""
    table, pairs = only(sources), about["pairs"]
    figure, grid = panels(len(pairs), width=2.2, height=2.0, sharex=True, sharey=True)
    for index, (axes, pair) in enumerate(zip(grid, pairs, strict=True)):
        rows = table[(table["concept"] == pair["concept"]) & table["class"].isin(pair["target"])]
        wide = rows.groupby(["seed", "layer"])["cosine"].mean().unstack("layer")
        band(axes, wide.columns + 1, wide.to_numpy(), about, index, "")
        axes.axhline(0, **CHANCE)
        whole_ticks(axes, table["layer"] + 1)
        axes.set(xlabel="layer", ylabel="cosine of vectors")
        axes.set_title(paired(pair["concept"], pair["target"], "and"), fontsize=8.5)
        axes.label_outer()
    return figure
