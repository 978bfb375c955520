"""Figure 6.2: what is still recognised once a sonification is taken away from its clip."""

import numpy as np

from tonotopy.drawing.curves import curve, networks_of, shifts
from tonotopy.drawing.layers import layer_ticks, layers_of
from tonotopy.drawing.letters import WIDTH, write
from tonotopy.drawing.means import class_scores
from tonotopy.drawing.names import literal
from tonotopy.drawing.style import ROLES, WHOLE, legend_above, nothing_to_draw, only, panels
from tonotopy.studies.sonification.figures.words import LEARN

ORIGINAL = "original"
KINDS = {
    "residual": ("without the sonification", ROLES["trained"]),
    "phase": ("without it, its phases random", ROLES["phase"]),
    "filter": ("filtered to the same spectrum", ROLES["control"]),
}


def draw(sources: dict, about: dict):
    """Draw a row per way of learning and a column per network: mAP over layers."""
    table = only(sources)
    if table.empty:
        return nothing_to_draw("no sonification was taken away from a clip")
    networks, layers = networks_of(table, about), layers_of(table[table["kind"] != ORIGINAL])
    ways = [way for way in LEARN if (table["learn"] == way).any()]
    scores = class_scores(table, ["network", "learn", "kind", "layer"], about)
    figure, flat = panels(
        len(ways) * len(networks),
        width=WIDTH / max(len(networks), 2),
        height=2.3,
        columns=len(networks),
        sharey=True,
    )
    there = set(zip(*(scores.index.get_level_values(n) for n in ("network", "learn")), strict=True))
    for line, way in zip(np.array(flat).reshape(len(ways), len(networks)), ways, strict=True):
        for axes, network in zip(line, networks, strict=True):
            if (network, way) not in there:
                axes.set_visible(False)
                continue
            layer_ticks(axes, layers)
            name = f"{literal(network)}\n{LEARN[way]}"
            write(axes, name, axes.get_xlabel(), "mAP" if axes is line[0] else "")
            _curves(axes, scores.loc[(network, way)], layers)
    legend_above(figure, next(axes for axes in flat if axes.get_visible()))
    return figure


def _curves(axes, scores, layers: list[str]) -> None:
    kinds = set(scores.index.get_level_values("kind"))
    if ORIGINAL in kinds:
        (whole,) = scores.loc[ORIGINAL].itertuples()
        axes.axhline(whole.value, label="whole clip", **WHOLE)
        axes.axhspan(whole.low, whole.high, color="0.5", alpha=0.15, linewidth=0)
    for shift, (kind, (label, look)) in zip(shifts(len(KINDS)), KINDS.items(), strict=True):
        if kind in kinds:
            curve(axes, layers, scores.loc[kind], shift, label=label, **look)
