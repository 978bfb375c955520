"""The front end against its definition, written out in float64."""

import math

import numpy as np
import pytest
import torch

from tonotopy.frontends.log_mel import LogMel, LogMelSettings, statistics

SETTINGS = LogMelSettings(rate=8000, n_fft=256, hop_ms=10, mels=20, frames=12, mean=-3.0, std=2.0)


def literal_log_mel(wave: np.ndarray, s: LogMelSettings) -> np.ndarray:
    """Frame by frame, bin by bin: reflected edges, periodic Hann, power, HTK triangles, log."""
    window_length, hop = round(s.rate * s.window_ms / 1000), round(s.rate * s.hop_ms / 1000)
    padded = np.pad(wave.astype(np.float64), s.n_fft // 2, mode="reflect")
    window = np.zeros(s.n_fft)
    start = (s.n_fft - window_length) // 2
    for n in range(window_length):
        window[start + n] = 0.5 - 0.5 * math.cos(2 * math.pi * n / window_length)
    top = 2595 * math.log10(1 + s.rate / 2 / 700)
    edges = [700 * (10 ** (m * top / (s.mels + 1) / 2595) - 1) for m in range(s.mels + 2)]
    out = np.zeros((s.mels, s.frames))
    for frame in range(s.frames):
        part = padded[frame * hop : frame * hop + s.n_fft] * window
        power = np.abs(np.fft.rfft(part)) ** 2
        for band in range(s.mels):
            low, centre, high = edges[band : band + 3]
            total = 0.0
            for k, p in enumerate(power):
                f = k * s.rate / s.n_fft
                total += p * max(0.0, min((f - low) / (centre - low), (high - f) / (high - centre)))
            out[band, frame] = math.log(total + s.floor)
    return out


def test_log_mel_equals_its_definition():
    wave = np.random.default_rng(0).normal(0, 0.1, LogMel(SETTINGS).samples)
    found = LogMel(SETTINGS).double().log_mel(torch.from_numpy(wave)[None])[0].numpy()
    assert found.shape == (20, 12)
    np.testing.assert_allclose(found, literal_log_mel(wave, SETTINGS), rtol=1e-4, atol=1e-4)


def test_normalisation_is_by_twice_the_standard_deviation():
    front_end = LogMel(SETTINGS)
    wave = torch.randn(2, front_end.samples)
    expected = (front_end.log_mel(wave) + 3.0) / 4.0
    torch.testing.assert_close(front_end(wave), expected)


def test_short_clips_are_padded_with_silence_on_the_right_and_long_ones_cut():
    front_end = LogMel(SETTINGS)
    wave = torch.randn(1, front_end.samples)
    short, long = wave[:, :400], torch.cat([wave, torch.randn(1, 500)], dim=1)
    padded = torch.cat([short, torch.zeros(1, front_end.samples - 400)], dim=1)
    torch.testing.assert_close(front_end(short), front_end(padded))
    torch.testing.assert_close(front_end(long), front_end(wave))
    silent = front_end.log_mel(short)[0, :, -1]
    torch.testing.assert_close(silent, torch.full((20,), math.log(SETTINGS.floor)))


def test_mel_power_inverts_the_logarithm_and_normalisation():
    front_end = LogMel(SETTINGS)
    wave = torch.randn(2, front_end.samples)
    torch.testing.assert_close(
        front_end.mel_power(front_end(wave)), front_end.mel(wave), rtol=1e-3, atol=1e-5
    )


def test_the_printed_sizes_of_study_2():
    front_end = LogMel(LogMelSettings())
    assert front_end.hop == 225
    assert front_end(torch.zeros(1, 10)).shape == (1, 128, 1024)


def test_one_clip_at_a_time_equals_the_batch_in_one_piece():
    front_end, waves = LogMel(SETTINGS), torch.randn(3, LogMel(SETTINGS).samples)
    torch.testing.assert_close(front_end.mel(waves), front_end._mel(waves).transpose(1, 2))


def test_statistics_equal_numpy_over_all_values_and_ignore_batching():
    front_end, waves = LogMel(SETTINGS), torch.randn(7, 2000)
    log_mel = front_end.log_mel(waves)
    mean, std = statistics(log_mel.split(3))
    values = log_mel.double().numpy()
    assert mean == pytest.approx(values.mean(), abs=1e-6)
    assert std == pytest.approx(values.std(), abs=1e-6)


def test_bad_input_is_refused():
    with pytest.raises(ValueError, match="no clips"):
        statistics([])
    with pytest.raises(ValueError, match="clips, samples"):
        LogMel(SETTINGS)(torch.zeros(5))
    with pytest.raises(ValueError, match="positive"):
        LogMel(LogMelSettings(std=0.0))
