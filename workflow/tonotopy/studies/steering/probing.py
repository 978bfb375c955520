"""Concept vectors of study 2: many small probes per layer, on balanced random subsamples."""

from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import pandas as pd
from joblib import Parallel, delayed
from threadpoolctl import threadpool_limits

from tonotopy.activations import stored
from tonotopy.corpora.schema import Corpus
from tonotopy.errors import InputError
from tonotopy.probes.linear import balanced_draw, fit_linear, mean_pairwise_cosine
from tonotopy.probes.scores import macro_f1
from tonotopy.seeding import generator
from tonotopy.studies.steering.nulls import correlated_directions


@dataclass(frozen=True)
class ProbeOptions:
    """How probes are fitted.

    Attributes:
        seeds: random subsamples per concept and layer.
        null_seeds: the same for baselines (shuffled labels, untrained network) and class vectors.
        per_class: positives, and as many negatives, in a subsample.
        inverse_penalty: scikit-learn's C.
    """

    seeds: int
    null_seeds: int
    per_class: int
    inverse_penalty: float


@dataclass(frozen=True)
class ProbeData:
    """Activations with labels and a split.

    Attributes:
        activations: layer -> (clips of the folder, width), from input to output.
        rows: which of these clips are meant, shape (clips,).
        labels, splits, clips, groups: of the clips that are meant, shape (clips,) each.
        classes: names of the labels.
    """

    activations: dict[str, np.ndarray]
    rows: np.ndarray
    labels: np.ndarray
    splits: np.ndarray
    clips: np.ndarray
    groups: np.ndarray
    classes: list[str]

    def of(self, layer: str, indices: np.ndarray | slice = slice(None)) -> np.ndarray:
        """Return a layer's activations of chosen clips, (clips, width), copied."""
        return self.activations[layer][self.rows[indices]]

    def part(self, split: str) -> "ProbeData":
        """Return the clips of one split."""
        members = self.splits == split
        return replace(
            self,
            rows=self.rows[members],
            labels=self.labels[members],
            splits=self.splits[members],
            clips=self.clips[members],
            groups=self.groups[members],
        )


def read_activations(folder, corpus: Corpus, split: str | None = None) -> ProbeData:
    """Join stored activations with the labels of the clips that they come from.

    Args:
        folder: see `activations.store`.
        corpus: that was heard.
        split: whose clips were heard; None for all.

    Raises:
        InputError: the folder is damaged, or holds another number of clips.
    """
    indices = np.arange(len(corpus)) if split is None else corpus.indices(split)
    layers = stored(folder)
    count = len(next(iter(layers.values())))
    if count != len(indices):
        part = f"corpus {corpus.name}" + (f"'s {split} split" if split else "")
        raise InputError(
            f"{folder}: activations of {count} clips, but {part} has "
            f"{len(indices)}: delete the folder and run again"
        )
    rows = np.arange(count)
    columns = (corpus.labels, corpus.splits, corpus.clips, corpus.groups)
    parts = [column[indices] for column in columns]
    return ProbeData(layers, rows, *parts, corpus.classes)


@dataclass(frozen=True)
class BinaryProbes:
    """What one-against-rest probes give.

    Attributes:
        weights: vectors, layer -> float32 (seeds, concepts, width).
        scores: columns vectors, concept, layer, seed, macro_f1; a layer is its position.
        clips: columns vectors, concept, layer, clip, group, positive, right (share of the seeds
            that tell the clip rightly).
    """

    weights: dict[str, np.ndarray]
    scores: pd.DataFrame
    clips: pd.DataFrame


def fit_binary(
    train: ProbeData,
    test: ProbeData,
    options: ProbeOptions,
    seed: int,
    name: str,
    workers: int = 1,
    shuffled: bool = False,
) -> BinaryProbes:
    """Fit one-against-rest probes for every concept, layer and seed (thesis section 3.2.3).

    Every seed draws ``per_class`` positives and as many negatives; all layers see the same draw.
    Probes are scored on one balanced draw of the test clips, so that chance is 0.5.

    Args:
        train: clips to draw subsamples from.
        test: clips to score on.
        options: numbers of seeds and clips, penalty.
        seed: seed of the run.
        name: names the random stream, such as "trained".
        workers: processes.
        shuffled: whether every seed permutes the labels of both, by itself: the null of a probe.
    """
    jobs = [
        delayed(_fit_concept)(train, test, options, seed, name, concept, shuffled)
        for concept in range(len(train.classes))
    ]
    _note_small(train, options.per_class, name)
    # a probe is too small for threads of its own: they would cost ten times its work
    with threadpool_limits(1):
        results = Parallel(n_jobs=workers)(jobs)
    weights = {
        layer: np.stack([result[0][layer] for result in results], axis=1)
        for layer in train.activations
    }
    tables = [pd.concat([r[part] for r in results], ignore_index=True) for part in (1, 2)]
    return BinaryProbes(weights, *tables)


