"""Are maps harmonic or percussive? Trained networks beside random ones."""

import numpy as np
from matplotlib.lines import Line2D

from tonotopy.drawing.layers import layer_ticks, layers_of
from tonotopy.drawing.letters import WIDTH, arms, write
from tonotopy.drawing.names import literal
from tonotopy.drawing.style import ZERO, handles_above, nothing_to_draw, panels
from tonotopy.evidence.claims import NotRun
from tonotopy.studies.similarity.figures.drawn import COPIES, NAMES, Drawn, compared, drawn, spans

KINDS = {"trained": -0.2, "random": 0.2}  # where they stand beside a layer
WIDE = 0.13  # of the cloud of maps
PARTS = ("harmonic", "percussive")


def draw(sources: dict, about: dict):
    """Draw a panel per network: a cloud of maps, its quartiles and its median at every layer."""
    tables = drawn(sources, about)
    every = [] if sources["similarities"].empty else tables.named("network", {})
    networks = [name for name in every if all(compared(tables, name, part) for part in PARTS)]
    if not networks:
        return nothing_to_draw("no map was compared with both parts of the spectrum")
    figure, flat = panels(
        len(networks), width=WIDTH / min(len(networks), 2), height=2.6, columns=2, sharey=True
    )
    for axes, network in zip(flat, networks, strict=True):
        rows = tables.table("similarities")
        layers = layers_of(rows[(rows["network"] == network) & (rows["copy"] == "trained")])
        axes.axhline(0, **ZERO)
        layer_ticks(axes, layers)
        for number, layer in enumerate(layers):
            for kind, shift in KINDS.items():
                _cloud(axes, tables, number + shift, (network, kind, layer))
        title = literal(network) if len(every) > 1 else ""
        label = "r(harmonic) − r(percussive)" if axes.get_subplotspec().is_first_col() else ""
        write(axes, title, axes.get_xlabel(), label)
    handles = [
        Line2D([], [], color=COPIES[kind]["color"], marker="o", linewidth=3) for kind in KINDS
    ]
    handles_above(figure, handles, [NAMES.get(kind, kind) for kind in KINDS])
    return figure


def _cloud(axes, tables: Drawn, place: float, where: tuple[str, str, str]) -> None:
    """Draw the maps of all trainings or copies at one layer."""
    try:
        first, second = (tables.maps(*where, part).values for part in PARTS)
    except NotRun:
        return
    means = tables.clip_means((first - second).T)
    maps, colour = np.sort(means[0]), COPIES[where[1]]["color"]
    spread = WIDE * np.cos(np.arange(len(maps)) * 2.4)  # deterministic, without a pattern
    axes.plot(place + spread, maps, ".", markersize=2.5, color=colour, alpha=0.35, zorder=1)
    low, quarter, three, high = np.quantile(maps, [0.05, 0.25, 0.75, 0.95])
    axes.vlines(place, low, high, color=colour, linewidth=1.0)
    axes.vlines(place, quarter, three, color=colour, linewidth=4.0)
    median, low, high = spans(np.median(means, axis=1), tables, -2, 2)
    look = {"color": "black", "markerfacecolor": "white", "markeredgewidth": 0.8, "zorder": 5}
    axes.errorbar(
        place, median, arms(median, low, high), fmt="o", markersize=3.2, elinewidth=1.0, **look
    )
