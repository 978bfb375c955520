"""Which share of a layer's maps matches a feature beyond each null."""

import pandas as pd
from matplotlib.lines import Line2D

from tonotopy.drawing.curves import curve, layer_ticks, layers_of, shifts
from tonotopy.drawing.letters import WIDTH, write
from tonotopy.drawing.names import literal
from tonotopy.drawing.style import CHANCE, COLOURS, handles_above, nothing_to_draw, panels
from tonotopy.evidence.claims import NotRun
from tonotopy.studies.similarity.figures.drawn import COPIES, Drawn, drawn, spans, word
from tonotopy.studies.similarity.statistics.maps import nulls, random_share, share_draws

LOOKS = {
    "random": ("above random networks", COPIES["random"]),
    "other clips": ("other clips' features", {"color": COLOURS[1], "marker": "s"}),
    "phase": ("phase-randomised audio", {"color": COLOURS[3], "marker": "v"}),
    "unheard": ("network that learned no sound", COPIES["unheard"]),
    "all": ("all, and r above .1", {**COPIES["trained"], "linewidth": 1.6}),
}
OWN = {**CHANCE, "marker": "", "elinewidth": 0.6}
COLUMNS = 4


def draw(sources: dict, about: dict):
    """Draw a panel per network and feature: a curve over layers for each null."""
    if sources["similarities"].empty or sources["clips"].empty:
        return nothing_to_draw("no map was compared with a feature")
    tables = drawn(sources, about)
    networks = tables.named("network", {})
    features = tables.named("feature", {})
    figure, flat = panels(
        len(networks) * len(features), width=WIDTH / COLUMNS, height=1.75, columns=COLUMNS
    )
    used = set()
    places = [(network, feature) for network in networks for feature in features]
    for axes, (network, feature) in zip(flat, places, strict=True):
        table = tables.table("similarities")
        layers = layers_of(table[(table["network"] == network) & (table["copy"] == "trained")])
        used |= _panel(axes, tables, network, feature, layers)
        name = word(feature) if len(networks) == 1 else f"{literal(network)}: {word(feature)}"
        left = axes.get_subplotspec().is_first_col()
        write(axes, name, axes.get_xlabel(), "share of maps" if left else "")
        axes.set_ylim(-0.04, 1.04)
    looks = [(name, look) for null, (name, look) in LOOKS.items() if null in used]
    looks.append(("random networks among themselves", OWN))
    handles = [Line2D([], [], **{"markersize": 4, **_line(look)}) for _, look in looks]
    handles_above(figure, handles, [name for name, _ in looks], columns=3)
    return figure


def _line(look: dict) -> dict:
    return {key: value for key, value in look.items() if key != "elinewidth"}


def _panel(axes, tables: Drawn, network: str, feature: str, layers: list[str]) -> set[str]:
    """Draw the curves of one panel, and return the nulls that there are."""
    layer_ticks(axes, layers)
    found = {
        null: _shares(tables, layers, share_draws, network, feature, null)
        for null in [*nulls(tables, network), "all"]
    }
    found = {null: means for null, means in found.items() if len(means)}
    own = _shares(tables, layers, random_share, network, feature)
    if len(own):
        curve(axes, layers, own, **OWN)
    for shift, (null, means) in zip(shifts(len(found), 0.13), found.items(), strict=True):
        curve(axes, layers, means, shift, **LOOKS[null][1])
    return set(found)


def _shares(tables: Drawn, layers: list[str], statistic, network, feature, *null) -> pd.DataFrame:
    """Return value, low and high of a share by layer; a layer that has none is left out."""
    rows = {}
    for layer in layers:
        try:
            draws = statistic(tables, network, feature, layer, *null)
        except NotRun:
            continue
        rows[layer] = spans(draws[0] if isinstance(draws, tuple) else draws, tables)
    return pd.DataFrame.from_dict(rows, orient="index", columns=["value", "low", "high"])
