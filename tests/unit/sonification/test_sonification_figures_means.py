"""Means and intervals in the figures of study 4, against plain loops."""

from statistics import fmean

import numpy as np
import pandas as pd
import pytest
from figures_of_relevance import literal_draws

from tonotopy.drawing import means
from tonotopy.seeding import generator

pytestmark = pytest.mark.filterwarnings("error::RuntimeWarning")  # no division by zero
ABOUT = {"resamples": 60, "confidence": 0.8}
NAN = float("nan")


def interval(draws):
    return pytest.approx(np.quantile([d for d in draws if d is not None], [0.1, 0.9]))


def counts(units, *names):
    shares = np.full(units, 1 / units)
    return generator(0, "figure", *names).multinomial(units, shares, size=ABOUT["resamples"])


def test_means_of_clips_with_intervals_over_groups():
    rows = [
        *[("a", "c1", "g1", 1.0), ("a", "c1", "g1", 3.0), ("a", "c2", "g1", 7.0)],
        *[("a", "c3", "g2", 20.0), ("a", "c4", "g3", NAN), ("b", "c1", "g1", 5.0)],
        *[("b", "c2", "g1", 5.5), ("b", "c3", "g2", 5.0), ("b", "c4", "g3", 9.0)],
    ]
    rows = pd.DataFrame(rows, columns=["network", "clip", "group", "x"]).assign(layer="l")
    found = means.clip_means(rows.sample(frac=1, random_state=2), "x", ["network", "layer"], ABOUT)
    clips = {"c1": (2.0, "g1"), "c2": (7.0, "g1"), "c3": (20.0, "g2")}
    assert found.loc[("a", "l"), "value"] == pytest.approx(29 / 3)
    assert found.loc[("b", "l"), "value"] == pytest.approx(24.5 / 4)

    def literal(drawn):
        values = [v for v, group in clips.values() for _ in range(drawn[group])]
        return fmean(values) if values else None

    rows = rows.assign(label="")
    draws = literal_draws(rows, literal, ABOUT["resamples"])
    assert found.loc[("a", "l"), ["low", "high"]].tolist() == interval(draws)


def test_units_without_groups_are_drawn_singly():
    rows = pd.DataFrame({"run": [0, 0, 1], "map": [3, 4, 3], "x": [1.0, 2.0, 6.0], "epoch": 5})
    found = means.unit_means(rows, "x", ["run", "map"], ["epoch"], ABOUT)
    draws = [fmean(np.repeat(rows["x"], row)) for row in counts(3)]
    assert found.loc[5, "value"] == 3
    assert found.loc[5, ["low", "high"]].tolist() == interval(draws)


def transfer_rows(trainings, measure):
    rng = np.random.default_rng(1)
    rows = [
        ("n", run, repeat, "whole", label, clips, float(rng.uniform()))
        for run, repeat in trainings
        for label, clips in (("x", 2), ("y", 3), ("z", 40))
    ]
    columns = ["network", "run", "repeat", "layer", "label", "clips", "score"]
    return pd.DataFrame(rows, columns=columns).assign(measure=measure)


@pytest.mark.parametrize("measure", ["average precision", "recall"])
@pytest.mark.parametrize(
    "trainings", [[(0, 0)], [(0, 0), (0, 1)], [(0, 0), (1, 0), (2, 0), (2, 1)]]
)
def test_scores_are_of_classes_or_of_clips_and_trainings_are_drawn_if_there_are_three(
    trainings, measure
):
    rows = transfer_rows(trainings, measure)
    found = means.class_scores(
        rows.sample(frac=1, random_state=5), ["network", "layer"], ABOUT
    ).iloc[0]
    weight = {"x": 2, "y": 3, "z": 40} if measure == "recall" else dict.fromkeys("xyz", 1)
    score = {(r["run"], r["repeat"], r["label"]): r["score"] for r in rows.to_dict("records")}

    def literal(of_trainings, of_classes):
        top = bottom = 0.0
        for (run, repeat), n in zip(trainings, of_trainings, strict=True):
            for label, m in zip("xyz", of_classes, strict=True):
                top += n * m * weight[label] * score[run, repeat, label]
                bottom += n * m * weight[label]
        return top / bottom

    once = [1] * len(trainings)
    assert found["value"] == pytest.approx(literal(once, [1, 1, 1]))
    drawn = [once] * ABOUT["resamples"]
    if len(trainings) >= 3:
        drawn = counts(len(trainings), "trainings")
    draws = [literal(*pair) for pair in zip(drawn, counts(3), strict=True)]
    assert found[["low", "high"]].tolist() == interval(draws)


def test_a_class_that_was_never_tested_counts_for_nothing():
    rows = transfer_rows([(0, 0)], "average precision")
    rows.loc[rows["label"] == "y", "score"] = np.nan
    found = means.class_scores(rows, ["network", "layer"], ABOUT).iloc[0]
    assert found["value"] == pytest.approx(rows["score"].mean())


def test_networks_are_compared_on_the_same_classes():
    rows = transfer_rows([(0, 0)], "average precision")
    other = rows.assign(network="m", score=rows["score"] + 0.25)
    both = means.class_scores(pd.concat([other, rows]), ["network", "layer"], ABOUT)
    difference = both.loc[("m", "whole")] - both.loc[("n", "whole")]
    assert difference.tolist() == pytest.approx([0.25] * 3)


def test_shares_of_pairs_weigh_the_product_of_how_often_both_classes_are_drawn():
    rows = [
        *[("n", "x", "y", 1.0), ("n", "x", "y", 0.0), ("n", "y", "x", 1.0), ("n", "z", "x", 0.0)],
        *[("n", "y", "z", NAN), ("m", "z", "y", 1.0), ("m", "x", "z", 0.0), ("n", "z", "y", 1.0)],
    ]
    rows = pd.DataFrame(rows, columns=["network", "first", "second", "win"]).assign(layer="l")
    found = means.pair_shares(rows, rows["win"], ("first", "second"), ["network", "layer"], ABOUT)
    assert found.loc[("n", "l"), "value"] == 3 / 5
    assert found.loc[("m", "l"), "value"] == 1 / 2
    draws = []
    for drawn in counts(3):
        often = dict(zip("xyz", drawn, strict=True))
        top = bottom = 0
        for row in rows[rows["network"] == "n"].dropna().to_dict("records"):
            top += often[row["first"]] * often[row["second"]] * row["win"]
            bottom += often[row["first"]] * often[row["second"]]
        draws.append(top / bottom if bottom else None)
    assert None in draws
    assert found.loc[("n", "l"), ["low", "high"]].tolist() == interval(draws)
