"""Does relevance lie where it matters? Lift of parts against the drop when they are muted."""

import numpy as np
import pandas as pd
from matplotlib.ticker import MaxNLocator

from tonotopy.drawing.intervals import resampled_clips
from tonotopy.drawing.names import literal
from tonotopy.drawing.style import (
    COLOURS,
    MARKERS,
    ZERO,
    handles_above,
    nothing_to_draw,
    only,
    panels,
)
from tonotopy.evidence.groups import Groups
from tonotopy.relevance.rank_correlation import rank_correlations, resampled_rank_correlations
from tonotopy.studies.relevance.figures.looks import HEAD, WIDTH, arms, fixed, write
from tonotopy.studies.relevance.figures.scores import class_means

ACROSS = 3
OTHERS = {"color": "0.6", "marker": "o", "s": 6, "facecolors": "none", "linewidths": 0.5}


def draw(sources: dict, about: dict):
    """Draw a panel per part: a point per clip; classes that the part causes are marked."""
    table, causes = only(sources), about["causes"] or {}
    table = table.dropna(subset=["lift", "drop"])
    there = set(table["part"].astype(str))
    first = dict.fromkeys([*causes, *(about["objects"] or [])])
    parts = [part for part in first if part in there] + sorted(there - set(first))
    if not parts:
        return nothing_to_draw("no part was muted")
    marked = sorted({label for classes in causes.values() for label in classes})
    columns = min(ACROSS, len(parts))
    size = {"width": WIDTH / ACROSS, "height": 2.3, "columns": columns}
    figure, grid = panels(len(parts), sharey="row", **size)
    for n, (axes, part) in enumerate(zip(grid, parts, strict=True)):
        rows = table[table["part"].astype(str) == part]
        _points(axes, rows, causes.get(part, []), marked, about)
        axes.xaxis.set_major_locator(MaxNLocator(5))
        write(axes, "", "lift (octaves)", "drop of the logit" if n % columns == 0 else "")
        axes.set_title(f"{literal(part)}\n{_correlation(rows, about)}", fontsize=HEAD)
    _legend(figure, grid, marked)
    return figure


def _look(label: str, marked: list[str]) -> dict:
    index = marked.index(label)
    turn = index + index // len(COLOURS)  # beyond the last colour, each has another marker
    return {"color": COLOURS[index % len(COLOURS)], "marker": MARKERS[turn % len(MARKERS)]}


def _points(axes, rows: pd.DataFrame, caused: list[str], marked: list[str], about: dict) -> None:
    labels = rows["label"].astype(str)
    for value in (axes.axhline, axes.axvline):
        value(0, **ZERO)
    others = rows[~labels.isin(caused)]
    axes.scatter(others["lift"], others["drop"], **OTHERS)
    for label in caused:
        own = rows[labels == label]
        if own.empty:
            continue
        look = _look(label, marked)
        axes.scatter(own["lift"], own["drop"], s=7, alpha=0.5, linewidths=0, **look)
        means = [class_means(own, column, ["part"], about).iloc[0] for column in ("lift", "drop")]
        reach = [arms(m["value"], m["low"], m["high"]) for m in means]
        axes.errorbar(
            means[0]["value"],
            means[1]["value"],
            xerr=reach[0],
            yerr=reach[1],
            label=literal(label),
            linestyle="",
            markersize=6,
            markeredgecolor="white",
            markeredgewidth=0.7,
            elinewidth=1.1,
            zorder=5,
            **look,
        )


def _correlation(rows: pd.DataFrame, about: dict) -> str:
    """Return the rank correlation over clips with its interval over groups, as text."""
    rows = rows.sort_values(["label", "clip"])
    lifts, drops = rows["lift"].to_numpy(float), rows["drop"].to_numpy(float)
    value = float(rank_correlations(lifts, drops))
    if not np.isfinite(value):
        return "rank correlation undefined"
    resamples, counts = resampled_clips(Groups(rows["group"]), about)
    draws = resampled_rank_correlations(lifts, drops, counts)
    low, high = resamples.interval(draws[np.isfinite(draws)])
    return f"rank correlation {fixed(value)} [{fixed(low)}, {fixed(high)}]"


def _legend(figure, grid, marked: list[str]) -> None:
    entries = {}
    for axes in grid:
        for handle, name in zip(*axes.get_legend_handles_labels(), strict=True):
            entries.setdefault(name, handle)
    names = [name for name in map(literal, marked) if name in entries]
    grey = grid[0].scatter([], [], label="clips of classes that the part does not cause", **OTHERS)
    handles = [*(entries[name] for name in names), grey]
    handles_above(figure, handles, [*names, grey.get_label()], columns=5)
