"""Figures 3.4 to 3.7: a class's probability while a concept is added or subtracted."""

from tonotopy.drawing.names import paired
from tonotopy.drawing.style import band, legend_above, only, panels


def draw(sources: dict, about: dict):
    """Draw a panel per pair: clips of the class and clips of the rest over lambda.

    With ``flat_concept`` the concept that causes nothing takes the place of the pair's own.
    Strengths at which the output has collapsed (see `sweep.collapsed`) are drawn on grey.
    """
    table = only(sources)
    figure, grid = panels(len(about["pairs"]), width=2.9, height=2.6, sharey=True)
    for axes, pair in zip(grid, about["pairs"], strict=True):
        concept = about["flat"] if about["flat_concept"] else pair["concept"]
        rows = table[table["concept"] == concept]
        curves(axes, rows, pair["target"], about)
        axes.set_title(paired(concept, pair["target"]), fontsize=8.5)
        axes.set_xlabel("strength λ")
        if axes.get_subplotspec().is_first_col():
            axes.set_ylabel("probability of the class")
    legend_above(figure, grid[0])
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
    axes.axvline(0, color="0.8", linewidth=0.8, zorder=0)
    axes.set_ylim(0, 1)


def shade_collapsed(axes, rows) -> None:
    """Grey out strengths at which the output no longer depends on the clip."""
    flags = rows.groupby("strength")["collapsed"].any()
    grid = flags.index.to_numpy()
    edges = (grid[1:] + grid[:-1]) / 2
    for k in flags.to_numpy().nonzero()[0]:
        low = edges[k - 1] if k else grid[0]
        high = edges[k] if k < len(edges) else grid[-1]
        axes.axvspan(low, high, color="0.9", linewidth=0, zorder=-1)
