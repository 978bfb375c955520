"""A corpus's clips at the sampling rate of who listens: one rate policy for all stages."""

from functools import cache

import numpy as np
import soxr

from tonotopy.corpora.schema import Corpus
from tonotopy.errors import InputError


def waveforms_at(corpus: Corpus, positions, rate: int, seconds: float | None = None) -> np.ndarray:
    """Return clips at a sampling rate; those of another rate are resampled (soxr, quality HQ).

    At the corpus's own rate the samples are those on disk, int16 / 32768, to the bit. A clip's
    samples do not depend on which clips it is asked for with.

    Args:
        corpus: at any rate.
        positions: of the clips, shape (clips,), or a slice.
        rate: wanted sampling rate in Hz.
        seconds: if given, only the beginning of each clip of this length in s.

    Returns:
        float32 in [-1, 1) (resampled: but for the resampler's ripple), shape (clips, samples).

    Raises:
        InputError: the clips are shorter than ``seconds``.
    """
    clips = corpus.waveforms(positions)
    if seconds is not None:
        length, samples = clips.shape[1], round(seconds * corpus.rate)
        if samples > length:
            raise InputError(
                f"corpus {corpus.name}: clips of {length / corpus.rate:g} s are shorter than "
                f"{seconds:g} s"
            )
        clips = clips[:, :samples]
    return resampled(clips, corpus.rate, rate)


def resampled(sounds: np.ndarray, own: int, rate: int) -> np.ndarray:
    """Return sounds at another rate (soxr, quality HQ), float32, shape (sounds, samples).

    Resampling is linear: the resampled parts of a clip sum to the resampled clip.

    Args:
        sounds: shape (sounds, samples).
        own: their rate in Hz.
        rate: wanted rate in Hz; at their own they are returned as they are.
    """
    if own == rate or not len(sounds):
        return sounds
    # soxr takes channels as columns: all sounds are resampled at once
    heard = soxr.resample(sounds.T, own, rate, quality="HQ")
    return np.ascontiguousarray(heard.reshape(-1, len(sounds)).T, dtype=np.float32)


def note_resampling(corpus: Corpus, rate: int) -> None:
    """Tell the log that a corpus is resampled, once per process, corpus and rate.

    Args:
        corpus: that is about to be listened to.
        rate: in Hz, of who listens.
    """
    if corpus.rate != rate:
        _note(corpus.name, corpus.rate, rate)


@cache
def _note(name: str, own: int, rate: int) -> None:
    print(f"note: corpus {name} has {own} Hz and is resampled to {rate} Hz", flush=True)
