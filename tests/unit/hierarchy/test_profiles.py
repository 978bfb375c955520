"""Layer profiles: known centres, intervals against the plain loop, nulls."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm, t

from tonotopy.errors import InputError
from tonotopy.evidence.claims import NotRun
from tonotopy.evidence.resampling import Bootstrap, bootstrap_weights
from tonotopy.evidence.tables import StudyTables
from tonotopy.seeding import generator
from tonotopy.studies.hierarchy.clip_groups import clip_resamples, resamples_by_task
from tonotopy.studies.hierarchy.profiles import (
    accuracies,
    best_k,
    centre_difference,
    centre_interval,
    centre_of_mass,
    profile_table,
)

KS = (1, 5, 20)


def answers(rates, clips=300, seed=0):
    """Which clips are right: bool (..., clips), at the given rates (...)."""
    rng = np.random.default_rng(seed)
    return rng.random((*np.shape(rates), clips)) < np.asarray(rates)[..., None]


def profile(seed=0, clips=300):
    rates = np.array([[0.3, 0.2, 0.1], [0.6, 0.7, 0.5], [0.4, 0.3, 0.2], [0.2, 0.1, 0.1]])
    return dict(zip("abcd", answers(rates, clips, seed), strict=True))


def resamples_of(correct, resamples=50, confidence=0.95, seed=0, task=""):
    """The resamples of a task's clips, which are on the last axis and have nothing in common."""
    groups = range(np.shape(correct)[-1])
    return clip_resamples(Bootstrap(resamples, confidence, seed), task, groups)


def difference(low, high, resamples=50, confidence=0.95, seed=0):
    """`centre_difference` with the resamples of every task."""
    of_task = {
        task: resamples_of(correct, resamples, confidence, seed, task)
        for task, correct in {**low, **high}.items()
    }
    return centre_difference(low, high, CHANCES, of_task)


def literal_centre(accuracy, chance):
    mass = [max(a - chance, 0.0) for a in accuracy]
    if sum(mass) == 0:
        return float("nan")
    return sum(m * i / (len(mass) - 1) for i, m in enumerate(mass)) / sum(mass)


def literal_draws(correct, resamples, seed, task, confidence=0.95):
    """Repeat each clip as often as it was drawn; deviations are wider, as for few clips."""
    clips = correct.shape[-1]
    weights = bootstrap_weights(clips, resamples, generator(seed, "profile", task))
    tail = 0.5 + confidence / 2
    factor = np.sqrt(clips / (clips - 1)) * t.ppf(tail, clips - 1) / norm.ppf(tail)
    draws = []
    for counts in weights:
        drawn = [clip for clip, count in enumerate(counts) for _ in range(count)]
        mean = correct.mean(axis=-1)
        draws.append(mean + factor * (correct[..., drawn].mean(axis=-1) - mean))
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
    resamples = resamples_of(correct["a"], 60, 0.9, seed=4, task="note")
    table = profile_table(correct, KS, 0.1, resamples)
    columns = ["layer", "depth", "k", "accuracy", "low", "high", "chance", "groups", "reason"]
    assert list(table) == columns
    assert set(table["groups"]) == {300} and set(table["reason"]) == {""}
    assert len(table) == 12 and (table["chance"] == 0.1).all()
    rows = table.set_index(["layer", "k"])
    for place, (layer, right) in enumerate(correct.items()):
        draws = literal_draws(right, 60, 4, "note", 0.9)
        for column, k in enumerate(KS):
            row = rows.loc[(layer, k)]
            assert row["accuracy"] == pytest.approx(right[column].mean())
            assert row["depth"] == pytest.approx(place / 3)
            ends = np.quantile(draws[:, column], [0.05, 0.95])
            np.testing.assert_allclose([row["low"], row["high"]], ends)


def test_layers_and_ks_share_their_resamples_and_tasks_do_not():
    right = answers([0.5], 200)[0]
    same = {"a": np.array([right, right]), "b": np.array([right, right])}
    table = profile_table(same, (1, 2), 0.1, resamples_of(right, 200))
    assert table["low"].nunique() == table["high"].nunique() == 1
    rates = answers([0.2, 0.4])
    low = [centre_interval(rates, 0.1, resamples_of(rates, 100, task=t)).draws for t in "xyx"]
    np.testing.assert_array_equal(low[0], low[2])
    assert abs(np.corrcoef(low[0], low[1])[0, 1]) < 0.4


