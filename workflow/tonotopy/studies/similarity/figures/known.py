"""Known answers of hand-made layers, with what they must be."""

import numpy as np

from tonotopy.drawing.letters import WIDTH, arms, write
from tonotopy.drawing.limits import span
from tonotopy.drawing.style import COLOURS, ZERO, legend_above, nothing_to_draw, only, panels
from tonotopy.studies.similarity.figures.drawn import Drawn, drawn, spans
from tonotopy.studies.similarity.statistics.known import contrast_draws, similarity_draws

# where answers must lie, as the controls say
CONTRAST = {
    "median_time": (0.2, 1.0),
    "difference": (0.2, 1.0),
    "median_frequency": (-1.0, -0.2),
    "smooth_frequency": (-1.0, -0.2),
    "onset_difference": (-1.0, -0.2),
}
NOTHING = {
    **dict.fromkeys(("white_noise", "smooth_noise", "rectified_input"), (-0.1, 0.1)),
    "other_input": (-0.15, 0.15),
}
CHROMA = ("chroma_bank", "chroma_stft", (0.6, 1.0))
PARTS = {
    "harmonic": {"color": COLOURS[0], "marker": "o"},
    "percussive": {"color": COLOURS[1], "marker": "s"},
}
POINT = {"linestyle": "", "markersize": 3.5, "elinewidth": 0.9}
PHASES = "random phases"  # of the clip that the layer is made of
HOLLOW = {"linestyle": "", "markersize": 2.2, "markeredgewidth": 0.6, "markerfacecolor": "white"}
BAND = {"color": "0.85", "linewidth": 0}


def draw(sources: dict, about: dict):
    """Draw r with both parts, and their difference; last, the raw similarity with chroma."""
    table = only(sources)
    if table.empty:
        return nothing_to_draw("there are no known answers")
    tables = drawn(sources, about)
    there = set(table["layer"])
    layers = [name for name in (*CONTRAST, *NOTHING) if name in there]
    height = 0.19 * len(layers) + 1.0
    figure, (left, middle, right) = panels(
        3, width=WIDTH / 3, height=height, columns=3, width_ratios=(1, 1, 0.45)
    )
    for axes in (left, middle):
        axes.axvline(0, **ZERO)
        span(axes, -1, 1, "x")
        axes.set_xticks([-1, -0.5, 0, 0.5, 1])
        names = [name.replace("_", " ") for name in layers]
        axes.set_yticks(range(len(layers)), names if axes is left else [""] * len(layers))
        axes.set_ylim(len(layers) - 0.5, -0.5)
    for row, layer in enumerate(layers):
        _band(left, row, NOTHING.get(layer))
        _band(middle, row, CONTRAST.get(layer))
        for shift, (part, look) in zip((-0.13, 0.13), PARTS.items(), strict=True):
            draws, _ = similarity_draws(tables, layer, part, "r")
            _point(left, row + shift, draws, tables, **look, label=part if not row else None)
            turned, _ = similarity_draws(tables, layer, part, "phase")
            name = f"{part}, {PHASES}" if not row else None
            left.plot(turned[0], row + shift, **{**look, **HOLLOW}, label=name)
        draws, _ = contrast_draws(tables, layer)
        _point(middle, row, draws, tables, 2, color="black", marker="D")
    write(left, "beyond the input", "r")
    write(middle, "harmonic minus percussive", "difference of r")
    _chroma(right, tables, there)
    legend_above(figure, left)
    return figure


def _chroma(axes, tables: Drawn, there: set[str]) -> None:
    layer, feature, bounds = CHROMA
    if layer not in there:
        axes.set_visible(False)
        return
    span(axes, 0, 1, "x")
    axes.set_ylim(2, -2)
    axes.set_yticks([0], [layer.replace("_", " ")], rotation=90, va="center")
    _band(axes, 0, bounds)
    draws, _ = similarity_draws(tables, layer, feature, "raw")
    _point(axes, 0, draws, tables, color="black", marker="o")
    write(axes, "with chroma", "raw similarity")


def _band(axes, row: int, bounds: tuple[float, float] | None) -> None:
    if bounds:
        axes.barh(row, bounds[1] - bounds[0], 0.8, bounds[0], zorder=0, **BAND)


def _point(axes, row: float, draws: np.ndarray, tables: Drawn, most: float = 1, **look) -> None:
    value, low, high = spans(draws, tables, -most, most)
    axes.errorbar(value, row, xerr=arms(value, low, high), **{**POINT, **look})
