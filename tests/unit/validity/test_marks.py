"""Marks of methods: equal to a plain loop and to scipy's, unbiased, paired, refused if unfit."""

from itertools import product

import numpy as np
import pandas as pd
import pytest
from scipy.stats import pearsonr, rankdata, spearmanr
from tables_of_validity import CLASSES, METHODS, VALUES, Method, frames, method_table

from tonotopy.errors import InputError
from tonotopy.evidence.resampling import Bootstrap
from tonotopy.evidence.trainings import widening
from tonotopy.studies.validity.marks import INNER, WIDER, effects_of, mark
from tonotopy.studies.validity.measures import MEASURES, ranks

BOOTSTRAP = Bootstrap(8, 0.95, 3)
HUNDRED = Bootstrap(100, 0.95, 3)
SHAPE = (len(VALUES["lead"]), len(CLASSES))
FEW = (
    Method("steering_probes", "steering", 1.0, 0.05, units=12),
    Method("cosine", "encoding", 1.0, 0.2, unit="", units=1),
    Method("random", "null", 0.0, 0.05, sets=3, units=12),
)


@pytest.fixture(scope="module")
def tables():
    return frames(np.random.default_rng(1), bases=20, methods=FEW, marked=False)


@pytest.fixture(scope="module")
def marked(tables):
    return marks_of(tables)


def marks_of(tables, bootstrap=BOOTSTRAP):
    order = np.random.default_rng(0).permutation  # rows have no order
    shuffled = [tables[name].iloc[order(len(tables[name]))] for name in ("effects", "matrices")]
    return mark(*shuffled, tables["methods"], bootstrap)


def loop_matrix(rows, unit, column, counts):
    """The mean over units that are drawn so often, columns centred, by plain loops."""
    units, cells = sorted(rows[unit].unique()), {}
    for row in rows.to_dict("records"):
        key = row["value"], row["class"]
        cells[key] = cells.get(key, 0.0) + counts[units.index(row[unit])] * row[column] / len(units)
    for label in CLASSES:
        mean = sum(cells[value, label] for value in VALUES["lead"]) / len(VALUES["lead"])
        for value in VALUES["lead"]:
            cells[value, label] -= mean
    return cells


def loop_counts(n, *names):
    """How often units count in every resample: their means spread as those of n - 1 would."""
    drawn = BOOTSTRAP.draw(n, "validity", *names, n).counts
    spread = (n / (n - 1)) ** 0.5 if n > 1 else 1.0
    return [[1 + spread * (count - 1) for count in row] for row in drawn]


def loop_measure(name, first, second):
    if name == "spearman":
        return spearmanr(first, second).statistic
    if name == "pearson":
        return pearsonr(first, second).statistic
    return sum(np.sign(a) == np.sign(b) for a, b in zip(first, second, strict=True)) / len(first)


def loop_mark(measure, pairs, truth, truths, matrix, matrices, wider):
    """A mark and its draws of one set: f(1), 2 f(1) - f(2), and 2 f(2) - f(3) around it, wider."""

    def f(one, other):
        return loop_measure(measure, [one[p] for p in pairs], [other[p] for p in pairs])

    def more(draws, r, k, data):
        return {p: draws[r][p] + draws[(r - k) % len(draws)][p] - data[p] for p in data}

    measured = f(truth, matrix)
    once = [f(t, m) for t, m in zip(truths, matrices, strict=True)]
    twice = []
    for r in range(len(once)):
        values = [
            f(more(truths, r, k, truth), more(matrices, r, k, matrix)) for k in range(1, INNER + 1)
        ]
        twice.append(sum(values) / INNER)
    value = 2 * measured - sum(once) / len(once)
    draws = [2 * a - b for a, b in zip(once, twice, strict=True)]
    return measured, value, [wider * (d - sum(draws) / len(draws)) + value for d in draws]


