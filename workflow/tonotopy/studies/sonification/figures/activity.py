"""How active layers are, and what their sonifications are like."""

from tonotopy.drawing.curves import curve, look_of, network_legend, networks_of, shifts
from tonotopy.drawing.layers import layer_ticks, layers_of
from tonotopy.drawing.letters import WIDTH, write
from tonotopy.drawing.limits import span
from tonotopy.drawing.means import clip_means
from tonotopy.drawing.style import nothing_to_draw, only, panels
from tonotopy.evidence.numbers import NEAR_ZERO

MEASURES = {
    "density": "share of positive activations",
    "live": "share of maps that are ever positive",
    "energy": "energy / energy of the clip",
    "high": "share of energy in the upper half",
    "flatness": "spectral flatness",
}
ACROSS = 3


def draw(sources: dict, about: dict):
    """Draw a panel per measure: means over clips over layers, a curve per network."""
    table = only(sources)
    if table.empty:
        return nothing_to_draw("no clip was sonified")
    networks, layers = networks_of(table, about), layers_of(table)
    figure, grid = panels(len(MEASURES), width=WIDTH / ACROSS, height=1.9, columns=ACROSS)
    for axes, (measure, name) in zip(grid, MEASURES.items(), strict=True):
        means = clip_means(table, measure, ["network", "layer"], about)
        layer_ticks(axes, layers)
        for shift, network in zip(shifts(len(networks)), networks, strict=True):
            curve(axes, layers, means.loc[network], shift, **look_of(network, about))
        span(axes, 0, max(axes.dataLim.ymax, NEAR_ZERO))
        write(axes, name, axes.get_xlabel())
    network_legend(figure, networks, about)
    return figure
