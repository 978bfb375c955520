"""Slopes of steering along the difference of class means of the activations."""

import numpy as np

from tonotopy.studies.validity.bench import Bench, Scores
from tonotopy.studies.validity.slopes import steered

KIND = "steering"


def matrix(bench: Bench) -> Scores:
    """Return slopes along the mean of a value's training clips minus that of all other clips."""
    positions, labels = bench.training
    directions = {}
    for layer, values in bench.activations.items():
        clips = np.asarray(values[positions], dtype=np.float64)
        directions[layer] = np.stack(
            [
                clips[labels == n].mean(axis=0) - clips[labels != n].mean(axis=0)
                for n in range(len(bench.values))
            ]
        )
    return steered(bench, directions)
