"""Loudness against ITU-R BS.1770-4 written out, and sounds brought to one loudness."""

import math

import numpy as np
import pytest
import torch
from scipy.signal import sosfilt

from tonotopy.frontends import loudness as module
from tonotopy.frontends.loudness import equally_loud, loudness

RATE = 48000  # that the standard prints its filters for
SHELF = (
    (1.53512485958697, -2.69169618940638, 1.19839281085285),
    (
        -1.69065929318241,
        0.73248077421585,
    ),
)
PASS = ((1.0, -2.0, 1.0), (-1.99004745483398, 0.99007225036621))


def filtered(samples, numerator, denominator):
    """A filter of second order, sample by sample."""
    (b0, b1, b2), (a1, a2) = numerator, denominator
    out, x1, x2, y1, y2 = np.zeros(len(samples)), 0.0, 0.0, 0.0, 0.0
    for n, x in enumerate(samples):
        y = b0 * x + b1 * x1 + b2 * x2 - a1 * y1 - a2 * y2
        x1, x2, y1, y2 = x, x1, y, y1
        out[n] = y
    return out


def literal_loudness(samples, rate=RATE):
    """K-weighted power of blocks of 0.4 s that overlap by three quarters, gated twice."""
    weighted = filtered(filtered(samples, *SHELF), *PASS)
    block, step = round(0.4 * rate), round(0.1 * rate)
    powers = [
        (weighted[start : start + block] ** 2).mean()
        for start in range(0, len(samples) - block + 1, step)
    ]

    def level(power):
        return -0.691 + 10 * math.log10(power) if power > 0 else -math.inf

    heard = [power for power in powers if level(power) > -70]
    if not heard:
        return -math.inf
    gate = level(np.mean(heard)) - 10
    return level(np.mean([power for power in heard if level(power) > gate]))


def tone(hertz, seconds, rate=RATE, amplitude=0.5):
    return amplitude * np.sin(2 * np.pi * hertz * np.arange(round(seconds * rate)) / rate)


def test_loudness_equals_the_standard():
    rng = np.random.default_rng(0)
    length = round(1.3 * RATE)
    gated = np.concatenate([tone(500, 0.7), 0.001 * rng.normal(size=length - round(0.7 * RATE))])
    sounds = np.stack([tone(997, 1.3, amplitude=1.0), 0.1 * rng.normal(size=length), gated])
    found = loudness(torch.from_numpy(sounds), RATE)
    expected = [literal_loudness(sound) for sound in sounds]
    np.testing.assert_allclose(found, expected, atol=1e-6)
    assert found[0].item() == pytest.approx(-3.01, abs=0.005)  # as the standard has it
    single = loudness(torch.from_numpy(sounds).float(), RATE)
    assert single.dtype == torch.float32
    np.testing.assert_allclose(single, expected, atol=1e-4)


@pytest.mark.parametrize("rate", [16000, 22500, 44100])
def test_at_other_rates_a_sound_is_as_loud(rate):
    for hertz in (40, 150, 1000, 2500):  # far above, bilinear transforms are warped
        found, known = (
            loudness(torch.from_numpy(tone(hertz, 1.0, r)[None]), r).item() for r in (rate, RATE)
        )
        assert found == pytest.approx(known, abs=0.2), hertz
    sections = module._weighting(RATE)
    np.testing.assert_allclose(sections[:, :3], [SHELF[0], PASS[0]], rtol=1e-9)
    np.testing.assert_allclose(sections[:, 4:], [SHELF[1], PASS[1]], rtol=1e-9)


@pytest.mark.parametrize("rate", [4000, 16000])
def test_short_sounds_are_repeated(rate):
    sounds = torch.from_numpy(np.stack([tone(f, 0.15, rate) for f in (500, 900)]))  # 0.15 s
    whole = sounds.repeat(1, 3)  # 0.45 s, the first multiple of 0.4 s and more
    torch.testing.assert_close(loudness(sounds, rate), loudness(whole, rate))
    assert torch.isfinite(loudness(sounds, rate)).all()


