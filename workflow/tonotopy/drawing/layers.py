"""Layers on axes: called by their names where these fit, else counted from 1."""

import re

import numpy as np
import pandas as pd

from tonotopy.drawing.letters import LETTER
from tonotopy.drawing.names import literals

MOST = 14  # layers that are named on an axis
LONGEST = 12  # letters of a name below an axis
COUNTED = "layer, counted from 1"
NUMBERED = re.compile(r"(\D+)(\d+)")
WIDE = 0.6  # of a letter, of its height
UPRIGHT = 5  # letters of a name that is never slanted, if all have room
BESIDE = 0.5  # inches of a panel's width that its labels take
SLANTED = {"rotation": 45, "ha": "right", "rotation_mode": "anchor"}


def layers_of(table: pd.DataFrame) -> list[str]:
    """Return the layers of a table, from input to output."""
    depths = table.groupby(table["layer"].astype(str))["depth"].min()
    return sorted(depths.index, key=lambda name: (depths[name], name))


def layer_words(layers: list[str]) -> tuple[list[str], str]:
    """Return what layers are called in a figure, and what an axis of them is called.

    Numbers alone stand for block1, block2, ...; more than `MOST` layers are counted from 1.

    Args:
        layers: from input to output.
    """
    if len(layers) > MOST:
        return counted(len(layers)), COUNTED
    matches = [NUMBERED.fullmatch(name) for name in layers]
    prefixes = {match[1] for match in matches if match}
    if len(prefixes) != 1:
        return literals(layers, LONGEST), "layer"
    names = [match[2] if match else name for match, name in zip(matches, layers, strict=True)]
    return literals(names, LONGEST), literals(prefixes, LONGEST)[0].rstrip(".") or "layer"


def counted(count: int) -> list[str]:
    """Return the numbers of so many layers."""
    return [str(n) for n in range(1, count + 1)]


def named_layers(network: dict, count: int) -> list[str]:
    """Return the names of the layers that tables tell by their positions, counted from 0.

    Args:
        network: a network's description; one whose package knows the layers may lack them.
        count: layers of the tables.
    """
    names = list(network.get("layers", ()))
    return names if len(names) == count else [f"layer{n}" for n in range(1, count + 1)]


def layer_ticks(axes, layers: list[str], places=None, extra=()) -> str:
    """Write layers under an axis, slanted if need be; numbers alone are thinned out.

    Args:
        axes: to write under.
        layers: from input to output.
        places: where they lie, from left to right; 0, 1, ... if None.
        extra: names of what stands at the right of the layers, at the next whole places.

    Returns:
        What the axis is called, which has been written, too.
    """
    room = (_width(axes) - BESIDE) * 72 / LETTER  # letters on top of each other
    names, label = layer_words(layers)
    if room * np.sqrt(0.5) < len(names) + len(extra) and not all(map(str.isdigit, names)):
        names, label = counted(len(layers)), COUNTED
    names = [*names, *extra]
    places = np.arange(len(names)) if places is None else np.asarray(places)
    beside = 0.5 * (places[1] - places[0] if len(places) > 1 else 1)
    axes.set_xlim(places[0] - beside, places[-1] + beside)
    crowded = sum(len(name) + 1.5 for name in names) * WIDE > room
    step = 1
    if crowded and all(map(str.isdigit, names)):
        step = -(-len(names) // max(2, int(room / WIDE // (len(names[-1]) + 1.5))))
    slanted = (crowded and step == 1) or max(map(len, names)) > UPRIGHT
    axes.set_xticks(places[::step], names[::step], **(SLANTED if slanted else {}))
    axes.tick_params(axis="x", labelsize=LETTER)
    axes.set_xlabel(label, fontsize=LETTER + 1, labelpad=1)
    return label


def whole_ticks(axes, numbers) -> None:
    """Put whole numbers below an axis, about ten at most, with room beside a single one.

    Args:
        axes: whose x are epochs, counted from 1.
        numbers: that are drawn.
    """
    first, last = min(numbers), max(numbers)
    axes.set_xticks(range(first, last + 1, -(-(last - first + 1) // 10)))
    axes.set_xlim(first - 0.4, last + 0.4)


def _width(axes) -> float:
    """Return the inches of a panel with its labels, as far as its grid says."""
    place = axes.get_subplotspec()
    share = len(place.colspan) / place.get_gridspec().ncols
    return share * axes.figure.bbox.width / axes.figure.dpi
