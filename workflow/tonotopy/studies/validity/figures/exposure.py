"""What a network listens to: how far each attribute moves its answer."""

import numpy as np

from tonotopy.drawing.letters import HEAD, arms, write
from tonotopy.drawing.limits import span
from tonotopy.drawing.names import literal
from tonotopy.drawing.style import ROLES, legend_above, mean_band, only, panels
from tonotopy.evidence.numbers import NEAR_ZERO
from tonotopy.studies.validity.marks import effects_of
from tonotopy.studies.validity.statistics import exposure

COPIES = ("trained", "untrained")


def draw(sources: dict, about: dict):
    """Draw a row per attribute, the one that moves the answer most on top."""
    effects = only(sources)
    copies = [copy for copy in COPIES if copy in set(effects["copy"])]
    moved = {
        (copy, attribute): mean_band(exposure(effects_of(effects, attribute, copy)), about)
        for copy in copies
        for attribute in effects.loc[effects["copy"] == copy, "attribute"].unique()
    }
    attributes = {attribute for _, attribute in moved}
    order = sorted(attributes, key=lambda a: (-moved["trained", a][0], a))
    figure, (axes,) = panels(1, width=4.6, height=0.9 + 0.28 * len(order))
    for copy in copies:
        places = [(place, a) for place, a in enumerate(order) if (copy, a) in moved]
        mean, low, high = np.array([moved[copy, a] for _, a in places]).T
        axes.errorbar(
            mean,
            [place for place, _ in places],
            xerr=arms(mean, low, high),
            elinewidth=1.3,
            label=copy,
            **{**ROLES[copy], "linestyle": ""},
        )
    axes.set_yticks(range(len(order)), [_label(effects, a) for a in order])
    axes.set_ylim(len(order) - 0.5, -0.5)
    span(axes, 0, max(axes.dataLim.xmax, NEAR_ZERO), "x")
    write(axes, x="distance between the answers to two twins")
    axes.tick_params(axis="y", length=0, labelsize=HEAD)
    axes.grid(axis="y", color="0.93", linewidth=0.6)
    legend_above(figure, axes)
    return figure


def _label(effects, attribute: str) -> str:
    """Return an attribute's name, and whether it causes classes."""
    planted = effects.loc[effects["attribute"] == attribute, "planted"].fillna(False)
    name = literal(attribute)
    return f"{name} (planted)" if planted.astype(bool).any() else name
