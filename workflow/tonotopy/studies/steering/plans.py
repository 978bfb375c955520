"""What is steered with what: the sweeps of study 2 and the tables they fill."""

import json
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
import torch
from safetensors import SafetensorError, safe_open

from tonotopy.files import reading
from tonotopy.inference import spectrograms
from tonotopy.seeding import generator
from tonotopy.studies.steering.effects import EACH
from tonotopy.studies.steering.sweep import collapsed, sweep

Vectors = dict[str, np.ndarray]


@dataclass(frozen=True)
class Plan:
    """Directions to steer along, and the columns that tell them apart.

    Attributes:
        vectors: where the directions come from: concept, random, shuffled or untrained.
        layer: the one layer they come from (one-to-all), or EACH (one-to-one).
        names: a concept per direction.
        directions: shape (directions, layers, width).
    """

    vectors: str
    layer: int
    names: list[str]
    directions: np.ndarray


def read_vectors(path) -> tuple[Vectors, list[str]]:
    """Return the probes' vectors, (seeds, concepts, layers, width) each, and the concepts."""
    with reading(path, SafetensorError), safe_open(str(path), "np") as file:
        names = json.loads(file.metadata()["concepts"])
        return {key: file.get_tensor(key) for key in file.keys()}, names  # noqa: SIM118, no dict


def one_to_one(vectors: Vectors, concepts: list[str], chosen: list[str], seed: int) -> list[Plan]:
    """Steer every layer with its own mean vector, for every concept."""
    return [Plan("concept", EACH, concepts, vectors["trained"].mean(axis=0))]


def one_to_all(vectors: Vectors, concepts: list[str], chosen: list[str], seed: int) -> list[Plan]:
    """Steer every layer with the mean vector of one fixed layer, for each layer in turn."""
    rows = [concepts.index(name) for name in chosen]
    mean = vectors["trained"].mean(axis=0)[rows]
    return [
        Plan("concept", k, list(chosen), np.broadcast_to(mean[:, k : k + 1], mean.shape))
        for k in range(mean.shape[1])
    ]


def controls(vectors: Vectors, concepts: list[str], chosen: list[str], seed: int) -> list[Plan]:
    """Steer with random vectors, vectors of shuffled labels, vectors of an untrained network."""
    shape = vectors["trained"].shape[1:]
    random = generator(seed, "random vectors").standard_normal(shape)
    nulls = {name: vectors[name].mean(axis=0) for name in ("shuffled", "untrained")}
    return [Plan(name, EACH, concepts, v) for name, v in {"random": random, **nulls}.items()]


PLANS: dict[str, Callable[..., list[Plan]]] = {
    "test": one_to_one,
    "unseen": one_to_one,
    "layers": one_to_all,
    "controls": controls,
}


def run_plan(plans: list[Plan], bundle, corpus, indices, strengths) -> pd.DataFrame:
    """Run plans over the same clips and return their tables as one (see `sweep_table`)."""
    tables = [
        sweep_table(
            bundle, corpus, indices, plan.directions, plan.names, strengths,
            {"vectors": plan.vectors, "layer": plan.layer},
        )
        for plan in plans
    ]  # fmt: skip
    return pd.concat(tables, ignore_index=True)


def sweep_table(
    bundle, corpus, indices, directions: np.ndarray, names: list[str], strengths, about: dict
) -> pd.DataFrame:
    """Steer a corpus along named directions and return every probability.

    Args:
        bundle: network and front end.
        corpus: clips to steer.
        indices: positions of the clips.
        directions: float32, shape (directions, layers, width).
        names: a concept per direction.
        strengths: lambdas; 0 is added.
        about: constant columns, such as vectors and layer.

    Returns:
        Columns of ``about``, then concept, strength, clip, label, class, probability, collapsed.
    """
    grid = np.unique(np.append(np.asarray(strengths, dtype=np.float64), 0.0))
    device = next(bundle.network.parameters()).device
    along = torch.from_numpy(np.ascontiguousarray(directions, dtype=np.float32)).to(device)
    lambdas = torch.tensor(grid, dtype=torch.float32, device=device)
    parts = [
        sweep(bundle.network, x, along, lambdas) for x in spectrograms(bundle, corpus, indices)
    ]
    outcome = torch.cat(parts, dim=2).numpy().astype(np.float64)
    zero = int(np.flatnonzero(grid == 0)[0])
    flags = np.array([[collapsed(o[zero], p) for p in o] for o in outcome])
    axes = [names, grid, range(len(indices)), bundle.classes]
    index = pd.MultiIndex.from_product(axes, names=["concept", "strength", "row", "class"])
    table = pd.DataFrame({"probability": outcome.ravel()}, index=index).reset_index()
    table["collapsed"] = np.repeat(flags.ravel(), outcome.shape[2] * outcome.shape[3])
    rows = table.pop("row").to_numpy()
    table.insert(2, "clip", corpus.clips[indices][rows])
    labels = np.array(corpus.classes, dtype=object)[corpus.labels[indices]]
    table.insert(3, "label", labels[rows])
    for column, value in reversed(list(about.items())):
        table.insert(0, column, value)
    text = ["concept", "clip", "label", "class", *(c for c, v in about.items() if type(v) is str)]
    return table.astype(dict.fromkeys(text, "category"))
