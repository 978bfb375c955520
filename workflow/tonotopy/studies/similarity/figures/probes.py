"""How well features can be read from layers, beside networks that did not learn and the input."""

import pandas as pd
from matplotlib.lines import Line2D

from tonotopy.drawing.curves import curve, shifts
from tonotopy.drawing.layers import layer_ticks, layers_of
from tonotopy.drawing.letters import WIDTH, write
from tonotopy.drawing.names import literal
from tonotopy.drawing.style import ZERO, handles_above, nothing_to_draw, panels
from tonotopy.studies.similarity.figures.drawn import COPIES, NAMES, Drawn, drawn, spans, word
from tonotopy.studies.similarity.statistics.probes import scores

COLUMNS = 3
LOWEST = -0.5  # R2 that is drawn: far below 0 is no more than "not at all"


def draw(sources: dict, about: dict):
    """Draw a panel per network and target: a curve over layers for every copy."""
    if sources["probes"].empty:
        return nothing_to_draw("no feature was read from a layer")
    tables = drawn(sources, about)
    targets, networks = tables.named("target", {}), tables.named("network", {})
    places = [(network, target) for network in networks for target in targets]
    columns = min(COLUMNS, len(places))
    size = {"width": WIDTH / COLUMNS, "height": 1.9, "columns": columns}
    figure, flat = panels(len(places), sharey="row", **size)
    for axes, (network, target) in zip(flat, places, strict=True):
        _panel(axes, tables, network, target)
        name = word(target) if len(networks) == 1 else f"{literal(network)}: {word(target)}"
        left = axes.get_subplotspec().is_first_col()
        write(axes, name, axes.get_xlabel(), "R² (held out)" if left else "")
    for axes in flat:
        low, high = axes.get_ylim()
        axes.set_ylim(max(low, LOWEST), min(max(high, 0.1), 1.04))
    there = set(tables.table("probes")["copy"])
    looks = {NAMES.get(copy, copy): look for copy, look in COPIES.items() if copy in there}
    handles = [Line2D([], [], **{"markersize": 4, **look}) for look in looks.values()]
    handles_above(figure, handles, list(looks), columns=4)
    return figure


def _panel(axes, tables: Drawn, network: str, target: str) -> None:
    rows = tables.rows("probes", network=network, target=target)
    layers, copies = layers_of(rows), [copy for copy in COPIES if copy in set(rows["copy"])]
    axes.axhline(0, **ZERO)
    layer_ticks(axes, layers)
    for shift, copy in zip(shifts(len(copies), 0.1), copies, strict=True):
        own = layers_of(rows[rows["copy"] == copy])
        draws = scores(tables, network, copy, target, own).values
        means = pd.DataFrame(
            [spans(column, tables, most=1) for column in draws.T],
            columns=["value", "low", "high"],
            index=own,
        )
        curve(axes, layers, means, shift, **COPIES[copy])
