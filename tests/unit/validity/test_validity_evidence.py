"""Statistics of study 7: each equals a plain loop, planted answers come back, nulls are null."""

from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from scipy.stats import spearmanr
from sklearn.metrics import roc_auc_score
from study_tables import changed, claims_of, shuffle_rows, table_paths, without
from tables_of_validity import CLASSES, LAYERS, REASON, SETTINGS, VALUES, validity_tables

from tonotopy.evidence.claims import NotRun
from tonotopy.evidence.resampling import Bootstrap
from tonotopy.evidence.scorecard import Instance, control_verdict, judge
from tonotopy.evidence.trainings import widening
from tonotopy.studies.validity import statistics
from tonotopy.studies.validity.statistics import STATISTICS, ValidityTables

BOOTSTRAP = Bootstrap(200, 0.95, 0)
BASES, CLIPS = 60, 40
METHODS = ("steering_probes", "derivative", "tcav", "cosine", "untrained")


def of(folder) -> ValidityTables:
    return ValidityTables(table_paths(shuffle_rows(folder)), SETTINGS, BOOTSTRAP)


@pytest.fixture(scope="module")
def tables(tmp_path_factory):
    return of(validity_tables(tmp_path_factory.mktemp("study"), bases=BASES))


def table(tables, name, **equal):
    rows = pd.read_parquet(tables.paths[name])
    for key, value in equal.items():
        rows = rows[rows[key] == value]
    return rows


def mark_of(tables, method, pairs="all", measure="spearman"):
    """The mark of the data and its draws, by hand."""
    rows = table(tables, "mark_draws", method=method, pairs=pairs, measure=measure)
    values = dict(zip(rows["draw"], rows["value"], strict=True))
    return values[0], np.array([values[n] for n in range(1, 201)])


def matrix_of(rows, column):
    """Value x class means of a column less their means over values, as a dictionary."""
    cells = {}
    for label in CLASSES:
        own = {
            value: rows[(rows["value"] == value) & (rows["class"] == label)][column].mean()
            for value in VALUES["lead"]
        }
        for value, mean in own.items():
            cells[value, label] = mean - sum(own.values()) / len(own)
    return cells


def truth_of(tables, copy="trained", attribute="lead"):
    return matrix_of(table(tables, "effects", copy=copy, attribute=attribute), "probability")


def planted_in(tables):
    rows = table(tables, "effects", attribute="lead", copy="trained")
    return {(r["value"], r["class"]) for r in rows.to_dict("records") if r["planted"]}


@pytest.mark.parametrize("pairs", ["all", "unplanted"])
@pytest.mark.parametrize("measure", ["spearman", "sign"])
def test_marks_and_their_differences_are_those_of_the_table(tables, pairs, measure):
    value, draws = mark_of(tables, "tcav", pairs, measure)
    found = statistics.mark(tables, "tcav", pairs, measure)
    assert found.value == value and found.n == BASES and found.trainings == 1
    np.testing.assert_array_equal(found.draws, draws)
    other, others = mark_of(tables, "cosine", pairs, measure)
    found = statistics.mark_difference(tables, "tcav", "cosine", pairs, measure)
    assert found.value == pytest.approx(value - other)
    np.testing.assert_allclose(found.draws, draws - others)


def test_units_say_what_was_resampled(tables):
    assert statistics.mark(tables, "tcav").unit == "base score x clip"
    assert statistics.mark(tables, "cosine").unit == "base score"
    assert statistics.mark(tables, "random").unit == "base score x clip x set of vectors"
    nulls = statistics.over_nulls(tables, "cosine")
    assert nulls.unit == "base score x clip x set of vectors"
    assert statistics.over_exchanged(tables, "tcav").unit == "base score x clip x order of values"
    assert statistics.method_auroc(tables, "tcav").unit == "clip"
    assert statistics.planted_auroc(tables).unit == "base score"


@pytest.mark.parametrize("pairs", ["all", "unplanted"])
def test_a_mark_is_held_against_its_matrix_with_values_exchanged(tables, pairs):
    truth, planted = truth_of(tables), planted_in(tables)
    matrix = matrix_of(table(tables, "matrices", method="tcav"), "score")
    chosen = [p for p in truth if pairs == "all" or p not in planted]
    names = sorted(VALUES["lead"])
    rng = BOOTSTRAP.generator("validity", "exchanged", "tcav")
    orders = rng.permuted(np.tile(np.arange(len(names)), (200, 1)), axis=1)
    chance = []
    for order in orders:
        moved = dict(zip(names, (names[k] for k in order), strict=True))
        pairs_of = [(truth[v, g], matrix[moved[v], g]) for v, g in chosen]
        chance.append(spearmanr(*zip(*pairs_of, strict=True)).statistic)
    value, draws = mark_of(tables, "tcav", pairs)
    found = statistics.over_exchanged(tables, "tcav", pairs)
    assert found.value == pytest.approx(value - np.mean(chance))
    np.testing.assert_allclose(found.draws, draws - chance)


