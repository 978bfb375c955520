"""The tables of study 1 (hierarchy): which clips are decoded rightly from which layer."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from itertools import product
from typing import ClassVar

import numpy as np
import pandas as pd

from tonotopy.errors import InputError
from tonotopy.evidence.claims import Estimate, NotRun
from tonotopy.evidence.resampling import Resamples
from tonotopy.evidence.tables import StudyTables
from tonotopy.studies.hierarchy.families import THESIS_FAMILIES
from tonotopy.studies.hierarchy.profiles import best_k, clip_resamples

KEYS = ("network", "task", "copy", "length", "folds", "probe", "labels")
DEFAULTS = {
    "copy": "trained",
    "length": "whole",
    "folds": "paper",
    "probe": "knn",
    "labels": "true",
}


@dataclass(frozen=True)
class Decoded:
    """Which clips of one task were classified rightly from each layer of one network.

    Attributes:
        right: bool (layers, ks, clips), layers from input to output.
        ks: numbers of neighbours, ascending; (0,) for a linear probe.
        chance: accuracy of guessing, 0 to 1.
        resamples: of the clips; the same object for all of one task.
    """

    right: np.ndarray
    ks: tuple[int, ...]
    chance: float
    resamples: Resamples

    @property
    def clips(self) -> int:
        return self.right.shape[-1]

    @cached_property
    def best(self) -> np.ndarray:
        """Rows at the k whose peak over layers is best, bool (layers, clips)."""
        k = best_k(self.right.mean(axis=-1), self.ks)
        return self.right[:, self.ks.index(k)]

    @cached_property
    def accuracies(self) -> np.ndarray:
        """Accuracy per layer at the best k, (1 + resamples, layers): the data, then resamples."""
        return self.over_resamples(self.best)

    def over_resamples(self, right: np.ndarray) -> np.ndarray:
        """Return means over clips: (..., clips) to (1 + resamples, ...), the data's own first."""
        values = np.moveaxis(right.astype(float), -1, 0)
        # whole numbers are exact, so that equal accuracies stay equal
        sums = np.concatenate([values.sum(axis=0)[None], self.resamples.sums(values)])
        return sums / self.clips


