"""Marks over seeds: means, spreads and the order of methods, as plain loops have them."""

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

from tonotopy.evidence.resampling import Bootstrap
from tonotopy.evidence.trainings import widening
from tonotopy.studies.validity.seeds import hierarchical, summary

BOOTSTRAP = Bootstrap(100, 0.95, 0)
LEVELS = {"steering_probes": 0.85, "tcav": 0.65, "cosine": 0.5, "random": 0.0}
SCALES = ("mini", "mini-seed1", "mini-seed2", "mini-seed3")


def draws_of(rng, levels, spread=0.03, within=0.02):
    rows = []
    for method, level in levels.items():
        for pairs in ("all", "unplanted"):
            mark = level + rng.normal(0, spread)
            values = [mark, *(mark + rng.normal(0, within, 50))]
            about = {"method": method, "pairs": pairs, "measure": "spearman"}
            rows.append(pd.DataFrame({**about, "draw": range(51), "value": values}))
    return pd.concat(rows).sample(frac=1, random_state=0)


def seeds(levels=LEVELS, scales=SCALES, instances=("world", "counterfactual"), **spreads):
    rng = np.random.default_rng(0)
    planted = np.arange(20) < 4
    rows = []
    for instance in instances:
        for scale in scales:
            slopes = {"estimate": rng.normal(planted * 1.5, 1), "planted": planted}
            row = {"instance": instance, "scale": scale, "slopes": pd.DataFrame(slopes)}
            rows.append({**row, "marks": None, "draws": draws_of(rng, levels, **spreads)})
    return rows


def value_of(row, method, pairs, draw=0):
    t = row["draws"]
    t = t[(t["method"] == method) & (t["pairs"] == pairs) & (t["draw"] == draw)]
    return t["value"].item()


def line(table, quantity, instance="world", pairs="all"):
    rows = table[(table["quantity"] == quantity) & (table["instance"] == instance)]
    return rows[rows["pairs"] == pairs].iloc[0]


def test_every_seed_is_told_with_mean_spread_and_interval():
    rows = seeds()
    table = summary(rows, BOOTSTRAP)
    own = [row for row in rows if row["instance"] == "counterfactual"]
    found = line(table, "tcav", "counterfactual", "unplanted")
    values = [value_of(row, "tcav", "unplanted") for row in own]
    assert found[list(SCALES)].tolist() == values
    assert found["mean"] == pytest.approx(np.mean(values))
    assert found["spread"] == pytest.approx(np.std(values, ddof=1)) and found["verdict"] == ""
    counts = BOOTSTRAP.draw(4, "validity", "seeds").counts
    means = []
    for r in range(100):
        weights = [(1 + widening(4, 0.95) * (count - 1)) / 4 for count in counts[r]]
        drawn = [value_of(row, "tcav", "unplanted", r % 50 + 1) for row in own]
        means.append(sum(w * v for w, v in zip(weights, drawn, strict=True)))
    np.testing.assert_allclose([found["low"], found["high"]], np.quantile(means, [0.025, 0.975]))


def test_study_2s_auroc_is_told_as_before():
    rows = seeds()
    found = line(summary(rows, BOOTSTRAP), "slopes of study 2")
    expected = [
        roc_auc_score(row["slopes"]["planted"], row["slopes"]["estimate"])
        for row in rows
        if row["instance"] == "world"
    ]
    assert found[list(SCALES)].tolist() == pytest.approx(expected)
    assert found["low"] <= found["mean"] <= found["high"]


def test_the_order_of_methods_has_a_verdict():
    table = summary(seeds(), BOOTSTRAP)
    step = line(table, "steering_probes minus tcav")
    assert step["verdict"] == "supported" and step["low"] > 0
    assert step["mean"] == pytest.approx(
        line(table, "steering_probes")["mean"] - line(table, "tcav")["mean"]
    )
    order, other = line(table, "steering_probes > tcav > cosine"), line(table, "tcav minus cosine")
    assert order["verdict"] == "supported"
    assert order["mean"] == pytest.approx(min(step["mean"], other["mean"]))
    for scale in SCALES:
        assert order[scale] == min(step[scale], other[scale])


