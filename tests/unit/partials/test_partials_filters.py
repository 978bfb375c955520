"""Concentrations and their limits against dense matrices; first-layer filters of networks."""

import numpy as np
import pytest
import torch
from scipy.signal.windows import dpss
from torch import nn
from torch.nn.utils import weight_norm

from tonotopy.partials.filters import (
    concentrations,
    limits,
    random_filters,
    sincs,
    third_octaves,
)
from tonotopy.partials.first_layer import first_filters


def dense(low, high, taps, rate):
    """The band's Toeplitz matrix, entry by entry: the integral of a cosine over the band."""
    matrix = np.empty((taps, taps))
    for m in range(taps):
        for n in range(taps):
            if m == n:
                matrix[m, n] = 2 * (high - low) / rate
            else:
                t = np.pi * (m - n)
                high_part, low_part = (np.sin(2 * t * edge / rate) for edge in (high, low))
                matrix[m, n] = (high_part - low_part) / t
    return matrix


@pytest.mark.parametrize("rate", [16000, 24000, 8000, 22050])
def test_bands_are_thirds_of_octaves_around_440(rate):
    centres, edges = third_octaves(rate)
    assert np.isclose(centres, 440).sum() == 1
    assert centres[0] >= 50 > centres[0] / 2 ** (1 / 3)
    assert centres[-1] < rate / 2 <= centres[-1] * 2 ** (1 / 3) * (1 + 1e-9)
    assert np.allclose(centres[1:] / centres[:-1], 2 ** (1 / 3))
    assert np.allclose(edges[0], centres / 2 ** (1 / 6))
    assert np.allclose(edges[1], [min(c * 2 ** (1 / 6), rate / 2) for c in centres])
    assert edges.max() <= rate / 2


def test_a_rate_without_bands_is_refused():
    with pytest.raises(ValueError, match="a rate of 90 Hz has no third of an octave from 50 Hz on"):
        third_octaves(90)


def test_concentrations_are_quadratic_forms_over_energies():
    rng = np.random.default_rng(0)
    filters, rate = rng.normal(size=(5, 13)), 9000
    found = concentrations(filters, rate)
    centres, edges = third_octaves(rate)
    assert found.shape == (5, len(centres))
    for row, h in enumerate(filters):
        for band in range(len(centres)):
            matrix = dense(edges[0, band], edges[1, band], 13, rate)
            assert found[row, band] == pytest.approx(h @ matrix @ h / (h @ h), abs=1e-12)


def test_filters_of_nothing_have_no_concentration_and_the_scale_does_not_matter():
    rng = np.random.default_rng(1)
    filters = np.array([np.zeros(9), *rng.normal(size=(2, 9))])
    found = concentrations(filters, 16000)
    assert np.isnan(found[0]).all() and not np.isnan(found[1:]).any()
    assert np.allclose(concentrations(-7 * filters, 16000)[1:], found[1:])


def test_a_long_tone_lies_in_its_band():
    time = np.arange(4096) / 16000
    found = concentrations(np.sin(2 * np.pi * 880 * time)[None], 16000)[0]
    assert third_octaves(16000)[0][found.argmax()] == pytest.approx(880) and found.max() > 0.99


@pytest.mark.parametrize("taps", [1, 3, 24, 150])
def test_limits_are_the_largest_eigenvalues(taps):
    rate = 11000
    found, (centres, edges) = limits(taps, rate), third_octaves(rate)
    for band in range(0, len(centres), 1 if taps < 100 else 6):
        matrix = dense(edges[0, band], edges[1, band], taps, rate)
        assert found[band] == pytest.approx(np.linalg.eigvalsh(matrix)[-1], abs=1e-6)


def test_known_limits_of_lengths_at_16_khz():
    at = {taps: limits(taps, 16000) for taps in (3, 7, 64, 512)}
    a4 = int(np.isclose(third_octaves(16000)[0], 440).argmax())
    assert at[3].max() <= 0.57 and at[3][a4] == pytest.approx(0.04, abs=0.005)
    assert at[7].max() <= 0.92 and at[7][a4] == pytest.approx(0.08, abs=0.005)
    assert at[64][a4] == pytest.approx(0.43, abs=0.02)
    assert at[512][a4] == pytest.approx(1.0, abs=0.005)


def test_no_filter_is_above_the_limit_and_the_best_one_reaches_it():
    rate, taps = 16000, 40
    filters = random_filters(200, taps, np.random.default_rng(2))
    assert (concentrations(filters, rate) <= limits(taps, rate) + 1e-12).all()
    edges = third_octaves(rate)[1]
    matrix = dense(*edges[:, -1], taps, rate)
    best = np.linalg.eigh(matrix)[1][:, -1]
    assert concentrations(best[None], rate)[0, -1] == pytest.approx(limits(taps, rate)[-1])
    # the optimum of a low-pass band is the discrete prolate spheroidal sequence (Slepian 1978)
    share = 2 * edges[1, 0] / rate
    low = sincs(np.array([[0.0], [edges[1, 0]]]), taps, rate)[0]
    taper = dpss(taps, share * taps / 2)
    lags = np.abs(np.subtract.outer(np.arange(taps), np.arange(taps)))
    assert taper @ low[lags] @ taper / (taper @ taper) == pytest.approx(
        np.linalg.eigvalsh(low[lags])[-1]
    )


def test_random_filters_are_white():
    filters = random_filters(3000, 6, np.random.default_rng(3))
    assert filters.shape == (3000, 6)
    assert np.allclose(np.cov(filters.T), np.eye(6), atol=0.1)


# --- filters of networks


class Later(nn.Module):
    """A convolution over one channel that is not the first, and one over two channels that is."""

    def __init__(self, first):
        super().__init__()
        self.stereo = nn.Conv1d(2, 3, 5)
        self.first = first
        self.second = nn.Conv1d(1, 7, 4)


def test_the_first_convolution_over_one_channel_is_found():
    torch.manual_seed(0)
    first = nn.Conv1d(1, 4, 6)
    found = first_filters(Later(first))
    assert found.shape == (4, 6) and found.dtype == np.float64
    assert np.allclose(found, first.weight.detach()[:, 0])
    flat = nn.Conv2d(1, 5, (1, 3))
    assert np.allclose(first_filters(Later(flat)), flat.weight.detach()[:, 0, 0])
    picture = nn.Conv2d(1, 5, (3, 3))
    assert first_filters(Later(picture)).shape == (7, 4)  # pictures are no waveforms
    assert first_filters(nn.Sequential(nn.Linear(3, 3), nn.Conv1d(2, 2, 2))) is None


def test_weights_are_those_that_are_computed_with():
    torch.manual_seed(1)
    old = weight_norm(nn.Conv1d(1, 4, 6))
    with torch.no_grad():
        old.weight_g.mul_(3)  # the attribute is out of date now
    new = nn.utils.parametrizations.weight_norm(nn.Conv1d(1, 4, 6))
    with torch.no_grad():
        new.parametrizations.weight.original0.mul_(5)
    impulse = torch.zeros(1, 1, 11)
    impulse[0, 0, 5] = 1
    for module in (old, new):
        found = first_filters(Later(module))
        with torch.no_grad():
            heard = (module(impulse) - module.bias[:, None])[0].flip(1)
        assert np.allclose(found, heard, atol=1e-6)
