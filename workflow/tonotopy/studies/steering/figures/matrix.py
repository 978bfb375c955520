"""The full matrix of steering slopes, concept by class."""

import numpy as np
from matplotlib import colormaps
from matplotlib.patches import Rectangle

from tonotopy.drawing.letters import HEAD, fixed
from tonotopy.drawing.matrices import matrix, name_room
from tonotopy.drawing.style import nothing_to_draw, only, panels

WIDE, HIGH = 0.62, 0.36  # inches, of a cell
AROUND = 1.6, 0.9  # inches, for the scale and the labels


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
    reach = max(np.abs(slopes.to_numpy()).max(), 1e-9)
    left, below = name_room(slopes.index, slopes.columns, HEAD)
    width = AROUND[0] + left + WIDE * slopes.shape[1]
    figure, (axes,) = panels(1, width=width, height=AROUND[1] + below + HIGH * len(slopes))
    shades, limits = colormaps["PuOr_r"], (-reach, reach)
    values = slopes.to_numpy()
    cells = matrix(axes, values, text, slopes.index, slopes.columns, limits, shades)
    figure.colorbar(cells, label="change of probability per unit of λ").outline.set_visible(False)
    if "planted" in table:
        planted = table.pivot(index="concept", columns="class", values="planted").to_numpy()
        for i, j in zip(*planted.astype(bool).nonzero(), strict=True):
            axes.add_patch(Rectangle((j, i), 1, 1, fill=False, edgecolor="black", linewidth=2))
    axes.tick_params(labelsize=HEAD, length=0)
    axes.set(xlabel="class", ylabel="steered concept")
    return figure
