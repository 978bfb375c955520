"""The controls of the residual study: equal spectra, other phases, by sums over samples."""

import cmath
import math

import numpy as np
import pytest

from tonotopy.seeding import generator
from tonotopy.sonification.residuals import filtered_like
from tonotopy.surrogates import phase_randomised

RNG = np.random.default_rng(2)


def spectrum_of(sound):
    """The discrete Fourier transform, one sum for each frequency up to half of the rate."""
    size = len(sound)
    return [
        sum(x * cmath.exp(-2j * math.pi * k * n / size) for n, x in enumerate(sound))
        for k in range(size // 2 + 1)
    ]


def sound_of(spectrum, size):
    """Its inverse: real parts of the frequencies, those below half of the rate twice."""
    sound = []
    for n in range(size):
        total = spectrum[0].real
        for k in range(1, len(spectrum)):
            twice = 1 if 2 * k == size else 2
            total += twice * (spectrum[k] * cmath.exp(2j * math.pi * k * n / size)).real
        sound.append(total / size)
    return sound


@pytest.mark.parametrize("samples", [24, 25])
@pytest.mark.parametrize("kind", [np.float32, np.float64])
def test_random_phases_keep_the_spectrum(samples, kind):
    sounds = (RNG.normal(size=(2, 3, samples)) + 0.3).astype(kind)
    kept = sounds.copy()
    found = phase_randomised(sounds, generator(0, "phases"))
    assert found.shape == sounds.shape and found.dtype == kind
    np.testing.assert_array_equal(sounds, kept)
    for place in np.ndindex(2, 3):
        before, after = (spectrum_of(x[place].tolist()) for x in (sounds, found))
        np.testing.assert_allclose(np.abs(after), np.abs(before), rtol=1e-4, atol=1e-4)
        assert after[0].real == pytest.approx(before[0].real, abs=1e-4)  # the mean stays
        turned = np.angle(np.array(after)[1:-1] / np.array(before)[1:-1])
        assert len(np.unique(turned.round(3))) > 8 and np.abs(turned).max() > 1.5
        if samples % 2 == 0:
            assert after[-1].real == pytest.approx(before[-1].real, abs=1e-4)


def test_phases_are_those_of_the_generator_and_of_each_sound():
    same = np.tile(RNG.normal(size=40), (2, 1))
    found = phase_randomised(same, generator(1, "phases"))
    np.testing.assert_array_equal(found, phase_randomised(same, generator(1, "phases")))
    assert not np.allclose(found[0], found[1])
    assert not np.allclose(found, phase_randomised(same, generator(2, "phases")))


@pytest.mark.parametrize("samples", [18, 19])
def test_a_filter_has_the_spectrum_of_others_and_its_own_phases(samples):
    sounds, others = RNG.normal(size=(2, 4, samples)), RNG.normal(size=(2, 4, samples)) - 0.2
    found = filtered_like(sounds.astype(np.float32), others)
    assert found.dtype == np.float32
    found = filtered_like(sounds, others)
    assert found.dtype == np.float64
    for place in np.ndindex(2, 4):
        own, theirs = (spectrum_of(x[place].tolist()) for x in (sounds, others))
        mixed = [abs(t) * cmath.exp(1j * cmath.phase(o)) for o, t in zip(own, theirs, strict=True)]
        np.testing.assert_allclose(found[place], sound_of(mixed, samples), atol=1e-10)


def test_a_filter_by_its_own_spectrum_does_nothing_and_silence_has_phase_0():
    sounds = RNG.normal(size=(3, 20))
    np.testing.assert_allclose(filtered_like(sounds, sounds), sounds, atol=1e-12)
    found = filtered_like(np.zeros((1, 20)), sounds[:1])
    expected = sound_of([complex(abs(x)) for x in spectrum_of(sounds[0].tolist())], 20)
    np.testing.assert_allclose(found[0], expected, atol=1e-12)
    assert not filtered_like(sounds, np.zeros_like(sounds)).any()
