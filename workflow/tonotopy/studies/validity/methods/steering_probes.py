"""Slopes of steering along the probes' vectors, each layer with its own (the thesis's method)."""

from tonotopy.studies.validity.bench import Bench, Scores
from tonotopy.studies.validity.slopes import steered

KIND = "steering"


def matrix(bench: Bench) -> Scores:
    """Return slopes of probabilities over lambda along the mean vector of the probe seeds."""
    return steered(bench, bench.directions("trained"))
