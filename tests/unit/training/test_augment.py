"""Augmentations against plain loops; the same generator gives the same sounds."""

import math

import numpy as np
import pytest
import torch

from tonotopy.frontends.mel import LogMelScale
from tonotopy.training.augmentation import draws
from tonotopy.training.augmentation.declared import Mask, Noise, PitchShift
from tonotopy.training.augmentation.log_mels import shift_pitch
from tonotopy.training.augmentation.spectrograms import mask_pitch, mask_time
from tonotopy.training.augmentation.waveforms import add_noise
from tonotopy.training.clips import Clips
from tonotopy.training.shares import Share

RATE, MELS = 8000, 24
SCALE = LogMelScale(0.0, RATE / 2, 1e-6, math.e)


def rng(seed=0):
    return torch.Generator().manual_seed(seed)


def clips(sounds: torch.Tensor) -> Clips:
    share = Share.of(len(sounds))
    return Clips(sounds, torch.arange(len(sounds)), share, RATE, scale=SCALE)


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
    shifted = shift_pitch(clips(mel), PitchShift((steps, steps), 1.0), rng()).sounds
    for clip in range(3):
        for frame in range(5):
            expected = literal_shift(mel[clip, :, frame].double().numpy(), steps)
            np.testing.assert_allclose(shifted[clip, :, frame].numpy(), expected, atol=1e-4)


def test_an_octave_up_moves_a_peak_to_twice_its_frequency():
    top = 2595 * math.log10(1 + RATE / 2 / 700)
    hz = 700 * (10 ** (np.arange(1, MELS + 1) * top / (MELS + 1) / 2595) - 1)
    mel = torch.zeros(1, MELS, 1)
    mel[0, 8] = 1
    shifted = shift_pitch(clips(mel), PitchShift((12.0, 12.0), 1.0), rng()).sounds
    assert hz[shifted[0, :, 0].argmax()] == pytest.approx(2 * hz[8], rel=0.1)


def test_pitch_shift_draws_a_value_then_who_is_shifted():
    mel, source = torch.randn(9, MELS, 2), rng(5)
    steps = -2 + 5 * torch.rand(9, generator=source)
    applied = torch.rand(9, generator=source) < 0.6
    assert 0 < applied.sum() < 9
    shifted = shift_pitch(clips(mel), PitchShift((-2.0, 3.0), 0.6), rng(5)).sounds
    for clip in range(9):
        expected = literal_shift(
            mel[clip, :, 1].double().numpy(), float(steps[clip]) if applied[clip] else 0.0
        )
        np.testing.assert_allclose(shifted[clip, :, 1].numpy(), expected, atol=1e-4)


def test_a_probability_is_the_share_of_draws_below_it(monkeypatch):
    given = iter([torch.tensor([0.0, 0.5, 0.75]), torch.tensor([0.24, 0.25, 0.26])])
    monkeypatch.setattr(draws, "uniform", lambda share, rng: next(given))
    value, applied = draws.drawn(PitchShift((-1.0, 3.0), 0.25), Share.of(3), rng())
    assert value.tolist() == [-1.0, 1.0, 2.0] and applied.tolist() == [True, False, False]


@pytest.mark.parametrize(("mask", "axis"), [(mask_pitch, 1), (mask_time, 2)])
def test_masks_hide_one_run_of_the_drawn_size(mask, axis):
    x = torch.ones(200, 16, 20)
    masked = mask(clips(x), Mask((2, 4), 0.5), rng()).sounds
    hidden = (masked == 0).all(dim=3 - axis)
    assert hidden.shape == (200, 16 if axis == 1 else 20)
    assert ((masked == 0).any(dim=3 - axis) == hidden).all()
    sizes = hidden.sum(dim=1)
    assert set(sizes.tolist()) == {0, 2, 3, 4} and 0.35 < (sizes > 0).float().mean() < 0.65
    for row in hidden[sizes > 0]:
        positions = row.nonzero()[:, 0]
        assert positions[-1] - positions[0] + 1 == len(positions)
    starts = hidden[sizes > 0].float().argmax(dim=1)
    assert starts.min() == 0 and (starts + sizes[sizes > 0]).max() == hidden.shape[1]


def test_a_mask_is_at_most_the_whole_axis():
    masked = mask_time(clips(torch.ones(3, 4, 6)), Mask((9, 12), 1.0), rng()).sounds
    assert (masked == 0).all()


def test_noise_has_the_drawn_scale_and_probability():
    noisy = add_noise(clips(torch.zeros(400, 1000)), Noise((0.01, 0.1), 0.5), rng()).sounds
    scale = noisy.std(dim=1)
    assert 0.4 < (scale > 0).float().mean() < 0.6
    assert scale[scale > 0].min() > 0.009 and scale.max() < 0.11


def test_noise_is_added_to_the_sound():
    sound = torch.rand(60, 500, generator=rng(1)) + 0.5
    before = sound.clone()
    noisy = add_noise(clips(sound), Noise((0.01, 0.1), 0.5), rng()).sounds
    noise = noisy - sound
    drawn = add_noise(clips(torch.zeros(60, 500)), Noise((0.01, 0.1), 0.5), rng()).sounds
    torch.testing.assert_close(noise, drawn, rtol=0, atol=1e-6)
    altered = (noise != 0).any(dim=1)
    assert 0 < altered.sum() < 60 and torch.equal(noisy[~altered], sound[~altered])
    assert torch.equal(sound, before)  # the clips that came in are left as they are
    assert noise[altered].mean().abs() < 0.01


@pytest.mark.parametrize(
    ("transform", "settings"),
    [
        (add_noise, Noise((0.1, 0.5), 0.5)),
        (shift_pitch, PitchShift((-0.5, 0.5), 0.5)),
        (mask_pitch, Mask((1, 4), 0.5)),
        (mask_time, Mask((1, 4), 0.5)),
    ],
)
def test_the_same_generator_gives_the_same_sounds_and_nothing_else_changes(transform, settings):
    x = torch.randn(8, 9) if transform is add_noise else torch.randn(8, MELS, 9)
    given = clips(x)
    once, again = (transform(given, settings, rng(3)) for _ in range(2))
    assert torch.equal(once.sounds, again.sounds) and not torch.equal(once.sounds, x)
    assert not torch.equal(once.sounds, transform(given, settings, rng(4)).sounds)
    assert once.targets is given.targets and once[2:] == given[2:]
