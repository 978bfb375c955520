"""Tones and complexes: their partials, loudness, and levels near semitones."""

import numpy as np
import pytest

from tonotopy.partials.stimuli import (
    COMPLEXES,
    FLOOR,
    RMS,
    TOP,
    audible,
    hertz,
    levels,
    midi,
    partials,
    sounds,
)

RATE = 8000


def expected(kind, f0):
    """Partial -> amplitude, one after the other."""
    found, number = {}, 1
    while number * f0 <= TOP * RATE:
        amplitude = {"tone": float(number == 1), "flat": 1.0}.get(kind, 1 / number)
        if kind == "odd" and number % 2 == 0:
            amplitude = 0
        if kind == "missing" and number == 1:
            amplitude = 0
        if amplitude:
            found[number * f0] = amplitude
        number += 1
    return found


def test_semitones_and_hertz():
    assert hertz(69) == 440 and hertz(81) == 880 and hertz(60) == pytest.approx(261.6256)
    assert np.allclose(midi(hertz(np.arange(20, 120))), np.arange(20, 120))


def test_semitones_that_can_be_heard():
    found = audible(40, 116, RATE)
    assert found[0] == 40 and hertz(found[-1]) <= TOP * RATE < hertz(found[-1] + 1)
    assert audible(36, 100, 48000).tolist() == list(range(36, 101))


@pytest.mark.parametrize("kind", ["tone", *COMPLEXES])
def test_partials_are_those_of_their_kind(kind):
    semitones = np.array([40, 61, 84])
    about = partials(kind, semitones, RATE)
    for row, semitone in enumerate(semitones):
        wanted = expected(kind, hertz(semitone))
        own = about.powers[row] > 0
        assert np.allclose(about.frequencies[row, own], list(wanted))
        squares = np.array(list(wanted.values())) ** 2
        assert np.allclose(about.powers[row, own], squares / squares.sum())


@pytest.mark.parametrize("kind", ["tone", *COMPLEXES])
def test_sounds_have_these_partials_and_no_others(kind):
    semitones, seconds = np.array([45, 57, 69]), 2.0  # 110, 220 and 440 Hz: whole periods
    about = partials(kind, semitones, RATE)
    made = sounds(about, seconds, RATE, 3, kind)
    assert made.shape == (3, 16000) and made.dtype == np.float32 and np.abs(made).max() < 1
    middle = made[:, 4000:12000].astype(float)  # 1 s without fades
    assert np.allclose(np.sqrt((middle**2).mean(axis=1)), RMS, rtol=2e-3)
    powers = np.abs(np.fft.rfft(middle)) ** 2
    for row, semitone in enumerate(semitones):
        wanted = expected(kind, round(float(hertz(semitone))))
        total = sum(a**2 for a in wanted.values())
        share = powers[row] / powers[row].sum()
        bins = [int(frequency) for frequency in wanted]
        assert np.allclose(share[bins], [a**2 / total for a in wanted.values()], atol=1e-5)
        assert 1 - share[bins].sum() < 1e-5


def test_sounds_fade_and_phases_belong_to_seed_and_name():
    about = partials("harmonic", np.array([50, 62]), RATE)
    made = sounds(about, 0.3, RATE, 3, "harmonic")
    assert np.abs(made[:, [0, -1]]).max() < 0.02 and np.abs(made[:, 79:-79]).max() > 0.1
    assert np.array_equal(made, sounds(about, 0.3, RATE, 3, "harmonic"))
    assert not np.allclose(made, sounds(about, 0.3, RATE, 4, "harmonic"))
    assert not np.allclose(made, sounds(about, 0.3, RATE, 3, "odd"))


def test_peaks_stay_below_full_scale():
    about = partials("flat", np.array([36]), 200000)  # hundreds of partials
    made = sounds(about, 0.05, 200000, 0, "flat")
    assert np.abs(made).max() < 1


@pytest.mark.parametrize("kind", COMPLEXES)
def test_levels_are_sums_of_powers_weighed_by_a_bell(kind):
    f0s, bands = np.array([41, 58, 80]), np.array([40, 58, 70, 71, 99])
    found = levels(partials(kind, f0s, RATE), bands)
    assert found.shape == (3, 5)
    for row, f0 in enumerate(f0s):
        wanted = expected(kind, hertz(f0))
        total = sum(a**2 for a in wanted.values())
        for column, band in enumerate(bands):
            power = sum(
                a**2 / total * 0.5 ** ((12 * np.log2(f / hertz(band))) ** 2)
                for f, a in wanted.items()
            )
            level = 10 * np.log10(max(power, 10 ** (FLOOR / 10)))
            assert found[row, column] == pytest.approx(level)


def test_levels_of_a_tone_fall_to_half_a_semitone_away():
    found = levels(partials("tone", np.array([60]), RATE), np.array([57, 59, 60, 61, 72]))[0]
    half = 10 * np.log10(0.5)
    assert np.allclose(found, [9 * half, half, 0, half, FLOOR])


def test_what_cannot_be_made_is_refused():
    with pytest.raises(ValueError, match="^no stimulus 'square'$"):
        partials("square", np.array([60]), RATE)
    told = "a stimulus 'missing' has no partial below 0.45 of 8000 Hz"
    with pytest.raises(ValueError, match=told):
        partials("missing", np.array([60, 100]), RATE)
