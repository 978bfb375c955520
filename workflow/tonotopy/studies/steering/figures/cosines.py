"""Figure 3.9: are concept vectors the same as class vectors?"""

from tonotopy.drawing.style import CHANCE, band, joined, legend_above, only, panels


def draw(sources: dict, about: dict):
    """Draw the cosine over layers with intervals over seeds, a line per pair."""
    table = only(sources)
    figure, (axes,) = panels(1, width=4.6, height=3.1)
    for index, pair in enumerate(about["pairs"]):
        rows = table[(table["concept"] == pair["concept"]) & table["class"].isin(pair["target"])]
        wide = rows.groupby(["seed", "layer"])["cosine"].mean().unstack("layer")
        name = f"{pair['concept']} and {joined(pair['target'])}"
        band(axes, wide.columns + 1, wide.to_numpy(), about, index, name)
    axes.axhline(0, **CHANCE)
    axes.set(xlabel="layer", ylabel="cosine of concept and class vector")
    legend_above(figure, axes)
    return figure
