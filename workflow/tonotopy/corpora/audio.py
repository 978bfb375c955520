"""Read one audio file the same way everywhere: mono, at a given rate, of a given length."""

from collections.abc import Iterator
from contextlib import contextmanager
from math import gcd
from pathlib import Path

import numpy as np
import soundfile
import soxr

from tonotopy.errors import InputError

AUDIO_SUFFIXES = (".wav", ".flac", ".ogg", ".mp3")
EXACT_SEEK = ("WAV", "FLAC", "WAVEX", "AIFF")  # formats of which a part equals the part of a whole
MARGIN_S = 0.1  # read on either side of a part, so that the resampler's edges fall outside


def read_audio(path: str | Path, rate: int) -> np.ndarray:
    """Return a file's sound mixed down to mono and resampled with soxr's high quality.

    Args:
        path: a wav, flac, ogg or mp3 file.
        rate: the wanted sampling rate in Hz.

    Returns:
        float32 samples, shape (samples,).

    Raises:
        InputError: the file is missing, broken, empty, silent or not finite.
    """
    with _opened(path) as file:
        return _resampled(_mono(file.read(dtype="float32", always_2d=True), path), file, rate)


def read_clip(path: str | Path, rate: int, length: int, pad: str = "right") -> np.ndarray:
    """Return a file's middle ``length`` samples at a rate, padded if it is shorter.

    Of a long wav or flac file only the middle is decoded and resampled; the result equals
    `fit_length` of `read_audio` but for the resampler's rounding.

    Args:
        path: a wav, flac, ogg or mp3 file.
        rate: the wanted sampling rate in Hz.
        length: the wanted number of samples.
        pad: see `fit_length`.

    Raises:
        InputError: as `read_audio`; silence outside the part that is read is not looked at.
    """
    with _opened(path) as file:
        start, stop, skip = _part(file, rate, length)
        file.seek(start)
        frames = file.read(stop - start, dtype="float32", always_2d=True)
        samples = _resampled(_mono(frames, path), file, rate)
    if skip is None:
        return fit_length(samples, length, pad)
    if len(samples) < skip + length:  # the file holds less than its header says
        return fit_length(read_audio(path, rate), length, pad)
    return samples[skip : skip + length]


def _part(file: soundfile.SoundFile, rate: int, length: int) -> tuple[int, int, int | None]:
    """First and last frame to read, and how many resampled samples to skip; None for all."""
    total = round(file.frames * rate / file.samplerate)  # as soxr rounds
    margin = round(MARGIN_S * rate)
    first = (total - length) // 2
    step = rate // gcd(rate, file.samplerate)  # samples after which both rates' grids meet
    begin = max(0, (first - margin) // step * step)
    frames = file.samplerate // gcd(rate, file.samplerate)
    end = min(file.frames, -(-(first + length + margin) // step) * frames)
    if file.format not in EXACT_SEEK or first <= 0:
        return 0, file.frames, None
    return begin // step * frames, end, first - begin


@contextmanager
def _opened(path: str | Path) -> Iterator[soundfile.SoundFile]:
    try:
        with soundfile.SoundFile(path) as file:
            yield file
    except (soundfile.LibsndfileError, OSError) as error:
        raise InputError(f"{path}: cannot be read as audio ({error})") from error


def _mono(samples: np.ndarray, path: str | Path) -> np.ndarray:
    if not len(samples):
        raise InputError(f"{path}: has no samples")
    if not np.isfinite(samples).all():
        raise InputError(f"{path}: has samples that are not finite")
    mono = samples.mean(axis=1) if samples.shape[1] > 1 else samples[:, 0]
    if not mono.any():
        raise InputError(f"{path}: is silent")
    return mono


def _resampled(mono: np.ndarray, file: soundfile.SoundFile, rate: int) -> np.ndarray:
    return mono if file.samplerate == rate else soxr.resample(mono, file.samplerate, rate, "HQ")


def fit_length(samples: np.ndarray, length: int, pad: str = "right") -> np.ndarray:
    """Return the middle ``length`` samples, or pad a shorter clip with silence.

    Args:
        samples: shape (samples,).
        length: wanted number of samples.
        pad: where silence goes: "right", or "both" for a centred clip.
    """
    surplus = len(samples) - length
    if surplus >= 0:
        return samples[surplus // 2 : surplus // 2 + length]
    before = -surplus // 2 if pad == "both" else 0
    return np.pad(samples, (before, -surplus - before))


def limit_peak(samples: np.ndarray) -> np.ndarray:
    """Return the clip scaled down to unit peak where it exceeds it, as resampling may make it."""
    return samples / peak_excess(samples)


def peak_excess(samples: np.ndarray) -> float:
    """Return by what a clip must be divided so that its peak is at most 1: its peak, or 1."""
    return max(1.0, float(np.abs(samples).max()))
