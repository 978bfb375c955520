"""Statistics of study 1: planted profiles come back, nulls are null, each equals a plain loop."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hierarchy_loops import (
    CLIPS,
    RESAMPLES,
    answers,
    literal_centre,
    resampled,
    widening,
)
from scipy.stats import spearmanr
from study_tables import changed, without
from tables_of_hierarchy import RATES, TASK_CLASSES, groups_of

from tonotopy.evidence.claims import NotRun
from tonotopy.evidence.resampling import interval
from tonotopy.studies.hierarchy.statistics import centres, known_answers, peaks, profiles


def groups(task):
    return len(set(groups_of(task, CLIPS)))


LOOPS = {
    "depth_trend": lambda a: spearmanr(np.round(a, 9), range(len(a))).statistic,
    "early_above_chance": lambda a: np.mean(a[: len(a) // 3]) * 35 - 1,
    "rise": lambda a: a[3] - a[2],
    "recovery": lambda a: (a[9] + a[10] + a[11]) / 3 - (a[7] + a[8]) / 2,
}
ARGUMENTS = {"rise": {"layer": 4}}


@pytest.mark.parametrize("name", LOOPS)
@pytest.mark.parametrize("network", ["clap", "ast"])
def test_statistics_of_a_profile_equal_a_plain_loop(tables, name, network):
    if (network, name) == ("clap", "recovery"):
        return
    right = answers(tables, network, "keyword")
    statistic = getattr(profiles, name)
    found = statistic(tables, network=network, task="keyword", **ARGUMENTS.get(name, {}))
    assert found.value == pytest.approx(LOOPS[name](RATES[network]["keyword"]))
    draws = [LOOPS[name](a) for a in resampled(right, "keyword")]
    np.testing.assert_allclose(found.draws, draws, atol=1e-12)
    np.testing.assert_allclose((found.low, found.high), interval(np.array(draws), 0.95))
    assert (found.n, found.unit, found.trainings) == (groups("keyword"), "group of clips", 1)


def sides_of_dip(a):
    middle = (a[7] + a[8]) / 2
    return a[6] - middle, a[9] - middle


def test_a_dip_is_that_of_its_lower_side(tables, null):
    right = answers(tables, "ast", "keyword")
    draws = np.array([sides_of_dip(a) for a in resampled(right, "keyword")])
    found = profiles.dip(tables, "ast", "keyword")
    assert found.value == pytest.approx(0.2) and found.low > 0.1
    np.testing.assert_allclose(found.draws, draws.min(axis=1), atol=1e-12)
    rates = RATES["ast"]["instrument"]  # .8 .7 .7 .8
    assert profiles.dip(tables, "ast", "instrument").value == pytest.approx(rates[6] - rates[7])
    nothing = profiles.dip(null, "ast", "note")
    assert nothing.value == 0 and nothing.low < 0 < nothing.high


def test_a_fall_is_no_dip(tables):
    found = profiles.dip(tables, "ast", "note")
    assert found.value == pytest.approx(-0.075)  # the mean of both sides would be 0


def test_most_tasks_dip_where_the_middle_one_does(tables, null):
    found = profiles.dip_on_most(tables, "ast")
    dips = [min(sides_of_dip(RATES["ast"][task])) for task in TASK_CLASSES]
    assert found.value == pytest.approx(sorted(dips)[-4]) and found.low < found.value < found.high
    assert found.unit == "clip or group of clips"
    assert found.n == sum(groups(task) for task in TASK_CLASSES)
    nothing = profiles.dip_on_most(null, "ast")
    assert nothing.value == 0 and nothing.low < 0


def test_every_layer_above_chance_is_judged_by_each(tables, tmp_path):
    right = answers(tables, "clap", "keyword")
    found = profiles.worst_above_chance(tables, "clap", "keyword")
    draws = [min(a) * 35 - 1 for a in resampled(right, "keyword")]
    np.testing.assert_allclose(found.draws, draws, atol=1e-9)
    assert found.value == pytest.approx(0.3 * 35 - 1)
    assert found.low == pytest.approx(np.quantile(draws, 0.025))


def test_a_network_is_flatter_than_the_cnns_in_either_direction(tables):
    def rise(a):
        third = len(a) // 3
        return np.mean(a[-third:]) - np.mean(a[:third])

    found = profiles.flatter_than_cnns(tables, "ast", "speakers")
    cnns = [rise(RATES[n]["speakers"]) for n in ("vggish", "clap", "mobilenet")]
    own = rise(RATES["ast"]["speakers"])
    assert found.value == pytest.approx(np.mean(cnns) / 2 - abs(own)) and found.low > 0
    drawn = {n: list(resampled(answers(tables, n, "speakers"), "speakers")) for n in RATES}
    draws = []
    for number in range(RESAMPLES):
        bound = np.mean([rise(drawn[n][number]) for n in ("vggish", "clap", "mobilenet")]) / 2
        own = rise(drawn["ast"][number])
        draws.append(min(bound - own, bound + own))
    np.testing.assert_allclose(found.draws, draws, atol=1e-12)
    falling = profiles.flatter_than_cnns(tables, "ast", "note")
    assert falling.high < 0
    own = profiles.flatter_than_cnns(tables, "vggish", "speakers", share=1.0)
    others = np.mean([rise(RATES[n]["speakers"]) for n in ("clap", "mobilenet")])
    assert own.value == pytest.approx(others - rise(RATES["vggish"]["speakers"]))


@pytest.mark.parametrize("keys", [{"length": "second"}, {"probe": "linear", "k": 0}])
def test_losses_equal_a_plain_loop(tables, keys):
    task = "genre"
    whole, other = answers(tables, "clap", task), answers(tables, "clap", task, **keys)
    pairs = list(zip(resampled(whole, task), resampled(other, task), strict=True))
    given = {key: value for key, value in keys.items() if key != "k"}
    found = profiles.share_lost(tables, "clap", task, **given)

    def lost(a, b):
        return (np.mean(a) - np.mean(b)) / (np.mean(a) - 0.1)

    assert found.value == pytest.approx(lost(whole.mean(axis=1), other.mean(axis=1)))
    np.testing.assert_allclose(found.draws, [lost(a, b) for a, b in pairs])
    if "length" in keys:
        later = profiles.truncation_saturation(tables, "clap", task)
        expected = [
            (a[5] + a[6] - b[5] - b[6]) / 2 - (a[0] + a[1] - b[0] - b[1]) / 2 for a, b in pairs
        ]
        np.testing.assert_allclose(later.draws, expected, atol=1e-12)


def test_a_leak_is_what_grouped_folds_lose(tables):
    leak = known_answers.leak(tables, "clap", "consonant")
    rates, chance = np.array(RATES["clap"]["consonant"]), 1 / 23
    assert leak.value == pytest.approx(0.02 / (rates.mean() - chance), abs=0.01)
    assert leak.low < leak.value < leak.high
    with pytest.raises(NotRun, match="both kinds of folds keep the groups of task instrument"):
        known_answers.leak(tables, "clap", "instrument")


def literal_gap(tables, network, **keys):
    """Mean centre of low-level tasks minus that of high-level ones: the value, then the draws."""
    gap = 0
    for sign, tasks in ((0.5, ("note", "consonant")), (-0.5, ("genre", "speakers"))):
        for task in tasks:
            right, chance = answers(tables, network, task, **keys), 1 / TASK_CLASSES[task]
            rows = [right.mean(axis=1), *resampled(right, task)]
            gap = gap + sign * np.array([literal_centre(a, chance) for a in rows])
    return gap


def test_the_hierarchy_test_equals_a_plain_loop(tables, null):
    found = centres.centre_low_minus_high(tables, "clap")
    expected = literal_gap(tables, "clap")
    assert found.value == pytest.approx(expected[0]) and found.high < -0.2
    np.testing.assert_allclose(found.draws, expected[1:])
    high_and_low = ("note", "consonant", "genre", "speakers")
    assert found.n == sum(groups(task) for task in high_and_low) and found.trainings == 1
    linear = centres.centre_low_minus_high(tables, "clap", probe="linear")
    assert linear.value == pytest.approx(literal_gap(tables, "clap", probe="linear", k=0)[0])
    assert centres.centre_low_minus_high(tables, "clap", copy="untrained").trainings is None
    ast = centres.centre_gap_over_cnns(tables, "ast")
    cnns = np.mean([literal_gap(tables, n) for n in ("vggish", "clap", "mobilenet")], axis=0)
    np.testing.assert_allclose(ast.draws, (literal_gap(tables, "ast") - cnns)[1:])
    assert ast.low > 0
    nothing = centres.centre_low_minus_high(null, "clap")
    assert nothing.low < 0 < nothing.high and abs(nothing.value) < 0.001


def test_what_training_adds_to_the_order_is_paired_with_the_copy(tables, null):
    own, copied = literal_gap(tables, "clap"), literal_gap(tables, "clap", copy="untrained")
    found = centres.centre_by_training(tables, "clap")
    assert found.value == pytest.approx(own[0] - copied[0]) and found.trainings == 1
    np.testing.assert_allclose(found.draws, (own - copied)[1:], atol=1e-12)
    flat = centres.centre_by_training(null, "clap")
    assert flat.value == pytest.approx(literal_gap(null, "clap")[0] - copied[0], abs=0.02)


@pytest.mark.parametrize("share", [0.5, 2.0])
def test_a_copy_has_less_order_in_either_direction(tables, share):
    own, copied = literal_gap(tables, "clap"), literal_gap(tables, "clap", copy="untrained")
    found = centres.centre_without_training(tables, "clap", share=share)
    expected = np.minimum(-share * own + copied, -share * own - copied)
    assert found.value == pytest.approx(expected[0])
    np.testing.assert_allclose(found.draws, expected[1:], atol=1e-12)
    assert (found.low > 0) == (share == 2.0) and (found.high < 0) == (share == 0.5)


def test_nothing_is_found_where_nothing_is(null):
    for name in ("first_is_best", "last_is_best", "later_is_best", "middle_over_ends"):
        found = getattr(peaks, name)(null, "clap", "note")
        assert found.value == 0 and found.low < 0 < found.high
    assert profiles.early_above_chance(null, "clap", "note").value == pytest.approx(5)
    with pytest.raises(NotRun, match="undefined here"):
        profiles.depth_trend(null, "clap", "note")


def test_what_cannot_be_judged_says_why(tables):
    for part, call in {
        "no profile of vgg on note": lambda: profiles.depth_trend(tables, "vgg", "note"),
        "clap on keyword with length 'second'": lambda: profiles.share_lost(
            tables, "clap", "keyword", length="second"
        ),
        "clap has 7 layers, not the AST's 12": lambda: profiles.dip(tables, "clap", "note"),
        "7 layers are too few, 9 are needed": lambda: peaks.last_is_best(
            tables, "clap", "note", last=8
        ),
        "7 layers are too few, 8 are needed": lambda: profiles.rise(tables, "clap", "note", 8),
        "no groups are known in task note": lambda: known_answers.leak(tables, "clap", "note"),
        "no sung folds of note": lambda: known_answers.groups_disjoint(tables, "note", "sung"),
        "no tags of the trained vgg": lambda: known_answers.tagging_gain(tables, "vgg"),
        "the table 'correct' is not part of this run": lambda: profiles.depth_trend(
            without(tables, "correct"), "clap", "note"
        ),
        "the table 'clips' is not part of this run": lambda: profiles.depth_trend(
            without(tables, "clips"), "clap", "note"
        ),
    }.items():
        with pytest.raises(NotRun) as reason:
            call()
        assert part in str(reason.value)


def test_a_task_that_is_never_above_chance_has_no_centre(tables):
    low = replace(tables)
    rows = {
        key: part.assign(correct=[np.zeros(CLIPS, bool)] * len(part))
        for key, part in tables.correct.items()
    }
    low.__dict__["correct"] = rows
    with pytest.raises(NotRun, match="clap is hardly above chance on note"):
        centres.centre_low_minus_high(low, "clap")


def test_a_task_has_a_centre_from_so_many_standard_errors_above_chance(tables):
    part = tables.decoded("clap", "note")
    means = np.array([np.mean(a) for a in resampled(part.best, "note")])
    error = means.std() / widening(CLIPS)
    for errors, refused in ((2.4, True), (2.6, False)):
        chance = part.best.mean() - errors * error
        few = replace(part, chance=chance)
        if refused:
            with pytest.raises(NotRun, match="clap is hardly above chance on note"):
                centres._refuse_chance("clap", "note", few)
        else:
            centres._refuse_chance("clap", "note", few)


def test_resamples_that_lack_a_centre_are_not_paired_with_others(tables, tmp_path, monkeypatch):
    """Too few to hide an interval, yet enough to pair the draws of different resamples."""
    monkeypatch.setattr(centres, "ABOVE", 0)
    correct = pd.read_parquet(tables.paths["correct"])
    edge = (correct["network"] == "clap") & (correct["task"] == "note")
    edge &= correct["labels"] == "true"
    shares = np.arange(CLIPS) < CLIPS // TASK_CLASSES["note"] + 8
    correct.loc[edge, "correct"] = pd.Series([shares] * edge.sum(), index=correct.index[edge])
    few = changed(tables, tmp_path, correct=correct)
    own = centres.centre_low_minus_high(few, "clap")
    assert 0.95 * RESAMPLES <= len(own.draws) < RESAMPLES
    for call in (
        lambda: centres.centre_gap_over_cnns(few, "ast"),
        lambda: centres.centre_gap_over_cnns(few, "clap"),
        lambda: centres.centre_by_training(few, "clap"),
    ):
        with pytest.raises(NotRun, match="some resamples have no centre of mass"):
            call()
    assert len(centres.centre_low_minus_high(few, "ast").draws) == RESAMPLES


def test_few_groups_have_wider_intervals(tables, tmp_path):
    """Eleven instruments: Student's quantile, and n - 1 for n."""
    clips = pd.read_parquet(tables.paths["clips"])
    note = clips["task"] == "note"
    names = [f"i{clip % 11}" for clip in range(CLIPS)]
    clips.loc[note, "group"] = clips.loc[note, "position"].map(dict(enumerate(names)))
    few = changed(tables, tmp_path, clips=clips)
    found = profiles.rise(few, "clap", "note", layer=4)
    draws = [a[3] - a[2] for a in resampled(answers(few, "clap", "note"), "note", names)]
    np.testing.assert_allclose(found.draws, draws, atol=1e-12)
    assert found.n == 11 and widening(11) == pytest.approx(1.192, abs=0.001)
