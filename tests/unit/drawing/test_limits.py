"""Ends of axes: markers are whole there, and logarithmic axes have plain numbers."""

import pytest
from drawn import check_markers, check_numbers
from matplotlib import pyplot as plt

from tonotopy.drawing.limits import logarithmic, span
from tonotopy.drawing.style import panels


@pytest.fixture(autouse=True)
def closed():
    yield
    plt.close("all")


def drawn(height: float, values):
    figure, (axes,) = panels(1, width=2, height=height)
    axes.plot(range(len(values)), values, marker="s", markersize=4.8)
    return figure, axes


@pytest.mark.parametrize("ends", [(0, 1), (-1, 1), (0, 3e-4), (0, 2e4)])
@pytest.mark.parametrize("axis", ["x", "y"])
def test_markers_at_the_ends_of_a_scale_are_whole(ends, axis):
    figure, axes = drawn(1.5, ends)
    axes.margins(x=0.1)
    if axis == "x":
        axes.clear()
        axes.plot(ends, [0, 1], marker="s", markersize=4.8)
    span(axes, *ends, axis)
    figure.draw_without_rendering()
    check_markers(figure)
    low, high = getattr(axes, f"get_{axis}lim")()
    assert high - low < 1.1 * (ends[1] - ends[0])
    axes.set(**{f"{axis}lim": ends})
    with pytest.raises(AssertionError):
        check_markers(figure)


@pytest.mark.parametrize(
    ("values", "there"),
    [
        ((1e-6, 1e-3, 1), {"1e-05", "0.01", "1"}),
        ((0.06, 1.8), {"0.1", "0.5", "1"}),
        ((3, 4), {"3", "4"}),
    ],
)
def test_logarithmic_axes_have_plain_numbers(values, there):
    figure, axes = drawn(2.4, values)
    logarithmic(axes)
    figure.draw_without_rendering()
    texts = {tick.get_text() for tick in axes.get_yticklabels()}
    assert there <= texts and not any("$" in text or "\\" in text for text in texts)
    check_numbers(figure)
