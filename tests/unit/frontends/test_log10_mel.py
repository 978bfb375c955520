"""Study 3's front end against its definition in float64, and its way to the spectrum and back.

Window and filters are float32, which the tolerances allow for.
"""

import cmath
import math

import numpy as np
import pytest
import torch

from tonotopy.errors import InputError
from tonotopy.frontends.log10_mel import Log10Mel, Log10MelSettings
from tonotopy.frontends.registry import build

SETTINGS = Log10MelSettings(
    rate=4000, window=30, hop=13, mels=7, low_hz=50.0, high_hz=1900.0, frames=9
)


def front_end(**changes) -> Log10Mel:
    return Log10Mel(Log10MelSettings(**{**vars(SETTINGS), **changes})).double()


def noise(clips: int, samples: int, scale=0.3) -> torch.Tensor:
    drawn = np.random.default_rng(3).normal(0, scale, (clips, samples))
    return torch.from_numpy(drawn)


def literal_spectrum(wave: np.ndarray, s: Log10MelSettings) -> np.ndarray:
    """Reflected edges, periodic window, a sum for every bin of every frame of the clip."""
    padded = np.pad(wave, s.window // 2, mode="reflect")
    mean, swing = {"hamming": (0.54, 0.46), "hann": (0.5, 0.5)}[s.window_function]
    spectrum = np.zeros((s.window // 2 + 1, 1 + len(wave) // s.hop), dtype=complex)
    for bin_, frame in np.ndindex(*spectrum.shape):
        for n in range(s.window):
            w = mean - swing * math.cos(2 * math.pi * n / s.window)
            turned = cmath.exp(-2j * math.pi * bin_ * n / s.window)
            spectrum[bin_, frame] += w * padded[frame * s.hop + n] * turned
    return spectrum


def literal_filters(s: Log10MelSettings) -> np.ndarray:
    """Triangles of peak 1 between centres that are even in HTK's mel (equation 2.26)."""
    low, high = (2595 * math.log10(1 + f / 700) for f in (s.low_hz, s.high_hz))
    mels = [low + i * (high - low) / (s.mels + 1) for i in range(s.mels + 2)]
    edges = [700 * (10 ** (m / 2595) - 1) for m in mels]
    filters = np.zeros((s.mels, s.window // 2 + 1))
    for band, k in np.ndindex(*filters.shape):
        left, centre, right = edges[band : band + 3]
        f = k * s.rate / s.window
        rising, falling = (f - left) / (centre - left), (right - f) / (right - centre)
        filters[band, k] = max(0.0, min(rising, falling))
    return filters


def literal_input(wave: np.ndarray, s: Log10MelSettings) -> np.ndarray:
    """Magnitudes, mel bands, log10, clamp; frames cut or silent (equations 2.27 and A.2)."""
    magnitudes = np.abs(literal_spectrum(wave, s))
    heard = np.full((s.mels, s.frames), max(math.log10(s.floor), s.clamp))
    for band, frame in np.ndindex(s.mels, min(s.frames, magnitudes.shape[1])):
        mel = sum(literal_filters(s)[band] * magnitudes[:, frame])
        heard[band, frame] = max(math.log10(mel + s.floor), s.clamp)
    return heard


@pytest.mark.parametrize("samples", [70, 117, 150], ids=["padded", "full", "cut"])
@pytest.mark.parametrize("window_function", ["hamming", "hann"])
def test_the_input_equals_its_definition(samples, window_function):
    ours, waves = front_end(window_function=window_function), noise(2, samples)
    found = ours(waves)
    assert found.shape == (2, 7, 9)
    for wave, clip in zip(waves.numpy(), found.numpy(), strict=True):
        np.testing.assert_allclose(clip, literal_input(wave, ours.settings), rtol=1e-5, atol=1e-6)


def test_quiet_sound_is_clamped_and_the_floor_stands_below():
    ours, waves = front_end(clamp=-1.0), noise(2, 117, scale=0.02)
    expected = np.stack([literal_input(wave, ours.settings) for wave in waves.numpy()])
    assert 0.2 < (expected == -1.0).mean() < 0.9
    np.testing.assert_allclose(ours(waves).numpy(), expected, rtol=1e-5)
    silent = ours.features(torch.zeros(1, 117, dtype=torch.float64))
    torch.testing.assert_close(silent, torch.full_like(silent, -7.0))
    assert (front_end(clamp=-9.0)(torch.zeros(1, 30).double()) == -7.0).all()


def test_features_are_all_frames_and_finish_cuts_and_clamps():
    ours, waves = front_end(clamp=0.0), noise(2, 170)
    features = ours.features(waves)
    assert features.shape == (2, 7, 14) and features.min() < 0
    torch.testing.assert_close(ours.finish(features), features[..., :9].clamp_min(0.0))
    torch.testing.assert_close(ours(waves), ours.finish(features))


def test_the_scale_says_what_features_are():
    scale = front_end().scale
    assert (scale.low_hz, scale.high_hz, scale.base) == (50.0, 1900.0, 10.0)
    mel = torch.tensor([0.0, 1e-7, 0.3, 99.0], dtype=torch.float64)
    expected = torch.tensor([-7.0, math.log10(2e-7), math.log10(0.3 + 1e-7), math.log10(99)])
    torch.testing.assert_close(scale.log(mel), expected.double(), rtol=1e-6, atol=0)
    torch.testing.assert_close(scale.mel(scale.log(mel)), mel)
    assert scale.mel(torch.tensor(-8.0)) == 0
    natural = build({"rate": 8000, "frames": 5, "floor": 1e-6}).scale
    assert (natural.low_hz, natural.high_hz, natural.base) == (0.0, 4000.0, math.e)
    assert natural.log(torch.tensor(0.0)).item() == pytest.approx(math.log(1e-6))
    assert build({"kind": "kaldi"}).scale is None


def test_the_thesis_s_frames_and_range():
    music = build({"kind": "log10_mel"})
    clip = torch.sin(2 * math.pi * 1000 * torch.arange(48000) / 16000)[None]
    assert music.features(clip).shape == (1, 128, 134) and music(clip).shape == (1, 128, 128)
    assert 2 < music(clip).max() < 3  # by power it would be above 4
    tones = {"window": 400, "hop": 240, "mels": 64, "frames": 64}
    front = build({"kind": "log10_mel", **tones})
    assert front.features(clip[:, :16000]).shape == (1, 64, 67)
    assert front(clip[:, :16000]).shape == (1, 64, 64)
    assert music.settings.window_function == "hamming"


# --- spectrum and back


def test_the_spectrum_is_that_of_the_frames_that_are_heard():
    ours, waves = front_end(), noise(2, 150)
    spectrum = ours.spectrum(waves)
    expected = np.stack([literal_spectrum(wave, SETTINGS) for wave in waves.numpy()])
    assert spectrum.shape == (2, 16, 9)
    np.testing.assert_allclose(spectrum.numpy(), expected[..., :9], atol=1e-6)
    mel = np.einsum("bk,ckf->cbf", literal_filters(SETTINGS), abs(expected))[..., :9]
    np.testing.assert_allclose(ours.mel(spectrum).numpy(), mel, rtol=1e-5, atol=1e-6)
    short = ours.spectrum(noise(1, 60))
    assert short.shape == (1, 16, 9) and not short[..., 5:].any() and short[..., 4].any()


@pytest.mark.parametrize("samples", [60, 117, 150], ids=["padded", "full", "cut"])
def test_mel_power_is_the_filters_sum_of_squares_on_the_networks_grid(samples):
    ours, waves = front_end(), noise(2, samples)
    found = ours.mel_power(waves)
    assert found.shape == (2, 7, 9) == ours(waves).shape
    expected = np.zeros((2, 7, 9))
    for clip, wave in enumerate(waves.numpy()):
        spectrum = literal_spectrum(wave, SETTINGS)
        for band, frame in np.ndindex(7, min(9, spectrum.shape[1])):
            for weight, value in zip(
                literal_filters(SETTINGS)[band], spectrum[:, frame], strict=True
            ):
                expected[clip, band, frame] += weight * (value.real**2 + value.imag**2)
    np.testing.assert_allclose(found.numpy(), expected, rtol=1e-5, atol=1e-6)


def test_powers_of_parts_that_do_not_cohere_add_up():
    time = np.arange(150) / SETTINGS.rate
    parts = np.stack([np.sin(2 * np.pi * f * time) for f in (400.0, 1600.0)])
    ours = front_end()
    apart = ours.mel_power(torch.from_numpy(parts)).sum(dim=0)
    whole = ours.mel_power(torch.from_numpy(parts.sum(axis=0, keepdims=True)))[0]
    inner = (apart - whole)[:, 1:-1]  # the edges are reflected, where both may cohere
    assert inner.abs().max() < 0.01 * whole.max()
    silent = ours.mel_power(torch.zeros(1, 150, dtype=torch.float64))
    assert not silent.any()


def literal_overlap_add(spectrum: np.ndarray, s: Log10MelSettings, samples: int) -> np.ndarray:
    """Equations 3.17 and 3.18, sample by sample up to the last frame's centre."""
    half, frames = s.window // 2, spectrum.shape[1]
    upper, lower = np.zeros((2, s.window + frames * s.hop))
    for frame in range(frames):
        segment = np.fft.irfft(spectrum[:, frame], s.window)
        for n in range(s.window):
            w = 0.54 - 0.46 * math.cos(2 * math.pi * n / s.window)
            upper[frame * s.hop + n] += segment[n] * w
            lower[frame * s.hop + n] += w * w
    out = np.zeros(samples)
    for n in range(min(samples, (frames - 1) * s.hop)):
        out[n] = upper[half + n] / lower[half + n]
    return out


@pytest.mark.parametrize("samples", [80, 104, 150])
def test_the_inverse_equals_overlap_add_of_a_changed_spectrum(samples):
    ours, waves = front_end(), noise(2, 150)
    changed = ours.spectrum(waves) * torch.linspace(0.2, 1.5, 9).double()
    found = ours.waveform(changed, samples)
    assert found.shape == (2, samples)
    for clip, sound in zip(changed.numpy(), found.numpy(), strict=True):
        expected = literal_overlap_add(clip, SETTINGS, samples)
        np.testing.assert_allclose(sound, expected, atol=1e-6)


@pytest.mark.parametrize("window_function", ["hamming", "hann"])
def test_an_unchanged_spectrum_gives_the_sound_back_within_the_frames(window_function):
    ours, waves = front_end(window_function=window_function), noise(3, 150)
    sound = ours.waveform(ours.spectrum(waves), 150)
    torch.testing.assert_close(sound[:, : 8 * 13], waves[:, : 8 * 13])
    assert sound.shape == (3, 150) and not sound[:, 8 * 13 :].any()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"window_function": "hamm"}, "no window_function 'hamm', expected hamming or hann"),
        ({"hop": 30}, "hop 30 must lie between 0 and the window, 30 samples"),
        ({"hop": 0}, "hop 0 must lie"),
        ({"high_hz": 2001.0}, r"50.0 to 2001.0 Hz do not fit below half the rate, 2000.0 Hz"),
        ({"low_hz": 1900.0}, "do not fit"),
        ({"low_hz": -1.0}, "do not fit"),
        ({"floor": 0.0}, "floor must be positive, not 0.0"),
    ],
)
def test_settings_that_cannot_be_are_refused(changes, message):
    with pytest.raises(InputError, match=f"front end 'log10_mel'.*{message}"):
        build({"kind": "log10_mel", **vars(SETTINGS), **changes})


def test_the_ends_of_what_is_possible_are_taken():
    edge = {"hop": 29, "low_hz": 0.0, "high_hz": 2000.0}
    assert (
        build({"kind": "log10_mel", **vars(SETTINGS), **edge})(noise(1, 90).float()).shape[1] == 7
    )
