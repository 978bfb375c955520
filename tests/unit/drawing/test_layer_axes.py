"""Layers on axes: names where they fit, else numbers from 1, by one rule."""

from itertools import pairwise

import numpy as np
import pytest
from matplotlib import pyplot as plt

from tonotopy.drawing.layers import (
    LONGEST,
    layer_ticks,
    layer_words,
    named_layers,
)
from tonotopy.drawing.style import panels


@pytest.fixture(autouse=True)
def closed():
    yield
    plt.close("all")


def written(width: float, layers: list[str], **options):
    """Axes of a panel under which layers are written, and the figure, laid out."""
    figure, (axes,) = panels(1, width=width, height=2.0)
    layer_ticks(axes, layers, **options)
    figure.draw_without_rendering()
    return axes, [tick.get_text() for tick in axes.get_xticklabels()]


@pytest.mark.parametrize(
    ("layers", "names", "label"),
    [
        (["block0", "block1"], ["0", "1"], "block"),
        (["conv1", "conv2", "fc1"], ["conv1", "conv2", "fc1"], "layer"),
        (["block9", "embedding"], ["9", "embedding"], "block"),
        (["stem", "body"], ["stem", "body"], "layer"),
        ([f"h.{n}" for n in range(14)], [str(n) for n in range(14)], "h"),
        ([f"h.{n}" for n in range(15)], [str(n + 1) for n in range(15)], "layer, counted from 1"),
        ([f"{n} odd" for n in range(15)], [str(n + 1) for n in range(15)], "layer, counted from 1"),
    ],
)
def test_up_to_14_layers_are_named_and_more_are_counted_from_1(layers, names, label):
    assert layer_words(layers) == (names, label)


def test_long_names_lose_their_middle_and_are_told_apart():
    names, _ = layer_words(["encoder" * 9 + end for end in ("x", "x ", "first")])
    assert all(len(name) <= LONGEST + 4 for name in names) and len(set(names)) == 3


def test_layers_that_are_told_by_positions_get_the_names_of_their_network():
    network = {"layers": {"stem": {}, "head": {}}}
    assert named_layers(network, 2) == ["stem", "head"]
    assert named_layers(network, 3) == named_layers({}, 3) == ["layer1", "layer2", "layer3"]


@pytest.mark.parametrize("width", [1.5, 1.8, 3.4, 5.0])
@pytest.mark.parametrize("count", [1, 2, 7, 14, 15, 32])
@pytest.mark.parametrize("name", ["block{}", "conv{}_{}", "a long name {}", "{}", "{} {}"])
def test_names_below_an_axis_do_not_overlap(width, count, name):
    layers = [name.format(n, n) for n in range(1, count + 1)]
    axes, _ = written(width, layers)
    labels = axes.get_xticklabels()
    boxes = [label.get_window_extent() for label in labels]
    slanted = {label.get_rotation() for label in labels} == {45.0}
    for one, other in pairwise(boxes):
        if slanted:  # side by side: their lines are a letter apart
            apart = (other.x1 - one.x1) * np.sqrt(0.5) * 72 / axes.figure.dpi
            assert apart >= 0.9 * labels[0].get_fontsize()
        else:
            assert one.x1 <= other.x0


def test_ticks_stand_where_the_layers_are():
    axes, names = written(5, ["a", "b", "c"], places=[0, 0.25, 1])
    assert list(axes.get_xticks()) == [0, 0.25, 1] and names == ["a", "b", "c"]
    axes, names = written(5, [f"b{n}" for n in range(1, 4)], extra=["whole"])
    assert list(axes.get_xticks()) == [0, 1, 2, 3] and names == ["1", "2", "3", "whole"]
    low, high = axes.get_xlim()
    assert (low, high) == (-0.5, 3.5)
    axes, names = written(1.5, [f"b{n}" for n in range(1, 31)])
    assert list(axes.get_xticks() + 1) == [int(name) for name in names] and 2 <= len(names) < 12
