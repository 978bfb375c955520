"""Verdicts, the claims file, and statistics with known answers."""

import inspect
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml
from worlds import CLASSES, CONCEPTS, PAIRS, SETTINGS, steering_tables

from tonotopy.config import read_schema
from tonotopy.errors import InputError
from tonotopy.studies.steering import statistics as statistics
from tonotopy.evidence import tables as evidence_tables
from tonotopy.evidence.claims import Estimate, NotRun, expand, p_value, read_claims, verdict
from tonotopy.evidence.resampling import bootstrap_means, interval
from tonotopy.evidence.scorecard import (
    control_verdict,
    controls,
    judge,
    page,
    statistic,
    write_scorecard,
)

WORKFLOW = Path(__file__).parents[3] / "workflow"
SCHEMA = read_schema(WORKFLOW / "schemas/claims.schema.yaml")


@pytest.mark.parametrize(
    ("low", "high", "criterion", "expected"),
    [
        (0.6, 0.8, {"above": 0.5}, "supported"),
        (0.2, 0.4, {"above": 0.5}, "contradicted"),
        (0.4, 0.6, {"above": 0.5}, "inconclusive"),
        (0.2, 0.4, {"below": 0.5}, "supported"),
        (0.6, 0.8, {"below": 0.5}, "contradicted"),
        (-0.04, 0.04, {"within": [-0.05, 0.05]}, "supported"),
        (0.06, 0.08, {"within": [-0.05, 0.05]}, "contradicted"),
        (0.04, 0.08, {"within": [-0.05, 0.05]}, "inconclusive"),
        (-0.3, 0.4, {"no_rise": 0.1}, "supported"),
        (0.02, 0.08, {"no_rise": 0.1}, "supported"),
        (-0.5, -0.2, {"no_rise": 0.1}, "supported"),
        (0.2, 0.4, {"no_rise": 0.1}, "contradicted"),
        (0.05, 0.4, {"no_rise": 0.1}, "inconclusive"),
    ],
)
def test_verdicts_follow_the_interval(low, high, criterion, expected):
    assert verdict(Estimate((low + high) / 2, low, high, 10), criterion) == expected


def test_p_values_count_draws_beyond_the_bound():
    draws = np.arange(1, 100) / 100  # 0.01 to 0.99
    estimate = Estimate(0.5, 0.02, 0.98, 99, draws)
    assert p_value(estimate, {"above": 0.10}) == pytest.approx(11 / 100)
    assert p_value(estimate, {"below": 0.90}) == pytest.approx(11 / 100)
    assert p_value(estimate, {"no_rise": 0.90}) == pytest.approx(11 / 100)
    assert p_value(estimate, {"within": [0.05, 0.90]}) == pytest.approx(11 / 100)
    assert p_value(estimate, {"above": -1}) == pytest.approx(1 / 100)


def test_every_claim_fits_the_schema_and_names_a_statistic():
    claims = read_claims(WORKFLOW / "claims.yaml", SCHEMA)
    assert {row["study"] for row in claims} == {"hierarchy", "steering"} and len(claims) > 50
    for row in claims:
        function = statistic(row["study"], row["statistic"])
        given = dict(row.get("arguments", {}))
        for part in row.get("each", []):
            given |= PAIRS[0] if part == "pair" else {part: "some"}
        inspect.signature(function).bind(None, **given)


def test_bad_claims_are_named(tmp_path):
    good = {"id": "a", "study": "steering", "kind": "claim", "source": "s", "claim": "c",
            "statistic": "x", "criterion": {"above": 0}}  # fmt: skip
    path = tmp_path / "claims.yaml"
    path.write_text(yaml.safe_dump([{**good, "kind": "clam"}]))
    with pytest.raises(InputError, match="claim a: 'clam'"):
        read_claims(path, SCHEMA)
    for wrong in ({"each": ["network"]}, {"families": ["ast"]},
                  {"study": "hierarchy", "each": ["pair"]},
                  {"study": "hierarchy", "levels": ["higher"]}):  # fmt: skip
        path.write_text(yaml.safe_dump([{**good, **wrong}]))
        with pytest.raises(InputError, match="claim a: "):
            read_claims(path, SCHEMA)
    path.write_text(yaml.safe_dump([good, good]))
    with pytest.raises(InputError, match="twice: a"):
        read_claims(path, SCHEMA)


