"""Figures 4.3 to 4.8 and C.1 to C.8: clips, their heatmaps, and the components of these."""

import pandas as pd

from tonotopy.drawing.names import literal
from tonotopy.drawing.spectrogram_grid import LONGEST, LOUD, Line, draw_grid
from tonotopy.drawing.style import nothing_to_draw, only
from tonotopy.studies.relevance.figures.clip_grid import (
    RELEVANT,
    heatmap_title,
    loudness_scale,
    relevance_scale,
    spectrogram,
)
from tonotopy.studies.relevance.figures.looks import classes_of, layers_of

ACROSS = 4  # components in a row; further ones stand below
FEW = 4  # classes of which two clips are shown
MOST = 12  # rows of a figure that shows a clip several times
PREFIX = "component "
SUBSPACES = {
    "own": "DRSA",
    "random": "random subspaces",
    "exchanged": "DRSA of another class",
    "layers": "DRSA at every layer",
    "numbers": "DRSA with fewer or more components",
}


def draw(sources: dict, about: dict):
    """Draw a row per clip, or per layer or number of components of one clip (``about["set"]``)."""
    table = only(sources)
    rows = table[table["set"] == about["set"]]
    if rows.empty:
        return nothing_to_draw(f"there are no examples of the kind '{about['set']}'")
    varied = about["set"] in ("layers", "numbers")
    clips = _one_of_each_class(rows, about) if varied else _clips_of_classes(rows)
    lines = []
    for clip in clips:
        for name, variant in _variants(clip, about):
            lines += _lines(name, clip, variant)
    return draw_grid(
        lines, f"{SUBSPACES[about['set']]}; R: sum of relevance (of its negative part)"
    )


def _clips_of_classes(rows: pd.DataFrame) -> list[pd.DataFrame]:
    """Return the rows of each clip that is shown, by class and subspaces, then by name."""
    keys = sorted({*zip(rows["label"].astype(str), rows["subspaces"].astype(str), strict=True)})
    each, clips = 2 if len(keys) <= FEW else 1, []
    for label, subspaces in keys:
        own = rows[
            (rows["label"].astype(str) == label) & (rows["subspaces"].astype(str) == subspaces)
        ]
        clips += [own[own["clip"] == clip] for clip in sorted(own["clip"].unique())[:each]]
    return clips


def _one_of_each_class(rows: pd.DataFrame, about: dict) -> list[pd.DataFrame]:
    """Return the rows of a clip of every class, of as many classes as fit into a figure."""
    firsts = []
    for label in classes_of(rows):
        own = rows[rows["label"].astype(str) == label]
        firsts.append(own[own["clip"] == own["clip"].min()])
    height = sum(
        -(-variant["components"].iloc[0] // ACROSS) for _, variant in _variants(firsts[0], about)
    )
    return firsts[: max(1, MOST // height)]


def _variants(clip: pd.DataFrame, about: dict) -> list[tuple[str, pd.DataFrame]]:
    """Return (name, components by number) of a clip at each layer, from the input on, and K."""
    label, subspaces = (str(clip[column].iloc[0]) for column in ("label", "subspaces"))
    through = "" if subspaces == label else f"\nthrough {literal(subspaces, LONGEST)}"
    classes = f"{literal(label, LONGEST)}{through}"
    parts = clip[clip["panel"].str.startswith(PREFIX)]
    parts = parts.assign(component=parts["panel"].str.removeprefix(PREFIX).astype(int))
    variants = []
    for layer in layers_of(parts, about):
        at_layer = parts[parts["layer"] == layer]
        for k in sorted(at_layer["components"].unique()):
            rows = at_layer[at_layer["components"] == k].sort_values("component")
            variants.append((f"{classes}\n{literal(layer, LONGEST)}, K = {k}", rows))
    return variants


def _lines(name: str, clip: pd.DataFrame, components: pd.DataFrame) -> list[Line]:
    """Return the rows of one explanation: input, standard heatmap, components."""
    same = clip[["layer", "components"]] == components[["layer", "components"]].iloc[0]
    others = clip.sort_values(["layer", "components"])  # where these have no panels of their own
    whole = pd.concat([clip[same.all(axis=1)], others]).drop_duplicates("panel").set_index("panel")
    heatmaps = pd.concat([whole.loc[["standard"]], components.set_index("panel")])
    scale, sound = relevance_scale(heatmaps), whole.loc[["input"]]
    title = f"clip\n{literal(clip['clip'].iloc[0], LONGEST)}"
    head = spectrogram(title, sound.iloc[0], loudness_scale(sound), LOUD)
    standard, *parts = (
        spectrogram(heatmap_title(panel, row), row, scale, RELEVANT)
        for panel, row in heatmaps.iterrows()
    )
    lines = []
    for start in range(0, len(parts), ACROSS):
        left = [None, None] if start else [head, standard]
        lines.append(Line(name, [*left, *parts[start : start + ACROSS]]))
    return lines
