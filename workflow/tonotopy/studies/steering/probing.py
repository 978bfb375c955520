"""Concept vectors of study 2: many small probes per layer, on balanced random subsamples."""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from joblib import Parallel, delayed
from threadpoolctl import threadpool_limits

from tonotopy.corpora.schema import Corpus
from tonotopy.errors import InputError
from tonotopy.files import reading
from tonotopy.probes.linear import balanced_draw, fit_linear, mean_pairwise_cosine
from tonotopy.probes.scores import macro_f1
from tonotopy.seeding import generator


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
    """Activations with labels and a split: tokens (clips, layers, width), the rest (clips,)."""

    tokens: np.ndarray
    labels: np.ndarray
    splits: np.ndarray
    clips: np.ndarray
    classes: list[str]

    def part(self, split: str) -> "ProbeData":
        """Return the clips of one split."""
        rows = self.splits == split
        return ProbeData(
            self.tokens[rows], self.labels[rows], self.splits[rows], self.clips[rows], self.classes
        )

    def shuffled(self, rng: np.random.Generator) -> "ProbeData":
        """Return the same activations with permuted labels: the null of a probe."""
        labels = rng.permutation(self.labels)
        return ProbeData(self.tokens, labels, self.splits, self.clips, self.classes)


def read_tokens(path, corpus: Corpus, split: str | None = None) -> ProbeData:
    """Join captured class tokens with the labels of the clips they were captured from."""
    rows = np.arange(len(corpus)) if split is None else corpus.indices(split)
    parts = corpus.labels[rows], corpus.splits[rows], corpus.clips[rows]
    with reading(path):
        return ProbeData(np.load(path, mmap_mode="r"), *parts, corpus.classes)


