"""What the figures of study 1 share: rows of its tables, names of tasks, panels per task."""

import numpy as np
import pandas as pd
from matplotlib.lines import Line2D

from tonotopy.drawing.names import literal
from tonotopy.drawing.style import CHANCE, COLOURS, MARKERS, panels
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
WIDE = 55  # letters that fit below a panel of half a page
SHORT = {"vggish": "VGGish", "clap": "CLAP", "mobilenet": "MobileNetV3", "ast": "AST"}


def ordered_tasks(about: dict) -> list[str]:
    """Return the study's tasks in the thesis's order, others after them."""
    tasks = list(about["tasks"])
    return [t for t in TITLES if t in tasks] + [t for t in tasks if t not in TITLES]


def title(task: str, about: dict) -> str:
    """Return a task's name with its level."""
    return f"{TITLES.get(task, literal(task))} ({about['tasks'][task]['level']} level)"


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


def task_panels(table: pd.DataFrame, about: dict, networks: list[str]):
    """Return (figure, task -> axes): two columns with chance lines, layers along x by depth.

    Accuracy starts at 0 and ends above the networks' highest in ``table``, the same in a row.
    """
    tasks = ordered_tasks(about)
    figure, grid = panels(len(tasks), width=3.4, height=2.0, columns=2, sharex=True, sharey="row")
    table = table[table["network"].isin(networks)]
    for place, (axes, task) in enumerate(zip(grid, tasks, strict=True)):
        rows, beside = table[table["task"] == task], tasks[place // 2 * 2 : place // 2 * 2 + 2]
        if len(rows):
            axes.axhline(rows["chance"].iloc[0], **CHANCE)
        axes.set(title=title(task, about), ylim=(0, top_of(table, beside)))
        axes.title.set_fontsize(8.5)
        label = depth_ticks(axes, table)
    figure.supxlabel(label, fontsize=8.5)
    figure.supylabel("accuracy", fontsize=8.5)
    return figure, dict(zip(tasks, grid, strict=True))


def top_of(table: pd.DataFrame, tasks: list[str]) -> float:
    """Return where an axis of accuracy ends that has room for some tasks."""
    highest = table.loc[table["task"].isin(tasks), "high"].max()
    return 1.0 if np.isnan(highest) else min(1.02, 1.15 * highest)


def depth_ticks(axes, table: pd.DataFrame, room: int = WIDE) -> str:
    """Write what is below an axis of relative depth, slanted if it has no room; return its name.

    Args:
        axes: to write below.
        table: rows of the networks that are drawn.
        room: letters that fit below it.
    """
    ticks, names, label = _ticks(table)
    slanted = {"rotation": 45, "ha": "right", "rotation_mode": "anchor"}
    crowded = sum(len(name) + 1 for name in names) > room
    axes.set_xticks(ticks, names, fontsize=7, **(slanted if crowded else {}))
    axes.set_xlim(-0.04, 1.04)
    return label


def _ticks(table: pd.DataFrame):
    """The layers' own names where all networks share them, else relative depths."""
    layers = table.drop_duplicates(["network", "position"]).sort_values("position")
    names = {tuple(rows["layer"].astype(str)) for _, rows in layers.groupby("network")}
    if len(names) != 1:
        depths = np.linspace(0, 1, 6)
        return depths, [f"{d:g}" for d in depths], "relative depth (0 first layer, 1 last)"
    (shared,) = names
    depths = layers.drop_duplicates("position")["depth"]
    return depths, [literal(name.removeprefix("layer")) for name in shared], "layer"
