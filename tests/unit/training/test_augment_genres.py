"""The augmentations of study 3 (table A.1) against plain loops."""

import math

import numpy as np
import pytest
import torch
from torchaudio.functional import phase_vocoder

from tonotopy.errors import InputError
from tonotopy.frontends.log10_mel import Log10Mel, Log10MelSettings
from tonotopy.frontends.mel import LogMelScale
from tonotopy.training.augmentation.declared import (
    Gain,
    Noise,
    PassFilter,
    PitchShift,
    RelativeNoise,
    TimeStretch,
    steps,
)
from tonotopy.training.augmentation.log_mels import shift_pitch, stretch_time
from tonotopy.training.augmentation.registry import FUNCTIONS
from tonotopy.training.augmentation.waveforms import (
    add_noise,
    add_relative_noise,
    change_gain,
    filter_pass,
)
from tonotopy.training.clips import Clips
from tonotopy.training.shares import Share

RATE = 8000
SCALE = LogMelScale(90.0, 3700.0, 1e-7, 10.0)


def rng(seed=0):
    return torch.Generator().manual_seed(seed)


def clips(sounds: torch.Tensor, scale=SCALE, rate=RATE) -> Clips:
    share = Share.of(len(sounds))
    return Clips(sounds, torch.arange(len(sounds)), share, rate, scale=scale)


def noises(count: int, samples: int) -> torch.Tensor:
    return torch.rand(count, samples, generator=rng(8)).double() - 0.5


# --- waveforms


def test_gain_is_in_decibels_and_clipped_at_full_scale():
    sounds, source = 2 * noises(9, 40), rng(5)
    decibels = -12 + 15 * torch.rand(9, generator=source)
    applied = torch.rand(9, generator=source) < 0.6
    assert 0 < applied.sum() < 9
    found = change_gain(clips(sounds), Gain((-12, 3), 0.6), rng(5)).sounds
    clipped = set()
    for clip in range(9):
        factor = 10 ** (float(decibels[clip]) / 20) if applied[clip] else 1.0
        for n in range(40):
            expected = min(max(float(sounds[clip, n]) * factor, -1.0), 1.0)
            clipped |= {math.copysign(1, expected)} if abs(expected) == 1.0 else set()
            assert float(found[clip, n]) == pytest.approx(expected, rel=1e-5)
    assert clipped == {-1.0, 1.0} and torch.equal(found[~applied], sounds[~applied])


def test_minus_six_decibels_are_half():
    found = change_gain(clips(torch.ones(1, 3)), Gain((-6.0206, -6.0206), 1.0), rng()).sounds
    torch.testing.assert_close(found, torch.full((1, 3), 0.5))


def test_relative_noise_is_drawn_as_a_share_of_each_clip():
    loudness = torch.tensor([1.0, 0.1, 0.01, 0.5, 0.0, 0.3])[:, None]
    sounds, source = loudness * noises(6, 20_000), rng(0)
    share = 0.001 + 0.099 * torch.rand(6, generator=source)
    applied = torch.rand(6, generator=source) < 0.7
    assert 0 < applied.sum() < 6 and applied[4]
    found = add_relative_noise(clips(sounds), RelativeNoise((0.001, 0.1), 0.7), rng(0)).sounds
    noise = found - sounds
    for clip in range(6):
        mean = sounds[clip].mean()
        deviation = math.sqrt(((sounds[clip] - mean) ** 2).mean())
        expected = float(share[clip]) * deviation if applied[clip] else 0.0
        assert noise[clip].std().item() == pytest.approx(expected, rel=0.03)


def test_relative_noise_is_noise_of_the_clip_s_deviation():
    sounds = torch.tensor([[0.1, 0.5, -0.2, 0.4]])
    deviation = np.std([0.1, 0.5, -0.2, 0.4])
    found = add_relative_noise(clips(sounds), RelativeNoise((0.2, 0.2), 1.0), rng(1)).sounds
    level = 0.2 * deviation
    expected = add_noise(clips(sounds), Noise((level, level), 1.0), rng(1)).sounds
    torch.testing.assert_close(found, expected)


