"""Figures 2.1, 2.3 and 2.4 and their relatives: accuracy over layers, one variant dashed."""

from matplotlib.lines import Line2D

from tonotopy.drawing.letters import arms
from tonotopy.drawing.style import CHANCE, COLOURS, ROLES, handles_above, nothing_to_draw, only
from tonotopy.studies.hierarchy.figures.profile_rows import (
    at_best_k,
    networks_of,
    rows_of,
    task_grid,
)
from tonotopy.studies.hierarchy.thesis import PEAKS

# what is drawn solid, and what is drawn dashed beside it
CONTRASTS = {
    "copy": {"trained": "trained", "untrained": "untrained copy"},
    "length": {"whole": "whole clips", "second": "first {second:g} s"},
    "folds": {"paper": "folds of clips", "grouped": "grouped folds"},
    "probe": {"knn": "nearest neighbours", "linear": "linear probe"},
}
SOLID = ROLES["trained"]
DASHED = {"color": COLOURS[1], "linestyle": "--", "marker": "s", "markerfacecolor": "white"}
PEAK = {"color": "0.2", "marker": "v", "linestyle": ""}
LINE = {"markersize": 3, "linewidth": 1.2}
APART = 0.03  # that single points stand beside each other


def draw(sources: dict, about: dict):
    """Draw a panel per task and network: its accuracy over layers, and its variant dashed.

    ``about`` says which networks (``families``) and which variant (``contrast``), and whether the
    peaks that the thesis names are marked (``peaks``), which it does of no user's own instance.
    """
    marking = about.get("peaks", False) and not about["own"]
    table = rows_of(only(sources), **{about["contrast"]: None})
    networks = networks_of(table, about, about["families"])
    if not networks:
        return nothing_to_draw(f"this study has no network of the kind '{about['families']}'")
    figure, grid = task_grid(table, about, networks)
    entries = {}
    for (task, network), axes in grid.items():
        rows = table[(table["task"] == task) & (table["network"] == network)]
        for variant, (name, look) in _variants(about).items():
            curve = rows_of(rows, **{about["contrast"]: variant})
            if len(curve):
                _curve(axes, at_best_k(curve), look)
                entries[name] = Line2D([], [], **{**LINE, **look})
        if marking and len(rows):
            _peaks(axes, _thesis_peaks(rows), entries)
    entries["chance"] = Line2D([], [], **CHANCE)
    handles_above(figure, list(entries.values()), list(entries), columns=4)
    return figure


def _variants(about: dict) -> dict[str, tuple[str, dict]]:
    """Return variant -> its name and look, the solid one first."""
    looks = (SOLID, ROLES["untrained"] if about["contrast"] == "copy" else DASHED)
    names = CONTRASTS[about["contrast"]]
    return {
        variant: (name.format_map(about), look)
        for (variant, name), look in zip(names.items(), looks, strict=True)
    }


def _thesis_peaks(rows) -> list[float]:
    """Relative depths of the peaks that the thesis names for a network and a task."""
    return PEAKS.get(rows["family"].iloc[0], {}).get(rows["task"].iloc[0], [])


def _curve(axes, rows, look: dict) -> None:
    look = {**LINE, **look}
    if len(rows) == 1:
        ends = arms(rows["accuracy"], rows["low"], rows["high"])
        beside = rows["depth"] + APART * (look["linestyle"] != "-")
        axes.errorbar(beside, rows["accuracy"], ends, elinewidth=1, **look)
        return
    axes.plot(rows["depth"], rows["accuracy"], **look)
    shade = {"color": look["color"], "alpha": 0.16, "linewidth": 0}
    axes.fill_between(rows["depth"], rows["low"], rows["high"], **shade)


def _peaks(axes, depths: list[float], entries: dict) -> None:
    """Mark depths along the upper edge."""
    for depth in depths:
        edge = {"transform": axes.get_xaxis_transform(), "clip_on": False}
        axes.plot(depth, 0.97, markersize=4.5, mew=0.6, mec="white", **PEAK, **edge)
        entries["peak in the thesis"] = Line2D([], [], markersize=4.5, **PEAK)
