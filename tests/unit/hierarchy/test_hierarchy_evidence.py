"""Statistics of study 1: planted profiles come back, nulls are null, each equals a plain loop."""

from dataclasses import replace
from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from scipy.stats import pearsonr, spearmanr
from sklearn.metrics import average_precision_score
from study_tables import changed, claims_of, shuffle_rows, table_paths, without
from tables_of_hierarchy import HIERARCHY, RATES, TASK_CLASSES, TASKS, hierarchy_tables

from tonotopy.errors import InputError
from tonotopy.evidence.claims import NotRun
from tonotopy.evidence.resampling import Bootstrap, bootstrap_weights, interval
from tonotopy.evidence.scorecard import Instance, judge
from tonotopy.seeding import generator
from tonotopy.studies.hierarchy.average_precision import mean_average_precisions
from tonotopy.studies.hierarchy.profiles import clip_resamples
from tonotopy.studies.hierarchy.statistics import STATISTICS, known_answers
from tonotopy.studies.hierarchy.statistics import profiles as statistics
from tonotopy.studies.hierarchy.statistics.tables import HierarchyTables
from tonotopy.studies.hierarchy.summaries import centres, profiles

CLIPS, RESAMPLES = 200, 200
BOOTSTRAP = Bootstrap(RESAMPLES, 0.95, seed=0)


@pytest.fixture(scope="module")
def tables(tmp_path_factory):
    folder = hierarchy_tables(tmp_path_factory.mktemp("study"), clips=CLIPS)
    return HierarchyTables(table_paths(shuffle_rows(folder)), HIERARCHY, BOOTSTRAP)


@pytest.fixture(scope="module")
def null(tmp_path_factory):
    folder = hierarchy_tables(tmp_path_factory.mktemp("null"), flat=0.5, clips=CLIPS)
    return HierarchyTables(table_paths(shuffle_rows(folder)), HIERARCHY, BOOTSTRAP)


def answers(tables, network, task, k=5, **keys):
    """Which clips were right, (layers, clips), read without the class that is tested."""
    rows = pd.read_parquet(tables.paths["correct"])
    wanted = {"network": network, "task": task, "copy": "trained", "length": "whole",
              "folds": "paper", "probe": "knn", "labels": "true", "k": k, **keys}  # fmt: skip
    for column, value in wanted.items():
        rows = rows[rows[column] == value]
    return np.array(rows.sort_values("position")["correct"].to_list())


def resampled(right, task):
    """Accuracies per resample: each clip repeated as often as it was drawn."""
    counts = bootstrap_weights(right.shape[1], RESAMPLES, generator(0, "profile", task))
    for row in counts:
        drawn = [clip for clip, times in enumerate(row) for _ in range(times)]
        yield [sum(bool(layer[clip]) for clip in drawn) / len(drawn) for layer in right]


def depth(layer, layers):
    return layer / (layers - 1)


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
    trained, untrained = answers(tables, "clap", task), answers(tables, "clap", task,
                                                                copy="untrained")  # fmt: skip
    found = statistics.peak_difference(tables, "clap", task, than={"copy": "untrained"})
    pairs = zip(resampled(trained, task), resampled(untrained, task), strict=True)
    assert found.value == pytest.approx(0.15) and found.low > 0
    np.testing.assert_allclose(found.draws, [max(a) - max(b) for a, b in pairs], atol=1e-12)
    leak = known_answers.leak(tables, "clap", "consonant")
    assert leak.value == pytest.approx(0.02, abs=0.021) and leak.low < leak.high
    with pytest.raises(NotRun, match="both kinds of folds keep the groups of task instrument"):
        known_answers.leak(tables, "clap", task)