def test_a_mark_is_held_against_single_sets_of_null_vectors(tables):
    truth, chance = truth_of(tables), []
    for method in ("random", "shuffled"):
        for number in sorted(range(12), key=str):
            own = matrix_of(table(tables, "matrices", method=method, set=number), "score")
            chance.append(spearmanr([truth[p] for p in own], list(own.values())).statistic)
    value, draws = mark_of(tables, "tcav")
    found = statistics.over_nulls(tables, "tcav")
    assert found.value == pytest.approx(value - np.mean(chance))
    wider = widening(24, 0.95) * (1 + 1 / 24) ** 0.5
    drawn = BOOTSTRAP.generator("validity", "nulls").integers(24, size=200)
    mean = np.mean(chance)
    expected = [d - mean - wider * (chance[k] - mean) for d, k in zip(draws, drawn, strict=True)]
    np.testing.assert_allclose(found.draws, expected)


def test_aurocs_are_those_of_sklearn_with_ties():
    rng = np.random.default_rng(0)
    planted = rng.random(20) < 0.3
    scores = rng.integers(0, 5, (7, 20)).astype(float)
    expected = [roc_auc_score(planted, row) for row in scores]
    np.testing.assert_allclose(statistics.aurocs(scores, planted), expected)


def test_aurocs_of_e_and_of_methods(tables):
    truth, planted = truth_of(tables), planted_in(tables)
    expected = roc_auc_score([p in planted for p in truth], list(truth.values()))
    found = statistics.planted_auroc(tables)
    assert found.value == pytest.approx(expected) and found.n == BASES
    for method in ("untrained", "cosine"):
        matrix = matrix_of(table(tables, "matrices", method=method), "score")
        expected = roc_auc_score([p in planted for p in matrix], list(matrix.values()))
        assert statistics.method_auroc(tables, method).value == pytest.approx(expected)
    assert statistics.method_auroc(tables, "untrained").n == CLIPS
    exact = statistics.method_auroc(tables, "cosine")
    assert exact.low == exact.high == exact.value


def test_draws_of_an_auroc_are_those_of_resampled_clips(tables):
    rows = table(tables, "matrices", method="untrained")
    units, planted = sorted(rows["unit"].unique()), planted_in(tables)
    counts = BOOTSTRAP.draw(CLIPS, "validity", "units", "clip", units[0], CLIPS).counts
    found = statistics.method_auroc(tables, "untrained")
    for r in (0, 57, 199):
        weights = 1 + (CLIPS / (CLIPS - 1)) ** 0.5 * (counts[r] - 1)
        scale = dict(zip(units, weights, strict=True))
        matrix = matrix_of(rows.assign(s=rows["score"] * rows["unit"].map(scale)), "s")
        expected = roc_auc_score([p in planted for p in matrix], list(matrix.values()))
        assert found.draws[r] == pytest.approx(expected)


def test_effects_on_the_untrained_copy_are_a_share_of_the_networks(tables):
    sizes = {}
    for copy in ("trained", "untrained"):
        cells = truth_of(tables, copy).values()
        sizes[copy] = (sum(v**2 for v in cells) / len(cells)) ** 0.5
    found = statistics.untrained_effect(tables)
    assert found.value == pytest.approx(sizes["untrained"] / sizes["trained"])
    assert found.low <= found.value <= found.high < 0.02 and found.unit == "base score"


def test_patching_everything_is_the_twin_itself(tables, tmp_path):
    found = statistics.whole_patch(tables)
    assert found.value == pytest.approx(0, abs=1e-12) and found.n == BASES
    layers = table(tables, "layers")
    wrong = layers.copy()
    spot = wrong[(wrong["layer"] == -1) & (wrong["attribute"] == "lead")].index[7]
    wrong.loc[spot, "effect"] += 0.25
    worse = statistics.whole_patch(changed(tables, tmp_path, layers=wrong))
    rows = table(tables, "effects", attribute="lead", copy="trained")
    apart = rows["probability"] - rows.groupby(["base", "class"])["probability"].transform("mean")
    own = 0.25 * (1 - 1 / len(VALUES["lead"]))
    assert worse.value == pytest.approx(own / apart.abs().max())
    without_all = changed(tables, tmp_path, layers=layers[layers["layer"] >= 0])
    with pytest.raises(NotRun, match="no patch of all layers"):
        statistics.whole_patch(without_all)
    others = changed(tables, tmp_path, layers=layers.assign(base=layers["base"] + "b"))
    with pytest.raises(NotRun, match="bases of the effects"):
        statistics.whole_patch(others)
    assert sorted(layers["layer"].unique()) == [-1, *range(LAYERS)]


def loop_exposure(tables, attribute):
    """Each base's mean total variation over pairs of values, by plain loops."""
    rows = table(tables, "effects", attribute=attribute, copy="trained").to_dict("records")
    p = {(r["base"], r["value"], r["class"]): r["probability"] for r in rows}
    values = []
    for base in sorted({key[0] for key in p}):
        apart = [
            sum(abs(p[base, a, g] - p[base, b, g]) for g in CLASSES) / 2
            for a, b in combinations(sorted(VALUES[attribute]), 2)
        ]
        values.append(sum(apart) / len(apart))
    return np.array(values)


