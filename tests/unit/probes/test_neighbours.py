"""Neighbour probes: one sort for every k and fold, against one fit for each."""

from collections import Counter

import numpy as np
import pytest
from scipy.spatial.distance import cdist
from scipy.stats import sem, t
from sklearn.neighbors import KNeighborsClassifier

from tonotopy.errors import InputError
from tonotopy.probes import neighbours
from tonotopy.probes.distances import squared_distances
from tonotopy.probes.folds import folds
from tonotopy.probes.neighbours import (
    KS,
    allowed_ks,
    correct,
    predictions,
    shuffled_correct,
    shuffled_labels,
)


def clips(count=240, width=6, classes=4, spread=1.0, integers=False, seed=0):
    """Vectors around class centres, labels, folds; integers put many at the same distance."""
    rng = np.random.default_rng(seed)
    labels = rng.permutation(np.arange(count) % classes)
    x = spread * rng.normal(size=(classes, width))[labels] + rng.normal(size=(count, width))
    return np.round(x) if integers else x, labels, folds(labels, None, "paper", 5, seed)


def literal(distances, labels, fold, ks):
    """Sort the other folds' clips, count the first k, take the first of the best classes."""
    found = np.empty((len(ks), len(labels)), dtype=labels.dtype)
    for i in range(len(labels)):
        others = [j for j in range(len(labels)) if fold[j] != fold[i]]
        others.sort(key=lambda j: (distances[i, j], j))
        for row, k in enumerate(ks):
            votes = Counter(labels[j] for j in others[:k])
            found[row, i] = min(votes, key=lambda label: (-votes[label], label))
    return found


def peer(x, labels, fold, ks):
    found = np.empty((len(ks), len(labels)), dtype=labels.dtype)
    for row, k in enumerate(ks):
        for tested in np.unique(fold):
            inside = fold == tested
            model = KNeighborsClassifier(k, algorithm="brute").fit(x[~inside], labels[~inside])
            found[row, inside] = model.predict(x[inside])
    return found


@pytest.mark.parametrize("integers", [False, True])
@pytest.mark.parametrize("ks", [(1, 2, 3, 4, 20, 40), (9, 1, 30, 4)])
def test_equal_to_the_definition_in_any_order_of_ks(integers, ks):
    x, labels, fold = clips(integers=integers, width=3)
    distances = cdist(x, x)
    np.testing.assert_array_equal(
        predictions(distances, labels, fold, ks), literal(distances, labels, fold, ks)
    )


@pytest.mark.parametrize("seed", range(3))
def test_equal_to_scikit_learn_with_tied_votes(seed):
    x, labels, fold = clips(count=700, classes=5, spread=0.5, seed=seed)
    ks = allowed_ks(labels, fold)
    assert ks == KS
    np.testing.assert_array_equal(
        predictions(cdist(x, x, "sqeuclidean"), labels, fold, ks), peer(x, labels, fold, ks)
    )


def test_equal_to_scikit_learn_on_integers_where_the_neighbours_are_certain():
    x, labels, fold = clips(count=300, width=5, integers=True)
    distances, ks = cdist(x, x, "sqeuclidean"), (1, 2, 5, 10, 30)
    found, expected = predictions(distances, labels, fold, ks), peer(x, labels, fold, ks)
    ordered = np.sort(np.where(fold[:, None] == fold, np.inf, distances), axis=1)
    certain = np.array([ordered[:, k - 1] < ordered[:, k] for k in ks])
    assert 0.1 < certain.mean() < 0.9
    np.testing.assert_array_equal(found[certain], expected[certain])


def test_rows_in_pieces_give_the_same(monkeypatch):
    x, labels, fold = clips(integers=True)
    whole = predictions(cdist(x, x), labels, fold, (1, 4, 9))
    monkeypatch.setattr(neighbours, "ROWS", 7)
    np.testing.assert_array_equal(predictions(cdist(x, x), labels, fold, (1, 4, 9)), whole)


@pytest.mark.parametrize("most", [1, 2, 10, 59, 60])
def test_the_partition_keeps_the_order_of_a_stable_sort(most):
    distances = np.random.default_rng(0).integers(0, 6, (50, 60)).astype(float)
    expected = np.argsort(distances, axis=1, kind="stable")[:, :most]
    np.testing.assert_array_equal(neighbours._nearest(distances, most), expected)


