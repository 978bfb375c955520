"""Statistics of study 2: known effects come back, nulls are null, each equals a plain loop."""

from dataclasses import replace
from itertools import product

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import f1_score
from study_tables import changed, claims_of, shuffle_rows, table_paths, without
from tables_of_steering import CLASSES, CONCEPTS, PAIRS, SETTINGS, steering_tables

from tonotopy.errors import InputError
from tonotopy.evidence import tables as evidence_tables
from tonotopy.evidence.claims import NotRun
from tonotopy.evidence.resampling import Bootstrap
from tonotopy.evidence.scorecard import Instance, control_verdict, judge
from tonotopy.studies.steering import statistics
from tonotopy.studies.steering.statistics import STATISTICS, SteeringTables

BOOTSTRAP = Bootstrap(300, 0.95, 0)
PAIR, OTHER = PAIRS
WIDE = {"concept": "violin", "target": ["rock", "classical"]}


def of(folder) -> SteeringTables:
    return SteeringTables(table_paths(shuffle_rows(folder)), SETTINGS, BOOTSTRAP)


@pytest.fixture(scope="module")
def tables(tmp_path_factory):
    return of(steering_tables(tmp_path_factory.mktemp("study")))


@pytest.fixture(scope="module")
def null(tmp_path_factory):
    return of(steering_tables(tmp_path_factory.mktemp("null"), effect=0.0))


def records(tables, name, **equal):
    """Rows of a table as dictionaries, those that have the given values."""
    rows = pd.read_parquet(tables.paths[name]).to_dict("records")
    return [row for row in rows if all(row[key] == value for key, value in equal.items())]


def by_clip(tables, classes, **equal):
    """Each clip's slope, summed over classes, in the order of the clips' names."""
    rows = [row for row in records(tables, "clip_slopes", **equal) if row["class"] in classes]
    clips = sorted({row["clip"] for row in rows})
    return np.array([sum(r["slope"] for r in rows if r["clip"] == clip) for clip in clips])


def drawn(values, name):
    """Means over the resamples of a statistic's name."""
    return BOOTSTRAP.draw(len(values), "bootstrap", name).means(np.asarray(values, float))


@pytest.mark.parametrize("pair", [PAIR, OTHER, WIDE])
@pytest.mark.parametrize("sweep", ["test", "unseen"])
def test_a_pairs_slope_is_the_mean_of_its_clips(tables, pair, sweep):
    expected = by_clip(
        tables, pair["target"], sweep=sweep, vectors="concept", layer=-1, concept=pair["concept"]
    )
    found = statistics.pair_slope(tables, **pair, sweep=sweep)
    assert found.value == pytest.approx(expected.mean()) and found.n == 90
    np.testing.assert_allclose(found.draws, drawn(expected, f"{sweep} {pair['concept']}"))


def test_known_slopes_come_back_and_nulls_contain_0(tables, null):
    found = statistics.pair_slope(tables, **PAIR)
    assert found.low < 2.0 < found.high and found.low > 1.8
    nothing = statistics.pair_slope(null, **PAIR)
    assert -0.1 < nothing.low < 0 < nothing.high < 0.1


def test_the_flat_concept_is_measured_against_the_pairs_own_slope(tables):
    keys = {"sweep": "test", "vectors": "concept", "layer": -1}
    causal = by_clip(tables, PAIR["target"], concept="violin", **keys)
    flat = by_clip(tables, PAIR["target"], concept="piano", **keys)
    found = statistics.flat_ratio(tables, **PAIR)
    assert found.value == pytest.approx(flat.mean() / causal.mean())
    expected = drawn(flat, "flat test violin") / drawn(causal, "flat test violin")
    np.testing.assert_allclose(found.draws, expected)
    assert found.low < 0 < found.high and found.high - found.low < 0.1


@pytest.mark.parametrize("vectors", ["random", "shuffled", "untrained"])
@pytest.mark.parametrize("pair", [PAIR, WIDE])
def test_a_pair_is_compared_with_the_mean_size_of_control_slopes(tables, null, pair, vectors):
    keys = {"sweep": "controls", "vectors": vectors}
    causal = by_clip(tables, pair["target"], sweep="test", vectors="concept", concept="violin")
    nulls = [by_clip(tables, pair["target"], concept=name, **keys) for name in CONCEPTS]
    found = statistics.over_control(tables, **pair, vectors=vectors)
    sizes = np.mean([abs(values.mean()) for values in nulls])
    assert found.value == pytest.approx(causal.mean() - sizes) and found.low > 1.5
    name = f"over {vectors} violin"
    sizes = np.mean([np.abs(drawn(values, name)) for values in nulls], axis=0)
    np.testing.assert_allclose(found.draws, drawn(causal, name) - sizes)
    assert statistics.over_control(null, **pair, vectors=vectors).low < 0


