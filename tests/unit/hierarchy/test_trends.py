"""Profiles that agree: correlations of the true ones, whatever noise they share."""

from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest
from hierarchy_loops import answers, literal_correlation, resampled, widening
from tables_of_hierarchy import groups_of

from tonotopy.evidence.claims import NotRun
from tonotopy.studies.hierarchy.statistics import trends


def literal(tables, task, first, second):
    """Correlation of two profiles of a task: of the data, then of the resamples."""
    factor = widening(len(set(groups_of(task, 200))))
    draws = [list(resampled(right, task)) for right in (first, second)]
    return literal_correlation(first.mean(axis=1), second.mean(axis=1), *draws, factor)


@pytest.mark.parametrize("keys", [{"length": "second"}, {"probe": "linear", "k": 0}])
def test_agreement_equals_a_plain_loop(tables, keys):
    whole, other = answers(tables, "clap", "genre"), answers(tables, "clap", "genre", **keys)
    given = {key: value for key, value in keys.items() if key != "k"}
    found = trends.profile_agreement(tables, "clap", "genre", **given)
    expected = literal(tables, "genre", whole, other)
    assert found.value == pytest.approx(expected[0])
    np.testing.assert_allclose(found.draws, expected[1:])
    assert found.low > 0.8 and (found.unit, found.trainings) == ("group of clips", 1)


def test_agreement_of_ks_is_the_mean_of_their_pairs(tables):
    found = trends.k_agreement(tables, "clap", "genre")
    by_k = [answers(tables, "clap", "genre", k=k) for k in (1, 5, 20)]
    pairs = [literal(tables, "genre", a, b) for a, b in combinations(by_k, 2)]
    expected = np.mean(pairs, axis=0)
    assert found.value == pytest.approx(expected[0]) and found.low > 0.8
    np.testing.assert_allclose(found.draws, expected[1:])


def test_tasks_agree_where_their_profiles_do(tables):
    found = trends.tasks_agreement(tables, "ast", ["consonant", "keyword"])
    assert found.value > 0.95 and found.low > 0.8
    assert found.n == 2 * len(set(groups_of("keyword", 200)))
    apart = trends.tasks_agreement(tables, "clap", ["note", "genre"])
    assert apart.value < -0.9
    with pytest.raises(NotRun, match="no task bark"):
        trends.tasks_agreement(tables, "clap", ["note", "bark"])


def test_vggish_is_the_exception_where_it_is(tables):
    found = trends.vggish_exception(tables, "keyword")
    clap, mobilenet, vggish = (
        answers(tables, n, "keyword") for n in ("clap", "mobilenet", "vggish")
    )
    alike = literal(tables, "keyword", clap, mobilenet)
    other = [literal(tables, "keyword", a, vggish) for a in (clap, mobilenet)]
    expected = np.array(alike) - np.mean(other, axis=0)
    assert found.value == pytest.approx(expected[0]) and found.low > 0.5
    np.testing.assert_allclose(found.draws, expected[1:])
    note = trends.vggish_exception(tables, "note")
    assert note.value == pytest.approx(0, abs=0.01) and note.low <= 0 <= note.high


def test_profiles_of_other_layers_or_none_do_not_agree(tables, null):
    part = tables.decoded("clap", "genre")
    with pytest.raises(NotRun, match="differ in their number of layers"):
        trends._pair(part, tables.decoded("ast", "genre"))
    for name, more in (("k_agreement", {}), ("profile_agreement", {"folds": "grouped"})):
        with pytest.raises(NotRun, match="layers of clap differ too little on consonant"):
            getattr(trends, name)(null, "clap", "consonant", **more)
    one = replace(tables)
    key = ("clap", "genre", "trained", "whole", "paper", "knn", "true")
    rows = tables.correct[key]
    one.__dict__["correct"] = {key: rows[rows["k"] == 5]}
    with pytest.raises(NotRun, match="one k agrees with itself"):
        trends.k_agreement(one, "clap", "genre")


def test_shared_noise_is_no_agreement():
    """Two true profiles that are uncorrelated, measured on the same clips."""
    rng = np.random.default_rng(0)
    true = np.array([[1.0, -1, 1, -1, 0, 0, 0], [1, 1, -1, -1, 0, 0, 0]])
    values = []
    for _ in range(300):
        shared = rng.normal(0, 0.3, 7)
        draws = true + shared + rng.normal(0, 0.3, (100, 1, 7))
        values.append(trends.correlations(np.concatenate([[true + shared], draws]), 1.0)[0, 0, 1])
    plain = 0.09 / (4 / 6 + 0.09)
    assert abs(np.mean(values)) < 0.06 < plain
