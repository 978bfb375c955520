"""Subspaces of an instance: fitted for every class, layer and number of components; on disk.

A folder holds ``subspaces.json`` (what was fitted, for which network, on which corpus) and a
safetensors file per copy of the network, method, draw, layer and number of components, see
`relevance.subspaces.save`, with an orthogonal basis for each class.
"""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from tonotopy.corpora.schema import Corpus
from tonotopy.errors import InputError, nearest
from tonotopy.files import read_json, replacing, write_json
from tonotopy.relevance.subspaces import (
    Ascent,
    Problem,
    Subspaces,
    fit,
    load,
    principal_subspaces,
    random_subspaces,
    save,
)
from tonotopy.relevance.vectors import draw_locations, normalised, vectors_at
from tonotopy.studies.relevance.explaining import Subject, batches, chosen_clips

INDEX = "subspaces.json"
TRAINED, UNTRAINED = "trained", "untrained"
POINTS = 100  # of an objective's curve that are kept


class Key(NamedTuple):
    """Subspaces of all classes.

    Attributes:
        copy: of the network, trained or untrained.
        method: drsa, dsa, pca or random.
        draw: number of a random basis, else 0.
        layer: that they divide.
        components: their number, K.
    """

    copy: str
    method: str
    draw: int
    layer: str
    components: int


class Vectors(NamedTuple):
    """Activation and context vectors of a layer, normalised, shape (classes, pairs, width)."""

    activations: Tensor
    contexts: Tensor


@dataclass(frozen=True)
class Choices:
    """What is fitted.

    Attributes:
        clips: of each class, whose vectors are taken.
        locations: of a map.
        components: numbers of subspaces.
        random: number of random bases.
        ascent: how DRSA and DSA climb.
        compared: numbers of subspaces at which DRSA is compared with the other methods and with
            the untrained copy; None for all. At others DRSA's are fitted alone.
    """

    clips: int
    locations: int
    components: tuple[int, ...]
    random: int
    ascent: Ascent
    compared: tuple[int, ...] | None = None


def collect(explained: Subject, corpus: Corpus, choices: Choices, seed: int) -> dict[str, Vectors]:
    """Return vectors of every layer, for evidence of each clip's own class (section 3.2.2.1).

    As classes are fitted together, all have as many clips as the one that has fewest.

    Args:
        explained: the network.
        corpus: its training clips are taken.
        choices: how many.
        seed: of the run.

    Raises:
        InputError: a class has no training clip, a layer's output is no map, has fewer positions
            than locations, or is dead.
    """
    positions = _balanced(corpus, choices.clips, seed)
    gathered: dict[str, list[tuple[Tensor, Tensor]]] = {layer: [] for layer in explained.layers}
    for batch in batches(explained, corpus, positions):
        found = explained.engine.explain(batch.inputs).contexts(batch.targets, explained.layers)
        names = list(corpus.clips[batch.positions])
        for layer in explained.layers:
            maps = found.activation[layer], found.context[layer]
            _check_map(layer, maps[0])
            count = maps[0][0, 0].numel()
            places = draw_locations(names, count, choices.locations, seed, layer)
            gathered[layer].append(tuple(vectors_at(m, places) for m in maps))
    labels = corpus.labels[positions]
    return {layer: _by_class(layer, gathered[layer], labels, corpus) for layer in gathered}


def _balanced(corpus: Corpus, clips: int, seed: int) -> np.ndarray:
    """Return positions of equally many training clips of each class."""
    positions = chosen_clips(corpus, "train", clips, seed)
    counts = np.bincount(corpus.labels[positions], minlength=len(corpus.classes))
    if not counts.min():
        name = corpus.classes[counts.argmin()]
        raise InputError(
            f"corpus {corpus.name}: class '{name}' has no training clip to fit subspaces to: give "
            "it some, or leave it out"
        )
    if counts.min() < clips:
        print(f"note: subspaces are fitted to {counts.min()} clips of each class, not {clips}")
    return chosen_clips(corpus, "train", int(counts.min()), seed)


def _check_map(layer: str, maps: Tensor) -> None:
    if maps.ndim < 3:
        raise InputError(
            f"layer '{layer}' gives {tuple(maps.shape)}, no maps (clips, channels, positions ...): "
            "name the layers that do in 'layers'"
        )


def _by_class(layer: str, parts: list, labels: np.ndarray, corpus: Corpus) -> Vectors:
    activations, contexts = (
        torch.cat(p).unflatten(0, (len(labels), -1)) for p in zip(*parts, strict=True)
    )
    stacked: tuple[list, list] = [], []
    for number, name in enumerate(corpus.classes):
        own = torch.from_numpy(labels == number)
        for vectors, kind, rows in zip(
            (activations, contexts), ("activations", "contexts"), stacked, strict=True
        ):
            what = f"{kind} of layer '{layer}' for class '{name}'"
            rows.append(normalised(vectors[own.to(vectors.device)].flatten(0, 1), what))
    return Vectors(*(torch.stack(rows) for rows in stacked))