def test_a_sound_of_just_the_blocks_length_is_not_repeated(monkeypatch):
    lengths = []

    def told(sections, sounds):
        lengths.append(sounds.shape)
        return sosfilt(sections, sounds)

    monkeypatch.setattr(module, "sosfilt", told)
    for samples in (1599, 1600, 1601, 533, 534):
        loudness(torch.zeros(1, samples), 4000)
    assert [length[1] for length in lengths] == [2 * 1599, 1600, 1601, 4 * 533, 3 * 534]


def test_what_is_below_the_gates_is_not_measured():
    level = loudness(torch.from_numpy(tone(997, 0.6)[None]), RATE).item()
    assert level == pytest.approx(-9.03, abs=0.05)
    gains = [10 ** ((-70 + off - level) / 20) for off in (0.1, -0.1)] + [0.0]
    sounds = torch.from_numpy(np.stack([tone(997, 0.6) * gain for gain in gains]))
    found = loudness(sounds, RATE)
    assert found[0] == pytest.approx(-69.9, abs=0.01)
    assert found[1:].tolist() == [-math.inf, -math.inf]
    # parts of a sound: the second gate is 10 LU below the mean of what passes the first
    for drop in (9.0, 12.3, 13.2, 20.0):
        sound = np.concatenate([tone(997, 1), tone(997, 1) * 10 ** (-drop / 20)])[None]
        expected = literal_loudness(sound[0])
        assert loudness(torch.from_numpy(sound), RATE).item() == pytest.approx(expected, abs=1e-6)
        assert (expected < level - 1.5) == (drop < 13)


def test_loud_sounds_are_not_cut_off_by_the_filters():
    """The shelf lifts high tones by 4 dB, far above full scale."""
    quiet, loud = (torch.from_numpy(tone(9000, 0.5, amplitude=a)[None]) for a in (0.1, 1.0))
    assert (loudness(loud, RATE) - loudness(quiet, RATE)).item() == pytest.approx(20, abs=1e-6)


def various():
    rng = np.random.default_rng(1)
    burst = np.zeros(8000)
    burst[3000:3400] = rng.normal(size=400) * 0.2
    burst *= -np.sign(burst[abs(burst).argmax()])  # its peak is negative
    noise, low = 0.05 * rng.normal(size=8000), tone(200, 1.0, 8000, 0.9)
    return torch.from_numpy(np.stack([burst, noise, np.zeros(8000), low, -noise * 3])).float()


def test_sounds_are_equally_loud_and_none_clips():
    sounds = various()
    levelled = equally_loud(sounds, 8000)
    assert levelled.shape == sounds.shape and levelled.dtype == torch.float32
    heard = torch.tensor([0, 1, 3, 4])
    levels = loudness(levelled[heard], 8000)
    assert levels.max() - levels.min() < 1e-3 and torch.isfinite(levels).all()
    assert levelled.abs().max().item() == pytest.approx(0.99, abs=1e-6)
    assert levelled[0].abs().max() == levelled.abs().max()  # the burst has the highest peak
    assert not levelled[2].any()
    for before, after in zip(sounds[heard], levelled[heard], strict=True):
        gain = (after @ before) / (before @ before)
        torch.testing.assert_close(after, gain * before)
        assert gain > 0
    assert loudness(sounds[heard], 8000).std() > 3
    torch.testing.assert_close(equally_loud(sounds, 8000, peak=0.5), levelled * 0.5 / 0.99)


def test_gains_are_those_of_the_loudness():
    sounds = various()[[1, 3]]
    levels = loudness(sounds.double(), 8000)
    raised = sounds.double() * 10 ** (-levels / 20)[:, None]
    expected = raised * 0.99 / raised.abs().max()
    torch.testing.assert_close(equally_loud(sounds, 8000), expected.float(), rtol=1e-4, atol=1e-6)


def test_silence_and_what_is_quieter_than_the_gate_stay_as_they_are():
    silent = torch.zeros(2, 4000)
    assert torch.equal(equally_loud(silent, 4000), silent)
    faint = torch.from_numpy(np.stack([tone(997, 1, 4000, 2e-5), tone(700, 1, 4000, 0.3)])).float()
    levelled = equally_loud(faint, 4000)
    assert torch.equal(levelled[0], faint[0])
    assert levelled[1].abs().max().item() == pytest.approx(0.99)
    assert torch.equal(equally_loud(faint[:1], 4000), faint[:1])
