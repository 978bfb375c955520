"""The tables of study 2, the clips that its statistics are over, and how these are resampled."""

from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar

import numpy as np
import pandas as pd

from tonotopy.evidence.claims import Estimate, NotApplicable, NotRun
from tonotopy.evidence.groups import Groups
from tonotopy.evidence.orders import Order, with_ends
from tonotopy.evidence.tables import StudyTables
from tonotopy.evidence.trainings import widening
from tonotopy.evidence.units import clip_unit
from tonotopy.studies.steering.effects import EACH as EACH_LAYER

TRAININGS = 1  # of the network that an instance steers
NULLS_OF = {"test": "controls", "unseen": "unseen_controls"}  # sweep -> that of its null vectors


@dataclass(frozen=True)
class Clips:
    """The clips of a statistic.

    Attributes:
        names: shape (clips,).
        labels: class of each, shape (clips,).
        groups: which of them belong together and are resampled as one.
        unit: what that is, such as "clip".
    """

    names: np.ndarray
    labels: np.ndarray
    groups: Groups
    unit: str

    @classmethod
    def of(cls, rows: pd.DataFrame) -> "Clips":
        """Return the clips of rows with the columns clip, group and perhaps label, one per clip.

        Raises:
            NotRun: there is none.
        """
        if rows.empty:
            raise NotRun("no clip is left")
        groups = rows["group"].astype(str).to_numpy()
        labels = (rows["label"] if "label" in rows else rows["clip"]).astype(str).to_numpy()
        return cls(rows["clip"].astype(str).to_numpy(), labels, Groups(groups), clip_unit(rows))

    def weights(self, tables: "SteeringTables", name: str, widened: bool = True) -> np.ndarray:
        """Return how often each clip is in the data and in every resample of the groups.

        Args:
            tables: whose resamples.
            name: tells their random stream from others.
            widened: whether deviations are as large as few groups ask for, see `widening`; then
                counts can be below 0.

        Returns:
            Shape (1 + resamples, clips), the data in row 0.
        """
        drawn = self.groups.draw(tables.bootstrap, "bootstrap", name)
        counts = self.groups.clip_counts(drawn).astype(float)
        if widened:
            counts = 1 + widening(len(self.groups), tables.bootstrap.confidence) * (counts - 1)
        return np.concatenate([np.ones((1, counts.shape[1])), counts])


def weighted_means(weights: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Return means over clips: weights (draws, clips), values (clips, ...), to (draws, ...).

    A mean is nan where the weights of all clips are 0.
    """
    totals = weights.sum(axis=1).reshape(-1, *[1] * (values.ndim - 1))
    with np.errstate(invalid="ignore"):
        return np.tensordot(weights, values, axes=1) / totals


@dataclass(frozen=True)
class SteeringTables(StudyTables):
    """The tables of one steering study: predictions, probes, sweeps and what is read from them."""

    EACH: ClassVar = ("pair",)

    def combinations(self, row: dict) -> list[tuple[str, dict]]:
        """Return the study as a whole, or each of its pairs."""
        if not row.get("each"):
            return [("", {})]
        pairs = self.settings["pairs"]
        return [(f"{pair['concept']}-{'-'.join(pair['target'])}", pair) for pair in pairs]

    @cached_property
    def _frames(self) -> dict[str, pd.DataFrame]:
        return {}

    def table(self, name: str) -> pd.DataFrame:
        """Return a table; clips of one without groups have nothing in common.

        Raises:
            NotRun: the run did not make it.
        """
        if name not in self._frames:
            rows = self.read(name)
            if "clip" in rows and "group" not in rows:
                rows = rows.assign(group=rows["clip"])
            self._frames[name] = rows
        return self._frames[name]

    def absent(self, sweep: str, what: str) -> NotRun:
        """Return why there are no slopes: no such sweep, or none that has not collapsed."""
        if f"sweep-{sweep}" in self.paths:
            return NotRun(f"{what} has no slope: the output has collapsed at every strength")
        return NotApplicable(f"{what} is not part of this study")

    def layers(self) -> list[int]:
        """Return the positions of all layers that were probed, from input to output."""
        return sorted(set(self.table("cosines")["layer"]))

    def effects(
        self, sweep: str, concept: str, target: list[str], layer: int = EACH_LAYER
    ) -> pd.DataFrame:
        """Return what a concept's vector does to the summed probability of the target classes.

        Returns:
            A row per clip, by name: clip, label, group, slope, odd, even (see `clip_slopes`).

        Raises:
            NotRun: there is nothing, see `absent`.
        """
        rows = self.table("clip_slopes")
        rows = rows[(rows["sweep"] == sweep) & (rows["vectors"] == "concept")]
        rows = rows[(rows["layer"] == layer) & (rows["concept"] == concept)]
        rows = rows[rows["class"].isin(target)]
        if rows.empty:
            raise self.absent(sweep, f"the sweep '{sweep}' of {concept}")
        clips = rows.groupby("clip", observed=True)
        about = clips[["label", "group"]].first()
        return about.join(clips[["slope", "odd", "even"]].sum()).reset_index()

    def null_slopes(self, sweep: str, vectors: str, target: list[str]) -> pd.DataFrame:
        """Return each clip's slope of the target along every null vector of a kind.

        Returns:
            Indexed by clip, label and group, a column per vector.

        Raises:
            NotRun: there is none.
        """
        rows = self.table("clip_slopes")
        rows = rows[(rows["sweep"] == NULLS_OF[sweep]) & (rows["vectors"] == vectors)]
        rows = rows[rows["class"].isin(target)]
        if rows.empty:
            raise self.absent(NULLS_OF[sweep], f"a control sweep with {vectors} vectors")
        keys = ["clip", "label", "group", "concept"]
        return rows.groupby(keys, observed=True)["slope"].sum().unstack("concept")

    def of(self, draws: np.ndarray, clips: Clips, unit: str | None = None) -> Estimate:
        """Return the estimate of a statistic of clips, (1 + resamples,), the data first."""
        return self.estimate(
            draws[0], draws[1:], len(clips.groups), unit=unit or clips.unit, trainings=TRAININGS
        )

    def ordered(self, order: Order, clips: Clips) -> Estimate:
        """Return the estimate of an order of means of clips (see `evidence.orders`)."""
        return with_ends(self.of(np.append(order.value, order.draws), clips), order)


def of_part(rows: pd.DataFrame, target: list[str], part: str | None) -> pd.DataFrame:
    """Return the rows of the target's own clips ("inside"), of the others ("outside"), or all."""
    if part is None:
        return rows
    own = rows["label"].isin(target)
    return rows[own if part == "inside" else ~own]
