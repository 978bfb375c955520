"""Bars of intervals: where they are drawn, and what is shaded."""

import pytest

from tonotopy.pages.intervals import MARGIN, WIDTH, Bar, scale

INNER = WIDTH - 2 * MARGIN


def row(low, estimate, high):
    return {"low": low, "estimate": estimate, "high": high}


ROWS = [row(2.0, 3.0, 4.0), row(6.0, 7.0, 10.0)]


def test_all_bars_of_a_group_and_the_bound_share_one_scale():
    axis = scale(ROWS, {"above": 0})
    assert (axis.first, axis.last) == (0.0, 10.0)
    assert axis.bounds == (MARGIN,)
    places = [round(MARGIN + share * INNER, 2) for share in (0.2, 0.4, 0.3)]
    assert axis.bar(ROWS[0]) == Bar(*places)
    assert axis.bar(ROWS[1]).high == WIDTH - MARGIN


@pytest.mark.parametrize(
    ("criterion", "shaded", "bounds"),
    [
        ({"above": 5}, (WIDTH / 2, WIDTH), (WIDTH / 2,)),
        ({"below": 5}, (0.0, WIDTH / 2), (WIDTH / 2,)),
        ({"within": [0, 5]}, (MARGIN, WIDTH / 2), (MARGIN, WIDTH / 2)),
    ],
)
def test_what_the_criterion_asks_for_is_shaded(criterion, shaded, bounds):
    axis = scale([row(0.0, 3.0, 10.0)], criterion)
    assert axis.shaded == pytest.approx(shaded) and axis.bounds == pytest.approx(bounds)


def test_a_supported_interval_lies_on_the_shade_and_a_contradicted_one_off_it():
    axis = scale([row(1.0, 2.0, 3.0), row(-3.0, -2.0, -1.0)], {"above": 0})
    left, right = axis.shaded
    supported, contradicted = axis.bar(row(1.0, 2.0, 3.0)), axis.bar(row(-3.0, -2.0, -1.0))
    assert left < supported.low and supported.high < right
    assert contradicted.high < left


@pytest.mark.parametrize("value", [0.0, 5.0, -1e-9, 1e9])
def test_values_that_are_all_the_same_are_drawn_in_the_middle(value):
    axis = scale([row(value, value, value)], {"above": value})
    assert axis.bar(row(value, value, value)).estimate == pytest.approx(WIDTH / 2)
    assert axis.first < value < axis.last


def test_what_cannot_be_drawn_has_no_scale():
    assert scale([], {"above": 0}) is None
    for value in (float("inf"), float("nan")):
        assert scale([row(0.0, 1.0, value)], {"above": 0}) is None