def _note_small(train: ProbeData, per_class: int, name: str) -> None:
    """Tell which concepts have too few clips for the subsamples asked for: theirs are smaller."""
    counts = np.bincount(train.labels, minlength=len(train.classes))
    sizes = np.minimum(counts, len(train.labels) - counts)
    few = [f"{c} ({n})" for c, n in zip(train.classes, sizes, strict=True) if n < per_class]
    if few:
        print(
            f"note: {name}: subsamples hold fewer than per_class {per_class} clips for "
            f"{', '.join(few)}; those that hold nearly all clips hardly differ from seed to seed"
        )


def _fit_concept(train, test, options, seed, name, concept, shuffled):
    concept_name = train.classes[concept]
    positive, held_out = train.labels == concept, test.labels == concept
    for members, split in ((positive, "training"), (held_out, "test")):
        if not members.any() or members.all():
            amount = "no clip" if not members.any() else "all clips"
            raise InputError(
                f"concept '{concept_name}' has {amount} in the {split} split: a probe needs clips "
                "with and without it; add clips or drop the class"
            )
    draws = generator(seed, "probe-test", concept_name)
    judged = balanced_draw(held_out, None, draws)
    right = {layer: np.zeros(len(judged)) for layer in train.activations}
    weights = {
        layer: np.empty((options.seeds, values.shape[1]), dtype=np.float32)
        for layer, values in train.activations.items()
    }
    rows = []
    for draw in range(options.seeds):
        rng = generator(seed, "probe", name, concept_name, draw)
        if shuffled:
            positive, held_out = rng.permutation(positive), rng.permutation(held_out)
            judged = balanced_draw(held_out, None, draws)
        indices = balanced_draw(positive, options.per_class, rng)
        for position, layer in enumerate(weights):
            probe = fit_linear(train.of(layer, indices), positive[indices], options.inverse_penalty)
            weights[layer][draw] = probe.weights[0]
            predicted = probe.predict(test.of(layer, judged))
            right[layer] += (predicted == held_out[judged]) / options.seeds
            score = macro_f1(held_out[judged].astype(int), predicted.astype(int), 2)
            rows.append((name, concept_name, position, draw, float(score)))
    columns = ["vectors", "concept", "layer", "seed", "macro_f1"]
    about = {"clip": test.clips[judged], "group": test.groups[judged]}
    about["positive"] = held_out[judged]
    by_clip = [
        pd.DataFrame(
            {"vectors": name, "concept": concept_name, "layer": k, **about, "right": share}
        )
        for k, share in enumerate(right.values())
    ]
    return weights, pd.DataFrame(rows, columns=columns), pd.concat(by_clip, ignore_index=True)


def fit_multiclass(
    train: ProbeData, test: ProbeData, options: ProbeOptions, seed: int, name: str
) -> pd.DataFrame:
    """Fit one probe over all concepts per layer, on equally many clips of each (figure 3.2).

    Returns:
        A row per layer and test clip: (vectors, layer, clip, group, label, predicted), labels by
        name.
    """
    indices = balanced_draw(train.labels, None, generator(seed, "multiclass", name))
    classes = np.array(train.classes, dtype=object)
    tables = []
    for position, layer in enumerate(train.activations):
        with threadpool_limits(1):
            probe = fit_linear(
                train.of(layer, indices), train.labels[indices], options.inverse_penalty
            )
        predicted = probe.predict(test.of(layer))
        columns = {
            "clip": test.clips,
            "group": test.groups,
            "label": classes[test.labels],
            "predicted": classes[predicted],
        }
        tables.append(pd.DataFrame({"vectors": name, "layer": position, **columns}))
    return pd.concat(tables, ignore_index=True)


