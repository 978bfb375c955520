"""Folds: balanced where they should be, apart where they must be."""

import numpy as np
import pytest
from sklearn.model_selection import StratifiedKFold

from tonotopy.errors import InputError
from tonotopy.probes import folds as module
from tonotopy.probes.folds import folds

LABELS = np.repeat(["horn", "organ", "flute"], 40)


def grouped_clips(seed=0):
    """Songs of 3 to 8 clips, each of one class."""
    rng = np.random.default_rng(seed)
    labels, groups = [], []
    for song in range(60):
        size = rng.integers(3, 9)
        labels += [song % 4] * size
        groups += [f"song{song}"] * size
    order = rng.permutation(len(labels))
    return np.array(labels)[order], np.array(groups, dtype=object)[order]


def test_paper_folds_are_class_balanced():
    found = folds(LABELS, None, "paper", 5, seed=3)
    assert found.shape == (120,) and found.dtype.kind == "i"
    for fold in range(5):
        for label in set(LABELS):
            assert ((found == fold) & (label == LABELS)).sum() == 8


def test_grouped_folds_share_no_group_and_stay_near_balance():
    labels, groups = grouped_clips()
    found = folds(labels, groups, "grouped", 5)
    for group in set(groups):
        assert len(set(found[groups == group])) == 1
    sizes = np.array([[np.sum((found == f) & (labels == c)) for c in range(4)] for f in range(5)])
    assert sizes.min() > 0.6 * sizes.mean() and sizes.max() < 1.4 * sizes.mean()


def test_paper_folds_heed_groups_only_when_told():
    labels, groups = grouped_clips()
    loose = folds(labels, groups, "paper")
    assert any(len(set(loose[groups == group])) > 1 for group in set(groups))
    np.testing.assert_array_equal(loose, folds(labels, None, "paper"))
    kept = folds(labels, groups, "paper", keep_groups=True)
    np.testing.assert_array_equal(kept, folds(labels, groups, "grouped"))


@pytest.mark.parametrize("kind", ["paper", "grouped"])
def test_the_seed_decides(kind):
    labels, groups = grouped_clips()
    first, again = (folds(labels, groups, kind, seed=1) for _ in range(2))
    np.testing.assert_array_equal(first, again)
    assert (first != folds(labels, groups, kind, seed=2)).any()


def test_speakers_who_say_every_word_are_kept_apart():
    labels, groups = np.tile(np.arange(6), 20), np.repeat(np.arange(20), 6)
    found = folds(labels, groups, "grouped")
    for speaker in range(20):
        assert len(set(found[groups == speaker])) == 1
    assert (np.bincount(found) == 24).all()


def test_a_class_that_is_too_small_is_named():
    labels = np.array(["a"] * 10 + ["b"] * 4)
    with pytest.raises(InputError, match="class 'b' has 4 clips, fewer than the 5 folds"):
        folds(labels, None, "paper")
    groups = np.array([*range(10), 10, 10, 11, 11])
    labels = np.array(["a"] * 7 + ["b"] * 7)
    with pytest.raises(InputError, match="class 'b' has 5 groups, fewer than the 6 folds"):
        folds(labels, groups, "grouped", count=6)


def test_a_class_is_called_by_its_name_where_labels_are_numbers():
    labels, groups = np.repeat([0, 1], 10), np.repeat([0, 1, 2, 3], [1, 9, 5, 5])
    for names, told in ((None, "'0'"), (["jazz", "rock"], "'jazz'")):
        message = f"^folds: class {told} has 2 groups, fewer than the 5 folds: add clips of other"
        with pytest.raises(InputError, match=message):
            folds(labels, groups, "grouped", names=names)
    drawn = folds(labels, None, "paper", seed=4)
    np.testing.assert_array_equal(folds(labels, None, "paper", seed=4, names=["x", "y"]), drawn)


def test_bad_questions_are_answered():
    with pytest.raises(InputError, match="did you mean 'grouped'"):
        folds(LABELS, None, "groups")
    with pytest.raises(InputError, match="1 folds"):
        folds(LABELS, None, "paper", count=1)
    with pytest.raises(InputError, match="no groups are known"):
        folds(LABELS, None, "grouped")
    with pytest.raises(InputError, match="3 groups for 120 clips"):
        folds(LABELS, np.arange(3), "grouped")
    with pytest.raises(InputError, match="119 groups for 120 clips"):
        folds(LABELS, np.array([None, *range(119)], dtype=object), "grouped")


def test_a_division_that_tears_a_group_is_refused(monkeypatch):
    class Heedless(StratifiedKFold):
        def split(self, x, y=None, groups=None):
            return super().split(x, y)

    labels, groups = grouped_clips()
    monkeypatch.setattr(module, "StratifiedGroupKFold", Heedless)
    with pytest.raises(InputError, match="a group lies in two folds"):
        folds(labels, groups, "grouped")


def test_folds_that_stay_empty_are_refused(monkeypatch):
    class Lopsided(StratifiedKFold):
        def split(self, x, y=None, groups=None):
            yield np.arange(0), np.arange(len(x))

    monkeypatch.setattr(module, "StratifiedKFold", Lopsided)
    with pytest.raises(InputError, match="fill 5 folds"):
        folds(LABELS, None, "paper")
