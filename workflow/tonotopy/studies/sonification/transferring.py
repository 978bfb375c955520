"""Other tasks, taught to an encoder: classifiers alone, or all of it (sections 4.4 and 6.1)."""

import json
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd
import torch

from tonotopy.corpora.schema import Corpus
from tonotopy.ears import Ear, class_matrix, even_batches, mapped_layers, waveforms
from tonotopy.frontends.registry import describe as describe_front_end
from tonotopy.networks.bundle import Bundle, load
from tonotopy.networks.layers import Layer, describe
from tonotopy.networks.registry import transferred
from tonotopy.networks.tracing import read
from tonotopy.networks.transferred import Transferred
from tonotopy.seeding import generator
from tonotopy.studies.sonification.hearing import whole
from tonotopy.studies.sonification.maps import score_table
from tonotopy.sums import digest
from tonotopy.training.budget import budgeted
from tonotopy.training.fit import Start, train
from tonotopy.training.layerwise import EachLayer

HEAD, ALL = "head", "all"  # what learns: a classifier on the frozen encoder, or both
RAREST = 1e-3  # the least share of a class that a bias is made for
WHOLE = "whole"  # the layer that stands for the whole encoder


@dataclass(frozen=True)
class Task:
    """What an encoder is taught.

    Attributes:
        corpus: training and test split are used.
        settings: of the entry's transfer: learn, training, and perhaps labels and augmentation.
        seed: of the run.
        accelerator: auto, cpu or gpu.
        checkpoints: folder that survives a kill.
        logs: folder for TensorBoard.
    """

    corpus: Corpus
    settings: dict
    seed: int
    accelerator: str
    checkpoints: Path
    logs: Path


def transfer_table(ear: Ear, source: str, task: Task, folder: Path) -> pd.DataFrame:
    """Teach a network a task, in every way that the task asks for; keep those of the whole encoder.

    Args:
        ear: the network, before.
        source: folder of its bundle.
        task: what it learns.
        folder: for the bundles: head, all.

    Returns:
        Columns network, run, repeat, learn (head: classifiers on the frozen encoder, of all layers
        at once; all: the encoder up to a layer too), layer, depth and those of `maps.score_table`.
    """
    parts = []
    for repeat in range(task.settings.get("runs", 1)):
        for learn, names in task.settings["learn"].items():
            for taps in _taps(ear, learn, names):
                kept = folder / learn if WHOLE in taps and repeat == 0 else None
                about = {"network": ear.network, "run": ear.run, "repeat": repeat, "learn": learn}
                table = _taught(source, ear, taps, learn, task, repeat, kept)
                parts.append(table.assign(**about))
    return pd.concat(parts, ignore_index=True)


def _taps(ear: Ear, learn: str, names: list[str] | None) -> Iterator[dict[str, Layer]]:
    """Yield the layers that are classified in one training each, the whole encoder last."""
    layers = {} if names == [] else mapped_layers(ear.bundle.layers, names)
    last = {WHOLE: whole(ear.bundle)}
    if learn == HEAD:
        yield {**layers, **last}
        return
    for name, layer in layers.items():
        yield {name: layer}
    yield last


def _taught(
    source: str,
    ear: Ear,
    taps: dict[str, Layer],
    learn: str,
    task: Task,
    repeat: int,
    kept: Path | None,
) -> pd.DataFrame:
    """Train once and return the scores of every layer that was classified."""
    corpus = task.corpus
    seed = int(generator(task.seed, "transfer", corpus.name, ear.run, repeat).integers(2**31))
    settings = _settings(ear.bundle, task)
    start = _start(source, ear, taps, learn, corpus, settings["training"].get("labels"), seed)
    name = f"{learn}-{repeat}-{'-'.join(taps)}"[:64]
    with tempfile.TemporaryDirectory() as scratch:
        out = kept or Path(scratch) / "network"
        paths = (out, task.checkpoints / name, task.logs / name)
        train(corpus, settings, *paths, seed, task.accelerator, start=start)
        bundle = load(out).to(ear.device)
    return layer_scores(bundle, corpus, taps, ear)


