"""Simulated runs of study 6 (partials): as many directions, filters and clips as at mini scale."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from simulated_once import drawn_once
from simulations import RESAMPLES, bootstrap, in_memory
from tables_of_partials import SETTINGS

from tonotopy.studies.partials.statistics import Tables

NETWORK, BANK = "codec", "gammatone"
CLASSES = 5


def _tables(rng: np.random.Generator, resamples: int = RESAMPLES, **frames) -> Tables:
    return in_memory(Tables, frames, SETTINGS, bootstrap(rng, resamples))


@dataclass(frozen=True)
class Directions:
    """Directions that pass each step at a rate; of a network, its random ones, and a filter bank.

    Attributes:
        own: shares of units that are narrow, kept and stable, each within the one before.
        random: of random directions.
        bank: of a bank's filters.
        pitch: share of directions that follow the pitch; the others follow a partial.
        number: of directions.
    """

    own: tuple[float, float, float] = (0.0, 0.0, 0.0)
    random: tuple[float, float, float] = (0.0, 0.0, 0.0)
    bank: tuple[float, float, float] = (1.0, 1.0, 1.0)
    pitch: float = 0.0
    number: int = 64

    def draw(self, rng: np.random.Generator, _folder) -> Tables:
        """Return the tables of one run."""
        kinds = {(NETWORK, "unit"): self.own, (NETWORK, "random"): self.random}
        kinds[BANK, "unit"] = self.bank
        network, kind = (np.repeat(names, self.number) for names in zip(*kinds, strict=True))
        passed, followed = rng.uniform(size=(2, len(kind)))
        shares = np.repeat(list(kinds.values()), self.number, axis=0).T
        frame = {"network": network, "run": 0, "kind": kind, "direction": np.arange(len(kind))}
        frame["follows"] = np.where(followed < self.pitch, "pitch", "partial")
        for step, share in zip(("narrow", "kept", "stable"), shares, strict=True):
            frame[step] = passed < share
        return _tables(rng, directions=pd.DataFrame(frame))


@dataclass(frozen=True)
class Filters:
    """Filters of a first layer, and random ones.

    Attributes:
        own: share of the limit that own filters use, on average.
        random: that random filters use.
        isolating: share of own filters with most of their energy in a band; the rest have little.
        number: of own filters.
    """

    own: float = 0.5
    random: float = 0.5
    isolating: float | None = None
    number: int = 16

    def draw(self, rng: np.random.Generator, _folder) -> Tables:
        """Return the tables of one run."""
        parts = []
        for copy, mean, count in (("own", self.own, self.number), ("random", self.random, 64)):
            ratio = mean + 0.2 * rng.standard_normal(count)
            if self.isolating is not None:
                ratio = np.where(rng.uniform(size=count) < self.isolating, 0.7, 0.2)
            values = {"concentration": ratio, "limit": 1.0, "centre_hz": 440.0}
            about = {"copy": copy, "filter": range(count), "taps": 64, "rate": 16000, "run": 0}
            parts.append(pd.DataFrame({**about, **values}).assign(network=NETWORK))
        limits = pd.DataFrame([{"taps": 64, "rate": 16000, "centre_hz": 440.0, "limit": 1.0}])
        return _tables(rng, filters=pd.concat(parts, ignore_index=True), limits=limits)


BOOKS, CODED, FRAMES, NOTES, CODES = 2, 24, 24, 14, 62


@dataclass(frozen=True)
class Codes:
    """Codes of melodies in ten groups, that last at their own times and tell nothing; two books."""

    def draw(self, rng: np.random.Generator, _folder) -> Tables:
        """Return the tables of one run, the same ones for every case."""
        return drawn_once(self, rng, self._drawn)

    def _drawn(self, rng: np.random.Generator) -> Tables:
        shape = (CODED, FRAMES)
        clip, frame = (grid.ravel() for grid in np.indices(shape))
        about = {"network": NETWORK, "run": 0, "clip": clip, "group": clip * 2 // 5, "frame": frame}
        about["semitone"] = 52 + _lasting(rng, NOTES, shape).ravel()
        books = [
            pd.DataFrame({**about, "book": book, "code": _lasting(rng, CODES, shape).ravel()})
            for book in range(BOOKS)
        ]
        return _tables(rng, 100, codes=pd.concat(books, ignore_index=True))


def _lasting(rng: np.random.Generator, values: int, shape: tuple[int, int]) -> np.ndarray:
    """Return values of clips and frames that last five frames on average."""
    place = np.cumsum(rng.uniform(size=shape) < 0.2, axis=1)
    return np.take_along_axis(rng.integers(0, values, (shape[0], shape[1] + 1)), place, axis=1)


@dataclass(frozen=True)
class Answers:
    """A codec's errors, and a tagger's answers; clips of a group are partly alike.

    As many resamples as a run has: where errors are skewed, the ends of few are uncertain.

    Attributes:
        decibels: mean energy over errors of clips that are all as loud.
        right: share of right answers.
    """

    decibels: float = 5.0
    right: float = 0.3

    def draw(self, rng: np.random.Generator, _folder) -> Tables:
        """Return the tables of one run."""
        groups = np.repeat(np.arange(40), 5)
        about = {"run": 0, "clip": np.arange(200), "group": groups}
        error = rng.gamma(2, 0.5, 40)[groups] * rng.gamma(4, 0.25, 200)
        energies = {"signal": 10 ** (self.decibels / 10), "error": error}
        label = np.arange(200) % CLASSES
        own = rng.uniform(size=200) < self.right
        right = np.where(rng.uniform(size=200) < 0.5, own, own[groups * 5])
        answers = {"label": label, "predicted": np.where(right, label, (label + 1) % CLASSES)}
        return _tables(
            rng,
            1000,
            reconstructions=pd.DataFrame({"network": NETWORK, **about, **energies}),
            answers=pd.DataFrame({"network": "tagger", **about, **answers}),
        )
