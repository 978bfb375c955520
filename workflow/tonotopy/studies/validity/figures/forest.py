"""The marks of all methods, with intervals: the figure that the front page leads with."""

import numpy as np
import pandas as pd
from matplotlib.lines import Line2D

from tonotopy.drawing.letters import LETTER, arms, write
from tonotopy.drawing.style import ZERO, handles_above, nothing_to_draw, panels
from tonotopy.studies.validity.figures.looks import KIND_NAMES, KINDS, name_of

APART = 0.17  # between the marks of a method, in rows
BAND = 0.2  # that null vectors must stay within, as the claims ask
WIDE, LOW, HIGH = 4.8, -0.45, 1.05
LOOKS = {
    "all": {"linestyle": "-", "marker": "o", "filled": True},
    "unplanted": {"linestyle": "--", "marker": "D", "filled": False},
}
WORDS = {"all": "all pairs", "unplanted": "without planted pairs"}


def draw(sources: dict, about: dict):
    """Draw a row per method: marks over all pairs and over unplanted ones."""
    marks, methods = sources["marks"], sources["methods"]
    marks = marks[marks["measure"] == "spearman"]
    if marks.empty:
        return nothing_to_draw("no method applies to this network")
    order = methods.sort_values("order")
    order = order[order["method"].isin(marks["method"])]["method"].tolist()
    figure, (axes,) = panels(1, width=WIDE, height=0.9 + 0.26 * len(order))
    forest(axes, marks, order)
    absent = methods[~methods["applies"]].sort_values("order")["method"]
    note = f"does not apply here: {', '.join(map(name_of, absent))}" if len(absent) else ""
    label = "agreement with interventions (rank correlation)"
    write(axes, x=f"{label}\n{note}" if note else label)
    handles = [_handle(axes, pairs) for pairs in LOOKS if pairs in set(marks["pairs"])]
    names = [handle.get_label() for handle in handles]
    kinds = methods.set_index("method")["kind"].reindex(order).astype(str)
    for kind in (kind for kind in KINDS if kind in set(kinds)):
        handles.append(Line2D([], [], color=KINDS[kind], linewidth=2.5))
        names.append(KIND_NAMES.get(kind, kind))
    handles_above(figure, handles, names, columns=4)
    return figure


def forest(axes, marks: pd.DataFrame, order: list[str]) -> None:
    """Draw marks into axes.

    Args:
        axes: to draw into.
        marks: see `marks.mark`, of one measure.
        order: methods, the first on top.
    """
    axes.axvspan(-BAND, BAND, color="0.93", linewidth=0, zorder=0)
    axes.axvline(0, **{**ZERO, "zorder": 1})
    for pairs, look in LOOKS.items():
        rows = marks[marks["pairs"] == pairs].set_index("method")
        for place, method in enumerate(order):
            if method in rows.index:
                _mark(axes, rows.loc[method], place + (-APART if look["filled"] else APART), look)
    axes.set_yticks(range(len(order)), [name_of(method) for method in order])
    axes.set_ylim(len(order) - 0.5, -0.5)
    axes.set_xlim(min(LOW, marks["low"].min() - 0.05), HIGH)
    axes.tick_params(axis="y", length=0, labelsize=LETTER)
    axes.spines["left"].set_visible(False)
    axes.grid(axis="y", color="0.93", linewidth=0.6)


def _mark(axes, row: pd.Series, y: float, look: dict) -> None:
    if not np.isfinite(row["estimate"]):
        return
    colour = KINDS.get(row["kind"], KINDS["own"])
    lengths = arms(row["estimate"], row["low"], row["high"])
    face = {"markerfacecolor": colour if look["filled"] else "white", "markersize": 4}
    container = axes.errorbar(
        row["estimate"], y, xerr=lengths, fmt=look["marker"], color=colour, elinewidth=1.3, **face
    )
    container[2][0].set_linestyle(look["linestyle"])
    axes.plot(row["measured"], y, marker="|", color=colour, markersize=7, markeredgewidth=0.9)


def _handle(axes, pairs: str):
    look = LOOKS[pairs]
    face = "0.15" if look["filled"] else "white"
    line = {"color": "0.15", "linestyle": look["linestyle"], "marker": look["marker"]}
    (handle,) = axes.plot([], [], label=WORDS[pairs], markerfacecolor=face, markersize=4, **line)
    return handle
