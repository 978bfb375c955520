"""Activation patching: what one layer's vector of a twin does inside the base clip's pass."""

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from tonotopy.corpora.schema import Corpus
from tonotopy.inference import activated, kept_columns, network_inputs
from tonotopy.networks.bundle import Bundle
from tonotopy.networks.containers import logits
from tonotopy.networks.layers import Change, Layer
from tonotopy.networks.tracing import trace, writing
from tonotopy.seeding import generator
from tonotopy.studies.validity.families import Family, families

Case = tuple[Family, int]  # twins, and which of them is the base clip

ROWS = 64  # clips that go through the network at once
EVERY = "all"  # the name of the patch of all layers at once


def patched_effects(
    bundle: Bundle,
    layers: Mapping[str, Layer],
    corpus: Corpus,
    cases: Sequence[Case],
    activation: str,
    patches: Iterable[str],
) -> dict[str, np.ndarray]:
    """Return what patches of twins do to their base clips.

    In the pass of the base clip what a layer reads (our AST's class tokens) is replaced by what it
    reads of the twin; everything else, such as the tokens of the patches, stays the base's and goes
    on from there. Where all layers are patched, the last one alone decides.

    Args:
        bundle: the network.
        layers: by name, from input to output, as they are read.
        corpus: of twins.
        cases: families of twins, each with the position of the base clip among them.
        activation: see `inference.activated`.
        patches: names of layers, one at a time, and EVERY for all at once.

    Returns:
        Name -> p(patched) - p(base), float64, shape (cases, values, outputs).
    """
    size = max(1, ROWS // len(cases[0][0].values))
    parts = [
        _of_batch(bundle, layers, corpus, cases[start : start + size], activation, list(patches))
        for start in range(0, len(cases), size)
    ]
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


@torch.no_grad()
def _of_batch(bundle, layers, corpus, cases, activation, patches) -> dict[str, np.ndarray]:
    """Return `patched_effects` of cases that go through the network together."""
    values = len(cases[0][0].values)
    positions = np.concatenate([family.positions for family, _ in cases])
    inputs = torch.cat([x for _, x in network_inputs(bundle, corpus, positions)])
    bases = np.repeat([n * values + base for n, (_, base) in enumerate(cases)], values)
    vectors, answers = trace(bundle.network, dict(layers), inputs)
    still = _probabilities(answers, activation)[bases]
    repeated = inputs[torch.from_numpy(bases)]
    effects = {}
    for name in patches:
        names = layers if name == EVERY else [name]
        with writing(bundle.network, {layers[n]: _replaced(vectors[n]) for n in names}):
            moved = _probabilities(bundle.network(repeated), activation)
        effects[name] = (moved - still).reshape(len(cases), values, -1)
    return effects


def _replaced(vectors: Tensor) -> Change:
    return lambda _: vectors


def _probabilities(answers, activation: str) -> np.ndarray:
    return activated(logits(answers).float().cpu(), activation).double().numpy()


def chosen(corpus: Corpus, number: int, seed: int) -> list[Case]:
    """Return so many families of a corpus of twins, each with the twin that is its base clip.

    Families are spread evenly over the corpus, whose bases' genres take turns. The base clip is
    drawn by the seed from all values, so that no value is the base of all.
    """
    every = families(corpus)
    steps = np.linspace(0, len(every), min(number, len(every)), endpoint=False).astype(int).tolist()
    return [
        (every[n], int(generator(seed, "patching", corpus.name, n).integers(len(every[n].values))))
        for n in steps
    ]


def layer_table(
    bundle: Bundle,
    layers: Mapping[str, Layer],
    twins: Mapping[str, Corpus],
    outputs: tuple[list[str], list[int]],
    activation: str,
    number: int,
    seed: int,
) -> pd.DataFrame:
    """Return the causal profile over layers: the effect of patching each, for every attribute.

    Args:
        bundle: the network.
        layers: by name, from input to output, as they are read.
        twins: attribute -> corpus of twins.
        outputs: classes and the network's outputs that stand for them.
        activation: see `inference.activated`.
        number: of bases of each attribute, at most.
        seed: of the run.

    Returns:
        Columns attribute, layer (position from 0; -1 for all layers at once), name, base, value,
        class, effect (p(patched) - p(base), float32).
    """
    classes, columns = outputs
    names = [*layers, EVERY]
    positions = {**{name: n for n, name in enumerate(layers)}, EVERY: -1}
    parts = []
    for attribute, corpus in twins.items():
        cases = chosen(corpus, number, seed)
        effects = patched_effects(bundle, layers, corpus, cases, activation, names)
        kept = kept_columns(np.stack([effects[name] for name in names]), columns)
        bases = [family.base for family, _ in cases]
        index = pd.MultiIndex.from_product(
            [names, bases, cases[0][0].values, classes], names=["name", "base", "value", "class"]
        )
        table = pd.DataFrame({"effect": kept.astype(np.float32).ravel()}, index=index)
        parts.append(table.reset_index().assign(attribute=attribute))
    table = pd.concat(parts, ignore_index=True)
    table.insert(0, "layer", table["name"].map(positions))
    table = table[["attribute", "layer", "name", "base", "value", "class", "effect"]]
    return table.astype(dict.fromkeys(("attribute", "name", "base", "value", "class"), "category"))