def test_the_interval_covers_the_true_rate_as_often_as_it_says():
    covered = []
    for seed in range(200):
        correct = {"a": answers([0.6], 150, seed)}
        row = profile_table(correct, (1,), 0.1, resamples_of(correct["a"], 300, 0.9, seed)).iloc[0]
        covered.append(row["low"] <= 0.6 <= row["high"])
    assert 0.83 < np.mean(covered) < 0.96


def grouped(right, groups):
    """Resamples of clips of so many groups of equal size."""
    of_clip = np.arange(right.shape[-1]) % groups
    return clip_resamples(Bootstrap(200, 0.95, 0), "task", of_clip)


def test_intervals_of_accuracies_stay_within_0_and_1():
    right = answers([[0.02], [0.5], [0.99]], clips=90)
    of_layers = dict(zip("abc", right, strict=True))
    table = profile_table(of_layers, (1,), 0.1, grouped(right, 9)).set_index("layer")
    assert table["low"].min() == 0 and table["high"].max() == 1
    means = grouped(right, 9).means(np.moveaxis(right[:, 0].astype(float), -1, 0))
    assert np.quantile(means, 0.025) < 0 and np.quantile(means, 0.975) > 1  # what was cut
    np.testing.assert_allclose(table.loc["b", "low"], np.quantile(means[:, 1], 0.025))


@pytest.mark.parametrize(("groups", "few"), [(3, True), (7, True), (8, False)])
def test_few_groups_have_no_interval_and_the_scorecards_reason(groups, few):
    right = answers([[0.3], [0.6], [0.9]], clips=8 * 21)
    resamples = grouped(right, groups)
    table = profile_table(dict(zip("abc", right, strict=True)), (1,), 0.1, resamples)
    tables = StudyTables({}, {}, Bootstrap(200, 0.95, 0))
    try:
        tables.estimate(0.5, np.full(200, 0.5), groups)
        reason = ""
    except NotRun as error:
        reason = str(error)
    assert bool(reason) == few and set(table["reason"]) == {reason}
    assert table[["low", "high"]].isna().all(axis=None) == few
    assert set(table["groups"]) == {groups} and table["accuracy"].notna().all()
    centre = centre_interval(right[:, 0], 0.1, resamples)
    assert np.isfinite(centre.value) and np.isnan([centre.low, centre.high]).all() == few


def test_the_interval_of_a_centre_equals_the_plain_loop():
    correct = answers([0.3, 0.7, 0.4, 0.12])
    found = centre_interval(correct, 0.1, resamples_of(correct, 80, 0.9, 2, "genre"))
    draws = literal_draws(correct, 80, 2, "genre", 0.9)
    expected = [literal_centre(row, 0.1) for row in draws]
    assert found.value == pytest.approx(literal_centre(correct.mean(axis=-1), 0.1))
    np.testing.assert_allclose(found.draws, expected)
    np.testing.assert_allclose([found.low, found.high], np.quantile(expected, [0.05, 0.95]))
    assert found.low < found.value < found.high and found.defined == 1


def test_a_profile_below_chance_has_no_centre():
    below = answers([0.02, 0.03])
    found = centre_interval(below, 0.3, resamples_of(below))
    assert np.isnan([found.value, found.low, found.high]).all() and found.defined == 0
    at_the_edge = np.arange(100) < np.array([[11], [11]])
    edge = centre_interval(at_the_edge, 0.1, resamples_of(at_the_edge, 400))
    assert 0 < edge.defined < 1 and np.isfinite([edge.value, edge.low, edge.high]).all()


EARLY, LATE = [0.9, 0.5, 0.2, 0.1], [0.1, 0.2, 0.5, 0.9]
CHANCES = {"note": 0.1, "consonant": 0.05, "genre": 0.1, "speakers": 0.09}


def test_a_planted_hierarchy_is_found_and_equals_the_loop():
    low = {"note": answers(EARLY, 200, 0), "consonant": answers(EARLY, 150, 1)}
    high = {"genre": answers(LATE, 100, 2), "speakers": answers(LATE[1:], 120, 3)}
    found = difference(low, high, 60, seed=1)
    assert found.low < found.value < found.high < 0

    def side(tasks):
        per_task = [
            [literal_centre(row, CHANCES[task]) for row in literal_draws(right, 60, 1, task)]
            for task, right in tasks.items()
        ]
        return np.mean(per_task, axis=0)

    np.testing.assert_allclose(found.draws, side(low) - side(high))
    swapped = difference(high, low, 60, seed=1)
    assert swapped.value == pytest.approx(-found.value) and swapped.low > 0


def test_without_a_hierarchy_the_interval_holds_zero_as_often_as_it_says():
    held = []
    for seed in range(150):
        low = {"note": answers(EARLY, 120, 2 * seed)}
        high = {"genre": answers(EARLY, 120, 2 * seed + 1)}
        found = difference(low, high, 200, 0.9, seed)
        held.append(found.low <= 0 <= found.high)
    assert 0.82 < np.mean(held) < 0.97


