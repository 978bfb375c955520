"""Table 3.1: clips per class of the class corpus and of the concept corpus."""

from tonotopy.corpora.audioset.labels import thesis_counts
from tonotopy.drawing.style import COLOURS, legend_above, panels


def draw(sources: dict, about: dict):
    """Draw clips per class and split; the thesis's totals stand beside those of its own corpora."""
    figure, grid = panels(len(sources), width=4.2, height=3.2)
    for axes, corpus in zip(grid, sources.values(), strict=True):
        left, thesis = [0] * len(corpus["classes"]), thesis_counts(corpus)
        for split, shade in (("train", 0), ("validation", 5), ("test", 1)):
            counts = [corpus["counts"][split][c] for c in corpus["classes"]]
            axes.barh(corpus["classes"], counts, left=left, color=COLOURS[shade], label=split)
            left = [a + b for a, b in zip(left, counts, strict=True)]
        for row, label in enumerate(corpus["classes"]):
            theirs = f"  {left[row]}" + (f" (thesis {thesis[label]})" if label in thesis else "")
            axes.text(left[row], row, theirs, va="center", fontsize=6.5)
        axes.set(xlabel="clips", title=f"corpus {corpus['name']}", xlim=(0, 1.55 * max(left)))
        axes.invert_yaxis()
    legend_above(figure, grid[0])
    return figure
