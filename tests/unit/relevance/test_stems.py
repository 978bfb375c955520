"""Lift of stems, contrasts and muting: against plain loops, known answers and nulls."""

from math import log2

import numpy as np
import pytest
from scipy.stats import spearmanr

from tonotopy.errors import InputError
from tonotopy.evidence.groups import Groups
from tonotopy.evidence.resampling import Bootstrap
from tonotopy.relevance.stems import (
    LOWEST,
    SILENT,
    areas,
    lift_contrast,
    lifts,
    logit_drops,
    muted,
    muting_correlation,
)

pytestmark = pytest.mark.filterwarnings("error::RuntimeWarning")  # no division by zero
BOOTSTRAP = Bootstrap(60, 0.9, seed=2)


def literal_lift(heatmap, mask):
    inside = total = area = 0.0
    for row, cells in zip(heatmap, mask, strict=True):
        for relevance, share in zip(row, cells, strict=True):
            area += float(share) / mask.size
            if relevance > 0:
                inside += float(relevance) * float(share)
                total += float(relevance)
    return log2(inside / total / area)


def test_lifts_equal_a_loop():
    rng = np.random.default_rng(0)
    heatmaps = rng.normal(size=(4, 6, 5)).astype(np.float32)
    masks = (rng.uniform(size=(4, 3, 6, 5)) ** 4).astype(np.float32)
    expected = [
        [literal_lift(h, m) for m in stems] for h, stems in zip(heatmaps, masks, strict=True)
    ]
    np.testing.assert_allclose(lifts(heatmaps, masks), expected)
    np.testing.assert_allclose(areas(masks), masks.astype(float).mean(axis=(2, 3)))


def test_known_lifts():
    masks = np.zeros((5, 2, 4, 8))
    masks[:, 0, :1] = 1  # a quarter of the grid
    masks[:4, 1, 2:] = 1
    heatmaps = np.ones((5, 4, 8))
    heatmaps[1] = masks[1, 0] - 2 * masks[1, 1]
    heatmaps[2, 0] = 2**-12  # far less than an even share
    heatmaps[3] = -1
    found = lifts(heatmaps, masks)
    np.testing.assert_allclose(found[:2], [[0, 0], [2, LOWEST]])
    assert found[2, 0] == LOWEST and found[2, 1] == pytest.approx(log2(2 / 3 / 0.5), abs=1e-3)
    assert np.isnan(found[3]).all() and found[4, 0] == 0 and np.isnan(found[4, 1])


def contrasted():
    rng = np.random.default_rng(3)
    lift = rng.normal(size=11)
    lift[[2, 9]] = np.nan
    kind = np.array([0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2])
    labels = np.array([0, 0, 1, 1, 2, 3, 3, 4, 5, 6, 6])
    return lift, kind == 0, kind == 1, labels


def test_a_contrast_is_a_difference_of_means_over_groups_drawn_whole():
    lift, first, second, labels = contrasted()
    groups = Groups(labels)
    resamples = groups.draw(BOOTSTRAP, "lead")
    found = lift_contrast(lift, first, second, groups, resamples)
    assert found.value == pytest.approx(np.nanmean(lift[first]) - np.nanmean(lift[second]))
    assert found.n == 6
    for counts, draw in zip(resamples.counts, found.draws, strict=True):
        sides = ([], [])
        for clip, label in enumerate(labels):
            for side, members in zip(sides, (first, second), strict=True):
                if members[clip] and not np.isnan(lift[clip]):
                    side += [lift[clip]] * counts[label]
        expected = np.mean(sides[0]) - np.mean(sides[1]) if all(sides) else np.nan
        np.testing.assert_allclose(draw, expected, rtol=1e-9)


def test_a_resample_without_one_side_is_undefined():
    lift, groups = np.array([1.0, 2.0, 5.0]), Groups.single(3)
    resamples = groups.draw(BOOTSTRAP, "x")
    side = np.array([True, True, False])
    found = lift_contrast(lift, side, ~side, groups, resamples)
    lacks = (resamples.counts[:, 2] == 0) | (resamples.counts[:, :2].sum(axis=1) == 0)
    np.testing.assert_array_equal(np.isnan(found.draws), lacks)
    assert found.value == pytest.approx(-3.5) and 0 < lacks.sum() < 60