def layer_scores(bundle: Bundle, corpus: Corpus, taps: dict[str, Layer], ear: Ear) -> pd.DataFrame:
    """Return the scores of each classifier on the test split, see `maps.score_table`."""
    positions = corpus.indices("test")
    parts = []
    for batch in even_batches(positions):
        with torch.no_grad():
            parts.append(bundle.network(waveforms(ear, corpus, batch)).float().cpu().numpy())
    logits = np.concatenate(parts)
    deepest = len(ear.layers) + 1
    return pd.concat(
        score_table(logits[:, number], corpus, positions).assign(
            layer=name, depth=ear.depths.get(name, deepest)
        )
        for number, name in enumerate(taps)
    )


def _settings(bundle: Bundle, task: Task) -> dict:
    """Return what the training is told, as a network's entry would tell it."""
    own = dict(task.settings["training"])
    if task.settings.get("labels"):
        own["labels"] = task.settings["labels"]
    objective = "tag" if task.corpus.tags else "classify"
    return {
        "architecture": "transferred",
        "front_end": describe_front_end(bundle.front_end),
        "training": {"keep": "last", **own, "objective": objective},
        "augmentation": task.settings.get("augmentation"),
    }


def _start(
    source: str,
    ear: Ear,
    taps: dict[str, Layer],
    learn: str,
    corpus: Corpus,
    labels: int | None,
    seed: int,
) -> Start:
    """Return the encoder with new classifiers, whose inputs are standardised by training clips."""
    bundle = load(source)
    positions = budgeted(corpus, labels, seed)
    vectors = _vectors(bundle, taps, corpus, positions, ear)
    arguments = {
        "encoder": {
            "architecture": bundle.info["architecture"],
            "arguments": bundle.info["arguments"],
            "classes": len(bundle.classes),
        },
        "taps": describe(taps),
        "widths": {name: values.shape[1] for name, values in vectors.items()},
        "frozen": learn == HEAD,
    }
    torch.manual_seed(seed)
    network: Transferred = transferred(
        len(corpus.classes), front_end=bundle.front_end.settings, **arguments
    )
    network.encoder.load_state_dict(bundle.network.state_dict())
    shares = class_matrix(corpus)[positions].mean(axis=0)
    for standard, head, values in zip(
        network.standards, network.heads, vectors.values(), strict=True
    ):
        standard.fit(values)
        head.bias.data = _log_odds(shares, corpus.tags)
    network.train()  # a frozen encoder stays in evaluation: the loop takes modes as they are
    weights = digest(Path(source) / "weights.safetensors")
    told = json.dumps([weights, arguments], sort_keys=True)  # checkpoints are of both
    return Start(network, arguments, EachLayer, told)


def _log_odds(shares: np.ndarray, tags: bool) -> torch.Tensor:
    """Return the biases by which a classifier that knows nothing else answers with shares.

    Args:
        shares: of the training clips that have each class, shape (classes,).
        tags: whether a clip may have several; else shares are of one choice.
    """
    known = np.clip(shares, RAREST, 1 - RAREST)
    odds = known / (1 - known) if tags else known
    return torch.from_numpy(np.log(odds)).float()


@torch.no_grad()
def _vectors(
    bundle: Bundle, taps: dict[str, Layer], corpus: Corpus, positions: np.ndarray, ear: Ear
) -> dict[str, torch.Tensor]:
    """Return what layers make of clips, each (clips, width), on the CPU."""
    network = bundle.network.to(ear.device)
    parts = []
    for batch in even_batches(positions):
        vectors, _ = read(network, taps, waveforms(ear, corpus, batch))
        parts.append({name: values.float().cpu() for name, values in vectors.items()})
    network.cpu()
    return {name: torch.cat([part[name] for part in parts]) for name in taps}


def answering_ears(folder: str, ear: Ear) -> Iterator[tuple[str, Ear]]:
    """Yield what learned (head, all), and the transferred network with the maps of its encoder.

    Args:
        folder: of its bundles, see `transfer_table`.
        ear: the network that they were made of.
    """
    layers = {name: _inside(layer) for name, layer in ear.layers.items()}
    for learn in (HEAD, ALL):
        if (Path(folder) / learn).is_dir():
            bundle = load(Path(folder) / learn).to(ear.device)
            yield learn, Ear(ear.network, ear.run, bundle, layers)


def _inside(layer: Layer) -> Layer:
    return replace(layer, path=f"encoder.{layer.path}")
