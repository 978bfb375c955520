"""What study 1 computes, as plain loops."""

import numpy as np
import pandas as pd

from tonotopy.evidence.resampling import Bootstrap, bootstrap_weights
from tonotopy.seeding import generator

CLIPS, RESAMPLES = 200, 200
BOOTSTRAP = Bootstrap(RESAMPLES, 0.95, seed=0)


def answers(tables, network, task, k=5, **keys):
    """Which clips were right, (layers, clips), read without the class that is tested."""
    rows = pd.read_parquet(tables.paths["correct"])
    wanted = {
        "network": network,
        "task": task,
        "copy": "trained",
        "length": "whole",
        "folds": "paper",
        "probe": "knn",
        "labels": "true",
        "k": k,
        **keys,
    }
    for column, value in wanted.items():
        rows = rows[rows[column] == value]
    return np.array(rows.sort_values("position")["correct"].to_list())


def resampled(right, task):
    """Accuracies per resample: each clip repeated as often as it was drawn."""
    counts = bootstrap_weights(right.shape[1], RESAMPLES, generator(0, "profile", task))
    for row in counts:
        drawn = [clip for clip, times in enumerate(row) for _ in range(times)]
        yield [sum(bool(layer[clip]) for clip in drawn) / len(drawn) for layer in right]


def depth(layer, layers):
    return layer / (layers - 1)


def literal_centre(accuracy, chance):
    mass = [max(a - chance, 0) for a in accuracy]
    return sum(m * depth(i, len(mass)) for i, m in enumerate(mass)) / sum(mass)
