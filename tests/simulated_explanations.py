"""Simulated runs of study 3: arrays of clips where a run has tables, with known truths.

Clips, classes and draws are as many as at scale mini, where little is known least; clips of the
thesis's corpus alone are as many as there. Half of a clip's noise is the same in all that is
measured on it. A number on a bound is the truth, and what is compared is alike.
"""

from collections.abc import Callable, Sequence
from functools import cache

import numpy as np
import pandas as pd
from simulations import bootstrap

from tonotopy.evidence.groups import Groups
from tonotopy.relevance.disentanglement import information
from tonotopy.studies.relevance.statistics.tables import Clips, Grid, RelevanceTables

LAYERS = ["conv1", "conv3", "conv5"]
OBJECTS = ["a", "b", "c"]
SHOWN = {"layer": "conv3", "components": 3}
BASES = 5
PLANTED_DRAWS = 8
NOISE = 0.5
RANDOM_SPREAD = 0.5  # of bases' preferences, as a share of their mean


class Arrays(RelevanceTables):
    """Tables that were never written: ``paths`` has the clips and, by column, their values."""

    def clips(self, name, **keys):
        return self.paths["clips"]

    def table(self, name):
        return pd.DataFrame({"step": [1, 2]})

    def rows(self, name, **keys):
        return self.paths["rows"]

    def grid(self, name, column, axes=(), clips=None, complete=True, **keys):
        values, levels = self.paths["world"](column, name=name, **keys)
        assert values.ndim == 1 + len(axes) == 1 + len(levels)
        return Grid(self.paths["clips"], values, levels)


class Sample:
    """The clips of a simulated run, and noise of theirs.

    Args:
        rng: source of the noise.
        classes: class -> number of its clips.
        sizes: clips of the groups, again and again.
    """

    def __init__(self, rng, classes: dict[str, int], sizes: Sequence[int] = (1,)):
        self.rng = rng
        self.classes = list(classes)
        self.labels, self.groups, self.ids = _clips(tuple(classes.items()), tuple(sizes))
        self.numbers = np.searchsorted(self.classes, self.labels.astype(str))

    def noise(self, *axes: int) -> np.ndarray:
        """Return unit noise, (clips, *axes), four parts in five of which a group shares."""
        shape = (len(self.labels), *axes)
        if len(self.groups) == len(self.labels):
            return self.rng.normal(size=shape)
        shared = self.rng.normal(0, 0.8, (len(self.groups), *axes))[self.groups.index]
        return shared + self.rng.normal(0, 0.6, shape)

    def tables(self, world: Callable, rows=None, causes=("a", ("one",))) -> Arrays:
        """Return tables whose columns a function gives."""
        resampled = bootstrap(self.rng)
        clips = Clips(self.ids, self.labels, self.groups, self.groups.draw(resampled, "relevance"))
        settings = {
            "layers": LAYERS,
            "shown": SHOWN,
            "objects": OBJECTS,
            "causes": {causes[0]: list(causes[1])},
            "exchanged": self.classes,
        }
        return Arrays({"world": world, "clips": clips, "rows": rows}, settings, resampled)


@cache
def _clips(classes: tuple, sizes: tuple) -> tuple[np.ndarray, Groups, pd.Index]:
    names, numbers = zip(*classes, strict=True)
    labels = np.repeat(np.array(names, dtype=object), numbers)
    groups = np.repeat(np.arange(len(labels)), np.resize(sizes, len(labels)))[: len(labels)]
    return labels, Groups(groups), pd.Index([f"{number:04d}" for number in range(len(labels))])


def preferring(strength: float) -> np.ndarray:
    """Return how much components like objects, (components, objects): each its own, by so much."""
    return np.ones((3, 3)) + strength * np.eye(3)


@cache
def _told() -> tuple[np.ndarray, np.ndarray]:
    strengths = np.concatenate([[0.0], np.geomspace(0.01, 400, 2000)])
    return np.array([information(preferring(one)) for one in strengths]), strengths


def told_by(score: float) -> float:
    """Return the strength at which components tell objects apart by so much (disentanglement)."""
    return float(np.interp(score, *_told()))


