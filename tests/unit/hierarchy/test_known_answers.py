"""Controls of study 1: known answers come out, and fail where they should."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hierarchy_loops import CLIPS, answers
from sklearn.metrics import average_precision_score

from tonotopy.errors import InputError
from tonotopy.studies.hierarchy.average_precision import mean_average_precisions
from tonotopy.studies.hierarchy.statistics import known_answers


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
