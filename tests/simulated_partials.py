"""Simulated runs of study 6 (partials): as many directions, filters and clips as at mini scale."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from simulations import bootstrap, in_memory
from tables_of_partials import SETTINGS, codes
from tables_of_partials import World as Made

from tonotopy.studies.partials.statistics import Tables

NETWORK, BANK = "codec", "gammatone"
CLASSES = 5


def _tables(rng: np.random.Generator, **frames: pd.DataFrame) -> Tables:
    return in_memory(Tables, frames, SETTINGS, bootstrap(rng))


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
        kinds = [(NETWORK, "unit", self.own), (NETWORK, "random", self.random)]
        parts = [self._drawn(rng, *kind) for kind in [*kinds, (BANK, "unit", self.bank)]]
        return _tables(rng, directions=pd.concat(parts, ignore_index=True))

    def _drawn(self, rng, network: str, kind: str, shares) -> pd.DataFrame:
        passed = rng.uniform(size=self.number)
        steps = zip(("narrow", "kept", "stable"), shares, strict=True)
        follows = np.where(rng.uniform(size=self.number) < self.pitch, "pitch", "partial")
        about = {"network": network, "run": 0, "kind": kind, "direction": range(self.number)}
        frame = pd.DataFrame({**about, "follows": follows})
        return frame.assign(**{step: passed < share for step, share in steps})


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


@dataclass(frozen=True)
class Codes:
    """Codes of melodies in ten groups, with few resamples, see `tables_of_partials.codes`.

    Attributes:
        effect: share of what they tell there; at 0 they last at their own times.
    """

    effect: float = 0.0

    def draw(self, rng: np.random.Generator, _folder) -> Tables:
        """Return the tables of one run."""
        world = Made(rng, effect=self.effect, clips=24, names=(NETWORK,))
        frames = {"codes": codes(world)}
        return in_memory(Tables, frames, SETTINGS, bootstrap(rng, 100))


@dataclass(frozen=True)
class Answers:
    """A codec's errors, and a tagger's answers; clips of a group are partly alike.

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
            reconstructions=pd.DataFrame({"network": NETWORK, **about, **energies}),
            answers=pd.DataFrame({"network": "tagger", **about, **answers}),
        )