def literal_centre(accuracy, chance):
    mass = [max(a - chance, 0) for a in accuracy]
    return sum(m * depth(i, len(mass)) for i, m in enumerate(mass)) / sum(mass)


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
    profiles = [list(resampled(answers(tables, n, "keyword"), "keyword"))
                for n in ("clap", "mobilenet", "vggish")]  # fmt: skip
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
    expected = np.mean([
        [LOOPS["dip"](a) > 0 for a in resampled(answers(tables, "ast", task), task)]
        for task in TASKS
    ], axis=0)  # fmt: skip
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


def test_controls_come_out_and_fail_where_they_should(tables):
    shuffled = known_answers.shuffled_at_chance(tables, "clap", "genre")
    right = answers(tables, "clap", "genre", labels="shuffled", k=5)
    assert shuffled.value == pytest.approx(right.mean() - 0.1, abs=0.01)
    assert shuffled.low < 0 < shuffled.high
    constant = known_answers.constant_at_chance(tables)
    assert abs(constant.value) < 0.01 and constant.low < 0 < constant.high
    assert known_answers.identity_equals_reference(tables).high == 0
    assert known_answers.groups_disjoint(tables, "keyword").high == 0
    assert known_answers.groups_disjoint(tables, "keyword", folds="paper").low == 30
    broken = replace(tables)
    identity = tables.controls["control"] == "identity"
    wrong = identity & (identity.cumsum() % 4 == 0)
    broken.__dict__["controls"] = tables.controls.assign(correct=tables.controls["correct"] ^ wrong)
    assert known_answers.identity_equals_reference(broken).value == pytest.approx(0.25)


def test_several_shuffles_are_averaged(tables):
    several = replace(tables)
    key = ("clap", "genre", "trained", "whole", "paper", "knn", "shuffled")
    rows = tables.correct[key]
    several.__dict__["correct"] = {key: pd.concat([rows, rows])}
    one, two = (known_answers.shuffled_at_chance(t, "clap", "genre") for t in (tables, several))
    np.testing.assert_allclose(one.draws, two.draws)


def test_weighted_average_precision_equals_scikit_learn():
    rng = np.random.default_rng(0)
    targets, scores = rng.random((60, 4)) < 0.2, rng.random((60, 4)).round(1)  # with ties
    targets[:, 3] = False
    weights = rng.multinomial(60, np.full(60, 1 / 60), size=20).astype(float)
    weights[0], weights[1] = 1, ~targets.any(axis=1)
    found = mean_average_precisions(targets, scores, weights)
    for value, row in zip(found, weights, strict=True):
        each = [
            average_precision_score(t, s, sample_weight=row)
            for t, s in zip(targets.T, scores.T, strict=True)
            if row[t].sum() > 0
        ]
        assert value == pytest.approx(np.mean(each)) if each else np.isnan(value)
    assert np.isnan(found[1]) and not np.isnan(found[0])


def test_tagging_gain_is_the_ratio_of_precisions(tables, monkeypatch):
    rows = tables.tagging[tables.tagging["network"] == "clap"]

    def precision(copy):
        part = rows[rows["copy"] == copy].groupby("class")
        return np.mean([average_precision_score(r["target"], r["score"]) for _, r in part])

    found = known_answers.tagging_gain(tables, "clap")
    assert found.value == pytest.approx(precision("trained") / precision("untrained"))
    assert found.low > 2 and found.n == CLIPS
    monkeypatch.setattr(
        "tonotopy.studies.hierarchy.average_precision.CELLS", 7 * CLIPS
    )  # several blocks
    np.testing.assert_allclose(known_answers.tagging_gain(tables, "clap").draws, found.draws)
    damaged = replace(tables)
    damaged.__dict__["tagging"] = tables.tagging.drop(index=rows.index[0])
    with pytest.raises(InputError, match="some clip lacks a class"):
        known_answers.tagging_gain(damaged, "clap")


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
    rows = {key: part.assign(correct=[np.zeros(CLIPS, bool)] * len(part))
            for key, part in tables.correct.items()}  # fmt: skip
    low.__dict__["correct"] = rows
    with pytest.raises(NotRun, match="nothing is above chance"):
        statistics.centre_low_minus_high(low, "clap")


