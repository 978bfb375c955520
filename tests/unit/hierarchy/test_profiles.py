"""Layer profiles: known centres, intervals against the plain loop, nulls."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tonotopy.errors import InputError
from tonotopy.evidence.resampling import bootstrap_weights
from tonotopy.studies.hierarchy.profiles import (
    accuracies,
    best_k,
    centre_difference,
    centre_interval,
    centre_of_mass,
    profile_table,
)
from tonotopy.seeding import generator

KS = (1, 5, 20)


def answers(rates, clips=300, seed=0):
    """Which clips are right: bool (..., clips), at the given rates (...)."""
    rng = np.random.default_rng(seed)
    return rng.random((*np.shape(rates), clips)) < np.asarray(rates)[..., None]


def profile(seed=0, clips=300):
    rates = np.array([[0.3, 0.2, 0.1], [0.6, 0.7, 0.5], [0.4, 0.3, 0.2], [0.2, 0.1, 0.1]])
    return dict(zip("abcd", answers(rates, clips, seed), strict=True))


def literal_centre(accuracy, chance):
    mass = [max(a - chance, 0.0) for a in accuracy]
    if sum(mass) == 0:
        return float("nan")
    return sum(m * i / (len(mass) - 1) for i, m in enumerate(mass)) / sum(mass)


def literal_draws(correct, resamples, seed, task):
    """Repeat each clip as often as it was drawn, and take the mean of what is there."""
    weights = bootstrap_weights(correct.shape[-1], resamples, generator(seed, "profile", task))
    draws = []
    for counts in weights:
        drawn = [clip for clip, count in enumerate(counts) for _ in range(count)]
        draws.append(correct[..., drawn].mean(axis=-1))
    return np.array(draws)


@pytest.mark.parametrize(
    ("accuracy", "centre"),
    [
        ([0.9, 0.1, 0.05], 0),
        ([0.1, 0.1, 0.9], 1),
        ([0.1, 0.8, 0.1], 0.5),
        ([0.5, 0.5, 0.5], 0.5),
        ([0.3, 0.1, 0.1, 0.1, 0.7], 0.75),
        ([0.9], 0),
    ],
)
def test_centres_that_are_known(accuracy, centre):
    assert centre_of_mass(np.array(accuracy), 0.1) == pytest.approx(centre)


def test_centres_of_many_profiles_equal_the_loop():
    many = np.random.default_rng(0).random((50, 7)) * 0.3
    many[3] = 0.05
    found = centre_of_mass(many, 0.1)
    np.testing.assert_allclose(found, [literal_centre(row, 0.1) for row in many])
    assert np.isnan(found[3]) and np.isnan(centre_of_mass(many[3], 0.1))


def test_the_k_with_the_highest_peak_is_chosen():
    accuracy = np.array([[0.1, 0.9, 0.2], [0.5, 0.1, 0.2], [0.5, 0.1, 0.95]])
    assert best_k(accuracy, (1, 5, 20)) == 20
    accuracy[2, 2] = 0.9
    assert best_k(accuracy, (1, 5, 20)) == 5
    assert best_k(accuracy, (30, 20, 5)) == 5
    assert best_k(accuracies(profile()), KS) == 5


def test_the_table_equals_the_plain_loop():
    correct = profile()
    table = profile_table(correct, KS, 0.1, 60, 0.9, seed=4, task="note")
    assert list(table) == ["layer", "depth", "k", "accuracy", "low", "high", "chance"]
    assert len(table) == 12
    rows = table.set_index(["layer", "k"])
    for place, (layer, right) in enumerate(correct.items()):
        draws = literal_draws(right, 60, 4, "note")
        for column, k in enumerate(KS):
            row = rows.loc[(layer, k)]
            assert row["accuracy"] == pytest.approx(right[column].mean())
            assert row["depth"] == pytest.approx(place / 3)
            ends = np.quantile(draws[:, column], [0.05, 0.95])
            np.testing.assert_allclose([row["low"], row["high"]], ends)


def test_layers_and_ks_share_their_resamples_and_tasks_do_not():
    right = answers([0.5], 200)[0]
    same = {"a": np.array([right, right]), "b": np.array([right, right])}
    table = profile_table(same, (1, 2), 0.1, 200, 0.95, seed=0)
    assert table["low"].nunique() == table["high"].nunique() == 1
    low = [centre_interval(answers([0.2, 0.4]), 0.1, 100, 0.9, 0, task).draws for task in "xyx"]
    np.testing.assert_array_equal(low[0], low[2])
    assert abs(np.corrcoef(low[0], low[1])[0, 1]) < 0.4


def test_the_interval_covers_the_true_rate_as_often_as_it_says():
    covered = []
    for seed in range(200):
        correct = {"a": answers([0.6], 150, seed)}
        row = profile_table(correct, (1,), 0.1, 300, 0.9, seed).iloc[0]
        covered.append(row["low"] <= 0.6 <= row["high"])
    assert 0.83 < np.mean(covered) < 0.96


def test_the_interval_of_a_centre_equals_the_plain_loop():
    correct = answers([0.3, 0.7, 0.4, 0.12])
    found = centre_interval(correct, 0.1, 80, 0.9, seed=2, task="genre")
    draws = literal_draws(correct, 80, 2, "genre")
    expected = [literal_centre(row, 0.1) for row in draws]
    assert found.value == pytest.approx(literal_centre(correct.mean(axis=-1), 0.1))
    np.testing.assert_allclose(found.draws, expected)
    np.testing.assert_allclose([found.low, found.high], np.quantile(expected, [0.05, 0.95]))
    assert found.low < found.value < found.high and found.defined == 1


def test_a_profile_below_chance_has_no_centre():
    found = centre_interval(answers([0.02, 0.03]), 0.3, 50, 0.95, 0)
    assert np.isnan([found.value, found.low, found.high]).all() and found.defined == 0
    at_the_edge = np.arange(100) < np.array([[11], [11]])
    edge = centre_interval(at_the_edge, 0.1, 400, 0.95, 0)
    assert 0 < edge.defined < 1 and np.isfinite([edge.value, edge.low, edge.high]).all()


EARLY, LATE = [0.9, 0.5, 0.2, 0.1], [0.1, 0.2, 0.5, 0.9]
CHANCES = {"note": 0.1, "consonant": 0.05, "genre": 0.1, "speakers": 0.09}


def test_a_planted_hierarchy_is_found_and_equals_the_loop():
    low = {"note": answers(EARLY, 200, 0), "consonant": answers(EARLY, 150, 1)}
    high = {"genre": answers(LATE, 100, 2), "speakers": answers(LATE[1:], 120, 3)}
    found = centre_difference(low, high, CHANCES, 60, 0.95, seed=1)
    assert found.low < found.value < found.high < 0

    def side(tasks):
        per_task = [
            [literal_centre(row, CHANCES[task]) for row in literal_draws(right, 60, 1, task)]
            for task, right in tasks.items()
        ]
        return np.mean(per_task, axis=0)

    np.testing.assert_allclose(found.draws, side(low) - side(high))
    swapped = centre_difference(high, low, CHANCES, 60, 0.95, seed=1)
    assert swapped.value == pytest.approx(-found.value) and swapped.low > 0


def test_without_a_hierarchy_the_interval_holds_zero_as_often_as_it_says():
    held = []
    for seed in range(150):
        low = {"note": answers(EARLY, 120, 2 * seed)}
        high = {"genre": answers(EARLY, 120, 2 * seed + 1)}
        found = centre_difference(low, high, CHANCES, 200, 0.9, seed)
        held.append(found.low <= 0 <= found.high)
    assert 0.82 < np.mean(held) < 0.97


def test_a_task_at_chance_leaves_the_difference_undefined():
    low, high = {"note": answers([0.0, 0.0])}, {"genre": answers([0.2, 0.4])}
    found = centre_difference(low, high, CHANCES, 50, 0.95, 0)
    assert np.isnan([found.value, found.low, found.high]).all() and found.defined == 0


def test_bad_input_is_named():
    one = {"note": answers([0.2, 0.3])}
    with pytest.raises(InputError, match="'note' is on both sides"):
        centre_difference(one, one, CHANCES, 10, 0.9, 0)
    with pytest.raises(InputError, match="one side has no task"):
        centre_difference(one, {}, CHANCES, 10, 0.9, 0)
    with pytest.raises(InputError, match="layer 'b' has shape"):
        accuracies({"a": answers([0.1, 0.2]), "b": answers([0.1])})
    with pytest.raises(InputError, match="at least one layer"):
        accuracies({})
    with pytest.raises(InputError, match="3 rows per layer for 2 ks"):
        profile_table(profile(), (1, 2), 0.1, 10, 0.9, 0)


def test_profiles_do_without_torch():
    package = Path(__file__).parents[3] / "workflow"
    code = "import sys, tonotopy.studies.hierarchy.profiles; print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], cwd=package, capture_output=True, text=True)
    assert done.stdout.strip() == "False", done.stderr
