"""Figures A.1 and A.2: the clips that excite maps most, and what the maps let through of them."""

import pandas as pd

from tonotopy.drawing.layers import layers_of
from tonotopy.drawing.spectrogram_grid import Line, Panel, draw_grid
from tonotopy.drawing.style import nothing_to_draw
from tonotopy.studies.sonification.figures.pictures import (
    INPUT,
    SONIFICATION,
    abbreviated,
    maps_of,
    of_network,
    one,
    spectrogram,
)

TOP = 3  # clips of a map
HEIGHT = 0.9  # inches, of a row


def draw(sources: dict, about: dict):
    """Draw a row per map of ``about["network"]``: three clips, then their sonifications."""
    rows = of_network(sources["pictures"], "favourites", about["network"])
    if rows.empty:
        return nothing_to_draw(f"there are no pictures of the favourites of {about['network']}")
    lines = []
    for layer, number in maps_of(rows, layers_of(sources["layers"])):
        own = rows[(rows["layer"] == layer) & (rows["map"] == number)]
        lines.append(Line(f"{abbreviated(layer)}\nmap {number}", _panels(own)))
    heading = f"{abbreviated(about['network'])}: clips (left) and their sonifications (right)"
    return draw_grid(lines, heading, HEIGHT)


def _panels(rows: pd.DataFrame) -> list[Panel | None]:
    cells = []
    for panel in (INPUT, SONIFICATION):
        for rank in range(1, TOP + 1):
            row = one(rows, rank=rank, panel=panel)
            title = "" if row is None else f"{rank}: {abbreviated(row['label'])}"
            cells.append(spectrogram(title, row))
    return cells
