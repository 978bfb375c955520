"""What the favourites of the deepest maps are: music and voices alone, or all kinds of sound?"""

import numpy as np
import pandas as pd

from tonotopy.drawing.curves import networks_of
from tonotopy.drawing.layers import layers_of
from tonotopy.drawing.letters import WIDTH, fixed, write
from tonotopy.drawing.matrices import matrix, name_room
from tonotopy.drawing.names import literal
from tonotopy.drawing.style import nothing_to_draw, only, panels

MOST = 14  # labels with a row of their own
OTHERS = "all others"


def draw(sources: dict, about: dict):
    """Draw a matrix of labels and networks: percent of the favourites of the deepest layer."""
    table = only(sources)
    if table.empty:
        return nothing_to_draw("no map has a favourite")
    networks, shares, names = networks_of(table, about), {}, []
    for network in networks:
        own = table[table["network"].astype(str) == network]
        deepest = layers_of(own)[-1]
        labels = own.loc[own["layer"].astype(str) == deepest, "label"].astype(str)
        shares[network] = labels.value_counts(normalize=True)
        effective = np.exp(-(shares[network] * np.log(shares[network])).sum())
        names.append(f"{literal(network)}\n{literal(deepest)}: {fixed(effective, 1)}")
    percent = _folded(100 * pd.DataFrame(shares)[networks].fillna(0))
    text = [[fixed(value, 1) if value else "" for value in row] for row in percent.to_numpy()]
    width = min(WIDTH, 0.8 + max(1.2, name_room(percent.index, ())[0]) + 0.9 * len(networks))
    figure, (axes,) = panels(1, width=width, height=0.95 + 0.19 * len(percent))
    matrix(axes, percent.to_numpy(), text, percent.index, names, (0, percent.to_numpy().max()))
    write(axes, "percent of favourites (below: effective number of labels)")
    axes.set_xticklabels(names, rotation=0, ha="center")
    return figure


def _folded(percent: pd.DataFrame) -> pd.DataFrame:
    """Return labels by their share, the most frequent first; rare ones are one row."""
    order = sorted(percent.index, key=lambda label: (-percent.loc[label].sum(), label))
    percent = percent.loc[order]
    if len(percent) <= MOST + 1:
        return percent
    rest = percent.iloc[MOST:].sum().to_frame(f"{OTHERS} ({len(percent) - MOST})").T
    return pd.concat([percent.iloc[:MOST], rest])
