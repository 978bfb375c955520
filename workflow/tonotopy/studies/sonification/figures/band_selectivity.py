"""Figure 5.2: what the most active maps of one clip let through."""

from tonotopy.drawing.curves import first_run, networks_of
from tonotopy.drawing.spectrogram_grid import Line, draw_grid
from tonotopy.drawing.style import nothing_to_draw, only
from tonotopy.studies.sonification.figures.pictures import (
    INPUT,
    SONIFICATION,
    abbreviated,
    of_set,
    one,
    spectrogram,
)


def draw(sources: dict, about: dict):
    """Draw a row per layer that is shown: the clip, and a sonification by every network."""
    rows = of_set(only(sources), "active")
    if len(rows):
        rows = first_run(rows[rows["clip"] == rows["clip"].min()])
    layers = [name for name in about["shown"]["layers"] if (rows["layer"] == name).any()]
    if not layers:
        return nothing_to_draw("there are no pictures of the most active maps of these layers")
    sound = one(rows, panel=INPUT)
    networks = networks_of(rows, about)
    lines = []
    for layer in layers:
        found = [
            one(rows, layer=layer, network=network, panel=SONIFICATION) for network in networks
        ]
        cells = [spectrogram(f"clip: {abbreviated(sound['label'])}", sound)]
        for network, row in zip(networks, found, strict=True):
            name = f"{abbreviated(network)}, map {'' if row is None else row['map']}"
            cells.append(spectrogram(name, row))
        lines.append(Line(abbreviated(layer), cells))
    return draw_grid(lines)
