"""Figure A.2: which classes are taken for which."""

import numpy as np
import pandas as pd

from tonotopy.corpora.audioset.labels import plain
from tonotopy.drawing.intervals import resampled_clips
from tonotopy.drawing.matrices import matrix, name_room, outline
from tonotopy.drawing.style import nothing_to_draw, only, panels
from tonotopy.evidence.groups import Groups
from tonotopy.probes.scores import confusion_counts
from tonotopy.studies.relevance.figures.looks import HEAD, WIDTH, beside_thesis, fixed

GENRES = (
    *("pop", "metal", "disco", "blues", "reggae"),
    *("classical", "rock", "hiphop", "country", "jazz"),
)
# thesis figure A.2: percent of the true class (rows) that is taken for another (columns)
THESIS = (
    (82.6, 0.9, 2.7, 0.0, 1.6, 0.4, 5.6, 3.2, 4.0, 0.0),
    (1.0, 89.5, 1.6, 0.3, 0.0, 0.0, 5.2, 1.4, 1.0, 0.0),
    (9.0, 0.6, 79.4, 0.3, 2.5, 0.0, 3.1, 2.0, 2.5, 0.2),
    (0.4, 0.5, 1.0, 82.3, 4.3, 0.0, 3.0, 0.3, 5.2, 2.9),
    (4.9, 0.0, 1.0, 2.2, 81.3, 0.2, 3.0, 3.6, 3.3, 0.8),
    (0.1, 0.0, 0.2, 0.4, 0.0, 95.4, 1.7, 0.0, 0.4, 1.9),
    (4.7, 9.1, 4.2, 5.9, 3.6, 0.2, 59.4, 2.9, 9.6, 0.5),
    (8.9, 2.7, 1.9, 0.5, 2.3, 0.0, 2.5, 80.1, 0.9, 0.0),
    (2.8, 0.1, 2.0, 2.7, 1.8, 0.1, 5.5, 0.1, 83.4, 1.0),
    (0.5, 0.8, 0.3, 2.9, 0.3, 3.1, 2.6, 0.4, 2.8, 86.4),
)
CELL = 0.27  # inches
PARTS = {"clip": "folds of clips", "group": "folds that keep groups whole"}


def draw(sources: dict, about: dict):
    """Draw a matrix per kind of folds, or one of the test split, and the thesis's beside it."""
    table = only(sources)
    if "by" in table:
        kinds = {PARTS[by]: table[table["by"] == by] for by in PARTS}
    else:
        kinds = {"test split": table[table["role"] == "test"]}
    kinds = {name: rows for name, rows in kinds.items() if len(rows)}
    if not kinds:
        return nothing_to_draw("there are no answers to clips that the network was not trained on")
    classes = ordered_classes(pd.concat(kinds.values()))
    compared = beside_thesis(about) and {plain(name) for name in classes} == set(GENRES)
    count = len(kinds) + compared
    left, below = name_room(classes, classes)
    height = 1.1 + below + CELL * len(classes)
    width = min(max(2.6, 0.6 + left + CELL * len(classes)), WIDTH)
    across = min(count, 2 if 2 * width <= WIDTH else 1)
    figure, grid = panels(count, width=width, height=height, columns=across)
    for axes, (name, rows) in zip(grid, kinds.items(), strict=False):
        _confusions(axes, rates(rows, classes), classes)
        axes.set_title(f"{name}\n{_accuracy(rows, about)}", fontsize=HEAD)
    if compared:
        _confusions(grid[-1], np.array(THESIS), classes)
        axes = grid[-1]
        axes.set_title("thesis: GTZAN, 10 folds\naccuracy 82.5 %", fontsize=HEAD)
    return figure


def ordered_classes(rows: pd.DataFrame) -> list[str]:
    """Return the true and predicted classes: in the thesis's order if it has them, else sorted."""
    names = sorted({*rows["label"].astype(str), *rows["predicted"].astype(str)})
    if {plain(name) for name in names} <= set(GENRES):
        return sorted(names, key=lambda name: (GENRES.index(plain(name)), name))
    return names


def rates(rows: pd.DataFrame, classes: list[str]) -> np.ndarray:
    """Return which percent of a class (rows) is answered by which (columns); nan without clips."""
    names = pd.Index(classes)
    codes = (names.get_indexer(rows[column].astype(str)) for column in ("label", "predicted"))
    counts = confusion_counts(*codes, len(classes)).astype(float)
    totals = counts.sum(axis=1, keepdims=True)
    return np.divide(100 * counts, totals, out=np.full(counts.shape, np.nan), where=totals > 0)


def _confusions(axes, percent: np.ndarray, classes: list[str]) -> None:
    text = [["" if not value > 0 else fixed(value, 1) for value in row] for row in percent]
    matrix(axes, percent, text, classes, classes, (0, 100))
    for n in range(len(classes)):
        outline(axes, n, n)
    axes.set_xlabel("answer (percent of the true class; blank: 0)", fontsize=HEAD)
    axes.set_ylabel("true class", fontsize=HEAD)


def _accuracy(rows: pd.DataFrame, about: dict) -> str:
    """Return the accuracy in percent with its interval over groups, and the number of clips."""
    rows = rows.sort_values(["label", "clip"])
    right = (rows["label"].astype(str) == rows["predicted"].astype(str)).to_numpy(float)
    resamples, counts = resampled_clips(Groups(rows["group"]), about)
    low, high = resamples.interval(100 * (counts @ right) / counts.sum(axis=1))
    return f"accuracy {100 * right.mean():.1f} % [{low:.1f}, {high:.1f}], {len(rows)} clips"