def shares(sample: Sample, liked: np.ndarray, common: np.ndarray | float = 0.0) -> np.ndarray:
    """Return shares of clips, (clips, 1, components, objects), of which clips differ."""
    noise = NOISE * (sample.noise(*liked.shape[-2:]) + common)
    values = liked * np.exp(noise - NOISE**2 / 2)
    return values[:, None] / liked.sum(axis=(-2, -1)).reshape(-1, 1, 1, 1)


def told(rng, scores: dict[str, float], spread: float = 0.0, sizes: Sequence[int] = (1,)) -> Arrays:
    """Bases that tell objects apart by known scores.

    Args:
        rng: source of the noise.
        scores: method, copy or layer that differs from the others -> its disentanglement; ``else``
            for all that are not named.
        spread: standard deviation of every base's score, as a share of it.
        sizes: of groups.
    """
    sample = Sample(rng, {"one": 40, "two": 40}, sizes)
    common, made = sample.noise(3, 3), {}

    def base(score: float) -> np.ndarray:
        drawn = score * np.maximum(1 + spread * rng.normal(size=2), 0.05)
        liked = np.stack([preferring(told_by(one)) for one in drawn])
        return shares(sample, liked[sample.numbers], common)

    def world(column, copy, method, name, layer="", components=0):
        key = copy, method, layer
        if key not in made:
            score = next((scores[k] for k in (method, copy, layer) if k in scores), scores["else"])
            bases = BASES if method == "random" else 1
            made[key] = np.concatenate([base(score) for _ in range(bases)], axis=1)
        return made[key], [list(range(made[key].shape[1])), [1, 2, 3], OBJECTS]

    return sample.tables(world)


def preferences(rng, liked: np.ndarray) -> Arrays:
    """Components that like objects as told, (components, objects)."""
    sample = Sample(rng, {"one": 40, "two": 40})
    values = shares(sample, np.broadcast_to(liked, (80, *liked.shape)))
    levels = [[0], list(range(1, 1 + len(liked))), OBJECTS]
    return sample.tables(lambda column, **keys: (values, levels))


def areas(rng, levels: dict[str, float], sizes: Sequence[int] = (1,), fits: bool = False) -> Arrays:
    """Areas of methods at three layers, random bases of which differ.

    Args:
        rng: source of the noise.
        levels: method, or layer, -> its area; 0 where nothing is named; ``least`` for that order.
        sizes: of groups.
        fits: whether other methods' bases are drawn from the same as random ones.
    """
    sample = Sample(rng, {"one": 20, "two": 20}, sizes)
    common, made = sample.noise(), {}

    def world(column, method, layer, components, fill, order, name):
        key = method, layer, components, order
        if key not in made:
            draws = BASES if method == "random" else 1
            level = levels.get(method, 0.0) + levels.get(layer, 0.0)
            level = levels["least"] if order == "least" else level
            clip = (common + 0.5 * sample.noise())[:, None]
            base = 0.2 * (fits or draws > 1) * rng.normal(size=(2, draws))[sample.numbers]
            made[key] = level + clip + base + 0.2 * sample.noise(draws)
        return made[key], [list(range(made[key].shape[1]))]

    return sample.tables(world)


def error_bars(rng, spreads: dict[str, float]) -> Arrays:
    """Ten classes of twenty clips, whose areas at a layer spread by so much in truth."""
    sample = Sample(rng, {f"class {number}": 20 for number in range(10)})
    of_class = {layer: _spread(rng, 10, 1.0) for layer in LAYERS}
    made = {}

    def world(column, method, layer, components, fill, order, name):
        key = method, layer
        if key not in made:
            means = spreads.get(layer, 1.0) * of_class[layer] * np.sqrt(10)
            far = spreads.get(method, 0.0)
            made[key] = (means[sample.numbers] + far + 0.5 * sample.noise())[:, None]
        return made[key], [[0]]

    return sample.tables(world)


def _spread(rng, number: int, scale: float) -> np.ndarray:
    """Return numbers with mean 0 and a known standard deviation (the classes are all there are)."""
    drawn = rng.normal(size=number)
    return scale * (drawn - drawn.mean()) / drawn.std(ddof=1)


