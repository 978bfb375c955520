"""Read one audio file the same way everywhere: mono, at a given rate, of a given length."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import pairwise
from math import gcd
from pathlib import Path

import numpy as np
import soundfile
import soxr

from tonotopy.errors import InputError

EXACT_SEEK = ("WAV", "FLAC", "WAVEX", "AIFF")  # formats of which a part equals the part of a whole
MARGIN_S = 0.1  # read on either side of a part, so that the resampler's edges fall outside
LACKING = 0.01  # share of the length of all slices: GTZAN's half minutes may last 29.93 s


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
        return _whole(file, path, rate)


def read_beginning(path: str | Path, seconds: float) -> tuple[np.ndarray, int]:
    """Return the beginning of a file's sound, mixed down to mono, at the file's own rate.

    Args:
        path: a wav, flac, ogg or mp3 file.
        seconds: how much of it is read, at most.

    Returns:
        float32 samples, shape (samples,), and their rate in Hz.

    Raises:
        InputError: as `read_audio`; what comes after the beginning is not looked at.
    """
    with _opened(path) as file:
        frames = file.read(round(seconds * file.samplerate), dtype="float32", always_2d=True)
        return _mono(frames, path), file.samplerate


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
        first = (_samples(file, rate) - length) // 2
        if file.format not in EXACT_SEEK or first <= 0:
            return fit_length(_whole(file, path, rate), length, pad)
        frames, skip = _part(file, rate, first, length)
        samples = _resampled(_mono(frames, path), file, rate)
    if len(samples) < skip + length:  # the file holds less than its header says
        return fit_length(read_audio(path, rate), length, pad)
    return samples[skip : skip + length]


def read_slices(
    path: str | Path,
    rate: int,
    length: int,
    slices: int,
    wanted: Sequence[int],
    pad: str = "right",
) -> list[np.ndarray]:
    """Return some of the slices that a file is cut into (see `slice_spans`), each of one length.

    Of a wav or flac file only the wanted slices are decoded and resampled; the result equals
    `cut_slices` of `read_audio` but for the resampler's rounding.

    Args:
        path: a wav, flac, ogg or mp3 file.
        rate: the wanted sampling rate in Hz.
        length: of a slice, in samples at that rate.
        slices: number of slices of the whole file.
        wanted: their numbers, from 0.
        pad: where silence goes, see `fit_length`.

    Returns:
        float32, shape (length,) each. Slices of a wav or flac file may be silent or not finite.

    Raises:
        InputError: the file is missing, broken, empty, or too short for so many slices; one of
            another format is all silent or somewhere not finite.
    """
    with _opened(path) as file:
        if file.format not in EXACT_SEEK:
            return cut_slices(_whole(file, path, rate), rate, length, slices, wanted, pad, path)
        spans = slice_spans(_samples(file, rate), rate, length, slices, path)
        sounds = []
        for first, stop in (spans[number] for number in wanted):
            frames, skip = _part(file, rate, first, stop - first)
            samples = _resampled(_mixed(frames), file, rate)[skip : skip + stop - first]
            if len(samples) < stop - first - 1:  # the last one may be lost in rounding
                raise InputError(f"{path}: holds less than its header says")
            sounds.append(fit_length(samples, length, pad))
    return sounds


def cut_slices(
    samples: np.ndarray,
    rate: int,
    length: int,
    slices: int,
    wanted: Sequence[int],
    pad: str,
    path: str | Path,
) -> list[np.ndarray]:
    """Return some of the slices that samples are cut into; arguments as of `read_slices`.

    Raises:
        InputError: there are too few samples.
    """
    spans = slice_spans(len(samples), rate, length, slices, path)
    return [fit_length(samples[slice(*spans[number])], length, pad) for number in wanted]


def slice_spans(
    total: int, rate: int, length: int, slices: int, path: str | Path
) -> list[tuple[int, int]]:
    """Return first and last sample (excluded) of the slices that a file is cut into.

    Slice n of N begins at floor(n * total / N): the first one with the file, the others evenly
    after it, with equal gaps where the file is longer than all slices together. No two overlap. A
    file that lacks up to `LACKING` of their length gives slices that end where the next ones begin.

    Args:
        total: length of the file in samples.
        rate: in Hz, for the message.
        length: of a slice in samples.
        slices: how many there are, N.
        path: of the file, for the message.

    Raises:
        InputError: the file is shorter.
    """
    if total < (1 - LACKING) * slices * length:
        raise InputError(
            f"{path}: lasts {total / rate:.4g} s, too short for {slices} slices of "
            f"{length / rate:.4g} s"
        )
    begins = [number * total // slices for number in range(slices + 1)]
    return [(first, min(first + length, after)) for first, after in pairwise(begins)]


def _samples(file: soundfile.SoundFile, rate: int) -> int:
    """Number of samples of a file at a rate, as soxr rounds."""
    return round(file.frames * rate / file.samplerate)


def _part(file: soundfile.SoundFile, rate: int, first: int, length: int) -> tuple[np.ndarray, int]:
    """Frames that become so many samples at a rate, and how many samples to skip before them.

    Args:
        file: it is sought in.
        rate: in Hz.
        first: the first sample wanted, at that rate.
        length: number of samples wanted.
    """
    margin = round(MARGIN_S * rate)
    step = rate // gcd(rate, file.samplerate)  # samples after which both rates' grids meet
    frames = file.samplerate // gcd(rate, file.samplerate)
    begin = max(0, (first - margin) // step * step)
    end = min(file.frames, -(-(first + length + margin) // step) * frames)
    start = begin // step * frames
    file.seek(start)
    return file.read(end - start, dtype="float32", always_2d=True), first - begin


def _whole(file: soundfile.SoundFile, path: str | Path, rate: int) -> np.ndarray:
    return _resampled(_mono(file.read(dtype="float32", always_2d=True), path), file, rate)


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
    mono = _mixed(samples)
    if not mono.any():
        raise InputError(f"{path}: is silent")
    return mono


def _mixed(samples: np.ndarray) -> np.ndarray:
    return samples.mean(axis=1) if samples.shape[1] > 1 else samples[:, 0]


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


def unit_peak(samples: np.ndarray) -> np.ndarray:
    """Return the clip scaled to unit peak (study 3: thesis equation A.1); silence stays silence."""
    peak = float(np.abs(samples).max())
    return samples / peak if peak else samples


def peak_excess(samples: np.ndarray) -> float:
    """Return by what a clip must be divided so that its peak is at most 1: its peak, or 1."""
    return max(1.0, float(np.abs(samples).max()))
