"""Tables of many networks: means over resampled units, which every comparison shares."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import product
from typing import ClassVar, NamedTuple

import numpy as np
import pandas as pd

from tonotopy.errors import InputError
from tonotopy.evidence.claims import Estimate, NotApplicable, NotRun
from tonotopy.evidence.tables import StudyTables
from tonotopy.evidence.trainings import training_shares, widening


class Means(NamedTuple):
    """Means over trainings and units.

    Attributes:
        values: shape (1 + resamples, *axes), the data in row 0.
        units: what was resampled, ascending.
        unit: what these are, such as "clip".
        trainings: number of trainings that the means are of.
    """

    values: np.ndarray
    units: tuple
    unit: str = ""
    trainings: int | None = None


@dataclass(frozen=True)
class NetworkTables(StudyTables):
    """The tables of an instance that compares networks on the same clips.

    A study's own class says which names the words of its claims stand for (`named`), and which of
    its networks exist (`known`).

    Attributes:
        STREAM: name of the study's random stream.
        IDENTITY: columns that tell rows apart: none may occur twice.
    """

    STREAM: ClassVar[str] = ""
    IDENTITY: ClassVar[tuple[str, ...]] = ()

    def combinations(self, row: dict) -> list[tuple[str, dict]]:
        """Return the study as a whole, or each layer, network ... that the row is about.

        Raises:
            NotRun: the instance has nothing that the row asks for.
        """
        each, only = row.get("each", []), row.get("only", {})
        parts = product(*(self.named(word, only) for word in each))
        names = [self.ARGUMENTS.get(word, word) for word in each]
        return [
            (".".join(str(p).replace(" ", "_") for p in part), dict(zip(names, part, strict=True)))
            for part in parts
        ]

    def named(self, word: str, only: Mapping[str, Sequence[str]]) -> list:
        """Return what a word of a claim's ``each`` stands for in this instance.

        Raises:
            NotRun: nothing.
        """
        raise NotImplementedError

    def known(self) -> dict[str, Sequence[str]]:
        """Return column -> the names that its values may have, for messages."""
        return {}

    @cached_property
    def _read(self) -> dict[str, pd.DataFrame]:
        return {}

    @cached_property
    def _selected(self) -> dict[tuple, pd.DataFrame]:
        return {}

    @cached_property
    def _counts(self) -> dict[tuple, np.ndarray]:
        return {}

    def table(self, name: str) -> pd.DataFrame:
        """Return a table.

        Raises:
            NotRun: the run did not make it.
        """
        if name not in self._read:
            rows = self.read(name)
            texts = rows.select_dtypes("category").columns
            self._read[name] = rows.astype(dict.fromkeys(texts, str))
        return self._read[name]

    def rows(self, name: str, **keys) -> pd.DataFrame:
        """Return the rows of a table in which some columns have certain values.

        Raises:
            NotRun: there is none; the message says whether the instance has such a network or task.
        """
        if (name, *keys.items()) not in self._selected:
            rows = self.table(name)
            self._check_names(keys)
            for key, value in keys.items():
                rows = rows[rows[key] == value]
            if rows.empty:
                wanted = ", ".join(f"{key} '{value}'" for key, value in keys.items())
                raise NotRun(f"the table '{name}' has nothing for {wanted or 'any network'}")
            self._selected[(name, *keys.items())] = rows
        return self._selected[(name, *keys.items())]

    def _check_names(self, keys: dict) -> None:
        for key, names in self.known().items():
            if key in keys and keys[key] not in names:
                raise NotApplicable(
                    f"the instance has no {key} '{keys[key]}' (it has {', '.join(names)})"
                )

    def counts(self, units: int, kind: str) -> np.ndarray:
        """Return how often units are in the data and in every resample: (1 + resamples, units).

        As many units of a kind are always resampled alike, so that comparisons are paired.

        Raises:
            NotRun: there is no unit.
        """
        if not units:
            raise NotRun(f"there is no {kind} to resample")
        if (units, kind) not in self._counts:
            drawn = self.bootstrap.draw(units, self.STREAM, kind, units).counts
            self._counts[units, kind] = np.concatenate([np.ones((1, units)), drawn])
        return self._counts[units, kind]

    def widened_counts(self, units: int, kind: str) -> np.ndarray:
        """Return counts whose deviations are larger by as much as means of few units lack.

        For what is linear in them: see `trainings.widening`. A unit may have a negative weight.
        """
        return 1 + widening(units, self.bootstrap.confidence) * (self.counts(units, kind) - 1)

    def trainings(self, rows: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
        """Return the training of every row of one network, and the weights of trainings.

        Returns:
            Numbers, shape (rows,), and weights, (1 + resamples, trainings), see `training_shares`.
        """
        columns = [column for column in ("run", "repeat") if column in rows]
        numbers = rows.groupby(columns, sort=True).ngroup().to_numpy()
        runs = rows[columns].drop_duplicates().sort_values(columns)["run"].to_numpy()
        (network,) = rows["network"].unique()
        return numbers, training_shares(runs, self.bootstrap, self.STREAM, "runs", network)

    def means(
        self,
        name: str,
        column: str | Callable[[pd.DataFrame], pd.Series],
        unit: str,
        axes: Mapping[str, Sequence] | None = None,
        weight: str | None = None,
        **keys,
    ) -> Means:
        """Return means of a column over resampled units and trainings of one network.

        Values that are nan are left out; a mean of none is nan. Intervals are as wide as few units
        ask for, see `widened_counts`.

        Args:
            name: of the table.
            column: of the values, or what makes them of the rows.
            unit: column of what is resampled.
            axes: column -> its values, for each of which there is a mean.
            weight: column of the weights of rows; all weigh the same if None.
            keys: which rows, see `rows`; ``network`` is among them.

        Raises:
            NotRun: there are no such rows, or none for a value of an axis.
            InputError: a row occurs twice.
        """
        rows, axes = self.rows(name, **keys), axes or {}
        for axis, levels in axes.items():
            for level in set(levels) - set(rows[axis]):
                raise NotRun(f"the table '{name}' has nothing for {axis} '{level}'")
            rows = rows[rows[axis].isin(levels)]
        self.refuse_twice(name, rows)
        values = (column(rows) if callable(column) else rows[column]).to_numpy(dtype=float)
        weights = np.ones(len(rows)) if weight is None else rows[weight].to_numpy(dtype=float)
        weights = np.where(np.isnan(values), 0.0, weights)
        units, index = np.unique(rows[unit].to_numpy(), return_inverse=True)
        training, shares = self.trainings(rows)
        places = [training, index, *(pd.Index(v).get_indexer(rows[a]) for a, v in axes.items())]
        shape = (shares.shape[1], len(units), *map(len, axes.values()))
        sums, totals = (
            np.bincount(np.ravel_multi_index(places, shape), cells, int(np.prod(shape)))
            for cells in (weights * np.nan_to_num(values), weights)
        )
        counts = self.widened_counts(len(units), unit)
        sums, totals = (np.tensordot(counts, v.reshape(shape), (1, 1)) for v in (sums, totals))
        means = np.divide(sums, totals, out=np.full(sums.shape, np.nan), where=totals > 0)
        values = np.einsum("bt,bt...->b...", shares, means)
        return Means(values, tuple(units), unit, shares.shape[1])

    def refuse_twice(self, name: str, rows: pd.DataFrame) -> None:
        """Refuse rows that are there twice.

        Raises:
            InputError: some are; the message says which.
        """
        known = [column for column in self.IDENTITY if column in rows]
        twice = rows.duplicated(known)
        if twice.any():
            what = ", ".join(f"{c} {v}" for c, v in rows.loc[twice, known].iloc[0].items())
            raise InputError(f"{self.paths[name]}: {what} occurs twice; make the table again")

    def paired(self, *means: Means) -> int:
        """Return the number of units of means that are compared.

        Raises:
            NotRun: they are not of the same units.
        """
        if any(other.units != means[0].units for other in means):
            raise NotRun("what is compared was not measured on the same clips or classes")
        return len(means[0].units)

    def over(
        self, values: np.ndarray, units: int, unit: str = "", trainings: int | None = None
    ) -> Estimate:
        """Return the estimate of a statistic, (1 + resamples,), of so many units."""
        return self.estimate(values[0], values[1:], units, unit=unit, trainings=trainings)

    def exact(
        self, value: float, units: int, unit: str = "", trainings: int | None = None
    ) -> Estimate:
        """Return a number without sampling error, of so many units."""
        draws = np.full(self.bootstrap.resamples, value)
        return self.estimate(value, draws, units, exact=True, unit=unit, trainings=trainings)


def difference(tables: NetworkTables, first: Means, second: Means, ratio: bool = False) -> Estimate:
    """Return the difference of two means over the same units, or their ratio.

    Raises:
        NotRun: they are not of the same units, or the second one is 0.
    """
    units, (one, other) = tables.paired(first, second), (first.values, second.values)
    values = quotient(one, other) if ratio else one - other
    return tables.over(values, units, first.unit, first.trainings)


def quotient(values: np.ndarray, by: np.ndarray) -> np.ndarray:
    """Return a quotient, nan where the divisor is not above 0."""
    return np.divide(values, by, out=np.full(values.shape, np.nan), where=by > 0)