def exchanged(rng, gains: np.ndarray) -> Arrays:
    """Gains of four classes of ten clips by the subspaces of four, (attributed, subspaces)."""
    sample = Sample(rng, dict.fromkeys(("four", "one", "three", "two"), 10))
    values = gains[sample.numbers] + 0.4 * sample.noise()[:, None] + 0.3 * sample.noise(4)
    return sample.tables(lambda column, **keys: (values, [sample.classes]))


def parts(rng, lift: float = 0.0, muting: float = 0.0, gain: float = 0.0) -> Arrays:
    """Lift, drop, mass and area on three parts.

    Args:
        rng: source of the noise.
        lift: by how much relevance prefers part a in clips of class one, in octaves.
        muting: rank correlation of lift and drop where lift prefers nothing.
        gain: mass on a part minus its area.
    """
    sample = Sample(rng, {"one": 100, "two": 100})
    noise, rest = sample.noise(3), sample.noise(3)
    pearson = 2 * np.sin(np.pi / 6 * muting)
    columns = {
        "lift": lift * np.outer(sample.labels == "one", [1, 0, 0]) + noise,
        "drop": pearson * noise + np.sqrt(1 - pearson**2) * rest,
        "mass": 0.3 + gain + 0.05 * sample.noise(3),
        "area": np.full((200, 3), 0.3),
    }

    def world(column, name, part=None):
        values = columns[column]
        return (values, [OBJECTS]) if part is None else (values[:, OBJECTS.index(part)], [])

    return sample.tables(world)


def sounds(rng, hits: float, lead: float) -> Arrays:
    """Rendered masks that sound most like their objects in so many clips; components by dB."""
    sample = Sample(rng, {"one": 40, "two": 40})
    right = rng.random((80, 3)) < hits
    oracle = np.where(right[:, :, None], 6.0, -6.0) * np.eye(3) + np.zeros((80, 3, 3))
    ratios = lead * np.eye(3) + 3 * sample.noise(3, 3)
    liked = shares(sample, np.broadcast_to(preferring(9.0), (80, 3, 3)))

    def world(column, name, kind=None, **keys):
        if column == "share":
            return liked, [[0], [1, 2, 3], OBJECTS]
        if kind == "oracle":
            return oracle, [OBJECTS, OBJECTS]
        return ratios, [["1", "2", "3"], OBJECTS]

    return sample.tables(world)


def answers(rng, right: dict[str, float], number: int = 100, sizes=(1,)) -> Arrays:
    """Answers of a number of clips of each class, right in so many, and those of two folds."""
    sample = Sample(rng, dict.fromkeys(sorted(right), number), sizes)
    chance = np.array([right[label] for label in sample.labels])
    if len(sample.groups) == len(sample.labels):
        drawn = {by: rng.random(len(chance)) for by in ("clip", "group", "")}
    else:  # a group is right or wrong as a whole
        drawn = {by: rng.random(len(sample.groups))[sample.groups.index] for by in ("clip", "")}

    def world(column, name, by="", role=""):
        if column == "fold":
            return np.arange(len(chance)) % (5 if by == "clip" else 4), []
        return (drawn[by] < chance).astype(float), []

    return sample.tables(world)


def randomised(rng, correlations: dict[int, float]) -> Arrays:
    """Correlations with a network whose weights are random, of ten clips at two steps."""
    sample = Sample(rng, {"one": 5, "two": 5})
    common = 0.1 * sample.noise()
    values = {step: level + common + 0.1 * sample.noise() for step, level in correlations.items()}
    return sample.tables(lambda column, step, name: (values[step], []))


def gammas(rng) -> Arrays:
    """Four choices of gamma that are alike."""
    sample = Sample(rng, {"one": 20, "two": 20})
    values = 1 + sample.noise()[:, None] + 0.3 * sample.noise(4)
    choices = [f"uniform {gamma}" for gamma in range(4)]
    return sample.tables(lambda column, name: (values, [choices]))


def planted(rng, cosine: float) -> Arrays:
    """Cosines of eight planted subspaces."""
    cosines = cosine + 0.01 * rng.normal(size=PLANTED_DRAWS)
    rows = pd.DataFrame({"draw": np.arange(PLANTED_DRAWS), "cosine": cosines})
    return Sample(rng, {"one": 1}).tables(lambda column, **keys: None, rows)
