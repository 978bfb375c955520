"""Figure A.1: the training of the network."""

from tonotopy.drawing.layers import whole_ticks
from tonotopy.drawing.limits import logarithmic, span
from tonotopy.drawing.names import literal
from tonotopy.drawing.style import SPLITS, legend_above, nothing_to_draw, only, panels
from tonotopy.studies.relevance.figures.looks import write

WORDS = {"macro_f1": "macro-F1", "map": "mean average precision"}


def draw(sources: dict, about: dict):
    """Draw the scores that the training kept and the losses over epochs, both splits."""
    table = only(sources)
    if table.empty:
        return nothing_to_draw("the training has no epochs")
    table = table.sort_values("epoch")
    names = [name for name in table.columns if name.partition("_")[0] in SPLITS]
    scores = sorted({name.partition("_")[2] for name in names} - {"loss"})
    figure, grid = panels(len(scores) + 1, width=3.4, height=2.3, columns=2)
    for axes, kind in zip(grid, [*scores, "loss"], strict=True):
        for split, look in SPLITS.items():
            if f"{split}_{kind}" in names:
                values = table[f"{split}_{kind}"]
                axes.plot(table["epoch"] + 1, values, label=split, markersize=3, **look)
        whole_ticks(axes, table["epoch"] + 1)
        write(axes, literal(about["network"]), "epoch", WORDS.get(kind, kind))
        if kind != "loss":
            span(axes, min(0.0, axes.dataLim.ymin), 1)
    if (table[[n for n in names if n.endswith("_loss")]] > 0).all(axis=None):
        logarithmic(grid[-1])
    legend_above(figure, grid[-1])
    return figure
