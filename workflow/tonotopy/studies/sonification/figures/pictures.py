"""Spectrograms of clips and sonifications as panels of a grid."""

import numpy as np
import pandas as pd
from matplotlib.colors import Normalize

from tonotopy.drawing.curves import first_run
from tonotopy.drawing.names import literal
from tonotopy.drawing.spectrogram_grid import LONGEST, LOUD, Panel

SCALE = Normalize(-60, 0, clip=True)  # dB below the loudest of a picture
TICKS = (0.25, 0.5, 0.75)  # of the highest frequency
INPUT, SONIFICATION = "input", "sonification"


def image(row: pd.Series) -> np.ndarray:
    """Return dB below a picture's loudest cell, shape (bands, frames), the lowest band first."""
    return np.asarray(row["values"], dtype=float).reshape(int(row["bands"]), int(row["frames"]))


def spectrogram(title: str, row: pd.Series | None) -> Panel | None:
    """Return the panel of a picture, whose frequencies are linear from 0; None if there is none."""
    if row is None:
        return None
    kilohertz = {position * float(row["high_hz"]) / 1000: position for position in TICKS}
    return Panel(title, image(row), float(row["seconds"]), kilohertz, SCALE, LOUD)


def abbreviated(label: object) -> str:
    """Return a name that fits above or beside a panel."""
    return literal(label, LONGEST)


def of_set(pictures: pd.DataFrame, kind: str) -> pd.DataFrame:
    """Return the pictures of a set; a table without rows may lack the column."""
    return pictures if pictures.empty else pictures[pictures["set"] == kind]


def of_network(pictures: pd.DataFrame, kind: str, network: str) -> pd.DataFrame:
    """Return the pictures of a set that show the first training of a network."""
    rows = of_set(pictures, kind)
    return first_run(rows[rows["network"].astype(str) == network])


def maps_of(pictures: pd.DataFrame, layers: list[str]) -> list[tuple[str, int]]:
    """Return layer and map of what there are pictures of, from input to output, then by map."""
    there = {*zip(pictures["layer"].astype(str), pictures["map"], strict=True)}
    return sorted(
        (key for key in there if key[0] in layers), key=lambda key: (layers.index(key[0]), key[1])
    )


def one(pictures: pd.DataFrame, **keys) -> pd.Series | None:
    """Return the picture with the given values of columns, the first by clip; None if none has.

    Args:
        pictures: rows of the table.
        keys: column -> value.
    """
    for column, value in keys.items():
        pictures = pictures[pictures[column] == value]
    ordered = first_run(pictures).sort_values(["clip", "network", "layer", "map", "epoch"])
    return None if ordered.empty else ordered.iloc[0]
