"""Linear probes: the direction in the raw space, known answers, nulls."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from tonotopy.corpora.schema import SPLITS
from tonotopy.errors import InputError
from tonotopy.probes.linear import balanced_draw, fit_linear, mean_pairwise_cosine
from tonotopy.studies.steering.probing import ProbeData, ProbeOptions, cosine_table, probe_study


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
    return ProbeData(tokens, labels, splits, clips, list(classes))


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
    assert vectors.shape == (4, 4, 2, 8)
    mean = vectors[:, :, 1].mean(axis=0)
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


def test_workers_do_not_change_the_vectors(study):
    rng = np.random.default_rng(0)
    labels = np.arange(200) % 4
    some = data(rng.normal(size=(200, 2, 5)), labels)
    options = ProbeOptions(seeds=2, null_seeds=2, per_class=10, inverse_penalty=0.1)
    alone = probe_study(some, some, some, options, 0, workers=1)
    shared = probe_study(some, some, some, options, 0, workers=2)
    for name in alone.vectors:
        np.testing.assert_array_equal(alone.vectors[name], shared.vectors[name])


def test_cosines_equal_the_loop():
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=(2, 2, 3, 4)), rng.normal(size=(2, 1, 3, 4))
    table = cosine_table(a, b, ["x", "y"], ["k"]).set_index(["seed", "concept", "class", "layer"])
    u, v = a[1, 1, 2], b[1, 0, 2]
    expected = u @ v / np.linalg.norm(u) / np.linalg.norm(v)
    assert table.loc[(1, "y", "k", 2), "cosine"] == pytest.approx(expected)
