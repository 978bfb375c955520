"""Layers made by hand, written out cell by cell, and what a chroma bank hears of notes."""

import numpy as np
import pytest

from tonotopy.similarity.known import CHROMA_BANK, LAYERS, SPECTRAL, chroma_bank, hand_made

ROWS, COLUMNS, SECONDS = 20, 31, 0.05


@pytest.fixture
def x():
    return np.random.default_rng(0).normal(size=(ROWS, COLUMNS))


def made(x, seed=1):
    return hand_made(x, x + 7, SECONDS, np.random.default_rng(seed))


def around(values, at, half):
    """Values around a place; those at the edges are repeated."""
    places = np.clip(np.arange(at - half, at + half + 1), 0, len(values) - 1)
    return values[places]


def test_layers_have_names_and_shapes(x):
    assert list(made(x)) == list(SPECTRAL) and (*SPECTRAL, CHROMA_BANK) == LAYERS
    assert all(map.shape == x.shape for map in made(x).values())


def test_medians_average_and_differences(x):
    found = made(x)
    # 0.25 s are 5 columns; .16 of 20 bands are 3
    for row, column in ((0, 0), (7, 12), (19, 30), (3, 29)):
        steady = np.median(around(x[row], column, 2))
        sudden = np.median(around(x[:, column], row, 1))
        before = x[row, column - 1] if column else x[row, 0]
        expected = {
            "median_time": steady,
            "median_frequency": sudden,
            "difference": max(steady - sudden, 0),
            "smooth_frequency": np.mean(around(x[:, column], row, 1)),
            "onset_difference": max(x[row, column] - before, 0),
            "rectified_input": max(x[row, column] - x.mean(), 0),
            "other_input": x[row, column] + 7,
        }
        for name, value in expected.items():
            assert found[name][row, column] == pytest.approx(value), name


def test_noise_has_nothing_of_the_input(x):
    found, same, other = made(x), made(x), made(x, seed=2)
    for name in ("white_noise", "smooth_noise"):
        assert abs(np.corrcoef(found[name].ravel(), x.ravel())[0, 1]) < 0.2
        assert np.array_equal(found[name], same[name])
        assert not np.allclose(found[name], other[name])
    near = [
        np.corrcoef(found[n][:, 1:].ravel(), found[n][:, :-1].ravel())[0, 1]
        for n in ("white_noise", "smooth_noise")
    ]
    assert abs(near[0]) < 0.15 and near[1] > 0.8


@pytest.mark.parametrize("hertz, pitch", [(440.0, 9), (261.63, 0), (1318.5, 4), (92.5, 6)])
def test_the_bank_hears_the_pitch_class_of_a_note(hertz, pitch):
    rate, hop = 8000, 200
    sound = np.sin(2 * np.pi * hertz * np.arange(rate) / rate)
    found = chroma_bank(sound, rate, hop)
    assert found.shape == (12, rate // hop + 1)
    inside = found[:, 12:28]
    assert (inside.argmax(axis=0) == pitch).all() and inside.max() == 1
    assert np.delete(inside, [pitch, (pitch + 1) % 12, pitch - 1], axis=0).max() < 0.5
    assert (chroma_bank(np.zeros(rate), rate, hop) == 0).all()
