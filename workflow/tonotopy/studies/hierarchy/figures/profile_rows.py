"""What the figures of study 1 share: rows of its tables, names of tasks, panels per task."""

import textwrap

import numpy as np
import pandas as pd
from matplotlib.lines import Line2D

from tonotopy.drawing.curves import panel_grid
from tonotopy.drawing.layers import layer_ticks
from tonotopy.drawing.letters import LETTER
from tonotopy.drawing.limits import span
from tonotopy.drawing.names import literal
from tonotopy.drawing.style import CHANCE, COLOURS, MARKERS
from tonotopy.studies.hierarchy.profiles import best_k

KEYS = {"copy": "trained", "length": "whole", "folds": "paper", "probe": "knn", "labels": "true"}
TITLES = {
    "note": "note",
    "consonant": "consonant",
    "instrument": "instrument",
    "keyword": "keyword",
    "genre": "genre",
    "speakers": "speaker count",
}  # the thesis's order: music left, speech right, more abstract further down
LETTERS = 17  # of a note, on an inch
ABOVE = 12  # points, between a panel and its title: room for a line of its own
SHORT = {"vggish": "VGGish", "clap": "CLAP", "mobilenet": "MobileNetV3", "ast": "AST"}


def ordered_tasks(about: dict) -> list[str]:
    """Return the study's tasks in the thesis's order, others after them."""
    tasks = list(about["tasks"])
    return [t for t in TITLES if t in tasks] + [t for t in tasks if t not in TITLES]


def task_name(task: str) -> str:
    """Return a task's name as it is written."""
    return TITLES.get(task, literal(task))


def title(task: str, about: dict) -> str:
    """Return a task's name with its level."""
    return f"{task_name(task)} ({about['tasks'][task]['level']} level)"


def shown(network: str) -> str:
    """Return a network's name as it is written."""
    return SHORT.get(network, literal(network))


def look(network: str, about: dict) -> dict:
    """Return a network's colour and marker, the same in all figures of a study."""
    index = about["networks"].index(network)
    return {"color": COLOURS[index % len(COLOURS)], "marker": MARKERS[index % len(MARKERS)]}


def network_entries(networks: list[str], about: dict) -> dict[str, Line2D]:
    """Return the legend's entries for networks: name -> handle."""
    return {
        shown(name): Line2D([], [], markersize=4.5, linewidth=1.2, **look(name, about))
        for name in networks
    }


def rows_of(table: pd.DataFrame, **keys) -> pd.DataFrame:
    """Return the rows of a variant: KEYS, and whatever ``keys`` say instead; None is any value."""
    for column, value in {**KEYS, **keys}.items():
        if column in table and value is not None:
            table = table[table[column] == value]
    return table


def at_best_k(rows: pd.DataFrame) -> pd.DataFrame:
    """Return one profile from input to output, at the k whose peak over layers is best."""
    wide = rows.pivot(index="position", columns="k", values="accuracy")
    k = best_k(wide.to_numpy(), tuple(wide.columns))
    return rows[rows["k"] == k].sort_values("position")


def networks_of(table: pd.DataFrame, about: dict, families: str) -> list[str]:
    """Return the study's networks: "ast", all others ("convolutional"), or "all" of them."""
    family = table.groupby("network", observed=True)["family"].first().astype(str)
    names = [name for name in about["networks"] if name in family.index]
    if families == "all":
        return names
    return [name for name in names if (family[name] == "ast") == (families == "ast")]


def task_grid(table: pd.DataFrame, about: dict, networks: list[str]):
    """Return (figure, (task, network) -> axes) with chance lines, names and layers by depth.

    A row per task and a column per network; of a single network there are two tasks in a row.
    Accuracy starts at 0 and ends above the networks' highest in ``table``, the same in a row.
    """
    tasks, table = ordered_tasks(about), table[table["network"].isin(networks)]
    figure, grid = panel_grid(tasks, networks)
    lines: dict[int, list[str]] = {}
    lowest = {}
    for (task, _), axes in grid.items():
        lines.setdefault(_row(axes), []).append(task)
        lowest[_column(axes)] = axes
    for (task, network), axes in grid.items():
        _prepare(axes, table, task, network)
        span(axes, 0, top_of(table, lines[_row(axes)]))
        if axes is not lowest[_column(axes)]:
            axes.tick_params(labelbottom=False)
            axes.set_xlabel("")
        if len(networks) == 1:
            axes.set_title(title(task, about), fontsize=8.5, pad=ABOVE)
            continue
        if network == networks[0]:
            axes.set_ylabel(title(task, about).replace(" (", "\n("), fontsize=7.5)
        if task == tasks[0]:
            axes.set_title(shown(network), fontsize=8.5, pad=ABOVE)
    alone = f" ({shown(networks[0])})" if len(networks) == 1 else ""
    figure.supylabel(f"accuracy{alone}", fontsize=8.5)
    note_reasons(figure, table)
    return figure, grid


def note_reasons(figure, table: pd.DataFrame) -> None:
    """Say below a figure of which tasks there are no intervals, and why."""
    lacking = table[table["reason"] != ""].drop_duplicates("task")
    if len(lacking):
        rows = zip(lacking["task"].astype(str), lacking["reason"], strict=True)
        reasons = "; ".join(f"{task_name(task)}: {reason}" for task, reason in rows)
        text = textwrap.fill(f"No intervals of {reasons}.", round(LETTERS * figure.get_figwidth()))
        figure.supxlabel(text, fontsize=LETTER)


def top_of(table: pd.DataFrame, tasks: list[str]) -> float:
    """Return where an axis of accuracy ends that has room for some tasks."""
    highest = table.loc[table["task"].isin(tasks), ["accuracy", "high"]].max(axis=None)
    return 1.0 if np.isnan(highest) else min(1.0, 1.1 * highest)


def _row(axes) -> int:
    return axes.get_subplotspec().rowspan.start


def _column(axes) -> int:
    return axes.get_subplotspec().colspan.start


def _prepare(axes, table: pd.DataFrame, task: str, network: str) -> None:
    """Draw the chance line of a task, and name the layers of a network below."""
    own = table[table["network"] == network]
    rows = own[own["task"] == task]
    if len(rows):
        axes.axhline(rows["chance"].iloc[0], **CHANCE)
    layers = own.drop_duplicates("position").sort_values("position")
    layer_ticks(axes, list(layers["layer"].astype(str)), layers["depth"])
    axes.tick_params(labelsize=LETTER)
