"""Figures 5.3 and 5.4: clips, and sonifications of maps that are selective for their classes."""

import pandas as pd

from tonotopy.drawing.layers import layers_of
from tonotopy.drawing.letters import WIDTH
from tonotopy.drawing.spectrogram_grid import Line, draw_grid
from tonotopy.drawing.style import nothing_to_draw
from tonotopy.studies.sonification.figures.pictures import (
    INPUT,
    SONIFICATION,
    abbreviated,
    of_network,
    one,
    spectrogram,
)

MOST = 3  # clips of a layer
LAST = 3  # layers of a network that has none at the depths of the thesis
WIDEST = 2.4  # inches, of a column


def draw(sources: dict, about: dict):
    """Draw a column per layer at ``about["depths"]`` of ``about["network"]``: clip above map."""
    rows = of_network(sources["pictures"], "selective", about["network"])
    if rows.empty:
        return nothing_to_draw("there are no pictures of maps that are selective for a class")
    layers = _chosen(rows, sources, about)
    clips = {layer: _clips(rows[rows["layer"] == layer]) for layer in layers}
    lines = []
    for n in range(max(map(len, clips.values()))):
        keys = {layer: own[n] if n < len(own) else None for layer, own in clips.items()}
        for panel in (INPUT, SONIFICATION):
            cells = [_panel(rows, layer, key, panel) for layer, key in keys.items()]
            lines.append(Line("clip" if panel == INPUT else panel, cells))
    return draw_grid(lines, abbreviated(about["network"]), width=min(WIDTH, WIDEST * len(layers)))


def _chosen(rows: pd.DataFrame, sources: dict, about: dict) -> list[str]:
    """Return the layers at the depths asked for; the last ones if the network has none there."""
    table = sources["layers"]
    own = table[(table["network"] == about["network"]) & table["layer"].isin(set(rows["layer"]))]
    deep = own[own["depth"].isin(about["depths"])]
    return layers_of(deep) if len(deep) else layers_of(own)[-LAST:]


def _clips(rows: pd.DataFrame) -> list[tuple[str, str, int]]:
    """Return label, clip and map of what is shown of a layer, in the order of labels."""
    keys = {*zip(rows["label"].astype(str), rows["clip"], rows["map"], strict=True)}
    return sorted(keys)[:MOST]


def _panel(rows: pd.DataFrame, layer: str, key: tuple | None, panel: str):
    if key is None:
        return None
    label, clip, number = key
    name = abbreviated(layer)
    title = f"{name}: {abbreviated(label)}" if panel == INPUT else f"{name}, map {number}"
    return spectrogram(title, one(rows, layer=layer, clip=clip, map=number, panel=panel))
