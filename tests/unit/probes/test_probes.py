"""Linear probes: the direction in the raw space, known answers, nulls."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from tonotopy.corpora.schema import SPLITS
from tonotopy.errors import InputError
from tonotopy.probes.linear import balanced_draw, fit_linear, mean_pairwise_cosine
from tonotopy.studies.steering.probing import (
    ProbeData,
    ProbeOptions,
    cosine_table,
    fit_binary,
    probe_study,
)


def blobs(seed=0, clips=400, width=6, classes=3):
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, classes, clips)
    centres = 3 * rng.normal(size=(classes, width))
    scale = np.array([1, 10, 0.1, 1, 1, 1])[:width]
    return (centres[labels] + rng.normal(size=(clips, width))) * scale, labels


@pytest.mark.parametrize("classes", [2, 3])
def test_raw_space_probe_answers_as_the_standardised_pipeline(classes):
    x, y = blobs(classes=classes)
    pipeline = make_pipeline(StandardScaler(), LogisticRegression(C=0.1, max_iter=300)).fit(x, y)
    probe = fit_linear(x, y, 0.1)
    assert probe.weights.shape == (1 if classes == 2 else 3, 6)
    assert (probe.predict(x) == pipeline.predict(x)).mean() > 0.995
    expected = pipeline.decision_function(x).reshape(len(x), -1)
    np.testing.assert_allclose(x @ probe.weights.T + probe.biases, expected, atol=0.02)


def test_a_balanced_draw_has_equally_many_of_each_and_no_repeats():
    labels = np.array([0] * 50 + [1] * 7)
    chosen = balanced_draw(labels, 5, np.random.default_rng(0))
    assert len(set(chosen)) == 10 and labels[chosen].sum() == 5
    assert len(balanced_draw(labels, None, np.random.default_rng(0))) == 14
    assert len(balanced_draw(labels, 100, np.random.default_rng(0))) == 14


@pytest.mark.parametrize(("per_class", "each"), [(9, 9), (10, 10), (11, 10), (None, 10)])
def test_a_balanced_draw_of_three_classes_has_as_many_as_the_smallest(per_class, each):
    labels = np.random.default_rng(1).permutation(np.repeat([4, 7, 9], [23, 10, 41]))
    chosen = balanced_draw(labels, per_class, np.random.default_rng(0))
    assert len(set(chosen)) == len(chosen)
    assert [int((labels[chosen] == c).sum()) for c in (4, 7, 9)] == [each] * 3
    assert (np.diff(labels[chosen]) < 0).any()  # in random order


def test_mean_pairwise_cosine_equals_the_loop_over_pairs():
    vectors = np.random.default_rng(0).normal(size=(5, 2, 3, 4))
    found = mean_pairwise_cosine(vectors)
    for i in range(2):
        for j in range(3):
            total, pairs = 0.0, 0
            for a in range(5):
                for b in range(a + 1, 5):
                    u, v = vectors[a, i, j], vectors[b, i, j]
                    total += u @ v / np.sqrt((u @ u) * (v @ v))
                    pairs += 1
            assert found[i, j] == pytest.approx(total / pairs)


def data(tokens, labels, classes=("a", "b", "c", "d")) -> ProbeData:
    splits = np.array(
        [SPLITS[0] if i // 4 % 2 else SPLITS[2] for i in range(len(labels))], dtype=object
    )
    clips = np.array([f"c{i}" for i in range(len(labels))], dtype=object)
    layers = {f"layer{i}": tokens[:, i] for i in range(tokens.shape[1])}
    return ProbeData(layers, np.arange(len(labels)), labels, splits, clips, clips, list(classes))


@pytest.fixture(scope="module")
def study():
    """Concept c is written along axis c of layer 1; layer 0 is noise."""
    rng = np.random.default_rng(0)
    labels = np.arange(1200) % 4
    tokens = rng.normal(size=(1200, 2, 8))
    tokens[np.arange(1200), 1, labels] += 4
    noise = data(rng.normal(size=(1200, 2, 8)), labels)
    options = ProbeOptions(seeds=4, null_seeds=3, per_class=60, inverse_penalty=0.1)
    return probe_study(data(tokens, labels), noise, data(tokens, labels), options, seed=0)


def test_a_planted_direction_is_found_and_noise_is_not(study):
    vectors = study.vectors["trained"]
    assert {name: v.shape for name, v in vectors.items()} == dict.fromkeys(
        ("layer0", "layer1"), (4, 4, 8)
    )
    mean = vectors["layer1"].mean(axis=0)
    assert (np.abs(mean).argmax(axis=1) == np.arange(4)).all()
    scores = study.scores.groupby(["vectors", "layer"])["macro_f1"].mean()
    assert scores["trained", 1] > 0.95
    for null in (("trained", 0), ("untrained", 1), ("shuffled", 1)):
        assert 0.4 < scores[null] < 0.6


def test_agreement_and_multiclass_follow_the_plant(study):
    agreement = study.agreement.groupby(["vectors", "layer"])["cosine"].mean()
    assert agreement["trained", 1] > 0.8 > 0.4 > agreement["untrained", 1]
    right = study.predictions.assign(
        right=study.predictions["label"] == study.predictions["predicted"]
    )
    by_layer = right[right["vectors"] == "trained"].groupby("layer")["right"].mean()
    assert by_layer[1] > 0.95 and by_layer[0] < 0.4


def test_a_concept_without_clips_in_a_split_is_named(study):
    labels = np.repeat([0, 1], [8, 8])
    some = data(np.zeros((16, 1, 2)), labels, classes=("a", "b", "c"))
    with pytest.raises(InputError, match="concept 'c' has no clip in the training split"):
        probe_study(some, some, some, ProbeOptions(2, 2, 2, 0.1), 0)


@pytest.mark.parametrize(
    ("train", "test", "told"),
    [
        ([0, 0, 0, 0], [0, 1, 0, 1], "concept 'a' has all clips in the training split"),
        ([0, 1, 0, 1], [0, 0, 0, 0], "concept 'a' has all clips in the test split"),
        ([0, 1, 0, 1], [1, 1, 1, 1], "concept 'a' has no clip in the test split"),
    ],
)
def test_a_concept_in_all_clips_or_none_of_a_split_is_refused(train, test, told):
    labels = np.array([*test, *train])  # `data` gives the first four to the test split
    some = data(np.random.default_rng(0).normal(size=(8, 1, 2)), labels, classes=("a", "b"))
    with pytest.raises(InputError, match=f"{told}: a probe needs clips with and without it"):
        fit_binary(some.part("train"), some.part("test"), ProbeOptions(2, 2, 2, 0.1), 0, "trained")


def test_workers_do_not_change_the_vectors(study):
    rng = np.random.default_rng(0)
    labels = np.arange(200) % 4
    some = data(rng.normal(size=(200, 2, 5)), labels)
    options = ProbeOptions(seeds=2, null_seeds=2, per_class=10, inverse_penalty=0.1)
    alone = probe_study(some, some, some, options, 0, workers=1)
    shared = probe_study(some, some, some, options, 0, workers=2)
    for name, layers in alone.vectors.items():
        assert len(layers) == 2
        for layer, vectors in layers.items():
            np.testing.assert_array_equal(vectors, shared.vectors[name][layer])


def test_cosines_equal_the_loop():
    rng = np.random.default_rng(0)
    widths = {"first": 4, "middle": 7, "last": 3}
    a = {name: rng.normal(size=(2, 2, width)) for name, width in widths.items()}
    b = {name: rng.normal(size=(2, 5, width)) for name, width in widths.items()}
    table = cosine_table(a, b, ["x", "y"], list("klmno"))
    table = table.set_index(["seed", "concept", "class", "layer"])["cosine"]
    assert len(table) == 2 * 2 * 5 * 3
    for (seed, concept, label, layer), cosine in table.items():
        name = list(widths)[layer]
        u, v = a[name][seed, "xy".index(concept)], b[name][seed, "klmno".index(label)]
        assert cosine == pytest.approx(u @ v / np.linalg.norm(u) / np.linalg.norm(v))