@dataclass(frozen=True)
class ProbeStudy:
    """Everything that probing gives: tables, and kind -> layer -> (seeds, concepts, width).

    Vectors of the kind ``correlated`` stand for no concept: layer -> (vectors, 1, width).
    """

    predictions: pd.DataFrame
    scores: pd.DataFrame
    clips: pd.DataFrame
    agreement: pd.DataFrame
    cosines: pd.DataFrame
    vectors: dict[str, dict[str, np.ndarray]]


def probe_study(
    trained: ProbeData,
    untrained: ProbeData,
    classes: ProbeData,
    options: ProbeOptions,
    seed: int,
    workers: int = 1,
    start: ProbeData | None = None,
) -> ProbeStudy:
    """Probe a trained network for concepts, with its baselines and its class vectors.

    Args:
        trained: concept corpus through the trained network.
        untrained: the same clips through an untrained copy.
        classes: validation clips of the class corpus through the trained network.
        options: numbers of seeds and clips, penalty.
        seed: seed of the run.
        workers: processes.
        start: the same clips through the published weights that training started from, if any.
    """
    train, test = trained.part("train"), trained.part("test")
    copies = {"untrained": untrained} | ({} if start is None else {"start": start})
    sources = {"trained": (train, test), "shuffled": (train, test)}
    sources |= {name: (data.part("train"), data.part("test")) for name, data in copies.items()}
    sources["classes"] = classes, classes
    fewer = replace(options, seeds=options.null_seeds)
    fitted = {}
    for name, parts in sources.items():
        own = options if name == "trained" else fewer
        fitted[name] = fit_binary(*parts, own, seed, name, workers, name == "shuffled")
    vectors = {name: result.weights for name, result in fitted.items()}
    layers = {layer: partial(train.of, layer) for layer in train.activations}
    correlated = correlated_directions(layers, len(train.rows), seed)
    names = ("trained", "shuffled", *copies)
    probed = [fit_multiclass(*sources[n], options, seed, n) for n in ("trained", *copies)]
    tables = [agreement_table(vectors[n], trained.classes, n) for n in names]
    return ProbeStudy(
        predictions=pd.concat(probed, ignore_index=True),
        scores=pd.concat([fitted[name].scores for name in names], ignore_index=True),
        clips=pd.concat([fitted[n].clips for n in ("trained", *copies)], ignore_index=True),
        agreement=pd.concat(tables, ignore_index=True),
        cosines=cosine_table(
            {layer: v[: options.null_seeds] for layer, v in vectors["trained"].items()},
            vectors["classes"],
            trained.classes,
            classes.classes,
        ),
        vectors={**vectors, "correlated": {n: v[:, None] for n, v in correlated.items()}},
    )


def agreement_table(vectors: dict[str, np.ndarray], concepts: list[str], name: str) -> pd.DataFrame:
    """Return the mean pairwise cosine over seeds per concept and layer (section 3.3.1).

    Args:
        vectors: layer -> (seeds, concepts, width).
        concepts: their names.
        name: what the rows' vectors are called.
    """
    cosines = np.stack([mean_pairwise_cosine(values) for values in vectors.values()], axis=1)
    axes = [[name], concepts, range(cosines.shape[1])]
    index = pd.MultiIndex.from_product(axes, names=["vectors", "concept", "layer"])
    return pd.DataFrame({"cosine": cosines.ravel()}, index=index).reset_index()


def cosine_table(
    concepts: dict[str, np.ndarray],
    classes: dict[str, np.ndarray],
    names: list[str],
    labels: list[str],
) -> pd.DataFrame:
    """Return cosines between concept vectors and class vectors, per layer and probe seed.

    Args:
        concepts: layer -> (seeds, concepts, width).
        classes: class probes of the class corpus: layer -> (seeds, classes, width), with the same
            layers and number of seeds.
        names: concept names.
        labels: class names.
    """
    layers = [np.einsum("scw,skw->sck", *map(_unit, (concepts[n], classes[n]))) for n in concepts]
    cosines = np.stack(layers, axis=-1)
    axes = [range(len(cosines)), names, labels, range(len(layers))]
    index = pd.MultiIndex.from_product(axes, names=["seed", "concept", "class", "layer"])
    return pd.DataFrame({"cosine": cosines.ravel()}, index=index).reset_index()


def _unit(vectors: np.ndarray) -> np.ndarray:
    return vectors / np.linalg.norm(vectors, axis=-1, keepdims=True).clip(1e-12)
