"""Figure 4.10: every class explained through the subspaces of every class."""

import numpy as np

from tonotopy.drawing.matrices import matrix, name_room, outline
from tonotopy.drawing.names import literal
from tonotopy.drawing.style import nothing_to_draw, only, panels
from tonotopy.studies.relevance.figures.looks import HEAD, WIDTH, beside_thesis, fixed
from tonotopy.studies.relevance.figures.scores import class_means

LEAST = 0.05  # of AUPC, between white and black: smaller differences are never drawn as large


def draw(sources: dict, about: dict):
    """Draw the gain in AUPC, explained class by subspaces' class; the diagonal is outlined."""
    table = only(sources)
    if table.empty:
        return nothing_to_draw("no class was explained through the subspaces of another")
    means = class_means(table, "share", ["label", "subspaces"], about)
    values, errors = (means[column].unstack("subspaces") for column in ("value", "error"))
    classes, subspaces = list(values.index), list(values.columns)
    gains = values.to_numpy()
    highest = np.nanargmax(gains, axis=1)
    text = [
        [
            f"{fixed(gain, 3)}{' •' if column == top else ''}\n±{fixed(error, 3)}"
            for column, (gain, error) in enumerate(zip(*row, strict=True))
        ]
        for top, row in zip(highest, zip(gains, errors.to_numpy(), strict=True), strict=True)
    ]
    left, below = name_room(classes, subspaces)
    width = min(WIDTH, max(3.6, 0.6 + left + 0.62 * len(subspaces)))
    figure, (axes,) = panels(1, width=width, height=0.8 + below + 0.4 * len(classes))
    matrix(axes, gains, text, classes, subspaces, _limits(gains))
    own = [(n, subspaces.index(name)) for n, name in enumerate(classes) if name in subspaces]
    for row, column in own:
        outline(axes, row, column)
    axes.set_xlabel("class whose subspaces are used", fontsize=HEAD)
    axes.set_ylabel("explained class", fontsize=HEAD)
    layer, k = table["layer"].iloc[0], table["components"].iloc[0]
    hits = sum(highest[row] == column for row, column in own)
    title = f"{literal(layer)}, K = {k}: highest on the diagonal in {hits} of {len(own)} rows"
    printed = "\n(thesis: in 10 of 10)" if beside_thesis(about) else ""
    axes.set_title(f"{title}{printed}", fontsize=HEAD)
    return figure


def _limits(gains: np.ndarray) -> tuple[float, float]:
    low = float(np.nanmin(gains))
    return low, max(float(np.nanmax(gains)), low + LEAST)
