"""How the names of files and the keys of tables meet: one spelling for both.

Keys come from other machines and programs: with another separator, with ``./`` or the whole path
before them, with another normal form of accents, with a suffix in capitals.
"""

import posixpath
import re
import unicodedata
from pathlib import Path

from tonotopy.corpora.formats import AUDIO_SUFFIXES


def composed(text: str) -> str:
    """Return a text whose accents are one character with their letter (Unicode normal form C)."""
    return unicodedata.normalize("NFC", text)


def normal(text: str) -> str:
    """Return a word without blanks around it, its accents composed."""
    return composed(text).strip()


def normal_path(text: str, root: Path | None = None) -> str:
    """Return a path in one spelling: composed, with ``/``, without ``./``, relative to the root.

    Args:
        text: a path as somebody wrote it.
        root: absolute paths below it become relative to it; others stay as they are.
    """
    text = normal(text).replace("\\", "/")
    if not text:
        return ""
    path = posixpath.normpath(text)
    if root is not None and path.startswith("/"):
        for start in {root.absolute(), root.resolve()}:
            before = normal(start.as_posix()).rstrip("/") + "/"
            if path.startswith(before):
                return path.removeprefix(before)
    return path


def small_suffix(path: str) -> str:
    """Return a path whose suffix, if it is one of sound files, is in small letters."""
    stem, suffix = posixpath.splitext(path)
    return stem + suffix.lower() if suffix.lower() in AUDIO_SUFFIXES else path


def forms(path: str) -> list[str]:
    """Return what a key may call a file: from its whole path to its name's stem.

    Args:
        path: in one spelling, see `normal_path`.

    Returns:
        The path with and without its suffix, then so its tails, the longest first.
    """
    begins = [0, *(slash.end() for slash in re.finditer("/", path))]
    end = len(posixpath.splitext(path)[0])
    ends = (None, end) if end < len(path) else (None,)
    return [path[first:last] for first in begins for last in ends]
