"""E beside the matrix of every method, as small multiples."""

import numpy as np
import pandas as pd

from tonotopy.drawing.letters import LETTER, WIDTH, fixed, number, write
from tonotopy.drawing.matrices import outline
from tonotopy.drawing.names import literals, room
from tonotopy.drawing.style import panels
from tonotopy.evidence.numbers import NEAR_ZERO
from tonotopy.studies.validity.figures.looks import name_of
from tonotopy.studies.validity.marks import centred, effects_of, method_scores

COLUMNS = 4
LONGEST = 18  # letters of a name


def draw(sources: dict, about: dict):
    """Draw E first, then the methods in order; all have the same rows and columns."""
    truth = effects_of(sources["effects"], about["attribute"])
    methods = sources["methods"].sort_values("order")
    methods = methods[methods["applies"]]["method"].tolist()
    tables = {name: _matrix(sources["matrices"], name, truth) for name in methods}
    marks = _marks(sources["marks"])
    titles = ["E, interventions", *(f"{name_of(m)}: {marks.get(m, '')}" for m in methods)]
    scores = [truth.matrix, *tables.values()]
    values, classes = literals(truth.values, LONGEST), literals(truth.classes, LONGEST)
    count, height = len(titles), 0.6 + 0.115 * len(values)
    figure, grid = panels(count, width=WIDTH / COLUMNS, height=height, columns=COLUMNS)
    figure.set_figheight(figure.get_figheight() + room(classes, LETTER))
    for place, (axes, title, values_of) in enumerate(zip(grid, titles, scores, strict=True)):
        reach = np.abs(values_of).max()
        limit = reach if reach > NEAR_ZERO else 1.0
        axes.pcolormesh(values_of, cmap="PuOr_r", vmin=-limit, vmax=limit, linewidth=0)
        axes.invert_yaxis()
        bottom = place + COLUMNS >= count
        names = classes if bottom else []
        axes.set_xticks(np.arange(len(names)) + 0.5, names, rotation=90)
        names = values if place % COLUMNS == 0 else []
        axes.set_yticks(np.arange(len(names)) + 0.5, names)
        write(axes, f"{title}\n±{number(reach, 2)}")
        axes.title.set_fontsize(LETTER)
        axes.tick_params(length=0)
        if truth.planted is not None:
            for i, g in zip(*truth.planted.nonzero(), strict=True):
                outline(axes, i, g)
    return figure


def _matrix(matrices: pd.DataFrame, method: str, truth) -> np.ndarray:
    scores, _ = method_scores(matrices[matrices["method"] == method], method, truth)
    return centred(scores.mean(axis=0))[0]


def _marks(marks: pd.DataFrame) -> dict[str, str]:
    """Return method -> its mark over all pairs, as text."""
    rows = marks[(marks["measure"] == "spearman") & (marks["pairs"] == "all")]
    return {m: fixed(value) for m, value in zip(rows["method"], rows["estimate"], strict=True)}
