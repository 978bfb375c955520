"""Cosine of concept and class vectors at the layer that tells concepts best: not a cause."""

import numpy as np

from tonotopy.studies.validity.bench import Bench, DoesNotApply, Scores

KIND = "encoding"


def matrix(bench: Bench) -> Scores:
    """Return cosines of the probes' mean vectors for values and for classes.

    The layer is the one whose probes tell the concepts best. Nothing is resampled: probe seeds are
    overlapping draws from the same clips.

    Raises:
        DoesNotApply: a class has no vector.
    """
    known = bench.corpus.classes
    missing = [name for name in bench.classes if name not in known]
    if missing:
        raise DoesNotApply(f"class '{missing[0]}' is none of corpus {bench.corpus.name}")
    layer = bench.best_layer
    rows = [known.index(name) for name in bench.classes]
    classes = bench.vectors["classes"][layer].mean(axis=0)[rows]
    return Scores(cosines(bench.directions("trained")[layer], classes)[None, None], "")


def cosines(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Return the cosine of every pair of vectors, (n, width) and (m, width) to (n, m)."""
    unit = [
        v.astype(np.float64) / np.linalg.norm(v, axis=1, keepdims=True).clip(1e-12)
        for v in (first, second)
    ]
    return unit[0] @ unit[1].T
