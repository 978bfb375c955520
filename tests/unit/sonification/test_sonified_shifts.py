"""What two windows of a clip have in common, sample by sample, and how alike it is."""

import math

import numpy as np
import pytest

from tonotopy.sonification.shifts import correlation, interiors, largest_difference

RNG = np.random.default_rng(3)
CLIP = np.arange(100.0)


@pytest.mark.parametrize(("offset", "margin"), [(0, 0), (1, 0), (7, 3), (0, 5), (20, 9), (13, 13)])
def test_interiors_are_the_same_samples_of_the_clip(offset, margin):
    samples = 40
    first = np.stack([CLIP[:samples], -CLIP[:samples]])
    second = np.stack([CLIP[offset : offset + samples], -CLIP[offset : offset + samples]])
    one, other = interiors(first, second, offset, margin)
    # those that lie ``margin`` inside of either window
    inside = [t for t in range(100) if offset + margin <= t < samples - margin]
    assert one[0].tolist() == other[0].tolist() == inside
    assert one[1].tolist() == other[1].tolist() == [-t for t in inside]
    assert one.shape == (2, samples - offset - 2 * margin)


@pytest.mark.parametrize(("offset", "margin"), [(40, 0), (0, 20), (30, 5), (41, 0)])
def test_windows_without_an_interior_are_refused(offset, margin):
    told = (
        f"windows of 40 samples that are {offset} apart have no interior beyond {margin} samples "
        "from their ends"
    )
    with pytest.raises(ValueError, match=told):
        interiors(CLIP[:40], CLIP[:40], offset, margin)
    assert len(interiors(CLIP[:40], CLIP[:40], 29, 5)[0]) == 1


@pytest.mark.parametrize("kind", [np.float32, np.float64])
def test_correlation_is_the_cosine_without_removing_means(kind):
    first = (RNG.normal(size=(2, 3, 11)) + 0.5).astype(kind)
    second = (first + RNG.normal(size=first.shape)).astype(kind)
    second[0, 1] *= -1
    found = correlation(first, second)
    assert found.shape == (2, 3) and found.dtype == np.float64
    for place in np.ndindex(2, 3):
        a, b = first[place].tolist(), second[place].tolist()
        product = sum(x * y for x, y in zip(a, b, strict=True))
        size = math.sqrt(sum(x * x for x in a) * sum(y * y for y in b))
        assert found[place] == pytest.approx(product / size, rel=1e-12)
    assert (found < 0).sum() == 1


def test_correlation_with_silence_is_not_known():
    first = RNG.normal(size=(2, 9))
    second = first.copy()
    second[1] = 0
    for pair in ((first, second), (second, first)):
        found = correlation(*pair)
        assert found[0] == pytest.approx(1) and np.isnan(found[1])
    assert correlation(first, -2 * first).tolist() == pytest.approx([-1, -1])


def test_the_largest_difference_is_relative_to_the_first():
    first = np.array([[1.0, -4.0, 2.0], [0.5, 0.0, 0.0], [0.0, 0.0, 0.0], [0.0, 0.0, 0.0]])
    second = np.array([[1.5, -3.0, 2.5], [0.5, 0.0, -2.0], [0.0, 0.0, 0.0], [0.0, 0.1, 0.0]])
    found = largest_difference(first, second)
    assert found.tolist() == [0.25, 4.0, 0.0, math.inf]
    assert largest_difference(second, first)[0] == pytest.approx(1 / 3)
    assert largest_difference(first[None], second[None]).shape == (1, 4)
