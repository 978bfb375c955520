"""Figure 6.3: how similar sonifications are to their clips."""

from tonotopy.drawing.curves import curve, look_of, network_legend, networks_of, shifts
from tonotopy.drawing.layers import layer_ticks, layers_of
from tonotopy.drawing.letters import write
from tonotopy.drawing.limits import span
from tonotopy.drawing.means import clip_means
from tonotopy.drawing.style import ROLES, nothing_to_draw, only, panels

NULL = {**ROLES["other"], "marker": "", "linewidth": 1.2}  # alike: they are not to be told apart


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
    label = layer_ticks(axes, layers)
    for shift, network in zip(shifts(len(networks)), networks, strict=True):
        curve(axes, layers, nulls.loc[network], shift, **NULL)
        curve(axes, layers, means.loc[network], shift, **look_of(network, about))
    span(axes, 0, 1)
    strongest = about["coherence"]["strongest"]
    write(axes, "", label, f"coherence (mean of the {strongest} largest)")
    null = ("another clip's sonification", NULL)
    network_legend(figure, networks, about, [null])
    return figure
