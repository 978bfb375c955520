"""What a folder of sound holds: audio files, or the matrices of the PCVC corpus."""

from collections.abc import Callable, Sequence
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
import soxr
from scipy.io import loadmat

from tonotopy.corpora.audio import Clip, cut_slices, fit_length, read_clip, read_slices
from tonotopy.corpora.finding import Found, find
from tonotopy.corpora.formats import SUFFIXES
from tonotopy.errors import InputError, nearest

PCVC_RATE = 48000
# order of the matrices' axes, after the corpus's own chart of phonemes
PCVC_CONSONANTS = (
    *("P", "B", "T", "D", "tS", "dZ", "K", "G", "F", "V", "Kh", "Gh"),
    *("S", "Z", "Sh", "Zh", "M", "N", "H", "L", "R", "Q", "j"),
)
PCVC_VOWELS = ["A", "I", "U", "ae", "e", "o"]


def clips(root: Path, store: str) -> Found:
    """Return the clips that a folder holds, and what was passed over in it.

    Args:
        root: the folder.
        store: "audio", or "pcvc": speakers' ``.mat`` files, whose clips are called
            ``SPEAKER/CONSONANT-VOWEL``.

    Raises:
        InputError: the folder is missing, cannot be listed or holds nothing of the kind.
    """
    if store not in STORES:
        raise InputError(f"no kind of folder '{store}'{nearest(store, STORES)}")
    if not root.is_dir():
        raise InputError(f"{root}: no such folder; check 'path' in the corpus's configuration")
    kind = STORES[store]
    found = find(root, kind.suffixes)
    if not found.files:
        reasons = "; ".join([f"({', '.join(kind.suffixes)})", *found.notes])
        raise InputError(f"{root}: holds no audio file {reasons}")
    return Found(sorted(name for path in found.files for name in kind.names(path)), found.notes)


def read(root: Path, name: str, store: str, rate: int, length: int, pad: str) -> Clip:
    """Return a clip: float32, shape (length,), mono, at the given rate in Hz.

    Raises:
        InputError: the clip cannot be used; the message says why.
    """
    return STORES[store].read(root / name, rate, length, pad)


def read_sliced(
    root: Path,
    name: str,
    store: str,
    rate: int,
    length: int,
    pad: str,
    slices: int,
    wanted: Sequence[int],
) -> list[Clip]:
    """Return some of the slices that a clip is cut into, see `audio.read_slices`.

    Args:
        root: the folder.
        name: of the clip in it.
        store: "audio" or "pcvc".
        rate: wanted sampling rate in Hz.
        length: of a slice in samples.
        pad: where silence goes, see `audio.fit_length`.
        slices: number of slices of the whole clip.
        wanted: numbers of those that are read, from 0.

    Raises:
        InputError: the whole clip cannot be used; the message says why.
    """
    return STORES[store].read_sliced(root / name, rate, length, slices, wanted, pad)


def _pcvc_names(path: Path) -> list[Path]:
    return [path.with_suffix("") / f"{c}-{v}" for c in PCVC_CONSONANTS for v in PCVC_VOWELS]


def _read_pcvc(path: Path, rate: int, length: int, pad: str) -> Clip:
    return Clip(fit_length(_syllable(path, rate), length, pad))


def _read_pcvc_sliced(
    path: Path, rate: int, length: int, slices: int, wanted: Sequence[int], pad: str
) -> list[Clip]:
    syllable = _syllable(path, rate)
    return [Clip(s) for s in cut_slices(syllable, rate, length, slices, wanted, pad, path)]


def _syllable(path: Path, rate: int) -> np.ndarray:
    file = path.parent.with_suffix(".mat")
    consonant, vowel = path.name.rsplit("-", 1)
    samples = _matrix(file)[PCVC_CONSONANTS.index(consonant), PCVC_VOWELS.index(vowel)]
    if rate != PCVC_RATE:
        samples = soxr.resample(samples, PCVC_RATE, rate, quality="HQ")
    return samples


@lru_cache(maxsize=2)
def _matrix(file: Path) -> np.ndarray:
    """The matrix ``x`` of a speaker: (consonants, vowels, samples), full scale 1."""
    shape = (len(PCVC_CONSONANTS), len(PCVC_VOWELS))
    try:
        matrix = np.asarray(loadmat(file)["x"], dtype=np.float32)
    except (OSError, ValueError, KeyError, TypeError, NotImplementedError) as error:
        raise InputError(f"{file}: no PCVC matrix 'x' can be read from it ({error})") from error
    matrix = matrix.reshape(matrix.shape[-3:])
    if matrix.shape[:2] != shape:
        raise InputError(f"{file}: 'x' is {matrix.shape}, expected {shape} and samples")
    return matrix / max(1.0, float(np.abs(matrix).max()))


class Store(NamedTuple):
    """A kind of folder: its files' suffixes, a file's clips, how a clip or its slices are read."""

    suffixes: tuple[str, ...]
    names: Callable[[Path], list[Path]]
    read: Callable[..., Clip]
    read_sliced: Callable[..., list[Clip]]


STORES = {
    "audio": Store(SUFFIXES["audio"], lambda path: [path], read_clip, read_slices),
    "pcvc": Store(SUFFIXES["pcvc"], _pcvc_names, _read_pcvc, _read_pcvc_sliced),
}
