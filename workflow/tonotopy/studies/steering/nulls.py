"""Null vectors of study 2: directions that stand for no concept, and what chance does with them."""

from collections.abc import Callable, Mapping

import numpy as np

from tonotopy.seeding import generator

VECTORS = 100  # null vectors of a kind, at least
SWEEPS = ("controls", "unseen_controls")  # that steer null vectors
STRENGTHS = 2  # of these sweeps: one of both signs
Directions = dict[str, np.ndarray]
UNRELATED = ("random", "shuffled")  # kinds of vectors of which no effect is expected


def random_directions(widths: Mapping[str, int], seed: int) -> Directions:
    """Return directions without any preference: layer -> (vectors, width), standard normal."""
    normal = generator(seed, "random vectors").standard_normal((VECTORS, sum(widths.values())))
    parts = np.split(normal, np.cumsum(list(widths.values()))[:-1], axis=1)
    return dict(zip(widths, parts, strict=True))


def correlated_directions(layers: Mapping[str, Callable], clips: int, seed: int) -> Directions:
    """Return directions with the activations' covariance.

    Each is a sum of all clips' activations with standard normal weights that sum to 0. The weights
    are the same in all layers, as a label's would be, so that a direction means the same in each.
    Such a contrast of clips is no idle direction: where a network tells classes, it moves them.

    Args:
        layers: name -> what reads its activations, shape (clips, width).
        clips: number of clips.
        seed: seed of the run.

    Returns:
        Layer -> (vectors, width), float32.
    """
    weights = generator(seed, "correlated vectors").standard_normal((VECTORS, clips))
    weights -= weights.mean(axis=1, keepdims=True)
    return {
        layer: (weights @ read().astype(np.float64)).astype(np.float32)
        for layer, read in layers.items()
    }


def permutation_p(values: np.ndarray, nulls: np.ndarray) -> np.ndarray:
    """Return two-sided p-values of effects against those of null vectors.

    The share of null vectors, the judged one among them, whose effect is at least as large in
    either direction; it is never 0.

    Args:
        values: shape (...).
        nulls: shape (null vectors, ...).
    """
    larger = (np.abs(nulls) >= np.abs(values)).sum(axis=0)
    return (1 + larger) / (1 + len(nulls))
