"""Read one audio file the same way everywhere: mono, at a given rate, of a given length."""

from collections.abc import Sequence
from itertools import pairwise
from math import gcd
from pathlib import Path
from typing import NamedTuple

import numpy as np
import soxr

from tonotopy.corpora.levels import is_silent
from tonotopy.corpora.recordings import Recording, opened
from tonotopy.errors import InputError

CANCELLED = "its channels cancel each other when they are mixed (opposite phase)"
END = 1 << 62  # a frame that lies beyond the end of every file
MARGIN_S = 0.1  # read on either side of a part, so that the resampler's edges fall outside
LACKING = 0.01  # share of the length of all slices: GTZAN's half minutes may last 29.93 s


class Clip(NamedTuple):
    """What is read for a clip.

    Attributes:
        samples: float32, shape (samples,), mono; they may be silent or not finite.
        cancelled: whether they are silent because the channels cancel each other.
    """

    samples: np.ndarray
    cancelled: bool = False


def read_audio(path: str | Path, rate: int) -> np.ndarray:
    """Return a file's sound mixed down to mono and resampled with soxr's high quality.

    Args:
        path: of a file in a format of `formats.AUDIO_SUFFIXES`.
        rate: the wanted sampling rate in Hz.

    Returns:
        float32 samples, shape (samples,).

    Raises:
        InputError: the file is missing, broken, empty, silent or not finite.
    """
    with opened(path) as recording:
        (frames,) = recording.parts([(0, END)])
        return _resampled(_heard(frames, path), recording.rate, rate)


def read_beginning(path: str | Path, seconds: float) -> tuple[np.ndarray, int]:
    """Return the beginning of a file's sound, mixed down to mono, at the file's own rate.

    Args:
        path: of a file in a format of `formats.AUDIO_SUFFIXES`.
        seconds: how much of it is read, at most.

    Returns:
        float32 samples, shape (samples,), and their rate in Hz.

    Raises:
        InputError: as `read_audio`; what comes after the beginning is not looked at.
    """
    with opened(path) as recording:
        (frames,) = recording.parts([(0, round(seconds * recording.rate))])
        return _heard(frames, path), recording.rate


def read_clip(path: str | Path, rate: int, length: int, pad: str = "right") -> Clip:
    """Return a file's middle ``length`` samples at a rate, padded if it is shorter.

    Of a long file only the middle is resampled; the samples equal `fit_length` of `read_audio` but
    for the resampler's rounding.

    Args:
        path: of a file in a format of `formats.AUDIO_SUFFIXES`.
        rate: the wanted sampling rate in Hz.
        length: the wanted number of samples.
        pad: see `fit_length`.

    Raises:
        InputError: the file is missing, broken or empty.
    """
    with opened(path) as recording:
        if not (total := _samples(recording, rate)):
            raise InputError(f"{path}: has no samples")
        first = max(0, (total - length) // 2)
        return _cut(recording, rate, [(first, min(total, first + length))], length, pad)[0]


def read_slices(
    path: str | Path,
    rate: int,
    length: int,
    slices: int,
    wanted: Sequence[int],
    pad: str = "right",
) -> list[Clip]:
    """Return some of the slices that a file is cut into (see `slice_spans`), each of one length.

    Of a wav, flac or long file only the wanted slices are resampled; the samples equal `cut_slices`
    of `read_audio` but for the resampler's rounding.

    Args:
        path: of a file in a format of `formats.AUDIO_SUFFIXES`.
        rate: the wanted sampling rate in Hz.
        length: of a slice, in samples at that rate.
        slices: number of slices of the whole file.
        wanted: their numbers, from 0.
        pad: where silence goes, see `fit_length`.

    Raises:
        InputError: the file is missing, broken, empty, or too short for so many slices.
    """
    with opened(path) as recording:
        spans = slice_spans(_samples(recording, rate), rate, length, slices, path)
        return _cut(recording, rate, [spans[number] for number in wanted], length, pad)


def _cut(
    recording: Recording, rate: int, spans: list[tuple[int, int]], length: int, pad: str
) -> list[Clip]:
    """Return parts of a recording, given by first and last sample (excluded) at a rate."""
    if recording.kept is not None:
        whole = _resampled(_mixed(recording.kept), recording.rate, rate)
        reaches = [(0, recording.frames, first) for first, _ in spans]
        sounds = [whole] * len(spans)
    else:
        reaches = [_reach(recording, rate, first, stop) for first, stop in spans]
        sounds = []
    parts = recording.parts([(start, end) for start, end, _ in reaches])
    sounds = sounds or [_resampled(_mixed(part), recording.rate, rate) for part in parts]
    clips = []
    for (first, stop), (start, _, skip), part, sound in zip(
        spans, reaches, parts, sounds, strict=True
    ):
        inner = sound[skip : skip + stop - first]
        if len(inner) < stop - first - 1:  # the last one may be lost in rounding
            raise InputError(f"{recording.path}: holds less than its header says")
        begin, end = (round(at * recording.rate / rate) - start for at in (first, stop))
        clips.append(_judged(fit_length(inner, length, pad), part[begin:end]))
    return clips


def _judged(samples: np.ndarray, frames: np.ndarray) -> Clip:
    """Return a clip, silent where the frames that it was made of are, once they are mixed down.

    Resampled, samples of half a step may exceed it.
    """
    mute = is_silent(_mixed(frames))
    if mute and not is_silent(samples):
        samples = np.zeros_like(samples)
    return Clip(samples, mute and not is_silent(frames))


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


def _samples(recording: Recording, rate: int) -> int:
    """Number of samples of a recording at a rate, as soxr rounds: halves upward."""
    return (2 * recording.frames * rate + recording.rate) // (2 * recording.rate)


def _reach(recording: Recording, rate: int, first: int, stop: int) -> tuple[int, int, int]:
    """First and last frame (excluded) that become a part, and how many samples to skip then.

    Args:
        recording: that the part is of.
        rate: of the part in Hz.
        first: its first sample, at that rate.
        stop: the sample after its last one.
    """
    margin = round(MARGIN_S * rate)
    step = rate // gcd(rate, recording.rate)  # samples after which both rates' grids meet
    frames = recording.rate // gcd(rate, recording.rate)
    begin = max(0, (first - margin) // step * step)
    end = min(recording.frames, -(-(stop + margin) // step) * frames)
    return begin // step * frames, end, first - begin


def _heard(frames: np.ndarray, path: str | Path) -> np.ndarray:
    """Mix channels down.

    Raises:
        InputError: nothing can be heard.
    """
    if not len(frames):
        raise InputError(f"{path}: has no samples")
    if not np.isfinite(frames).all():
        raise InputError(f"{path}: has samples that are not finite")
    mono = _mixed(frames)
    if is_silent(mono):
        raise InputError(f"{path}: {'is silent' if is_silent(frames) else CANCELLED}")
    return mono


def _mixed(frames: np.ndarray) -> np.ndarray:
    if frames.shape[1] == 1:
        return frames[:, 0]
    with np.errstate(invalid="ignore"):  # infinite samples of opposite sign
        return frames.mean(axis=1)


def _resampled(mono: np.ndarray, own: int, rate: int) -> np.ndarray:
    return mono if own == rate else soxr.resample(mono, own, rate, "HQ")


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
