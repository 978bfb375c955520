"""Figure 3.3: one probe per concept and layer."""

from tonotopy.drawing.layers import layer_ticks, named_layers
from tonotopy.drawing.letters import WIDTH, write
from tonotopy.drawing.limits import span
from tonotopy.drawing.names import literal
from tonotopy.drawing.style import CHANCE, ROLES, band, legend_above, panels


def draw(sources: dict, about: dict):
    """Draw macro-F1 over layers with intervals over seeds, a panel per concept."""
    table = sources["probe_scores"]
    layers = named_layers(sources["network"], table["layer"].nunique())
    concepts = sorted(table["concept"].astype(str).unique())
    vectors = [name for name in ROLES if (table["vectors"] == name).any()]
    figure, grid = panels(len(concepts), WIDTH / 4, 1.75, sharex=True, sharey=True)
    for axes, concept in zip(grid, concepts, strict=True):
        for index, name in enumerate(vectors):
            rows = table[(table["vectors"] == name) & (table["concept"] == concept)]
            wide = rows.pivot(index="seed", columns="layer", values="macro_f1")
            band(axes, wide.columns, wide.to_numpy(), about, index, name, **ROLES[name])
        axes.axhline(0.5, label="chance", **CHANCE)
        write(axes, literal(concept), layer_ticks(axes, layers), "macro-F1")
        axes.label_outer()
    span(grid[0], min(0.4, grid[0].dataLim.ymin), 1)
    legend_above(figure, grid[0])
    return figure