def test_planted_attributes_move_the_answer_more(tables):
    means, draws = {}, {}
    for name in ("lead", "rhythm", "bass"):
        values = loop_exposure(tables, name)
        means[name] = values.mean()
        counts = BOOTSTRAP.draw(BASES, "bootstrap", f"exposure {name}").counts
        draws[name] = counts @ values / BASES
    found = statistics.over_attribute(tables, "bass")
    assert found.value == pytest.approx(min(means["lead"], means["rhythm"]) - means["bass"])
    least = np.minimum(draws["lead"], draws["rhythm"]) - draws["bass"]
    np.testing.assert_allclose(found.draws, least)
    assert found.low > 0.2 and found.unit == "base score"


def judged(tables, name="world"):
    instance = Instance("validity", name, tables, STATISTICS)
    known = {"validity": ["world", "counterfactual"]}
    return judge(claims_of("validity"), [instance], known, "mini")


def test_every_claim_of_a_good_network_comes_out(tables):
    rows = [row for row in judged(tables) if row["instance"] == "world"]
    controls = [row for row in rows if row["kind"] == "control"]
    assert {row["verdict"] for row in controls} == {"supported"}
    assert "0 of" not in control_verdict(rows, "fail")
    verdicts = {row["id"]: row["verdict"] for row in rows}
    for method in METHODS[:3]:
        assert verdicts[f"validity.over_exchanged.world.{method}"] == "supported"
        assert verdicts[f"validity.over_nulls.world.{method}"] == "supported"
    assert verdicts["validity.over_nulls.world.untrained"] != "supported"
    assert verdicts["validity.steering.world"] == "supported"
    assert verdicts["validity.steering_over_cosine.world"] == "supported"
    assert {r["part"] for r in parts(rows, "over_attribute")} == {"bass", "piano"}
    assert {r["part"] for r in parts(rows, "null")} == {"random", "shuffled"}
    assert {r["part"] for r in parts(rows, "auroc")} == set(METHODS)


def parts(rows, name):
    prefix = f"validity.{name}.world."
    return [{**r, "part": r["id"].removeprefix(prefix)} for r in rows if r["id"].startswith(prefix)]


def test_every_judged_row_names_its_unit_and_its_trainings(tables):
    rows = [row for row in judged(tables) if row["n"]]
    assert len(rows) > 30 and all(row["unit"] and row["trainings"] == 1 for row in rows)


def test_bounds_that_are_a_judgement_say_why():
    for row in claims_of("validity"):
        ((kind, bound),) = row["criterion"].items()
        assert row.get("why") or (kind, bound) == ("above", 0), row["id"]


def test_what_is_not_there_is_not_run(tables, tmp_path):
    def refused(message, function, *arguments, of=tables):
        with pytest.raises(NotRun, match=message):
            function(of, *arguments)

    refused(REASON, statistics.mark, "sonification")
    refused("no method 'tcvv'", statistics.mark, "tcvv")
    refused("part of this run", statistics.mark, "tcav", of=without(tables, "mark_draws"))
    effects = table(tables, "effects")
    unknown = effects.assign(planted=pd.array([None] * len(effects), "boolean"))
    unknown = changed(tables, tmp_path, effects=unknown)
    refused("no planted pair", statistics.planted_auroc, of=unknown)
    refused("no planted pair", statistics.method_auroc, "tcav", of=unknown)
    draws = table(tables, "mark_draws", pairs="all")
    refused(
        "what is planted is not known",
        statistics.mark,
        "tcav",
        "unplanted",
        of=changed(tables, tmp_path, mark_draws=draws),
    )
    trained = changed(tables, tmp_path, effects=effects[effects["copy"] == "trained"])
    refused("no untrained copy", statistics.untrained_effect, of=trained)
    bass = changed(tables, tmp_path, effects=effects[effects["attribute"] == "bass"])
    refused("no twins of a planted", statistics.over_attribute, "bass", of=bass)
    methods = table(tables, "methods")
    alone = changed(tables, tmp_path, methods=methods[methods["kind"] != "null"])
    refused("no null method", statistics.over_nulls, "tcav", of=alone)
    with pytest.raises(NotRun, match="no null"):
        alone.named("null", {})
    lead = changed(tables, tmp_path, effects=effects[effects["attribute"] == "lead"])
    with pytest.raises(NotRun, match="no attribute"):
        lead.named("attribute", {})


def test_a_few_sets_of_null_vectors_have_no_spread(tables, tmp_path):
    matrices, methods = table(tables, "matrices"), table(tables, "methods")
    few = matrices[~matrices["method"].isin(["random", "shuffled"]) | (matrices["set"] < 1)]
    few = changed(tables, tmp_path, matrices=few, methods=methods)
    with pytest.raises(NotRun, match="2 sets of null vectors"):
        statistics.over_nulls(few, "tcav")
