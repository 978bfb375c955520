"""Cells on which maps meet the input and features, one overlap of two cells at a time."""

import numpy as np
import pytest
import torch

from tonotopy.networks.positions import Axis
from tonotopy.similarity.places import (
    Even,
    Place,
    Seen,
    Timed,
    averaging,
    coarser,
    covered,
    nearest,
)

SEEN = Seen((6, 40), Axis(12.0, 10.0, 40), Axis(0.0, 10.0, 40))


def shared(source: Axis, s: int, target: Axis, t: int) -> float:
    """Samples that two cells have in common."""
    a, b = source.first + s * source.step, target.first + t * target.step
    low = max(a - source.step / 2, b - target.step / 2)
    return max(0.0, min(a + source.step / 2, b + target.step / 2) - low)


def averaged(values: np.ndarray, source: Axis, target: Axis) -> np.ndarray:
    """Values over cells of one axis averaged over those of another, cell by cell."""
    found = np.zeros(target.number)
    for t in range(target.number):
        parts = [shared(source, s, target, t) for s in range(source.number)]
        found[t] = sum(p * v for p, v in zip(parts, values, strict=True)) / sum(parts)
    return found


@pytest.mark.parametrize(
    "target", [Axis(35.0, 32.0, 9), Axis(11.0, 10.0, 30), Axis(100.3, 77.7, 3), SEEN.times]
)
def test_cells_are_averaged_by_their_overlap(target):
    values = np.random.default_rng(0).normal(size=SEEN.times.number)
    weights = averaging(SEEN.times, target)
    np.testing.assert_allclose(values @ weights.numpy(), averaged(values, SEEN.times, target))
    np.testing.assert_allclose(weights.sum(dim=0), 1.0)


def test_a_cell_outside_has_no_weights():
    assert averaging(SEEN.times, Axis(-500.0, 10.0, 2)).abs().sum() == 0


def test_cells_that_others_cover_by_half_are_kept():
    cells, other = Axis(-10.0, 20.0, 9), Axis(0.0, 10.0, 12)  # -5 to 115
    assert covered(cells, other) == Axis(10.0, 20.0, 6)  # 0 to 20, ..., 100 to 120
    touching = Axis(-5.0, 20.0, 3)  # the first from -15 to 5: exactly a half
    assert covered(touching, other) == touching
    assert covered(Axis(-500.0, 10.0, 3), other).number == 0
    assert coarser(cells, other) == cells and coarser(other, cells) == cells


def test_the_nearest_cell():
    assert nearest(Axis(5.0, 10.0, 3), Axis(0.0, 4.0, 9)).tolist() == [0, 0, 0, 1, 1, 2, 2, 2, 2]


LATE = Place((1, 9), Axis(51.5, 32.0, 9))  # coarser than the input
FINE = Place((1, 150), Axis(40.0, 2.5, 150))  # finer than it
PATCHES = Place((2, 9), Axis(51.5, 32.0, 9), Axis(1.5, 2.0, 2))  # rows 0.5 to 2.5 and 2.5 to 4.5


@pytest.mark.parametrize("place", [LATE, FINE, PATCHES])
def test_maps_meet_input_and_features_at_the_same_times(place):
    rng = np.random.default_rng(1)
    x, curve = rng.normal(size=(3, *SEEN.grid)), rng.normal(size=(3, 1, 40))
    maps = rng.normal(size=(3, 2, *place.grid))
    meeting = Timed(SEEN, place)
    # of the fine map, from 38.75 to 413.75 samples, the columns of the input that it and features
    # (which end at 395) cover: 42 to 392
    target = Axis(42.0, 10.0, 36) if place is FINE else place.times
    bands = place.bands or Axis(2.5, 6.0, 1)
    assert meeting.shape == (bands.number, target.number)
    tensors = [torch.from_numpy(v) for v in (x, curve, maps)]
    seen, told, own = (
        meeting.inputs(tensors[0]),
        meeting.curves(tensors[1]),
        meeting.maps(tensors[2]),
    )
    for clip in range(3):
        np.testing.assert_allclose(told[clip, 0], averaged(curve[clip, 0], SEEN.features, target))
        columns = np.stack([averaged(row, SEEN.times, target) for row in x[clip]])
        np.testing.assert_allclose(meeting.columns(tensors[0])[clip], columns)
        rows = np.stack(
            [averaged(column, Axis(0.0, 1.0, 6), bands) for column in columns.T], axis=1
        )
        np.testing.assert_allclose(seen[clip], rows)
        for map in range(2):
            expected = [averaged(row, place.times, target) for row in maps[clip, map]]
            np.testing.assert_allclose(own[clip, map], expected)


def test_rows_without_bands_are_averages_of_all():
    values = torch.arange(6.0, dtype=torch.float64)
    assert Timed(SEEN, LATE).rows(values).tolist() == [2.5]
    np.testing.assert_allclose(Timed(SEEN, PATCHES).rows(values), [1.5, 3.5])


def test_cells_are_laid_over_the_input_where_they_are():
    values = torch.arange(18.0).reshape(2, 9)
    found = Timed(SEEN, PATCHES).over(values)
    assert found.shape == SEEN.grid
    for row in range(6):
        for column in range(40):
            at = round(min(max((12 + 10 * column - 51.5) / 32, 0), 8))
            band = round(min(max((row - 1.5) / 2, 0), 1))
            assert found[row, column] == values[band, at]
    classes = Timed(SEEN, PATCHES).over(torch.arange(27.0).reshape(3, 9))
    assert classes[:, 0].tolist() == [0, 0, 9, 9, 18, 18]


def test_even_grids_are_pooled_as_wholes():
    x = torch.rand(2, 6, 40)
    even = Even((6, 40), Place((3, 10)))
    assert even.shape == (3, 10)
    expected = x.reshape(2, 3, 2, 10, 4).mean(dim=(2, 4))
    torch.testing.assert_close(even.inputs(x), expected)
    torch.testing.assert_close(even.curves(x), x.reshape(2, 6, 10, 4).mean(dim=3))
    torch.testing.assert_close(even.columns(x), even.curves(x))
    torch.testing.assert_close(even.rows(torch.arange(6.0)), torch.tensor([0.5, 2.5, 4.5]))
    finer = Even((6, 40), Place((12, 80)))
    assert finer.shape == (6, 40) and finer.maps(torch.rand(2, 5, 12, 80)).shape[-2:] == (6, 40)
    assert even.over(torch.rand(3, 10)).shape == (6, 40)
