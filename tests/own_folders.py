"""Folders as users bring them: many short distinct sounds, or names alone."""

from collections.abc import Iterable
from pathlib import Path
from zlib import crc32

import numpy as np
import soundfile

from tonotopy.corpora.folder import build
from tonotopy.corpora.listing import Listing, listing
from tonotopy.corpora.schema import Corpus
from tonotopy.corpora.settings import FolderSettings

RATE, SECONDS = 4000, 0.02


def noise(name: str) -> np.ndarray:
    """A sound of the length of a clip that no other name has."""
    return np.random.default_rng(crc32(name.encode())).uniform(-0.5, 0.5, round(RATE * SECONDS))


def put(root: Path, names: Iterable[str], sound: str | None = None) -> None:
    """Write a sound of its own for each name, or the sound of one name for all."""
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        soundfile.write(root / name, noise(sound or name), RATE, format="WAV")


def put_broken(root: Path, names: Iterable[str]) -> None:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(b"RIFF but no more")


def put_names(root: Path, names: Iterable[str]) -> None:
    """Write empty files: their labels can be read."""
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).touch()


def settings(root: Path, **changes) -> FolderSettings:
    return FolderSettings(**{"path": str(root), "rate": RATE, "seconds": SECONDS, **changes})


def listed(root: Path, **changes) -> Listing:
    """What a folder holds, by names and tables alone."""
    return listing(root, settings(root, **changes))


def labels(root: Path, **changes) -> dict[str, str]:
    return {row.file: ",".join(row.labels) for row in listed(root, **changes).rows}


def built(root: Path, path: Path, seed: int = 0, workers: int = 1, **changes) -> Corpus:
    build(path, settings(root, **changes), seed, workers)
    return Corpus(path)


def notes(corpus: Corpus) -> list[str]:
    return corpus.info["report"]["notes"]


def dropped(corpus: Corpus) -> dict[str, str]:
    return {row["clip"]: row["reason"] for row in corpus.info["report"]["dropped"]}


def splits(corpus: Corpus) -> dict[str, str]:
    return dict(zip(corpus.clips, corpus.splits, strict=True))


def csv_rule(**changes) -> dict:
    return {"from": "csv", "file": "labels.csv", "key": "file", "column": "genre", **changes}
