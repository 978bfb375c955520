"""The full matrix of steering slopes, concept by class."""

import numpy as np
import seaborn as sns
from matplotlib.patches import Rectangle

from tonotopy.drawing.style import nothing_to_draw, only, panels


def draw(sources: dict, about: dict):
    """Draw slopes per unit of lambda; planted pairs are outlined, significant ones dotted."""
    table = only(sources)
    if table.empty:
        return nothing_to_draw("the output has collapsed at every strength: there is no slope")
    slopes = table.pivot(index="concept", columns="class", values="estimate").round(2) + 0.0
    sure = table.pivot(index="concept", columns="class", values="p_adjusted") < 0.05
    text = np.array(
        [
            [f"{s:.2f}{' •' if q else ''}" for s, q in zip(row, flags, strict=True)]
            for row, flags in zip(slopes.to_numpy(), sure.to_numpy(), strict=True)
        ]
    )
    reach = np.abs(slopes.to_numpy()).max()
    figure, (axes,) = panels(1, width=1.6 + 0.62 * slopes.shape[1], height=1.2 + 0.36 * len(slopes))
    sns.heatmap(
        slopes,
        annot=text,
        fmt="",
        cmap="PuOr_r",
        center=0,
        vmin=-reach,
        vmax=reach,
        ax=axes,
        annot_kws={"fontsize": 6.5},
        linewidths=0.4,
        linecolor="0.85",
        cbar_kws={"label": "change of probability per unit of λ"},
    )
    if "planted" in table:
        planted = table.pivot(index="concept", columns="class", values="planted").to_numpy()
        for i, j in zip(*planted.astype(bool).nonzero(), strict=True):
            axes.add_patch(Rectangle((j, i), 1, 1, fill=False, edgecolor="black", linewidth=2))
    axes.set(xlabel="class", ylabel="steered concept")
    return figure
