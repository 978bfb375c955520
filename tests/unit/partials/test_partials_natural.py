"""Levels of natural sound against filters, frames against loops, contexts one by one."""

import numpy as np
import pytest
from scipy.signal import butter, sosfiltfilt

from tonotopy.partials.natural import (
    band_levels,
    context_correlations,
    decibels,
    energies,
    frame_levels,
    pooled,
    positions_of_frame,
)
from tonotopy.partials.steps import partial_correlations
from tonotopy.partials.stimuli import hertz

RATE, SAMPLES = 8000, 4000


def clips(seed=0, number=3):
    rng = np.random.default_rng(seed)
    time = np.arange(SAMPLES) / RATE
    sounds = [
        0.3 * np.sin(2 * np.pi * hertz(60 + 7 * row) * time) * np.exp(-3 * time * row)
        for row in range(number)
    ]
    return np.array(sounds) + 0.01 * rng.normal(size=(number, SAMPLES))


def test_frames_are_means_and_a_rest_is_left_out():
    values = np.random.default_rng(0).normal(size=(2, 11, 3))
    found = pooled(values, 4)
    assert found.shape == (2, 2, 3)
    for clip in range(2):
        for frame in range(2):
            assert np.allclose(found[clip, frame], values[clip, 4 * frame : 4 * frame + 4].mean(0))
    assert np.array_equal(pooled(values, 1), values)


def test_levels_of_frames_are_root_mean_squares_over_silence():
    rng = np.random.default_rng(8)
    given, still, vectors = rng.normal(size=(2, 11, 3)), rng.normal(size=3), rng.normal(size=(5, 3))
    found = frame_levels(given.astype(np.float32), still, vectors, 4)
    assert found.shape == (2, 2, 5) and found.dtype == np.float64
    for clip in range(2):
        for frame in range(2):
            for direction in range(5):
                squares = 0.0
                for position in range(4 * frame, 4 * frame + 4):
                    over = given[clip, position] - still
                    squares += sum(over[k] * vectors[direction, k] for k in range(3)) ** 2
                wanted = (squares / 4) ** 0.5
                assert found[clip, frame, direction] == pytest.approx(wanted, rel=1e-5)
    single = frame_levels(given, still, vectors, 1)
    assert np.allclose(single, np.abs((given - still) @ vectors.T))
    assert np.allclose(frame_levels(given, still, -2 * vectors, 4), 2 * found, rtol=1e-5)


def test_what_swings_about_silence_does_not_cancel():
    swing = 3 + np.cos(np.pi * np.arange(12))[None, :, None]
    assert np.allclose(frame_levels(swing, np.array([3.0]), np.eye(1), 6), 1)


@pytest.mark.parametrize(
    "hop, rate, shortest, wanted",
    [(200, 16000, 0.025, 2), (400, 16000, 0.025, 1), (16, 8000, 0.025, 13), (160, 16000, 0.01, 1)],
)
def test_positions_of_a_frame(hop, rate, shortest, wanted):
    assert positions_of_frame(hop, rate, shortest) == wanted


def test_a_tone_has_its_level_in_its_band_alone():
    time = np.arange(SAMPLES) / RATE
    sound = 0.2 * np.sin(2 * np.pi * 440 * time)  # whole periods
    found = band_levels(sound[None], np.array([69, 72, 57]), RATE, 10, 1)
    assert found.shape == (1, 10, 3) and found.dtype == np.float32
    assert np.allclose(found[0, :, 0], 10 * np.log10(0.2**2 / 2), atol=1e-3)
    assert np.allclose(found[0, :, 1:], -80, atol=0.01)


def test_levels_are_those_of_the_whole_analytic_signal():
    """As often as the clip's samples, by a mask on the spectrum, frame after frame."""
    sounds, semitones, positions, by = clips(), np.array([50, 60, 67, 90]), 50, 3
    found = band_levels(sounds, semitones, RATE, positions, by)
    assert found.shape == (3, 16, 4)
    frequencies = np.fft.fftfreq(SAMPLES, 1 / RATE)
    for clip, sound in enumerate(sounds):
        for band, semitone in enumerate(semitones):
            inside = (frequencies >= hertz(semitone - 1)) & (frequencies <= hertz(semitone + 1))
            analytic = np.fft.ifft(np.where(inside, 2 * np.fft.fft(sound), 0))
            for frame in range(16):
                own = slice(frame * 240, frame * 240 + 240)  # 80 samples a position
                level = decibels((np.abs(analytic[own]) ** 2 / 2).mean())
                assert found[clip, frame, band] == pytest.approx(level, abs=0.1)


def test_levels_are_close_to_those_of_a_band_pass_filter():
    sounds = clips(1)
    for semitone in (60, 67, 74):
        edges = hertz([semitone - 1, semitone + 1])
        band = sosfiltfilt(butter(3, edges, "bandpass", fs=RATE, output="sos"), sounds)
        wanted = decibels((band.reshape(3, 10, -1) ** 2).mean(axis=2))
        found = band_levels(sounds, np.array([semitone]), RATE, 50, 5)[:, :, 0]
        loud = wanted > -40
        loud[:, [0, -1]] = False  # a clip's end is beside its beginning in its spectrum
        assert np.abs(found - wanted)[loud].max() < 0.5 and loud.sum() > 5


def test_energies_are_those_of_the_frames():
    sounds = clips(2)
    found = energies(sounds, 32, 5)  # 125 samples a position
    assert found.shape == (3, 6)
    for clip, sound in enumerate(sounds):
        for frame in range(6):
            own = sound[frame * 625 : frame * 625 + 625]
            assert found[clip, frame] == pytest.approx(10 * np.log10((own**2).mean() + 1e-8))
    assert np.allclose(energies(np.zeros((1, 100)), 5, 1), -80)


def test_contexts_are_looked_at_one_by_one():
    rng = np.random.default_rng(3)
    shape = (7, 5, 4)  # clips, frames, directions
    bands = np.array([2, 0, 1, 0])  # two directions peak in the same
    loud, energy = rng.normal(size=(7, 5, 3)), rng.normal(size=shape[:2])
    activations = rng.normal(size=shape) + loud[:, :, bands]
    activations[[0, 3], :, 1] = 0.7  # does not answer in context b
    loud[[1, 4, 6], :, 1] = -80.0  # the level does not vary in context a
    levels = loud[:, :, bands]
    contexts = np.array(["b", "a", "few", "b", "a", "c", "a"], dtype=object)
    activations[5], contexts[2] = activations[5], "few"
    names, found, frames = context_correlations(activations, loud, bands, energy, contexts)
    assert names.tolist() == ["a", "b"] and frames.tolist() == [15, 10]  # 5 frames are too few
    for row, name in enumerate(names):
        own = np.flatnonzero(contexts == name)
        for direction in range(4):
            values = [activations[clip, frame, direction] for clip in own for frame in range(5)]
            level = [levels[clip, frame, direction] for clip in own for frame in range(5)]
            power = [energy[clip, frame] for clip in own for frame in range(5)]
            wanted = partial_correlations(np.array([values]), np.array([level]), np.array(power))[0]
            if (name, direction) == ("b", 1):
                wanted = 0.0
            assert found[row, direction] == pytest.approx(wanted, nan_ok=True)
    assert np.isnan(found[0, 2])


def test_without_contexts_nothing_is_found():
    values = np.zeros((2, 3, 4))
    names, found, frames = context_correlations(
        values, values, np.arange(4), values[..., 0], np.array(["a", "b"])
    )
    assert names.shape == frames.shape == (0,) and found.shape == (0, 4)