def effect(tables, strength, own, pair):
    """Mean change of the target's probability from lambda 0, of the target's clips or others."""
    rows = [
        r
        for r in records(tables, "sweep-test", concept=pair["concept"])
        if r["class"] in pair["target"] and (r["label"] in pair["target"]) == own
    ]
    clips = len({row["clip"] for row in rows})
    at = {s: sum(r["probability"] for r in rows if r["strength"] == s) for s in (strength, 0.0)}
    return (at[strength] - at[0.0]) / clips


@pytest.mark.parametrize("pair", [PAIR, OTHER, WIDE])
def test_sides_of_steering_equal_a_plain_loop(tables, pair):
    plus = statistics.plus_acts_outside(tables, **pair)
    expected = effect(tables, 0.1, False, pair) - effect(tables, 0.1, True, pair)
    assert plus.value == pytest.approx(expected) and plus.n == 90
    minus = statistics.minus_acts_inside(tables, **pair)
    expected = -effect(tables, -0.1, True, pair) + effect(tables, -0.1, False, pair)
    assert minus.value == pytest.approx(expected) and minus.n == 90


def test_planted_sides_of_steering_come_back(tables, null):
    plus = statistics.plus_acts_outside(tables, **PAIR)
    minus = statistics.minus_acts_inside(tables, **PAIR)
    assert plus.value == pytest.approx(2 * 0.1 * 0.3 * 0.5, abs=0.01) and plus.low > 0
    assert minus.value == pytest.approx(2 * 0.1 * 0.3 * 1.0, abs=0.01) and minus.low > 0
    for function in (statistics.plus_acts_outside, statistics.minus_acts_inside):
        nothing = function(null, **PAIR)
        assert nothing.low < 0 < nothing.high


def test_planted_auroc_equals_the_count_of_ordered_pairs(tables, null):
    found = statistics.planted_auroc(tables)
    assert found.value == 1.0 and found.low == 1.0 and found.n == 90
    planted = {(p["concept"], p["target"][0]) for p in PAIRS}
    cells = {
        cell: by_clip(null, [cell[1]], sweep="test", layer=-1, concept=cell[0])
        for cell in product(CONCEPTS, CLASSES)
    }

    def auroc(estimates):
        yes = [value for cell, value in estimates.items() if cell in planted]
        no = [value for cell, value in estimates.items() if cell not in planted]
        return np.mean([(a > b) + 0.5 * (a == b) for a in yes for b in no])

    found = statistics.planted_auroc(null)
    assert found.value == pytest.approx(auroc({c: v.mean() for c, v in cells.items()}))
    means = {cell: drawn(values, "auroc") for cell, values in cells.items()}
    expected = [auroc({c: draws[i] for c, draws in means.items()}) for i in range(300)]
    np.testing.assert_allclose(found.draws, expected)


def test_gains_on_the_unseen_corpus_are_of_other_clips(tables):
    keys = {"vectors": "concept", "layer": -1, "concept": "violin"}
    unseen, test = (by_clip(tables, ["classical"], sweep=s, **keys) for s in ("unseen", "test"))
    found = statistics.unseen_gain(tables, **PAIR)
    assert found.value == pytest.approx(unseen.mean() - test.mean()) and found.n == 180
    expected = drawn(unseen, "unseen violin 1") - drawn(test, "unseen violin 2")
    np.testing.assert_allclose(found.draws, expected)


def test_layers_are_compared_from_the_first_to_the_last(tables):
    slopes = [
        by_clip(tables, ["classical"], sweep="layers", layer=layer, concept="violin")
        for layer in range(3)
    ]
    found = statistics.late_over_early(tables, **PAIR)
    assert found.value == pytest.approx(slopes[2].mean() - slopes[0].mean()) and found.low > 1
    np.testing.assert_allclose(found.draws, drawn(slopes[2] - slopes[0], "late violin"))


