"""What the layers of a network make of clips, and how they lie over the waveform."""

from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from tonotopy import ears
from tonotopy.corpora.schema import Corpus
from tonotopy.ears import Ear, even_batches, waveforms
from tonotopy.networks.bundle import Bundle
from tonotopy.networks.layers import Layer
from tonotopy.networks.tracing import read, trace
from tonotopy.sonification.deconvnet import Deconvnet

NOISES = 16  # clips of noise that a reach is measured on: at one position of one, maps may be dead
NOISE = 16384  # samples of each


def whole(bundle: Bundle) -> Layer:
    """Return the layer that stands for all of a network before its answer: its last one."""
    return list(bundle.layers.values())[-1]


def deconvnet(ear: Ear) -> Deconvnet:
    """Return what makes the maps of a network sound."""
    return Deconvnet(ear.bundle.network, ear.layers)


def chosen_clips(corpus: Corpus, split: str, number: int | None, seed: int) -> np.ndarray:
    """Return positions of so many clips of a split, see `ears.chosen_clips`."""
    return ears.chosen_clips(corpus, split, number, seed, "sonified clips")


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
