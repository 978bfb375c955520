"""Which map of a layer stands for a class, and which are most active."""

import numpy as np
from scipy.stats import rankdata


def areas_under_roc(activations: np.ndarray, targets: np.ndarray) -> np.ndarray:
    """Return how well each map alone tells each class from the rest.

    The area under the receiver operating characteristic: how often a clip of the class has the
    larger activation than one of the others, ties counting half.

    Args:
        activations: mean activation of each map, shape (clips, maps).
        targets: which clips have which class, bool, shape (clips, classes).

    Returns:
        0 to 1, shape (classes, maps); nan where all clips or none have the class.
    """
    ranks = rankdata(activations, axis=0)
    positive = targets.sum(axis=0).astype(float)
    negative = len(targets) - positive
    sums = targets.T.astype(float) @ ranks
    above = sums - (positive * (positive + 1) / 2)[:, None]
    pairs = (positive * negative)[:, None]
    return np.divide(above, pairs, out=np.full(above.shape, np.nan), where=pairs > 0)


def selective_maps(areas: np.ndarray) -> np.ndarray:
    """Return the map with the largest area for each class, -1 where none is known.

    Args:
        areas: see `areas_under_roc`, shape (classes, maps).

    Returns:
        Integers, shape (classes,).
    """
    known = ~np.isnan(areas).all(axis=1)
    return np.where(known, np.nan_to_num(areas, nan=-1.0).argmax(axis=1), -1)


def favourite_clips(activations: np.ndarray, number: int) -> np.ndarray:
    """Return the clips that each map is most active for, the first first.

    Args:
        activations: mean activation of each map, shape (clips, maps).
        number: of clips; all where there are fewer.

    Returns:
        Rows of clips, shape (maps, number); equal activations keep the order of the clips.
    """
    return np.argsort(-activations, axis=0, kind="stable")[:number].T