def test_planted_classes_are_found_by_every_k():
    x, labels, fold = clips(count=600, width=400, classes=4, spread=10)
    found = correct(squared_distances(x.astype(np.float16)), labels, fold)
    assert found.shape == (12, 600) and found.dtype == bool and found.all()


@pytest.mark.parametrize("spread", [0, 10])
def test_shuffled_labels_give_chance(spread):
    """Clips of one cluster are guessed alike, so that shuffles count as observations, not clips."""
    x, labels, _ = clips(count=400, width=20, spread=spread)
    distances, rng = squared_distances(x), np.random.default_rng(1)
    means = []
    for seed in range(40):
        shuffled = rng.permutation(labels)
        fold = folds(shuffled, None, "paper", seed=seed)
        means.append(correct(distances, shuffled, fold, (1, 5, 20, 50)).mean(axis=1))
    low, high = t.interval(0.999, 39, np.mean(means, axis=0), sem(means, axis=0))
    assert (low < 0.25).all() and (high > 0.25).all() and (high - low < 0.06).all()


def test_a_twin_in_the_same_fold_does_not_vote():
    x, labels, _ = clips(count=40, classes=2)
    x, labels = np.concatenate([x, x]), np.concatenate([labels, 1 - labels])
    fold = np.tile(np.arange(40) % 4, 2)
    distances = cdist(x, x)
    np.testing.assert_array_equal(
        predictions(distances, labels, fold, (1, 3)), literal(distances, labels, fold, (1, 3))
    )
    apart = np.repeat([0, 1], 40)
    assert not correct(distances, labels, apart, (1,)).any()


def test_labels_may_be_names():
    x, labels, fold = clips()
    names = np.array(["oud", "ney", "zurna", "kanun"])[labels]
    expected = literal(cdist(x, x), names, fold, (2, 5))
    np.testing.assert_array_equal(predictions(cdist(x, x), names, fold, (2, 5)), expected)


def test_only_ks_that_the_smallest_class_can_fill_are_allowed():
    labels = np.array(["a"] * 50 + ["b"] * 10)
    fold = np.arange(60) % 5
    assert allowed_ks(labels, fold) == tuple(range(1, 9))
    distances = np.ones((60, 60))
    with pytest.raises(InputError, match="k = 9 is not allowed: class 'b' has 8 training clips"):
        predictions(distances, labels, fold, (3, 9))
    for wrong in ((0, 1), ()):
        with pytest.raises(InputError, match="not allowed"):
            predictions(distances, labels, fold, wrong)
    with pytest.raises(InputError, match="class 'b' has 8 training clips when fold 0"):
        allowed_ks(labels, fold, (9, 20))
    with pytest.raises(InputError, match="class 'a' has 0 training clips"):
        allowed_ks(labels, np.repeat([0, 1], [50, 10]))


def test_a_matrix_with_a_hole_is_named():
    distances = np.zeros((20, 20))
    distances[4, 2] = np.nan
    with pytest.raises(InputError, match="clip 4"):
        predictions(distances, np.arange(20) % 2, np.arange(20) // 4, (1,))


def test_shufflings_are_classified_as_labels_of_their_own():
    x, labels, fold = clips(count=120, classes=3, integers=True)
    distances, rng = cdist(x, x), np.random.default_rng(0)
    shuffled = np.stack([shuffled_labels(labels, fold, rng) for _ in range(4)])
    found = shuffled_correct(distances, shuffled, fold, 7)
    expected = [correct(distances, row, fold, (7,))[0] for row in shuffled]
    np.testing.assert_array_equal(found, expected)
    names = np.array(["c", "a", "b"])[shuffled]
    as_words = [correct(distances, row, fold, (7,))[0] for row in names]
    np.testing.assert_array_equal(shuffled_correct(distances, names, fold, 7), as_words)
    with pytest.raises(InputError, match="k = 90 is not allowed"):
        shuffled_correct(distances, shuffled, fold, 90)


def test_labels_are_shuffled_within_every_fold():
    _, labels, fold = clips(count=100)
    kept = labels.copy()
    shuffled = shuffled_labels(labels, fold, np.random.default_rng(0))
    np.testing.assert_array_equal(labels, kept)
    for one in range(5):
        inside = fold == one
        assert sorted(shuffled[inside]) == sorted(labels[inside])
        assert (shuffled[inside] != labels[inside]).mean() > 0.3
