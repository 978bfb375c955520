"""Null: slopes of steering along random vectors."""

import numpy as np

from tonotopy.studies.validity.bench import Bench, Scores
from tonotopy.studies.validity.slopes import steered_nulls

KIND = "null"


def matrix(bench: Bench) -> Scores:
    """Return slopes along vectors of independent normal numbers, another one for every layer."""
    rng, shape = bench.generator("random"), (bench.settings["nulls"], len(bench.values))
    widths = {name: v.shape[-1] for name, v in bench.vectors["trained"].items()}
    drawn = {n: rng.standard_normal((*shape, w)).astype(np.float32) for n, w in widths.items()}
    return steered_nulls(bench, drawn)
