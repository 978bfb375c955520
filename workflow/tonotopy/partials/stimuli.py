"""Pure tones and complexes of partials, whose levels in any band are known by formula."""

from typing import NamedTuple

import numpy as np

from tonotopy.seeding import generator

TONE = "tone"
COMPLEXES = ("harmonic", "odd", "flat", "missing")
F0S = (36, 84)  # MIDI numbers that complexes are built on
TOP = 0.45  # of the sampling rate: no partial is higher
RMS = 0.1  # of every stimulus
FADE = 0.01  # s, at both ends
FLOOR = -60.0  # dB: what has no partial in a band


def hertz(semitones) -> np.ndarray:
    """Return frequencies in Hz of MIDI numbers."""
    return 440.0 * 2.0 ** ((np.asarray(semitones, dtype=float) - 69) / 12)


def midi(frequencies) -> np.ndarray:
    """Return MIDI numbers, not rounded, of frequencies in Hz."""
    return 69 + 12 * np.log2(np.asarray(frequencies, dtype=float) / 440)


def audible(low: int, high: int, rate: float) -> np.ndarray:
    """Return the semitones from low to high, ends included, that a network of a rate can hear."""
    semitones = np.arange(low, high + 1)
    return semitones[hertz(semitones) <= TOP * rate]


class Partials(NamedTuple):
    """What stimuli are the sums of.

    Attributes:
        frequencies: in Hz, shape (stimuli, partials).
        powers: shares of each stimulus's power, same shape; rows sum to 1, absent partials are 0.
    """

    frequencies: np.ndarray
    powers: np.ndarray


def partials(kind: str, semitones: np.ndarray, rate: float) -> Partials:
    """Return the partials of tones or complexes, those up to .45 of the rate.

    Args:
        kind: ``tone``; ``harmonic`` (amplitude 1/k of partial k), ``odd`` (the same without even
            k), ``flat`` (all equally strong) or ``missing`` (1/k without the first).
        semitones: MIDI numbers of tones and fundamentals, shape (stimuli,).
        rate: sampling rate in Hz.

    Raises:
        ValueError: no such kind, or a stimulus has no partial below .45 of the rate.
    """
    if kind not in (TONE, *COMPLEXES):
        raise ValueError(f"no stimulus '{kind}'")
    f0s = hertz(semitones)[:, None]
    last = 1 if kind == TONE else max(1, int(TOP * rate / f0s.min()))
    numbers = np.arange(1, last + 1)
    amplitudes = np.ones(last) if kind == "flat" else 1.0 / numbers
    if kind == "odd":
        amplitudes = np.where(numbers % 2, amplitudes, 0)
    if kind == "missing":
        amplitudes = np.where(numbers == 1, 0, amplitudes)
    frequencies = f0s * numbers
    powers = np.where(frequencies <= TOP * rate, amplitudes**2, 0)
    sums = powers.sum(axis=1, keepdims=True)
    if not sums.all():
        raise ValueError(f"a stimulus '{kind}' has no partial below {TOP:g} of {rate:g} Hz")
    return Partials(frequencies, powers / sums)


def sounds(about: Partials, seconds: float, rate: int, seed: int, name: str) -> np.ndarray:
    """Return stimuli of equal root mean square, with random phases and short fades.

    Args:
        about: their partials.
        seconds: length.
        rate: sampling rate in Hz.
        seed: of the run.
        name: of the stimuli, which tells their phases from others'.

    Returns:
        float32, shape (stimuli, samples); peaks stay below 1.
    """
    samples = round(seconds * rate)
    time = np.arange(samples) / rate
    phases = generator(seed, "phases", name).uniform(0, 2 * np.pi, about.frequencies.shape)
    made = np.zeros((len(about.powers), samples))
    for number, powers in enumerate(about.powers.T):
        own = np.flatnonzero(powers)
        angles = 2 * np.pi * about.frequencies[own, number, None] * time + phases[own, number, None]
        made[own] += np.sqrt(2 * powers[own, None]) * np.sin(angles)
    made *= RMS / np.sqrt(np.mean(made**2, axis=1, keepdims=True))
    made *= RMS / max(RMS, np.abs(made).max() * RMS)  # all alike, should one reach 1
    fade = np.minimum(1, np.arange(1, samples + 1) / max(1, round(FADE * rate)))
    return (made * fade * fade[::-1]).astype(np.float32)


def levels(about: Partials, semitones: np.ndarray) -> np.ndarray:
    """Return the power of stimuli near semitones, by formula.

    Partials are weighed by a bell over semitones that is half at one semitone to either side: a box
    would ask of a filter to tell partials just inside from those just outside, which no filter
    does, and where partials lie close no bank of the ear would pass.

    Args:
        about: their partials.
        semitones: MIDI numbers of the bells' centres, shape (bands,).

    Returns:
        dB of the stimulus's whole power, -60 at least, shape (stimuli, bands).
    """
    powers = np.zeros((len(about.powers), len(semitones)))
    for frequencies, own in zip(about.frequencies.T, about.powers.T, strict=True):
        distances = midi(frequencies)[:, None] - semitones
        powers += own[:, None] * 0.5 ** (distances**2)
    return 10 * np.log10(np.maximum(powers, 10 ** (FLOOR / 10)))
