"""Disentanglement: tables, information and purity against literal loops; known answers; nulls."""

from itertools import permutations
from math import log

import numpy as np
import pytest

from tonotopy.errors import InputError
from tonotopy.evidence.groups import Groups
from tonotopy.evidence.resampling import Bootstrap
from tonotopy.relevance.disentanglement import (
    ceiling_tables,
    clip_tables,
    disentanglement,
    held_out_purity,
    information,
    matched_objects,
    purity,
    shuffled_information,
)

pytestmark = pytest.mark.filterwarnings("error::RuntimeWarning")  # no division by zero
BOOTSTRAP = Bootstrap(80, 0.9, seed=5)


def literal_table(heatmaps, masks):
    """One clip's table, normalised."""
    table = [[0.0] * len(masks) for _ in heatmaps]
    for k, heatmap in enumerate(heatmaps):
        for o, mask in enumerate(masks):
            for row, cells in zip(heatmap, mask, strict=True):
                for relevance, share in zip(row, cells, strict=True):
                    table[k][o] += max(0.0, float(relevance)) * float(share)
    total = sum(map(sum, table))
    return [[cell / total for cell in row] for row in table]


def literal_information(table):
    total = sum(map(sum, table))
    joint = [[cell / total for cell in row] for row in table]
    components = [sum(row) for row in joint]
    objects = [sum(column) for column in zip(*joint, strict=True)]
    mutual = entropy = 0.0
    for k, row in enumerate(joint):
        for o, p in enumerate(row):
            if p > 0:
                mutual += p * log(p / (components[k] * objects[o]))
    for p in objects:
        if p > 0:
            entropy -= p * log(p)
    return mutual / entropy


def planted(clips=12, components=3, objects=4, seed=0):
    """Normalised tables in which component k prefers object k."""
    rng = np.random.default_rng(seed)
    tables = rng.uniform(size=(clips, components, objects))
    tables += 2 * np.eye(components, objects)
    return tables / tables.sum(axis=(1, 2), keepdims=True)


def test_clip_tables_equal_a_loop_and_a_clip_without_relevance_is_zero():
    rng = np.random.default_rng(1)
    heatmaps = rng.normal(size=(4, 3, 5, 6)).astype(np.float32)
    masks = rng.uniform(size=(4, 2, 5, 6)).astype(np.float32)
    heatmaps[2] = -1
    tables = clip_tables(heatmaps, masks)
    for clip in (0, 1, 3):
        np.testing.assert_allclose(tables[clip], literal_table(heatmaps[clip], masks[clip]))
    assert (tables[2] == 0).all()
    groups = Groups.single(4)
    resamples = groups.draw(BOOTSTRAP, "x")
    kept = disentanglement(tables, groups, resamples).value
    assert kept == pytest.approx(literal_information(tables[[0, 1, 3]].mean(axis=0)))


def test_information_equals_a_loop_whatever_the_sum():
    tables = planted() * np.arange(1, 13)[:, None, None]
    tables[3, 1] = 0
    tables[4, :, 2] = 0
    np.testing.assert_allclose(information(tables), [literal_information(t) for t in tables])
    stacked = tables.reshape(3, 4, 3, 4)
    np.testing.assert_allclose(information(stacked).ravel(), information(tables))


def test_known_answers_of_information():
    assert information(np.diag([0.5, 2.0, 0.1])) == pytest.approx(1)
    merged = np.array([[1.0, 0, 0], [0, 1, 1]])  # one component has two objects
    assert information(merged) == pytest.approx((log(3) - 2 / 3 * log(2)) / log(3))
    split = np.array([[2.0, 0], [1, 0], [0, 3]])  # one object has two components
    assert information(split) == pytest.approx(1)
    independent = np.outer([0.2, 0.5, 0.3], [0.1, 0.6, 0.1, 0.2])
    assert information(independent) == pytest.approx(0, abs=1e-12)
    assert np.isnan(information(np.array([[1.0, 0], [3, 0]])))
    assert np.isnan(information(np.zeros((2, 3))))
    assert 0 < information(np.array([[1, 1e-9], [0, 0.0]]) + np.diag([0, 1e-9])) <= 1


