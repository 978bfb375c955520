"""The bootstrap: means and intervals against plain loops, p-values against counts."""

import numpy as np
import pytest

from tonotopy.evidence.resampling import Bootstrap, bootstrap_means, interval, p_value
from tonotopy.seeding import generator


def literal_means(values, counts):
    """Repeat each value as often as it was drawn, and take the mean of what is there."""
    for row in counts:
        drawn = [values[i] for i, times in enumerate(row) for _ in range(times)]
        yield np.mean(drawn, axis=0)


def test_bootstrap_means_equal_a_loop_and_intervals_cover():
    rng = np.random.default_rng(0)
    values = rng.normal(size=(40, 3))
    draws = bootstrap_means(values, 50, np.random.default_rng(7))
    counts = np.random.default_rng(7).multinomial(40, np.full(40, 1 / 40), size=50)
    np.testing.assert_allclose(draws, list(literal_means(values, counts)))
    hits = 0
    for _ in range(200):
        sample = rng.normal(1.0, 2.0, size=50)
        low, high = interval(bootstrap_means(sample, 200, rng), 0.95)
        hits += low < 1.0 < high
    assert 0.88 < hits / 200 < 0.99


def test_intervals_leave_the_same_share_out_at_either_end():
    draws = np.stack([np.arange(101.0), np.arange(101.0) ** 2], axis=1)
    low, high = interval(draws, 0.9)
    np.testing.assert_allclose(low, [5, 25])
    np.testing.assert_allclose(high, [95, 95**2])


def test_resamples_are_one_draw_for_all_that_is_computed_with_them():
    resamples = Bootstrap(60, 0.8, seed=3).draw(25, "profile", "note")
    expected = generator(3, "profile", "note").multinomial(25, np.full(25, 1 / 25), size=60)
    np.testing.assert_array_equal(resamples.counts, expected)
    assert resamples.units == 25 and (resamples.counts.sum(axis=1) == 25).all()
    values = np.random.default_rng(0).normal(size=(25, 2, 4))
    means = resamples.means(values)
    np.testing.assert_allclose(means, list(literal_means(values, expected)))
    np.testing.assert_allclose(resamples.sums(values), 25 * means)
    np.testing.assert_allclose(resamples.means(values[:, 1, 3]), means[:, 1, 3])
    low, high = resamples.interval(means)
    np.testing.assert_allclose(low, np.quantile(means, 0.1, axis=0))
    np.testing.assert_allclose(high, np.quantile(means, 0.9, axis=0))


@pytest.mark.parametrize("units", [24, 26])
def test_resamples_refuse_the_values_of_other_units(units):
    resamples = Bootstrap(5, 0.9, 0).draw(25, "x")
    for function in (resamples.means, resamples.sums):
        with pytest.raises(ValueError, match=f"resamples are of 25 units, not of {units}"):
            function(np.zeros(units))


def test_streams_differ_by_seed_and_name_and_not_by_the_order_of_draws():
    one, other = Bootstrap(40, 0.9, 1), Bootstrap(40, 0.9, 2)
    other.draw(30, "b")
    draws = {
        key: bootstrap.draw(30, name).counts.tolist()
        for key, bootstrap, name in (
            ("1a", one, "a"),
            ("1b", one, "b"),
            ("2a", other, "a"),
            ("again", one, "a"),
        )
    }
    assert draws["1a"] == draws["again"]
    assert draws["1a"] != draws["1b"] and draws["1a"] != draws["2a"]
    assert one.generator("a", 4).random() == generator(1, "a", 4).random()
    assert one.interval(np.arange(101.0)) == pytest.approx((5, 95))


@pytest.mark.parametrize(
    ("criterion", "beyond"),
    [
        ({"above": 0.10}, 10),  # 0.01 to 0.10, the bound itself included
        ({"below": 0.90}, 10),  # 0.90 to 0.99
        ({"within": [0.05, 0.90]}, 10),  # 5 below, 10 above: the larger
        ({"within": [0.20, 0.95]}, 20),
        ({"above": -1}, 0),
        ({"below": 2}, 0),
        ({"above": 2}, 99),
    ],
)
def test_p_values_count_draws_beyond_the_bound(criterion, beyond):
    draws = np.random.default_rng(0).permutation(np.arange(1, 100) / 100)  # 0.01 to 0.99
    assert p_value(draws, criterion) == pytest.approx((beyond + 1) / 100)
