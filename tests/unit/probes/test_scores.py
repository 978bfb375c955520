import numpy as np
import pytest
from sklearn.metrics import confusion_matrix, f1_score

from tonotopy.probes.scores import confusion_counts, macro_f1


@pytest.mark.parametrize("classes", [2, 5])
def test_scores_equal_scikit_learn_with_and_without_leading_axes(classes):
    rng = np.random.default_rng(0)
    labels, predicted = rng.integers(0, classes, (2, 3, 4, 30))
    counts, scores = (f(labels, predicted, classes) for f in (confusion_counts, macro_f1))
    for i in np.ndindex(3, 4):
        expected = confusion_matrix(labels[i], predicted[i], labels=range(classes))
        np.testing.assert_array_equal(counts[i], expected)
        assert scores[i] == pytest.approx(f1_score(labels[i], predicted[i], average="macro"))


def test_classes_that_occur_nowhere_do_not_count():
    assert macro_f1(np.array([0, 0, 1]), np.array([0, 0, 1]), 7) == 1
