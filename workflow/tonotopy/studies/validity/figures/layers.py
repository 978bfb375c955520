"""Where in a network an attribute's effect is carried: patches of single layers."""

import numpy as np
import pandas as pd

from tonotopy.drawing.curves import whole_ticks
from tonotopy.drawing.letters import LETTER, write
from tonotopy.drawing.names import literal
from tonotopy.drawing.style import COLOURS, DASHES, MARKERS, band, mean_band, panels
from tonotopy.studies.validity.figures.looks import ATTRIBUTES, DRESSES
from tonotopy.studies.validity.marks import Effects, effects_of
from tonotopy.studies.validity.statistics import WHOLE


def draw(sources: dict, about: dict):
    """Draw a line per attribute over the layers; beside it, if there is one, study 2's sweep."""
    slopes = sources.get("steering_slopes")
    count = 1 if slopes is None else 2
    figure, grid = panels(count, width=4.6 if count == 1 else 3.5, height=2.6)
    _patches(grid[0], sources["layers"], about)
    if slopes is not None:
        _steered(grid[1], slopes, effects_of(sources["effects"], about["attribute"]), about)
    for axes in grid:
        axes.legend(
            fontsize=LETTER,
            loc="lower center",
            bbox_to_anchor=(0.45, 1.0),
            ncols=2 if axes is not grid[0] else 3,
            columnspacing=1.2,
        )
    return figure


def _patches(axes, table: pd.DataFrame, about: dict) -> None:
    found = set(table["attribute"])
    own = sorted(found - set(ATTRIBUTES))
    for index, attribute in enumerate([*(a for a in ATTRIBUTES if a in found), *own]):
        rows = table[table["attribute"] == attribute]
        moved = rows.assign(moved=rows["effect"].abs() / 2)
        per_twin = moved.groupby(["base", "layer", "value"], observed=True)["moved"].sum()
        wide = per_twin.groupby(["base", "layer"]).mean().unstack("layer")
        line = DRESSES.get(attribute, {})
        colour = line.get("color", COLOURS[index % len(COLOURS)])
        if WHOLE in wide:
            whole = wide.pop(WHOLE)
            axes.axhline(whole.mean(), color=colour, linestyle=":", linewidth=0.9, zorder=0)
        band(axes, wide.columns + 1, wide.to_numpy(), about, index, literal(attribute), **line)
        whole_ticks(axes, wide.columns + 1)
    write(axes, "", "layer that is patched", "movement of the answer")
    axes.set_ylim(bottom=0)


def _steered(axes, slopes: pd.DataFrame, truth: Effects, about: dict) -> None:
    rows = slopes[(slopes["sweep"] == "layers") & (slopes["vectors"] == "concept")]
    concepts = [value for value in truth.values if value in set(rows["concept"].astype(str))]
    for index, concept in enumerate(concepts):
        target = truth.classes[truth.matrix[truth.values.index(concept)].argmax()]
        own = rows[(rows["concept"] == concept) & (rows["class"] == target)]
        wide = own.pivot(index="clip", columns="layer", values="slope")
        mean, low, high = mean_band(wide.to_numpy(), about)
        largest = max(np.abs(mean).max(), 1e-12)
        look = {"color": COLOURS[index % len(COLOURS)], "linestyle": DASHES[index % len(DASHES)]}
        marker = {"marker": MARKERS[index % len(MARKERS)], "markersize": 3.5, "linewidth": 1.4}
        name = f"{literal(concept)} on {literal(target)}"
        axes.plot(wide.columns + 1, mean / largest, label=name, **look, **marker)
        whole_ticks(axes, wide.columns + 1)
        shade = {"color": look["color"], "alpha": 0.18, "linewidth": 0}
        axes.fill_between(wide.columns + 1, low / largest, high / largest, **shade)
    write(axes, "", "layer whose vector steers all layers", "slope, share of its largest")
