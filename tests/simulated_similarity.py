"""Simulated runs of study 5 (similarity): as many clips and maps as at mini scale.

Maps have true similarities that differ as those of networks with random weights do; networks differ
by nothing but that, unless a truth is planted. Probes are fitted by ridge regression in every run,
so that what is judged varies with the clips that they were fitted to, and with the network.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache

import numpy as np
import pandas as pd
from scipy.stats import norm
from simulated_once import drawn_once
from simulations import bootstrap, in_memory

from tonotopy.studies.similarity.statistics import Tables

CLIPS, MAPS, COPIES = 96, 12, 5  # as at mini scale; maps of the first layer
NETWORK = "vgg"
SPREAD, NOISE = 0.1, 0.135  # of true r between maps, and of r between clips (both measured)
SHIFT = 0.03  # of networks in raw similarity
RAW = 0.5
RUNS = {"trained": 1, "phase": 1, "random": COPIES, "unheard": 1, "input": 1}
COLUMNS = ["network", "copy", "run", "layer", "map", "feature", "r", "raw", "null_sd", "z", "p"]


@dataclass(frozen=True)
class Maps:
    """Similarities of maps with one feature.

    Attributes:
        layers: -> number of maps.
        unheard: whether there is a network that learned no sound.
        mean: true r of all maps, on average.
        spread: standard deviation of true r between maps.
        heard: share of true r that is left with random phases.
        matching: chance of a map of the trained network to match.
        gain: how much larger the true r, and raw similarity, of such a map are.
        raw: copy -> its true raw similarity, `RAW` if it is not named.
        shift: of networks in raw similarity, standard deviation.
    """

    layers: Mapping[str, int] = field(default_factory=lambda: {"block1": MAPS})
    unheard: bool = True
    mean: float = 0.0
    spread: float = SPREAD
    heard: float = 1.0
    matching: float = 0.0
    gain: float = 0.0
    raw: Mapping[str, float] = field(default_factory=dict)
    shift: float = 0.0

    def draw(self, rng: np.random.Generator, _folder) -> Tables:
        """Return the tables of one run."""
        return drawn_once(self, rng, self._drawn)

    def _drawn(self, rng: np.random.Generator) -> Tables:
        names = {"vgg": "vgg"}
        settings = {"networks": names, "unheard": names if self.unheard else {}}
        clips = np.arange(CLIPS)
        frames = {
            "clips": pd.DataFrame({"number": clips, "clip": clips, "group": clips}),
            "layers": _layers(self.layers),
            "similarities": pd.concat(
                [self._copies(rng, layer, maps) for layer, maps in self.layers.items()]
            ),
        }
        return in_memory(Tables, frames, settings, bootstrap(rng))

    def _copies(self, rng: np.random.Generator, layer: str, maps: int) -> pd.DataFrame:
        matches = rng.random(maps) < self.matching
        trained = self._levels(rng, maps) + self.gain * matches
        parts = []
        for copy, runs in RUNS.items():
            for run in range(runs if self.unheard or copy != "unheard" else 0):
                levels = self._levels(rng, 1 if copy == "input" else maps)
                if copy in ("trained", "phase"):
                    levels = trained * (1 if copy == "trained" else self.heard)
                raw = self.raw.get(copy, RAW) + self.shift * rng.standard_normal(1)
                raw = raw + self.gain * matches if copy == "trained" else raw
                parts.append(_rows(rng, copy, run, layer, levels, raw))
        return pd.DataFrame([row for rows in parts for row in rows], columns=COLUMNS)

    def _levels(self, rng: np.random.Generator, maps: int) -> np.ndarray:
        return self.mean + self.spread * rng.standard_normal(maps)


def _rows(rng: np.random.Generator, copy: str, run: int, layer: str, levels, raw) -> list:
    r = levels[:, None] + NOISE * rng.standard_normal((len(levels), CLIPS))
    plain = raw[:, None] + NOISE * rng.standard_normal(r.shape)
    sd = NOISE / np.sqrt(CLIPS)
    z = r.mean(axis=1) / sd
    about = (NETWORK, copy, run, layer)
    values = zip(r, plain, z, norm.sf(z), strict=True)
    return [
        (*about, number, "harmonic", own, whole, sd, *tested)
        for number, (own, whole, *tested) in enumerate(values)
    ]


def _layers(names) -> pd.DataFrame:
    about = {"network": NETWORK, "layer": list(names), "depth": range(len(names))}
    return pd.DataFrame({**about, "maps": WIDTH, "rows": WIDTH // 2})


# ---- probes --------------------------------------------------------------------------------------

PROBED, WIDTH, HIDDEN, FOLDS, PENALTY = 160, 16, 4, 5, 10.0
COPIED = [(copy, run) for copy, runs in RUNS.items() if copy != "phase" for run in range(runs)]
HEARD = 0.4  # how strongly features are in layers
FIXED = 7  # seed of the layers of a network that is the same in every run


@dataclass(frozen=True)
class Probes:
    """A feature that is read from layers by probes that are fitted in every run.

    Attributes:
        noise: of the feature.
        layers: number of layers.
        drawn: whether every run has another network; if not, it is always the same one.
        stronger: how much more strongly features are in the trained network's layers.
    """

    noise: float = 0.5
    layers: int = 1
    drawn: bool = True
    stronger: float = 0.0

    def draw(self, rng: np.random.Generator, _folder) -> Tables:
        """Return the tables of one run."""
        return drawn_once(self, rng, self._drawn)

    def _drawn(self, rng: np.random.Generator) -> Tables:
        source = rng if self.drawn else np.random.default_rng(FIXED)
        mixing = HEARD * source.standard_normal((len(COPIED), self.layers, HIDDEN, WIDTH))
        mixing[0] *= 1 + self.stronger
        hidden = rng.standard_normal((PROBED, HIDDEN))
        predictors = hidden @ mixing
        predictors += rng.standard_normal(predictors.shape)
        y = hidden.sum(axis=1) / np.sqrt(HIDDEN) + self.noise * rng.standard_normal(PROBED)
        error, total = held_out_errors(predictors, y)
        probes = _empty(self.layers).assign(
            error=error.ravel(), total=np.tile(total, error[..., 0].size)
        )
        settings = {"networks": {NETWORK: NETWORK}, "unheard": {NETWORK: NETWORK}}
        frames = {"layers": _layers(_depths(self.layers)), "probes": probes}
        return in_memory(Tables, frames, settings, bootstrap(rng))


def _depths(layers: int) -> list[str]:
    return [f"block{number + 1}" for number in range(layers)]


@cache
def _empty(layers: int) -> pd.DataFrame:
    """Return the table `probes` without what is measured."""
    rows = [
        (copy, run, layer, clip, clip)
        for copy, run in COPIED
        for layer in _depths(layers)
        for clip in range(PROBED)
    ]
    frame = pd.DataFrame(rows, columns=["copy", "run", "layer", "clip", "group"])
    return frame.assign(network=NETWORK, target="level")


def held_out_errors(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return squared errors of ridge regression on held-out clips, and about the others' mean.

    Args:
        x: predictors, shape (..., clips, width).
        y: targets, shape (clips,).

    Returns:
        Shapes (..., clips) and (clips,).
    """
    error, total = np.empty(x.shape[:-1]), np.empty(len(y))
    for fold in range(FOLDS):
        held = np.arange(len(y)) % FOLDS == fold
        own, target = x[..., ~held, :], y[~held]
        middle, mean = own.mean(axis=-2, keepdims=True), target.mean()
        own = own - middle
        square = np.swapaxes(own, -1, -2) @ own + PENALTY * np.eye(x.shape[-1])
        right = np.swapaxes(own, -1, -2) @ (target - mean)
        weights = np.linalg.solve(square, right[..., None])
        told = ((x[..., held, :] - middle) @ weights)[..., 0] + mean
        error[..., held], total[held] = (told - y[held]) ** 2, (y[held] - mean) ** 2
    return error, total


