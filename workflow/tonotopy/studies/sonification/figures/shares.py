"""Shares of wins over layers: are parts told apart, do the right classes suffer?"""

import numpy as np
import pandas as pd

from tonotopy.drawing.curves import curve, look_of, network_legend, networks_of, shifts
from tonotopy.drawing.layers import layer_ticks, layers_of
from tonotopy.drawing.letters import write
from tonotopy.drawing.limits import span
from tonotopy.drawing.means import pair_shares
from tonotopy.drawing.style import CHANCE, nothing_to_draw, only, panels


def draw(sources: dict, about: dict):
    """Draw the share of rows in which ``about["larger"]`` exceeds ``about["smaller"]``."""
    table = only(sources)
    if table.empty:
        return nothing_to_draw("no clip has two parts of different classes")
    networks, layers = networks_of(table, about), layers_of(table)
    wins = _wins(table[about["larger"]], table[about["smaller"]])
    shares = pair_shares(table, wins, tuple(about["pair"]), ["network", "layer"], about)
    figure, (axes,) = panels(1, width=4.6, height=2.7)
    axes.axhline(0.5, **CHANCE)
    layer_ticks(axes, layers)
    for shift, network in zip(shifts(len(networks)), networks, strict=True):
        curve(axes, layers, shares.loc[network], shift, **look_of(network, about))
    span(axes, min(0.4, axes.dataLim.ymin), 1)
    write(axes, "", axes.get_xlabel(), about["name"])
    network_legend(figure, networks, about, [("chance", CHANCE)])
    return figure


def _wins(larger: pd.Series, smaller: pd.Series) -> pd.Series:
    """Return 1 where the first is larger, 0 where it is not, nan where either is unknown."""
    return (larger > smaller).astype(float).where(larger.notna() & smaller.notna(), np.nan)
