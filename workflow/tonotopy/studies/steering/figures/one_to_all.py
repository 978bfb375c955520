"""Figure 3.8: every layer steered with the vector of one layer."""

import numpy as np
from matplotlib import colormaps

from tonotopy.drawing.layers import layer_words, named_layers
from tonotopy.drawing.letters import WIDTH, write
from tonotopy.drawing.limits import span
from tonotopy.drawing.names import paired
from tonotopy.drawing.style import ZERO, legend_above, panels

WIDE = WIDTH / 3


def draw(sources: dict, about: dict):
    """Draw, per pair, the rest's probability over lambda; a line per layer, late ones darker."""
    table = sources["sweep-layers"]
    layers = np.sort(table["layer"].unique())
    names, label = layer_words(named_layers(sources["network"], len(layers)))
    figure, grid = panels(len(about["pairs"]), WIDE, 2.2, columns=3, sharey=True)
    for axes, pair in zip(grid, about["pairs"], strict=True):
        rows = table[(table["concept"] == pair["concept"]) & table["class"].isin(pair["target"])]
        rows = rows[~rows["label"].isin(pair["target"])]
        sums = rows.groupby(["layer", "clip", "strength"], observed=True)["probability"].sum()
        means = sums.groupby(["layer", "strength"]).mean().unstack("strength")
        for layer, name in zip(layers, names, strict=True):
            shade = colormaps["viridis_r"](0.1 + 0.9 * layer / max(layers.max(), 1))
            axes.plot(means.columns, means.loc[layer], color=shade, linewidth=1.3, label=name)
        axes.axvline(0, **ZERO)
        span(axes, 0, 1)
        left = axes.get_subplotspec().is_first_col()
        title, y = paired(pair["concept"], pair["target"]), "probability, clips of the rest"
        write(axes, title, "strength λ", y if left else "")
    legend_above(figure, grid[0], columns=12, title=f"vector of {label}", title_fontsize=7)
    return figure
