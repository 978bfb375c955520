"""Linear probes from distances: against the same model fitted on the vectors themselves."""

import numpy as np
import pytest
from scipy.spatial.distance import cdist
from scipy.stats import binomtest
from sklearn.linear_model import LogisticRegression

from tonotopy.errors import InputError
from tonotopy.probes.crossval import linear_predictions, probabilities, span_coordinates
from tonotopy.probes.distances import squared_distances
from tonotopy.probes.folds import folds


def clips(count=120, width=8, classes=3, spread=1.0, seed=0):
    rng = np.random.default_rng(seed)
    labels = rng.permutation(np.arange(count) % classes)
    x = spread * rng.normal(size=(classes, width))[labels] + rng.normal(size=(count, width))
    return 5 + 3 * x * rng.uniform(0.2, 2, width), labels, folds(labels, None, "paper", 5, seed)


def direct(x, labels, fold, inverse_penalty):
    """Fit on centred vectors, divided by their root mean squared distance from the mean."""
    found = np.zeros((len(x), labels.max() + 1))
    for tested in np.unique(fold):
        train = x[fold != tested]
        mean = train.mean(axis=0)
        unit = np.sqrt(np.mean([(v - mean) @ (v - mean) for v in train]))
        model = LogisticRegression(C=inverse_penalty, max_iter=10_000, tol=1e-10)
        model.fit((train - mean) / unit, labels[fold != tested])
        found[fold == tested] = model.predict_proba((x[fold == tested] - mean) / unit)
    return found


@pytest.mark.parametrize("classes", [2, 3])
@pytest.mark.parametrize("width", [3, 8, 300])
@pytest.mark.parametrize("inverse_penalty", [0.1, 10])
def test_equal_to_the_model_on_the_vectors(classes, width, inverse_penalty):
    x, labels, fold = clips(width=width, classes=classes)
    expected = direct(x, labels, fold, inverse_penalty)
    found = probabilities(cdist(x, x, "sqeuclidean"), labels, fold, inverse_penalty, 1e-8)
    np.testing.assert_allclose(found, expected, atol=1e-4)
    coarse = squared_distances(x.astype(np.float32), block=50)
    np.testing.assert_allclose(
        probabilities(coarse, labels, fold, inverse_penalty, 1e-8), expected, atol=1e-4
    )
    chosen = linear_predictions(coarse, labels, fold, inverse_penalty)
    assert (chosen == expected.argmax(axis=1)).mean() > 0.98


def test_coordinates_keep_distances_among_training_clips_and_products_with_the_others():
    x = clips(count=30, width=100)[0]
    squared = cdist(x, x, "sqeuclidean")
    inner, outer = span_coordinates(squared[:20, :20], squared[20:, :20])
    assert inner.shape == (20, 19) and outer.shape == (10, 19)
    centred = x - x[:20].mean(axis=0)
    unit = np.mean([v @ v for v in centred[:20]])
    np.testing.assert_allclose(inner @ inner.T, centred[:20] @ centred[:20].T / unit, atol=1e-9)
    np.testing.assert_allclose(outer @ inner.T, centred[20:] @ centred[:20].T / unit, atol=1e-9)
    np.testing.assert_allclose(cdist(inner, inner, "sqeuclidean") * unit, squared[:20, :20])


def test_planted_classes_are_found_and_shuffled_ones_are_not():
    x, labels, fold = clips(count=200, width=2000, classes=4, spread=3)
    squared = squared_distances(x.astype(np.float16))
    assert (linear_predictions(squared, labels, fold, 10) == labels).all()
    shuffled = np.random.default_rng(1).permutation(labels)
    fold = folds(shuffled, None, "paper")
    right = linear_predictions(squared, shuffled, fold, 10) == shuffled
    ends = binomtest(int(right.sum()), right.size).proportion_ci(0.999)
    assert ends.low < 0.25 < ends.high


def test_names_come_back_as_names():
    x, labels, fold = clips(spread=5)
    names = np.array(["oud", "ney", "zurna"])[labels]
    assert (linear_predictions(cdist(x, x, "sqeuclidean"), names, fold, 10) == names).all()


def test_a_layer_that_is_the_same_for_all_clips_gives_the_share_of_each_class():
    labels, fold = np.array([0, 0, 1] * 20), np.arange(60) // 12
    found = probabilities(np.zeros((60, 60)), labels, fold, 1)
    np.testing.assert_allclose(found, np.tile([2 / 3, 1 / 3], (60, 1)), atol=1e-3)


def test_a_class_that_is_tested_but_never_trained_on_has_no_probability():
    x, labels, fold = clips(classes=3)
    fold = np.where(labels == 2, 0, fold)
    found = probabilities(cdist(x, x, "sqeuclidean"), labels, fold, 1)
    assert (found[fold == 0, 2] == 0).all()
    np.testing.assert_allclose(found.sum(axis=1), 1)


def test_bad_input_is_named():
    x, labels, fold = clips()
    squared = cdist(x, x, "sqeuclidean")
    with pytest.raises(InputError, match="fewer than two classes .* fold 0"):
        probabilities(squared, (fold == 0).astype(int), fold, 1)
    with pytest.raises(InputError, match="119 labels"):
        probabilities(squared, labels[1:], fold, 1)
    squared[5, 0] = np.inf
    with pytest.raises(InputError, match="clip 5"):
        probabilities(squared, labels, fold, 1)
