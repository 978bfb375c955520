"""Figure 6.3: how similar sonifications are to their clips."""

from tonotopy.drawing.curves import (
    curve,
    layer_ticks,
    layers_of,
    look_of,
    network_legend,
    networks_of,
    shifts,
)
from tonotopy.drawing.letters import write
from tonotopy.drawing.means import clip_means
from tonotopy.drawing.style import nothing_to_draw, only, panels

NULL = {"linestyle": ":", "linewidth": 1.0, "markersize": 2}


def draw(sources: dict, about: dict):
    """Draw mean coherence over layers, a curve per network; dotted: another clip's sonification."""
    table = only(sources)
    if table.empty:
        return nothing_to_draw("no sonification was compared with its clip")
    networks, layers = networks_of(table, about), layers_of(table)
    means, nulls = (
        clip_means(table, column, ["network", "layer"], about)
        for column in ("coherence", "null_coherence")
    )
    figure, (axes,) = panels(1, width=5.0, height=2.9)
    layer_ticks(axes, layers)
    for shift, network in zip(shifts(len(networks)), networks, strict=True):
        look = look_of(network, about)
        curve(axes, layers, means.loc[network], shift, **look)
        curve(axes, layers, nulls.loc[network], shift, **{**look, **NULL})
    axes.set_ylim(0, 1)
    strongest = about["coherence"]["strongest"]
    name = f"coherence (mean of the {strongest} largest)"
    write(axes, "", axes.get_xlabel(), name)
    null = ("with another clip's sonification", {"color": "black", **NULL})
    network_legend(figure, networks, about, [null])
    return figure
