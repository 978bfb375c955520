"""Slopes and matrices of steering against plain loops."""

import numpy as np
import pandas as pd
import pytest

from tonotopy.evidence.resampling import Bootstrap
from tonotopy.studies.steering.effects import (
    EACH,
    clip_slopes,
    paired_strengths,
    slope_matrix,
    slopes,
)
from tonotopy.studies.steering.nulls import permutation_p

STRENGTHS = [-0.2, -0.1, 0.0, 0.1, 0.2]


def sweep_of(rates: dict, clips: int = 6, noise: float = 0.0) -> pd.DataFrame:
    """A sweep whose probabilities rise with lambda at a known rate per (concept, class)."""
    rng, rows = np.random.default_rng(0), []
    for (concept, label), rate in rates.items():
        for clip in range(clips):
            shift = rng.normal(0, 0.01)
            for strength in STRENGTHS:
                p = 0.5 + (rate + 10 * shift) * strength + rng.normal(0, noise)
                rows.append(("concept", -1, concept, strength, f"c{clip}", "x", label, p, False))
    columns = ["vectors", "layer", "concept", "strength", "clip", "label", "class"]
    columns += ["probability", "collapsed"]
    table = pd.DataFrame(rows, columns=columns)
    return table.assign(group=table["clip"])


def test_slopes_equal_least_squares():
    rng = np.random.default_rng(0)
    outcomes = rng.normal(size=(5, 3))
    found = slopes(np.array(STRENGTHS), outcomes)
    np.testing.assert_allclose(found, np.polyfit(STRENGTHS, outcomes, 1)[0], rtol=1e-10)
    with pytest.raises(ValueError, match="two different"):
        slopes(np.zeros(3), outcomes[:3])


def test_clip_slopes_equal_a_loop_and_leave_out_far_and_collapsed_strengths():
    table = sweep_of({("violin", "classical"): 2.0, ("violin", "jazz"): -1.0}, noise=0.01)
    table = table[table["strength"] != 0.2]  # there with one sign alone
    table = pd.concat([table, table.assign(strength=table["strength"] / 2)]).drop_duplicates(
        ["concept", "class", "clip", "strength"]
    )
    far = table["strength"] == -0.2
    table.loc[far, "probability"] = 99.0
    table = table.sample(frac=1, random_state=0)
    found = clip_slopes(table, reach=0.2).set_index(["concept", "class", "clip"])
    assert len(found) == 12 and (found["reach"] == 0.1).all()
    for (concept, label, clip), row in found.iterrows():
        part = table[
            (table["concept"] == concept) & (table["class"] == label) & (table["clip"] == clip)
        ]
        at = part.set_index("strength")["probability"]
        odd = {s: (at[s] - at[-s]) / 2 for s in (0.05, 0.1)}
        assert row["slope"] == pytest.approx(
            sum(s * o for s, o in odd.items()) / (0.05**2 + 0.1**2)
        )
        both = [-0.1, -0.05, 0.05, 0.1]
        assert row["slope"] == pytest.approx(np.polyfit(both, [at[s] for s in both], 1)[0])
        assert row["odd"] == pytest.approx(odd[0.1])
        assert row["even"] == pytest.approx((at[0.1] + at[-0.1]) / 2 - at[0.0])
    table["collapsed"] = table["strength"] == 0.1
    found = clip_slopes(table, reach=0.2)
    assert (found["reach"] == 0.05).all() and len(found) == 12


def test_what_both_signs_do_alike_is_no_slope():
    table = sweep_of({("violin", "jazz"): 0.0}, clips=3)
    table["probability"] = 0.5 - table["strength"].abs()
    found = clip_slopes(table, 0.2)
    assert found["slope"].abs().max() < 1e-12 and found["odd"].abs().max() < 1e-12
    np.testing.assert_allclose(found["even"], -0.2)
    assert paired_strengths([0.3, -0.1, 0.1, 0.0, -0.2]) == [0.1]


