"""Figure 5.1: does the sonification of a shifted clip shift by as much?"""

from math import gcd

import numpy as np
import pandas as pd

from tonotopy.drawing.curves import first_run, networks_of
from tonotopy.drawing.layers import layers_of
from tonotopy.drawing.letters import WIDTH, fixed, write
from tonotopy.drawing.matrices import framed, matrix
from tonotopy.drawing.names import literal
from tonotopy.drawing.style import COLOURS, legend_above, nothing_to_draw, plt

CURVES = {
    "original": ("sonification", {"color": "0.55", "linestyle": "-", "linewidth": 2.2}),
    "shifted": (
        "sonification of the shifted clip, shifted back",
        {"color": COLOURS[1], "linestyle": "--", "linewidth": 1.0},
    ),
}
DARKEST = 1.6  # that black would be: frames and numbers stand out from a correlation of 1


def draw(sources: dict, about: dict):
    """Draw two excerpts above, and correlations over layers and offsets of each network below."""
    excerpts, shifts = sources["excerpts"], sources["shifts"]
    if shifts.empty:
        return nothing_to_draw("no clip was shifted")
    networks, layers = networks_of(shifts, about), layers_of(shifts)
    waves = _waves(excerpts, shifts, networks)
    heights = [1.4] * bool(waves) + [0.75 + 0.165 * len(layers)]
    figure = plt.figure(figsize=(WIDTH, sum(heights) + 0.35))
    parts = figure.subfigures(len(heights), 1, height_ratios=heights, squeeze=False)[:, 0]
    if waves:
        tops = parts[0].subplots(1, len(waves), squeeze=False)[0]
        for axes, (title, rows) in zip(tops, waves, strict=True):
            _wave(axes, rows, title)
        legend_above(figure, tops[0])
    below = parts[-1].subplots(1, len(networks), squeeze=False)[0]
    for axes, network in zip(below, networks, strict=True):
        _correlations(axes, shifts[shifts["network"].astype(str) == network], layers)
        write(axes, literal(network), "offset (samples)")
        if axes is not below[0]:
            axes.set_yticklabels([])
    return figure


def _waves(
    excerpts: pd.DataFrame, shifts: pd.DataFrame, networks: list[str]
) -> list[tuple[str, pd.DataFrame]]:
    """Return title and rows of the excerpts at the deepest layer: a multiple, and an odd offset."""
    there = [name for name in networks if (excerpts["network"].astype(str) == name).any()]
    if not there:
        return []
    own = first_run(excerpts[excerpts["network"].astype(str) == there[0]])
    measured = shifts[shifts["network"].astype(str) == there[0]]
    names = set(own["layer"].astype(str))
    deepest = [layer for layer in layers_of(measured) if layer in names][-1:]
    own = own[own["layer"].astype(str).isin(deepest)]
    measured = measured[measured["layer"].astype(str).isin(deepest)]
    offsets = set(own["offset"])
    multiples = offsets & set(measured.loc[measured["multiple"].astype(bool), "offset"])
    odd = {offset for offset in offsets if offset % 2}
    chosen = []
    if multiples:
        offset, stride = max(multiples), int(measured["stride"].iloc[0])
        chosen.append((offset, f"{offset} samples = {offset // stride} × the stride"))
    if odd:
        chosen.append((max(odd), f"{max(odd)} samples, odd"))
    return [
        (f"{literal(there[0])}, {literal(deepest[0])}: {text}", own[own["offset"] == offset])
        for offset, text in chosen
    ]


def _wave(axes, rows: pd.DataFrame, title: str) -> None:
    rows = rows.sort_values("sample")
    for column, (label, look) in CURVES.items():
        axes.plot(rows["seconds"], rows[column], label=label, **look)
    axes.margins(x=0)
    write(axes, title, "s", "amplitude")


def _correlations(axes, rows: pd.DataFrame, layers: list[str]) -> None:
    by = [rows["layer"].astype(str).rename("layer"), rows["offset"]]
    values = rows.groupby(by)["correlation"].mean().unstack().reindex(layers)
    multiple = rows["multiple"].astype(float).groupby(by).max().unstack().reindex(layers)
    coarsest = int(rows["stride"].max())
    order = sorted(values, key=lambda offset: (gcd(int(offset), coarsest), offset))
    values, multiple = values[order], multiple[order]
    text = [["" if np.isnan(v) else _short(v) for v in line] for line in values.to_numpy()]
    matrix(axes, values.to_numpy(float), text, layers, values.columns, (0, DARKEST))
    framed(axes, (multiple > 0).to_numpy())


def _short(value: float) -> str:
    """Return a correlation with two decimals, without the 0 before them."""
    text = fixed(value)
    return "1" if text == "1.00" else text.replace("0.", ".", 1)
