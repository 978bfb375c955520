"""Slopes of steering along the vectors of an untrained network's probes."""

from tonotopy.studies.validity.bench import Bench, Scores
from tonotopy.studies.validity.slopes import steered

KIND = "steering"


def matrix(bench: Bench) -> Scores:
    """Return slopes of the trained network along directions found in a copy of random weights."""
    return steered(bench, bench.directions("untrained"))
