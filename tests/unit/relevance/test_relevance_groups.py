"""Groups of clips: sums over them against a loop, drawn whole."""

import numpy as np
import pytest

from tonotopy.errors import InputError
from tonotopy.evidence.groups import Groups
from tonotopy.evidence.resampling import Bootstrap

LABELS = ["pop.3", "jazz.1", "pop.3", "rock.2", "jazz.1", "pop.3", "blues.9"]


def test_sums_over_groups_equal_a_loop():
    values = np.random.default_rng(0).normal(size=(7, 3, 2))
    order = ["pop.3", "jazz.1", "rock.2", "blues.9"]  # as the clips have them, not sorted
    expected = [sum(values[i] for i in range(7) if LABELS[i] == name) for name in order]
    groups = Groups(LABELS)
    assert len(groups) == 4 and groups.index.tolist() == [0, 1, 0, 2, 1, 0, 3]
    np.testing.assert_allclose(groups.sums(values), expected)
    assert Groups.single(5).index.tolist() == [0, 1, 2, 3, 4]


def test_clips_of_a_group_are_drawn_together():
    groups, bootstrap = Groups(LABELS), Bootstrap(30, 0.9, 4)
    resamples = groups.draw(bootstrap, "lift", 2)
    np.testing.assert_array_equal(resamples.counts, bootstrap.draw(4, "lift", 2).counts)
    counts = groups.clip_counts(resamples)
    for resample, row in enumerate(counts):
        for clip, times in enumerate(row):
            assert times == resamples.counts[resample, groups.index[clip]]
    values = np.random.default_rng(1).normal(size=7)
    np.testing.assert_allclose(resamples.sums(groups.sums(values)), counts @ values)


def test_groups_refuse_other_clips():
    for labels in ([], [["a"], ["b"]]):
        with pytest.raises(InputError, match="expected a group for each of one or more clips"):
            Groups(labels)
    with pytest.raises(InputError, match="there are 3 clips and groups of 4 clips"):
        Groups.single(4).sums(np.zeros(3))
