"""Figure 3.8: every layer steered with the vector of one layer."""

import numpy as np
from matplotlib import colormaps

from tonotopy.drawing.names import paired
from tonotopy.drawing.style import legend_above, only, panels


def draw(sources: dict, about: dict):
    """Draw, per pair, the rest's probability over lambda; a line per layer, late ones darker."""
    table = only(sources)
    layers = np.sort(table["layer"].unique())
    figure, grid = panels(len(about["pairs"]), width=2.9, height=2.6, sharey=True)
    for axes, pair in zip(grid, about["pairs"], strict=True):
        rows = table[(table["concept"] == pair["concept"]) & table["class"].isin(pair["target"])]
        rows = rows[~rows["label"].isin(pair["target"])]
        sums = rows.groupby(["layer", "clip", "strength"], observed=True)["probability"].sum()
        means = sums.groupby(["layer", "strength"]).mean().unstack("strength")
        for layer in layers:
            shade = colormaps["viridis_r"](0.1 + 0.9 * layer / max(layers.max(), 1))
            axes.plot(means.columns, means.loc[layer], color=shade, linewidth=1.3, label=layer + 1)
        axes.axvline(0, color="0.8", linewidth=0.8, zorder=0)
        axes.set_title(paired(pair["concept"], pair["target"]), fontsize=8.5)
        axes.set(xlabel="strength λ", ylim=(0, 1))
        if axes.get_subplotspec().is_first_col():
            axes.set_ylabel("probability, clips of the rest")
    legend_above(figure, grid[0], columns=12, title="vector of layer", title_fontsize=7)
    return figure
