"""Figure 3.2: one probe over all concepts per layer."""

import numpy as np
from sklearn.metrics import f1_score

from tonotopy.evidence.intervals import interval
from tonotopy.figures.style import CHANCE, COLOURS, DASHES, only, panels
from tonotopy.seeding import generator

RESAMPLES = 200  # macro-F1 is slow to resample; the band is for the eye, the scorecard has its own


def draw(sources: dict, about: dict):
    """Draw macro-F1 over layers with intervals over clips, trained and untrained."""
    table = only(sources)
    figure, (axes,) = panels(1, width=4.6, height=3.1)
    for index, name in enumerate(("trained", "untrained")):
        rows = table[table["vectors"] == name]
        layers, low, high, mean = _scores(rows, about["confidence"])
        look = {"color": COLOURS[index], "linestyle": DASHES[index], "marker": "o", "markersize": 3.5}
        axes.plot(layers, mean, label=f"{name} network", **look)
        axes.fill_between(layers, low, high, color=COLOURS[index], alpha=0.18, linewidth=0)
    concepts = table["label"].nunique()
    axes.axhline(1 / concepts, label=f"chance, 1/{concepts}", **CHANCE)
    axes.set(xlabel="layer", ylabel="macro-F1", ylim=(0, 1))
    axes.legend(fontsize=7)
    return figure


def _scores(rows, confidence):
    layers = np.sort(rows["layer"].unique())
    means, lows, highs = [], [], []
    for layer in layers:
        part = rows[rows["layer"] == layer]
        labels = part["label"].astype("category").cat.codes.to_numpy()
        names = part["label"].astype("category").cat.categories
        guesses = names.get_indexer(part["predicted"].astype(str))
        draws = generator(0, "figure").integers(0, len(part), size=(RESAMPLES, len(part)))
        found = [
            f1_score(labels[d], guesses[d], average="macro", zero_division=0) for d in draws
        ]
        low, high = interval(np.array(found), confidence)
        means.append(f1_score(labels, guesses, average="macro", zero_division=0))
        lows.append(low)
        highs.append(high)
    return layers, lows, highs, means
