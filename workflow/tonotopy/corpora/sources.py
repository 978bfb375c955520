"""What a folder of sound holds: audio files, or the matrices of the PCVC corpus."""

from collections.abc import Callable, Sequence
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
import soxr
from scipy.io import loadmat

from tonotopy.corpora.audio import cut_slices, fit_length, read_clip, read_slices
from tonotopy.corpora.formats import AUDIO_SUFFIXES
from tonotopy.errors import InputError, nearest

PCVC_RATE = 48000
# order of the matrices' axes, after the corpus's own chart of phonemes
PCVC_CONSONANTS = (
    *("P", "B", "T", "D", "tS", "dZ", "K", "G", "F", "V", "Kh", "Gh"),
    *("S", "Z", "Sh", "Zh", "M", "N", "H", "L", "R", "Q", "j"),
)
PCVC_VOWELS = ["A", "I", "U", "ae", "e", "o"]


def clips(root: Path, store: str) -> list[Path]:
    """Return what a folder holds, sorted: paths relative to it.

    Args:
        root: the folder.
        store: "audio", or "pcvc": speakers' ``.mat`` files, whose clips are called
            ``SPEAKER/CONSONANT-VOWEL``.

    Raises:
        InputError: the folder is missing or holds nothing of the kind.
    """
    if store not in STORES:
        raise InputError(f"no kind of folder '{store}'{nearest(store, STORES)}")
    if not root.is_dir():
        raise InputError(f"{root}: no such folder; check 'path' in the corpus's configuration")
    kind = STORES[store]
    paths = [p for p in root.rglob("*") if p.suffix.lower() in kind.suffixes and p.is_file()]
    if not paths:
        raise InputError(f"{root}: holds no audio file ({', '.join(kind.suffixes)})")
    return sorted(name for path in paths for name in kind.names(path.relative_to(root)))


def read(root: Path, name: str, store: str, rate: int, length: int, pad: str) -> np.ndarray:
    """Return a clip's samples: float32, shape (length,), mono, at the given rate in Hz.

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
) -> list[np.ndarray]:
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

    Returns:
        float32, shape (length,) each; they may be silent or not finite.

    Raises:
        InputError: the whole clip cannot be used; the message says why.
    """
    return STORES[store].read_sliced(root / name, rate, length, slices, wanted, pad)


def _pcvc_names(path: Path) -> list[Path]:
    return [path.with_suffix("") / f"{c}-{v}" for c in PCVC_CONSONANTS for v in PCVC_VOWELS]


def _read_pcvc(path: Path, rate: int, length: int, pad: str) -> np.ndarray:
    return fit_length(_syllable(path, rate), length, pad)


def _read_pcvc_sliced(
    path: Path, rate: int, length: int, slices: int, wanted: Sequence[int], pad: str
) -> list[np.ndarray]:
    return cut_slices(_syllable(path, rate), rate, length, slices, wanted, pad, path)


def _syllable(path: Path, rate: int) -> np.ndarray:
    file = path.parent.with_suffix(".mat")
    consonant, vowel = path.name.rsplit("-", 1)
    samples = _matrix(file)[PCVC_CONSONANTS.index(consonant), PCVC_VOWELS.index(vowel)]
    if not samples.any():
        raise InputError(f"{path}: is silent")
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
    read: Callable[..., np.ndarray]
    read_sliced: Callable[..., list[np.ndarray]]


STORES = {
    "audio": Store(AUDIO_SUFFIXES, lambda path: [path], read_clip, read_slices),
    "pcvc": Store((".mat",), _pcvc_names, _read_pcvc, _read_pcvc_sliced),
}
