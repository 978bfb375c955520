"""Table 3.1: clips per class of the class corpus and of the concept corpus."""

from tonotopy.drawing.style import COLOURS, legend_above, panels

# thesis table 3.1, GTZANLike and MedleySolosDBLike, under the names used here
THESIS = {
    "blues": 3469,
    "classical": 4126,
    "country": 4317,
    "disco": 3097,
    "hiphop": 5952,
    "jazz": 3169,
    "metal": 3591,
    "pop": 6589,
    "reggae": 2331,
    "rock": 5170,
    "clarinet": 1340,
    "guitar": 9786,
    "singing": 6743,
    "flute": 3599,
    "piano": 8436,
    "saxophone": 1814,
    "trumpet": 2740,
    "violin": 23175,
}


def draw(sources: dict, about: dict):
    """Draw clips per class and split; the thesis's totals stand behind as numbers."""
    figure, grid = panels(len(sources), width=4.2, height=3.2)
    for axes, corpus in zip(grid, sources.values(), strict=True):
        left = [0] * len(corpus["classes"])
        for split, shade in (("train", 0), ("validation", 5), ("test", 1)):
            counts = [corpus["counts"][split][c] for c in corpus["classes"]]
            axes.barh(corpus["classes"], counts, left=left, color=COLOURS[shade], label=split)
            left = [a + b for a, b in zip(left, counts, strict=True)]
        for row, label in enumerate(corpus["classes"]):
            theirs = f"  {left[row]}" + (f" (thesis {THESIS[label]})" if label in THESIS else "")
            axes.text(left[row], row, theirs, va="center", fontsize=6.5)
        axes.set(xlabel="clips", title=f"corpus {corpus['name']}", xlim=(0, 1.55 * max(left)))
        axes.invert_yaxis()
    legend_above(figure, grid[0])
    return figure