def test_bootstrap_means_equal_a_loop_and_intervals_cover():
    rng = np.random.default_rng(0)
    values = rng.normal(size=(40, 3))
    draws = bootstrap_means(values, 50, np.random.default_rng(7))
    counts = np.random.default_rng(7).multinomial(40, np.full(40, 1 / 40), size=50)
    for draw, row in zip(draws, counts, strict=True):
        picked = [values[i] for i, times in enumerate(row) for _ in range(times)]
        np.testing.assert_allclose(draw, np.mean(picked, axis=0))
    hits = 0
    for _ in range(200):
        sample = rng.normal(1.0, 2.0, size=50)
        low, high = interval(bootstrap_means(sample, 200, rng), 0.95)
        hits += low < 1.0 < high
    assert 0.88 < hits / 200 < 0.99


@pytest.fixture(scope="module")
def tables(tmp_path_factory):
    folder = steering_tables(tmp_path_factory.mktemp("study"))
    return statistics.SteeringTables(folder, SETTINGS, 300, 0.95, seed=0)


@pytest.fixture(scope="module")
def null(tmp_path_factory):
    folder = steering_tables(tmp_path_factory.mktemp("null"), effect=0.0)
    return statistics.SteeringTables(folder, SETTINGS, 300, 0.95, seed=0)


PAIR = PAIRS[0]


def test_known_slopes_come_back_and_nulls_contain_0(tables, null):
    found = statistics.pair_slope(tables, **PAIR)
    assert found.low < 2.0 < found.high and found.low > 1.8 and found.n == 90
    nothing = statistics.pair_slope(null, **PAIR)
    assert nothing.low < 0.05 and nothing.high > -0.05
    flat = statistics.flat_ratio(tables, **PAIR)
    assert abs(flat.value) < 0.05 and flat.low < 0 < flat.high


def test_planted_auroc_equals_the_count_of_ordered_pairs(tables, null):
    found = statistics.planted_auroc(tables)
    assert found.value == 1.0 and found.low == 1.0
    matrix = null.matrix
    yes, no = (matrix.loc[matrix["planted"] == flag, "estimate"] for flag in (True, False))
    ordered = np.mean([(a > b) + 0.5 * (a == b) for a in yes for b in no])
    assert statistics.planted_auroc(null).value == pytest.approx(ordered)


def test_controls_and_sides_of_steering(tables, null):
    for vectors in ("random", "shuffled", "untrained"):
        assert statistics.over_control(tables, **PAIR, vectors=vectors).low > 1.5
        assert statistics.over_control(null, **PAIR, vectors=vectors).low < 0
    plus = statistics.plus_acts_outside(tables, **PAIR)
    minus = statistics.minus_acts_inside(tables, **PAIR)
    assert plus.value == pytest.approx(2 * 0.1 * 0.3 * 0.5, abs=0.01) and plus.low > 0
    assert minus.value == pytest.approx(2 * 0.1 * 0.3 * 1.0, abs=0.01) and minus.low > 0


def test_what_is_undefined_gets_no_interval(tables):
    with pytest.raises(NotRun, match="undefined here"):
        tables.estimate(np.nan, np.ones(300), 10)
    with pytest.raises(NotRun, match="undefined in 10% of the resamples"):
        tables.estimate(1, [np.nan] * 30 + [1.0] * 270, 10)
    found = tables.estimate(1, [np.nan] * 6 + [1.0] * 294, 10)
    assert (found.low, found.high, len(found.draws)) == (1, 1, 294)


def test_layers_cosines_and_their_order(tables):
    assert statistics.late_over_early(tables, **PAIR).low > 1
    assert statistics.early_cosine(tables, **PAIR).value == pytest.approx(0.3)
    assert statistics.steering_after_cosine(tables, **PAIR).value == 2
    gain = statistics.unseen_gain(tables, **PAIR)
    assert gain.low < 0.1 and gain.high > -0.1


def test_classifier_and_probe_statistics(tables, monkeypatch):
    monkeypatch.setattr(evidence_tables, "FEWEST", 3)  # this world has three concepts
    rows = tables.predictions[tables.predictions["role"] == "test"]
    found = statistics.accuracy(tables)
    assert found.value == pytest.approx((rows["label"] == rows["predicted"]).mean())
    assert found.low < found.value < found.high
    assert 0.6 < statistics.macro_f1(tables).value < 1
    near = statistics.near_confusion(tables, near=[["classical", "rock"]])
    assert near.low < near.value < near.high
    assert statistics.multiclass_middle_peak(tables).low > 0
    assert statistics.binary_middle_peak(tables).value == pytest.approx(0.2, abs=0.02)
    assert statistics.emergence(tables).value == pytest.approx(0.5, abs=0.02)
    assert abs(statistics.shuffled_probe(tables).value) < 0.01
    assert statistics.vector_agreement(tables).value == pytest.approx(0.94)


def test_too_few_observations_and_layers_are_no_evidence(tables):
    with pytest.raises(NotRun, match="7 observations are too few for an interval"):
        tables.mean(np.arange(7))
    assert tables.mean(np.arange(8)).n == 8
    assert tables.estimate(0, np.zeros(300), 1, exact=True).n == 1
    with pytest.raises(NotRun, match="2 layers have no thirds"):
        evidence_tables.one_third(2)


