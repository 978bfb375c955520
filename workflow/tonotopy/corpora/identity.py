"""Whether a folder of sound has changed: one hash over the content that a corpus is made of.

A file's own hash is kept with what its system tells of it, so that an unchanged file is not read
again.
"""

import hashlib
import json
import os
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path

from tonotopy import places
from tonotopy.corpora.finding import find, shown
from tonotopy.corpora.formats import SUFFIXES
from tonotopy.corpora.settings import FolderSettings
from tonotopy.corpora.tables import matched
from tonotopy.errors import InputError
from tonotopy.files import replacing

RULES = ("label", "group", "split", "clip_licence")  # settings that may name further files
READERS = 4  # files that are read at a time
MUCH = 2e9  # bytes that take long enough to be told
SETTLED_NS = 2_000_000_000  # some file systems tell the time of a change to 2 s
MISSING = "-"  # the hash of what cannot be read

Row = list  # size, inode, mtime and ctime in ns, hash


def content(settings: FolderSettings) -> str:
    """Return a hash over all files that a corpus is read from; "" where the folder is missing.

    It goes over names (below the folder) and content of the sound, and over the content of the
    tables and lists of labels, groups, splits and licences, wherever they lie. Other files in the
    folder, the folder's own path and the time of a change do not count.

    Args:
        settings: of the corpus.
    """
    root = Path(os.path.abspath(settings.path))
    try:
        files = find(root, SUFFIXES[settings.store]).files
    except (InputError, OSError):
        return ""  # the build tells why
    tables = [row for key in RULES for row in _tables(key, getattr(settings, key), root)]
    paths = [root / file for file in files] + [path for _, path in tables]
    names = [os.fsencode(file.as_posix()) for file in files] + [os.fsencode(n) for n, _ in tables]
    whole = hashlib.blake2b(digest_size=16)
    place = Path(places.file_hashes(_name([str(root), *(str(path) for _, path in tables)])))
    for name, digest in zip(names, file_hashes(paths, place), strict=True):
        whole.update(name + b"\0" + digest.encode() + b"\0")
    return whole.hexdigest()


@cache
def state(folder: str | Path, suffixes: Sequence[str] = SUFFIXES["audio"]) -> str:
    """Return a hash over names, sizes and times of a folder's files; "" where it is missing.

    For folders of millions of clips, whose content takes hours to read.

    Args:
        folder: with files at any depth.
        suffixes: of the files that count.
    """
    root, whole = Path(folder), hashlib.blake2b(digest_size=16)
    try:
        files = find(root, suffixes).files
    except (InputError, OSError):
        return ""
    for file in files:
        size, _, changed, _ = _state(root / file) or [0] * 4
        whole.update(os.fsencode(file.as_posix()) + f"\0{size}\0{changed}\0".encode())
    return whole.hexdigest()


def _tables(key: str, rule: dict | None, root: Path) -> Iterator[tuple[str, Path]]:
    """Yield what a rule reads words from: what it is to the rule, and the path."""
    rule = rule or {}
    named = {"": rule.get("file", []), **rule.get("lists", {})}
    for word, patterns in named.items():
        for _, matches in matched(patterns, root):
            yield from ((f"{key} {word}", path) for path in matches)


def file_hashes(paths: Sequence[Path], place: Path) -> list[str]:
    """Return a hash of each file's content; only those are read that may have changed.

    Args:
        paths: files; one that cannot be read has the hash `MISSING`.
        place: file that hashes are kept in between runs. It may be missing or damaged, and need
            not be writable.
    """
    kept = _kept(place)
    states = [_state(path) for path in paths]
    known = [kept.get(str(path), []) for path in paths]
    hashes = {
        path: row[-1] if state and row[:-1] == state else None
        for path, state, row in zip(paths, states, known, strict=True)
    }
    unread = [path for path, digest in hashes.items() if digest is None]
    _tell([state for path, state in zip(paths, states, strict=True) if hashes[path] is None], paths)
    rows = {str(p): row for p, row in zip(paths, known, strict=True) if hashes[p] is not None}
    try:
        with ThreadPoolExecutor(READERS) as pool:
            for path, (digest, row) in zip(unread, pool.map(_hashed, unread), strict=True):
                hashes[path] = digest
                rows |= {str(path): row} if row else {}
    finally:
        if rows != kept:
            _keep(place, rows)
    return [hashes[path] for path in paths]


def _hashed(path: Path) -> tuple[str, Row | None]:
    """Return a file's hash and the row that is kept of it; None where it may still change."""
    begun, before = time.time_ns(), _state(path)
    try:
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, lambda: hashlib.blake2b(digest_size=16)).hexdigest()
    except OSError:
        return MISSING, None
    settled = before is not None and max(before[2:]) < begun - SETTLED_NS
    return digest, [*before, digest] if settled and before == _state(path) else None


def _state(path: Path) -> list[int] | None:
    try:
        status = path.stat()
    except OSError:
        return None
    return [status.st_size, status.st_ino, status.st_mtime_ns, status.st_ctime_ns]


def _tell(states: list[list[int] | None], paths: Sequence[Path]) -> None:
    """Say that planning takes long because much is read for the first time."""
    total = sum(state[0] for state in states if state)
    if total > MUCH:
        print(
            f"note: {len(states):,} files ({total / 1e9:.1f} GB) in "
            f"{shown(os.path.commonpath(paths))} are read once, to know later whether they change",
            file=sys.stderr,
            flush=True,
        )


def _kept(place: Path) -> dict[str, Row]:
    try:
        rows = json.loads(place.read_text())
    except (OSError, ValueError, RecursionError):
        return {}
    if not isinstance(rows, dict):
        return {}
    return {p: row for p, row in rows.items() if isinstance(row, list) and len(row) == 5}


def _keep(place: Path, rows: dict[str, Row]) -> None:
    try:
        with replacing(place, checksums=False) as draft:
            draft.write_text(json.dumps(rows))
    except (InputError, OSError) as error:
        print(f"note: {place} is not kept ({error})", file=sys.stderr, flush=True)


def _name(paths: list[str]) -> str:
    return hashlib.sha256("\0".join(paths).encode(errors="surrogateescape")).hexdigest()[:16]