def test_a_task_at_chance_leaves_the_difference_undefined():
    low, high = {"note": answers([0.0, 0.0])}, {"genre": answers([0.2, 0.4])}
    found = difference(low, high)
    assert np.isnan([found.value, found.low, found.high]).all() and found.defined == 0


def test_bad_input_is_named():
    one = {"note": answers([0.2, 0.3])}
    with pytest.raises(InputError, match="'note' is on both sides"):
        difference(one, one)
    with pytest.raises(InputError, match="one side has no task"):
        difference(one, {})
    with pytest.raises(InputError, match="layer 'b' has shape"):
        accuracies({"a": answers([0.1, 0.2]), "b": answers([0.1])})
    with pytest.raises(InputError, match="at least one layer"):
        accuracies({})
    with pytest.raises(InputError, match="3 rows per layer for 2 ks"):
        profile_table(profile(), (1, 2), 0.1, resamples_of(profile()["a"]))
    others = resamples_of(answers([0.1], clips=299)[0])
    with pytest.raises(ValueError, match="resamples are of 299 clips, not of 300"):
        profile_table(profile(), KS, 0.1, others)
    with pytest.raises(ValueError, match="resamples are of 299 clips, not of 300"):
        centre_interval(answers([0.1, 0.2]), 0.1, others)
    two = {"genre": answers([0.2, 0.3], clips=200)}
    with pytest.raises(ValueError, match="resamples are of 299 clips, not of 200"):
        centre_difference(one, two, CHANCES, {"note": resamples_of(one["note"]), "genre": others})


def test_groups_are_drawn_whole_and_weigh_as_many_clips_as_they_have():
    groups = ["b", "a", "b", "c", "c", "c", "b"]
    values = np.array([[1.0, 0, 1, 1, 0, 1, 1], [0.0, 1, 0, 0, 0, 0, 0]])
    found = clip_resamples(Bootstrap(40, 0.9, 7), "note", groups)
    counts = bootstrap_weights(3, 40, generator(7, "profile", "note"))
    factor = np.sqrt(3 / 2) * t.ppf(0.95, 2) / norm.ppf(0.95)
    means = found.means(values.T)
    for mean, count in zip(means, counts, strict=True):
        weight = {g: 1 + factor * (n - 1) for g, n in zip("bac", count, strict=True)}
        of_clips = np.array([weight[g] for g in groups])
        np.testing.assert_allclose(mean, values @ of_clips / of_clips.sum())
    assert (found.units, found.clips, found.unit) == (3, 7, "group of clips")
    assert found.factor == pytest.approx(factor)
    alone = clip_resamples(Bootstrap(40, 0.9, 7), "note", range(7))
    assert (alone.units, alone.unit) == (7, "clip")
    with pytest.raises(ValueError, match="resamples are of 7 clips, not of 2"):
        found.means(values)


def test_a_tasks_resamples_are_its_own_and_those_of_the_seed():
    bootstrap = Bootstrap(40, 0.9, 7)
    note = clip_resamples(bootstrap, "note", range(30))
    again = clip_resamples(Bootstrap(40, 0.9, 7), "note", range(30))
    np.testing.assert_array_equal(note.weights, again.weights)
    assert note.confidence == 0.9
    for other in (
        clip_resamples(bootstrap, "genre", range(30)),
        clip_resamples(Bootstrap(40, 0.9, 8), "note", range(30)),
    ):
        assert (other.weights != note.weights).any()


def test_resamples_of_tasks_follow_the_positions_of_clips():
    clips = pd.DataFrame(
        {
            "task": ["a", "b", "a", "a", "b"],
            "position": [2, 1, 0, 1, 0],
            "clip": ["z", "q", "x", "y", "p"],
            "group": ["g", "h", "f", "g", "i"],
        }
    )
    found = resamples_by_task(clips, Bootstrap(20, 0.9, 0))
    assert list(found) == ["a", "b"]
    assert found["a"].groups.index.tolist() == [0, 1, 1] and found["b"].units == 2
    with pytest.raises(InputError, match="clips.parquet: task a lacks clips"):
        resamples_by_task(clips.drop(index=2), Bootstrap(20, 0.9, 0))


def test_profiles_do_without_torch():
    package = Path(__file__).parents[3] / "workflow"
    code = "import sys, tonotopy.studies.hierarchy.profiles; print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], cwd=package, capture_output=True, text=True)
    assert done.stdout.strip() == "False", done.stderr
