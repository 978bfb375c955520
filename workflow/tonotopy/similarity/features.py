"""Hand-made features of clips, at a network's rate and on the columns of its input.

Spectra are of the harmonic and the percussive part of a clip (Fitzgerald, Harmonic/percussive
separation using median filtering, 2010; librosa), heard through the network's own front end, and
their difference: a logarithmic mask. Chroma is librosa's. Loudness is the level of the K-weighted
sound (ITU-R BS.1770-4; pyloudnorm's filters), momentary over 0.4 s; onsets are librosa's.
"""

import math
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from itertools import chain
from typing import NamedTuple

import numpy as np
import pyloudnorm

from tonotopy.compiled import librosa
from tonotopy.frontends.stages import FrontEnd

SPECTRA = ("harmonic", "percussive", "contrast")
CONSTANT_Q = "chroma_cqt"
CHROMA = ("chroma_stft", CONSTANT_Q)
CURVES = ("rms", "loudness", "onsets")
SCALARS = ("onset_rate", "level")
KINDS = {
    **dict.fromkeys(SPECTRA, "spectrum"),
    **dict.fromkeys(CHROMA, "chroma"),
    **dict.fromkeys(CURVES, "curve"),
}
BY_ROWS = ("contrast", *CHROMA)  # have no meaning where maps have a single row
PROBED = ("chroma_stft", "loudness", "onsets", *SCALARS)
SEPARATED = ("harmonic", "percussive")  # as sounds
QUIETEST = -70.0  # LUFS: the standard measures nothing below
SILENT = 1e-5  # of full scale: root mean square that counts as silence, -100 dB
MOMENT = 0.4  # s, of momentary loudness
TUNING = 0.0  # A is 440 Hz, as where rows of maps are folded to pitch classes
TOGETHER = 8  # clips
LONGEST_TRANSFORM = 2048  # samples; shorter where clips are


class Columns(NamedTuple):
    """The time axis of a network's input.

    Attributes:
        rate: of the waveforms in Hz.
        hop: samples from column to column, the first of which is at 0.
        number: of columns.
        transform: samples that the network's spectrum is taken of: harmonic and percussive parts
            are told apart at the resolution that it hears.
    """

    rate: int
    hop: int
    number: int
    transform: int


def columns_of(front_end: FrontEnd, number: int) -> Columns:
    """Return the time axis of so many columns of a front end."""
    settings = front_end.settings
    hop = getattr(settings, "hop", None)
    if hop is None:
        hop = round(settings.hop_ms * settings.rate / 1000)
    length = getattr(settings, "n_fft", None) or getattr(settings, "window", None)
    if length is None:
        length = round(settings.window_ms * settings.rate / 1000)
    return Columns(settings.rate, hop, number, 2 ** math.ceil(math.log2(length)))


def described(
    waveforms: Iterable[np.ndarray], columns: Columns, wanted: tuple[str, ...], workers: int
) -> list[dict[str, np.ndarray]]:
    """Return the features of clips, see `describe`, in a pool of processes."""
    sounds = list(waveforms)
    parts = [sounds[start : start + TOGETHER] for start in range(0, len(sounds), TOGETHER)]
    work = partial(_together, columns=columns, wanted=wanted)
    if workers == 1:
        return list(chain.from_iterable(map(work, parts)))
    with ProcessPoolExecutor(workers) as pool:
        return list(chain.from_iterable(pool.map(work, parts)))


def _together(
    waveforms: list[np.ndarray], columns: Columns, wanted: tuple[str, ...]
) -> list[dict[str, np.ndarray]]:
    """Return the features of several clips: filters of the constant-Q transform are made once."""
    apart = tuple(name for name in wanted if name != CONSTANT_Q)
    found = [describe(waveform, columns, apart) for waveform in waveforms]
    if CONSTANT_Q in wanted:
        sounds = np.stack(waveforms).astype(np.float32)
        for one, values in zip(found, _constant_q(sounds, columns), strict=True):
            one[CONSTANT_Q] = values
    return found


def describe(
    waveform: np.ndarray, columns: Columns, wanted: tuple[str, ...]
) -> dict[str, np.ndarray]:
    """Return features of a clip.

    Args:
        waveform: shape (samples,), in [-1, 1].
        columns: of the network's input.
        wanted: names of features, and "sounds" for the separated waveforms.

    Returns:
        Name -> values: the sounds ``harmonic`` and ``percussive`` (samples,); chroma (12, columns)
        from C upwards, at most 1; curves (1, columns): ``rms`` in dB of full scale, ``loudness`` in
        LUFS, ``onsets`` (strength, at least 0); scalars (1,): ``onset_rate`` in onsets per s,
        ``level`` in LUFS.
    """
    sound = np.asarray(waveform, dtype=np.float32)
    found = {}
    if "sounds" in wanted:
        found |= dict(zip(SEPARATED, separated(sound, columns.transform), strict=True))
    if "chroma_stft" in wanted:
        found["chroma_stft"] = _chroma(sound, columns)
    if CONSTANT_Q in wanted:
        found[CONSTANT_Q] = _constant_q(sound[None], columns)[0]
    if "rms" in wanted:
        found["rms"] = fitted(_rms(sound, columns.hop), columns.number, 20 * np.log10(SILENT))
    if "loudness" in wanted:
        found["loudness"] = fitted(momentary_loudness(sound, columns), columns.number, QUIETEST)
    if {"onsets", "onset_rate"} & set(wanted):
        strength = _onset_strength(sound, columns)
        found["onsets"] = fitted(strength[None], columns.number, 0.0)
        found["onset_rate"] = np.array([_onset_rate(strength, len(sound), columns)])
    if "level" in wanted:
        found["level"] = np.array([level(sound, columns.rate)])
    return {name: values.astype(np.float32) for name, values in found.items()}


