"""The networks of an instance, the clips that they hear, and what their layers make of them."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from tonotopy.corpora.hearing import note_resampling, waveforms_at
from tonotopy.corpora.schema import Corpus
from tonotopy.errors import InputError, nearest
from tonotopy.inference import pick_device
from tonotopy.networks.bundle import Bundle, load
from tonotopy.networks.layers import Layer
from tonotopy.networks.tracing import read, trace
from tonotopy.seeding import generator
from tonotopy.sonification.deconvnet import Deconvnet

BATCH = 16  # clips
NOISES = 16  # clips of noise that a reach is measured on: at one position of one, maps may be dead
NOISE = 16384  # samples of each


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
    """A network that is sonified.

    Attributes:
        network: what the instance calls it.
        run: number among the trainings of that name.
        bundle: on its device, in evaluation mode.
        layers: those whose maps are sonified, by name, from input to output.
    """

    network: str
    run: int
    bundle: Bundle
    layers: dict[str, Layer]

    @property
    def rate(self) -> int:
        """Sampling rate in Hz that the network hears at."""
        return self.bundle.front_end.settings.rate

    @property
    def device(self) -> torch.device:
        """Where the network is."""
        return next(self.bundle.network.parameters()).device

    @property
    def deconvnet(self) -> Deconvnet:
        """What makes its maps sound."""
        return Deconvnet(self.bundle.network, self.layers)

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
        layers: that are sonified, None for all that have maps.
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


def whole(bundle: Bundle) -> Layer:
    """Return the layer that stands for all of a network before its answer: its last one."""
    return list(bundle.layers.values())[-1]


def chosen_clips(corpus: Corpus, split: str, number: int | None, seed: int) -> np.ndarray:
    """Return positions of so many clips of a split, drawn by the seed, ascending; None for all."""
    positions = corpus.indices(split)
    if number is None or number >= len(positions):
        return positions
    rng = generator(seed, "sonified clips", corpus.name, split)
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


@torch.no_grad()
def mean_activations(
    ear: Ear, corpus: Corpus, positions: np.ndarray
) -> tuple[dict[str, np.ndarray], Tensor]:
    """Return the mean of each map over time, and what the network answers.

    Returns:
        Layer -> float32 (clips, maps); answers as they come, on the CPU.
    """
    parts, answers = [], []
    for batch in even_batches(positions):
        vectors, answer = read(ear.bundle.network, ear.layers, waveforms(ear, corpus, batch))
        parts.append({name: values.float().cpu().numpy() for name, values in vectors.items()})
        answers.append(torch.as_tensor(answer).float().cpu() if torch.is_tensor(answer) else None)
    joined = {name: np.concatenate([part[name] for part in parts]) for name in ear.layers}
    return joined, torch.cat(answers) if None not in answers else None


class Geometry(NamedTuple):
    """How a layer lies over the waveform.

    Attributes:
        stride: samples from one position to the next.
        reach: samples that a position depends on, -1 where it is most of a clip.
    """

    stride: int
    reach: int


def geometry(ear: Ear, samples: int = NOISE, own: int | None = None) -> dict[str, Geometry]:
    """Return stride and reach of every layer, measured on noise.

    The reach is the larger of two measures: how much longer the waveform is than the positions'
    strides add up to (exact without padding), and how far the gradient of a position in the middle
    extends.

    Args:
        ear: the network.
        samples: of the noise; a reach above half of them is given as -1.
        own: length in samples of the clips, for a network that takes no others: its strides are
            estimated then, and every reach is -1.
    """
    try:
        return _on_noise(ear, samples)
    except (RuntimeError, ValueError):
        if own is None:
            raise
    kind = type(ear.bundle.network).__name__
    print(f"note: {kind} takes {own} samples alone, no shifts are looked at", flush=True)
    with torch.no_grad():
        traced, _ = trace(ear.bundle.network, ear.layers, torch.zeros(1, own, device=ear.device))
    return {name: Geometry(own // values.shape[1], -1) for name, values in traced.items()}


def _on_noise(ear: Ear, samples: int) -> dict[str, Geometry]:
    rng = torch.Generator().manual_seed(0)
    noise = 0.1 * torch.randn(NOISES, samples, generator=rng).to(ear.device)
    longer = torch.cat([noise[:2], noise[:2].flip(1)], dim=1)
    with torch.no_grad():
        traced, _ = trace(ear.bundle.network, ear.layers, longer)
    many = {name: values.shape[1] for name, values in traced.items()}
    with torch.enable_grad():
        leaf = noise.clone().requires_grad_()
        traced, _ = trace(ear.bundle.network, ear.layers, leaf)
        return {
            name: _measured(leaf, values, many[name] - values.shape[1], samples)
            for name, values in traced.items()
        }


def _measured(leaf: Tensor, vectors: Tensor, further: int, samples: int) -> Geometry:
    positions = vectors.shape[1]
    if further < 1:
        return Geometry(samples, -1)
    stride = round(samples / further)
    middle = vectors[:, positions // 2].sum()
    (gradient,) = torch.autograd.grad(middle, leaf, retain_graph=True)
    touched = torch.nonzero(gradient.abs().sum(dim=0)).flatten()
    extent = int(touched[-1] - touched[0]) + 1 if len(touched) else 0
    reach = max(extent, samples - (positions - 1) * stride)
    return Geometry(stride, reach if reach <= samples // 2 else -1)
