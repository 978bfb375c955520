"""The hierarchy in one number per curve: at which depth a task's decodability sits."""

from matplotlib.lines import Line2D

from tonotopy.drawing.limits import span
from tonotopy.drawing.style import HOLLOW, handles_above, only, panels
from tonotopy.studies.hierarchy.figures.profile_rows import (
    look,
    network_entries,
    networks_of,
    note_reasons,
    rows_of,
    task_name,
)

LEVELS = ("low", "mid", "high")


def draw(sources: dict, about: dict):
    """Draw the centre of mass over depth with its interval, a row per task, low levels on top.

    Trained networks are filled, untrained copies hollow.
    """
    table = only(sources)
    networks = networks_of(table, about, "all")
    tasks = sorted(about["tasks"], key=lambda task: LEVELS.index(about["tasks"][task]["level"]))
    lanes = 2 * max(len(networks), 1)
    figure, (axes,) = panels(1, width=5.6, height=0.9 + 0.11 * (lanes + 2) * len(tasks))
    for position, task in enumerate(tasks):
        if position % 2:
            axes.axhspan(position - 0.5, position + 0.5, color="0.955", linewidth=0, zorder=0)
        for index, network in enumerate(networks):
            for later, copy in enumerate(("trained", "untrained")):
                lane = position + ((2 * index + later) - (lanes - 1) / 2) * 0.82 / lanes
                rows = rows_of(table[table["task"] == task], network=network, copy=copy)
                _point(axes, rows, lane, look(network, about), hollow=bool(later))
    names = [f"{task_name(t)} ({about['tasks'][t]['level']})" for t in tasks]
    axes.set_yticks(range(len(tasks)), names)
    axes.tick_params(axis="y", length=0)
    axes.set_ylim(len(tasks) - 0.5, -0.5)
    span(axes, 0, 1, "x")
    axes.set_xlabel("centre of above-chance accuracy, relative depth (0 first layer, 1 last)")
    note_reasons(figure, table)
    _legend(figure, networks, about)
    return figure


def _point(axes, rows, lane: float, style: dict, hollow: bool) -> None:
    rows = rows.dropna(subset=["value"])
    colour = style["color"]
    for row in rows.itertuples():
        axes.plot([row.low, row.high], [lane, lane], color=colour, linewidth=1.1, zorder=2)
        axes.plot(
            row.value,
            lane,
            markerfacecolor="white" if hollow else colour,
            markeredgewidth=1,
            markersize=4.5,
            zorder=3,
            **style,
        )


def _legend(figure, networks: list[str], about: dict) -> None:
    entries = network_entries(networks, about)
    grey = {"color": "0.3", "marker": "o", "markersize": 4.5, "linewidth": 1.1}
    entries["filled: trained"] = Line2D([], [], **grey)
    entries["hollow: untrained copy"] = Line2D([], [], **grey, **HOLLOW)
    handles_above(figure, list(entries.values()), list(entries), columns=6)