def fit_binary(
    train: ProbeData, test: ProbeData, options: ProbeOptions, seed: int, name: str, workers: int = 1
) -> tuple[np.ndarray, pd.DataFrame]:
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

    Returns:
        Weight vectors, float32 (seeds, concepts, layers, width), and a table of
        (vectors, concept, layer, seed, macro_f1).
    """
    jobs = [
        delayed(_fit_concept)(train, test, options, seed, name, concept)
        for concept in range(len(train.classes))
    ]
    # a probe is too small for threads of its own: they would cost ten times its work
    with threadpool_limits(1):
        results = Parallel(n_jobs=workers)(jobs)
    weights = np.stack([result[0] for result in results], axis=1)
    return weights, pd.concat([result[1] for result in results], ignore_index=True)


def _fit_concept(train, test, options, seed, name, concept):
    concept_name = train.classes[concept]
    positive, held_out = train.labels == concept, test.labels == concept
    for members, split in ((positive, "training"), (held_out, "test")):
        if not members.any() or members.all():
            told = "no clip" if not members.any() else "all clips"
            raise InputError(
                f"concept '{concept_name}' has {told} in the {split} split: a probe needs clips "
                "with and without it; add clips or drop the class"
            )
    judged = balanced_draw(held_out, None, generator(seed, "probe-test", concept_name))
    layers, width = train.tokens.shape[1:]
    weights = np.empty((options.seeds, layers, width), dtype=np.float32)
    rows = []
    for draw in range(options.seeds):
        rng = generator(seed, "probe", name, concept_name, draw)
        chosen = balanced_draw(positive, options.per_class, rng)
        for layer in range(layers):
            probe = fit_linear(
                train.tokens[chosen, layer], positive[chosen], options.inverse_penalty
            )
            weights[draw, layer] = probe.weights[0]
            predicted = probe.predict(test.tokens[judged, layer])
            score = macro_f1(held_out[judged].astype(int), predicted.astype(int), 2)
            rows.append((name, concept_name, layer, draw, float(score)))
    columns = ["vectors", "concept", "layer", "seed", "macro_f1"]
    return weights, pd.DataFrame(rows, columns=columns)


def fit_multiclass(
    train: ProbeData, test: ProbeData, options: ProbeOptions, seed: int, name: str
) -> pd.DataFrame:
    """Fit one probe over all concepts per layer, on equally many clips of each (figure 3.2).

    Returns:
        A row per layer and test clip: (vectors, layer, clip, label, predicted), labels by name.
    """
    chosen = balanced_draw(train.labels, None, generator(seed, "multiclass", name))
    classes = np.array(train.classes, dtype=object)
    tables = []
    for layer in range(train.tokens.shape[1]):
        with threadpool_limits(1):
            probe = fit_linear(
                train.tokens[chosen, layer], train.labels[chosen], options.inverse_penalty
            )
        predicted = probe.predict(test.tokens[:, layer])
        columns = {
            "clip": test.clips,
            "label": classes[test.labels],
            "predicted": classes[predicted],
        }
        tables.append(pd.DataFrame({"vectors": name, "layer": layer, **columns}))
    return pd.concat(tables, ignore_index=True)


@dataclass(frozen=True)
class ProbeStudy:
    """Everything that probing gives: tables, and vectors (seeds, concepts, layers, width)."""

    predictions: pd.DataFrame
    scores: pd.DataFrame
    agreement: pd.DataFrame
    cosines: pd.DataFrame
    vectors: dict[str, np.ndarray]


def probe_study(
    trained: ProbeData,
    untrained: ProbeData,
    classes: ProbeData,
    options: ProbeOptions,
    seed: int,
    workers: int = 1,
) -> ProbeStudy:
    """Probe a trained network for concepts, with its baselines and its class vectors.

    Args:
        trained: concept corpus through the trained network.
        untrained: the same clips through an untrained copy.
        classes: validation clips of the class corpus through the trained network.
        options: numbers of seeds and clips, penalty.
        seed: seed of the run.
        workers: processes.
    """
    rng = generator(seed, "shuffled labels")
    train, test = trained.part("train"), trained.part("test")
    sources = {
        "trained": (train, test),
        "shuffled": (train.shuffled(rng), test.shuffled(rng)),
        "untrained": (untrained.part("train"), untrained.part("test")),
        "classes": (classes, classes),
    }
    fewer = replace(options, seeds=options.null_seeds)
    fitted = {
        name: fit_binary(*parts, options if name == "trained" else fewer, seed, name, workers)
        for name, parts in sources.items()
    }
    vectors = {name: result[0] for name, result in fitted.items()}
    kept = ("trained", "shuffled", "untrained")
    return ProbeStudy(
        predictions=pd.concat(
            [fit_multiclass(*sources[n], options, seed, n) for n in ("trained", "untrained")],
            ignore_index=True,
        ),
        scores=pd.concat([fitted[name][1] for name in kept], ignore_index=True),
        agreement=pd.concat(
            [agreement_table(vectors[n], trained.classes, n) for n in kept], ignore_index=True
        ),
        cosines=cosine_table(
            vectors["trained"][: options.null_seeds],
            vectors["classes"],
            trained.classes,
            classes.classes,
        ),
        vectors=vectors,
    )


def agreement_table(vectors: np.ndarray, concepts: list[str], name: str) -> pd.DataFrame:
    """Return the mean pairwise cosine over seeds per concept and layer (section 3.3.1)."""
    found = mean_pairwise_cosine(vectors)
    axes = [[name], concepts, range(found.shape[1])]
    index = pd.MultiIndex.from_product(axes, names=["vectors", "concept", "layer"])
    return pd.DataFrame({"cosine": found.ravel()}, index=index).reset_index()


def cosine_table(
    concepts: np.ndarray, classes: np.ndarray, names: list[str], labels: list[str]
) -> pd.DataFrame:
    """Return cosines between concept vectors and class vectors, per layer and probe seed.

    Args:
        concepts: shape (seeds, concepts, layers, width).
        classes: class probes of the class corpus, same number of seeds, shape (seeds, classes,
            layers, width).
        names: concept names.
        labels: class names.
    """
    unit = [v / np.linalg.norm(v, axis=-1, keepdims=True).clip(1e-12) for v in (concepts, classes)]
    cosines = np.einsum("sclw,sklw->sckl", *unit)
    axes = [range(len(cosines)), names, labels, range(concepts.shape[2])]
    index = pd.MultiIndex.from_product(axes, names=["seed", "concept", "class", "layer"])
    return pd.DataFrame({"cosine": cosines.ravel()}, index=index).reset_index()