def test_directions_do_not_mix():
    """Vectors, layers and concepts of different slopes, in no order; clips keep their labels."""
    expected, parts = {}, []
    for i, vectors in enumerate(("random", "concept")):
        for layer in (-1, 0, 1):
            for j, concept in enumerate(("violin", "piano", "guitar")):
                rates = {(concept, "jazz"): 5.0 * i + layer + 0.1 * j, (concept, "pop"): -3.0 * j}
                parts.append(sweep_of(rates, clips=4 + i).assign(vectors=vectors, layer=layer))
                for (_, label), rate in rates.items():
                    expected[vectors, layer, concept, label] = rate, 4 + i
    table = pd.concat(parts)
    table["label"] = table["clip"].map(lambda clip: f"label of {clip}")
    for column in ("vectors", "concept", "clip", "label", "class"):  # as sweeps are stored
        categories = ["of another sweep", *sorted(set(table[column]))]
        table[column] = pd.Categorical(table[column], categories)
    found = clip_slopes(table.sample(frac=1, random_state=1), reach=0.2)
    found = found.astype(dict.fromkeys(("clip", "label"), str))
    assert list(found) == [
        *("vectors", "layer", "concept", "class", "clip", "label", "group"),
        *("slope", "odd", "even", "reach"),
    ]
    assert (found["label"] == "label of " + found["clip"]).all()
    noise = dict(zip("c0 c1 c2 c3 c4".split(), clip_rates(5), strict=True))
    for keys, part in found.groupby(["vectors", "layer", "concept", "class"], observed=True):
        rate, clips = expected.pop(keys)
        assert len(part) == clips
        if keys[3] == "jazz":  # drawn first, so that the clips' own shifts are known
            for clip, slope in zip(part["clip"], part["slope"], strict=True):
                assert slope == pytest.approx(rate + noise[clip])
    assert not expected


def clip_rates(clips: int) -> list[float]:
    """What `sweep_of` without noise adds to each clip's rate in its first cell."""
    rng, rates = np.random.default_rng(0), []
    for _ in range(clips):
        rates.append(10 * rng.normal(0, 0.01))
        rng.normal(0, 0.0, size=len(STRENGTHS))
    return rates


@pytest.mark.parametrize(("reach", "slope"), [(0.1, 1.0), (0.19, 1.0), (0.2, 2.2), (0.3, 2.2)])
def test_slopes_are_fitted_up_to_the_reach_itself(reach, slope):
    table = sweep_of({("violin", "jazz"): 0.0}, clips=1)
    at = {-0.2: -0.5, -0.1: -0.1, 0.0: 0.0, 0.1: 0.1, 0.2: 0.5}
    table["probability"] = table["strength"].map(at)
    (found,) = clip_slopes(table, reach)["slope"]
    assert found == pytest.approx(slope)
    assert slope == pytest.approx(
        np.polyfit(*zip(*[(s, p) for s, p in at.items() if abs(s) <= reach], strict=True), 1)[0]
    )


@pytest.mark.parametrize(("left", "cells"), [([], 0), ([0.1, -0.2], 0), ([0.1, -0.1], 6)])
def test_a_slope_needs_two_strengths_that_have_not_collapsed(left, cells):
    """All others have collapsed, that of another concept too few: it keeps its slope."""
    table = sweep_of({("violin", "classical"): 2.0, ("piano", "pop"): -1.0})
    violin = table["concept"] == "violin"
    table.loc[violin, "collapsed"] = ~table.loc[violin, "strength"].isin(left)
    found = clip_slopes(table, 0.2)
    assert (found["concept"] == "violin").sum() == cells
    assert (found["concept"] == "piano").sum() == 6
    assert np.isfinite(found["slope"]).all()


RATES = {
    ("violin", "classical"): 2.0,
    ("violin", "jazz"): 0.0,
    ("piano", "jazz"): -1.0,
    ("piano", "classical"): 0.0,
    ("guitar", "jazz"): 0.5,
    ("guitar", "classical"): -0.2,
}


