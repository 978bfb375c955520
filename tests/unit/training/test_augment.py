"""Augmentations against plain loops; the same generator gives the same sounds."""

import math

import numpy as np
import pytest
import torch

from tonotopy.training.augment import Augmentation, Transform, add_noise, mask, shift_pitch

RATE, MELS = 8000, 24


def rng(seed=0):
    return torch.Generator().manual_seed(seed)


def literal_shift(column: np.ndarray, steps: float) -> np.ndarray:
    """One frame, band by band: look up the band that the shifted sound came from."""
    top = 2595 * math.log10(1 + RATE / 2 / 700)
    spacing, out = top / (MELS + 1), np.empty(MELS)
    for band in range(MELS):
        hz = 700 * (10 ** ((band + 1) * spacing / 2595) - 1)
        came_from = hz * 2 ** (-steps / 12)
        at = 2595 * math.log10(1 + came_from / 700) / spacing - 1
        at = min(max(at, 0), MELS - 1)
        low = min(int(at), MELS - 2)
        out[band] = column[low] * (1 - (at - low)) + column[low + 1] * (at - low)
    return out


@pytest.mark.parametrize("steps", [-3.0, 0.5, 12.0])
def test_pitch_shift_equals_the_loop_over_bands(steps):
    mel = torch.randn(3, MELS, 5)
    found = shift_pitch(mel, Transform((steps, steps), 1.0), rng(), RATE)
    for clip in range(3):
        for frame in range(5):
            expected = literal_shift(mel[clip, :, frame].double().numpy(), steps)
            np.testing.assert_allclose(found[clip, :, frame].numpy(), expected, atol=1e-4)


def test_an_octave_up_moves_a_peak_to_twice_its_frequency():
    top = 2595 * math.log10(1 + RATE / 2 / 700)
    hz = 700 * (10 ** (np.arange(1, MELS + 1) * top / (MELS + 1) / 2595) - 1)
    mel = torch.zeros(1, MELS, 1)
    mel[0, 8] = 1
    shifted = shift_pitch(mel, Transform((12.0, 12.0), 1.0), rng(), RATE)
    assert hz[shifted[0, :, 0].argmax()] == pytest.approx(2 * hz[8], rel=0.1)


@pytest.mark.parametrize("axis", [1, 2])
def test_masks_hide_one_run_of_the_drawn_size(axis):
    x = torch.ones(200, 16, 20)
    found = mask(x, Transform((2, 4), 0.5), rng(), axis)
    hidden = (found == 0).all(dim=3 - axis)
    assert ((found == 0).any(dim=3 - axis) == hidden).all()
    sizes = hidden.sum(dim=1)
    assert set(sizes.tolist()) == {0, 2, 3, 4} and 0.35 < (sizes > 0).float().mean() < 0.65
    for row in hidden[sizes > 0]:
        places = row.nonzero()[:, 0]
        assert places[-1] - places[0] + 1 == len(places)


def test_noise_has_the_drawn_scale_and_probability():
    found = add_noise(torch.zeros(400, 1000), Transform((0.01, 0.1), 0.5), rng())
    scale = found.std(dim=1)
    assert 0.4 < (scale > 0).float().mean() < 0.6
    assert scale[scale > 0].min() > 0.009 and scale.max() < 0.11


def test_the_same_generator_gives_the_same_sounds():
    x = torch.randn(4, MELS, 9)
    transform = Transform((-0.5, 0.5), 0.5)
    torch.testing.assert_close(
        shift_pitch(x, transform, rng(3), RATE), shift_pitch(x, transform, rng(3), RATE)
    )


def test_configuration_of_table_3_2_and_what_is_not_named_is_off():
    full = Augmentation()
    assert full.noise == Transform((0.01, 0.1), 0.5) and full.alters_waveforms
    some = Augmentation.from_config({"time_mask": {"range": [4, 64], "p": 0.25}})
    assert some.time_mask == full.time_mask and not some.alters_waveforms
    assert some.pitch_shift.p == some.pitch_mask.p == 0
