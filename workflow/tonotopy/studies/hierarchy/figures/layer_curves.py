"""Figures 2.1, 2.3 and 2.4 and their relatives: accuracy over layers, one variant dashed."""

from matplotlib.lines import Line2D

from tonotopy.drawing.letters import arms
from tonotopy.drawing.style import CHANCE, HOLLOW, handles_above, nothing_to_draw, only
from tonotopy.studies.hierarchy.figures.profile_rows import (
    at_best_k,
    look,
    network_entries,
    networks_of,
    rows_of,
    task_panels,
)
from tonotopy.studies.hierarchy.thesis import PEAKS

# what is drawn solid, and what is drawn dashed beside it
CONTRASTS = {
    "copy": {"trained": "trained", "untrained": "untrained copy"},
    "length": {"whole": "whole clips", "second": "first second"},
    "folds": {"paper": "folds of clips", "grouped": "grouped folds"},
    "probe": {"knn": "nearest neighbours", "linear": "linear probe"},
}
DASHED = (0, (2.2, 1.4))


def draw(sources: dict, about: dict):
    """Draw a panel per task and a curve per network, each with its variant dashed.

    ``about`` says which networks (``families``) and which variant (``contrast``), and whether the
    peaks that the thesis names are marked (``peaks``), which it does of no user's own instance.
    """
    marking = about.get("peaks", False) and not about["own"]
    table = rows_of(only(sources), **{about["contrast"]: None})
    networks = networks_of(table, about, about["families"])
    if not networks:
        return nothing_to_draw(f"this study has no network of the kind '{about['families']}'")
    figure, grid = task_panels(table, about, networks)
    for task, axes in grid.items():
        for index, network in enumerate(networks):
            rows = table[(table["task"] == task) & (table["network"] == network)]
            for order, variant in enumerate(CONTRASTS[about["contrast"]]):
                curve = rows_of(rows, **{about["contrast"]: variant})
                if len(curve):
                    _curve(axes, at_best_k(curve), look(network, about), dashed=bool(order))
            if marking and len(rows):
                depths = _thesis_peaks(rows)
                shift = 0.035 * (index - (len(networks) - 1) / 2)
                _peaks(axes, depths, shift, look(network, about)["color"])
    pairs = table[table["network"].isin(networks)].groupby(["network", "task"], observed=True)
    marked = marking and any(_thesis_peaks(rows) for _, rows in pairs)
    _legend(figure, networks, about, marked)
    return figure


def _thesis_peaks(rows) -> list[float]:
    """Relative depths of the peaks that the thesis names for a network and a task."""
    return PEAKS.get(rows["family"].iloc[0], {}).get(rows["task"].iloc[0], [])


def _curve(axes, rows, line: dict, dashed: bool) -> None:
    line = {**line, "markersize": 3.5, "linewidth": 1.4}
    if len(rows) == 1:
        line |= HOLLOW if dashed else {}
        ends = arms(rows["accuracy"], rows["low"], rows["high"])
        axes.errorbar(rows["depth"] + 0.03 * dashed, rows["accuracy"], ends, elinewidth=1, **line)
        return
    if dashed:
        line |= {"linestyle": DASHED, "linewidth": 1.2, "marker": ""}
    axes.plot(rows["depth"], rows["accuracy"], **line)
    shade = {"alpha": 0.1 if dashed else 0.2, "linewidth": 0}
    axes.fill_between(rows["depth"], rows["low"], rows["high"], color=line["color"], **shade)


def _peaks(axes, depths: list[float], shift: float, colour: str) -> None:
    """Mark depths along the upper edge; the shift keeps several networks apart."""
    for depth in depths:
        axes.plot(
            depth + shift,
            0.965,
            marker="v",
            color=colour,
            markersize=5,
            mew=0.6,
            mec="white",
            transform=axes.get_xaxis_transform(),
            clip_on=False,
            linestyle="",
        )


def _legend(figure, networks: list[str], about: dict, marked: bool) -> None:
    entries = network_entries(networks, about)
    solid, dashed = CONTRASTS[about["contrast"]].values()
    entries[solid] = Line2D([], [], color="0.2", linewidth=1.4)
    entries[dashed] = Line2D([], [], color="0.2", linewidth=1.2, linestyle=DASHED)
    entries["chance"] = Line2D([], [], **CHANCE)
    if marked:
        entries["peak in the thesis"] = Line2D([], [], color="0.2", marker="v", linestyle="")
    handles_above(figure, list(entries.values()), list(entries), columns=4)