def test_damaged_tables_are_named(tables):
    key = ("clap", "note", "trained", "whole", "paper", "knn", "true")
    rows = tables.correct[key]
    for damaged, told in (
        (rows.iloc[1:], "layers differ in their ks"),
        (rows.assign(correct=[c[i == 0 :] for i, c in enumerate(rows["correct"])]), "their clips"),
    ):
        broken = replace(tables)
        broken.__dict__["correct"] = {key: damaged}
        with pytest.raises(InputError, match=f"correct.parquet: clap on note: .*{told}"):
            broken.decoded("clap", "note")


def row(**changes):
    return {"id": "hierarchy.x", "study": "hierarchy", "kind": "claim", "source": "s", "claim": "c",
            "statistic": "peak_depth", "criterion": {"above": 0}, **changes}  # fmt: skip


def judged(tables, *claims):
    return judge(list(claims), [Instance("hierarchy", "layers", tables, STATISTICS)], {}, "smoke")


def ids(tables, **changes):
    rows = judged(tables, row(**changes))
    return [r["id"] for r in rows], rows


def test_rows_are_judged_for_the_networks_and_tasks_they_are_about(tables):
    found, _ = ids(tables, each=["network"], arguments={"task": "note"},
                   only={"families": ["clap", "ast"]})  # fmt: skip
    assert found == ["hierarchy.x.layers.clap", "hierarchy.x.layers.ast"]
    found, _ = ids(tables, each=["network", "task"], only={"families": ["ast"], "levels": ["high"]})
    assert found == ["hierarchy.x.layers.ast.genre", "hierarchy.x.layers.ast.speakers"]
    found, _ = ids(tables, each=["task"], only={"tasks": ["note"]}, statistic="vggish_exception")
    assert found == ["hierarchy.x.layers.note"]
    for changes, reason in (
        ({"only": {"families": ["other"]}}, "no network of family other"),
        ({"arguments": {"task": "bark"}}, "no task bark"),
        ({"only": {"tasks": ["note"], "levels": ["high"]}}, "no task note of level high"),
    ):
        found, rows = ids(tables, each=["network"], **changes)
        assert found == ["hierarchy.x.layers"] and rows[0]["verdict"] == "not run"
        assert reason in rows[0]["reason"]


def test_words_that_the_study_does_not_know_are_refused(tables):
    for changes, message in (
        ({"each": ["pair"]}, "each: 'pair' is not known to hierarchy"),
        ({"only": {"families": ["clop"]}}, "only.families: 'clop' .*did you mean 'clap'"),
        ({"only": {"levels": ["higher"]}}, "only.levels: 'higher' .*did you mean 'high'"),
        ({"only": {"level": ["high"]}}, "only: 'level' .*did you mean 'levels'"),
    ):
        with pytest.raises(InputError, match=f"claim hierarchy.x: {message}"):
            ids(tables, **changes)


def test_every_claim_is_judged_or_says_why(tables):
    claims = claims_of("hierarchy")
    rows = judged(replace(tables, bootstrap=Bootstrap(50, 0.95, 0)), *claims)
    assert len({r["id"] for r in rows}) == len(rows) > 200
    assert {r["id"].split(".layers")[0] for r in rows} == {claim["id"] for claim in claims}
    by_id = {r["id"]: r for r in rows}
    controls = [r for r in rows if r["kind"] == "control" and not r["reason"]]
    assert len(controls) > 30 and {r["verdict"] for r in controls} == {"supported"}
    for name in ("consonant_peak.layers.clap", "keyword_peak_ast.layers.ast", "centre.layers.ast",
                 "instrument_jump_depth_mobilenet.layers.mobilenet"):  # fmt: skip
        assert by_id[f"hierarchy.{name}"]["verdict"] == "supported", name
    assert by_id["hierarchy.genre_rises.layers.vggish"]["verdict"] == "contradicted"
    assert judge(claims, [], {"hierarchy": ["layers"]}, "smoke") == []


