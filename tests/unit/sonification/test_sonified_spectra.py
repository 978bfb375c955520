"""Coherence and spectra of sonifications against scipy clip by clip, and known signals."""

import math

import numpy as np
import pytest
from scipy.signal import coherence, welch

from tonotopy.sonification.spectra import flatness, high_share, mean_top_coherence, power_spectrum

RNG = np.random.default_rng(0)
SHARED = RNG.normal(size=(3, 2, 700))
FIRST = SHARED + RNG.normal(size=SHARED.shape)
SECOND = np.cumsum(SHARED, axis=-1) + 2 * RNG.normal(size=SHARED.shape)


@pytest.mark.parametrize(("segment", "strongest"), [(64, 1), (64, 5), (128, 7), (50, 26)])
def test_coherence_is_scipys_clip_by_clip(segment, strongest):
    found = mean_top_coherence(FIRST, SECOND, segment, strongest)
    assert found.shape == (3, 2)
    for place in np.ndindex(3, 2):
        values = coherence(FIRST[place], SECOND[place], nperseg=segment)[1]
        expected = sum(sorted(values, reverse=True)[:strongest]) / strongest
        assert found[place] == pytest.approx(expected, rel=1e-12)
    assert found.min() > 0.1 and found.max() < 1


def test_coherence_of_single_precision_is_computed_in_double():
    first, second = FIRST.astype(np.float32), SECOND.astype(np.float32)
    wide = mean_top_coherence(first.astype(float), second.astype(float), 64, 5)
    np.testing.assert_array_equal(mean_top_coherence(first, second, 64, 5), wide)


def test_coherence_is_blind_to_gain_and_0_for_silence():
    expected = mean_top_coherence(FIRST, SECOND, 64, 5)
    np.testing.assert_allclose(mean_top_coherence(-3 * FIRST, 0.1 * SECOND, 64, 5), expected)
    silent = FIRST.copy()
    silent[1, 0] = 0
    for pair in ((silent, SECOND), (SECOND, silent)):
        found = mean_top_coherence(*pair, 64, 5)
        assert found[1, 0] == 0 and np.isfinite(found).all()
    np.testing.assert_allclose(mean_top_coherence(FIRST, FIRST, 64, 5), 1)


def test_power_is_welchs_clip_by_clip():
    found = power_spectrum(FIRST.astype(np.float32), 64)
    assert found.shape == (3, 2, 33) and found.dtype == np.float64
    for place in np.ndindex(3, 2):
        expected = welch(FIRST[place].astype(np.float32).astype(float), nperseg=64)[1]
        np.testing.assert_allclose(found[place], expected, rtol=1e-12)


def test_flatness_is_the_geometric_over_the_arithmetic_mean():
    spectrum = np.array([[1.0, 4.0, 2.0], [3.0, 3.0, 3.0], [8.0, 1.0, 1.0]])
    expected = [math.prod(row) ** (1 / 3) / (sum(row) / 3) for row in spectrum.tolist()]
    np.testing.assert_allclose(flatness(spectrum), expected, rtol=1e-12)
    np.testing.assert_allclose(flatness(1e-9 * spectrum), expected, rtol=1e-9)
    np.testing.assert_allclose(flatness(spectrum[None]), [expected])


def test_noise_is_flat_a_tone_is_not_silence_is_neither():
    noise = RNG.normal(size=20000)
    tone = np.sin(0.7 * np.arange(20000))
    values = flatness(power_spectrum(np.stack([noise, tone, 0 * noise]), 128))
    assert 0.95 < values[0] <= 1 and values[1] < 0.01 and np.isnan(values[2])
    assert 0 < flatness(np.array([0.0, 1.0, 0.0])) < 1e-9  # empty bins are no error


@pytest.mark.parametrize(("bins", "first_high"), [(5, 2), (4, 2), (129, 64)])
def test_high_share_is_a_sum_over_bins_from_the_middle_on(bins, first_high):
    spectrum = RNG.random((2, 3, bins))
    found = high_share(spectrum)
    for place in np.ndindex(2, 3):
        row = spectrum[place].tolist()
        assert found[place] == pytest.approx(sum(row[first_high:]) / sum(row))
    spectrum[1, 2] = 0
    assert np.isnan(high_share(spectrum)).sum() == 1


def test_high_tones_are_high():
    time = np.arange(4000)
    tones = np.sin(2 * np.pi * np.array([[0.1], [0.4]]) * time)  # a quarter of the rate between
    low, high = high_share(power_spectrum(tones, 256))
    assert low < 0.01 and high > 0.99
