"""Linear probes: what a linear read-out finds in a layer, and the direction it finds."""

import warnings
from dataclasses import dataclass

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression

EPSILON = 1e-8


@dataclass(frozen=True)
class LinearProbe:
    """A fitted probe in the raw activation space: class scores are x @ weights.T + biases.

    Attributes:
        weights: shape (classes, width); a binary probe has one row, the normal of its hyperplane.
        biases: shape (classes,).
        classes: label of each row; for a binary probe the pair (negative, positive).
    """

    weights: np.ndarray
    biases: np.ndarray
    classes: np.ndarray

    def predict(self, activations: np.ndarray) -> np.ndarray:
        """Return a label per row of ``activations`` (clips, width)."""
        scores = activations @ self.weights.T + self.biases
        indices = (
            (scores[:, 0] > 0).astype(int) if len(self.weights) == 1 else scores.argmax(axis=1)
        )
        return self.classes[indices]


def fit_linear(activations: np.ndarray, labels: np.ndarray, inverse_penalty: float) -> LinearProbe:
    """Fit an L2-penalised logistic regression on standardised activations.

    The probe is expressed in the un-standardised space (w / sigma), so that its weight vector is
    a direction among the activations themselves.

    Args:
        activations: shape (clips, width).
        labels: shape (clips,), at least two classes.
        inverse_penalty: scikit-learn's C, larger is weaker.
    """
    activations = np.asarray(activations, dtype=np.float64)
    mean, scale = activations.mean(axis=0), activations.std(axis=0) + EPSILON
    model = LogisticRegression(C=inverse_penalty, max_iter=300)
    with warnings.catch_warnings():
        # separable probes creep along their direction for ever: its angle has long converged
        warnings.simplefilter("ignore", ConvergenceWarning)
        model.fit((activations - mean) / scale, labels)
    weights = model.coef_ / scale
    return LinearProbe(weights, model.intercept_ - weights @ mean, model.classes_)


def balanced_draw(labels: np.ndarray, per_class: int | None, rng: np.random.Generator):
    """Return indices with equally many clips of every class, in random order.

    Args:
        labels: shape (clips,).
        per_class: clips per class; None or too many means as many as the smallest class has.
        rng: source of the draw.
    """
    classes, counts = np.unique(labels, return_counts=True)
    size = min(per_class or counts.min(), counts.min())
    indices = [rng.choice(np.flatnonzero(labels == c), size, replace=False) for c in classes]
    return rng.permutation(np.concatenate(indices))


def mean_pairwise_cosine(vectors: np.ndarray) -> np.ndarray:
    """Return the mean cosine over all pairs of different seeds.

    Args:
        vectors: shape (seeds, ..., width), at least two seeds.

    Returns:
        Shape (...).
    """
    unit = vectors / np.linalg.norm(vectors, axis=-1, keepdims=True).clip(EPSILON)
    seeds = len(vectors)
    total = np.square(np.linalg.norm(unit.sum(axis=0), axis=-1))
    return (total - seeds) / (seeds * (seeds - 1))
