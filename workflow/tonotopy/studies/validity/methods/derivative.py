"""Directional derivative of the logit along the probes' vectors, summed over layers."""

from tonotopy.studies.validity.bench import Bench, Scores
from tonotopy.studies.validity.derivatives import derivatives

KIND = "gradient"


def matrix(bench: Bench) -> Scores:
    """Return the slope of the logits over lambda at lambda 0 where all layers are steered."""
    found = derivatives(bench, bench.directions("trained"), bench.indices)
    return Scores(found.sum(axis=0)[None], "clip", bench.clip_names(bench.indices))