def test_names_mean_these_transforms():
    named = {
        "relative_noise": add_relative_noise,
        "gain": change_gain,
        "time_stretch": stretch_time,
        "pass_filter": filter_pass,
    }
    assert named.items() <= FUNCTIONS.items()


def test_relative_noise_does_not_count_a_constant_as_sound():
    sounds = torch.full((1, 50), 0.7)
    found = add_relative_noise(clips(sounds), RelativeNoise((0.5, 0.5), 1.0), rng()).sounds
    torch.testing.assert_close(found, sounds)


def literal_lowpass(wave: np.ndarray, cutoff: float) -> np.ndarray:
    """A windowed sinc, tap by tap; the ends of the clip go on for ever."""
    half = int(8 * RATE / cutoff / 2)
    taps = []
    for n in range(-half, half + 1):
        at = 2 * cutoff / RATE * n
        sinc = math.sin(math.pi * at) / (math.pi * at) if n else 1.0
        taps.append(sinc * (0.5 + 0.5 * math.cos(math.pi * n / half)))
    out = np.zeros(len(wave))
    for n in range(len(wave)):
        for tap, weight in enumerate(taps):
            at = min(max(n + tap - half, 0), len(wave) - 1)
            out[n] += weight * wave[at] / sum(taps)
    return out


def test_pass_filters_draw_a_kind_a_cutoff_and_who_is_filtered():
    sounds, source = noises(10, 70), rng(3)
    high = torch.rand(10, generator=source) < 0.5
    at = torch.rand(10, generator=source)
    applied = torch.rand(10, generator=source) < 0.6
    assert 0 < (high & applied).sum() < applied.sum() < 10
    settings = PassFilter((700, 1400), (1900, 3000), 0.6)
    found = filter_pass(clips(sounds), settings, rng(3)).sounds
    for clip in range(10):
        wave = sounds[clip].numpy()
        limits = (700, 1400) if high[clip] else (1900, 3000)
        cutoff = limits[0] + (limits[1] - limits[0]) * float(at[clip])
        low = literal_lowpass(wave, cutoff) if applied[clip] else wave
        expected = wave - low if high[clip] and applied[clip] else low
        np.testing.assert_allclose(found[clip].numpy(), expected, atol=1e-6)


def test_filters_let_pass_what_they_are_named_for():
    t = torch.arange(4000).double() / RATE
    low, high = (torch.sin(2 * torch.pi * f * t) for f in (200.0, 3000.0))
    settings = PassFilter((900, 900), (1100, 1100), 1.0)
    found = filter_pass(clips((low + high).repeat(60, 1)), settings, rng()).sounds
    inside = slice(400, 3600)
    kept = torch.stack([2 * (found * tone)[:, inside].mean(dim=1) for tone in (low, high)], dim=1)
    is_low = kept[:, 0] > 0.5
    assert 15 < is_low.sum() < 45
    assert (kept[is_low] - torch.tensor([1.0, 0.0])).abs().max() < 0.01
    assert (kept[~is_low] - torch.tensor([0.0, 1.0])).abs().max() < 0.01


def test_a_cutoff_has_to_lie_below_half_the_rate():
    below = PassFilter((200, 1400), (1400, 3999), 1.0)
    assert filter_pass(clips(noises(3, 300)), below, rng()).sounds.isfinite().all()
    for settings in (PassFilter((200, 1400), (1400, 4000), 1.0), PassFilter((9, 4000), (9, 9), 0)):
        with pytest.raises(InputError, match="'pass_filter': a cutoff of 4000 Hz is not below.*40"):
            filter_pass(clips(noises(3, 300)), settings, rng())


# --- log-mel spectrograms