def null_slopes(clips: int, vectors: int = 30) -> pd.DataFrame:
    """Slopes along vectors of no concept, and along others that do not count."""
    rng = np.random.default_rng(8)
    rows = [
        (kind, f"{kind} {k}", label, f"c{clip}", size * rng.normal() + common)
        for kind, size in {"random": 0.1, "shuffled": 0.2, "untrained": 50.0}.items()
        for k in range(vectors)
        for label in ("classical", "jazz")
        for common in [rng.normal(0, 0.3)]
        for clip in range(clips)
    ]
    return pd.DataFrame(rows, columns=["vectors", "concept", "class", "clip", "slope"])


def test_matrix_has_means_intervals_p_values_of_null_vectors_and_the_plant():
    by_clip = clip_slopes(sweep_of(RATES, clips=60, noise=0.02), 0.2)
    by_clip = by_clip.sample(frac=1, random_state=3)
    causes = pd.DataFrame(
        [(*cell, cell == ("violin", "classical")) for cell in reversed(RATES)],
        columns=["concept", "label", "planted"],
    )
    bootstrap, nulls = Bootstrap(500, 0.9, seed=4), null_slopes(12)
    found = slope_matrix(by_clip, causes, bootstrap, nulls)
    assert list(found)[:9] == "concept class estimate low high p p_adjusted nulls n".split()
    assert len(found) == 6 and (found["n"] == 60).all() and (found["nulls"] == 60).all()
    resamples = bootstrap.draw(60, "slopes")
    for _, row in found.iterrows():
        cell = (row["concept"], row["class"])
        rows = by_clip[(by_clip["concept"] == cell[0]) & (by_clip["class"] == cell[1])]
        values = rows.sort_values("clip").set_index("clip")["slope"]
        assert row["estimate"] == pytest.approx(values.mean())
        assert row["estimate"] == pytest.approx(RATES[cell], abs=0.1)
        ends = np.quantile(resamples.means(values.to_numpy()), [0.05, 0.95])
        assert (row["low"], row["high"]) == pytest.approx(tuple(ends))
        own = abs(np.mean([values[f"c{clip}"] for clip in range(12)]))
        larger = 0
        for name in set(nulls["concept"]):
            part = nulls[(nulls["concept"] == name) & (nulls["class"] == cell[1])]
            larger += not name.startswith("untrained") and abs(part["slope"].mean()) >= own
        assert row["p"] == pytest.approx((1 + larger) / 61)
        assert row["planted"] == (cell == ("violin", "classical"))
    np.testing.assert_allclose(found["p_adjusted"], adjusted(found["p"].to_numpy()))
    assert found["p"].min() == pytest.approx(1 / 61) and found["p"].max() > 0.2
    without = slope_matrix(by_clip, None, bootstrap)
    assert "planted" not in without and without["p"].isna().all() and (without["nulls"] == 0).all()


def adjusted(p: np.ndarray) -> np.ndarray:
    """Benjamini and Hochberg, from the largest p-value down."""
    order, out, running = np.argsort(p), np.empty(len(p)), 1.0
    for rank in range(len(p), 0, -1):
        running = min(running, p[order[rank - 1]] * len(p) / rank)
        out[order[rank - 1]] = running
    return out


def test_p_values_are_uniform_when_a_vector_is_one_of_the_null_vectors():
    rng = np.random.default_rng(1)
    draws = rng.normal(size=(400, 40))
    low = [permutation_p(own[0], own[1:]) < 0.2 for own in draws]
    assert 0.14 < np.mean(low) < 0.26
    assert permutation_p(np.array([-3.0, 0.0]), np.array([[3.0, 0.1], [1.0, 0.2]])).tolist() == [
        pytest.approx(2 / 3),
        1.0,
    ]


@pytest.mark.parametrize(("left", "rows"), [([0.0], 0), ([0.0, 0.1], 0), ([-0.1, 0.1], 6)])
def test_rows_are_those_of_strengths_that_have_not_collapsed(left, rows):
    table = sweep_of({("violin", "classical"): 2.0})
    table["collapsed"] = ~table["strength"].isin(left)
    found = clip_slopes(table, 0.2)
    assert len(found) == rows
    assert list(found)[:3] == ["vectors", "layer", "concept"] and "slope" in found


def test_the_layer_of_one_to_one_steering_is_one_number_for_all_who_read_it():
    assert EACH == -1  # `statistics.target_slopes` reads its rows