def test_components_on_objects_of_their_own_score_one_and_equal_ones_zero():
    masks = np.zeros((6, 3, 6, 8))
    for o in range(3):
        masks[:, o, 2 * o : 2 * o + 2] = np.random.default_rng(o).uniform(size=(6, 2, 8))
    groups = Groups.single(6)
    resamples = groups.draw(BOOTSTRAP, "known")
    perfect = disentanglement(ceiling_tables(masks), groups, resamples)
    assert perfect.value == pytest.approx(1) and perfect.n == 6
    np.testing.assert_allclose(perfect.draws, 1)
    same = np.repeat(masks.sum(axis=1, keepdims=True), 4, axis=1) * np.arange(1, 5)[:, None, None]
    equal = disentanglement(clip_tables(same, masks), groups, resamples)
    assert equal.value == pytest.approx(0, abs=1e-12)
    overlapping = np.clip(masks + 0.1, 0, 1)
    ceiling = ceiling_tables(overlapping)
    np.testing.assert_allclose(ceiling[2], literal_table(overlapping[2], overlapping[2]))
    assert 0.1 < disentanglement(ceiling, groups, resamples).value < 0.9


def test_draws_are_the_information_of_groups_drawn_whole():
    tables = planted()
    labels = [7, 7, 1, 1, 1, 3, 9, 9, 9, 9, 2, 2]
    groups = Groups(labels)
    resamples = groups.draw(BOOTSTRAP, "conv3", "drsa")
    found = disentanglement(tables, groups, resamples)
    names = list(dict.fromkeys(labels))
    for counts, draw in zip(resamples.counts, found.draws, strict=True):
        drawn = [
            tables[clip]
            for name, times in zip(names, counts, strict=True)
            for _ in range(times)
            for clip in range(12)
            if labels[clip] == name
        ]
        assert draw == pytest.approx(literal_information(np.mean(drawn, axis=0)))
    assert found.value == pytest.approx(literal_information(tables.mean(axis=0)))
    assert found.n == 5
    with pytest.raises(InputError, match="there are 11 clips and groups of 12 clips"):
        disentanglement(tables[:11], groups, resamples)


def test_shuffled_components_know_nothing_of_objects():
    tables = np.repeat(np.eye(4)[None] / 4, 200, axis=0)
    null = shuffled_information(tables, np.random.default_rng(3), 50)
    assert null.shape == (50,) and (null < 0.03).all() and len(np.unique(null)) > 40
    # whole rows change places, within a clip
    one = planted(1)
    null = shuffled_information(one, np.random.default_rng(0), 20)
    np.testing.assert_allclose(null, literal_information(one[0]))
    # against a loop
    tables = planted(5)
    rng = np.random.default_rng(8)
    start = np.broadcast_to(np.arange(3), (6, 5, 3))
    orders = rng.permuted(start, axis=-1)
    expected = [literal_information(sum(tables[n][order[n]] for n in range(5))) for order in orders]
    np.testing.assert_allclose(shuffled_information(tables, np.random.default_rng(8), 6), expected)


@pytest.mark.parametrize(("components", "objects"), [(3, 4), (4, 3), (3, 3)])
def test_pairs_are_the_best_of_all_permutations(components, objects):
    table = np.random.default_rng(components).uniform(size=(components, objects))
    rows, columns = matched_objects(table)
    best = max(
        sum(table[k, o] for k, o in zip(ks, os, strict=True))
        for ks in permutations(range(components), min(table.shape))
        for os in permutations(range(objects), min(table.shape))
    )
    assert table[rows, columns].sum() == pytest.approx(best)
    assert purity(table, (rows, columns)) == pytest.approx(best / table.sum())


def test_purity_is_paired_on_even_groups_and_scored_on_odd_ones():
    tables = planted(7, components=4, objects=3)
    labels = ["a", "a", "b", "c", "b", "d", "e"]
    even, odd = [0, 1, 3, 6], [2, 4, 5]  # a, c, e and b, d
    pairs = matched_objects(tables[even].sum(axis=0))
    found = held_out_purity(tables, Groups(labels), BOOTSTRAP, "purity")
    total = tables[odd].sum(axis=0)
    assert found.value == pytest.approx(total[pairs].sum() / total.sum()) and found.n == 2
    for counts, draw in zip(BOOTSTRAP.draw(2, "purity").counts, found.draws, strict=True):
        total = counts[0] * (tables[2] + tables[4]) + counts[1] * tables[5]
        assert draw == pytest.approx(total[pairs].sum() / total.sum())


def test_purity_does_not_score_what_it_was_paired_on():
    tables = np.zeros((4, 3, 3))
    tables[::2] = np.eye(3)
    tables[1::2] = 3 * np.roll(np.eye(3), 1, axis=1)  # the stronger half
    assert held_out_purity(tables, Groups.single(4), BOOTSTRAP, "p").value == 0
    tables[1::2] = np.eye(3)
    assert held_out_purity(tables, Groups.single(4), BOOTSTRAP, "p").value == 1
    alone = held_out_purity(tables[:1], Groups.single(1), BOOTSTRAP, "p")
    assert np.isnan(alone.value) and alone.n == 0
    assert np.isnan(purity(np.zeros((2, 3, 3)), (np.arange(3), np.arange(3)))).all()