def literal_stretch(log_mel: np.ndarray, speed: float) -> np.ndarray:
    """Band by band, frame by frame: magnitudes between frames, silence behind the clip."""
    mels, frames = log_mel.shape
    out = np.zeros((mels, frames))
    for band, t in np.ndindex(mels, frames):
        at = t * speed
        pair = [
            10 ** log_mel[band, f] - 1e-7 if f < frames else 0.0 for f in (int(at), int(at) + 1)
        ]
        share = at - int(at)
        out[band, t] = math.log10(pair[0] * (1 - share) + pair[1] * share + 1e-7)
    return out


def test_time_stretch_equals_the_loop_and_leaves_the_others():
    mel, source = 3 * torch.rand(9, 5, 11, generator=rng(1)).double() - 2, rng(5)
    speed = 0.6 + 0.9 * torch.rand(9, generator=source)
    applied = torch.rand(9, generator=source) < 0.6
    assert (speed[applied] < 1).any() and (speed[applied] > 1.2).any() and not applied.all()
    found = stretch_time(clips(mel), TimeStretch((0.6, 1.5), 0.6), rng(5)).sounds
    for clip in range(9):
        if applied[clip]:
            expected = literal_stretch(mel[clip].numpy(), float(speed[clip]))
            np.testing.assert_allclose(found[clip].numpy(), expected, atol=1e-5)
    assert torch.equal(found[~applied], mel[~applied])


@pytest.mark.parametrize("speed", [0.8, 0.93, 1.0, 1.2])
def test_time_stretch_is_what_a_phase_vocoder_gives_the_front_end(speed):
    """The thesis stretches the complex spectrum, of which the front end takes the magnitude."""
    front_end = Log10Mel(Log10MelSettings(RATE, 200, 90, mels=24, high_hz=4000.0, frames=16))
    front_end = front_end.double()
    waves = noises(3, 2000)
    spectrum = torch.stft(waves, 200, 90, window=front_end.window, return_complex=True)
    advance = torch.linspace(0, math.pi * 90, 101).double()[:, None]
    vocoded = phase_vocoder(spectrum, speed, advance)
    expected = front_end.finish(torch.log10(front_end.filters @ vocoded.abs() + 1e-7))
    features = clips(front_end.features(waves), front_end.scale)
    stretched = stretch_time(features, TimeStretch((speed, speed), 1.0), rng()).sounds
    assert stretched.shape == (3, 24, 23)
    torch.testing.assert_close(front_end.finish(stretched), expected, rtol=0, atol=1e-5)


def literal_shift(column: np.ndarray, steps: float) -> np.ndarray:
    """One frame of bands from 90 to 3700 Hz: look up where the shifted sound came from."""
    mel = lambda hz: 2595 * math.log10(1 + hz / 700)  # noqa: E731
    count, out = len(column), np.empty(len(column))
    spacing = (mel(3700) - mel(90)) / (count + 1)
    for band in range(count):
        hz = 700 * (10 ** ((mel(90) + (band + 1) * spacing) / 2595) - 1)
        at = (mel(hz * 2 ** (-steps / 12)) - mel(90)) / spacing - 1
        at = min(max(at, 0), count - 1)
        low = min(int(at), count - 2)
        out[band] = column[low] * (1 - (at - low)) + column[low + 1] * (at - low)
    return out


@pytest.mark.parametrize("semitones", [-12.0, 5.0])
def test_pitch_shift_knows_the_bands_of_the_front_end(semitones):
    mel = torch.randn(2, 17, 3, generator=rng(6))
    found = shift_pitch(clips(mel), PitchShift((semitones, semitones), 1.0), rng()).sounds
    for clip, frame in np.ndindex(2, 3):
        expected = literal_shift(mel[clip, :, frame].double().numpy(), semitones)
        np.testing.assert_allclose(found[clip, :, frame].numpy(), expected, atol=1e-4)


