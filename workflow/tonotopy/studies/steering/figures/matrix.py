"""The full matrix of steering slopes, concept by class."""

import numpy as np
from matplotlib import colormaps

from tonotopy.drawing.letters import HEAD, LETTER, fixed
from tonotopy.drawing.matrices import matrix, name_room, outline
from tonotopy.drawing.style import nothing_to_draw, only, panels

WIDE, HIGH = 0.62, 0.36  # inches, of a cell
AROUND = 1.6, 0.9  # inches, for the scale and the labels
LEAST = 0.2  # slope of the darkest shade: smaller ones are never drawn as if they were large
UNSEEN = 0.005  # slopes below it are written 0.00, and left white


def draw(sources: dict, about: dict):
    """Draw slopes per unit of lambda; planted pairs are outlined, significant ones dotted."""
    table = only(sources)
    if table.empty:
        return nothing_to_draw("the output has collapsed at every strength: there is no slope")
    slopes = table.pivot(index="concept", columns="class", values="estimate")
    sure = table.pivot(index="concept", columns="class", values="p_adjusted") < 0.05
    text = np.array(
        [
            [f"{fixed(s)}{' •' if q else ''}" for s, q in zip(row, flags, strict=True)]
            for row, flags in zip(slopes.to_numpy(), sure.to_numpy(), strict=True)
        ]
    )
    values = slopes.to_numpy()
    reach = max(np.abs(values).max(), LEAST)
    left, below = name_room(slopes.index, slopes.columns, HEAD)
    width = AROUND[0] + left + WIDE * slopes.shape[1]
    figure, (axes,) = panels(1, width=width, height=AROUND[1] + below + HIGH * len(slopes))
    shades, limits = colormaps["PuOr_r"], (-reach, reach)
    values = np.where(np.abs(values) < UNSEEN, 0, values)
    cells = matrix(axes, values, text, slopes.index, slopes.columns, limits, shades)
    scale = figure.colorbar(cells, ticks=[-reach, 0, reach])
    scale.ax.set_yticklabels([fixed(-reach), "0", fixed(reach)], fontsize=LETTER)
    scale.set_label("change of probability per unit of λ", fontsize=HEAD)
    scale.outline.set_visible(False)
    if "planted" in table:
        planted = table.pivot(index="concept", columns="class", values="planted").to_numpy()
        for i, j in zip(*planted.astype(bool).nonzero(), strict=True):
            outline(axes, i, j)
    axes.tick_params(labelsize=HEAD, length=0)
    axes.set_xlabel("class", fontsize=HEAD)
    axes.set_ylabel("steered concept", fontsize=HEAD)
    return figure
