"""Null: slopes of steering along random vectors with the activations' covariance."""

import numpy as np

from tonotopy.studies.validity.bench import Bench, Scores
from tonotopy.studies.validity.slopes import steered_nulls

KIND = "null"


def matrix(bench: Bench) -> Scores:
    """Return slopes along random mixtures of the concept corpus's centred training activations.

    With normal weights g, X'g / sqrt(clips) is normal with the covariance of the rows of X. All
    layers share the weights, as all layers share the clips of a concept.
    """
    rng, (positions, _) = bench.generator("random covariance"), bench.training
    shape = bench.settings["nulls"], len(bench.values)
    weights = rng.standard_normal((*shape, len(positions))) / np.sqrt(len(positions))
    drawn = {}
    for layer, values in bench.activations.items():
        clips = np.asarray(values[positions], dtype=np.float64)
        drawn[layer] = (weights @ (clips - clips.mean(axis=0))).astype(np.float32)
    return steered_nulls(bench, drawn)
