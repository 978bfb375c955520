"""Do components tell a clip's parts apart? Mutual information over layers."""

from typing import NamedTuple

import numpy as np
import pandas as pd

from tonotopy.drawing.curves import panel_grid, shifts
from tonotopy.drawing.intervals import mean_of_known, resampled_clips, spread
from tonotopy.drawing.layers import layer_ticks
from tonotopy.drawing.limits import span
from tonotopy.drawing.names import literal
from tonotopy.drawing.style import (
    ROLES,
    WHOLE,
    handles_above,
    legend_above,
    nothing_to_draw,
    only,
    panels,
)
from tonotopy.evidence.groups import Groups
from tonotopy.relevance.disentanglement import disentanglement, shuffled_information
from tonotopy.seeding import generator
from tonotopy.studies.relevance.figures.looks import (
    HEAD,
    LETTER,
    LOOKS,
    NAMES,
    arms,
    layers_of,
    number,
    write,
)

SHUFFLES = 20
SCORE = "MI(component; part) / H(part)"
ROW = ""
CURVES = {
    "drsa": (NAMES["drsa"], LOOKS["drsa"]),
    "untrained": ("DRSA, untrained network", ROLES["untrained"]),
    "dsa": (NAMES["dsa"], LOOKS["dsa"]),
    "random": ("random bases", LOOKS["random"]),
    "pca": (NAMES["pca"], LOOKS["pca"]),
    "shuffled": ("DRSA, shuffled", ROLES["shuffled"]),
}


class Score(NamedTuple):
    """A value with the ends of its interval (or of its range)."""

    value: float
    low: float
    high: float


def draw(sources: dict, about: dict):
    """Draw the score over layers, a curve per method, or bars where there is a single layer."""
    table = only(sources)
    k = about["shown"]["components"]
    parts = table[(table["components"] == k) & (table["method"] != "ceiling")]
    layers = layers_of(parts, about)
    if not layers:
        return nothing_to_draw("no relevance was compared with parts")
    ceiling = _score(table[table["method"] == "ceiling"], about)
    curves = {
        name: [_curve(parts[parts["layer"] == n], name, about) for n in layers] for name in CURVES
    }
    curves = {name: scores for name, scores in curves.items() if any(scores)}
    if len(layers) > 1:
        return _over_layers(curves, ceiling, layers, k)
    figure, (axes,) = panels(1, width=5.4, height=3.3)
    _bars(axes, {name: scores[0] for name, scores in curves.items()})
    _ceiling(axes, ceiling)
    axes.set_ylim(bottom=0)
    write(axes, f"{literal(layers[0])}, K = {k}", "", SCORE)
    legend_above(figure, axes, columns=4)
    return figure


def _curve(rows: pd.DataFrame, name: str, about: dict) -> Score | None:
    """Return a curve's score at a layer; for random bases the mean and the range."""
    if name == "untrained":
        return _score(rows[(rows["copy"] == "untrained") & (rows["method"] == "drsa")], about)
    rows = rows[rows["copy"] == "trained"]
    if name == "shuffled":
        return _shuffled(rows[rows["method"] == "drsa"], about)
    rows = rows[rows["method"] == name]
    if name != "random":
        return _score(rows, about)
    values = [_score(basis, about).value for _, basis in rows.groupby("draw", observed=True)]
    return Score(float(np.mean(values)), min(values), max(values)) if values else None


def clip_shares(rows: pd.DataFrame) -> tuple[np.ndarray, np.ndarray, Groups]:
    """Return a table per clip (clips, components, objects), the clips' classes, their groups.

    Args:
        rows: of one method and basis.
    """
    wide = rows.set_index(["label", "clip", "group", "component", "object"])["share"]
    wide = wide.unstack(["component", "object"]).sort_index()
    names = [wide.columns.unique(level) for level in ("component", "object")]
    wide = wide.reindex(columns=pd.MultiIndex.from_product(names)).fillna(0)
    shares = wide.to_numpy().reshape(len(wide), *map(len, names))
    labels = wide.index.get_level_values("label").astype(str).to_numpy()
    return shares, labels, Groups(wide.index.get_level_values("group"))


