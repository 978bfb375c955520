"""Table 4.4: areas under the patch-flipping curve, by method and layer."""

import numpy as np
import pandas as pd
from matplotlib.gridspec import GridSpec

from tonotopy.drawing.layers import layer_ticks
from tonotopy.drawing.names import literals
from tonotopy.drawing.style import legend_above, nothing_to_draw, only, plt
from tonotopy.studies.relevance.figures.looks import (
    AREAS,
    HEAD,
    LETTER,
    LOOKS,
    NAMES,
    WIDTH,
    arms,
    beside_thesis,
    fixed,
    layers_of,
    write,
)
from tonotopy.studies.relevance.figures.scores import class_means

# thesis table 4.4, K = 4
THESIS = {
    "standard": {f"conv{n}": 0.975 for n in range(1, 6)},
    "random": {"conv1": 0.747, "conv2": 0.702, "conv3": 0.625, "conv4": 0.561, "conv5": 0.538},
    "dsa": {"conv1": 0.709, "conv2": 0.613, "conv3": 0.596, "conv4": 0.540, "conv5": 0.523},
    "drsa": {"conv1": 0.696, "conv2": 0.599, "conv3": 0.583, "conv4": 0.537, "conv5": 0.534},
}
THESIS_ERROR = {"conv1": 0.099, "conv2": 0.092, "conv3": 0.079, "conv4": 0.066, "conv5": 0.062}
ROW_HEIGHT = 0.15  # inches, of a table's row
Row = tuple[str, int]  # method and number of components


def draw(sources: dict, about: dict):
    """Draw a panel per area, methods beside each other; numbers below.

    There is one of the thesis's, too, beside its own corpus.
    """
    table = only(sources)
    table = table[(table["fill"] == "zero") & (table["order"] == "most")]
    layers = layers_of(table, about)
    if not layers:
        return nothing_to_draw("no layer has subspaces whose patches were flipped")
    scores = {area: _scores(table, area, layers, about) for area in AREAS}
    cells, best = _numbers(scores, layers)
    if beside_thesis(about):
        cells += _thesis_numbers(layers)
    lines, across = (2, 2) if beside_thesis(about) else (1, len(AREAS))
    heights = [1.9] * lines + [ROW_HEIGHT * (len(cells) + 1.5)]
    figure = plt.figure(figsize=(WIDTH, sum(heights) + 0.5))
    grid = GridSpec(len(heights), across, figure, height_ratios=heights)
    shown, panels = about["shown"]["components"], []
    for n, (area, rows) in enumerate(scores.items()):
        place, first = grid[n // across, n % across], panels[0] if n == 1 else None
        panels.append(figure.add_subplot(place, sharey=first))
        _points(panels[-1], rows, layers, shown)
        title, x = f"{AREAS[area]}, K = {shown}", panels[-1].get_xlabel()
        write(panels[-1], title, x, "" if n % across else "AUPC (lower is better)")
    if beside_thesis(about):
        _thesis_points(figure.add_subplot(grid[1, 1]), layers)
    legend_above(figure, panels[0], columns=5)
    _write_table(figure.add_subplot(grid[-1, :]), cells, best, layers)
    return figure


def _scores(table: pd.DataFrame, area: str, layers: list[str], about: dict) -> dict[Row, list]:
    """Return method and K -> a mean with its error and interval for each layer, None where none.

    The standard heatmap has the same for all layers.
    """
    means = class_means(table, area, ["method", "components", "layer"], about)
    means, scores = means[means["value"].notna()], {}
    for method in NAMES:
        for k in sorted({k for name, k, _ in means.index if name == method}):
            names = [""] * len(layers) if method == "standard" else layers
            keys = [(method, k, name) for name in names]
            scores[method, k] = [means.loc[key] if key in means.index else None for key in keys]
    return scores


def _lane(position: int, method: str) -> float:
    """Where a method's marker stands beside those of the others at the same layer."""
    return position + 0.12 * (list(NAMES).index(method) - (len(NAMES) - 1) / 2)


def _points(axes, scores: dict[Row, list], layers: list[str], shown: int) -> None:
    for (method, k), means in scores.items():
        if method != "standard" and k != shown:
            continue
        places = [n for n, mean in enumerate(means) if mean is not None]
        values = np.array([means[n][["value", "low", "high"]] for n in places], dtype=float).T
        axes.errorbar(
            [_lane(n, method) for n in places],
            values[0],
            arms(*values),
            label=NAMES[method],
            markersize=3.5,
            linewidth=0.8,
            elinewidth=1,
            **LOOKS[method],
        )
    layer_ticks(axes, layers)


def _thesis_points(axes, layers: list[str]) -> None:
    for method, values in THESIS.items():
        places = [n for n, layer in enumerate(layers) if layer in values]
        axes.errorbar(
            [_lane(n, method) for n in places],
            [values[layers[n]] for n in places],
            [THESIS_ERROR[layers[n]] for n in places] if method == "drsa" else None,
            markersize=4.5,
            linewidth=0.8,
            elinewidth=1,
            markerfacecolor="white",
            **{**LOOKS[method], "color": "0.5"},
        )
    layer_ticks(axes, layers)
    write(axes, "thesis, as printed, K = 4", axes.get_xlabel(), "AUPC of its network")
    if not any(layer in THESIS_ERROR for layer in layers):
        axes.text(0.5, 0.5, "it has no such layers", transform=axes.transAxes, ha="center")


def _numbers(scores: dict, layers: list[str]) -> tuple[list[list[str]], set[tuple[int, int]]]:
    """Return the rows of the table below, and which of their cells are the best of a column."""
    cells, best = [], set()
    for area, rows in scores.items():
        start = len(cells)
        for (method, k), means in rows.items():
            name = NAMES[method] if method == "standard" else f"{NAMES[method]}, K = {k}"
            text = [
                "-" if m is None else f"{fixed(m['value'], 3)} ± {m['error']:.3f}" for m in means
            ]
            cells.append([AREAS[area] if len(cells) == start else "", name, *text])
        for column in range(len(layers)):
            values = [
                np.inf if row[column] is None else row[column]["value"] for row in rows.values()
            ]
            best.add((start + int(np.argmin(values)), column))
    return cells, best


def _thesis_numbers(layers: list[str]) -> list[list[str]]:
    """Return the rows of the table below that are the thesis's."""
    cells = []
    for method, values in THESIS.items():
        text = [f"{values[n]:.3f}" if n in values else "-" for n in layers]
        cells.append(["thesis" if method == "standard" else "", NAMES[method], *text])
    errors = [f"± {THESIS_ERROR[n]:.3f}" if n in THESIS_ERROR else "-" for n in layers]
    return [*cells, ["", "largest error", *errors]]


def _write_table(axes, cells: list[list[str]], best: set, layers: list[str]) -> None:
    axes.axis("off")
    widths = [0.13, 0.17, *[min(0.14, 0.7 / len(layers))] * len(layers)]
    table = axes.table(
        cells,
        colLabels=["area", "method", *literals(layers)],
        colWidths=widths,
        bbox=(0, 0, sum(widths), 1),
        cellLoc="left",
        colLoc="left",
        edges="horizontal",
    )
    table.auto_set_font_size(False)
    for (row, column), cell in table.get_celld().items():
        cell.set(linewidth=0.3, edgecolor="0.7")
        bold = (row - 1, column - 2) in best
        cell.set_text_props(fontsize=LETTER if row else HEAD, weight="bold" if bold else "normal")
