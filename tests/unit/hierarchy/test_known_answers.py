"""Controls of study 1: known answers come out, and fail where they should."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hierarchy_loops import CLIPS, answers, widening
from sklearn.metrics import average_precision_score
from study_tables import changed, claims_of
from tables_of_hierarchy import TASK_CLASSES

from tonotopy.errors import InputError
from tonotopy.evidence.claims import NotRun
from tonotopy.evidence.resampling import bootstrap_weights
from tonotopy.evidence.scorecard import Instance, judge
from tonotopy.seeding import generator
from tonotopy.studies.hierarchy.average_precision import mean_average_precisions
from tonotopy.studies.hierarchy.statistics import STATISTICS, known_answers


def test_controls_come_out_and_fail_where_they_should(tables):
    constant = known_answers.constant_off_chance(tables)
    right = sum(-(-CLIPS // classes) for classes in TASK_CLASSES.values())
    expected = right - sum(CLIPS / classes for classes in TASK_CLASSES.values())
    assert constant.value == pytest.approx(expected / 5) and constant.low == constant.high
    assert (constant.unit, constant.trainings) == ("clip", None)
    assert known_answers.identity_equals_reference(tables).high == 0
    assert known_answers.groups_disjoint(tables, "keyword").high == 0
    assert known_answers.groups_disjoint(tables, "keyword", folds="paper").low == 30
    broken = replace(tables)
    identity = tables.controls["control"] == "identity"
    wrong = identity & (identity.cumsum() % 4 == 0)
    broken.__dict__["controls"] = tables.controls.assign(correct=tables.controls["correct"] ^ wrong)
    assert known_answers.identity_equals_reference(broken).value == pytest.approx(0.25)


def test_shufflings_are_resampled(tables):
    found = known_answers.shuffled_over_chance(tables, "clap", "genre")
    shares = [
        answers(tables, "clap", "genre", labels="shuffled", shuffle=i).mean() * 10
        for i in range(10)
    ]
    assert np.std(shares) > 0.02
    counts = bootstrap_weights(10, 200, generator(0, "bootstrap", "shuffled genre"))
    mean = sum(shares) / 10
    draws = [mean + widening(10) * (sum(np.array(shares) * row) / 10 - mean) for row in counts]
    assert found.value == pytest.approx(mean)
    np.testing.assert_allclose(found.draws, draws)
    assert (found.n, found.unit, found.trainings) == (10, "label permutation", 1)
    few = replace(tables)
    key = ("clap", "genre", "trained", "whole", "paper", "knn", "shuffled")
    rows = tables.correct[key]
    few.__dict__["correct"] = {key: rows[rows["shuffle"] < 7]}
    with pytest.raises(NotRun, match="7 observations are too few"):
        known_answers.shuffled_over_chance(few, "clap", "genre")


def test_clips_are_counted_against_the_thesis(tables):
    assert known_answers.clips_over_thesis(tables, "genre").value == pytest.approx(CLIPS / 1000)
    assert known_answers.clips_over_thesis(tables, "note").high == pytest.approx(CLIPS / 1800)
    with pytest.raises(NotRun, match="the thesis has no task bark"):
        known_answers.clips_over_thesis(tables, "bark")


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


REASON = "the published weights end in an embedding, which names no class"


@pytest.fixture
def asked(tables, tmp_path):
    """What three of the networks, which are taken for published ones, say of three recordings."""
    ranks = {"clap": [1, 3, 4], "ast": [1, 10, 2], "vggish": [np.nan] * 3}
    rows = pd.DataFrame(
        [
            (network, recording, rank, 0 if np.isnan(rank) else {"clap": 3, "ast": 10}[network])
            for network, places in ranks.items()
            for recording, rank in zip(("violin", "trumpet", "bird"), places, strict=True)
        ],
        columns=["network", "recording", "rank", "within"],
    )
    rows["reason"] = np.where(rows["rank"].isna(), REASON, "")
    path = tmp_path / "known_answers.parquet"
    rows.to_parquet(path)
    return replace(tables, paths={**tables.paths, "known_answers": path})


def test_recordings_are_recognised_among_the_top_answers(asked):
    found = known_answers.recognised(asked, "clap")
    assert found.value == found.low == found.high == pytest.approx(2 / 3)
    assert (found.n, found.unit, found.trainings) == (3, "recording", None)
    assert known_answers.recognised(asked, "ast").value == 1  # the last of ten is among them
    with pytest.raises(NotRun, match=REASON):
        known_answers.recognised(asked, "vggish")
    with pytest.raises(NotRun, match="the weights of mobilenet are not published ones"):
        known_answers.recognised(asked, "mobilenet")


def test_published_weights_alone_are_asked_and_a_failure_fails(asked, tables):
    row = [row for row in claims_of("hierarchy") if row["id"] == "hierarchy.recognises"]
    rows = judge(row, [Instance("hierarchy", "layers", asked, STATISTICS)], {}, "tiny")
    judged = {r["id"].rpartition(".")[2]: (r["kind"], r["verdict"], r["reason"]) for r in rows}
    assert judged == {
        "vggish": ("control", "not run", REASON),
        "clap": ("control", "contradicted", ""),
        "ast": ("control", "supported", ""),
    }
    (none,) = judge(row, [Instance("hierarchy", "layers", tables, STATISTICS)], {}, "tiny")
    assert none["verdict"] == "not run"
    assert none["reason"] == "no published weights in this run"


def test_controls_that_are_not_in_the_table_are_not_judged(tables, tmp_path):
    some = tables.controls[tables.controls["control"] == "identity"]
    with pytest.raises(NotRun, match="no control 'constant'"):
        known_answers.constant_off_chance(changed(tables, tmp_path, controls=some))


def test_groups_of_one_clip_each_are_no_groups(tables, tmp_path):
    folds = tables.read("folds")
    folds.loc[folds["task"].isin(["note", "keyword"]), "groups"] = CLIPS
    alone = changed(tables, tmp_path, folds=folds)
    with pytest.raises(NotRun, match="no groups are known in task note"):
        known_answers.groups_disjoint(alone, "note")
    found = known_answers.groups_disjoint(tables, "keyword")
    assert (found.n, found.unit) == (40, "group of clips")


def test_folds_that_cannot_be_drawn_are_not_judged(tables, tmp_path):
    folds = tables.read("folds").assign(reason="")
    none = (folds["task"] == "keyword") & (folds["folds"] == "grouped")
    folds.loc[none, ["split_groups", "reason"]] = [np.nan, "class 'a' has 1 group"]
    few = changed(tables, tmp_path, folds=folds)
    for call in (
        known_answers.groups_disjoint,
        lambda t, task: known_answers.leak(t, "clap", task),
    ):
        with pytest.raises(NotRun, match="no grouped folds of keyword: class 'a' has 1 group"):
            call(few, "keyword")
    assert known_answers.groups_disjoint(few, "consonant").value == 0