def test_cosines_are_those_of_the_pair_and_come_before_the_effect(tables):
    assert statistics.early_cosine(tables, **PAIR).value == pytest.approx(0.5 - 0.2)
    unpaired = statistics.early_cosine(tables, "piano", ["pop"])
    assert unpaired.value == pytest.approx(0.55 - 0.4)
    both = statistics.early_cosine(tables, "violin", ["classical", "rock"])
    assert both.value == pytest.approx((0.3 + 0.15) / 2) and both.n == 8
    after = statistics.steering_after_cosine(tables, **PAIR)
    assert (after.value, after.low, after.high, after.n) == (2, 2, 2, 90)


@pytest.mark.parametrize("role", ["test", "unseen", "validation"])
def test_scores_of_the_classifier_are_those_of_one_split(tables, role):
    rows = records(tables, "predictions", role=role)
    labels, predicted = ([row[key] for row in rows] for key in ("label", "predicted"))
    right = np.mean([a == b for a, b in zip(labels, predicted, strict=True)])
    accuracy = statistics.accuracy(tables, role)
    assert accuracy.value == pytest.approx(right) and accuracy.n == 90
    assert accuracy.low < right < accuracy.high
    score = statistics.macro_f1(tables, role)
    assert score.value == pytest.approx(f1_score(labels, predicted, average="macro"))
    chosen = BOOTSTRAP.generator("bootstrap", f"macro_f1 {role}").integers(0, 90, size=(300, 90))
    for draw, clips in list(zip(score.draws, chosen, strict=True))[:20]:
        picked = [[names[i] for i in clips] for names in (labels, predicted)]
        assert draw == pytest.approx(f1_score(*picked, average="macro"))


def literal_near(labels, predicted, near):
    """Mean rate at which near classes are taken for one another, minus that of other mistakes."""
    close, apart = [], []
    for a, b in product(CLASSES, CLASSES):
        of_a = [p for label, p in zip(labels, predicted, strict=True) if label == a]
        rate = sum(p == b for p in of_a) / len(of_a)
        if a != b:
            (close if {a, b} in near else apart).append(rate)
    return np.mean(close) - np.mean(apart)


@pytest.mark.parametrize(
    "near", [[["classical", "rock"]], [["pop", "classical"]], [["rock", "pop"], ["pop", "rock"]]]
)
def test_near_classes_are_confused_in_either_order_on_the_test_split_alone(tables, near):
    rows = records(tables, "predictions", role="test")
    labels, predicted = ([row[key] for row in rows] for key in ("label", "predicted"))
    found = statistics.near_confusion(tables, near=near)
    sets = [set(pair) for pair in near]
    assert found.value == pytest.approx(literal_near(labels, predicted, sets)) and found.n == 90
    swapped = statistics.near_confusion(tables, near=[pair[::-1] for pair in near])
    np.testing.assert_array_equal(found.draws, swapped.draws)
    chosen = BOOTSTRAP.generator("bootstrap", "near_confusion").integers(0, 90, size=(300, 90))
    for draw, clips in list(zip(found.draws, chosen, strict=True))[:20]:
        picked = [[names[i] for i in clips] for names in (labels, predicted)]
        assert draw == pytest.approx(literal_near(*picked, sets))


def layer_accuracies(tables):
    rows = records(tables, "probe_predictions", vectors="trained")
    return [
        np.mean([r["label"] == r["predicted"] for r in rows if r["layer"] == layer])
        for layer in range(3)
    ]


def test_the_middle_layer_is_compared_with_the_better_end(tables, tmp_path):
    first, middle, last = layer_accuracies(tables)
    assert len({first, middle, last}) == 3
    found = statistics.multiclass_middle_peak(tables)
    assert found.value == pytest.approx(middle - max(first, last)) and found.low > 0
    scores = pd.read_parquet(tables.paths["probe_scores"])
    trained = scores[scores["vectors"] == "trained"]
    means = trained.groupby("layer")["macro_f1"].mean()
    binary = statistics.binary_middle_peak(tables)
    assert binary.value == pytest.approx(means[1] - means[2]) and binary.n == 8
    backwards = changed(tables, tmp_path, probe_scores=scores.assign(layer=2 - scores["layer"]))
    binary = statistics.binary_middle_peak(backwards)
    assert binary.value == pytest.approx(means[1] - means[2])  # now the first end is the better


