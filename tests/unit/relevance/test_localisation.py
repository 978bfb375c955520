"""Relevance on supports: mass and rank accuracy against plain loops, and their known answers."""

import numpy as np
import pytest

from tonotopy.errors import InputError
from tonotopy.relevance.localisation import (
    positive_relevance,
    relevance_mass_accuracy,
    relevance_rank_accuracy,
)

pytestmark = pytest.mark.filterwarnings("error::RuntimeWarning")  # no division by zero


def planted(seed=0):
    """Three clips, two components, four objects on a grid of 5 x 7."""
    rng = np.random.default_rng(seed)
    heatmaps = rng.normal(size=(3, 2, 5, 7)).astype(np.float32)
    masks = rng.uniform(size=(3, 4, 5, 7)).astype(np.float32)
    return heatmaps, masks


def literal_sum(heatmap, mask):
    total = 0.0
    for row, cells in zip(heatmap, mask, strict=True):
        for relevance, share in zip(row, cells, strict=True):
            if relevance > 0:
                total += float(relevance) * float(share)
    return total


def literal_rank(heatmap, mask):
    cells = [(m, t) for m in range(len(heatmap)) for t in range(len(heatmap[0]))]
    inside = [cell for cell in cells if mask[cell]]
    ranked = sorted(cells, key=lambda cell: -heatmap[cell])
    return len(set(ranked[: len(inside)]) & set(inside)) / len(inside)


def over(function, heatmaps, masks):
    return [
        [[function(h, m) for m in objects] for h in components]
        for components, objects in zip(heatmaps, masks, strict=True)
    ]


def test_relevance_and_its_share_equal_loops():
    heatmaps, masks = planted()
    expected = np.array(over(literal_sum, heatmaps, masks))
    found = positive_relevance(heatmaps, masks)
    assert found.dtype == np.float64 and found.shape == (3, 2, 4)
    np.testing.assert_allclose(found, expected, rtol=1e-12)
    whole = np.array(over(literal_sum, heatmaps, np.ones_like(masks)))
    np.testing.assert_allclose(relevance_mass_accuracy(heatmaps, masks), expected / whole)


def test_rank_accuracy_equals_a_loop():
    heatmaps, masks = planted(1)
    supports = masks > np.array([0.2, 0.5, 0.8, 0.9])[:, None, None]
    supports[1, 2] = False  # a support of one cell
    supports[1, 2, 4, 6] = True
    found = relevance_rank_accuracy(heatmaps, supports)
    np.testing.assert_allclose(found, over(literal_rank, heatmaps, supports))
    # many ties: the lower, then the earlier cell comes first
    steps = np.round(heatmaps)
    found = relevance_rank_accuracy(steps, supports)
    np.testing.assert_allclose(found, over(literal_rank, steps, supports))


def test_known_answers():
    masks = np.zeros((1, 3, 4, 6), bool)
    masks[0, 0, :2] = True
    masks[0, 1, 2:] = True
    heatmaps = np.stack([masks[0, 0] * 3.0 - masks[0, 1] * 50, np.ones((4, 6))])[None]
    mass, rank = relevance_mass_accuracy(heatmaps, masks), relevance_rank_accuracy(heatmaps, masks)
    np.testing.assert_allclose(mass, [[[1, 0, np.nan], [0.5, 0.5, np.nan]]])
    np.testing.assert_allclose(rank[0, 0], [1, 0, np.nan])
    nothing = relevance_mass_accuracy(-np.abs(heatmaps), masks)
    assert np.isnan(nothing).all()


def test_grids_that_differ_are_refused():
    heatmaps, masks = planted()
    for wrong in (masks[:2], masks[:, :, :4], masks[..., :6]):
        with pytest.raises(InputError, match="differ in clips, mels or frames: make both with"):
            positive_relevance(heatmaps, wrong)
    for pair in ((heatmaps[:, 0], masks), (heatmaps, masks[:, 0])):
        with pytest.raises(InputError, match=r"expected heatmaps \(clips, components, mels, fra"):
            relevance_mass_accuracy(*pair)
    for value in (np.nan, -np.inf):
        heatmaps[1, 1, 4, 0] = value
        with pytest.raises(InputError, match="clip 1: its heatmap has values that are not finite"):
            relevance_rank_accuracy(heatmaps, masks > 0.5)
    with pytest.raises(InputError, match="rank accuracy needs masks of type bool, not float32"):
        relevance_rank_accuracy(planted()[0], masks)
