"""What every embedded corpus does with sound: play a score, find its start, draw noise."""

from functools import cache
from pathlib import Path

import numpy as np
import pretty_midi
import soxr
import symusic

FONT = Path(pretty_midi.__file__).parent / "TimGM6mb.sf2"
TICKS = 480  # per beat
PLAYED_AT = 44100  # Hz
REPEATABLE = (22500, 44100)  # Hz at which the planted world was found to repeat, note by note


def play(midi: symusic.Score, rate: int) -> np.ndarray:
    """Play a score of notes up to D#7 with the General MIDI sound font.

    At the rates of REPEATABLE the synthesizer plays at that rate, otherwise at 44100 Hz, to be
    resampled (soxr, quality HQ): at 16000, 22050 or 32000 Hz it reads beyond the end of some
    recordings, so that single samples differ from run to run, and never returns from some notes.

    Args:
        midi: what is played.
        rate: sampling rate in Hz.

    Returns:
        float32 samples, shape (samples,), any peak.
    """
    if rate in REPEATABLE:
        return _synthesizer(rate).render(midi, stereo=False)[0]
    return perform(midi, rate)


def perform(midi: symusic.Score, rate: int) -> np.ndarray:
    """Play a score at 44100 Hz and resample it, whatever the rate in Hz; see `play`."""
    sound = _synthesizer(PLAYED_AT).render(midi, stereo=False)[0]
    return soxr.resample(sound, PLAYED_AT, rate, quality="HQ")


@cache
def _synthesizer(rate: int):
    return symusic.Synthesizer(sf_path=str(FONT), sample_rate=rate, quality=0)


def scatter(notes: int, rng: np.random.Generator) -> np.ndarray:
    """Draw by how much each note's velocity is off: standard deviation 4, shape (notes,)."""
    return rng.normal(0, 4, notes)


def track(program: int, notes, velocity: float | np.ndarray, **kind) -> symusic.Track:
    """Return a track of (start, length, pitch) notes, in beats and MIDI numbers.

    Args:
        program: General MIDI program, from 0.
        notes: what is played.
        velocity: how loud, 1 to 127, of all notes or shape (notes,).
        kind: further arguments of symusic.Track, such as name and is_drum.
    """
    line = symusic.Track(program=program, **{"is_drum": False, "name": "", **kind})
    velocities = np.broadcast_to(velocity, len(notes))
    for (start, length, pitch), louder in zip(notes, velocities, strict=True):
        ticks = round(start * TICKS), max(1, round(length * TICKS))
        line.notes.append(symusic.Note(*ticks, int(pitch), int(np.clip(louder, 1, 127))))
    return line


def compose(tempo: float, *tracks: symusic.Track) -> symusic.Score:
    """Return a score of tracks at a tempo in beats per minute."""
    midi = symusic.Score(TICKS)
    midi.tempos.append(symusic.Tempo(0, qpm=float(tempo)))
    midi.tracks.extend(tracks)
    return midi


def trim(sound: np.ndarray, floor: float = 0.01) -> np.ndarray:
    """Return the sound without what comes before and after its first and last loud sample.

    Args:
        sound: shape (samples,).
        floor: what counts as loud, as a share of the peak.

    Raises:
        ValueError: nothing sounds.
    """
    loud = np.flatnonzero(np.abs(sound) > floor * peak(sound))
    return sound[loud[0] : loud[-1] + 1]


def peak(sound: np.ndarray) -> float:
    """Return the greatest magnitude.

    Raises:
        ValueError: nothing sounds.
    """
    magnitude = float(np.abs(sound).max(initial=0))
    if not magnitude > 0:
        raise ValueError("nothing sounds")
    return magnitude


def at(sound: np.ndarray, onset: int, length: int) -> np.ndarray:
    """Return ``length`` samples of silence in which the sound starts at ``onset``; its end may be
    cut off. A negative onset cuts off its start."""
    sound = sound[max(0, -onset) :]
    onset = min(max(0, onset), length)
    audible = sound[: length - onset]
    return np.pad(audible, (onset, length - onset - len(audible)))


def noise(length: int, rng: np.random.Generator, tilt: float = 0.0) -> np.ndarray:
    """Return Gaussian noise of unit RMS, shape (length,), its power falling as frequency**-tilt."""
    spectrum = np.fft.rfft(rng.standard_normal(length))
    spectrum *= np.maximum(np.arange(len(spectrum)), 1) ** (-tilt / 2)
    spectrum[0] = 0
    flat = np.fft.irfft(spectrum, length)
    return flat / np.sqrt(np.mean(flat**2))
