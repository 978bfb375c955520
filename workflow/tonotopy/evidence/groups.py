"""Resampling clips by group: songs, speakers or videos are drawn whole."""

from functools import cached_property
from typing import NamedTuple

import numpy as np

from tonotopy.errors import InputError
from tonotopy.evidence.resampling import Bootstrap, Resamples


class Resampled(NamedTuple):
    """A statistic with its bootstrap draws, in the order that `StudyTables.estimate` takes them.

    Attributes:
        value: of the clips as they are; nan where it is undefined.
        draws: of every resample, shape (resamples,).
        n: number of groups that it was computed from.
    """

    value: float
    draws: np.ndarray
    n: int


class Groups:
    """Which clips belong together.

    Args:
        labels: the group of every clip, any type that sorts, shape (clips,); clips that have
            nothing in common each have their own.

    Raises:
        InputError: there is no clip.
    """

    def __init__(self, labels):
        labels = np.asarray(labels)
        if labels.ndim != 1 or not len(labels):
            raise InputError(f"expected a group for each of one or more clips, not {labels.shape}")
        _, first, inverse = np.unique(labels, return_index=True, return_inverse=True)
        self.index = np.argsort(np.argsort(first))[inverse]  # groups in the order of the clips

    @classmethod
    def single(cls, clips: int) -> "Groups":
        """Return as many groups as there are clips."""
        return cls(np.arange(clips))

    def __len__(self) -> int:
        return int(self.index.max()) + 1

    @cached_property
    def _members(self) -> np.ndarray:
        return (self.index == np.arange(len(self))[:, None]).astype(float)

    def sums(self, values: np.ndarray) -> np.ndarray:
        """Return sums over the clips of every group: (clips, ...) to (groups, ...).

        Raises:
            InputError: there are more or fewer values than clips.
        """
        if len(values) != len(self.index):
            raise InputError(f"there are {len(values)} clips and groups of {len(self.index)} clips")
        return np.tensordot(self._members, values, axes=1)

    def draw(self, bootstrap: Bootstrap, *names: str | int) -> Resamples:
        """Return resamples of the groups; ``names`` tell their random stream from others."""
        return bootstrap.draw(len(self), *names)

    def clip_counts(self, resamples: Resamples) -> np.ndarray:
        """Return how often a clip is in each resample of the groups: int, (resamples, clips)."""
        return resamples.counts[:, self.index]
