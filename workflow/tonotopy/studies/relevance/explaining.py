"""The network of an instance, what explains it, and the clips that are explained."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
import torch
from torch import Tensor, nn
from zennit.canonizers import SequentialMergeBatchNorm

from tonotopy.corpora.hearing import resampled, waveforms_at
from tonotopy.corpora.schema import Corpus
from tonotopy.errors import InputError, nearest
from tonotopy.inference import (
    check_answers,
    network_inputs,
    output_columns,
    pick_device,
    prediction_table,
)
from tonotopy.networks.bundle import Bundle, load
from tonotopy.relevance.composites import parse
from tonotopy.relevance.engines import explainer
from tonotopy.relevance.lrp import LRP
from tonotopy.relevance.masks import stacked_parts
from tonotopy.relevance.zennit_engine import Zennit
from tonotopy.seeding import generator

CPU_BATCH, GPU_BATCH = 8, 64  # clips: what stays in a processor's cache; keeps a GPU busy


@dataclass(frozen=True)
class Subject:
    """A network that is explained.

    Attributes:
        bundle: network and front end, on their device.
        engine: what propagates relevance through it.
        layers: names of the layers that have subspaces, from input to output.
        outputs: class -> its output.
    """

    bundle: Bundle
    engine: LRP | Zennit
    layers: tuple[str, ...]
    outputs: Mapping[str, int]

    @property
    def device(self) -> torch.device:
        """Where the network is."""
        return next(self.bundle.network.parameters()).device

    @property
    def classes(self) -> list[str]:
        """Classes that can be explained."""
        return list(self.outputs)


@dataclass(frozen=True)
class Batch:
    """Clips that are explained at once.

    Attributes:
        positions: in their corpus, shape (clips,).
        labels: the class of each clip, which is the one that is explained, shape (clips,).
        targets: their outputs, shape (clips,), on the network's device.
        inputs: shape (clips, mels, frames), on the network's device.
    """

    positions: np.ndarray
    labels: np.ndarray
    targets: Tensor
    inputs: Tensor


def subject(
    bundle: Bundle,
    corpus: Corpus,
    composite: str | dict,
    layers: list[str] | None = None,
    engine: str = "auto",
    outputs: dict[str, str | int] | None = None,
) -> Subject:
    """Return what explains a network for the classes of a corpus.

    Args:
        bundle: network and front end.
        corpus: whose classes are explained.
        composite: LRP rules, see `composites.parse`.
        layers: that have subspaces, None for all of the network's.
        engine: see `engines.explainer`.
        outputs: see `inference.output_columns`.

    Raises:
        InputError: no such layer, class or output, or a composite that does not fit the network.
    """
    known = bundle.layers
    chosen = list(known) if layers is None else layers
    for layer in chosen:
        if layer not in known:
            raise InputError(f"layers: the network has no layer '{layer}'{nearest(layer, known)}")
    explaining = explaining_engine(bundle, bundle.network, composite, engine)
    columns = dict(zip(*output_columns(bundle, corpus, outputs), strict=True))
    ordered = tuple(name for name in known if name in chosen)
    return Subject(bundle, explaining, ordered, {c: columns[c] for c in corpus.classes})


def explaining_engine(
    bundle: Bundle, network: nn.Module, composite: str | dict, engine: str
) -> LRP | Zennit:
    """Return what propagates relevance through a bundle's network, or a changed copy of it.

    Outside chains, batch normalisation is merged into the convolution or dense layer before it.

    Raises:
        InputError: see `engines.explainer`.
    """
    merged = (SequentialMergeBatchNorm(),)
    return explainer(network, parse(composite), engine, bundle.layers, merged)


def load_subject(network: str, corpus: Corpus, settings: dict, accelerator: str) -> Subject:
    """Return what explains a network on disk, see `subject`.

    Args:
        network: folder of its bundle.
        corpus: whose classes are explained.
        settings: composite, layers, engine and outputs.
        accelerator: auto, cpu or gpu.
    """
    return subject(load(network).to(pick_device(accelerator)), corpus, **settings)


def chosen_clips(corpus: Corpus, split: str, per_class: int, seed: int) -> np.ndarray:
    """Return positions of so many clips of each class, drawn by the seed, ascending.

    A class with fewer clips gives all of them. Fewer clips of a class are among its more.

    Args:
        corpus: with one label per clip.
        split: train, validation or test.
        per_class: clips.
        seed: of the run.

    Raises:
        InputError: the corpus has no clip in the split, or lists of labels.
    """
    indices = corpus.indices(split)
    labels = corpus.labels[indices]
    chosen = [
        generator(seed, "explained clips", split, name).permutation(indices[labels == number])
        for number, name in enumerate(corpus.classes)
    ]
    return np.sort(np.concatenate([clips[:per_class] for clips in chosen]))


def clip_columns(corpus: Corpus, positions: np.ndarray) -> pd.DataFrame:
    """Return clip, group and label of clips."""
    names = np.array(corpus.classes, dtype=object)[corpus.labels[positions]]
    return pd.DataFrame(
        {"clip": corpus.clips[positions], "group": corpus.groups[positions], "label": names}
    )


def batches(
    explained: Subject, corpus: Corpus, positions: np.ndarray, size: int | None = None
) -> Iterator[Batch]:
    """Yield clips with the network's inputs and the outputs that are explained.

    Args:
        explained: the network.
        corpus: at any rate.
        positions: of the clips.
        size: clips in a batch, of which the last may have fewer; None for what suits the device.

    Raises:
        InputError: the front end gives no spectrograms, or the network no logits.
    """
    labels = np.array(corpus.classes, dtype=object)[corpus.labels]
    size = size or (CPU_BATCH if explained.device.type == "cpu" else GPU_BATCH)
    for start, inputs in network_inputs(explained.bundle, corpus, positions, size):
        if inputs.ndim != 3:
            raise InputError(
                "relevance is shown on spectrograms (clips, mels, frames), and the network's front "
                f"end gives {tuple(inputs.shape)}: choose one that gives these"
            )
        part = positions[start : start + len(inputs)]
        outputs = [explained.outputs[label] for label in labels[part]]
        targets = torch.tensor(outputs, device=inputs.device)
        if not start:
            _check_logits(explained, inputs)
        yield Batch(part, labels[part], targets, inputs)


@torch.no_grad()
def _check_logits(explained: Subject, inputs: Tensor) -> None:
    answers = explained.bundle.network(inputs)
    if not isinstance(answers, Tensor):
        raise InputError(
            f"{type(explained.bundle.network).__name__} returns {type(answers).__name__}: let it "
            "return logits (clips, classes), so that relevance can be propagated from them"
        )
    check_answers(explained.bundle, answers, len(inputs))


def waveforms(explained: Subject, corpus: Corpus, positions: np.ndarray) -> Tensor:
    """Return clips at the front end's rate, shape (clips, samples), on the network's device."""
    rate = explained.bundle.rate
    return torch.from_numpy(waveforms_at(corpus, positions, rate)).to(explained.device)


def part_sounds(
    explained: Subject, corpus: Corpus, positions: np.ndarray, names: list[str]
) -> Tensor:
    """Return parts of clips at the front end's rate, silent where a clip lacks one.

    Args:
        explained: the network.
        corpus: keeps parts.
        positions: of the clips.
        names: of the parts.

    Returns:
        Shape (clips, parts, samples), on the network's device.

    Raises:
        InputError: the corpus has no such part.
    """
    parts = corpus.parts(positions)
    stacked = stacked_parts(parts, corpus.part_names)[:, part_numbers(corpus, names)]
    rate = explained.bundle.rate
    heard = resampled(stacked.flatten(0, 1).numpy(), corpus.rate, rate)
    return torch.from_numpy(heard).unflatten(0, stacked.shape[:2]).to(explained.device)


def part_numbers(corpus: Corpus, names: list[str]) -> list[int]:
    """Return the places of parts among all of a corpus.

    Raises:
        InputError: the corpus has no such part.
    """
    for name in names:
        if name not in corpus.part_names:
            hint = nearest(name, corpus.part_names)
            raise InputError(f"objects: corpus {corpus.name} has no part '{name}'{hint}")
    return [corpus.part_names.index(name) for name in names]


def predictions(
    bundle: Bundle, corpus: Corpus, role: str, outputs: dict[str, str | int] | None = None
) -> pd.DataFrame:
    """Return what a network answers for the test clips of a corpus.

    Args:
        bundle: network and front end.
        corpus: with one label per clip.
        role: what the rows are called.
        outputs: see `inference.output_columns`.

    Returns:
        Columns of `clip_columns`, role, predicted and probability.
    """
    answered = prediction_table(bundle, corpus, "test", role, outputs).drop(columns="label")
    about = clip_columns(corpus, corpus.indices("test"))
    return about.merge(answered, on="clip", validate="one_to_one")
