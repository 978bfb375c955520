"""What the figures of study 3 share: names and looks of methods, letters, order of layers."""

import pandas as pd

from tonotopy.drawing.letters import HEAD, LETTER, WIDTH, arms, fixed, number, write
from tonotopy.drawing.style import COLOURS, MARKERS, ROLES

__all__ = [  # with the letters of all studies
    "AREAS",
    "HEAD",
    "LETTER",
    "LOOKS",
    "NAMES",
    "WIDTH",
    "arms",
    "beside_thesis",
    "classes_of",
    "fixed",
    "layers_of",
    "number",
    "write",
]

NAMES = {
    "standard": "standard (K = 1)",
    "random": "random",
    "pca": "PCA",
    "dsa": "DSA",
    "drsa": "DRSA",
}
LOOKS = {
    "standard": {"color": COLOURS[5], "marker": MARKERS[5], "linestyle": ":"},
    "random": ROLES["random"],
    "pca": {"color": COLOURS[2], "marker": MARKERS[2], "linestyle": "-."},
    "dsa": {"color": COLOURS[1], "marker": MARKERS[1], "linestyle": "--"},
    "drsa": {"color": COLOURS[0], "marker": MARKERS[0], "linestyle": "-"},
}
PRINTED = "gtzan"  # maker of the thesis's corpus of music
AREAS = {"share": "by share", "step": "by step", "printed": "as printed"}


def beside_thesis(about: dict) -> bool:
    """Tell whether an instance hears the thesis's corpus of music, and no other."""
    return set(about["makers"].values()) == {PRINTED}


def layers_of(table: pd.DataFrame, about: dict) -> list[str]:
    """Return the layers that have subspaces, from input to output.

    Args:
        table: with a column ``layer``, empty where a row is of no layer.
        about: ``layers`` names them; None takes the order of the table.
    """
    there = [layer for layer in table["layer"].astype(str).unique() if layer]
    return there if about["layers"] is None else [n for n in about["layers"] if n in there]


def classes_of(table: pd.DataFrame) -> list[str]:
    """Return the explained classes, sorted."""
    return sorted(table["label"].astype(str).unique())
