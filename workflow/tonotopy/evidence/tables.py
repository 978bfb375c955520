"""What the tables of every study share: reading, resampling, estimates with intervals."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from tonotopy.evidence.claims import Estimate, NotRun
from tonotopy.evidence.resampling import bootstrap_weights, interval
from tonotopy.files import read_table
from tonotopy.seeding import generator

FEWEST = 8  # independent observations: resamples of fewer are too often the same


@dataclass(frozen=True)
class StudyTables:
    """The tables of one study.

    Attributes:
        folder: results/{scale}/{room}/{study}.
        settings: the study's entry in config.yaml.
        resamples: bootstrap resamples.
        confidence: level of the intervals.
        seed: seed of the run.
    """

    folder: Path
    settings: dict
    resamples: int
    confidence: float
    seed: int

    def combinations(self, row: dict) -> list[tuple[str, dict]]:
        """Return what a row of claims.yaml is judged for: (end of its id, arguments) each.

        Raises:
            NotRun: the study has nothing that the row asks for.
        """
        raise NotImplementedError

    def read(self, name: str) -> pd.DataFrame:
        """Return a table of the study.

        Raises:
            NotRun: the run did not make it.
        """
        path = self.folder / name
        if not path.is_file():
            raise NotRun(f"{name} is not part of this run")
        return read_table(path)

    def weights(self, n: int, name: str) -> np.ndarray:
        """Bootstrap weights over n units; the same name draws the same resamples.

        Raises:
            NotRun: there is no unit.
        """
        if not n:
            raise NotRun("no observation is left (every strength has collapsed)")
        return bootstrap_weights(n, self.resamples, generator(self.seed, "bootstrap", name)) / n

    def mean(self, values, name: str = "") -> Estimate:
        """Return the mean of independent observations with its bootstrap interval."""
        values = np.asarray(values, dtype=float)
        weights = self.weights(len(values), name)
        return self.estimate(values.mean(), weights @ values, len(values))

    def estimate(self, value, draws, n: int, exact: bool = False) -> Estimate:
        """Return an estimate with the percentile interval of its draws.

        Args:
            value: the estimate.
            draws: the same from every resample; nan where it is undefined.
            n: number of independent observations.
            exact: whether it is a count without sampling error, for which one is enough.

        Raises:
            NotRun: there are fewer than `FEWEST` observations, or the value, or too large a share
                of the draws for an interval, is undefined.
        """
        if n < FEWEST and not exact:
            raise NotRun(f"{n} observations are too few for an interval ({FEWEST} are needed)")
        draws = np.asarray(draws, dtype=float)
        kept = draws[~np.isnan(draws)]
        if np.isnan(value):
            raise NotRun("undefined here: nothing varies, or nothing is above chance")
        if len(kept) < self.confidence * len(draws):
            raise NotRun(f"undefined in {1 - len(kept) / len(draws):.0%} of the resamples")
        low, high = interval(kept, self.confidence)
        return Estimate(float(value), float(low), float(high), int(n), kept)


def one_third(layers: int) -> int:
    """Return how many layers a third of them are.

    Raises:
        NotRun: fewer than three layers have no thirds.
    """
    if layers < 3:
        raise NotRun(f"{layers} layers have no thirds")
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
        raise NotRun(f"{layers} layers have no middle")
    best_middle = accuracies[:, middle_third(layers)].max(axis=1)
    return best_middle - np.maximum(accuracies[:, 0], accuracies[:, -1])
