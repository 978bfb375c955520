"""Figure 3.1: confusion matrix of the classifier."""

import numpy as np
import pandas as pd

from tonotopy.corpora.audioset.labels import MAKER
from tonotopy.drawing.letters import HEAD, fixed
from tonotopy.drawing.matrices import matrix, name_room, outline
from tonotopy.drawing.style import nothing_to_draw, panels
from tonotopy.probes.scores import confusion_counts, macro_f1

BLANK = 0.1  # shares up to it are not written
PRINTED = "thesis: .585 on GTZANLike"
CELL = 0.34  # inches


def draw(sources: dict, about: dict):
    """Draw row-normalised confusions of the test split; errors above `BLANK` are written out."""
    table = sources["predictions"]
    rows = table[table["role"] == "test"]
    if rows.empty:
        return nothing_to_draw("the corpus has no clips in its test split")
    labels, predicted = rows["label"].astype(str), rows["predicted"].astype(str)
    classes = pd.Index(sorted({*labels, *predicted}))
    codes = classes.get_indexer(labels), classes.get_indexer(predicted)
    counts = confusion_counts(*codes, len(classes))
    totals = counts.sum(axis=1, keepdims=True)
    rates = np.divide(counts, totals, out=np.full(counts.shape, np.nan), where=totals > 0)
    text = [[fixed(rate) if rate > BLANK else "" for rate in row] for row in rates]
    left, below = name_room(classes, classes)
    size = CELL * len(classes)
    figure, (axes,) = panels(1, width=max(size + left + 0.5, 3.4), height=size + below + 0.9)
    matrix(axes, rates, text, classes, classes, (0, 1))
    for n in range(len(classes)):
        outline(axes, n, n)
    axes.set_xlabel(f"predicted (share of the true class; blank: {BLANK:g} or less)", fontsize=HEAD)
    axes.set_ylabel("true", fontsize=HEAD)
    title = f"macro-F1 {fixed(macro_f1(*codes, len(classes)), 3)} on {len(rows)} clips"
    axes.set_title(f"{title}\n({PRINTED})" if _compared(sources, about) else title, fontsize=HEAD)
    return figure


def _compared(sources: dict, about: dict) -> bool:
    """Tell whether the classes are those of the thesis's own corpus."""
    corpus = sources["classes"]
    theirs = about["makers"].get(corpus["name"]) == MAKER
    return theirs and corpus.get("source", "").startswith("GTZANLike")