def test_probes_of_the_trained_network_are_compared_by_concept(tables, monkeypatch):
    monkeypatch.setattr(evidence_tables, "FEWEST", 3)  # this world has three concepts
    best = {}
    for vectors, concept in product(("trained", "untrained"), CONCEPTS):
        rows = records(tables, "probe_scores", vectors=vectors, concept=concept)
        layers = [[r["macro_f1"] for r in rows if r["layer"] == layer] for layer in range(3)]
        best[vectors, concept] = max(np.mean(scores) for scores in layers)
    gains = [best["trained", c] - best["untrained", c] for c in CONCEPTS]
    found = statistics.emergence(tables)
    assert found.value == pytest.approx(np.mean(gains)) and found.n == 3
    assert found.value == pytest.approx(0.45, abs=0.02)
    agreement = statistics.vector_agreement(tables)
    assert agreement.value == pytest.approx(0.95 - 0.03 - 0.01)  # the piano's, mean over layers
    assert agreement.n == 3


def test_shuffled_probes_are_measured_from_chance(tables):
    rows = records(tables, "probe_scores", vectors="shuffled")
    found = statistics.shuffled_probe(tables)
    assert found.value == pytest.approx(np.mean([r["macro_f1"] for r in rows]) - 0.5)
    assert found.n == 24 and abs(found.value) < 0.01 and found.low < found.value < found.high


def test_what_cannot_be_judged_says_why(tables, tmp_path):
    sweeps = pd.read_parquet(tables.paths["clip_slopes"])
    only_test = changed(tables, tmp_path, clip_slopes=sweeps[sweeps["sweep"] == "test"])
    matrix = pd.read_parquet(tables.paths["slopes"]).drop(columns="planted")
    unplanted = changed(tables, tmp_path, slopes=matrix)
    flatless = replace(tables, settings={**SETTINGS, "flat": None})
    for message, call in {
        "the table 'predictions' is not part of this run": lambda: statistics.macro_f1(
            without(tables, "predictions")
        ),
        "the table 'sweep-test' is not part of this run": lambda: statistics.plus_acts_outside(
            without(tables, "sweep-test"), **PAIR
        ),
        "no predictions for 'train'": lambda: statistics.macro_f1(tables, role="train"),
        "the corpus has other classes": lambda: statistics.near_confusion(
            tables, near=[["rock", "pop"], ["jazz", "rock"]]
        ),
        "the sweep 'elsewhere' of violin is not part of this study": lambda: statistics.pair_slope(
            tables, **PAIR, sweep="elsewhere"
        ),
        "no concept is declared flat": lambda: statistics.flat_ratio(flatless, **PAIR),
        "no planted causes to compare with": lambda: statistics.planted_auroc(unplanted),
        "a control sweep with random vectors is not part of this study": lambda: (
            statistics.over_control(only_test, **PAIR, vectors="random")
        ),
        "one-to-all sweeps are not part of this run": lambda: statistics.late_over_early(
            only_test, **PAIR
        ),
    }.items():
        with pytest.raises(NotRun) as reason:
            call()
        assert message in str(reason.value)


def test_one_claim_per_pair_or_per_study(tables):
    assert tables.combinations({"each": ["pair"]}) == [
        ("violin-classical", PAIR),
        ("guitar-rock", OTHER),
    ]
    joined = {"concept": "guitar", "target": ["rock", "metal"]}
    several = replace(tables, settings={**SETTINGS, "pairs": [joined]})
    assert several.combinations({"each": ["pair"]}) == [("guitar-rock-metal", joined)]
    assert tables.combinations({}) == [("", {})]


@pytest.mark.parametrize("name", ["world", "mini_music", "anybody's own"])
def test_an_instance_of_any_name_has_null_controls_that_can_fail(tables, null, name):
    nulls = [row for row in claims_of("steering") if row["statistic"] == "over_control"]
    assert len(nulls) == 3
    rows = judge(nulls, [Instance("steering", name, tables, STATISTICS)], {}, "own")
    assert len(rows) == 6 and {row["verdict"] for row in rows} == {"supported"}
    assert control_verdict(rows, "fail") == "6 of 6 controls passed"
    rows = judge(nulls, [Instance("steering", name, null, STATISTICS)], {}, "own")
    assert "contradicted" in {row["verdict"] for row in rows}
    with pytest.raises(InputError, match=rf"failed: steering.over_\w+.{name}"):
        control_verdict(rows, "fail")
