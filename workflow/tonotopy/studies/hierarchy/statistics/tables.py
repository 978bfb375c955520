"""The tables of study 1 (hierarchy): which clips are decoded rightly from which layer."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import product
from typing import ClassVar

import numpy as np
import pandas as pd

from tonotopy.errors import InputError
from tonotopy.evidence.claims import Estimate, NotApplicable, NotRun
from tonotopy.evidence.orders import Order, with_ends
from tonotopy.evidence.tables import StudyTables
from tonotopy.studies.hierarchy.clip_groups import ClipResamples, resamples_by_task
from tonotopy.studies.hierarchy.families import THESIS_FAMILIES
from tonotopy.studies.hierarchy.profiles import best_k

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
        trainings: of the network; None for a copy that was not trained.
    """

    right: np.ndarray
    ks: tuple[int, ...]
    chance: float
    resamples: ClipResamples
    trainings: int | None = 1

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
        return np.concatenate([values.mean(axis=0)[None], self.resamples.means(values)])


@dataclass(frozen=True)
class HierarchyTables(StudyTables):
    """The tables of one hierarchy study: correct, clips, tagging, controls, folds, known_answers.

    The last is there where a network has published weights.
    """

    EACH: ClassVar = ("network", "task")
    ONLY: ClassVar = {
        "families": (*THESIS_FAMILIES, "other"),
        "tasks": None,
        "levels": ("low", "mid", "high"),
        "copies": ("trained", "untrained", "start"),
        "weights": ("published",),
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
    def copies(self) -> dict[str, set[str]]:
        """Which copies of each network were probed: trained, untrained, start."""
        copies: dict[str, set[str]] = {}
        for key in self.correct:
            copies.setdefault(key[0], set()).add(key[KEYS.index("copy")])
        return copies

    @cached_property
    def tagging(self) -> pd.DataFrame:
        return self.read("tagging")

    @cached_property
    def controls(self) -> pd.DataFrame:
        return self.read("controls")

    @cached_property
    def folds(self) -> pd.DataFrame:
        return self.read("folds")

    @cached_property
    def known_answers(self) -> pd.DataFrame:
        if "known_answers" not in self.paths:
            raise NotRun("no published weights in this run")
        return self.read("known_answers")

    @cached_property
    def resamples(self) -> Mapping[str, ClipResamples]:
        """Task -> resamples of its clips."""
        return resamples_by_task(self.read("clips"), self.bootstrap)

    def combinations(self, row: dict) -> list[tuple[str, dict]]:
        """Return the study as a whole, or each network or task (or both) that the row is about."""
        task, only = row.get("arguments", {}).get("task"), row.get("only", {})
        tasks = self.tasks([task] if task else only.get("tasks"), only.get("levels"))
        parts = {"task": tasks}
        parts["network"] = self.networks(
            *(only.get(key) for key in ("families", "copies", "weights"))
        )
        each = row.get("each", [])
        return [
            (".".join(values), dict(zip(each, values, strict=True)))
            for values in product(*(parts[name] for name in each))
        ]

    def networks(
        self,
        families: list[str] | None = None,
        copies: list[str] | None = None,
        weights: list[str] | None = None,
    ) -> list[str]:
        """Return the study's networks of some families that have one of some copies.

        They are in the order of the configuration; with ``weights`` (["published"]) only those
        whose weights are published ones.

        Raises:
            NotRun: there is none.
        """
        published = None if weights is None else set(self.known_answers["network"])
        names = [
            name
            for name in self.settings["networks"]
            if (published is None or name in published)
            and (families is None or self.families.get(name) in families)
            and (copies is None or self.copies.get(name, set()) & set(copies))
        ]
        if not names:
            condition = f" of family {' or '.join(families)}" if families else ""
            condition += f" with the copy '{' or '.join(copies)}'" if copies else ""
            raise NotApplicable(f"the study has no network{condition}")
        return names

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
            raise NotApplicable(f"the study has no task{condition}")
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
        try:
            right, ks = _cube(rows)
            resamples = self.resamples.get(task)
            if resamples is None or resamples.clips != right.shape[-1]:
                raise InputError("its clips are not those of clips.parquet; make both again")
        except InputError as error:
            raise InputError(f"{self.paths['correct']}: {network} on {task}: {error}") from None
        trainings = 1 if {**DEFAULTS, **keys}["copy"] == "trained" else None
        return Decoded(right, ks, 1 / int(rows["classes"].iloc[0]), resamples, trainings)

    def profile(self, network: str, task: str, layers: int, **keys) -> Decoded:
        """Return which clips were right, from at least so many layers; see `decoded`.

        Raises:
            NotRun: the run has no such profile, or it has fewer layers.
        """
        part = self.decoded(network, task, **keys)
        if len(part.right) < layers:
            raise NotRun(f"{len(part.right)} layers are too few, {layers} are needed")
        return part

    def grouping(self, task: str, folds: str) -> pd.Series:
        """Return a task's row of folds.parquet.

        Raises:
            NotRun: the run has no such folds, or nothing is known that clips have in common.
        """
        rows = self.folds
        rows = rows[(rows["task"] == task) & (rows["folds"] == folds)]
        if rows.empty:
            raise NotRun(f"no {folds} folds of {task}")
        row = rows.iloc[0]
        if row["groups"] in (0, self.resamples[task].clips):
            raise NotRun(f"no groups are known in task {task}")
        if row.get("reason"):
            raise NotRun(f"no {folds} folds of {task}: {row['reason']}")
        return row

    def over(self, function: Callable, *parts: Decoded) -> Estimate:
        """Return the estimate of a statistic of accuracies at each part's best k.

        The k is chosen once, from all clips; resamples are shared by layers, ks and networks.

        Args:
            function: accuracies of each part, (1 + resamples, layers), to (1 + resamples,).
            parts: profiles of one task.
        """
        return self.of_parts(function(*(part.accuracies for part in parts)), *parts)

    def of_parts(self, values: np.ndarray, *parts: Decoded) -> Estimate:
        """Return the estimate of values, (1 + resamples,), that come from some profiles.

        Profiles of one task share its resampled groups, which count once; tasks' add up.
        """
        resamples = {id(part.resamples): part.resamples for part in parts}.values()
        trained = any(part.trainings for part in parts)
        return self.estimate(
            values[0],
            values[1:],
            sum(each.units for each in resamples),
            unit=" or ".join(dict.fromkeys(each.unit for each in resamples)),
            trainings=1 if trained else None,
        )

    def ordered(self, order: Order, *parts: Decoded) -> Estimate:
        """Return the estimate of an order (see `orders`) that comes from some profiles."""
        estimate = self.of_parts(np.append(order.value, order.draws), *parts)
        return with_ends(estimate, order)


def _cube(rows: pd.DataFrame) -> tuple[np.ndarray, tuple[int, ...]]:
    """Return (layers, ks, clips) and the ks."""
    rows = rows.sort_values(["position", "k"])
    ks = tuple(int(k) for k in sorted(set(rows["k"])))
    layers = rows["position"].nunique()
    if len(rows) != layers * len(ks) or rows.duplicated(["position", "k"]).any():
        raise InputError("layers differ in their ks; make the table again")
    if rows["correct"].map(len).nunique() != 1:
        raise InputError("layers differ in their clips; make the table again")
    return np.stack(rows["correct"].to_list()).reshape(layers, len(ks), -1), ks