@pytest.mark.parametrize("measure", ["spearman", "pearson", "sign"])
@pytest.mark.parametrize("pairs", ["all", "unplanted"])
@pytest.mark.parametrize("method", FEW, ids=lambda m: m.name)
def test_a_mark_equals_a_plain_loop(tables, marked, method, pairs, measure):
    effects = tables["effects"]
    effects = effects[(effects["copy"] == "trained") & (effects["attribute"] == "lead")]
    ones = [1] * 20
    truth = loop_matrix(effects, "base", "probability", ones)
    counts = loop_counts(20, "bases")
    truths = [loop_matrix(effects, "base", "probability", row) for row in counts]
    planted = {(r["value"], r["class"]) for r in effects.to_dict("records") if r["planted"]}
    chosen = [p for p in truth if pairs == "all" or p not in planted]
    if measure == "sign":
        spans = {p: np.quantile([t[p] for t in truths], [0.025, 0.975]) for p in chosen}
        chosen = [p for p in chosen if spans[p][0] > 0 or spans[p][1] < 0]
    rows = tables["matrices"][tables["matrices"]["method"] == method.name]
    first = sorted(rows["unit"].unique())[0]
    drawn = loop_counts(method.units, "units", method.unit, first)
    by_set = []
    for number in range(method.sets):
        own = rows[rows["set"] == number]
        matrix = loop_matrix(own, "unit", "score", [1] * method.units)
        matrices = [loop_matrix(own, "unit", "score", row) for row in drawn]
        wider = WIDER if method.sets == 1 else 1
        by_set.append(loop_mark(measure, chosen, truth, truths, matrix, matrices, wider))
    weights = [[1.0]] * 8
    if method.sets > 1:
        often = BOOTSTRAP.draw(method.sets, "validity", "sets", method.name).counts
        weights = (1 + widening(method.sets, 0.95) * (often - 1)) / method.sets
    low = 0 if measure == "sign" else -1
    expected = [
        sum(w * s[2][r] for w, s in zip(row, by_set, strict=True)) for r, row in enumerate(weights)
    ]
    table, draws = marked
    keys = ["method", "pairs", "measure"]
    row = table.set_index(keys).loc[(method.name, pairs, measure)]
    assert row["measured"] == pytest.approx(np.mean([s[0] for s in by_set]))
    value = np.clip(np.mean([s[1] for s in by_set]), low, 1)
    assert row["estimate"] == pytest.approx(value)
    found = draws.set_index(keys).sort_index().loc[(method.name, pairs, measure)]
    assert list(found["draw"]) == list(range(9))
    np.testing.assert_allclose(found["value"][1:], np.clip(expected, low, 1), atol=1e-12)
    assert found["value"].iloc[0] == row["estimate"]
    ends = np.quantile(found["value"][1:], [0.025, 0.975])
    np.testing.assert_allclose([row["low"], row["high"]], ends)


def test_what_was_resampled_is_told(marked):
    table = marked[0].drop_duplicates("method").set_index("method")
    assert table.loc["steering_probes", ["bases", "units", "unit", "sets"]].tolist() == [
        20,
        12,
        "clip",
        1,
    ]  # fmt: skip (one row of the table)
    assert table.loc["cosine", ["bases", "units", "unit", "sets"]].tolist() == [20, 1, "", 1]
    assert table.loc["random", ["units", "sets"]].tolist() == [12, 3]
    assert "sonification" not in table.index  # it does not apply


def test_e_is_the_mean_over_bases_less_its_mean_over_values(tables):
    effects = effects_of(tables["effects"], "lead")
    assert effects.probabilities.shape == (20, *SHAPE)
    rows = tables["effects"]
    rows = rows[(rows["copy"] == "trained") & (rows["attribute"] == "lead")]
    for (i, value), (g, label) in product(enumerate(effects.values), enumerate(CLASSES)):
        own = rows[(rows["value"] == value) & (rows["class"] == label)]["probability"]
        everyone = rows[rows["class"] == label]["probability"]
        assert effects.matrix[i, g] == pytest.approx(own.mean() - everyone.mean())
        planted = (value, label) in {
            ("violin", "classical"),
            ("saxophone", "jazz"),
            ("guitar", "rock"),
            ("guitar", "metal"),
        }
        assert effects.planted[i, g] == planted


