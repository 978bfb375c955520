"""Scores of classifiers, fast enough to be resampled thousands of times."""

import numpy as np
from sklearn.metrics import average_precision_score


def confusion_counts(labels: np.ndarray, predicted: np.ndarray, classes: int) -> np.ndarray:
    """Count clips per (true, predicted) class.

    Args:
        labels: class indices, shape (..., clips).
        predicted: class indices, same shape.
        classes: number of classes.

    Returns:
        Shape (..., classes, classes), rows are true classes.
    """
    lead = labels.shape[:-1]
    blocks = int(np.prod(lead, dtype=int))
    cells = (labels * classes + predicted).reshape(blocks, -1)
    cells = cells + classes**2 * np.arange(blocks)[:, None]
    counts = np.bincount(cells.ravel(), minlength=blocks * classes**2)
    return counts.reshape(*lead, classes, classes)


def macro_f1(labels: np.ndarray, predicted: np.ndarray, classes: int) -> np.ndarray:
    """Return the F1 score averaged over the classes that occur in labels or predictions.

    Args:
        labels: class indices, shape (..., clips).
        predicted: class indices, same shape.
        classes: number of classes.

    Returns:
        Shape (...).
    """
    counts = confusion_counts(labels, predicted, classes)
    right = np.diagonal(counts, axis1=-2, axis2=-1)
    both = counts.sum(axis=-1) + counts.sum(axis=-2)
    present = both > 0
    return (2 * right / both.clip(1)).sum(axis=-1) / present.sum(axis=-1).clip(1)


def mean_average_precision(targets: np.ndarray, scores: np.ndarray) -> float:
    """Return the average precision of a tagger, averaged over the classes that occur.

    Args:
        targets: which clips have which class, bool, shape (clips, classes).
        scores: higher for a more likely class, same shape.

    Raises:
        ValueError: no class occurs.
    """
    occurs = targets.any(axis=0)
    if not occurs.any():
        raise ValueError("no clip has any class")
    return float(average_precision_score(targets[:, occurs], scores[:, occurs], average="macro"))
