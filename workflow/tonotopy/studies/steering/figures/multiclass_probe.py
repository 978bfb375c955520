"""Figure 3.2: one probe over all concepts per layer."""

import numpy as np
import pandas as pd

from tonotopy.drawing.layers import layer_ticks, named_layers
from tonotopy.drawing.letters import arms, write
from tonotopy.drawing.limits import span
from tonotopy.drawing.style import CHANCE, ROLES, legend_above, panels
from tonotopy.evidence.resampling import interval
from tonotopy.probes.scores import macro_f1
from tonotopy.seeding import generator


def draw(sources: dict, about: dict):
    """Draw macro-F1 over layers with intervals over clips, trained and untrained."""
    table = sources["probe_predictions"]
    names = named_layers(sources["network"], table["layer"].nunique())
    figure, (axes,) = panels(1, width=4.6, height=3.1)
    for name in ("trained", "untrained"):
        rows = table[table["vectors"] == name]
        layers, mean, low, high = _scores(rows, about)
        look = {**ROLES[name], "markersize": 3.5}
        ends = arms(mean, low, high)
        axes.errorbar(layers, mean, ends, label=f"{name} network", elinewidth=1, **look)
    concepts = table["label"].nunique()
    axes.axhline(1 / concepts, label=f"chance, 1/{concepts}", **CHANCE)
    write(axes, "", layer_ticks(axes, names), "macro-F1")
    span(axes, 0, 1)
    legend_above(figure, axes)
    return figure


def _scores(rows, about):
    """Macro-F1 per layer with its interval over clips."""
    names = pd.Index(sorted({*rows["label"].astype(str), *rows["predicted"].astype(str)}))
    layers, scores = np.sort(rows["layer"].unique()), []
    for layer in layers:
        part = rows[rows["layer"] == layer]
        labels = names.get_indexer(part["label"].astype(str))
        guesses = names.get_indexer(part["predicted"].astype(str))
        size = (about["resamples"], len(part))
        indices = generator(0, "figure").integers(0, len(part), size=size)
        draws = macro_f1(labels[indices], guesses[indices], len(names))
        scores.append(
            (macro_f1(labels, guesses, len(names)), *interval(draws, about["confidence"]))
        )
    return layers, *np.array(scores).T