def test_a_stale_table_is_not_judged_and_costs_its_own_rows_only(tables):
    """An earlier configuration had a tagging corpus: its table is on the disk, not of this run."""
    now = without(tables, "tagging")
    assert tables.paths["tagging"].is_file()
    claims = [row(id="hierarchy.tagging", statistic="tagging_gain", each=["network"]),
              row(each=["network"], arguments={"task": "note"})]  # fmt: skip
    rows = judged(now, *claims)
    assert [(r["verdict"], r["reason"]) for r in rows[:4]] == [
        ("not run", "the table 'tagging' is not part of this run")
    ] * 4
    assert len(rows) == 8 and not any(r["reason"] for r in rows[4:])
    assert not any(r["reason"] for r in judged(tables, claims[0]))


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


def test_profiles_centres_and_statistics_share_their_resamples(tables):
    correct = pd.read_parquet(tables.paths["correct"])
    part = tables.decoded("clap", "genre")
    assert part.resamples is clip_resamples(BOOTSTRAP, "genre", CLIPS)
    curve = {"network": "clap", "task": "genre", "copy": "trained", "length": "whole",
             "folds": "paper", "probe": "knn"}  # fmt: skip
    for key, value in curve.items():
        correct = correct[correct[key] == value]
    table = profiles(correct, BOOTSTRAP)
    table = table[table["k"] == 5].sort_values("position")
    low, high = interval(part.accuracies[1:], 0.95)
    np.testing.assert_allclose(table["low"], low)
    np.testing.assert_allclose(table["high"], high)
    np.testing.assert_allclose(table["accuracy"], RATES["clap"]["genre"])


def test_tables_of_profiles_and_centres_equal_a_plain_loop(tables):
    """Every curve, out of rows in no order, has its own chance, k, layers and intervals."""
    correct = pd.read_parquet(tables.paths["correct"])
    curves, middles = profiles(correct, BOOTSTRAP), centres(correct, BOOTSTRAP)
    assert len(curves) == (correct["labels"] == "true").sum()
    assert set(curves["chance"]) == {1 / classes for classes in TASK_CLASSES.values()}
    for task, classes in TASK_CLASSES.items():
        assert (curves.loc[curves["task"] == task, "chance"] == 1 / classes).all()
    assert (curves["clips"] == CLIPS).all() and (curves["seconds"] == 2.5).all()
    assert (curves["dims"] == 100).all()
    for network, task, keys in (("clap", "note", {}), ("ast", "genre", {"copy": "untrained"}),
                                ("vggish", "speakers", {"folds": "grouped"})):  # fmt: skip
        right = answers(tables, network, task, **keys)
        about = {"network": network, "task": task, "copy": "trained", "length": "whole",
                 "folds": "paper", "probe": "knn", **keys}  # fmt: skip
        rows, (middle,) = (
            table.merge(pd.DataFrame([about])).to_dict("records") for table in (curves, middles)
        )
        rows = sorted((r for r in rows if r["k"] == 5), key=lambda r: r["position"])
        assert [r["accuracy"] for r in rows] == pytest.approx(right.mean(axis=1).tolist())
        assert [r["depth"] for r in rows] == pytest.approx(np.linspace(0, 1, len(right)).tolist())
        draws = np.array(list(resampled(right, task)))
        ends = np.quantile(draws, [0.025, 0.975], axis=0)
        np.testing.assert_allclose([[r["low"] for r in rows], [r["high"] for r in rows]], ends)
        chance = 1 / TASK_CLASSES[task]
        assert (middle["k"], middle["defined"]) == (5, 1)
        assert middle["value"] == pytest.approx(literal_centre(right.mean(axis=1), chance))
        ends = np.quantile([literal_centre(draw, chance) for draw in draws], [0.025, 0.975])
        assert (middle["low"], middle["high"]) == pytest.approx(tuple(ends))
