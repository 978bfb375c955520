"""Figure 3.3: one probe per concept and layer."""

from tonotopy.drawing.curves import whole_ticks
from tonotopy.drawing.names import literal
from tonotopy.drawing.style import CHANCE, ROLES, band, legend_above, only, panels


def draw(sources: dict, about: dict):
    """Draw macro-F1 over layers with intervals over seeds, a panel per concept."""
    table = only(sources)
    concepts = sorted(table["concept"].astype(str).unique())
    vectors = [name for name in ROLES if (table["vectors"] == name).any()]
    figure, grid = panels(len(concepts), width=2.2, height=2.0, sharex=True, sharey=True)
    for axes, concept in zip(grid, concepts, strict=True):
        for index, name in enumerate(vectors):
            rows = table[(table["vectors"] == name) & (table["concept"] == concept)]
            wide = rows.pivot(index="seed", columns="layer", values="macro_f1")
            band(axes, wide.columns + 1, wide.to_numpy(), about, index, name, **ROLES[name])
        axes.axhline(0.5, **CHANCE)
        whole_ticks(axes, table["layer"] + 1)
        axes.set(xlabel="layer", ylabel="macro-F1")
        axes.set_title(literal(concept), fontsize=8.5)
        axes.label_outer()
    legend_above(figure, grid[0])
    return figure
