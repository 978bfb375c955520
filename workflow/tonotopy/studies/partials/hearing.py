"""The layer of each network that is looked at, and what it makes of sounds."""

from collections.abc import Iterator, Mapping

import numpy as np
import torch
from torch import Tensor, nn

from tonotopy.corpora.schema import Corpus
from tonotopy.ears import Column, Ear, even_batches, mapped_layers, waveforms
from tonotopy.errors import InputError
from tonotopy.inference import pick_device
from tonotopy.networks.bundle import Bundle, load
from tonotopy.networks.layers import Layer, with_view
from tonotopy.networks.positions import over_time, told_positions
from tonotopy.networks.tracing import trace
from tonotopy.seeding import generator

GROUP = "group"  # what a context may be beside the columns of words


def listeners(
    columns: list[list], layers: Mapping[str, str] | list | None, accelerator: str
) -> Iterator[Ear]:
    """Yield the networks of an instance, each with the one layer that is looked at.

    Args:
        columns: network, run and folder of each, see `ears.Column`.
        layers: network -> layer, or such pairs, as parameters of rules have them; by default the
            last layer that has maps.
        accelerator: auto, cpu or gpu.

    Raises:
        InputError: there is no such layer, or it has no maps.
    """
    for column in map(Column._make, columns):
        bundle = load(column.folder).to(pick_device(accelerator))
        wanted = dict(layers or {}).get(column.network)
        yield listener(bundle, column.network, column.run, wanted)


def listener(bundle: Bundle, network: str, run: int, layer: str | None) -> Ear:
    """Return a network with the one layer that is looked at.

    Args:
        bundle: on its device.
        network: what the instance calls it.
        run: number among the trainings of that name.
        layer: by default the last layer that has maps.

    Raises:
        InputError: there is no such layer, or it has no maps.
    """
    try:
        return Ear(network, run, bundle, _layer(bundle.network, bundle.layers, layer))
    except InputError as error:
        raise InputError(f"network '{network}': {error}") from error


def _layer(network: nn.Module, known: dict[str, Layer], wanted: str | None) -> dict[str, Layer]:
    if is_codec(network):  # frames of codecs are on the last axis, however layers are declared
        known = with_view(known, "channels")
    mapped = mapped_layers(known, None if wanted is None else [wanted])
    name = list(mapped)[-1]
    return {name: mapped[name]}


def is_codec(network: nn.Module) -> bool:
    """Return whether a network has codes of its own (the interface of `networks.codec.Codec`)."""
    return all(hasattr(network, name) for name in ("encode", "quantise", "codebooks"))


def decodes(network: nn.Module) -> bool:
    """Return whether a network makes sound of its codes."""
    return is_codec(network) and hasattr(network, "decode") and hasattr(network, "dequantise")


@torch.no_grad()
def activations(ear: Ear, sounds: Tensor) -> Tensor:
    """Return what the layer gives at every position of sounds: (sounds, positions, width).

    Of patches on a grid of frequency and time, these are times: means over frequency, without class
    tokens and what is heard beyond the sounds.

    Raises:
        InputError: the network does not hear such sounds to their end.
    """
    traced, _ = trace(ear.bundle.network, ear.layers, sounds)
    ((name, vectors),) = traced.items()
    network, samples = ear.bundle.network, sounds.shape[1]
    told = told_positions(network, ear.layers[name], vectors.shape[1], samples)
    if told is None:
        return vectors.float()
    end = told.times.first + (told.times.number + 1) * told.times.step
    if end < samples:
        raise InputError(
            f"network '{ear.network}' hears the first {end / ear.rate:.3g} s, at most, of sounds "
            f"of {samples / ear.rate:.3g} s: name a corpus of shorter clips"
        )
    return over_time(vectors.float(), told)


def silence(ear: Ear, samples: int, cut: float = 0.0) -> np.ndarray:
    """Return what the layer gives in silence, mean over positions.

    Args:
        ear: the network.
        samples: length of the silence.
        cut: share of the positions that is left out at either end.

    Returns:
        Float64, shape (width,).

    Raises:
        InputError: the network gives no numbers.
    """
    vectors = within(activations(ear, torch.zeros(1, samples, device=ear.device)), cut)
    found = vectors[0].double().mean(dim=0).cpu().numpy()
    if not np.isfinite(found).all():
        raise InputError(
            f"network '{ear.network}' gives no numbers in silence, which answers are measured "
            "against: let it divide by more than 0 there (add a small number)"
        )
    return found


def within(vectors: Tensor, cut: float) -> Tensor:
    """Return activations (sounds, positions, width) without a share of positions at either end."""
    ends = int(cut * vectors.shape[1])
    return vectors[:, ends : vectors.shape[1] - ends]


def over_clips(ear: Ear, corpus: Corpus, positions: np.ndarray) -> Iterator[np.ndarray]:
    """Yield activations of clips batch by batch, float32 (clips, positions, width)."""
    for batch in even_batches(positions):
        yield activations(ear, waveforms(ear, corpus, batch)).cpu().numpy()


def clip_contexts(corpus: Corpus, by: str) -> np.ndarray:
    """Return the context of every clip, shape (clips,).

    Args:
        corpus: natural sound.
        by: a column of words, or ``group``.

    Raises:
        InputError: there is no such column.
    """
    if by == GROUP:
        return corpus.groups
    if by not in corpus.words:
        columns = ", ".join([*corpus.words, GROUP])
        raise InputError(
            f"contexts.by: corpus {corpus.name} has no column '{by}': choose one of {columns}"
        )
    return corpus.column(by).astype(object)


def even_clips(contexts: np.ndarray, number: int | None, seed: int) -> np.ndarray:
    """Return positions of so many clips, drawn evenly over their contexts, ascending.

    Contexts take turns, each giving one of its clips, until there are enough.

    Args:
        contexts: of all clips, shape (clips,).
        number: of clips; None for all.
        seed: of the run.
    """
    if number is None or number >= len(contexts):
        return np.arange(len(contexts))
    order = generator(seed, "natural clips").permutation(len(contexts))
    turns = np.empty(len(order), dtype=int)
    for name in np.unique(contexts):
        own = order[contexts[order] == name]
        turns[own] = np.arange(len(own))
    places = np.empty(len(order), dtype=int)
    places[order] = np.arange(len(order))
    return np.sort(np.lexsort((places, turns))[:number])
