"""Statistics of study 1: planted profiles come back, nulls are null, each equals a plain loop."""

from dataclasses import replace
from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from hierarchy_loops import CLIPS, RESAMPLES, answers, depth, literal_centre, resampled
from scipy.stats import pearsonr, spearmanr
from study_tables import changed, without
from tables_of_hierarchy import RATES, TASK_CLASSES, TASKS

from tonotopy.evidence.claims import NotRun
from tonotopy.evidence.resampling import interval
from tonotopy.studies.hierarchy.statistics import known_answers
from tonotopy.studies.hierarchy.statistics import profiles as statistics


def rank_correlation(a):
    return spearmanr(a, range(len(a))).statistic


LOOPS = {
    "first_is_best": lambda a: a[0] - max(a[1:]),
    "last_is_best": lambda a: a[-1] - max(a[:-1]),
    "depth_trend": rank_correlation,
    "peak_depth": lambda a: depth(a.index(max(a)), len(a)),
    "middle_over_ends": lambda a: max(a[len(a) // 3 : len(a) - len(a) // 3]) - max(a[0], a[-1]),
    "middle_below_peak": lambda a: max(a) - max(a[len(a) // 3 : len(a) - len(a) // 3]),
    "largest_jump": lambda a: max(b - c for b, c in zip(a[1:], a[:-1], strict=True)),
    "jump_depth": lambda a: depth(
        1 + int(np.argmax([round(b - c, 9) for b, c in zip(a[1:], a[:-1], strict=True)])), len(a)
    ),
    "early_above_chance": lambda a: np.mean(a[: len(a) // 3]) - 1 / 35,
    "worst_above_chance": lambda a: min(a) - 1 / 35,
    "dip": lambda a: round((a[6] + a[9]) / 2 - (a[7] + a[8]) / 2, 9),
    "recovery": lambda a: max(a[9], a[10], a[11]) - (a[7] + a[8]) / 2,
}


@pytest.mark.parametrize("name", LOOPS)
@pytest.mark.parametrize("network", ["clap", "ast"])
def test_statistics_of_a_profile_equal_a_plain_loop(tables, name, network):
    if network == "clap" and name in ("dip", "recovery"):
        return
    right = answers(tables, network, "keyword")
    found = getattr(statistics, name)(tables, network=network, task="keyword")
    assert found.value == pytest.approx(LOOPS[name](RATES[network]["keyword"]))
    draws = [LOOPS[name](a) for a in resampled(right, "keyword")]
    np.testing.assert_allclose(found.draws, draws, atol=1e-12)
    np.testing.assert_allclose((found.low, found.high), interval(np.array(draws), 0.95))
    assert found.n == CLIPS


def test_the_spread_is_that_of_two_layers_chosen_once(tables, null):
    right = answers(tables, "ast", "speakers")
    found = statistics.flatness(tables, "ast", "speakers")
    best, worst = right[[0, 7]]  # the first of the best, the first of the worst
    draws = [a - b for a, b in resampled(np.array([best, worst]), "speakers")]
    assert found.value == pytest.approx(0.05)
    np.testing.assert_allclose(found.draws, draws, atol=1e-12)
    assert statistics.flatness(null, "ast", "speakers").value == 0


@pytest.mark.parametrize("keys", [{"length": "second"}, {"probe": "linear", "k": 0}])
def test_agreement_and_loss_equal_a_plain_loop(tables, keys):
    task = "genre"
    whole, other = answers(tables, "clap", task), answers(tables, "clap", task, **keys)
    pairs = list(zip(resampled(whole, task), resampled(other, task), strict=True))
    given = {key: value for key, value in keys.items() if key != "k"}
    found = statistics.profile_agreement(tables, "clap", task, **given)
    assert found.value == pytest.approx(pearsonr(whole.mean(axis=1), other.mean(axis=1)).statistic)
    np.testing.assert_allclose(found.draws, [pearsonr(a, b).statistic for a, b in pairs])
    if "length" in keys:
        loss = statistics.truncation_loss(tables, "clap", task)
        expected = [np.mean([x - y for x, y in zip(a, b, strict=True)]) for a, b in pairs]
        assert loss.value == pytest.approx(0.05)
        np.testing.assert_allclose(loss.draws, expected, atol=1e-12)
        later = statistics.truncation_saturation(tables, "clap", task)
        expected = [
            (a[5] + a[6] - b[5] - b[6]) / 2 - (a[0] + a[1] - b[0] - b[1]) / 2 for a, b in pairs
        ]
        np.testing.assert_allclose(later.draws, expected, atol=1e-12)


def test_agreement_of_ks_equals_a_plain_loop(tables):
    found = statistics.k_agreement(tables, "clap", "genre")
    by_k = [list(resampled(answers(tables, "clap", "genre", k=k), "genre")) for k in (1, 5, 20)]
    draws = [
        np.mean([pearsonr(a, b).statistic for a, b in combinations(profiles, 2)])
        for profiles in zip(*by_k, strict=True)
    ]
    np.testing.assert_allclose(found.draws, draws)
    assert found.value == pytest.approx(1, abs=0.01) and found.low > 0.8


def test_differences_of_peaks_take_each_ones_best_k(tables):
    task = "instrument"
    trained, untrained = (
        answers(tables, "clap", task),
        answers(tables, "clap", task, copy="untrained"),
    )
    found = statistics.peak_difference(tables, "clap", task, than={"copy": "untrained"})
    pairs = zip(resampled(trained, task), resampled(untrained, task), strict=True)
    assert found.value == pytest.approx(0.15) and found.low > 0
    np.testing.assert_allclose(found.draws, [max(a) - max(b) for a, b in pairs], atol=1e-12)
    leak = known_answers.leak(tables, "clap", "consonant")
    assert leak.value == pytest.approx(0.02, abs=0.021) and leak.low < leak.high
    with pytest.raises(NotRun, match="both kinds of folds keep the groups of task instrument"):
        known_answers.leak(tables, "clap", task)


def literal_gap(tables, network, **keys):
    """Mean centre of low-level tasks minus that of high-level ones: the value, then the draws."""
    gap = 0
    for sign, tasks in ((0.5, ("note", "consonant")), (-0.5, ("genre", "speakers"))):
        for task in tasks:
            right, chance = answers(tables, network, task, **keys), 1 / TASK_CLASSES[task]
            profiles = [right.mean(axis=1), *resampled(right, task)]
            gap = gap + sign * np.array([literal_centre(a, chance) for a in profiles])
    return gap


def test_the_hierarchy_test_equals_a_plain_loop(tables, null):
    found = statistics.centre_low_minus_high(tables, "clap")
    expected = literal_gap(tables, "clap")
    assert found.value == pytest.approx(expected[0]) and found.high < -0.2
    np.testing.assert_allclose(found.draws, expected[1:])
    assert found.n == 4 * CLIPS
    linear = statistics.centre_low_minus_high(tables, "clap", probe="linear")
    assert linear.value == pytest.approx(literal_gap(tables, "clap", probe="linear", k=0)[0])
    ast = statistics.centre_gap_over_cnns(tables, "ast")
    cnns = np.mean([literal_gap(tables, n) for n in ("vggish", "clap", "mobilenet")], axis=0)
    np.testing.assert_allclose(ast.draws, (literal_gap(tables, "ast") - cnns)[1:])
    assert ast.low > 0
    nothing = statistics.centre_low_minus_high(null, "clap")
    assert nothing.low < 0 < nothing.high and abs(nothing.value) < 0.001


def test_vggish_is_the_exception_where_it_is(tables):
    found = statistics.vggish_exception(tables, "keyword")
    profiles = [
        list(resampled(answers(tables, n, "keyword"), "keyword"))
        for n in ("clap", "mobilenet", "vggish")
    ]
    draws = [
        pearsonr(c, m).statistic - (pearsonr(c, v).statistic + pearsonr(m, v).statistic) / 2
        for c, m, v in zip(*profiles, strict=True)
    ]
    np.testing.assert_allclose(found.draws, draws)
    assert found.low > 0.5
    alike = statistics.vggish_exception(tables, "note")
    assert alike.value == pytest.approx(0) and alike.low < 0 < alike.high


def test_dips_are_counted_over_tasks(tables, null):
    found = statistics.dip_share(tables, "ast")
    expected = np.mean(
        [
            [LOOPS["dip"](a) > 0 for a in resampled(answers(tables, "ast", task), task)]
            for task in TASKS
        ],
        axis=0,
    )
    np.testing.assert_allclose(found.draws, expected)
    assert found.value == pytest.approx(5 / 6) and found.n == 6 * CLIPS
    assert statistics.dip_share(null, "ast").value == 0


def test_nothing_is_found_where_nothing_is(null):
    for name in ("first_is_best", "last_is_best"):
        assert getattr(statistics, name)(null, "clap", "note").low < 0
    assert abs(statistics.early_above_chance(null, "clap", "note").value - (0.5 - 1 / 12)) < 0.001
    assert statistics.middle_over_ends(null, "clap", "note").value == 0
    dip = statistics.dip(null, "ast", "note")
    assert dip.low < 0 < dip.high and dip.value == 0
    with pytest.raises(NotRun, match="undefined here"):
        statistics.depth_trend(null, "clap", "note")
    for name in ("k_agreement", "profile_agreement"):
        with pytest.raises(NotRun, match="layers of clap differ too little on note"):
            getattr(statistics, name)(null, "clap", "note")


def test_what_cannot_be_judged_says_why(tables):
    for part, call in {
        "no profile of vgg on note": lambda: statistics.peak_depth(tables, "vgg", "note"),
        "clap on keyword with length 'second'": lambda: statistics.truncation_loss(
            tables, "clap", "keyword"
        ),
        "clap has 7 layers, not the AST's 12": lambda: statistics.dip(tables, "clap", "note"),
        "7 layers are too few, 9 are needed": lambda: statistics.last_is_best(
            tables, "clap", "note", last=8
        ),
        "no groups are known in task note": lambda: known_answers.leak(tables, "clap", "note"),
        "no sung folds of note": lambda: known_answers.groups_disjoint(tables, "note", "sung"),
        "no tags of the trained vgg": lambda: known_answers.tagging_gain(tables, "vgg"),
        "the table 'correct' is not part of this run": lambda: statistics.peak_depth(
            without(tables, "correct"), "clap", "note"
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
    with pytest.raises(NotRun, match="nothing is above chance"):
        statistics.centre_low_minus_high(low, "clap")


def test_resamples_that_lack_a_centre_are_not_paired_with_others(tables, tmp_path):
    """Too few to hide an interval, yet enough to pair the draws of different resamples."""
    correct = pd.read_parquet(tables.paths["correct"])
    edge = (correct["network"] == "clap") & (correct["task"] == "note")
    edge &= correct["labels"] == "true"
    shares = np.arange(CLIPS) < CLIPS // TASK_CLASSES["note"] + 8
    correct.loc[edge, "correct"] = pd.Series([shares] * edge.sum(), index=correct.index[edge])
    few = changed(tables, tmp_path, correct=correct)
    own = statistics.centre_low_minus_high(few, "clap")
    assert 0.95 * RESAMPLES <= len(own.draws) < RESAMPLES
    for network in ("ast", "clap"):
        with pytest.raises(NotRun, match="some resamples have no centre of mass"):
            statistics.centre_gap_over_cnns(few, network)
    assert len(statistics.centre_low_minus_high(few, "ast").draws) == RESAMPLES


def test_jumps_of_equal_height_lead_to_the_first_of_them(tables, tmp_path):
    """.6 to .7 and .3 to .4 are equal, though their floating-point differences are not."""
    rates = [0.6, 0.7, 0.2, 0.25, 0.3, 0.4, 0.35]
    assert np.diff(rates)[4] > np.diff(rates)[0]
    correct = pd.read_parquet(tables.paths["correct"])
    rows = (correct["network"] == "clap") & (correct["task"] == "note")
    correct.loc[rows, "correct"] = correct.loc[rows, "position"].map(
        lambda position: np.arange(CLIPS) < round(rates[position] * CLIPS)
    )
    tied = changed(tables, tmp_path, correct=correct)
    assert statistics.jump_depth(tied, "clap", "note").value == pytest.approx(1 / 6)