def test_what_cannot_be_judged_says_why(tables, tmp_path):
    with pytest.raises(NotRun, match="predictions.parquet is not part"):
        statistics.macro_f1(replace(tables, folder=tmp_path))
    with pytest.raises(NotRun, match="no predictions for 'train'"):
        statistics.macro_f1(tables, role="train")
    with pytest.raises(NotRun, match="other classes"):
        statistics.near_confusion(tables, near=[["jazz", "rock"]])
    with pytest.raises(NotRun, match="sweep 'elsewhere' of violin is not part"):
        statistics.pair_slope(tables, **PAIR, sweep="elsewhere")
    with pytest.raises(NotRun, match="declared flat"):
        statistics.flat_ratio(replace(tables, settings={**SETTINGS, "flat": None}), **PAIR)
    unknown = replace(tables)
    unknown.__dict__["matrix"] = tables.matrix.drop(columns="planted")
    with pytest.raises(NotRun, match="no planted causes"):
        statistics.planted_auroc(unknown)


def claim(**changes):
    return {"id": "steering.x", "study": "steering", "kind": "control", "source": "<b>spec</b>",
            "claim": "Planted causes are found.", "statistic": "pair_slope", "each": ["pair"],
            "criterion": {"above": 0}, **changes}  # fmt: skip


def test_the_scorecard_judges_each_pair_and_lists_what_did_not_run(tables, tmp_path):
    claims = [
        claim(),
        claim(id="steering.y", instances=["absent"]),
        claim(id="steering.z", statistic="flat_ratio", criterion={"above": 0.5}),
        claim(id="steering.w", statistic="macro_f1", each=[], kind="claim", paper="0.5",
              not_instances=["elsewhere"]),
    ]  # fmt: skip
    rows = judge(claims, {"steering": {"world": tables}}, {"steering": ["world", "absent"]}, "mini")
    verdicts = {row["id"]: row["verdict"] for row in rows}
    assert verdicts["steering.x.world.violin-classical"] == "supported"
    assert verdicts["steering.y.absent"] == "not run"
    assert verdicts["steering.z.world.guitar-rock"] == "contradicted"
    assert {row["scale"] for row in rows} == {"mini"}
    claims_only = [row for row in rows if row["kind"] == "claim"]
    assert claims_only[0]["p_adjusted"] == claims_only[0]["p"] < 0.01  # one claim, no correction
    assert all(row["p_adjusted"] is None for row in rows if row["kind"] == "control")
    assert len(controls(rows, "contradicted")) == 2
    told = r"2 of 4 controls passed, 1 not run \(.*why\), 2 failed: steering.z"
    with pytest.raises(InputError, match=told):
        control_verdict(rows, "fail")
    assert control_verdict(rows, "warn").startswith("WARNING: 2 of 4 controls passed")
    assert control_verdict(rows[:2], "fail") == "2 of 2 controls passed"
    wide = [{**rows[0], "verdict": "inconclusive"}, rows[1]]
    assert control_verdict(wide, "fail").startswith("1 of 2 controls passed, 1 undecided: steering")
    assert "1 control(s) undecided" in page(wide, "mini")
    html = page(rows, "mini")
    assert html.index("2 control(s) failed") < html.index("Controls: known answers")
    assert "&lt;b&gt;spec" in html and "<b>spec" not in html
    assert "Study 2: steering" in html and "Study 1" not in html
    assert "do not replicate" in html and "<script" not in html
    paths = [tmp_path / f"scorecard.{suffix}" for suffix in ("json", "csv", "html")]
    write_scorecard(rows, "mini", *paths)
    table = pd.read_csv(paths[1])
    assert list(table["id"]) == [row["id"] for row in rows]


def test_an_unknown_statistic_is_an_error(tables):
    with pytest.raises(InputError, match="no statistic 'nothing'"):
        judge(
            [claim(statistic="nothing")],
            {"steering": {"world": tables}},
            {"steering": ["world"]},
            "mini",
        )


def test_one_claim_per_pair_or_per_study(tables):
    pairs = expand(claim(), "world", tables.combinations(claim()))
    assert [c.id for c in pairs] == [
        "steering.x.world.violin-classical", "steering.x.world.guitar-rock",
    ]  # fmt: skip
    assert [c.arguments for c in pairs] == PAIRS
    whole = claim(each=[])
    assert [c.id for c in expand(whole, "world", tables.combinations(whole))] == [
        "steering.x.world"
    ]
    assert {*CONCEPTS} >= {p["concept"] for p in PAIRS} and len(CLASSES) == 3
