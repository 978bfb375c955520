"""TCAV: share of clips whose logit rises along the probes' vectors, last third of the layers."""

import numpy as np

from tonotopy.studies.validity.bench import Bench, Scores
from tonotopy.studies.validity.derivatives import derivatives

KIND = "gradient"


def matrix(bench: Bench) -> Scores:
    """Return how often the directional derivative of a logit is positive, mean over layers.

    Kim and others (2018), equation 2, but over the clips of all classes rather than over those of
    the logit's class alone: so all methods average over the same clips.
    """
    vectors = bench.directions("trained")
    last = list(vectors)[-max(1, round(len(vectors) / 3)) :]
    found = derivatives(bench, {name: vectors[name] for name in last}, bench.indices)
    shares = (found > 0).mean(axis=0, dtype=np.float64)
    return Scores(shares[None], "clip", bench.clip_names(bench.indices))
