"""Answer over level."""

from tonotopy.drawing.style import only, panels


def draw(sources: dict, about: dict):
    """Draw a point per clip."""
    table = only(sources)
    figure, (axes,) = panels(1)
    axes.plot(table["level"], table["answer"], "o", markersize=3)
    axes.set(xlabel="level, dB", ylabel="answer", title=about["network"])
    return figure
