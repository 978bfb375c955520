"""What the tables of every study share: reading, resampling, estimates with intervals."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np
import pandas as pd

from tonotopy.evidence.claims import Estimate, NotApplicable, NotRun
from tonotopy.evidence.resampling import Bootstrap
from tonotopy.files import read_table

FEWEST = 8  # independent observations: resamples of fewer are too often the same


def too_few(n: int) -> str:
    """Return why so many independent observations have no interval, "" where they have one."""
    few = n < FEWEST
    return f"{n} observations are too few for an interval ({FEWEST} are needed)" if few else ""


@dataclass(frozen=True)
class StudyTables:
    """The tables of one instance of a study, and how they are resampled.

    A study's own class adds what its claims may ask for.

    Attributes:
        paths: name of each table that the run made -> its file.
        settings: the instance's entry in config.yaml, as far as its claims depend on it.
        bootstrap: how the run resamples.
        EACH: words of a claim's ``each``: the parts that are judged one by one.
        ONLY: words of a claim's ``only`` -> the values they take, None if any.
        ARGUMENTS: word of ``each`` -> the argument of a statistic that it gives, where the two
            differ.
    """

    paths: Mapping[str, Path]
    settings: dict
    bootstrap: Bootstrap
    EACH: ClassVar[tuple[str, ...]] = ()
    ONLY: ClassVar[dict[str, tuple[str, ...] | None]] = {}
    ARGUMENTS: ClassVar[dict[str, str]] = {}

    def combinations(self, row: dict) -> list[tuple[str, dict]]:
        """Return what a claim is judged for: (end of its id, arguments) each.

        Args:
            row: a row of the study's claims, see `claims.read_claims`.

        Raises:
            NotRun: the instance has nothing that the row asks for.
        """
        raise NotImplementedError

    def setting(self, key: str):
        """Return what the instance's entry says of a key.

        Raises:
            NotRun: nothing.
        """
        value = self.settings.get(key)
        if not value:
            raise NotApplicable(f"the instance has no '{key}'")
        return value

    def read(self, name: str) -> pd.DataFrame:
        """Return a table of the instance.

        Raises:
            NotRun: the run did not make it, whatever an earlier one left on the disk.
        """
        if name not in self.paths:
            raise NotApplicable(f"the table '{name}' is not part of this run")
        return read_table(self.paths[name])

    def weights(self, n: int, name: str) -> np.ndarray:
        """Return the share of each of n units in every resample, (resamples, n), rows sum to 1.

        Args:
            n: number of units.
            name: tells the random stream from those of other statistics.

        Raises:
            NotRun: there is no unit.
        """
        if not n:
            raise NotRun("no observation is left (every strength has collapsed)")
        return self.bootstrap.draw(n, "bootstrap", name).counts / n

    def mean(
        self, values, name: str = "", unit: str = "", trainings: int | None = None
    ) -> Estimate:
        """Return the mean of independent observations with its bootstrap interval."""
        values = np.asarray(values, dtype=float)
        weights = self.weights(len(values), name)
        draws = weights @ values
        return self.estimate(values.mean(), draws, len(values), unit=unit, trainings=trainings)

    def estimate(
        self,
        value,
        draws,
        n: int,
        exact: bool = False,
        unit: str = "",
        trainings: int | None = None,
    ) -> Estimate:
        """Return an estimate with the percentile interval of its draws.

        Args:
            value: the estimate.
            draws: the same from every resample; nan where it is undefined.
            n: number of independent observations.
            exact: whether it is a count without sampling error, for which one is enough.
            unit: what was resampled, see `claims.Estimate`.
            trainings: of networks, see `claims.Estimate`.

        Raises:
            NotRun: there are fewer than `FEWEST` observations, or the value, or too large a share
                of the draws for an interval, is undefined.
        """
        if not exact and (reason := too_few(n)):
            raise NotRun(reason)
        draws = np.asarray(draws, dtype=float)
        defined = draws[~np.isnan(draws)]
        if np.isnan(value):
            raise NotRun(
                "undefined here: nothing varies, nothing is above chance, or too few are resampled"
            )
        if len(defined) < self.bootstrap.confidence * len(draws):
            raise NotRun(f"undefined in {1 - len(defined) / len(draws):.0%} of the resamples")
        low, high = self.bootstrap.interval(defined)
        return Estimate(
            float(value), float(low), float(high), int(n), defined, unit=unit, trainings=trainings
        )


def one_third(layers: int) -> int:
    """Return how many layers a third of them are.

    Raises:
        NotRun: fewer than three layers have no thirds.
    """
    if layers < 3:
        raise NotApplicable(f"{layers} layers have no thirds")
    return layers // 3


def middle_third(layers: int) -> slice:
    """Return the middle third of the layers, the larger part where it does not come out even."""
    return slice(layers // 3, layers - layers // 3)


def middle_advantage(accuracies: np.ndarray) -> np.ndarray:
    """Return the best middle-third layer minus the better of first and last: (n, layers) to (n,).

    Raises:
        NotRun: fewer than three layers have no middle.
    """
    layers = accuracies.shape[1]
    if layers < 3:
        raise NotApplicable(f"{layers} layers have no middle")
    best_middle = accuracies[:, middle_third(layers)].max(axis=1)
    return best_middle - np.maximum(accuracies[:, 0], accuracies[:, -1])
