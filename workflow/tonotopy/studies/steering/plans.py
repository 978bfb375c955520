"""What is steered with what: the sweeps of study 2 and the tables they fill."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
import torch

from tonotopy.corpora.schema import Corpus
from tonotopy.files import read_tensors, reading, write_tensors
from tonotopy.inference import kept_columns, network_inputs, output_columns
from tonotopy.networks.bundle import Bundle
from tonotopy.networks.layers import with_view
from tonotopy.studies.steering import nulls
from tonotopy.studies.steering.effects import EACH, paired_strengths
from tonotopy.studies.steering.sweep import collapsed, sweep

Directions = dict[str, np.ndarray]  # layer -> (directions, width)
Vectors = dict[str, dict[str, np.ndarray]]  # kind -> layer -> (seeds, concepts, width)


@dataclass(frozen=True)
class Plan:
    """Directions to steer along, and the columns that tell them apart.

    Attributes:
        vectors: where the directions come from: concept, or a kind of null vectors, see `controls`.
        layer: position of the one layer they come from (one-to-all), or EACH (one-to-one).
        names: of the directions: a concept each, or a number where they stand for none.
        directions: steered layer -> shape (directions, width of the layer).
    """

    vectors: str
    layer: int
    names: list[str]
    directions: Directions


@dataclass(frozen=True)
class Answers:
    """How a network's outputs are read, and how its layers are steered.

    Attributes:
        outputs: see `inference.output_columns`.
        activation: see `inference.activated`.
        view: see `layers.with_view`; that of the vectors.
    """

    outputs: dict[str, str | int] | None = None
    activation: str = "softmax"
    view: str | None = None


AXES = ["probe", "concept", "width"]  # of the vectors of a kind and layer
UNITS = (
    "weights of linear probes, normal to what they tell apart; lambda times the unit vector times "
    "the norm of an activation is added to it"
)


def write_vectors(
    path, vectors: Vectors, concepts: list[str], about: Mapping | None = None
) -> None:
    """Write the probes' vectors under names such as ``trained/layer1``, whole or not at all.

    Args:
        path: file.
        vectors: of every kind and layer.
        concepts: their names, in the order of the second axis.
        about: what the vectors come from: network, corpus, view and seed.
    """
    tensors = {
        f"{kind}/{layer}": values
        for kind, layers in vectors.items()
        for layer, values in layers.items()
    }
    layers = list(next(iter(vectors.values())))
    told = {"concepts": concepts, "layers": layers, "axes": AXES, "units": UNITS}
    facts = {**told, **(about or {})}
    write_tensors(path, tensors, facts)


def read_vectors(path) -> tuple[Vectors, list[str]]:
    """Return the probes' vectors, layers from input to output, and the concepts."""
    tensors, facts = read_tensors(path)
    kinds = dict.fromkeys(name.partition("/")[0] for name in tensors)
    with reading(path, KeyError):
        layers, concepts = facts["layers"], facts["concepts"]
        vectors = {kind: {layer: tensors[f"{kind}/{layer}"] for layer in layers} for kind in kinds}
        return vectors, concepts


def one_to_one(vectors: Vectors, concepts: list[str], subset: list[str], seed: int) -> list[Plan]:
    """Steer every layer with its own mean vector, for every concept."""
    return [Plan("concept", EACH, concepts, _mean(vectors["trained"]))]


def one_to_all(vectors: Vectors, concepts: list[str], subset: list[str], seed: int) -> list[Plan]:
    """Steer every layer with the mean vector of one fixed layer, for each layer in turn.

    Layers of another width than the fixed layer's are left alone.
    """
    rows = [concepts.index(name) for name in subset]
    mean = {layer: values[rows] for layer, values in _mean(vectors["trained"]).items()}
    return [
        Plan(
            "concept",
            position,
            list(subset),
            {name: fixed for name, own in mean.items() if own.shape == fixed.shape},
        )
        for position, fixed in enumerate(mean.values())
    ]


def controls(vectors: Vectors, concepts: list[str], subset: list[str], seed: int) -> list[Plan]:
    """Steer with null vectors: without a concept, of contrasts of clips, without training."""
    contrasts = {layer: values[:, 0] for layer, values in vectors["correlated"].items()}
    copies = [kind for kind in ("untrained", "start") if kind in vectors]
    return [
        *unrelated(vectors, concepts, subset, seed),
        _numbered("correlated", contrasts),
        *(Plan(kind, EACH, concepts, _mean(vectors[kind])) for kind in copies),
    ]


def unrelated(vectors: Vectors, concepts: list[str], subset: list[str], seed: int) -> list[Plan]:
    """Steer with random vectors, and with vectors of shuffled labels, each of its permutation."""
    widths = {layer: values.shape[-1] for layer, values in vectors["trained"].items()}
    shuffled = {
        layer: values.reshape(-1, values.shape[-1]) for layer, values in vectors["shuffled"].items()
    }
    random = nulls.random_directions(widths, seed)
    return [_numbered("random", random), _numbered("shuffled", shuffled)]


def _numbered(kind: str, directions: Directions) -> Plan:
    count = len(next(iter(directions.values())))
    return Plan(kind, EACH, [f"{kind} {number}" for number in range(count)], directions)


