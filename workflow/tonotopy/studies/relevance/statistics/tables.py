"""The tables of study 3 (relevance): values of clips, resampled by group."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import product
from typing import ClassVar, NamedTuple

import numpy as np
import pandas as pd

from tonotopy.errors import InputError
from tonotopy.evidence.claims import Estimate, NotApplicable, NotRun
from tonotopy.evidence.groups import Groups
from tonotopy.evidence.resampling import Resamples
from tonotopy.evidence.tables import StudyTables
from tonotopy.evidence.trainings import widening

AREAS = ("share", "step", "printed")  # under the curve of patch flipping
METHODS = ("drsa", "dsa", "pca", "random")  # of finding subspaces


@dataclass(frozen=True, eq=False)
class Clips:
    """The clips of a statistic, and the resamples of their groups.

    What is computed from the same clips is computed from the same resamples. Results have the data
    in row 0 and the resamples below it. Resampled means deviate from that of the data by as much
    more as few groups ask for, see `trainings.widening`.

    Attributes:
        ids: of the clips, ascending.
        labels: class of each clip, shape (clips,).
        groups: which clips are never drawn apart, such as those of a song.
        resamples: of the groups.
    """

    ids: pd.Index
    labels: np.ndarray
    groups: Groups
    resamples: Resamples

    @property
    def unit(self) -> str:
        """What is resampled: clips, or groups where clips belong together."""
        return "clip" if len(self.groups) == len(self.ids) else "group of clips"

    @cached_property
    def classes(self) -> list[str]:
        """Classes of the clips, ascending."""
        return np.unique(self.labels).tolist()

    def of(self, label: str) -> np.ndarray:
        """Return which clips are of a class, bool (clips,).

        Raises:
            NotRun: none is.
        """
        if label not in self.classes:
            raise NotApplicable(f"no clip of class '{label}' (there are {', '.join(self.classes)})")
        return self.labels == label

    def even(self, label: str) -> np.ndarray:
        """Return which clips belong to every other group of a class: bool (clips,).

        Groups are counted in the order of the clips. Clips of other classes are left out.
        """
        own = self.of(label)
        numbers = self.groups.index[own]
        order = dict.fromkeys(numbers.tolist())
        even = own.copy()
        even[own] = np.isin(numbers, list(order)[::2])
        return even

    def count(self, clips: np.ndarray) -> int:
        """Return the number of groups of some clips: bool (clips,)."""
        return len(np.unique(self.groups.index[clips]))

    def totals(self, values: np.ndarray) -> np.ndarray:
        """Return sums over clips: (clips, ...) to (1 + resamples, ...)."""
        sums = self.groups.sums(values)
        return np.concatenate([sums.sum(axis=0)[None], self.resamples.sums(sums)])

    def label_totals(self, values: np.ndarray) -> np.ndarray:
        """Return sums over each class's clips: (clips, ...) to (1 + resamples, classes, ...)."""
        own = self.labels[:, None] == np.array(self.classes, dtype=object)
        return self.totals(values[:, None] * own.reshape(*own.shape, *[1] * (values.ndim - 1)))

    def means(self, values: np.ndarray) -> np.ndarray:
        """Return means over clips, nan left out: (clips, ...) to (1 + resamples, ...)."""
        known = ~np.isnan(values)
        means = _ratio(self.totals(np.where(known, values, 0.0)), self.totals(known.astype(float)))
        return self._widened(means, known)

    def label_means(self, values: np.ndarray) -> np.ndarray:
        """Return means over each class's clips: (clips, ...) to (1 + resamples, classes, ...).

        Values that are nan are left out; a mean of none is nan.
        """
        means = self._label_means(values)
        for number, label in enumerate(self.classes):
            means[:, number] = self._widened(means[:, number], self.of(label))
        return means

    def _label_means(self, values: np.ndarray) -> np.ndarray:
        known = ~np.isnan(values)
        sums = self.label_totals(np.where(known, values, 0.0))
        return _ratio(sums, self.label_totals(known.astype(float)))

    def _widened(self, means: np.ndarray, clips: np.ndarray) -> np.ndarray:
        """Return means whose deviations are as much larger as the groups of some clips ask for.

        Args:
            means: the data in row 0, resamples below it.
            clips: that the means are of, bool (clips, ...).
        """
        some = clips.reshape(len(clips), -1).any(axis=1)
        return means[0] + widening(self.count(some), self.resamples.confidence) * (means - means[0])

    def over_labels(self, values: np.ndarray) -> np.ndarray:
        """Return means over clips, then over the classes that have any: (1 + resamples, ...)."""
        means = self._label_means(values)
        some = ~np.isnan(means[0]).reshape(len(self.classes), -1).all(axis=1)
        if not some.any():
            raise NotRun("no clip has such a value")
        return self._widened(means[:, some].mean(axis=1), ~np.isnan(values))


