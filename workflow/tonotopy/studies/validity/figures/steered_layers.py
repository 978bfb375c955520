"""Study 2's sweep beside the patches of single layers: whose vector moves the answer?"""

import numpy as np
import pandas as pd

from tonotopy.drawing.curves import panel_grid
from tonotopy.drawing.layers import layer_ticks
from tonotopy.drawing.letters import write
from tonotopy.drawing.names import literal, paired
from tonotopy.drawing.style import ROLES, ZERO, mean_band, nothing_to_draw
from tonotopy.studies.validity.figures.layers import ROW, layers_of
from tonotopy.studies.validity.marks import Effects, effects_of

LOOK = {**ROLES["trained"], "markersize": 3.5, "linewidth": 1.4}


def draw(sources: dict, about: dict):
    """Draw a panel per concept: slopes over the layer whose vector steers all layers."""
    truth = effects_of(sources["effects"], about["attribute"])
    slopes, layers = _slopes(sources["steering_slopes"], truth), layers_of(sources["layers"])
    if not slopes:
        attribute = literal(about["attribute"])
        return nothing_to_draw(f"no concept of the sweep is a value of '{attribute}'")
    figure, grid = panel_grid([ROW], list(slopes), height=1.7)
    for (_, concept), axes in grid.items():
        target, wide = slopes[concept]
        mean, low, high = mean_band(wide.to_numpy(), about)
        largest = max(np.abs(mean).max(), 1e-12)
        axes.axhline(0, **ZERO)
        axes.plot(wide.columns, mean / largest, **LOOK)
        shade = {"color": LOOK["color"], "alpha": 0.18, "linewidth": 0}
        axes.fill_between(wide.columns, low / largest, high / largest, **shade)
        label = layer_ticks(axes, layers)
        left = axes.get_subplotspec().is_first_col()
        y = "slope, share of its largest" if left else ""
        write(axes, paired(concept, [target]), f"vector of {label}", y)
    return figure


def _slopes(slopes: pd.DataFrame, truth: Effects) -> dict[str, tuple[str, pd.DataFrame]]:
    """Return concept -> the class that it raises most in E, and slopes (clips, layers)."""
    rows = slopes[(slopes["sweep"] == "layers") & (slopes["vectors"] == "concept")]
    tables = {}
    for concept in truth.values:
        target = truth.classes[truth.matrix[truth.values.index(concept)].argmax()]
        own = rows[(rows["concept"] == concept) & (rows["class"] == target)]
        if len(own):
            tables[concept] = (target, own.pivot(index="clip", columns="layer", values="slope"))
    return tables
