"""Table 3.1: clips per class of the class corpus and of the concept corpus."""

import numpy as np

from tonotopy.corpora.audioset.labels import thesis_counts
from tonotopy.drawing.letters import HEAD, LETTER, write
from tonotopy.drawing.matrices import LONGEST
from tonotopy.drawing.names import literal, literals
from tonotopy.drawing.style import SPLITS, legend_above, panels


def draw(sources: dict, about: dict):
    """Draw clips per class and split; the thesis's totals stand beside those of its own corpora."""
    figure, grid = panels(len(sources), width=3.6, height=2.8)
    for axes, corpus in zip(grid, sources.values(), strict=True):
        left, lanes = [0] * len(corpus["classes"]), np.arange(len(corpus["classes"]))
        printed = thesis_counts(corpus, about["makers"].get(corpus["name"]))
        for split, look in SPLITS.items():
            counts = [corpus["counts"][split][c] for c in corpus["classes"]]
            axes.barh(lanes, counts, left=left, color=look["color"], label=split)
            left = [a + b for a, b in zip(left, counts, strict=True)]
        for row, label in enumerate(corpus["classes"]):
            theirs = f" (thesis {printed[label]})" if label in printed else ""
            axes.text(left[row], row, f"  {left[row]}{theirs}", va="center", fontsize=LETTER)
        axes.set_yticks(lanes, literals(corpus["classes"], LONGEST))
        title = f"corpus {literal(corpus['name'])}"
        axes.set_xlim(0, (1.55 if printed else 1.15) * max(*left, 1))
        write(axes, title, "clips")
        axes.tick_params(axis="y", labelsize=HEAD)
        axes.invert_yaxis()
    legend_above(figure, grid[0])
    return figure
