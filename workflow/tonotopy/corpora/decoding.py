"""The sound of a folder's clips: decoded by several processes, levelled, unusable ones told."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np

from tonotopy.corpora import sources
from tonotopy.corpora.audio import CANCELLED, Clip, limit_peak, unit_peak
from tonotopy.corpora.levels import is_silent
from tonotopy.corpora.settings import FolderSettings
from tonotopy.errors import InputError

CHUNK = 16  # clips that a process is given at once


class Wanted(NamedTuple):
    """A file, and the numbers of its slices that are wanted; None where it is not sliced."""

    file: str
    slices: tuple[int, ...] | None


def decoded(
    wanted: Sequence[Wanted], root: Path, settings: FolderSettings, workers: int
) -> Iterator[list[np.ndarray | str] | str]:
    """Yield, file after file, the sound of its clips, or the reason why the file cannot be used.

    Args:
        wanted: files and their slices.
        root: folder that the files' names start from.
        settings: how sound is read.
        workers: processes that decode; the sound does not depend on it.

    Yields:
        Per file a reason, or a list with a clip's samples (float32, shape (samples,)) or the reason
        why the clip cannot be used.
    """
    decode = partial(_decode, root=root, settings=settings)
    if workers == 1:
        yield from map(decode, wanted)
        return
    with ProcessPoolExecutor(workers) as pool:
        yield from pool.map(decode, wanted, chunksize=max(1, CHUNK // (settings.slices or 1)))


def _decode(wanted: Wanted, root: Path, settings: FolderSettings) -> list[np.ndarray | str] | str:
    length = round(settings.seconds * settings.rate)
    how = (root, wanted.file, settings.store, settings.rate, length, settings.pad)
    try:
        if wanted.slices is None:
            clips = [sources.read(*how)]
        else:
            clips = sources.read_sliced(*how, settings.slices, wanted.slices)
    except InputError as error:
        return str(error).removeprefix(f"{root / wanted.file}: ")
    return [_levelled(clip, settings) for clip in clips]


def _levelled(clip: Clip, settings: FolderSettings) -> np.ndarray | str:
    """Return a clip at its level, or why it cannot be used."""
    if not np.isfinite(clip.samples).all():
        return "has samples that are not finite"
    if clip.cancelled:
        return CANCELLED
    if is_silent(clip.samples):
        where = "" if settings.slices else f" in its middle {settings.seconds:g} s"
        peak = float(np.abs(clip.samples).max())
        return f"is silent{where}" + (f" (peak {peak:.1e}, nothing in 16 bits)" if peak else "")
    return unit_peak(clip.samples) if settings.peak else limit_peak(clip.samples)
