"""Figures 4.1, 4.2, 4.4 and C.2: clips, and each of their parts alone."""

from tonotopy.drawing.names import literal
from tonotopy.drawing.spectrogram_grid import LONGEST, LOUD, Line, draw_grid
from tonotopy.drawing.style import nothing_to_draw, only
from tonotopy.studies.relevance.figures.clip_grid import loudness_scale, spectrogram
from tonotopy.studies.relevance.figures.looks import classes_of

PREFIX = "object: "


def draw(sources: dict, about: dict):
    """Draw a row per class: a clip's log-mel spectrogram, then each object's alone."""
    table = only(sources)
    parts = {PREFIX + name: name for name in about["objects"] or []}
    own = table[(table["set"] == "own") & table["panel"].isin(["input", *parts])]
    if not own["panel"].isin(list(parts)).any():
        return nothing_to_draw("no example has its parts apart")
    firsts = [_first_clip(own[own["label"].astype(str) == c]) for c in classes_of(own)]
    lines = []
    for rows in firsts:
        scale = loudness_scale(rows)
        title = f"clip {literal(rows['clip'].iloc[0], LONGEST)}"
        cells = [spectrogram(title, rows.loc["input"], scale, LOUD)]
        cells += [
            spectrogram(literal(name, LONGEST), rows.loc[panel], scale, LOUD)
            if panel in rows.index
            else None
            for panel, name in parts.items()
        ]
        lines.append(Line(literal(rows["label"].iloc[0], LONGEST), cells))
    return draw_grid(lines)


def _first_clip(rows):
    """Return the panels of the first clip by name."""
    return rows[rows["clip"] == rows["clip"].min()].set_index("panel")