def test_an_order_that_one_step_breaks_is_contradicted():
    turned = {**LEVELS, "cosine": 0.75}
    table = summary(seeds(turned), BOOTSTRAP)
    assert line(table, "steering_probes minus tcav")["verdict"] == "supported"
    assert line(table, "tcav minus cosine")["verdict"] == "contradicted"
    assert line(table, "steering_probes > tcav > cosine")["verdict"] == "contradicted"


def test_seeds_that_differ_much_decide_nothing():
    table = summary(seeds(spread=0.5), BOOTSTRAP)
    assert line(table, "steering_probes > tcav > cosine")["verdict"] == "inconclusive"


def test_two_seeds_have_a_mean_and_no_interval():
    table = summary(seeds(scales=SCALES[:2]), BOOTSTRAP)
    found = line(table, "steering_probes minus tcav")
    assert np.isfinite(found["mean"]) and np.isnan(found["low"]) and found["verdict"] == "not run"


def test_a_seed_that_lacks_a_method_or_an_instance_leaves_its_cell_empty():
    rows = seeds()
    rows[1]["draws"] = rows[1]["draws"][rows[1]["draws"]["method"] != "tcav"]
    table = summary(rows[:-1], BOOTSTRAP)
    found = line(table, "tcav")
    assert np.isnan(found["mini-seed1"]) and np.isfinite(found["mini"]) and np.isnan(found["low"])
    assert line(table, "tcav minus cosine")["verdict"] == "not run"
    assert np.isfinite(line(table, "cosine")["low"])
    assert np.isnan(line(table, "cosine", "counterfactual")["mini-seed3"])


def test_without_an_order_there_is_no_verdict_on_it():
    table = summary(seeds({"steering_probes": 0.9, "random": 0.0}), BOOTSTRAP)
    assert set(table["verdict"]) == {""} and not table["quantity"].str.contains("minus").any()


def test_the_least_step_counts_in_every_resample():
    rng = np.random.default_rng(0)
    values = rng.normal([0.2, 0.1], 0.05, (5, 21, 2))
    numbers, mean = hierarchical(values, BOOTSTRAP)
    one, other = (hierarchical(values[..., [k]], BOOTSTRAP)[1] for k in (0, 1))
    np.testing.assert_allclose(mean.draws, np.minimum(one.draws, other.draws))
    assert numbers["mean"] == mean.value == min(one.value, other.value)
    assert mean.n == 5 and mean.unit and mean.trainings == 5


def test_intervals_of_the_mean_hold_what_is_planted():
    """Five seeds around a known mean, noise within each: at least 92 of 100 intervals hold it."""
    rng, held = np.random.default_rng(1), 0
    for _ in range(200):
        centre = 0.3 + rng.normal(0, 0.1, (5, 1))
        mark = centre + rng.normal(0, 0.03, (5, 1))
        values = np.concatenate([mark, mark + rng.normal(0, 0.03, (5, 100))], axis=1)
        how = Bootstrap(200, 0.95, int(rng.integers(2**31)))
        _, mean = hierarchical(values[..., None], how)
        held += mean.low <= 0.3 <= mean.high
    assert held >= 184


def test_intervals_of_marks_end_where_marks_do_and_those_of_differences_do_not():
    levels = {"steering_probes": 0.99, "tcav": -0.97, "cosine": -0.98}
    table = summary(seeds(levels, instances=("world",), spread=0.2), BOOTSTRAP)
    own = table[(table["pairs"] == "all") & table["measure"].isin(["spearman", "auroc"])]
    own = own.set_index("quantity")
    assert own.loc["steering_probes", "high"] == 1 and own.loc["cosine", "low"] == -1
    assert own.loc["steering_probes minus tcav", "high"] > 1
    assert own.loc["slopes of study 2", "high"] <= 1
