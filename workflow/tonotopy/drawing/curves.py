"""Looks of networks, order of layers, and curves over layers."""

import re

import numpy as np
import pandas as pd
from matplotlib.lines import Line2D

from tonotopy.drawing.letters import LETTER, arms
from tonotopy.drawing.names import literal
from tonotopy.drawing.style import COLOURS, DASHES, MARKERS, ROLES, handles_above

UNTRAINED = "untrained"
NUMBERED = re.compile(r"(\D+)(\d+)")
SHORT = 5  # letters that fit below a tick
LINE = {"markersize": 3.5, "linewidth": 1.1, "elinewidth": 0.9}


def networks_of(table: pd.DataFrame, about: dict) -> list[str]:
    """Return the networks of a table: in the order of the entry, the untrained one last."""
    there = set(table["network"].astype(str))
    known = [*about["networks"], UNTRAINED]
    return [name for name in known if name in there] + sorted(there - set(known))


def first_run(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of the first training, where rows say which one they are of."""
    return rows[rows["run"] == rows["run"].min()] if "run" in rows else rows


def look_of(network: str, about: dict) -> dict:
    """Return colour, dash and marker of a network: the same in all figures of an entry."""
    if network == UNTRAINED:
        return ROLES[UNTRAINED]
    index = list(about["networks"]).index(network)
    return {
        "color": COLOURS[index % len(COLOURS)],
        "marker": MARKERS[index % len(MARKERS)],
        "linestyle": DASHES[index % len(DASHES)],
    }


def layers_of(table: pd.DataFrame) -> list[str]:
    """Return the layers of a table, from input to output."""
    depths = table.groupby(table["layer"].astype(str))["depth"].min()
    return sorted(depths.index, key=lambda name: (depths[name], name))


def layer_ticks(axes, layers: list[str], x: bool = True) -> None:
    """Write names of layers under an axis: numbers alone where they are block1, block2, ...

    Args:
        axes: whose positions 0, 1, ... are the layers.
        layers: from input to output.
        x: whether the axis also gets its label.
    """
    matches = [NUMBERED.fullmatch(name) for name in layers]
    prefixes = {match[1] for match in matches if match}
    short = len(prefixes) == 1
    names = [literal(m[2] if m and short else n) for m, n in zip(matches, layers, strict=True)]
    axes.set_xticks(range(len(layers)), names)
    axes.set_xlim(-0.5, len(layers) - 0.5)
    for label, name in zip(axes.get_xticklabels(), names, strict=True):
        if len(name) > SHORT:
            label.set(rotation=45, ha="right", rotation_mode="anchor")
    axes.tick_params(labelsize=LETTER)
    if x:
        axes.set_xlabel(literal(prefixes.pop()) if short else "layer", labelpad=1)
        axes.xaxis.label.set_size(LETTER + 1)


def whole_ticks(axes, numbers) -> None:
    """Put whole numbers below an axis, about ten at most, with room beside a single one.

    Args:
        axes: whose x are layers or epochs, counted from 1.
        numbers: that are drawn.
    """
    first, last = min(numbers), max(numbers)
    axes.set_xticks(range(first, last + 1, -(-(last - first + 1) // 10)))
    axes.set_xlim(first - 0.4, last + 0.4)


def curve(axes, layers: list[str], means: pd.DataFrame, shift: float = 0.0, **look) -> None:
    """Draw means over layers with their intervals; a layer that has no mean is left out.

    Args:
        axes: to draw into.
        layers: at the positions 0, 1, ...
        means: value, low and high, indexed by layer.
        shift: to the right, so that intervals of several curves do not hide each other.
        look: of the line.
    """
    means = means.reindex(layers)
    known = means["value"].notna().to_numpy()
    value, low, high = means[known][["value", "low", "high"]].to_numpy(float).T
    places = np.flatnonzero(known) + shift
    axes.errorbar(places, value, arms(value, low, high), **{**LINE, **look})


def shifts(count: int, step: float = 0.07) -> list[float]:
    """Return how far each of several curves is moved, symmetric about 0."""
    return [step * (n - (count - 1) / 2) for n in range(count)]


def network_legend(figure, networks: list[str], about: dict, further=()) -> None:
    """Put a legend of networks above a figure, with further lines: (name, look)."""
    looks = [(literal(name), look_of(name, about)) for name in networks]
    entries = [*looks, *further]
    handles = [Line2D([], [], **{"markersize": 4, "linewidth": 1.2, **look}) for _, look in entries]
    handles_above(figure, handles, [name for name, _ in entries], columns=6)
