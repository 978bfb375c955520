"""Figures 3.4 to 3.7: a class's probability while a concept is added or subtracted."""

from matplotlib.patches import Patch

from tonotopy.drawing.letters import WIDTH, write
from tonotopy.drawing.limits import span
from tonotopy.drawing.names import paired
from tonotopy.drawing.style import ZERO, band, handles_above, only, panels

WIDE = WIDTH / 3
COLLAPSED = {"color": "0.9", "linewidth": 0}


def draw(sources: dict, about: dict):
    """Draw a panel per pair: clips of the class and clips of the rest over lambda.

    With ``flat_concept`` the concept that causes nothing takes the place of the pair's own.
    Strengths at which the output has collapsed (see `sweep.collapsed`) are drawn on grey.
    """
    table = only(sources)
    figure, grid = panels(len(about["pairs"]), WIDE, 2.2, columns=3, sharey=True)
    for axes, pair in zip(grid, about["pairs"], strict=True):
        concept = about["flat"] if about["flat_concept"] else pair["concept"]
        rows = table[table["concept"] == concept]
        curves(axes, rows, pair["target"], about)
        left = axes.get_subplotspec().is_first_col()
        y = "probability of the class" if left else ""
        write(axes, paired(concept, pair["target"]), "strength λ", y)
    handles, names = grid[0].get_legend_handles_labels()
    if table["collapsed"].any():
        handles.append(Patch(**COLLAPSED))
        names.append("output collapsed")
    handles_above(figure, handles, names)
    return figure


def curves(axes, rows, target: list[str], about: dict) -> None:
    """Draw the target's summed probability over lambda, for its own clips and the rest."""
    shade_collapsed(axes, rows)
    of_target = rows[rows["class"].isin(target)]
    sums = of_target.groupby(["clip", "label", "strength"], observed=True)["probability"].sum()
    wide = sums.unstack("strength")
    inside = wide.index.get_level_values("label").isin(target)
    parts = ((inside, "clips of the class"), (~inside, "clips of the rest"))
    for index, (members, name) in enumerate(parts):
        band(axes, wide.columns, wide[members].to_numpy(), about, index, name)
    axes.axvline(0, **ZERO)
    span(axes, 0, 1)


def shade_collapsed(axes, rows) -> None:
    """Grey out strengths at which the output no longer depends on the clip."""
    flags = rows.groupby("strength")["collapsed"].any()
    grid = flags.index.to_numpy()
    edges = (grid[1:] + grid[:-1]) / 2
    for k in flags.to_numpy().nonzero()[0]:
        low = edges[k - 1] if k else grid[0]
        high = edges[k] if k < len(edges) else grid[-1]
        axes.axvspan(low, high, zorder=-1, **COLLAPSED)
