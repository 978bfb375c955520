"""Slopes and matrices of steering against plain loops."""

import numpy as np
import pandas as pd
import pytest

from tonotopy.studies.steering.effects import EACH, clip_slopes, slope_matrix, slopes

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
    return pd.DataFrame(rows, columns=columns)


def test_slopes_equal_least_squares():
    rng = np.random.default_rng(0)
    outcomes = rng.normal(size=(5, 3))
    found = slopes(np.array(STRENGTHS), outcomes)
    np.testing.assert_allclose(found, np.polyfit(STRENGTHS, outcomes, 1)[0], rtol=1e-10)
    with pytest.raises(ValueError, match="two different"):
        slopes(np.zeros(3), outcomes[:3])


def test_clip_slopes_equal_a_loop_and_leave_out_far_and_collapsed_strengths():
    table = sweep_of({("violin", "classical"): 2.0, ("violin", "jazz"): -1.0}, noise=0.01)
    table.loc[table["strength"] == -0.1, "collapsed"] = True
    found = clip_slopes(table, reach=0.1).set_index(["concept", "class", "clip"])["slope"]
    assert len(found) == 12
    for (concept, label, clip), slope in found.items():
        part = table[
            (table["concept"] == concept) & (table["class"] == label) & (table["clip"] == clip)
        ]
        at = part.set_index("strength")["probability"]
        assert slope == pytest.approx((at[0.1] - at[0.0]) / 0.1)


def test_a_direction_that_collapses_everywhere_gives_no_rows():
    table = sweep_of({("violin", "classical"): 2.0}).assign(collapsed=True)
    assert clip_slopes(table, 0.2).empty


def test_matrix_has_means_intervals_corrected_p_values_and_the_plant():
    rates = {("violin", "classical"): 2.0, ("violin", "jazz"): 0.0, ("piano", "jazz"): 0.0}
    by_clip = clip_slopes(sweep_of(rates, clips=60), 0.2)
    causes = pd.DataFrame(
        [("violin", "classical", True), ("violin", "jazz", False), ("piano", "jazz", False)],
        columns=["concept", "label", "planted"],
    )
    rng = np.random.default_rng(0)
    found = slope_matrix(by_clip, causes, 500, 0.95, rng).set_index(["concept", "class"])
    row = found.loc[("violin", "classical")]
    assert row["low"] < 2.0 < row["high"] and row["low"] > 1.8 and bool(row["planted"])
    assert row["p_adjusted"] < 1e-6
    literal = adjusted(found["p"].to_numpy())
    np.testing.assert_allclose(found["p_adjusted"], literal)
    assert "planted" not in slope_matrix(by_clip, None, 10, 0.95, rng)


def adjusted(p: np.ndarray) -> np.ndarray:
    """Benjamini and Hochberg, from the largest p-value down."""
    order, out, running = np.argsort(p), np.empty(len(p)), 1.0
    for rank in range(len(p), 0, -1):
        running = min(running, p[order[rank - 1]] * len(p) / rank)
        out[order[rank - 1]] = running
    return out


def test_p_values_are_uniform_when_nothing_acts():
    rng, low = np.random.default_rng(1), []
    for _ in range(200):
        frame = pd.DataFrame(
            {"clip": range(30), "concept": "a", "class": "b", "slope": rng.normal(size=30)}
        )
        low.append(slope_matrix(frame, None, 10, 0.95, rng)["p"].iloc[0])
    share = np.mean(np.array(low) < 0.2)
    assert 0.1 < share < 0.3


@pytest.mark.parametrize(("left", "rows"), [([0.0], 0), ([0.0, 0.1], 6), ([-0.1, 0.1], 6)])
def test_a_slope_needs_two_strengths_that_have_not_collapsed(left, rows):
    table = sweep_of({("violin", "classical"): 2.0})
    table["collapsed"] = ~table["strength"].isin(left)
    found = clip_slopes(table, 0.2)
    assert len(found) == rows
    assert list(found)[:3] == ["vectors", "layer", "concept"] and "slope" in found


def test_the_layer_of_one_to_one_steering_is_one_number_for_all_who_read_it():
    assert EACH == -1  # `statistics.target_slopes` reads its rows