def swept_strengths(sweep: str, strengths, reach: float) -> list[float]:
    """Return the strengths of a sweep: all, or of null vectors one with both signs.

    It is the largest up to half the reach, where vectors of no concept do not collapse yet, or the
    smallest that there is. Slopes are per unit of lambda, and saturate less there.

    Args:
        sweep: its name.
        strengths: lambdas of the instance.
        reach: slopes are read up to this |lambda|.
    """
    if sweep not in nulls.SWEEPS:
        return list(strengths)
    sizes = paired_strengths(strengths)
    chosen = max([size for size in sizes if size <= reach / 2 + 1e-9], default=sizes[0])
    return [-chosen, chosen]


PLANS: dict[str, Callable[..., list[Plan]]] = {
    "test": one_to_one,
    "unseen": one_to_one,
    "layers": one_to_all,
    "controls": controls,
    "unseen_controls": unrelated,
}


def run_plan(
    plans: list[Plan],
    bundle: Bundle,
    corpus: Corpus,
    indices: np.ndarray,
    strengths,
    answers: Answers | None = None,
) -> pd.DataFrame:
    """Run plans over the same clips and return their tables as one (see `sweep_table`)."""
    tables = [
        sweep_table(bundle, corpus, indices, plan, strengths, answers or Answers())
        for plan in plans
    ]
    return pd.concat(tables, ignore_index=True)


def sweep_table(
    bundle: Bundle,
    corpus: Corpus,
    indices: np.ndarray,
    plan: Plan,
    strengths,
    answers: Answers,
) -> pd.DataFrame:
    """Steer a corpus along named directions and return every probability.

    Args:
        bundle: network and front end.
        corpus: clips to steer.
        indices: positions of the clips.
        plan: the directions and what they are called.
        strengths: lambdas; 0 is added.
        answers: which outputs are kept; collapse is judged by all outputs.

    Returns:
        Columns vectors, layer, concept, strength, clip, label, group, class, probability,
        collapsed.

    Raises:
        InputError: see `inference.output_columns` and `sweep.sweep`.
    """
    names, columns = output_columns(bundle, corpus, answers.outputs, unknown_classes=True)
    grid = np.unique(np.append(np.asarray(strengths, dtype=np.float64), 0.0))
    outcome = _swept(bundle, corpus, indices, plan, grid, answers)
    zero = int(np.flatnonzero(grid == 0)[0])
    flags = _collapses(outcome, zero, answers.activation)
    values = kept_columns(outcome, columns).astype(np.float64)
    axes = [plan.names, grid, range(len(indices)), names]
    index = pd.MultiIndex.from_product(axes, names=["concept", "strength", "row", "class"])
    table = pd.DataFrame({"probability": values.ravel()}, index=index).reset_index()
    table["collapsed"] = np.repeat(flags.ravel(), values.shape[2] * values.shape[3])
    rows = table.pop("row").to_numpy()
    table.insert(2, "clip", corpus.clips[indices][rows])
    labels = np.array(corpus.classes, dtype=object)[corpus.labels[indices]]
    table.insert(3, "label", labels[rows])
    table.insert(4, "group", corpus.groups[indices][rows])
    table.insert(0, "layer", plan.layer)
    table.insert(0, "vectors", plan.vectors)
    text = ["concept", "clip", "label", "group", "class", "vectors"]
    return table.astype(dict.fromkeys(text, "category"))


def _swept(
    bundle: Bundle,
    corpus: Corpus,
    indices: np.ndarray,
    plan: Plan,
    grid: np.ndarray,
    answers: Answers,
) -> np.ndarray:
    """Return probabilities, float32 (directions, strengths, clips, outputs).

    At strength 0, where no direction matters, the network answers once.
    """
    device = next(bundle.network.parameters()).device
    layers = with_view(bundle.layers, answers.view)
    along = {
        layer: torch.from_numpy(np.ascontiguousarray(values, dtype=np.float32)).to(device)
        for layer, values in plan.directions.items()
    }
    any_direction = {layer: values[:1] for layer, values in along.items()}
    moved = torch.tensor(grid[grid != 0], dtype=torch.float32, device=device)
    parts = []
    for _, inputs in network_inputs(bundle, corpus, indices):
        still = sweep(
            bundle, layers, inputs, any_direction, torch.zeros_like(moved[:1]), answers.activation
        )
        steered = sweep(bundle, layers, inputs, along, moved, answers.activation)
        below = int((grid < 0).sum())
        whole = [steered[:, :below], still.expand(len(steered), -1, -1, -1), steered[:, below:]]
        parts.append(torch.cat(whole, dim=1))
    return torch.cat(parts, dim=2).numpy()


def _collapses(outcome: np.ndarray, zero: int, activation: str) -> np.ndarray:
    """Return whether the output has collapsed, bool (directions, strengths)."""
    flags = np.empty(outcome.shape[:2], dtype=bool)
    for direction, along in enumerate(outcome):
        unsteered = along[zero].astype(np.float64)
        for strength, steered in enumerate(along):
            flag = collapsed(unsteered, steered.astype(np.float64), activation)
            flags[direction, strength] = flag
    return flags


def _mean(vectors: dict[str, np.ndarray]) -> Directions:
    """Return the mean over seeds of each layer's vectors, (concepts, width)."""
    return {layer: values.mean(axis=0) for layer, values in vectors.items()}
