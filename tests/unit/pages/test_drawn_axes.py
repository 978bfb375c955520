"""Axes and curves: round labels at the right places, curves the right way up."""

import pytest

from tonotopy.pages.drawn import frequency_ticks, percent, placed, points, time_ticks


@pytest.mark.parametrize(
    "seconds, labels",
    [
        (2.88, ["0 s", "0.5 s", "1 s", "1.5 s", "2 s", "2.5 s"]),
        (3.0, ["0 s", "0.5 s", "1 s", "1.5 s", "2 s", "2.5 s", "3 s"]),
        (0.96, ["0 s", "0.2 s", "0.4 s", "0.6 s", "0.8 s"]),
        (180, ["0 s", "50 s", "100 s", "150 s"]),
        (0.03, ["0 s", "0.005 s", "0.01 s", "0.015 s", "0.02 s", "0.025 s", "0.03 s"]),
    ],
)
def test_times_are_round(seconds, labels):
    ticks = time_ticks(seconds)
    assert [label for label, _ in ticks] == labels
    for label, place in ticks:
        assert float(place) == pytest.approx(100 * float(label.split()[0]) / seconds, abs=0.01)


def test_frequencies_have_their_unit():
    assert frequency_ticks([[50, 0.1], [999.5, 0.5], [1000, 0.6], [12500, 1]]) == [
        ("50 Hz", "10"),
        ("999.5 Hz", "50"),
        ("1 kHz", "60"),
        ("12.5 kHz", "100"),
    ]


def test_values_are_placed_in_their_range():
    assert placed([-0.4, 0.0, 0.4]) == [0, 0.5, 1]
    assert placed([3.0, 3.0]) == [0.5, 0.5]


def test_curves_go_up_with_their_values():
    assert points([0, 0.5, 1], [0.25, 1.5, float("nan")]) == "0,75 50,0"
    assert percent(1 / 3) == "33.33"