@pytest.mark.parametrize("semitones", [-12, -5, 5, 12])
def test_a_shift_resembles_the_sound_played_at_that_pitch(semitones):
    """Over an octave either way: much closer to it than the sound that is not shifted."""
    front_end = Log10Mel(Log10MelSettings())
    t = torch.arange(16000) / 16000
    played = [
        sum(0.3 / k * torch.sin(2 * torch.pi * k * f * t) for k in range(1, 9))
        for f in (250.0, 250.0 * 2 ** (semitones / 12))
    ]
    before, target = front_end.features(torch.stack(played))[:, None, :, 20]
    shift = PitchShift((semitones, semitones), 1.0)
    shifted = shift_pitch(clips(before[:, :, None], front_end.scale), shift, rng()).sounds[..., 0]

    def likeness(found: torch.Tensor) -> float:
        return torch.corrcoef(torch.cat([found, target]).clamp_min(-1))[0, 1].item()

    assert likeness(shifted) > 0.75 > likeness(before) + 0.2


# --- all of them


@pytest.mark.parametrize(
    ("transform", "settings"),
    [
        (change_gain, Gain((-12, 3), 0.5)),
        (add_relative_noise, RelativeNoise((0.1, 0.5), 0.5)),
        (filter_pass, PassFilter((500, 900), (1000, 3000), 0.5)),
        (stretch_time, TimeStretch((0.8, 1.2), 0.5)),
    ],
)
def test_the_same_generator_gives_the_same_sounds_and_nothing_else_changes(transform, settings):
    x = torch.rand(8, 9) if transform is not stretch_time else torch.randn(8, 6, 9)
    given, kept = clips(x), x.clone()
    once, again = (transform(given, settings, rng(3)) for _ in range(2))
    assert torch.equal(once.sounds, again.sounds) and not torch.equal(once.sounds, x)
    assert not torch.equal(once.sounds, transform(given, settings, rng(4)).sounds)
    assert once.targets is given.targets and once[2:] == given[2:] and torch.equal(x, kept)


FRONT_END = {"kind": "log10_mel"}
FILTER = {"transform": "pass_filter", "highpass": [200, 1400], "lowpass": [1400, 4000], "p": 0.4}


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ({**FILTER, "highpass": [1400, 200]}, r"'pass_filter': highpass: \[1400, 200\] falls"),
        ({**FILTER, "lowpass": [3, 2]}, r"'pass_filter': lowpass: \[3, 2\] falls"),
        (
            {**FILTER, "highpass": [0, 200]},
            "'pass_filter': highpass: a cutoff is above 0 Hz, not 0",
        ),
        (
            {**FILTER, "lowpass": [-1, 200]},
            "'pass_filter': lowpass: a cutoff is above 0 Hz, not -1",
        ),
        ({**FILTER, "p": 1.5}, "'pass_filter': p: a probability.*not 1.5"),
        ({**FILTER, "range": [1, 2]}, "'pass_filter' has no setting 'range'"),
        (
            {"transform": "time_stretch", "range": [0, 1], "p": 1},
            "'time_stretch': range: a speed is above 0, not 0",
        ),
        (
            {"transform": "relative_noise", "range": [-1, 1], "p": 1},
            "'relative_noise': range: a standard deviation is at least 0, not -1",
        ),
    ],
)
def test_settings_that_cannot_be_are_refused(entry, message):
    with pytest.raises(InputError, match=f"^augmentation.0: {message}"):
        steps([entry], FRONT_END)


def test_the_table_in_its_order():
    names = ["gain", "relative_noise", "pitch_shift", "time_stretch", "pitch_mask", "time_mask"]
    ranges = [(-12, 3), (0.001, 0.1), (-12, 12), (0.8, 1.2), (0, 20), (1, 20)]
    entries = [
        {"transform": name, "range": limits, "p": 0.3}
        for name, limits in zip(names, ranges, strict=True)
    ]
    entries.insert(1, FILTER)
    found = steps(entries, FRONT_END)
    assert [step.transform for step in found] == [names[0], "pass_filter", *names[1:]]
    assert found[1].settings == PassFilter((200, 1400), (1400, 4000), 0.4)
    assert found[1].described() == {**FILTER, "highpass": (200, 1400), "lowpass": (1400, 4000)}
