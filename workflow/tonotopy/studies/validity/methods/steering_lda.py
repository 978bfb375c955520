"""Slopes of steering along Fisher's linear discriminant of each value against the rest."""

import numpy as np
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis

from tonotopy.studies.validity.bench import Bench, Scores
from tonotopy.studies.validity.slopes import steered

KIND = "steering"


def matrix(bench: Bench) -> Scores:
    """Return slopes along the discriminant of a value's training clips against all others.

    The covariance is shrunk by the amount of Ledoit and Wolf (2004), which the activations alone
    decide: a layer may be wider than there are clips, and no amount needs to be tuned on answers.
    """
    positions, labels = bench.training
    directions = {}
    for layer, values in bench.activations.items():
        clips = np.asarray(values[positions], dtype=np.float64)
        directions[layer] = np.stack(
            [_discriminant(clips, labels == n) for n in range(len(bench.values))]
        )
    return steered(bench, directions)


def _discriminant(clips: np.ndarray, positive: np.ndarray) -> np.ndarray:
    """Return the normal of the hyperplane between two sides, (width,), towards the positive."""
    model = LinearDiscriminantAnalysis(solver="lsqr", shrinkage="auto")
    return model.fit(clips, positive).coef_[0]