def separated(sound: np.ndarray, transform: int) -> tuple[np.ndarray, np.ndarray]:
    """Return harmonic and percussive part of a sound, each of its length.

    Args:
        sound: shape (samples,).
        transform: samples that spectra are taken of, which overlap by half.
    """
    length = min(transform, _transform(sound))
    return librosa.effects.hpss(sound, n_fft=length, hop_length=length // 2)


def fitted(values: np.ndarray, number: int, silence: float) -> np.ndarray:
    """Return values (..., frames) cut, or padded with those of silence, to so many columns."""
    missing = max(0, number - values.shape[-1])
    padding = [(0, 0)] * (values.ndim - 1) + [(0, missing)]
    return np.pad(values, padding, constant_values=silence)[..., :number]


def momentary_loudness(sound: np.ndarray, columns: Columns) -> np.ndarray:
    """Return the level of the K-weighted sound around every column in LUFS, shape (1, columns).

    Windows of 0.4 s have their middle at the column; where they reach over an edge of the clip they
    are shorter. At least -70.
    """
    power = k_weighted(sound, columns.rate) ** 2
    sums = np.concatenate([[0.0], np.cumsum(power)])
    half = round(MOMENT * columns.rate / 2)
    middles = np.arange(0, len(sound), columns.hop)
    begins, ends = np.maximum(middles - half, 0), np.minimum(middles + half, len(sound))
    return _lufs((sums[ends] - sums[begins]) / (ends - begins))[None]


def level(sound: np.ndarray, rate: int) -> float:
    """Return the integrated loudness of a clip in LUFS, at least -70.

    A clip shorter than a block of the standard (0.4 s) is one block.
    """
    block = min(MOMENT, len(sound) / rate)
    loudness = pyloudnorm.Meter(rate, block_size=block).integrated_loudness(sound.astype(float))
    return max(float(loudness), QUIETEST)


def k_weighted(sound: np.ndarray, rate: int) -> np.ndarray:
    """Return a sound as BS.1770's two filters leave it, float64, shape (samples,)."""
    weighted = sound.astype(np.float64)
    for stage in pyloudnorm.Meter(rate)._filters.values():
        weighted = stage.apply_filter(weighted)
    return weighted


def _lufs(power: np.ndarray) -> np.ndarray:
    return np.maximum(-0.691 + 10 * np.log10(np.maximum(power, 1e-20)), QUIETEST)


def _transform(sound: np.ndarray) -> int:
    """Return the length of a transform that a sound is not too short for, a power of two."""
    return min(LONGEST_TRANSFORM, 2 ** int(np.log2(max(len(sound), 2))))


def _chroma(sound: np.ndarray, columns: Columns) -> np.ndarray:
    """Return chroma by the Fourier transform, (12, columns)."""
    frames = librosa.feature.chroma_stft(
        y=sound,
        sr=columns.rate,
        n_fft=_transform(sound),
        hop_length=columns.hop,
        tuning=TUNING,
    )
    return fitted(frames, columns.number, 0.0)


def _constant_q(sounds: np.ndarray, columns: Columns) -> np.ndarray:
    """Return chroma by the constant-Q transform at another hop than its own.

    Its own is the nearest power of two, with which the transform is five times as quick.

    Args:
        sounds: shape (clips, samples).
        columns: of the network's input.

    Returns:
        float32, shape (clips, 12, columns).
    """
    rate, own = columns.rate, 2 ** round(np.log2(columns.hop))
    octaves = min(7, int(np.log2(rate / 2 / librosa.note_to_hz("C1")) - 0.1))
    frames = librosa.feature.chroma_cqt(
        y=sounds, sr=rate, hop_length=own, tuning=TUNING, n_octaves=octaves
    )
    middles = np.arange(0, sounds.shape[1], columns.hop)
    at = np.arange(frames.shape[2]) * own
    rows = [np.interp(middles, at, row) for row in frames.reshape(-1, frames.shape[2])]
    laid = np.reshape(rows, (len(sounds), 12, len(middles)))
    return fitted(laid, columns.number, 0.0).astype(np.float32)


def _rms(sound: np.ndarray, hop: int) -> np.ndarray:
    values = librosa.feature.rms(y=sound, frame_length=_transform(sound), hop_length=hop)
    return 20 * np.log10(np.maximum(values, SILENT))


def _onset_strength(sound: np.ndarray, columns: Columns) -> np.ndarray:
    return librosa.onset.onset_strength(
        y=sound,
        sr=columns.rate,
        hop_length=columns.hop,
        n_fft=min(columns.transform, _transform(sound)),
    )


def _onset_rate(strength: np.ndarray, samples: int, columns: Columns) -> float:
    found = librosa.onset.onset_detect(
        onset_envelope=strength, sr=columns.rate, hop_length=columns.hop
    )
    return len(found) * columns.rate / samples
