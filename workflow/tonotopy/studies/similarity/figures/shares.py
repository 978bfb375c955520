"""Which share of a layer's maps matches a feature beyond each null."""

from itertools import product

import pandas as pd
from matplotlib.lines import Line2D

from tonotopy.drawing.curves import curve, shifts
from tonotopy.drawing.layers import layer_ticks, layers_of
from tonotopy.drawing.letters import WIDTH, write
from tonotopy.drawing.limits import span
from tonotopy.drawing.names import literal
from tonotopy.drawing.style import CHANCE, ROLES, handles_above, nothing_to_draw, panels
from tonotopy.evidence.claims import NotRun
from tonotopy.studies.similarity.figures.drawn import COPIES, Drawn, compared, drawn, spans, word
from tonotopy.studies.similarity.statistics.maps import nulls, random_share, share_draws

LOOKS = {
    "random": ("above random networks", COPIES["random"]),
    "other clips": ("other clips' features", ROLES["other"]),
    "phase": ("phase-randomised audio", ROLES["phase"]),
    "unheard": ("network that learned no sound", COPIES["unheard"]),
    "all": ("all, and r above .1", {**COPIES["trained"], "linewidth": 1.6}),
}
OWN = {**CHANCE, "marker": "", "elinewidth": 0.6}
AMONG = "random networks among themselves"
# curves that cross are kept apart: what changes the sound, and what changes the network
PARTS = {"other sound": ("other clips", "phase", "all"), "other networks": ("random", "unheard")}
COLUMNS = 4


def draw(sources: dict, about: dict):
    """Draw two panels per network and feature: a curve over layers for each null."""
    if sources["similarities"].empty or sources["clips"].empty:
        return nothing_to_draw("no map was compared with a feature")
    tables = drawn(sources, about)
    networks, features = tables.named("network", {}), tables.named("feature", {})
    places = [key for key in product(networks, features) if compared(tables, *key)]
    count, size = len(PARTS) * len(places), {"width": WIDTH / COLUMNS, "height": 1.75}
    figure, flat = panels(count, columns=COLUMNS, sharey=True, **size)
    table, used = tables.table("similarities"), set()
    for number, (network, feature) in enumerate(places):
        layers = layers_of(table[(table["network"] == network) & (table["copy"] == "trained")])
        name = word(feature) if len(networks) == 1 else f"{literal(network)}: {word(feature)}"
        pair = flat[len(PARTS) * number : len(PARTS) * (number + 1)]
        for axes, (part, members) in zip(pair, PARTS.items(), strict=True):
            used |= _panel(axes, tables, (network, feature), layers, members)
            label = layer_ticks(axes, layers)
            left = axes.get_subplotspec().is_first_col()
            write(axes, f"{name}\n{part}", label, "share of maps" if left else "")
    span(flat[0], 0, 1)
    looks = {name: look for name, look in [*LOOKS.values(), (AMONG, OWN)] if name in used}
    handles = [Line2D([], [], **{"markersize": 4, **_line(look)}) for look in looks.values()]
    handles_above(figure, handles, list(looks), columns=3)
    return figure


def _line(look: dict) -> dict:
    return {key: value for key, value in look.items() if key != "elinewidth"}


def _panel(axes, tables: Drawn, of: tuple[str, str], layers: list[str], members) -> set[str]:
    """Draw the curves of one panel, and return the names of those that there are.

    Args:
        axes: to draw into.
        tables: of the instance.
        of: network and feature.
        layers: from input to output.
        members: nulls of the panel.
    """
    there = [null for null in [*nulls(tables, of[0]), "all"] if null in members]
    found = {null: _shares(tables, layers, share_draws, *of, null) for null in there}
    found = {null: means for null, means in found.items() if len(means)}
    own = _shares(tables, layers, random_share, *of) if "random" in members else ()
    if len(own):
        curve(axes, layers, own, **OWN)
    for shift, (null, means) in zip(shifts(len(found), 0.13), found.items(), strict=True):
        curve(axes, layers, means, shift, **LOOKS[null][1])
    return {LOOKS[null][0] for null in found} | ({AMONG} if len(own) else set())


def _shares(tables: Drawn, layers: list[str], statistic, network, feature, *null) -> pd.DataFrame:
    """Return value, low and high of a share by layer; a layer that has none is left out."""
    rows = {}
    for layer in layers:
        try:
            draws = statistic(tables, network, feature, layer, *null)
        except NotRun:
            continue
        rows[layer] = spans(draws[0] if isinstance(draws, tuple) else draws, tables, 0, 1)
    return pd.DataFrame.from_dict(rows, orient="index", columns=["value", "low", "high"])
