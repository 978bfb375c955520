"""Axes of pictures: a tone is seen in the row where the axis says that its frequency is."""

import numpy as np
import pytest
import torch

from tonotopy.frontends.registry import build
from tonotopy.frontends.spectrograms import SEGMENT, picture, spectrogram, width
from tonotopy.frontends.ticks import linear_ticks, ticks, ticks_of_bands

FRONT_ENDS = [
    {"kind": "log_mel", "rate": 16000, "mels": 96, "frames": 100},
    {"kind": "log10_mel", "low_hz": 60.0, "high_hz": 7000.0, "mels": 100, "frames": 44},
    {"kind": "kaldi", "frames": 98},
    {"kind": "vggish"},
    {"kind": "panns", "rate": 32000},
    {"kind": "efficientat"},
    {"kind": "waveform", "rate": 8000},
    {"kind": "waveform", "rate": 44100},
]


def tone(hz, rate, seconds=1.0):
    return 0.5 * torch.sin(2 * torch.pi * hz * torch.arange(round(rate * seconds)) / rate)


@pytest.mark.parametrize("settings", FRONT_ENDS, ids=lambda s: f"{s['kind']}-{s.get('rate', '')}")
def test_tones_lie_where_the_axis_has_their_frequency(settings):
    front_end = build(settings)
    rate = front_end.settings.rate
    axis = ticks(front_end)
    assert 4 <= len(axis) <= 6
    for hz, height in axis:
        assert 0 <= height <= 1
        if hz < 150 or hz > 0.45 * rate:
            continue  # bands are narrower than the transform's bins, or cut off
        seen = picture(front_end, tone(hz, rate))
        middle = seen[:, seen.shape[1] // 4 : 3 * seen.shape[1] // 4].mean(axis=1)
        assert abs((middle.argmax() + 0.5) / len(middle) - height) < 1.6 / len(middle), hz


@pytest.mark.parametrize("rate", [800, 4000, 8000, 14000, 22050, 44100, 48000, 192000])
def test_linear_axes_are_even_and_round(rate):
    axis = linear_ticks(rate)
    assert 4 <= len(axis) <= 6
    frequencies = [hz for hz, _ in axis]
    assert len(set(np.diff(frequencies))) == 1
    assert all(float(f"{hz:.1g}") == hz or float(f"{hz:.2g}") == hz for hz in frequencies)
    for hz, height in axis:
        assert height == pytest.approx((hz / (rate / 2) * 128 + 0.5) / 129, abs=1e-4)


@pytest.mark.parametrize("low, high, bands", [(27.5, 14080, 109), (220, 3520, 49), (20, 20000, 9)])
def test_bands_of_equal_ratios(low, high, bands):
    centres = np.geomspace(low, high, bands)
    axis = ticks_of_bands(centres)
    assert 4 <= len(axis) <= 6
    frequencies, heights = np.array(axis).T
    assert (np.diff(heights) >= 0.069).all() and (frequencies >= low).all()
    assert all(float(f"{hz:.1g}") == hz for hz in frequencies)
    exact = (np.log(frequencies / low) / np.log(high / low) * (bands - 1) + 0.5) / bands
    # between centres the axis is straight in Hz
    assert abs(heights - exact).max() < (0.2 if bands > 20 else 0.6) / bands


def test_rows_that_are_repeated_at_the_edges_shift_the_axis():
    centres = np.linspace(150, 1000, 35)
    padded = np.concatenate([centres[[0, 0]], centres, centres[[-1]]])
    assert [hz for hz, _ in ticks_of_bands(padded)] == [200, 300, 500, 700, 1000]
    for hz, height in ticks_of_bands(padded):
        if hz < 1000:
            assert height == pytest.approx(((hz - 150) / 25 + 2.5) / 38, abs=1e-4)


def test_where_there_are_no_frequencies_there_are_no_ticks():
    assert ticks(build({"kind": "picture"})) == []
    assert ticks_of_bands(np.array([440.5])) == []
    assert ticks_of_bands(np.array([440.0])) == [[440.0, 0.5]]


# --- pictures


def test_pictures_are_what_the_network_is_given():
    sound = torch.from_numpy(np.random.default_rng(0).normal(0, 0.1, 32000)).float()
    mel = build({"kind": "log10_mel", "frames": 80})
    np.testing.assert_array_equal(picture(mel, sound), mel(sound[None])[0].numpy())
    patches = build({"kind": "vggish"})
    given = patches(sound[None])[0].numpy()  # (chunks, frames, mels)
    seen = picture(patches, sound)
    assert given.shape == (2, 96, 64) and seen.shape == (64, 192)
    for chunk, frame in ((0, 0), (0, 95), (1, 0), (1, 7)):
        np.testing.assert_array_equal(seen[:, 96 * chunk + frame], given[chunk, frame])
    raw = build({"kind": "waveform", "rate": 16000})
    np.testing.assert_array_equal(picture(raw, sound), spectrogram(sound.numpy()))
    assert picture(raw, sound).shape[0] == SEGMENT // 2 + 1


def test_widths_are_those_of_the_frames():
    assert width(build({"kind": "log10_mel"}), 128, 0) == 128 * 360 / 16000
    assert width(build({"kind": "kaldi"}), 98, 16000) == pytest.approx(0.98)
    assert width(build({"kind": "waveform", "rate": 8000}), 63, 4000) == 0.5
