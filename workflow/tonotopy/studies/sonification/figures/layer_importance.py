"""Figure 6.1: what can be learned from the first layers of a network, and from more of them."""

import numpy as np
import pandas as pd

from tonotopy.drawing.curves import LINE, curve, look_of, network_legend, networks_of, shifts
from tonotopy.drawing.layers import layer_ticks, layers_of
from tonotopy.drawing.letters import WIDTH, arms, write
from tonotopy.drawing.means import class_scores
from tonotopy.drawing.names import literal
from tonotopy.drawing.style import nothing_to_draw, only, panels
from tonotopy.studies.sonification.figures.words import LEARN, MEASURES

WHOLE = "whole"
ENCODER = {"color": "0.3", "linestyle": ":", "linewidth": 1.0}


def draw(sources: dict, about: dict):
    """Draw a row per task and a column per way of learning: a curve over layers per network."""
    table = only(sources)
    names = [] if table.empty else about["transfers"]
    tasks = [task for task in names if _of_layers(table, task)["layer"].size]
    if not tasks:
        return nothing_to_draw("no task was learned from single layers")
    table = table[table["task"].isin(tasks)]
    ways = [way for way in LEARN if (table["learn"] == way).any()]
    networks = networks_of(table, about)
    figure, flat = panels(
        len(tasks) * len(ways),
        width=WIDTH / max(len(ways), 2),
        height=1.95,
        columns=len(ways),
        sharey="row",
    )
    for line, task in zip(np.array(flat).reshape(len(tasks), len(ways)), tasks, strict=True):
        rows, layers = table[table["task"] == task], layers_of(_of_layers(table, task))
        scores = class_scores(rows, ["network", "learn", "layer"], about)
        measure = MEASURES.get(rows["measure"].iloc[0], rows["measure"].iloc[0])
        for axes, way in zip(line, ways, strict=True):
            if way not in scores.index.get_level_values("learn"):
                axes.set_visible(False)
                continue
            write(axes, LEARN[way], "", f"{literal(task)}\n{measure}" if way == ways[0] else "")
            _curves(axes, scores.xs(way, level="learn"), layers, networks, about)
    network_legend(figure, networks, about, [("whole encoder", ENCODER)])
    return figure


def _of_layers(table: pd.DataFrame, task: str) -> pd.DataFrame:
    return table[(table["task"] == task) & (table["layer"] != WHOLE)]


def _curves(axes, scores: pd.DataFrame, layers: list[str], networks: list[str], about) -> None:
    layer_ticks(axes, layers, extra=[WHOLE])
    for shift, network in zip(shifts(len(networks)), networks, strict=True):
        if network not in scores.index.get_level_values("network"):
            continue
        means, look = scores.loc[network], look_of(network, about)
        curve(axes, layers, means, shift, **look)
        if WHOLE in means.index:
            value, low, high = means.loc[WHOLE, ["value", "low", "high"]]
            axes.axhline(value, **{**ENCODER, "color": look["color"]})
            at = len(layers) + 2 * shift
            axes.errorbar(at, value, arms(value, low, high), **{**LINE, **look, "linestyle": ""})
