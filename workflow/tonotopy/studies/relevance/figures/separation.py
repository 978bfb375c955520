"""How near do rendered components come to the parts of a clip?"""

import numpy as np
import pandas as pd

from tonotopy.drawing.matrices import matrix, outline
from tonotopy.drawing.names import LONGEST, literal
from tonotopy.drawing.style import nothing_to_draw, only, panels
from tonotopy.studies.relevance.figures.looks import HEAD, WIDTH, classes_of, fixed

LEAST = -99.0  # dB: sounds that have nothing in common
WHITE = -30.0  # dB and less
FEW = 4  # classes whose matrices have room for quartiles


def draw(sources: dict, about: dict):
    """Draw a matrix per class: rendered components, then ratio masks, by part."""
    table = only(sources)
    if table.empty:
        return nothing_to_draw("nothing was rendered")
    quartiles = _quartiles(table)
    objects = list(about["objects"] or [])
    parts, classes = _ordered(table["part"], objects), classes_of(table)
    medians = quartiles["median"]
    limits = (max(float(medians.min()), WHITE), float(medians.max()))
    few = len(classes) <= FEW
    across = 2 if few else 3
    lines = len(table.drop_duplicates(["kind", "sound"]))
    height = 1.0 + (0.3 if few else 0.19) * lines
    figure, grid = panels(len(classes), width=WIDTH / across, height=height, columns=across)
    for axes, label in zip(grid, classes, strict=True):
        _panel(axes, quartiles.loc[label], parts, objects, limits, few)
        layer, k = _shown(table[table["label"].astype(str) == label])
        title = f"{literal(label, LONGEST - 6)}: {literal(layer, LONGEST - 6)}, K = {k}"
        axes.set_title(title, fontsize=HEAD)
    figure.supylabel("rendered sound", fontsize=HEAD)
    figure.supxlabel("part of the clip", fontsize=HEAD)
    figure.suptitle("SI-SDR in dB", fontsize=HEAD)
    return figure


def _quartiles(table: pd.DataFrame) -> pd.DataFrame:
    """Return median, low and high (dB) by label, kind, sound and part, but of silence."""
    known = table.dropna(subset=["si_sdr"])
    known = known.assign(si_sdr=known["si_sdr"].clip(lower=LEAST))
    keys = [known[name].astype(str) for name in ("label", "kind", "sound", "part")]
    of_clips = known["si_sdr"].groupby(keys)
    return pd.DataFrame(
        {
            "median": of_clips.median(),
            "low": of_clips.quantile(0.25),
            "high": of_clips.quantile(0.75),
        }
    )


def _ordered(names: pd.Series, objects: list[str]) -> list[str]:
    """Return objects in their order, then whatever else there is."""
    there = set(names.astype(str))
    return [name for name in objects if name in there] + sorted(there - set(objects))


def _shown(rows: pd.DataFrame) -> tuple[str, int]:
    """Return layer and number of components of what was rendered."""
    components = rows[rows["kind"] == "component"]
    return tuple(components[["layer", "components"]].iloc[0]) if len(components) else ("masks", 0)


def _panel(
    axes, quartiles: pd.DataFrame, parts: list[str], objects: list[str], limits, few
) -> None:
    sounds = {
        kind: set(rows.index.get_level_values("sound")) for kind, rows in quartiles.groupby("kind")
    }
    components = sorted(sounds.get("component", ()), key=int)
    masks = _ordered(pd.Series(sorted(sounds.get("oracle", ())), dtype=object), objects)
    keys = [("component", name) for name in components] + [("oracle", name) for name in masks]
    values, text = np.full((len(keys), len(parts)), np.nan), []
    for row, key in enumerate(keys):
        text.append([])
        for column, part in enumerate(parts):
            cell = quartiles.loc[(*key, part)] if (*key, part) in quartiles.index else None
            text[-1].append("" if cell is None else _text(cell, few))
            if cell is not None:
                values[row, column] = cell["median"]
    names = [name if kind == "component" else f"mask of {name}" for kind, name in keys]
    matrix(axes, values, text, names, parts, limits)
    for row in np.flatnonzero(np.isfinite(values).any(axis=1)):
        outline(axes, row, int(np.nanargmax(values[row])))
    axes.axhline(len(components), color="black", linewidth=1.5)


def _text(cell: pd.Series, spread: bool) -> str:
    """Return the median, with half the distance of the quartiles below it; or in whole dB."""
    if not spread:
        return fixed(cell["median"], 0)
    return f"{fixed(cell['median'], 1)}\n±{fixed((cell['high'] - cell['low']) / 2, 1)}"