def test_contrasts_without_two_sides_are_refused():
    lift, first, second, labels = contrasted()
    groups = Groups(labels)
    resamples = groups.draw(BOOTSTRAP, "lead")
    both = second.copy()
    both[4] = True
    with pytest.raises(InputError, match="clip 4 is on both sides of the contrast"):
        lift_contrast(lift, first, both, groups, resamples)
    only = np.arange(11) == 9  # a clip without lift
    for sides in ((only, second), (first, only)):
        with pytest.raises(InputError, match="one side of the contrast has no clip with relevance"):
            lift_contrast(lift, *sides, groups, resamples)


def test_muting_takes_a_part_away_at_the_mix_or_at_the_clips_peak():
    rng = np.random.default_rng(4)
    parts = rng.normal(size=(3, 2, 50))
    clips = parts.sum(axis=1)
    np.testing.assert_allclose(muted(clips, parts[:, 1], "mix"), parts[:, 0])
    found = muted(clips, parts[:, 1])
    for clip, rest, sound in zip(clips, parts[:, 0], found, strict=True):
        np.testing.assert_allclose(sound, rest * max(map(abs, clip)) / max(map(abs, rest)))


def test_a_clip_of_which_nothing_is_left_is_not_amplified():
    clips = np.zeros((4, 3))
    clips[:3, 1] = -0.5
    left = np.array([0.5 * SILENT, 0.5 * SILENT * 1.001, 0.25, 0.0])
    rest = np.zeros((4, 3))
    rest[:, 2] = left
    found = muted(clips, clips - rest)
    np.testing.assert_allclose(found[:, 2], [left[0], 0.5, 0.5, 0])


def test_muting_refuses_other_levels_and_shapes():
    with pytest.raises(InputError, match="level: expected one of peak, mix, not 'rms'"):
        muted(np.zeros((2, 3)), np.zeros((2, 3)), "rms")
    with pytest.raises(InputError, match=r"clips \(2, 3\) and parts \(2, 4\) differ in shape"):
        muted(np.zeros((2, 3)), np.zeros((2, 4)))


def test_logit_drops_are_of_each_clips_class():
    rng = np.random.default_rng(5)
    logits, without = rng.normal(size=(4, 3)), rng.normal(size=(4, 2, 3))
    classes = np.array([2, 0, 1, 2])
    expected = [
        [logits[n, classes[n]] - without[n, s, classes[n]] for s in range(2)] for n in range(4)
    ]
    np.testing.assert_allclose(logit_drops(logits, without, classes), expected)


def test_muting_correlation_equals_scipy_on_repeated_groups():
    rng = np.random.default_rng(6)
    lift = rng.normal(size=(9, 3))
    drops = lift + rng.normal(size=(9, 3))
    lift[[0, 4, 4, 4], [1, 0, 1, 2]] = np.nan
    labels = np.array([0, 0, 1, 2, 3, 4, 4, 5, 6])
    groups = Groups(labels)
    resamples = groups.draw(BOOTSTRAP, "mute")
    found = muting_correlation(lift, drops, groups, resamples)
    known = ~np.isnan(lift)
    assert found.value == pytest.approx(spearmanr(lift[known], drops[known]).statistic)
    assert found.n == 6  # group 3 has no pair
    for counts, draw in zip(resamples.counts, found.draws, strict=True):
        pairs = [
            (lift[clip, stem], drops[clip, stem])
            for clip in range(9)
            for stem in range(3)
            for _ in range(counts[labels[clip]] if known[clip, stem] else 0)
        ]
        assert draw == pytest.approx(spearmanr(*zip(*pairs, strict=True)).statistic)


def test_muting_correlation_of_unrelated_numbers_is_near_zero():
    rng = np.random.default_rng(7)
    lift, drops = rng.normal(size=(2, 300, 4))
    groups = Groups.single(300)
    found = muting_correlation(lift, drops, groups, groups.draw(BOOTSTRAP, "null"))
    assert abs(found.value) < 0.1
    found = muting_correlation(lift, np.exp(lift), groups, groups.draw(BOOTSTRAP, "rising"))
    assert found.value == pytest.approx(1) and found.draws == pytest.approx(1)


def test_muting_correlation_refuses_what_does_not_belong_together():
    groups = Groups.single(3)
    resamples = groups.draw(BOOTSTRAP, "x")
    for lift, drops in (((3, 2), (3, 4)), ((4, 2), (4, 2))):
        with pytest.raises(InputError, match="groups of 3 clips: expected"):
            muting_correlation(np.zeros(lift), np.zeros(drops), groups, resamples)
    with pytest.raises(InputError, match="no clip has relevance and a stem that sounds"):
        muting_correlation(np.full((3, 2), np.nan), np.zeros((3, 2)), groups, resamples)
