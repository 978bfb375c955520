"""Similarity of maps and features against its definition, one clip and one map at a time."""

import doctest

import numpy as np
import pytest
import torch

from tonotopy.similarity import measure
from tonotopy.similarity.measure import (
    common_grid,
    folded_classes,
    folding,
    pooled,
    residual,
    similarities,
    unit,
)

CLIPS, MAPS, ROWS, COLUMNS = 5, 4, 6, 9


@pytest.fixture
def rng():
    return np.random.default_rng(3)


def tensor(values) -> torch.Tensor:
    return torch.from_numpy(np.asarray(values)).float()


def plain_unit(values: np.ndarray) -> np.ndarray:
    centred = values - values.mean()
    norm = np.sqrt((centred**2).sum())
    return centred / norm if norm > 1e-9 else np.zeros_like(values)


def plain_residual(feature: np.ndarray, x: np.ndarray) -> np.ndarray:
    f, own = feature.ravel(), x.ravel()
    columns = [np.ones_like(own), own]
    number = min(max(len(own) // 5 - 2, 0), 6)
    places = [0.5] if number == 1 else np.linspace(0.1, 0.9, number)
    columns += [np.maximum(own - np.quantile(own, q), 0) for q in places]
    design = np.stack(columns, axis=1)
    weights, *_ = np.linalg.lstsq(design, f, rcond=None)
    return (f - design @ weights).reshape(feature.shape)


def plain_pooled(values: np.ndarray, rows: int, columns: int) -> np.ndarray:
    found = np.empty((rows, columns))
    for r in range(rows):
        for c in range(columns):
            top, bottom = r * values.shape[0] // rows, -(-(r + 1) * values.shape[0] // rows)
            left, right = c * values.shape[1] // columns, -(-(c + 1) * values.shape[1] // columns)
            found[r, c] = values[top:bottom, left:right].mean()
    return found


def test_small_grids_have_fewer_knots():
    assert [len(measure.knots(n)) for n in (4, 10, 14, 15, 19, 20, 39, 40, 41, 900)] == [
        *(0, 0, 0, 1, 1, 2, 5, 6, 6, 6)
    ]
    assert measure.knots(15) == [0.5]
    np.testing.assert_allclose(measure.knots(20), [0.1, 0.9])
    np.testing.assert_allclose(measure.knots(50), [0.1, 0.26, 0.42, 0.58, 0.74, 0.9])


def test_the_worked_example():
    assert doctest.testmod(measure).failed == 0
    assert doctest.testmod(measure).attempted > 8


def test_grids_meet_at_the_smaller_number_of_each():
    assert common_grid((6, 9), (8, 4)) == (6, 4)
    assert common_grid((8, 4), (6, 9)) == (6, 4)


@pytest.mark.parametrize("grid", [(4, 9), (6, 4), (1, 5), (6, 9)])
def test_pooling_averages_cells(rng, grid):
    values = rng.normal(size=(CLIPS, MAPS, ROWS, COLUMNS))
    found = pooled(tensor(values), grid)
    assert found.shape == (CLIPS, MAPS, *grid)
    np.testing.assert_allclose(found[2, 3], plain_pooled(values[2, 3], *grid), rtol=1e-4, atol=1e-5)


def test_nothing_is_pooled_to_a_finer_grid():
    with pytest.raises(ValueError, match=r"a grid of \(6, 9\) cannot be pooled to \(7, 3\)"):
        pooled(torch.zeros(2, 6, 9), (7, 3))


def test_units_have_no_mean_and_norm_one_and_what_is_constant_is_zero(rng):
    values = rng.normal(5, 2, size=(CLIPS, ROWS, COLUMNS))
    values[3] = 1000.1
    found = unit(tensor(values))
    for clip in (0, 1, 2, 4):
        np.testing.assert_allclose(found[clip], plain_unit(values[clip]), atol=1e-5)
    assert (found[3] == 0).all()
    assert (unit(torch.zeros(2, 3, 4)) == 0).all()
    small = unit(tensor(values[:1] * 1e-7))  # smallness is not constancy
    np.testing.assert_allclose(small[0], plain_unit(values[0]), atol=1e-5)


def test_residuals_are_those_of_least_squares_for_each_clip(rng):
    x = rng.normal(size=(CLIPS, ROWS, COLUMNS))
    feature = np.sin(2 * x) + 0.3 * rng.normal(size=x.shape) + 7
    x[1] = np.maximum(x[1], 0.2)  # many equal values: quantiles coincide
    x[2] = 4.0  # a constant input takes out the mean alone
    found = residual(tensor(feature), tensor(x))
    for clip in range(CLIPS):
        expected = plain_residual(feature[clip], x[clip])
        np.testing.assert_allclose(found[clip], expected, atol=2e-5)
    np.testing.assert_allclose(found[2], feature[2] - feature[2].mean(), atol=2e-5)


def test_many_clips_are_taken_like_few(rng):
    x, feature = rng.normal(size=(2, 37, 3, 8))
    found = residual(tensor(feature), tensor(x))
    np.testing.assert_allclose(found[30:33], residual(tensor(feature[30:33]), tensor(x[30:33])))


def test_nothing_is_left_of_what_the_input_tells(rng):
    x = tensor(rng.normal(size=(CLIPS, ROWS, COLUMNS)))
    bent = x + 2 * (x - torch.quantile(x.flatten(1), 0.58, dim=1)[:, None, None]).clamp(min=0)
    for feature in (x, 3 - 2 * x, bent, torch.full_like(x, 2.0)):
        assert (residual(feature, x) == 0).all()
    square = residual(x**2, x)
    assert (square.flatten(1).norm(dim=1) > 0.1).all()  # what is smooth is not all told


def test_residuals_keep_the_sign(rng):
    x, noise = rng.normal(size=(2, CLIPS, ROWS, COLUMNS))
    left = unit(residual(tensor(x + noise), tensor(x)))
    r = (unit(tensor(noise)) * left).sum(dim=(1, 2))
    assert (r > 0.8).all()
    assert ((unit(tensor(-noise)) * left).sum(dim=(1, 2)) < -0.8).all()


def test_all_maps_clips_and_others_at_once(rng):
    maps, features = rng.normal(size=(CLIPS, MAPS, 21)), rng.normal(size=(3, 21))
    found = similarities(tensor(maps), tensor(features))
    assert found.shape == (MAPS, CLIPS, 3)
    for m in range(MAPS):
        for i in range(CLIPS):
            for j in range(3):
                expected = float(maps[i, m] @ features[j])
                assert float(found[m, i, j]) == pytest.approx(expected, abs=1e-4)


def test_rows_are_folded_to_pitch_classes():
    hertz = torch.tensor([0.0, 261.63, 440.0, 880.0, 277.18, 523.25, 1760.0])
    assert folded_classes(hertz) == [0, 1, 9]  # C, C sharp, A
    weights = folding(hertz)
    expected = [
        [0, 1 / 2, 0, 0, 0, 1 / 2, 0],
        [0, 0, 0, 0, 1, 0, 0],
        [0, 0, 1 / 3, 1 / 3, 0, 0, 1 / 3],
    ]
    np.testing.assert_allclose(weights, expected, atol=1e-6)
    near = torch.tensor([440 * 2 ** (0.49 / 12), 440 * 2 ** (0.51 / 12), 440 * 2 ** (-9.6 / 12)])
    assert folded_classes(near) == [9, 10, 11]
