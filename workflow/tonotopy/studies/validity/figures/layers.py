"""Where in a network an attribute's effect is carried: patches of single layers."""

import pandas as pd

from tonotopy.drawing.curves import panel_grid
from tonotopy.drawing.layers import layer_ticks
from tonotopy.drawing.letters import write
from tonotopy.drawing.limits import span
from tonotopy.drawing.names import literal
from tonotopy.drawing.style import ROLES, band, legend_above, only
from tonotopy.studies.validity.figures.looks import ATTRIBUTES
from tonotopy.studies.validity.statistics import WHOLE

ROW = ""
ALL = {"color": "0.3", "linestyle": ":", "linewidth": 1.2}


def draw(sources: dict, about: dict):
    """Draw a panel per attribute: how far the answer moves when a layer is patched."""
    table = only(sources)
    there = set(table["attribute"].astype(str))
    attributes = [*(a for a in ATTRIBUTES if a in there), *sorted(there - set(ATTRIBUTES))]
    layers = layers_of(table)
    figure, grid = panel_grid([ROW], attributes, height=1.7)
    for (_, attribute), axes in grid.items():
        _patches(axes, table[table["attribute"] == attribute], about)
        label = layer_ticks(axes, layers)
        left = axes.get_subplotspec().is_first_col()
        write(axes, literal(attribute), label, "movement of the answer" if left else "")
    first = grid[ROW, attributes[0]]
    span(first, 0, max(axes.dataLim.ymax for axes in grid.values()))
    legend_above(figure, first)
    return figure


def layers_of(table: pd.DataFrame) -> list[str]:
    """Return the names of the layers that were patched one by one, from input to output."""
    single = table[table["layer"] >= 0].drop_duplicates("layer").sort_values("layer")
    return single["name"].astype(str).tolist()


def _patches(axes, rows: pd.DataFrame, about: dict) -> None:
    moved = rows.assign(moved=rows["effect"].abs() / 2)
    per_twin = moved.groupby(["base", "layer", "value"], observed=True)["moved"].sum()
    wide = per_twin.groupby(["base", "layer"]).mean().unstack("layer")
    if WHOLE in wide:
        axes.axhline(wide.pop(WHOLE).mean(), label="all layers at once", **ALL)
    band(axes, wide.columns, wide.to_numpy(), about, 0, "one layer", **ROLES["trained"])
