"""Maps are chosen by pair counting; favourites are in the order of activation."""

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from tonotopy.sonification.selecting import areas_under_roc, favourite_clips, selective_maps

RNG = np.random.default_rng(1)
ACTIVATIONS = RNG.integers(0, 6, (17, 4)).astype(float)  # many ties
TARGETS = RNG.random((17, 3)) < [0.2, 0.5, 0.7]


def counted(activations, has):
    """Pairs that are in order, over all pairs; ties count half."""
    ordered, pairs = 0.0, 0
    for one, member in zip(activations, has, strict=True):
        for other, outside in zip(activations, has, strict=True):
            if member and not outside:
                pairs += 1
                ordered += 1.0 if one > other else 0.5 if one == other else 0.0
    return ordered / pairs


def test_areas_are_counted_pairs():
    found = areas_under_roc(ACTIVATIONS, TARGETS)
    assert found.shape == (3, 4) and len(np.unique(found)) > 8
    for label, number in np.ndindex(3, 4):
        own = ACTIVATIONS[:, number], TARGETS[:, label]
        assert found[label, number] == pytest.approx(counted(*own), rel=1e-12)
        assert found[label, number] == pytest.approx(roc_auc_score(own[1], own[0]))


def test_areas_know_their_extremes_and_what_cannot_be_known():
    activations = np.array([[3.0, -1.0, 5.0], [2.0, 0.0, 5.0], [1.0, 1.0, 5.0]])
    targets = np.array([[1, 0, 1], [1, 0, 1], [0, 0, 1]], dtype=bool)
    found = areas_under_roc(activations, targets)
    np.testing.assert_array_equal(found[0], [1.0, 0.0, 0.5])
    assert np.isnan(found[1:]).all()


def test_the_selective_map_has_the_largest_area():
    areas = np.array(
        [[0.2, 0.9, 0.5], [np.nan] * 3, [0.1, 0.0, 0.3], [np.nan, 0.4, 0.4], [0.0, np.nan, np.nan]]
    )
    found = selective_maps(areas)
    assert found.tolist() == [1, -1, 2, 1, 0] and np.issubdtype(found.dtype, np.integer)


@pytest.mark.parametrize("number", [1, 3, 17, 40])
def test_favourites_begin_with_the_most_active_and_ties_keep_their_order(number):
    found = favourite_clips(ACTIVATIONS, number)
    assert found.shape == (4, min(number, 17))
    for row, column in zip(found.tolist(), ACTIVATIONS.T.tolist(), strict=True):
        clips = sorted(range(17), key=lambda clip: (-column[clip], clip))
        assert row == clips[:number]
