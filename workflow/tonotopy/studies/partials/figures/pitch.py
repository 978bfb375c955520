"""Which directions follow a partial, and which the pitch whose fundamental is left out."""

from tonotopy.drawing.style import COLOURS, nothing_to_draw, only
from tonotopy.studies.partials.figures.kinds import share_panels

LOOKS = {"partial": ("s", COLOURS[0]), "pitch": ("D", COLOURS[1])}


def draw(sources: dict, about: dict):
    """Draw shares of followers by network and kind of direction."""
    table = only(sources)
    if table.empty:
        return nothing_to_draw("no direction was looked at")
    shown = {}
    for what, (marker, colour) in LOOKS.items():
        look = {"color": colour, "marker": marker, "linestyle": "none"}
        shown[f"follows the {what}"] = (lambda rows, what=what: rows["follows"] == what, look)
    return share_panels(table, about, shown, "share of directions")
