"""The networks of an instance one after the other, and the clips that they hear."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from tonotopy.corpora.hearing import note_resampling, waveforms_at
from tonotopy.corpora.schema import Corpus
from tonotopy.errors import InputError, nearest
from tonotopy.frontends.stages import FrontEnd
from tonotopy.inference import pick_device
from tonotopy.networks.bundle import Bundle, load
from tonotopy.networks.layers import Layer
from tonotopy.seeding import generator

BATCH = 16  # clips


class Column(NamedTuple):
    """A network of an instance, and where it lies.

    Attributes:
        network: what the instance calls it; several trainings of one kind share the name.
        run: number among these, from 0.
        folder: of its bundle.
    """

    network: str
    run: int
    folder: str


@dataclass(frozen=True)
class Ear:
    """A network that is studied.

    Attributes:
        network: what the instance calls it.
        run: number among the trainings of that name.
        bundle: on its device, in evaluation mode.
        layers: those that are looked at, by name, from input to output.
        seen: front end through which the input is seen where the network hears waveforms and maps
            are compared with it; None elsewhere.
    """

    network: str
    run: int
    bundle: Bundle
    layers: dict[str, Layer]
    seen: FrontEnd | None = None

    @property
    def rate(self) -> int:
        """Sampling rate in Hz that the network hears at."""
        return self.bundle.rate

    @property
    def eye(self) -> FrontEnd:
        """The front end through which the input is seen: the network's own, or ``seen``."""
        return self.bundle.front_end if self.seen is None else self.seen

    @property
    def device(self) -> torch.device:
        """Where the network is."""
        return self.bundle.device

    @property
    def depths(self) -> dict[str, int]:
        """Layer -> its number from 1, from input to output."""
        return {name: number for number, name in enumerate(self.layers, start=1)}

    def about(self, layer: str) -> dict:
        """Return what every row of a table says of network and layer."""
        return {
            "network": self.network,
            "run": self.run,
            "layer": layer,
            "depth": self.depths[layer],
        }


def ears(columns: list[list], layers: list[str] | None, accelerator: str) -> Iterator[Ear]:
    """Yield the networks of an instance one after the other.

    Args:
        columns: network, run and folder of each, see `Column`.
        layers: that are looked at, None for all that have maps.
        accelerator: auto, cpu or gpu.

    Raises:
        InputError: no such layer, or one without maps.
    """
    for column in map(Column._make, columns):
        bundle = load(column.folder).to(pick_device(accelerator))
        yield Ear(column.network, column.run, bundle, mapped_layers(bundle.layers, layers))


def mapped_layers(known: dict[str, Layer], names: list[str] | None) -> dict[str, Layer]:
    """Return the layers that have maps: those read by channels or tokens.

    Args:
        known: the network's, from input to output.
        names: those that are wanted, None for all.

    Raises:
        InputError: a name is unknown or has no maps, or no layer has any.
    """
    for name in names or []:
        if name not in known:
            raise InputError(f"layers: the network has no layer '{name}'{nearest(name, known)}")
    mapped = {
        name: layer
        for name, layer in known.items()
        if layer.read != "all" and (names is None or name in names)
    }
    for name in names or []:
        if name not in mapped:
            raise InputError(f"layers: layer '{name}' has no maps: read it by channels or tokens")
    if not mapped:
        raise InputError("layers: the network has no layer that is read by channels or tokens")
    return mapped


def chosen_clips(
    corpus: Corpus, split: str, number: int | None, seed: int, purpose: str = "clips"
) -> np.ndarray:
    """Return positions of so many clips of a split, drawn by the seed, ascending.

    Args:
        corpus: that they are of.
        split: train, validation or test.
        number: of clips; None for all.
        seed: of the run.
        purpose: tells the draw from others of the same split.
    """
    positions = corpus.indices(split)
    if number is None or number >= len(positions):
        return positions
    rng = generator(seed, purpose, corpus.name, split)
    return np.sort(rng.choice(positions, number, replace=False))


def even_batches(positions: np.ndarray, batch: int = BATCH) -> list[np.ndarray]:
    """Return positions in batches of at most so many, whose sizes differ by at most one."""
    return np.array_split(positions, -(-len(positions) // batch)) if len(positions) else []


def waveforms(ear: Ear, corpus: Corpus, positions: np.ndarray) -> Tensor:
    """Return clips as a network hears them, shape (clips, samples), on its device."""
    note_resampling(corpus, ear.rate)
    return torch.from_numpy(waveforms_at(corpus, positions, ear.rate)).to(ear.device)


def first_labels(corpus: Corpus, positions: np.ndarray) -> np.ndarray:
    """Return the name of each clip's class, the first of several in the order of the classes."""
    names = np.array(corpus.classes, dtype=object)
    return names[class_matrix(corpus)[positions].argmax(axis=1)]


def class_matrix(corpus: Corpus) -> np.ndarray:
    """Return which clips have which class, bool, shape (clips, classes), of any kind of corpus."""
    if corpus.tags:
        return corpus.targets.astype(bool)
    return np.arange(len(corpus.classes)) == corpus.labels[:, None]