def _ratio(sums: np.ndarray, counts: np.ndarray) -> np.ndarray:
    return np.divide(sums, counts, out=np.full(sums.shape, np.nan), where=counts > 0)


class Grid(NamedTuple):
    """Values of clips.

    Attributes:
        clips: the same for all grids of a table.
        values: shape (clips, *axes).
        levels: what the entries of each axis stand for, ascending.
    """

    clips: Clips
    values: np.ndarray
    levels: list[list]


@dataclass(frozen=True)
class RelevanceTables(StudyTables):
    """The tables of one relevance study."""

    EACH: ClassVar = ("layer", "label", "attributed", "object", "part", "area", "method")
    ONLY: ClassVar = {
        "layers": None,
        "labels": None,
        "objects": None,
        "parts": None,
        "areas": AREAS,
        "methods": METHODS,
    }

    def combinations(self, row: dict) -> list[tuple[str, dict]]:
        """Return the study as a whole, or each layer, class, object ... that the row is about.

        ``attributed`` are the classes whose subspaces are exchanged, ``part`` those parts that are
        known to cause classes.
        """
        each, only = row.get("each", []), row.get("only", {})
        parts = [self._named(word, only.get(f"{word}s")) for word in each]
        return [
            (
                ".".join(name.replace(" ", "_") for name in names),
                dict(zip(each, names, strict=True)),
            )
            for names in product(*parts)
        ]

    def _named(self, word: str, only: list[str] | None) -> list[str]:
        known = {
            "layer": self.layers,
            "label": lambda: self.clips("predictions", role="explained").classes,
            "attributed": lambda: self.setting("exchanged"),
            "object": lambda: self.setting("objects"),
            "part": lambda: list(self.setting("causes")),
            "area": lambda: AREAS,
            "method": lambda: METHODS,
        }
        names = [name for name in known[word]() if only is None or name in only]
        if not names:
            raise NotApplicable(f"the instance has no {word} {' or '.join(only or [])}")
        return names

    def layers(self) -> list[str]:
        """Return the layers that have subspaces, from input to output."""
        named = self.settings.get("layers")
        return named or list(dict.fromkeys(self.table("objectives")["layer"]))

    def shown(self, layer: str | None = None, components: int | None = None) -> dict:
        """Return layer and number of components; those that are shown where none is given.

        Raises:
            NotRun: none is given, and the instance shows none.
        """
        given = {"layer": layer, "components": components}
        return {
            k: self.setting("shown")[k] if value is None else value for k, value in given.items()
        }

    @cached_property
    def _read(self) -> dict[str, pd.DataFrame]:
        return {}

    @cached_property
    def _parts(self) -> dict[tuple, dict[tuple, pd.DataFrame]]:
        return {}

    @cached_property
    def _clips(self) -> dict[tuple, Clips]:
        return {}

    @cached_property
    def _drawn(self) -> dict[int, Resamples]:
        return {}

    def table(self, name: str) -> pd.DataFrame:
        """Return a table; one of answers also has the column ``right``, 1 or 0.

        That of gammas also has ``choice``: kind and value as one text.

        Raises:
            NotRun: the run did not make it.
        """
        if name not in self._read:
            rows = self.read(name)
            if "predicted" in rows:
                right = rows["label"].astype(str) == rows["predicted"].astype(str)
                rows = rows.assign(right=right.astype(float))
            if "gamma" in rows:
                pairs = zip(rows["kind"], rows["gamma"], strict=True)
                rows = rows.assign(choice=[k if np.isnan(g) else f"{k} {g:g}" for k, g in pairs])
            self._read[name] = rows
        return self._read[name]

    def rows(self, name: str, **keys) -> pd.DataFrame:
        """Return the rows of a table in which some columns have certain values.

        Raises:
            NotRun: there is none.
        """
        if not keys:
            return self.table(name)
        columns = (name, *keys)
        if columns not in self._parts:
            grouped = self.table(name).groupby(list(keys), sort=False, observed=True)
            self._parts[columns] = dict(iter(grouped))
        rows = self._parts[columns].get(tuple(keys.values()))
        if rows is None:
            wanted = ", ".join(f"{key} '{value}'" for key, value in keys.items())
            raise NotRun(f"the table '{name}' has nothing for {wanted}")
        return rows

    def clips(self, name: str, **keys) -> Clips:
        """Return the clips of a table, or of some of its rows; arguments as for `rows`.

        Raises:
            NotRun: there are no such rows.
            InputError: a clip has two groups or classes.
        """
        wanted = (name, *keys.items())
        if wanted not in self._clips:
            about = self.rows(name, **keys)[["clip", "group", "label"]].drop_duplicates()
            about = about.astype(str).sort_values("clip")
            twice = about["clip"].duplicated()
            if twice.any():
                self._refuse(name, about["clip"][twice].iloc[0], "has two groups or classes")
            groups = Groups(about["group"])
            if len(groups) not in self._drawn:
                self._drawn[len(groups)] = groups.draw(self.bootstrap, "relevance")
            index, labels = pd.Index(about["clip"]), about["label"].to_numpy(dtype=object)
            self._clips[wanted] = Clips(index, labels, groups, self._drawn[len(groups)])
        return self._clips[wanted]

    def grid(
        self,
        name: str,
        column: str,
        axes: Sequence[str] = (),
        clips: Clips | None = None,
        complete: bool = True,
        **keys,
    ) -> Grid:
        """Return a column of a table as an array.

        Args:
            name: of the table.
            column: of the values.
            axes: columns that tell the values of a clip apart.
            clips: of the array; all of the table if None.
            complete: whether every clip has every value; if not, those that lack are nan.
            keys: see `rows`.

        Raises:
            NotRun: there are no such rows.
            InputError: a clip has a value twice, or lacks one.
        """
        rows = self.rows(name, **keys)
        clips = self.clips(name) if clips is None else clips
        levels, codes = [], [clips.ids.get_indexer(rows["clip"].astype(str))]
        for axis in axes:
            entries, numbers = np.unique(rows[axis].to_numpy(), return_inverse=True)
            levels.append(entries.tolist())
            codes.append(numbers)
        shape = (len(clips.ids), *map(len, levels))
        cells = np.ravel_multi_index(codes, shape)
        counts = np.bincount(cells, minlength=int(np.prod(shape)))
        for wrong, what in ((counts > 1, "occurs twice"), (complete & (counts < 1), "is missing")):
            if wrong.any():
                clip = clips.ids[np.unravel_index(np.argmax(wrong), shape)[0]]
                self._refuse(name, clip, f"{what} ({', '.join(map(str, keys.values()))})")
        values = np.full(counts.shape, np.nan)
        values[cells] = rows[column]
        return Grid(clips, values.reshape(shape), levels)

    def _refuse(self, name: str, clip: str, what: str):
        raise InputError(f"{self.paths[name]}: clip {clip} {what}; make the table again")

    def over(
        self, values: np.ndarray, clips: Clips, groups: int | None = None, trainings: int = 1
    ) -> Estimate:
        """Return the estimate of a statistic, (1 + resamples,).

        Args:
            values: the data in row 0, resamples below it.
            clips: that were resampled.
            groups: number of their groups that the statistic is of; all if None.
            trainings: of networks that it is of.
        """
        groups = len(clips.groups) if groups is None else groups
        return self.estimate(values[0], values[1:], groups, unit=clips.unit, trainings=trainings)

    def exact(self, value: float, clips: int) -> Estimate:
        """Return a number without sampling error, of so many groups of clips."""
        draws = np.full(self.bootstrap.resamples, value)
        return self.estimate(value, draws, clips, exact=True, unit="clip", trainings=1)