def test_marks_of_the_same_clips_share_their_resamples(tables):
    twin = tables["matrices"][tables["matrices"]["method"] == "steering_probes"]
    twin = twin.assign(method="tcav", score=3 * twin["score"] + 7)
    methods = method_table((FEW[0], METHODS[2]))
    both = {**tables, "matrices": pd.concat([tables["matrices"], twin]), "methods": methods}
    draws = marks_of(both)[1].set_index(["method", "pairs", "measure"])["value"].sort_index()
    np.testing.assert_allclose(draws.loc["tcav"], draws.loc["steering_probes"], atol=1e-12)


def test_ties_share_their_ranks_and_what_is_constant_has_no_mark():
    one, other = np.array([1.0, 1, 2, 5, 5, 5]), np.array([0.0, 3, 3, 1, 9, 9])
    spearman, pearson = MEASURES["spearman"].of, MEASURES["pearson"].of
    assert spearman(one, other) == pytest.approx(spearmanr(one, other).statistic)
    assert np.isnan(spearman(one, np.ones(6))) and np.isnan(pearson(one, np.ones(6)))


def test_ranks_are_scipys_where_some_rows_have_ties():
    values = np.random.default_rng(0).normal(size=(4, 3, 9))
    values[1, 2, 4] = values[1, 2, 7]
    values[3, 0] = 2.0
    np.testing.assert_array_equal(ranks(values), rankdata(values, axis=-1))


def test_a_constant_matrix_is_marked_nan_and_does_not_stop_the_others(tables):
    matrices = tables["matrices"]
    flat = matrices.assign(score=matrices["score"].where(matrices["method"] != "cosine", 1.0))
    table = marks_of({**tables, "matrices": flat})[0].set_index(["method", "measure", "pairs"])
    assert np.isnan(table.loc[("cosine", "spearman", "all"), "estimate"])
    assert table.loc[("steering_probes", "spearman", "all"), "estimate"] > 0.5


def test_without_known_plants_all_pairs_alone_are_marked(tables):
    unknown = tables["effects"].assign(planted=pd.array([None] * len(tables["effects"]), "boolean"))
    table = marks_of({**tables, "effects": unknown})[0]
    assert set(table["pairs"]) == {"all"} and len(table) == 9


def test_noise_lowers_what_is_measured_and_not_the_mark():
    """Tables whose method is E itself: the mark is 1 but for noise in both."""
    measured, corrected = [], []
    perfect = (Method("steering_probes", "steering", 1.0, 0.0),)
    for seed in range(15):
        rng = np.random.default_rng(seed)
        tables = frames(
            rng, noise=0.15, attributes=("lead",), methods=perfect, marked=False, bases=40
        )
        table = mark(tables["effects"], tables["matrices"], tables["methods"], HUNDRED)[0]
        row = table[(table["pairs"] == "all") & (table["measure"] == "spearman")].iloc[0]
        measured.append(row["measured"])
        corrected.append(row["estimate"])
    assert np.mean(measured) < 0.93 and np.mean(corrected) > np.mean(measured) + 0.04


def test_tables_that_do_not_fit_are_refused(tables):
    matrices = tables["matrices"]
    own = matrices["method"] == "cosine"

    def refused(message, **changes):
        with pytest.raises(InputError, match=message):
            marks_of({**tables, **changes})

    refused("method 'cosine': there are none", matrices=matrices[~own])
    other = matrices.assign(value=matrices["value"].where(~own, matrices["value"] + "s"))
    refused("'cosine': values flutes", matrices=other)
    refused("expected one row for each of", matrices=matrices[~own].iloc[1:])
    refused("expected one row for each of", matrices=pd.concat([matrices, matrices[own]]))
    refused("no twins of 'tempo'", methods=tables["methods"].assign(attribute="tempo"))
    twice = pd.concat([tables["effects"], tables["effects"].head(1)])
    refused(r"effects of lead \(trained\)", effects=twice)


def test_no_method_at_all_makes_empty_tables(tables):
    table, draws = marks_of({**tables, "methods": tables["methods"].assign(applies=False)})
    assert table.empty and draws.empty and "estimate" in table and "value" in draws