def fit_all(
    vectors: Mapping[str, Vectors], classes: list[str], choices: Choices, seed: int, copy: str
) -> Iterator[tuple[Key, Subspaces]]:
    """Yield the subspaces of every layer, number of components and method.

    Classes and starts climb together. Of the untrained copy DRSA's alone are fitted, and those
    where it is compared.

    Args:
        vectors: of each layer, see `collect`.
        classes: in the order of the vectors.
        choices: what is fitted.
        seed: of the run.
        copy: trained or untrained.

    Raises:
        InputError: a number of components divides the width of no layer.
    """
    for layer, components in _divisible(vectors, choices.components):
        compared = choices.compared is None or components in choices.compared
        if copy == UNTRAINED and not compared:
            continue
        activations, contexts = vectors[layer]
        problems = [Problem(layer, name) for name in classes]
        climbing = problems, activations
        yield (
            Key(copy, "drsa", 0, layer, components),
            fit(*climbing, contexts, components, choices.ascent, seed),
        )
        if copy == UNTRAINED or not compared:
            continue
        dsa = fit(*climbing, None, components, choices.ascent, seed)
        yield Key(copy, "dsa", 0, layer, components), dsa
        pca = principal_subspaces(*climbing, components)
        yield Key(copy, "pca", 0, layer, components), pca
        for draw in range(choices.random):
            width = activations.shape[-1]
            random = random_subspaces(problems, width, components, seed, draw)
            yield Key(copy, "random", draw, layer, components), random


def _divisible(vectors: Mapping[str, Vectors], numbers: tuple[int, ...]) -> list[tuple[str, int]]:
    """Return the layers with the numbers of components that divide their widths."""
    widths = {layer: v.activations.shape[-1] for layer, v in vectors.items()}
    for number in numbers:
        if all(width % number for width in widths.values()):
            raise InputError(
                f"components: {number} equal subspaces divide the width of no layer: {widths}"
            )
    pairs = []
    for layer, width in widths.items():  # first, so that tables have layers in their order
        for number in numbers:
            if width % number:
                print(f"note: layer '{layer}' has {width} channels, no multiple of {number}")
            else:
                pairs.append((layer, number))
    return pairs


def objective_table(fitted: Mapping[Key, Subspaces]) -> pd.DataFrame:
    """Return the objective over steps of every start (figure B.2), thinned to `POINTS` steps.

    Returns:
        Columns copy, method, layer, components, label, start, step, objective; a start's last step
        is kept.
    """
    rows = []
    for key, subspaces in fitted.items():
        for problem, curves in zip(subspaces.problems, subspaces.curves.cpu(), strict=True):
            for start, curve in enumerate(curves):
                values = curve[~curve.isnan()].double().numpy()
                steps = np.unique(np.linspace(0, len(values) - 1, POINTS).round().astype(int))
                about = {**key._asdict(), "label": problem.target, "start": start, "step": steps}
                rows.append(pd.DataFrame({**about, "objective": values[steps]}))
    return pd.concat(rows, ignore_index=True).drop(columns="draw")


def write(path: str | Path, fitted: Mapping[Key, Subspaces], about: dict) -> None:
    """Write subspaces, the whole folder or nothing.

    Args:
        path: of the folder.
        fitted: see `fit_all`.
        about: what the index says of all of them: network, corpus, seed.
    """
    with replacing(path) as draft:
        draft.mkdir()
        entries = []
        for number, (key, subspaces) in enumerate(fitted.items()):
            name = f"{number:04d}.safetensors"
            save(subspaces, draft / name)
            ascent = asdict(subspaces.ascent) if subspaces.ascent else None
            classes = [problem.target for problem in subspaces.problems]
            width = subspaces.bases.shape[-1]
            facts = {"width": width, "classes": classes, "ascent": ascent}
            entries.append({"file": name, **key._asdict(), **facts})
        write_json(draft / INDEX, {**about, "subspaces": entries})


class Fitted:
    """Subspaces on disk.

    Args:
        path: of a folder that `write` wrote.

    Raises:
        InputError: the folder is missing or damaged.
    """

    def __init__(self, path: str | Path):
        self.path = Path(path)
        entries = read_json(self.path / INDEX)["subspaces"]
        self._files = {Key(*(entry[name] for name in Key._fields)): entry for entry in entries}
        self._bases: dict[Key, dict[str, Tensor]] = {}

    def keys(self, **wanted) -> list[Key]:
        """Return the keys whose fields have the wanted values, in the order of fitting."""
        return [
            key
            for key in self._files
            if all(getattr(key, name) == value for name, value in wanted.items())
        ]

    def shown(self, layer: str, components: int) -> Key:
        """Return the key of DRSA's subspaces of the trained network.

        Raises:
            InputError: there are none of that layer and number.
        """
        drsa = self.keys(copy=TRAINED, method="drsa")
        key = Key(TRAINED, "drsa", 0, layer, components)
        if key not in drsa:
            fitted = ", ".join(f"{k.layer} {k.components}" for k in drsa)
            raise InputError(
                f"shown: layer '{layer}' has no {components} subspaces (known: {fitted})"
            )
        return key

    def bases(self, key: Key, labels: np.ndarray) -> Tensor:
        """Return the basis for each clip's class, shape (clips, D, D).

        Raises:
            InputError: there are no such subspaces, or none of a class.
        """
        if key not in self._files:
            raise InputError(f"{self.path}: no subspaces were fitted for {key}")
        if key not in self._bases:
            subspaces = load(self.path / self._files[key]["file"])
            names = [problem.target for problem in subspaces.problems]
            self._bases[key] = dict(zip(names, subspaces.bases, strict=True))
        known = self._bases[key]
        for label in labels:
            if label not in known:
                raise InputError(
                    f"{self.path}: no subspaces were fitted for class '{label}'"
                    f"{nearest(label, known)}: its training corpus needs clips of it"
                )
        return torch.stack([known[label] for label in labels])
