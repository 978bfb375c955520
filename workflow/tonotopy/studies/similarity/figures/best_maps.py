"""The best maps of every layer beside the feature, what is left of it, and the input."""

import numpy as np
import pandas as pd

from tonotopy.drawing.curves import networks_of
from tonotopy.drawing.layers import layers_of
from tonotopy.drawing.letters import HEAD, LETTER, WIDTH, fixed
from tonotopy.drawing.names import literal
from tonotopy.drawing.spectrogram_grid import LONGEST, LOUD
from tonotopy.drawing.style import nothing_to_draw, only, panels

PANELS = {"map": "map", "feature": "feature", "residual": "beyond input", "input": "input"}
MOST = 2  # maps of a layer
LAYERS = 6  # of a network, evenly spaced
HEIGHT = 1.0  # inches, of a row
WIDEST = 4.6  # inches, of one map's panels
BELOW = 0.15  # inches, for the words under the last row
GAP = 0.12  # between two maps, of a panel's width


def draw(sources: dict, about: dict):
    """Draw a row per layer: its best maps for ``about["feature"]`` side by side."""
    table = only(sources)
    rows = table if table.empty else table[table["feature"] == about["feature"]]
    if rows.empty:
        return nothing_to_draw(f"there are no pictures of maps and {about['feature']}")
    network = networks_of(rows, about)[0]
    rows = rows[(rows["network"] == network) & (rows["rank"] <= rows["rank"].min() + MOST - 1)]
    layers = _evenly(layers_of(rows))
    ranks = sorted(rows["rank"].unique())
    ratios = [*([1] * len(PANELS)), GAP] * len(ranks)
    figure, flat = panels(
        len(layers) * len(ratios),
        width=min(WIDTH, WIDEST * len(ranks)) / len(ratios),
        height=HEIGHT,
        columns=len(ratios),
        width_ratios=ratios,
    )
    below = BELOW / figure.get_figheight()
    space = {"w_pad": 0.02, "h_pad": 0.02, "wspace": 0.03, "hspace": 0.14}
    figure.get_layout_engine().set(**space, rect=(0, below, 1, 1 - below))
    grid = np.array(flat).reshape(len(layers), len(ratios))
    for gap in grid[:, len(PANELS) :: len(PANELS) + 1].flat:
        gap.set_visible(False)
    for layer, line in zip(layers, grid, strict=True):
        for rank, part in zip(ranks, np.split(line, len(ranks)), strict=True):
            own = rows[(rows["layer"] == layer) & (rows["rank"] == rank)]
            for axes, (panel, name) in zip(part[:-1], PANELS.items(), strict=True):
                _picture(axes, own[own["panel"] == panel], name if layer == layers[0] else "")
            _caption(part[0], own)
        line[0].set_ylabel(literal(layer, LONGEST), fontsize=HEAD)
    return figure


def _evenly(layers: list[str]) -> list[str]:
    """Return as many layers as fit, the first and the last among them."""
    if len(layers) <= LAYERS:
        return layers
    return [layers[round(n)] for n in np.linspace(0, len(layers) - 1, LAYERS)]


def _picture(axes, rows: pd.DataFrame, name: str) -> None:
    axes.set(xticks=[], yticks=[])
    axes.set_title(name, fontsize=HEAD, pad=3)
    if rows.empty:
        axes.axis("off")
        return
    row = rows.iloc[0]
    image = np.asarray(row["values"], dtype=float).reshape(int(row["bands"]), int(row["frames"]))
    axes.imshow(image, origin="lower", aspect="auto", interpolation="nearest", cmap=LOUD)
    for spine in axes.spines.values():
        spine.set(visible=True, linewidth=0.5, color="0.5")


def _caption(axes, rows: pd.DataFrame) -> None:
    if rows.empty:
        return
    row = rows.iloc[0]
    text = f"map {row['map']}: raw {fixed(row['raw'])}, r {fixed(row['r'])}"
    text = f"{text}; mean r {fixed(row['mean_r'])}"
    look = {"va": "top", "ha": "left", "fontsize": LETTER, "in_layout": False}
    axes.text(0, -0.05, text, transform=axes.transAxes, **look)
