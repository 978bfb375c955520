"""A figure for the tests: the best accuracy of every task."""

from tonotopy.drawing.style import only, panels


def draw(sources: dict, about: dict):
    """Draw a bar per task."""
    best = only(sources).groupby("task", observed=True)["accuracy"].max()
    figure, (axes,) = panels(1)
    axes.barh(best.index.astype(str), best)
    axes.set(xlabel="best accuracy")
    return figure
