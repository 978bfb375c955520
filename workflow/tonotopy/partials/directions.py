"""Directions in the space of a layer's activations: its units, and what is found in natural sound.

Each kind is a matrix (directions, width) of unit vectors; how strongly they answer is the level of
activations @ directions.T over silence, see `natural.frame_levels`.
"""

import warnings

import numpy as np
from sklearn.decomposition import PCA, FastICA, MiniBatchDictionaryLearning
from sklearn.exceptions import ConvergenceWarning

from tonotopy.seeding import generator

UNIT = "unit"
KINDS = (UNIT, "pca", "ica", "dictionary", "random")
ROUNDS = 400  # of FastICA
PASSES = 5  # of the dictionary over the frames
SPARSITY = 1.0  # weight of the dictionary's L1 penalty, on frames of unit mean variance
ALIVE = 1e-5  # of the largest spread: directions that spread less are rounding


def directions(kind: str, frames: np.ndarray, seed: int) -> np.ndarray:
    """Return the directions of a kind: as many as there are units that vary.

    Args:
        kind: ``unit`` (all of them), ``pca``, ``ica`` (rows of FastICA's unmixing matrix),
            ``dictionary`` (atoms of a sparse dictionary, Mairal et al. 2009), ``random``.
        frames: activations of natural sound, shape (frames, width).
        seed: of the run.

    Returns:
        Unit vectors, float64, shape (directions, width).

    Raises:
        ValueError: no such kind.
    """
    width = frames.shape[1]
    if kind == UNIT:
        return np.eye(width)
    random_state = int(generator(seed, "directions", kind).integers(2**31))
    if kind == "random":
        return _normalised(generator(seed, "directions", kind).standard_normal((width, width)))
    centred = np.asarray(frames, dtype=float) - frames.mean(axis=0)
    components = PCA(svd_solver="full").fit(centred)
    spread = np.sqrt(components.explained_variance_)
    own = components.components_[spread > ALIVE * spread.max(initial=0)]
    if kind == "pca":
        return own
    if kind in FOUND:  # within the space that frames are in
        return _normalised(FOUND[kind](centred @ own.T, random_state) @ own)
    raise ValueError(f"no directions '{kind}': expected one of {', '.join(KINDS)}")


def _normalised(vectors: np.ndarray) -> np.ndarray:
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def _independent(centred: np.ndarray, random_state: int) -> np.ndarray:
    ica = FastICA(whiten="unit-variance", max_iter=ROUNDS, tol=1e-3, random_state=random_state)
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always", ConvergenceWarning)
        ica.fit(centred)
    if told:
        print(f"note: FastICA has not settled after {ROUNDS} rounds", flush=True)
    return ica.components_


def _dictionary(centred: np.ndarray, random_state: int) -> np.ndarray:
    scale = np.sqrt((centred**2).sum(axis=1).mean() / centred.shape[1])
    learner = MiniBatchDictionaryLearning(
        centred.shape[1],
        alpha=SPARSITY,
        max_iter=PASSES,
        batch_size=256,
        fit_algorithm="cd",
        random_state=random_state,
    )
    with warnings.catch_warnings():  # of codes that are off by less than a thousandth of a frame
        warnings.simplefilter("ignore", ConvergenceWarning)
        learner.fit(centred / scale)
    return learner.components_


FOUND = {"ica": _independent, "dictionary": _dictionary}
