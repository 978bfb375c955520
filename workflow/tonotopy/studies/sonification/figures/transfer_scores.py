"""Tables 4.2, 4.4, 4.7 and 4.9: what networks learn of each task, beside the thesis's numbers."""

import pandas as pd
from matplotlib.lines import Line2D

from tonotopy.drawing.curves import networks_of
from tonotopy.drawing.letters import LETTER, WIDTH, arms, fixed, write
from tonotopy.drawing.limits import span
from tonotopy.drawing.means import class_scores
from tonotopy.drawing.names import literal
from tonotopy.drawing.style import COLOURS, handles_above, nothing_to_draw, only, panels
from tonotopy.studies.sonification.figures.printed import TABLES, table_of
from tonotopy.studies.sonification.figures.words import MEASURES

ACROSS = 2
WHOLE = "whole"
WAYS = {"head": "fconly", "all": "full"}
OURS = {"color": COLOURS[0], "marker": "o", "linestyle": "", "markersize": 4.5}
THESIS = {
    "color": "0.55",
    "marker": "D",
    "linestyle": "",
    "markersize": 4.5,
    "markerfacecolor": "white",
}
Row = tuple[str, str]  # network and what was learned


def draw(sources: dict, about: dict):
    """Draw a panel per task: a row per network and way of learning, by the whole encoder."""
    table = only(sources)
    table = table[table["layer"] == WHOLE]
    names = [] if table.empty else about["transfers"]
    tasks = [task for task in names if (table["task"] == task).any()]
    if not tasks:
        return nothing_to_draw("no task was learned from a whole encoder")
    networks = networks_of(table, about)
    ways = [way for way in WAYS if (table["learn"] == way).any()]
    rows = [(network, way) for way in ways for network in networks]
    columns = min(ACROSS, len(tasks))
    height = 0.75 + 0.2 * len(rows)
    figure, grid = panels(len(tasks), width=WIDTH / ACROSS, height=height, columns=columns)
    for axes, task in zip(grid, tasks, strict=True):
        own = table[table["task"] == task]
        scores = class_scores(own, ["network", "learn"], about)
        measure = MEASURES.get(own["measure"].iloc[0], own["measure"].iloc[0])
        printed = _printed(task, about)
        write(axes, _title(task, about, printed is not None), measure)
        _points(axes, rows, scores, {} if printed is None else TABLES[printed].scores)
        if grid.index(axes) % columns:
            axes.set_yticklabels([])
    if any(_printed(task, about) for task in tasks):
        handles = [Line2D([], [], **look) for look in (OURS, THESIS)]
        handles_above(figure, handles, ["this run", "thesis, on its own corpora"])
    return figure


def _printed(task: str, about: dict) -> str | None:
    transfer = about["transfers"][task]
    return table_of(task, transfer, about["makers"].get(transfer.get("corpus")))


def _title(task: str, about: dict, compared: bool) -> str:
    corpus = about["transfers"][task].get("corpus")
    title = literal(task) if corpus is None else f"{literal(task)} ({literal(corpus)})"
    if compared:
        name = _printed(task, about)
        title += f"\nthesis table {name}: {TABLES[name].corpus}"
    return title


def _points(axes, rows: list[Row], scores: pd.DataFrame, printed: dict) -> None:
    for place, (network, way) in enumerate(rows):
        if (network, way) in printed:
            value, half = printed[network, way]
            axes.errorbar(value, place + 0.16, xerr=half, elinewidth=0.9, **THESIS)
        if (network, way) in scores.index:
            value, low, high = scores.loc[(network, way), ["value", "low", "high"]]
            axes.errorbar(value, place - 0.16, xerr=arms(value, low, high), elinewidth=1, **OURS)
            side, ends = ("left", high) if value < 0.6 else ("right", low)
            axes.text(
                ends,
                place - 0.16,
                f"  {fixed(value)}  ",
                ha=side,
                va="center",
                fontsize=LETTER,
            )
    axes.set_yticks(range(len(rows)), [f"{literal(network)}, {WAYS[way]}" for network, way in rows])
    axes.set_ylim(len(rows) - 0.5, -0.5)
    span(axes, 0, 1, "x")
    axes.grid(axis="y", color="0.9", linewidth=0.6)
    for place in range(1, len(rows)):
        if rows[place][1] != rows[place - 1][1]:
            axes.axhline(place - 0.5, color="0.6", linewidth=0.6)
    axes.tick_params(labelsize=LETTER)
