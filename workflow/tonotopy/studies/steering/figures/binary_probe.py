"""Figure 3.3: one probe per concept and layer."""

from tonotopy.drawing.style import CHANCE, band, legend_above, only, panels

LOOKS = {
    "trained": {},
    "untrained": {"linestyle": "--", "color": "0.35"},
    "shuffled": {"linestyle": ":", "color": "0.6"},
}


def draw(sources: dict, about: dict):
    """Draw macro-F1 over layers with intervals over seeds, a panel per concept."""
    table = only(sources)
    concepts = sorted(table["concept"].astype(str).unique())
    figure, grid = panels(len(concepts), width=2.2, height=2.0, sharex=True, sharey=True)
    for axes, concept in zip(grid, concepts, strict=True):
        for index, (name, look) in enumerate(LOOKS.items()):
            rows = table[(table["vectors"] == name) & (table["concept"] == concept)]
            wide = rows.pivot(index="seed", columns="layer", values="macro_f1")
            band(axes, wide.columns + 1, wide.to_numpy(), about, index, name, **look)
        axes.axhline(0.5, **CHANCE)
        axes.set(title=concept, xlabel="layer", ylabel="macro-F1")
        axes.label_outer()
    legend_above(figure, grid[0])
    return figure
