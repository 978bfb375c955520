"""Resampling of a task's clips: what they have in common (speaker, song, ...) is drawn whole."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from tonotopy.errors import InputError
from tonotopy.evidence.groups import Groups
from tonotopy.evidence.resampling import Bootstrap, interval
from tonotopy.evidence.trainings import widening


@dataclass(frozen=True, eq=False)
class ClipResamples:
    """The same resamples of a task's groups of clips, for all that is computed of the task.

    Attributes:
        groups: which clips belong together.
        weights: of each group in every resample, (resamples, groups). They deviate from 1 by
            ``factor`` times as much as counts of draws, as few groups ask for (see
            `trainings.widening`): a weight may be negative.
        factor: 1 or more.
        confidence: level of the intervals, 0 to 1.
    """

    groups: Groups
    weights: np.ndarray = field(repr=False)
    factor: float
    confidence: float

    @property
    def clips(self) -> int:
        return len(self.groups.index)

    @property
    def units(self) -> int:
        """Number of groups."""
        return self.weights.shape[1]

    @property
    def unit(self) -> str:
        """What is resampled, as the scorecard says it."""
        return "clip" if self.units == self.clips else "group of clips"

    def means(self, values: np.ndarray) -> np.ndarray:
        """Return means over resampled clips: (clips, ...) to (resamples, ...).

        Raises:
            ValueError: there are more or fewer values than clips.
        """
        if len(values) != self.clips:
            raise ValueError(f"resamples are of {self.clips} clips, not of {len(values)}")
        sizes = np.bincount(self.groups.index).astype(float)
        # a group of one clip each: their order is that of the clips
        sums = values if self.units == self.clips else self.groups.sums(values)
        totals = np.tensordot(self.weights, sums, axes=1)
        return totals / (self.weights @ sizes).reshape(-1, *[1] * (totals.ndim - 1))

    def interval(self, draws: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the percentile interval over the first axis of draws."""
        return interval(draws, self.confidence)


def clip_resamples(bootstrap: Bootstrap, task: str, groups) -> ClipResamples:
    """Return a task's resamples: the same for its profiles, centres and statistics.

    Args:
        bootstrap: how the run resamples.
        task: names the random stream.
        groups: group of every clip, shape (clips,).

    Raises:
        InputError: there is no clip.
    """
    of_clips = Groups(groups)
    factor = widening(len(of_clips), bootstrap.confidence)
    counts = of_clips.draw(bootstrap, "profile", task).counts
    return ClipResamples(of_clips, 1 + factor * (counts - 1), factor, bootstrap.confidence)


def resamples_by_task(clips: pd.DataFrame, bootstrap: Bootstrap) -> Mapping[str, ClipResamples]:
    """Return task -> resamples of its clips.

    Args:
        clips: columns task, position (of the clip in its corpus, from 0), clip and group.
        bootstrap: how the run resamples.

    Raises:
        InputError: the positions of a task are not 0, 1, 2 ...
    """
    resamples = {}
    for task, rows in clips.groupby("task", sort=False, observed=True):
        rows = rows.sort_values("position")
        if not np.array_equal(rows["position"], np.arange(len(rows))):
            raise InputError(f"clips.parquet: task {task} lacks clips; make the table again")
        resamples[str(task)] = clip_resamples(bootstrap, str(task), rows["group"].astype(str))
    return resamples
