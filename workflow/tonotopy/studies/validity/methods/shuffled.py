"""Null: slopes of steering along the vectors of probes that learned shuffled labels."""

import numpy as np
from joblib import Parallel, delayed
from threadpoolctl import threadpool_limits

from tonotopy.probes.linear import balanced_draw, fit_linear
from tonotopy.studies.validity.bench import Bench, Scores
from tonotopy.studies.validity.slopes import steered_nulls

KIND = "null"


def matrix(bench: Bench) -> Scores:
    """Return slopes along vectors of probes fitted to permuted labels, a permutation for each set.

    Probes are those of the steering instance: as many clips, the same penalty, one seed.
    """
    positions, labels = bench.training
    clips = {n: np.asarray(v[positions], np.float32) for n, v in bench.activations.items()}
    jobs = [
        delayed(_vectors)(bench, clips, labels, number, value)
        for number in range(bench.settings["nulls"])
        for value in range(len(bench.values))
    ]
    with threadpool_limits(1):
        found = Parallel(n_jobs=bench.settings["workers"], prefer="threads")(jobs)
    shape = bench.settings["nulls"], len(bench.values), -1
    drawn = {layer: np.stack([one[layer] for one in found]).reshape(shape) for layer in clips}
    return steered_nulls(bench, drawn)


def _vectors(bench: Bench, clips: dict, labels: np.ndarray, number: int, value: int) -> dict:
    """Return the vector of every layer for one value of one permutation."""
    positive = bench.generator("permutation", number).permutation(labels) == value
    rng, probes = bench.generator("shuffled", number, value), bench.settings["probes"]
    rows = balanced_draw(positive, probes["per_class"], rng)
    return {
        layer: fit_linear(values[rows], positive[rows], probes["inverse_penalty"]).weights[0]
        for layer, values in clips.items()
    }