def _score(rows: pd.DataFrame, about: dict) -> Score | None:
    """Return the mean of the classes with its interval; all methods take the same resamples.

    Every class has subspaces of its own: component 1 of one is not component 1 of another.
    """
    if rows.empty:
        return None
    shares, labels, groups = clip_shares(rows)
    resamples, _ = resampled_clips(groups, about)
    results = [
        disentanglement(np.where((labels == label)[:, None, None], shares, 0), groups, resamples)
        for label in sorted(set(labels))
    ]
    draws = mean_of_known(np.array([result.draws for result in results]))
    value = mean_of_known(np.array([result.value for result in results]))
    return Score(float(value), *spread(draws[:, None], about["confidence"])[1:, 0])


def _shuffled(rows: pd.DataFrame, about: dict) -> Score | None:
    """Return the mean score and its interval where every clip's components are shuffled."""
    if rows.empty:
        return None
    shares, labels, _ = clip_shares(rows)
    scores = [
        shuffled_information(
            shares[labels == label], generator(0, "figure", "shuffled", label), SHUFFLES
        )
        for label in sorted(set(labels))
    ]
    draws = mean_of_known(np.array(scores))
    return Score(float(draws.mean()), *spread(draws[:, None], about["confidence"])[1:, 0])


def _over_layers(curves: dict[str, list[Score | None]], ceiling, layers: list[str], k: int):
    """Draw a panel for each method beside the first one, which is in all of them."""
    first, *others = curves
    figure, grid = panel_grid([ROW], others or [first], height=2.1)
    handles = {}
    for (_, name), axes in grid.items():
        for shift, each in zip(shifts(2), dict.fromkeys((first, name)), strict=False):
            _line(axes, curves[each], each, shift)
        _ceiling(axes, ceiling)
        left = axes.get_subplotspec().is_first_col()
        write(axes, CURVES[name][0], layer_ticks(axes, layers), SCORE if left else "")
        found = zip(*axes.get_legend_handles_labels(), strict=True)
        handles |= {label: handle for handle, label in found}
    span(grid[ROW, name], 0, max(axes.dataLim.ymax for axes in grid.values()))
    title = {"title": f"K = {k}", "title_fontsize": HEAD}
    handles_above(figure, list(handles.values()), list(handles), 4, **title)
    return figure


def _ceiling(axes, ceiling: Score | None) -> None:
    if ceiling:
        axes.axhline(ceiling.value, label="ceiling", **WHOLE)
        axes.axhspan(ceiling.low, ceiling.high, color="0.5", alpha=0.2, linewidth=0)


def _line(axes, scores: list[Score | None], name: str, shift: float) -> None:
    label, look = CURVES[name]
    places = np.array([n for n, score in enumerate(scores) if score])
    value, low, high = np.transpose([score for score in scores if score])
    line = {"markersize": 4, "linewidth": 1, "elinewidth": 1, **look}
    axes.errorbar(places + shift, value, arms(value, low, high), label=label, **line)


def _bars(axes, scores: dict[str, Score]) -> None:
    for n, (name, score) in enumerate(scores.items()):
        look = CURVES[name][1]
        face = look.get("markerfacecolor", look["color"])
        axes.bar(n, score.value, 0.62, facecolor=face, edgecolor=look["color"])
        axes.errorbar(n, score.value, arms(*score), color="black", elinewidth=1, capsize=2)
        axes.text(n + 0.06, score.value, f" {number(score.value, 2)}", va="bottom", fontsize=LETTER)
    axes.set_xticks(range(len(scores)), [CURVES[name][0].replace(", ", ",\n") for name in scores])
