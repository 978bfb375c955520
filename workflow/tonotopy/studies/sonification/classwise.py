"""Clips of several classes, sonified by the map of each of their classes."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from tonotopy.corpora.schema import Corpus
from tonotopy.ears import Ear, even_batches, waveforms
from tonotopy.studies.sonification.hearing import deconvnet

BATCH = 8  # clips


class Sonified(NamedTuple):
    """A layer's sonifications of some clips that have equally many classes.

    Attributes:
        layer: by name.
        positions: of the clips in their corpus, shape (clips,).
        sounds: shape (clips, samples).
        sonifications: of the maps of each clip's classes, shape (clips, classes, samples).
        known: whether the layer has a map for each of a clip's classes, bool, shape (clips,).
    """

    layer: str
    positions: np.ndarray
    sounds: Tensor
    sonifications: Tensor
    known: np.ndarray


def sonified_classes(
    ear: Ear, corpus: Corpus, classes: dict[int, list[str]], selected: pd.DataFrame
) -> Iterator[Sonified]:
    """Yield the sonifications of every clip of two classes or more, layer by layer.

    Args:
        ear: the network.
        corpus: that is heard.
        classes: position of a clip -> its classes.
        selected: maps of classes, see `maps.selection_table`, of this network.
    """
    chosen = selected.set_index(["layer", "label"])["map"]
    for number in sorted({len(names) for names in classes.values()} - {0, 1}):
        alike = np.array([place for place, names in classes.items() if len(names) == number])
        for positions in even_batches(alike, BATCH):
            sounds = waveforms(ear, corpus, positions)
            with deconvnet(ear).hear(sounds) as heard:
                for layer in ear.layers:
                    maps = np.array(
                        [[chosen.get((layer, n), -1) for n in classes[p]] for p in positions]
                    )
                    own = heard.sonify(layer, torch.from_numpy(maps.clip(min=0)))
                    yield Sonified(layer, positions, sounds, own, (maps >= 0).all(axis=1))


class PairRows:
    """Rows about pairs of classes, in the order of clips and, for each, of layers."""

    def __init__(self, ear: Ear, corpus: Corpus, positions: np.ndarray):
        self._ear, self._corpus = ear, corpus
        self._rows: dict[int, list[dict]] = {int(position): [] for position in positions}

    def add(self, layer: str, position: int, pairs: Iterator[dict]) -> None:
        """Add what is said of the pairs of a clip at a layer."""
        clip, group = self._corpus.clips[position], self._corpus.groups[position]
        about = {**self._ear.about(layer), "clip": clip, "group": group}
        self._rows[int(position)] += [{**about, **pair} for pair in pairs]

    def table(self) -> pd.DataFrame:
        """Return all rows."""
        return pd.DataFrame([row for rows in self._rows.values() for row in rows])
