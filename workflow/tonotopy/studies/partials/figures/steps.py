"""How many directions pass each of the three steps: tones, complexes, natural sound."""

from tonotopy.drawing.style import COLOURS, nothing_to_draw, only
from tonotopy.studies.partials.figures.kinds import STEPS, share_panels

MARKERS = ("s", "^", "o")


def draw(sources: dict, about: dict):
    """Draw shares after each step by network and kind of direction."""
    table = only(sources)
    if table.empty:
        return nothing_to_draw("no direction was looked at")
    shown = {}
    for number, (step, name) in enumerate(STEPS.items()):
        look = {"color": COLOURS[number], "marker": MARKERS[number], "linestyle": "none"}
        shown[name] = (lambda rows, step=step: rows[step].astype(bool), look)
    return share_panels(table, about, shown, "share of directions")