@dataclass(frozen=True)
class HierarchyTables(StudyTables):
    """The tables of one hierarchy study: correct, tagging, controls and folds."""

    EACH: ClassVar = ("network", "task")
    ONLY: ClassVar = {
        "families": (*THESIS_FAMILIES, "other"),
        "tasks": None,
        "levels": ("low", "mid", "high"),
    }

    @cached_property
    def correct(self) -> dict[tuple, pd.DataFrame]:
        """Rows of correct.parquet by their KEYS."""
        table = self.read("correct")
        return dict(iter(table.groupby(list(KEYS), observed=True, sort=False)))

    @cached_property
    def families(self) -> dict[str, str]:
        """Kind of each network: vggish, clap, mobilenet, ast or other."""
        return {key[0]: rows["family"].iloc[0] for key, rows in self.correct.items()}

    @cached_property
    def tagging(self) -> pd.DataFrame:
        return self.read("tagging")

    @cached_property
    def controls(self) -> pd.DataFrame:
        return self.read("controls")

    @cached_property
    def folds(self) -> pd.DataFrame:
        return self.read("folds")

    def combinations(self, row: dict) -> list[tuple[str, dict]]:
        """Return the study as a whole, or each network or task (or both) that the row is about."""
        task, only = row.get("arguments", {}).get("task"), row.get("only", {})
        tasks = self.tasks([task] if task else only.get("tasks"), only.get("levels"))
        parts = {"network": self.networks(only.get("families")), "task": tasks}
        each = row.get("each", [])
        return [
            (".".join(values), dict(zip(each, values, strict=True)))
            for values in product(*(parts[name] for name in each))
        ]

    def networks(self, families: list[str] | None = None) -> list[str]:
        """Return the study's networks of some families, in the order of the configuration.

        Raises:
            NotRun: there is none.
        """
        names = self.settings["networks"]
        networks = [n for n in names if families is None or self.families.get(n) in families]
        if not networks:
            raise NotRun(f"the study has no network of family {' or '.join(families or [])}")
        return networks

    def tasks(self, names: list[str] | None = None, levels: list[str] | None = None) -> list[str]:
        """Return the study's tasks among some names and levels.

        Raises:
            NotRun: there is none.
        """
        tasks = [
            task
            for task, about in self.settings["tasks"].items()
            if (names is None or task in names) and (levels is None or about["level"] in levels)
        ]
        if not tasks:
            condition = f" {' or '.join(names)}" if names else ""
            condition += f" of level {' or '.join(levels)}" if levels else ""
            raise NotRun(f"the study has no task{condition}")
        return tasks

    def rows(self, network: str, task: str, **keys) -> pd.DataFrame:
        """Return the rows of correct.parquet for one network, task and variant.

        Args:
            network: name of the network.
            task: name of the task.
            keys: copy, length, folds, probe or labels where they differ from DEFAULTS.

        Raises:
            NotRun: the run has no such rows.
        """
        variant = {"network": network, "task": task, **DEFAULTS, **keys}
        rows = self.correct.get(tuple(variant[key] for key in KEYS))
        if rows is None:
            differing = " and ".join(f"{key} '{variant[key]}'" for key in KEYS if key in keys)
            raise NotRun(
                f"no profile of {network} on {task}" + (f" with {differing}" if differing else "")
            )
        return rows

    def decoded(self, network: str, task: str, **keys) -> Decoded:
        """Return which clips were right, by layer and k; arguments as for `rows`.

        Raises:
            NotRun: the run has no such profile.
            InputError: clips or ks differ between layers.
        """
        rows = self.rows(network, task, **keys)
        right, ks = _cube(rows, f"{self.paths['correct']}: {network} on {task}")
        resamples = self.clip_resamples(task, right.shape[-1])
        return Decoded(right, ks, 1 / int(rows["classes"].iloc[0]), resamples)

    def clip_resamples(self, task: str, clips: int) -> Resamples:
        """Return the resamples of a task's clips, those of its profiles and centres."""
        return clip_resamples(self.bootstrap, task, clips)

    def grouping(self, task: str, folds: str) -> pd.Series:
        """Return a task's row of folds.parquet.

        Raises:
            NotRun: the run has no such folds, or nothing is known that clips have in common.
        """
        rows = self.folds
        rows = rows[(rows["task"] == task) & (rows["folds"] == folds)]
        if rows.empty:
            raise NotRun(f"no {folds} folds of {task}")
        row, clips = rows.iloc[0], self._clips(task)
        if row["groups"] in (0, clips):
            raise NotRun(f"no groups are known in task {task}")
        return row

    def _clips(self, task: str) -> int:
        counts = [len(r["correct"].iloc[0]) for key, r in self.correct.items() if key[1] == task]
        return max(counts, default=0)

    def over(self, function: Callable, *parts: Decoded) -> Estimate:
        """Return the estimate of a statistic of accuracies at each part's best k.

        The k is chosen once, from all clips; resamples are shared by layers, ks and networks.

        Args:
            function: accuracies of each part, (1 + resamples, layers), to (1 + resamples,).
            parts: profiles of one task.
        """
        values = function(*(part.accuracies for part in parts))
        return self.estimate(values[0], values[1:], parts[0].clips)


def _cube(rows: pd.DataFrame, path: str) -> tuple[np.ndarray, tuple[int, ...]]:
    """Return (layers, ks, clips) and the ks."""
    rows = rows.sort_values(["position", "k"])
    ks = tuple(int(k) for k in sorted(set(rows["k"])))
    layers = rows["position"].nunique()
    if len(rows) != layers * len(ks) or rows.duplicated(["position", "k"]).any():
        raise InputError(f"{path}: layers differ in their ks; make the table again")
    if rows["correct"].map(len).nunique() != 1:
        raise InputError(f"{path}: layers differ in their clips; make the table again")
    return np.stack(rows["correct"].to_list()).reshape(layers, len(ks), -1), ks
