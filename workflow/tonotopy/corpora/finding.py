"""Which files of a folder are its owner's sound: links are followed, strays are passed over."""

import os
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from tonotopy.corpora.formats import OTHER_AUDIO_SUFFIXES
from tonotopy.errors import InputError

# folders and files that systems and servers leave behind, in small letters; hidden ones beside them
STRAYS = (
    *("@eadir", "@tmp", "@recycle", "@recently-snapshot", "#recycle", "#snapshot"),
    *("$recycle.bin", "recycler", "system volume information", "found.000", "lost+found"),
    *("__macosx", "network trash folder", "temporary items", "thumbs.db", "desktop.ini"),
)


@dataclass
class Found:
    """What a folder holds.

    Attributes:
        files: paths relative to the folder, sorted.
        notes: a line for each kind of file that was passed over, with its number.
    """

    files: list[Path] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def find(root: Path, suffixes: Sequence[str]) -> Found:
    """Return the files below a folder that end in one of the suffixes.

    Files and folders that are hidden or left behind by a system (see `STRAYS`) are passed over.
    Links are followed; a folder is read once, under its own name where it has one below the root.

    Args:
        root: the folder.
        suffixes: in small letters, with their points.

    Raises:
        InputError: a folder below it cannot be listed.
    """
    walk = _Walk(root)
    found, strays, others, dead = Found(), [], Counter(), []
    for path, entry, stray in sorted(walk.entries(), key=lambda row: row[0].parts):
        suffix = path.suffix.lower()
        if stray:
            strays.append(path)
        elif suffix in suffixes and _holds(entry.is_file):
            found.files.append(path)
        elif suffix in suffixes or _is_dead(entry):
            dead.append(path)
        elif suffix in OTHER_AUDIO_SUFFIXES:
            others[suffix] += 1
    found.notes += _notes(strays, others, dead) + walk.notes
    return found


def is_stray(name: str) -> bool:
    """Return whether a file or folder of that name is hidden or left behind by a system."""
    return name.startswith(".") or name.lower() in STRAYS


def shown(path: str | Path) -> str:
    """Return a path that can be printed: bytes that are no UTF-8 as ``\\xNN``."""
    return os.fsencode(path).decode("utf-8", "backslashreplace")


def _notes(strays: list[Path], others: Counter, dead: list[Path]) -> list[str]:
    notes = []
    if strays:
        notes.append(
            f"passed over: {len(strays)} file(s) that are hidden or left behind by a system, such "
            f"as '{shown(strays[0])}'"
        )
    if others:
        counts = ", ".join(f"{count} {suffix}" for suffix, count in sorted(others.items()))
        notes.append(
            f"passed over: {others.total()} file(s) of formats that are not read ({counts}); "
            "convert them, for instance to flac"
        )
    if dead:
        notes.append(
            f"passed over: {len(dead)} file(s) that are broken links or no regular files, such as "
            f"'{shown(dead[0])}'"
        )
    return notes


def _holds(question: Callable[[], bool]) -> bool:
    """Ask an entry of a folder; of a link that leads in a circle nothing holds."""
    try:
        return question()
    except OSError:
        return False


def _is_dead(entry: os.DirEntry) -> bool:
    return entry.is_symlink() and not os.path.exists(entry.path)


class Entry(NamedTuple):
    """What is no folder: its path relative to the root, and whether it is passed over."""

    path: Path
    entry: os.DirEntry
    stray: bool


class _Walk:
    """Goes through a folder: its own sub-folders first, then those that links lead to."""

    def __init__(self, root: Path):
        self.root, self.notes = root, []
        self._seen: dict[tuple[int, int], Path] = {}  # device and inode -> where it was read
        self._links: list[Path] = []

    def entries(self) -> Iterator[Entry]:
        """Yield what is no folder."""
        yield from self._below(Path())
        while self._links:
            link = self._links.pop(0)
            if self._leads_up(link):
                self.notes.append(
                    f"passed over: link '{shown(link)}' leads to a folder that it lies in"
                )
            else:
                yield from self._below(link)

    def _leads_up(self, link: Path) -> bool:
        target = Path(os.path.realpath(self.root / link))
        return Path(os.path.realpath((self.root / link).parent)).is_relative_to(target)

    def _below(self, folder: Path) -> Iterator[Entry]:
        status = (self.root / folder).stat()
        place = (status.st_dev, status.st_ino)
        if place in self._seen:
            self.notes.append(
                f"passed over: folder '{shown(folder)}' is '{shown(self._seen[place])}', which is "
                "read already"
            )
            return
        self._seen[place] = folder
        for entry in self._listed(folder):
            path = folder / entry.name
            if not _holds(entry.is_dir):
                yield Entry(path, entry, is_stray(entry.name))
            elif is_stray(entry.name):
                yield from self._strays(path)
            elif entry.is_symlink():
                self._links.append(path)
            else:
                yield from self._below(path)

    def _listed(self, folder: Path) -> list[os.DirEntry]:
        try:
            with os.scandir(self.root / folder) as entries:
                return sorted(entries, key=lambda entry: entry.name)
        except OSError as error:
            raise InputError(f"{shown(self.root / folder)}: cannot be listed ({error})") from error

    def _strays(self, folder: Path) -> Iterator[Entry]:
        """Yield what lies below a folder that is passed over; it need not be readable."""
        with suppress(OSError), os.scandir(self.root / folder) as entries:
            for entry in list(entries):
                path = folder / entry.name
                if not _holds(entry.is_dir):
                    yield Entry(path, entry, True)
                elif not entry.is_symlink():
                    yield from self._strays(path)
