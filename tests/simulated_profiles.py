"""Draws the tables of study 1 from known accuracies, with clips that are easy or hard alike.

Whether a clip is classified rightly depends on what it has in common with its group, on the clip,
and on the layer and k: all layers, ks, networks and variants of a task share the first two, so that
their accuracies are correlated as those of real probes are.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from zlib import crc32

import numpy as np
import pandas as pd
from scipy.stats import norm
from simulations import bootstrap, in_memory

from tonotopy.studies.hierarchy.statistics.tables import DEFAULTS, HierarchyTables

GROUP, CLIP, LAYER, K = 0.1, 0.45, 0.35, 0.1  # shares of the variance of a clip's difficulty
GROUPS, SIZE = 54, 8
RESAMPLES = 500  # 2.5 % of fewer are too different a share


@dataclass(frozen=True)
class Curve:
    """The true accuracies of one profile.

    Attributes:
        rates: accuracy of each layer, 0 to 1, shape (layers,), or (ks, layers).
        network: name of the network, which is also its family.
        task: name of the task.
        variant: copy, length, folds or probe, where they differ from the defaults.
    """

    rates: tuple
    network: str = "clap"
    task: str = "genre"
    variant: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Simulation:
    """How tables are drawn: a function of a random stream and a folder, see `simulations`.

    Attributes:
        curves: the true profiles.
        levels: level of each task.
        classes: of every task: chance is one over it.
        groups: number of groups of clips of every task.
        size: clips of a group.
        ks: number of ks where all have the same rates.
    """

    curves: tuple[Curve, ...]
    levels: Mapping[str, str] = field(default_factory=lambda: {"genre": "high"})
    classes: int = 10
    groups: int = GROUPS
    size: int = SIZE
    ks: int = 1

    def __call__(self, rng: np.random.Generator, folder=None) -> HierarchyTables:
        # a stream of the case's own: an unlucky one would count in every case
        rng = np.random.default_rng([int(rng.integers(2**31)), crc32(repr(self).encode())])
        shared = {task: self._difficulty(rng) for task in self.levels}
        rows = [row for curve in self.curves for row in self._rows(rng, curve, shared)]
        networks = list(dict.fromkeys(curve.network for curve in self.curves))
        tasks = {task: {"corpus": task, "level": level} for task, level in self.levels.items()}
        group = np.repeat(np.arange(self.groups), self.size)
        columns = {"position": np.arange(len(group)), "clip": np.arange(len(group)), "group": group}
        clips = pd.concat([pd.DataFrame({"task": task, **columns}) for task in tasks])
        frames = {"correct": pd.DataFrame(rows), "clips": clips, "folds": self._folds()}
        settings = {"networks": networks, "tasks": tasks}
        return in_memory(HierarchyTables, frames, settings, bootstrap(rng, RESAMPLES))

    def _difficulty(self, rng: np.random.Generator) -> np.ndarray:
        common = np.repeat(rng.normal(size=self.groups), self.size)
        return np.sqrt(GROUP) * common + np.sqrt(CLIP) * rng.normal(size=len(common))

    def _rows(self, rng, curve: Curve, shared: dict) -> list[dict]:
        rates = np.atleast_2d(np.array(curve.rates, dtype=float))
        rates = np.repeat(rates, self.ks, axis=0) if len(rates) == 1 else rates
        clips = self.groups * self.size
        own = np.sqrt(LAYER) * rng.normal(size=(1, rates.shape[1], clips))
        own = own + np.sqrt(K) * rng.normal(size=(*rates.shape, clips))
        right = shared[curve.task] + own < norm.ppf(rates)[:, :, None]
        keys = {**DEFAULTS, **curve.variant, "network": curve.network, "family": curve.network}
        keys |= {"task": curve.task, "classes": self.classes, "shuffle": 0}
        return [
            {**keys, "k": k, "position": layer, "correct": right[k, layer]}
            for k in range(len(rates))
            for layer in range(rates.shape[1])
        ]

    def _folds(self) -> pd.DataFrame:
        rows = [
            {"task": task, "folds": kind, "groups": self.groups, "split_groups": split}
            for task in self.levels
            for kind, split in (("paper", 5), ("grouped", 0))
        ]
        return pd.DataFrame(rows)


def one(rates, network: str = "clap", task: str = "genre", **size) -> Simulation:
    """Return tables of one profile."""
    return Simulation((Curve(tuple(rates), network, task),), {task: "high"}, **size)


def two(rates, others, ks: int = 1, **variant: str) -> Simulation:
    """Return tables of a profile and its variant."""
    return Simulation((Curve(tuple(rates)), Curve(tuple(others), variant=variant)), ks=ks)


def of_tasks(networks: Mapping[str, Mapping[str, tuple]], levels: Mapping, **size) -> Simulation:
    """Return tables of networks (or "name untrained" for a copy) -> task -> accuracies."""
    curves = []
    for name, profiles in networks.items():
        network, _, copy = name.partition(" ")
        variant = {"copy": copy} if copy else {}
        curves += [Curve(tuple(r), network, task, variant) for task, r in profiles.items()]
    return Simulation(tuple(curves), levels, **size)
