"""Few labels: which training clips are learned from."""

from collections import Counter
from itertools import pairwise

import numpy as np
import pytest
from worlds import tone_corpus

from tonotopy.errors import InputError
from tonotopy.seeding import generator
from tonotopy.training.budget import budgeted


class World:
    """What `budgeted` asks of a corpus: classes, splits, a name."""

    name = "world"

    def __init__(self, targets: np.ndarray, training: np.ndarray):
        self.targets, self._training = targets, training

    def indices(self, split: str) -> np.ndarray:
        assert split == "train"
        return self._training


def single(sizes=(30, 12, 3, 20), others=10) -> World:
    """One class a clip, in mixed order, among clips of other splits."""
    labels = np.concatenate([np.repeat(np.arange(len(sizes)), sizes), np.arange(others) % 4])
    order = np.random.default_rng(0).permutation(len(labels))
    training = np.flatnonzero(order < sum(sizes))
    return World(np.eye(len(sizes), dtype=bool)[labels[order]], training)


def tagged(clips=80, none=0) -> World:
    """Rare and frequent classes, several a clip; the last ``none`` clips have no class."""
    rng = np.random.default_rng(3)
    targets = rng.random((clips, 5)) < np.array([0.9, 0.5, 0.3, 0.1, 0.05])
    targets[np.arange(clips), rng.integers(5, size=clips)] = True
    targets[clips - none :] = False
    return World(targets, np.arange(0, clips))


def literal(world: World, labels: int, seed: int) -> list[int]:
    """Go round the classes; each takes the next clip of its order that is still there."""
    rng, training = generator(seed, "labels"), world.indices("train").tolist()
    orders = []
    for c in range(world.targets.shape[1]):
        having = [clip for clip in training if world.targets[clip, c]]
        if having:
            orders.append([int(clip) for clip in rng.permutation(having)])
    without = [clip for clip in training if not world.targets[clip].any()]
    if without:
        orders.append([int(clip) for clip in rng.permutation(without)])
    orders = [orders[i] for i in rng.permutation(len(orders))]
    taken, turn = [], 0
    while len(taken) < labels:
        order = orders[turn % len(orders)]
        left = [clip for clip in order if clip not in taken]
        taken += left[:1]
        turn += 1
    return sorted(taken)


@pytest.mark.parametrize("world", [single(), tagged(), tagged(none=9)])
@pytest.mark.parametrize("seed", [0, 5])
def test_clips_are_taken_class_by_class_in_turn(world, seed):
    for labels in (1, 4, 13, 40, len(world.indices("train"))):
        found = budgeted(world, labels, seed)
        assert found.dtype == np.int64 and found.tolist() == literal(world, labels, seed)
        assert len(set(found.tolist())) == labels
        assert set(found.tolist()) <= set(world.indices("train").tolist())


def test_classes_are_even_until_one_is_used_up():
    world = single()
    for labels, counts in ((4, [1] * 4), (12, [3] * 4), (18, [3, 5, 5, 5])):
        found = world.targets[budgeted(world, labels, 2)].sum(axis=0)
        assert sorted(found.tolist()) == counts
    uneven = world.targets[budgeted(world, 10, 2)].sum(axis=0)
    assert sorted(uneven.tolist()) == [2, 2, 3, 3]


def test_rare_classes_of_tags_are_there():
    world = tagged()
    rare = [world.targets[budgeted(world, 20, seed)].sum(axis=0).min() for seed in range(10)]
    drawn = [
        world.targets[np.random.default_rng(seed).permutation(80)[:20]].sum(axis=0).min()
        for seed in range(10)
    ]
    assert min(rare) >= 4 > np.mean(drawn)


def test_seeds_draw_other_clips_and_larger_budgets_hold_smaller_ones():
    world = tagged(none=5)
    chosen = [budgeted(world, n, 1).tolist() for n in (6, 7, 25, 60)]
    assert all(set(a) < set(b) for a, b in pairwise(chosen))
    assert budgeted(world, 25, 1).tolist() == chosen[2] != budgeted(world, 25, 2).tolist()
    often = Counter(clip for seed in range(200) for clip in budgeted(world, 40, seed).tolist())
    assert set(often) == set(range(80))  # nobody is left out for good


def test_all_or_more_than_there_are():
    world = single()
    training = world.indices("train").tolist()
    assert budgeted(world, None, 0).tolist() == budgeted(world, 65, 0).tolist() == training
    with pytest.raises(
        InputError, match="^training.labels: 66 clips are asked for, but the training.*world has 65"
    ):
        budgeted(world, 66, 0)


def test_clips_of_a_corpus_on_disk(tmp_path):
    corpus = tone_corpus(tmp_path / "tones", (12, 6, 3))
    found = budgeted(corpus, 6, 0)
    assert np.bincount(corpus.labels[found]).tolist() == [2, 2, 2]
    assert set(corpus.splits[found]) == {"train"}