# ---- known answers, and what networks are for ----------------------------------------------------


@dataclass(frozen=True)
class Known:
    """Layers made by hand.

    Attributes:
        harmonic: true r with the harmonic part.
        percussive: with the percussive one.
        phase: with the harmonic part, of the layer made of the clip with random phases.
    """

    harmonic: float = 0.0
    percussive: float = 0.0
    phase: float = 0.0

    def draw(self, rng: np.random.Generator, _folder) -> Tables:
        """Return the tables of one run."""
        clips = np.arange(CLIPS)
        about = {"set": np.arange(CLIPS) % 3, "layer": "made", "clip": clips, "group": clips}
        parts = []
        for feature in ("harmonic", "percussive"):
            r, phase = rng.normal(0, NOISE, (2, CLIPS)) + rng.normal(0, NOISE, CLIPS)
            values = {"r": getattr(self, feature) + r, "phase": self.phase + phase}
            parts.append(pd.DataFrame({**about, "feature": feature, **values}))
        settings = {"networks": {NETWORK: NETWORK}}
        return in_memory(Tables, {"known": pd.concat(parts)}, settings, bootstrap(rng))


@dataclass(frozen=True)
class Answers:
    """Answers to test clips, two of a group mostly alike.

    Attributes:
        right: true share of right ones.
        copy: whose they are.
    """

    right: float
    copy: str = "trained"

    def draw(self, rng: np.random.Generator, _folder) -> Tables:
        """Return the tables of one run."""
        clips = np.arange(2 * CLIPS)
        own = rng.random(2 * CLIPS) < self.right
        right = np.where(rng.random(2 * CLIPS) < 0.5, own, own[clips // 2 * 2])
        frame = pd.DataFrame({"clip": clips, "group": clips // 2, "label": 1})
        frame = frame.assign(network=NETWORK, copy=self.copy, run=0, predicted=right.astype(int))
        settings = {"networks": {NETWORK: NETWORK}}
        return in_memory(Tables, {"answers": frame}, settings, bootstrap(rng))
