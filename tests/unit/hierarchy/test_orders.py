"""Which of several means is highest: each comparison by itself, choices paid for."""

import numpy as np
import pytest
from hierarchy_loops import CLIPS, answers, best_over_best, resampled
from tables_of_hierarchy import RATES

from tonotopy.evidence import orders
from tonotopy.evidence.claims import NotRun
from tonotopy.studies.hierarchy.statistics import peaks


def measured(means, draws=150, seed=0):
    """Means of noisy values and of their resamples: (1 + draws, means)."""
    rng = np.random.default_rng(seed)
    noise = rng.normal(0, 0.05, (1 + draws, len(means)))
    noise[0] = 0
    return np.array(means) + noise


@pytest.mark.parametrize(("first", "second"), [([0], [1, 2, 3]), ([1, 3], [0]), ([0, 2], [1, 3])])
def test_the_best_of_some_over_the_best_of_others_equals_a_plain_loop(first, second):
    values = measured([0.5, 0.7, 0.4, 0.65])
    value, low, high, draws = best_over_best(values[0], values[1:], first, second)
    found = orders.best_over_best(values[:, first], values[:, second], 0.95)
    assert found[:3] == pytest.approx((value, low, high))
    np.testing.assert_allclose(found.draws, draws)
    assert found.low < found.value < found.high
    turned = orders.best_over_best(values[:, second], values[:, first], 0.95)
    assert (turned.value, turned.low) == pytest.approx((-value, -high))


def test_all_contrasts_are_above_where_the_least_is():
    values = measured([0.5, 0.2, 0.9])
    found = orders.least(values, 0.9)
    assert found.value == pytest.approx(0.2)
    np.testing.assert_allclose(found.draws, values[1:].min(axis=1))
    assert found.low == pytest.approx(np.quantile(values[1:].min(axis=1), 0.05))
    ends = [
        np.quantile(values[0, j] + orders.widened(values[:, [j]], 3, 0.9)[1:] - values[0, j], 0.95)
        for j in range(3)
    ]
    assert found.high == pytest.approx(min(ends))


def test_widening_is_bonferronis():
    assert orders.widened(np.array([0.5, 0.7]), 1, 0.95) == pytest.approx([0.5, 0.7])
    # the quantile of .025 / 5 is 2.5758 against 1.9600
    assert orders.widened(np.array([0.5, 0.7]), 5, 0.95)[1] == pytest.approx(0.5 + 0.2 * 1.314223)


@pytest.mark.parametrize("k", [1, 2, 3, 4])
def test_the_kth_largest_is_paid_for_by_those_that_may_be_larger(k):
    values = measured([0.5, 0.2, 0.9, -0.3], seed=k)
    found = orders.kth_largest(values, k, 0.95)
    assert found.value == pytest.approx(sorted([0.5, 0.2, 0.9, -0.3])[-k])
    lows = np.quantile(orders.widened(values, 4 - k + 1, 0.95)[1:], 0.025, axis=0)
    highs = np.quantile(orders.widened(values, k, 0.95)[1:], 0.975, axis=0)
    assert found.low == pytest.approx(np.sort(lows)[-k])
    assert found.high == pytest.approx(np.sort(highs)[::-1][k - 1])
    assert found.low == pytest.approx(np.quantile(found.draws, 0.025))


PLACES = {  # of a profile of so many layers: those that should be best, and those they must beat
    "first_is_best": ({}, lambda n: ([0], range(1, n))),
    "last_is_best": ({"last": 2}, lambda n: ([n - 2, n - 1], range(n - 2))),
    "named_peak": ({"layer": 4}, lambda n: ([3], [0, 2, 4, n - 1])),
    "later_is_best": ({}, lambda n: (range((n + 1) // 2, n), range((n + 1) // 2))),
    "middle_over_ends": ({}, lambda n: (range(n // 3, n - n // 3), [0, n - 1])),
}


@pytest.mark.parametrize("name", PLACES)
@pytest.mark.parametrize("network", ["clap", "ast"])
def test_peaks_are_judged_against_the_layers_that_they_are_said_to_beat(tables, name, network):
    arguments, places = PLACES[name]
    rates = RATES[network]["keyword"]
    right = answers(tables, network, "keyword")
    draws = list(resampled(right, "keyword"))
    expected = best_over_best(right.mean(axis=1), draws, *map(list, places(len(rates))))
    found = getattr(peaks, name)(tables, network, "keyword", **arguments)
    assert (found.value, found.low, found.high) == pytest.approx(expected[:3])
    np.testing.assert_allclose(found.draws, expected[3], atol=1e-12)
    assert (found.unit, found.trainings) == ("group of clips", 1)


def test_a_named_peak_beside_an_end_is_compared_with_it_once(tables):
    rates = RATES["clap"]["consonant"]
    found = peaks.named_peak(tables, "clap", "consonant", layer=2)
    assert found.value == pytest.approx(rates[1] - rates[2])
    with pytest.raises(NotRun, match="7 layers are too few, 8 are needed"):
        peaks.named_peak(tables, "clap", "consonant", layer=7)


def test_the_largest_rise_leads_to_a_layer(tables):
    right = answers(tables, "clap", "instrument")
    rises = [np.diff(a) for a in resampled(right, "instrument")]
    data = np.diff(right.mean(axis=1))
    expected = best_over_best(data, rises, [2], [0, 1, 3, 4, 5])
    found = peaks.largest_rise_at(tables, "clap", "instrument", layer=4)
    assert found.value == pytest.approx(0.15) and found.low > 0  # .3 against .15
    assert (found.low, found.high) == pytest.approx(expected[1:3])
    assert peaks.largest_rise_at(tables, "mobilenet", "instrument", layer=2).low > 0
    assert peaks.largest_rise_at(tables, "mobilenet", "instrument", layer=4).high < 0


def test_the_middle_lacks_a_share_of_what_the_best_layer_has_above_chance(tables):
    right = answers(tables, "ast", "keyword")
    draws = list(resampled(right, "keyword"))
    middle, peak = range(4, 8), 0.8 - 1 / 35
    value, low, high, wide = best_over_best(right.mean(axis=1), draws, list(middle), range(12))
    found = peaks.middle_below_peak(tables, "ast", "keyword")
    assert found.value == pytest.approx(0) and value == pytest.approx(0)
    assert (found.low, found.high) == pytest.approx((-high / peak, -low / peak))
    np.testing.assert_allclose(found.draws, -np.array(wide) / peak, atol=1e-12)
    late = peaks.middle_below_peak(tables, "ast", "instrument")
    assert late.value == pytest.approx((0.9 - 0.8) / (0.9 - 1 / 7), abs=0.01)


def test_differences_of_peaks_take_each_ones_best_k_and_layer(tables):
    task = "instrument"
    trained = answers(tables, "clap", task)
    untrained = answers(tables, "clap", task, copy="untrained")
    found = peaks.peak_difference(tables, "clap", task, than={"copy": "untrained"})
    both = [
        a + b for a, b in zip(resampled(trained, task), resampled(untrained, task), strict=True)
    ]
    data = [*trained.mean(axis=1), *untrained.mean(axis=1)]
    expected = best_over_best(data, both, list(range(7)), list(range(7, 14)))
    assert found.value == pytest.approx(0.15) and found.low > 0
    assert (found.low, found.high) == pytest.approx(expected[1:3])
    assert found.n == len(set(tables.resamples[task].groups.index)) < CLIPS
