"""Names as people give them, that a figure must write letter by letter."""

import html
import re
from collections.abc import Mapping

import pandas as pd

from tonotopy.drawing import layers, matrices
from tonotopy.drawing import spectrogram_grid as grid
from tonotopy.drawing.names import LONGEST, literal

LENGTHS = (matrices.LONGEST, LONGEST, grid.LONGEST, layers.LONGEST)  # letters of names in figures
ODD = (
    "$\\alpha$ and more",
    "_under_score",
    r"50 % {x} \frac{1}",
    "🎸 rock",
    "שלום עולם",
    "x" * 100 + "y" * 100,
    "<b>&amp;",
    "a/../b",
)


def renaming(names) -> dict[str, str]:
    """Return name -> an odd one, another for each as far as they go."""
    return dict(zip(names, ODD, strict=False))


def renamed(value, names: Mapping[str, str]):
    """Return a table, setting or description with other names of classes, wherever they stand."""
    if isinstance(value, pd.DataFrame):
        texts = value.select_dtypes(["object", "category", "string"]).columns
        columns = {c: value[c].astype(object).map(lambda v: renamed(v, names)) for c in texts}
        return value.assign(**columns)
    if isinstance(value, Mapping):
        return {renamed(key, names): renamed(one, names) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(renamed(one, names) for one in value)
    return names.get(value, value) if isinstance(value, str) else value


def check_literal(plain: str, odd: str, names: Mapping[str, str]) -> None:
    """Names that a figure shows are shown when they are odd, too: whole, or without their middle.

    Args:
        plain: words of the figure with plain names.
        odd: words of the same with odd ones.
        names: plain -> odd.
    """
    seen = [n for n in names if re.search(rf"(?<![\w.]){re.escape(n)}(?![\w.])", plain)]
    odd = html.unescape(odd)
    for name in seen:
        short = [literal(names[name], longest) for longest in LENGTHS]
        assert any(text in odd for text in short), (name, names[name])
