"""A corpus from a folder of audio files: a user's own, or an unpacked download."""

from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from tonotopy.corpora.audio import AUDIO_SUFFIXES, fit_length, limit_peak, read_audio
from tonotopy.corpora.labelling import named_splits, random_splits, reader
from tonotopy.corpora.schema import SPLITS
from tonotopy.corpora.settings import FolderSettings
from tonotopy.corpora.writer import CorpusWriter
from tonotopy.errors import InputError

LEAST_CLIPS = 3  # a class needs one clip in each split


@dataclass(frozen=True)
class _Listed:
    clip: str
    label: str
    group: str
    split: str


def audio_files(root: Path) -> list[Path]:
    """Return the audio files below a folder, relative to it and sorted.

    Raises:
        InputError: the folder is missing or holds no audio file.
    """
    if not root.is_dir():
        raise InputError(f"{root}: no such folder; check 'path' in the corpus's configuration")
    found = [p for p in root.rglob("*") if p.suffix.lower() in AUDIO_SUFFIXES and p.is_file()]
    if not found:
        raise InputError(f"{root}: holds no audio file ({', '.join(AUDIO_SUFFIXES)})")
    return sorted(path.relative_to(root) for path in found)


def listing(root: Path) -> str:
    """Return names and sizes of a folder's audio files as one string: it changes with them."""
    return "\n".join(f"{p.as_posix()} {(root / p).stat().st_size}" for p in audio_files(root))


def build(path, settings: FolderSettings, seed: int = 0, workers: int = 1) -> None:
    """Build a corpus from a folder; broken files are listed in its build report.

    Args:
        path: folder of the new corpus.
        settings: how to read labels, groups, splits and audio.
        seed: seed of random splits.
        workers: processes that decode; the corpus does not depend on it.

    Raises:
        InputError: the folder is missing, holds no audio, or no clip could be kept.
    """
    root = Path(settings.path)
    files = audio_files(root)
    rows, dropped = _labelled(files, settings, root, seed)
    classes = sorted({row.label for row in rows})
    length = round(settings.seconds * settings.rate)
    about = {"source": "folder", **settings.about}
    with CorpusWriter(path, classes, settings.rate, length, about) as writer:
        for clip, reason in dropped:
            writer.drop(clip, reason)
        for row, sound in zip(rows, _decoded(rows, root, settings, length, workers), strict=True):
            if isinstance(sound, str):
                writer.drop(row.clip, sound)
            else:
                writer.add(row.clip, sound, row.label, row.split, row.group)
        _note_gaps(writer, classes)


def _labelled(files, settings, root, seed) -> tuple[list[_Listed], list[tuple[str, str]]]:
    label_of = reader(settings.label, root)
    group_of = reader(settings.group, root) if settings.group else Path.as_posix
    labels = {file: label_of(file) for file in files}
    counts = Counter(label for label in labels.values() if label)
    dropped, kept = [], []
    for file, label in labels.items():
        if not label:
            dropped.append((file.as_posix(), f"no label found by {settings.label}"))
        elif counts[label] < LEAST_CLIPS:
            reason = f"label '{label}' has {counts[label]} clip(s), at least {LEAST_CLIPS} needed"
            dropped.append((file.as_posix(), reason))
        else:
            kept.append(file)
    groups = [group_of(file) or file.as_posix() for file in kept]
    if settings.split.get("from") == "random":
        splits = random_splits([labels[f] for f in kept], groups, settings.split["shares"], seed)
    else:
        split_of = named_splits(settings.split, root)
        splits = [split_of(file) for file in kept]
    rows = []
    for file, group, split in zip(kept, groups, splits, strict=True):
        if split is None:
            dropped.append((file.as_posix(), f"no split found by {settings.split}"))
        else:
            rows.append(_Listed(file.as_posix(), labels[file], group, split))
    return rows, dropped


def _decoded(rows, root, settings, length, workers) -> Iterator[np.ndarray | str]:
    decode = partial(_decode, root=root, rate=settings.rate, length=length, pad=settings.pad)
    names = [row.clip for row in rows]
    if workers == 1:
        yield from map(decode, names)
        return
    with ProcessPoolExecutor(workers) as pool:
        yield from pool.map(decode, names, chunksize=16)


def _decode(name: str, root: Path, rate: int, length: int, pad: str) -> np.ndarray | str:
    """Return a clip's samples, or the reason why it cannot be used."""
    try:
        sound = limit_peak(fit_length(read_audio(root / name, rate), length, pad))
    except InputError as error:
        return str(error).removeprefix(f"{root / name}: ")
    return sound if sound.any() else f"its middle {length / rate:g} s are silent"


def _note_gaps(writer: CorpusWriter, classes) -> None:
    for split in SPLITS:
        missing = [c for c in classes if not writer.count(split, c)]
        if missing:
            writer.note(f"no clip in split {split} for: {', '.join(missing)}")
