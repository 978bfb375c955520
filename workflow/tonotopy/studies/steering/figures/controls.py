"""What steering does beside what it must not do: slopes of the null vectors."""

import numpy as np

from tonotopy.drawing.letters import WIDTH, arms, write
from tonotopy.drawing.names import paired
from tonotopy.drawing.style import ROLES, ZERO, mean_band, only, panels

NAMES = {
    "concept": "concept",
    "random": "random",
    "correlated": "contrasts of clips",
    "shuffled": "shuffled labels",
    "untrained": "untrained network",
    "start": "start of training",
}

FEW = 20  # vectors whose intervals can be told apart
CROWD = {"markersize": 1.8, "elinewidth": 0.35}


def draw(sources: dict, about: dict):
    """Draw, per pair, the slope along its concept and along every null vector, with intervals."""
    table = only(sources)
    names = [name for name in NAMES if name != "start" or (table["vectors"] == name).any()]
    figure, grid = panels(len(about["pairs"]), WIDTH / 3, 2.3, columns=3, sharey="row")
    for axes, pair in zip(grid, about["pairs"], strict=True):
        for index, name in enumerate(names):
            rows = table[(table["vectors"] == name) & table["class"].isin(pair["target"])]
            rows = rows[rows["sweep"] == ("test" if name == "concept" else "controls")]
            if name == "concept":
                rows = rows[rows["concept"] == pair["concept"]]
            _points(axes, rows, index, ROLES.get(name, ROLES["trained"]), about)
        axes.axhline(0, **ZERO)
        slanted = {"rotation": 30, "ha": "right", "rotation_mode": "anchor"}
        axes.set_xticks(range(len(names)), [NAMES[name] for name in names], **slanted)
        y = "slope of the probability over λ" if axes.get_subplotspec().is_first_col() else ""
        write(axes, paired(pair["concept"], pair["target"]), "", y)
    return figure


def _points(axes, rows, index: int, role: dict, about: dict) -> None:
    if rows.empty:
        return  # the output collapsed at every strength
    wide = rows.groupby(["clip", "concept"], observed=True)["slope"].sum().unstack("concept")
    mean, low, high = mean_band(wide.to_numpy(), about)
    x = index + np.linspace(-0.25, 0.25, len(mean)) * (len(mean) > 1)
    size = {"markersize": 3.5, "elinewidth": 1} if len(mean) <= FEW else CROWD
    axes.errorbar(x, mean, arms(mean, low, high), **{**role, **size, "linestyle": ""})
