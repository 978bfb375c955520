"""What the figures of study 1 share: rows of its tables, names of tasks, panels per task."""

import numpy as np
import pandas as pd
from matplotlib.lines import Line2D

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
SHORT = {"vggish": "VGGish", "clap": "CLAP", "mobilenet": "MobileNetV3", "ast": "AST"}


def ordered_tasks(about: dict) -> list[str]:
    """Return the study's tasks in the thesis's order, others after them."""
    tasks = list(about["tasks"])
    return [t for t in TITLES if t in tasks] + [t for t in tasks if t not in TITLES]


def title(task: str, about: dict) -> str:
    """Return a task's name with its level."""
    return f"{TITLES.get(task, task)} ({about['tasks'][task]['level']} level)"


def shown(network: str) -> str:
    """Return a network's name as it is written."""
    return SHORT.get(network, network)


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

    Accuracy starts at 0 in every panel and ends above the networks' highest in ``table``.
    """
    tasks = ordered_tasks(about)
    figure, grid = panels(len(tasks), width=3.4, height=2.0, columns=2, sharex=True)
    table = table[table["network"].isin(networks)]
    ticks, names, label = _ticks(table)
    for axes, task in zip(grid, tasks, strict=True):
        rows, top = table[table["task"] == task], 1.0
        if len(rows):
            axes.axhline(rows["chance"].iloc[0], **CHANCE)
            top = min(1.02, 1.15 * rows["high"].max())
        axes.set(title=title(task, about), ylim=(0, top), xlim=(-0.04, 1.04))
        axes.set_xticks(ticks, names, fontsize=7)
        axes.title.set_fontsize(8.5)
    figure.supxlabel(label, fontsize=8.5)
    figure.supylabel("accuracy", fontsize=8.5)
    return figure, dict(zip(tasks, grid, strict=True))


def _ticks(table: pd.DataFrame):
    """The layers' own names where all networks share them, else relative depths."""
    layers = table.drop_duplicates(["network", "position"]).sort_values("position")
    names = {tuple(rows["layer"].astype(str)) for _, rows in layers.groupby("network")}
    if len(names) != 1:
        depths = np.linspace(0, 1, 6)
        return depths, [f"{d:g}" for d in depths], "relative depth (0 first layer, 1 last)"
    (shared,) = names
    depths = layers.drop_duplicates("position")["depth"]
    return depths, [name.removeprefix("layer") for name in shared], "layer"
