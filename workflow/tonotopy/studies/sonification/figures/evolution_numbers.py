"""How far maps are from what they become, epoch by epoch."""

import numpy as np
from matplotlib import colormaps

from tonotopy.drawing.curves import LINE, networks_of
from tonotopy.drawing.layers import layers_of
from tonotopy.drawing.letters import arms, write
from tonotopy.drawing.means import unit_means
from tonotopy.drawing.names import literal
from tonotopy.drawing.style import MARKERS, legend_above, nothing_to_draw, only, panels

MEASURES = {
    "similarity": "similarity to the last epoch",
    "flatness": "flatness of the sonification",
}


def draw(sources: dict, about: dict):
    """Draw a row per measure and a column per network: a curve over epochs for each layer."""
    table = only(sources)
    if table.empty:
        return nothing_to_draw("no network kept its weights while it learned")
    networks, layers = networks_of(table, about), layers_of(table)
    epochs = sorted(table["epoch"].unique())
    figure, flat = panels(
        len(MEASURES) * len(networks),
        width=2.6 if len(networks) > 1 else 4,
        height=1.9,
        columns=len(networks),
        sharex=True,
        sharey="row",
    )
    grid = np.array(flat).reshape(len(MEASURES), len(networks))
    for last, (line, (measure, name)) in enumerate(zip(grid, MEASURES.items(), strict=True)):
        for axes, network in zip(line, networks, strict=True):
            own = table[table["network"].astype(str) == network]
            _curves(axes, own, measure, layers, epochs, about)
            write(axes, "" if last else literal(network), "epoch" if last else "", name)
            if axes is not line[0]:
                axes.set_ylabel("")
    legend_above(figure, flat[0], columns=6)
    return figure


def _curves(axes, rows, measure: str, layers: list[str], epochs: list, about: dict) -> None:
    colours = colormaps["viridis"](np.linspace(0, 0.72, len(layers)))
    for n, layer in enumerate(layers):
        own = rows[rows["layer"].astype(str) == layer]
        if own[measure].notna().any():
            means = unit_means(own, measure, ["run", "map"], ["epoch"], about).reindex(epochs)
            value, low, high = means[["value", "low", "high"]].to_numpy(float).T
            axes.errorbar(
                np.arange(len(epochs)) + 0.25 * (n / len(layers) - 0.5),
                value,
                arms(value, low, high),
                label=literal(layer),
                color=colours[n],
                marker=MARKERS[n % len(MARKERS)],
                **LINE,
            )
    axes.set_xticks(range(len(epochs)), [str(epoch) for epoch in epochs])
