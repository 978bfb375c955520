"""Confidence intervals and p-values by the bootstrap, vectorised over resamples.

Resamples that must agree (of layers, of networks, of a table and a claim about it) are one
`Resamples` object, which is handed on.
"""

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from tonotopy.seeding import generator


def bootstrap_weights(clips: int, resamples: int, rng: np.random.Generator) -> np.ndarray:
    """Return how often a clip is drawn in a resample: (resamples, clips), rows sum to clips."""
    return rng.multinomial(clips, np.full(clips, 1 / clips), size=resamples)


def bootstrap_means(values: np.ndarray, resamples: int, rng: np.random.Generator) -> np.ndarray:
    """Return means over resampled clips.

    Args:
        values: shape (clips, ...).
        resamples: number of resamples.
        rng: source of the draws.

    Returns:
        Shape (resamples, ...).
    """
    return _means(values, bootstrap_weights(len(values), resamples, rng))


def interval(draws: np.ndarray, confidence: float) -> tuple[np.ndarray, np.ndarray]:
    """Return the percentile interval over the first axis of bootstrap draws."""
    tail = (1 - confidence) / 2
    return np.quantile(draws, tail, axis=0), np.quantile(draws, 1 - tail, axis=0)


def p_value(draws: np.ndarray, criterion: dict) -> float:
    """Return the one-sided bootstrap p-value against a criterion's negation.

    The share of draws that lie on the other side of the bound, counted so that it is never 0; for
    ``within`` the larger of both sides (two one-sided tests).

    Args:
        draws: the statistic in every resample, shape (resamples,).
        criterion: see `claims.verdict`.
    """
    ((kind, bound),) = criterion.items()

    def share(beyond: np.ndarray) -> float:
        return float((beyond.sum() + 1) / (len(draws) + 1))

    if kind == "above":
        return share(draws <= bound)
    if kind == "within":
        return max(share(draws <= bound[0]), share(draws >= bound[1]))
    return share(draws >= bound)


@dataclass(frozen=True, eq=False)
class Resamples:
    """The same resamples of the same units, for everything that is computed with this object.

    Attributes:
        counts: how often each unit is drawn, int, shape (resamples, units); rows sum to units.
        confidence: level of the intervals, 0 to 1.
    """

    counts: np.ndarray = field(repr=False)
    confidence: float

    @property
    def units(self) -> int:
        return self.counts.shape[1]

    @cached_property
    def _float_counts(self) -> np.ndarray:
        return self.counts.astype(float)

    def sums(self, values: np.ndarray) -> np.ndarray:
        """Return sums over resampled units: (units, ...) to (resamples, ...).

        Raises:
            ValueError: there are more or fewer values than units.
        """
        self._check(len(values))
        return np.tensordot(self._float_counts, values, axes=1)

    def means(self, values: np.ndarray) -> np.ndarray:
        """Return means over resampled units: (units, ...) to (resamples, ...).

        Raises:
            ValueError: there are more or fewer values than units.
        """
        self._check(len(values))
        return _means(values, self.counts)

    def interval(self, draws: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the percentile interval over the first axis of draws."""
        return interval(draws, self.confidence)

    def _check(self, units: int) -> None:
        if units != self.units:
            raise ValueError(f"resamples are of {self.units} units, not of {units}")


@dataclass(frozen=True)
class Bootstrap:
    """How a run resamples.

    Attributes:
        resamples: number of resamples.
        confidence: level of the intervals, 0 to 1.
        seed: seed of the run.
    """

    resamples: int
    confidence: float
    seed: int

    def generator(self, *names: str | int) -> np.random.Generator:
        """Return the random stream of the run that belongs to the names."""
        return generator(self.seed, *names)

    def draw(self, units: int, *names: str | int) -> Resamples:
        """Return resamples of so many units; ``names`` tell their random stream from others."""
        counts = bootstrap_weights(units, self.resamples, self.generator(*names))
        return Resamples(counts, self.confidence)

    def interval(self, draws: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the percentile interval over the first axis of draws."""
        return interval(draws, self.confidence)


def _means(values: np.ndarray, counts: np.ndarray) -> np.ndarray:
    return np.tensordot(counts / len(values), values, axes=1)
