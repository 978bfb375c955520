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
    if corpus.rate == rate or not len(clips):
        return clips
    # soxr takes channels as columns: all clips of a batch are resampled at once
    resampled = soxr.resample(clips.T, corpus.rate, rate, quality="HQ")
    return np.ascontiguousarray(resampled.reshape(-1, len(clips)).T, dtype=np.float32)


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
