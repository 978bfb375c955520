"""Read one audio file the same way everywhere: mono, at a given rate, of a given length."""

from pathlib import Path

import numpy as np
import soundfile
import soxr

from tonotopy.errors import InputError

AUDIO_SUFFIXES = (".wav", ".flac", ".ogg", ".mp3")


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
    try:
        samples, found = soundfile.read(path, dtype="float32", always_2d=True)
    except (soundfile.LibsndfileError, OSError) as error:
        raise InputError(f"{path}: cannot be read as audio ({error})") from error
    if not len(samples):
        raise InputError(f"{path}: has no samples")
    if not np.isfinite(samples).all():
        raise InputError(f"{path}: has samples that are not finite")
    mono = samples.mean(axis=1)
    if not mono.any():
        raise InputError(f"{path}: is silent")
    return mono if found == rate else soxr.resample(mono, found, rate, quality="HQ")


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
    return samples / max(1.0, float(np.abs(samples).max()))
