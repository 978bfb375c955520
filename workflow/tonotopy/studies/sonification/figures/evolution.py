"""Figures 5.5, A.3 and A.4: how maps change while their network learns."""

from tonotopy.drawing.layers import layers_of
from tonotopy.drawing.spectrogram_grid import Line, draw_grid
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

HEIGHT = 0.85  # inches, of a row


def draw(sources: dict, about: dict):
    """Draw a row per map: its clip, then the sonification at every epoch that was kept.

    Of the network ``about["network"]``, or of the first one of the entry, if it has no such; the
    first map of every layer alone, if ``about["first"]``.
    """
    pictures, networks = sources["pictures"], list(about["networks"])
    network = about["network"] if about["network"] in networks else networks[0]
    rows = of_network(pictures, "evolution", network)
    if rows.empty:
        return nothing_to_draw(f"there are no pictures of {abbreviated(network)} while it learned")
    maps = maps_of(rows, layers_of(sources["layers"]))
    if about["first"]:
        maps = list({layer: (layer, number) for layer, number in reversed(maps)}.values())[::-1]
    epochs = sorted(rows.loc[rows["panel"] == SONIFICATION, "epoch"].unique())
    lines = []
    for layer, number in maps:
        own = rows[(rows["layer"] == layer) & (rows["map"] == number)]
        sound = one(own, panel=INPUT)
        stages = [one(own, panel=SONIFICATION, epoch=epoch) for epoch in epochs]
        title = "" if sound is None else abbreviated(sound["label"])
        cells = [spectrogram(title, sound)]
        for epoch, row in zip(epochs, stages, strict=True):
            head = f"epoch {epoch}" if not lines else ""
            cells.append(spectrogram(head, row))
        lines.append(Line(f"{abbreviated(layer)}\nmap {number}", cells))
    return draw_grid(lines, abbreviated(network), HEIGHT)
