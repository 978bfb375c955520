"""A corpus from a folder of sound: a user's own, or an unpacked download."""

import csv
import io
import re
import unicodedata
from collections.abc import Sequence
from itertools import groupby
from pathlib import Path

from tonotopy.corpora.choosing import Choice, Chooser, drop_rare
from tonotopy.corpora.decoding import Wanted, decoded
from tonotopy.corpora.gaps import gap_notes
from tonotopy.corpora.labelling import reader
from tonotopy.corpora.listed import Listed
from tonotopy.corpora.listing import listing
from tonotopy.corpora.settings import FolderSettings
from tonotopy.corpora.spool import Spool
from tonotopy.corpora.writer import CorpusWriter
from tonotopy.errors import InputError


def build(path, settings: FolderSettings, seed: int = 0, workers: int = 1) -> None:
    """Build a corpus from a folder; broken files are listed in its build report.

    Args:
        path: folder of the new corpus.
        settings: how to read labels, groups, splits and audio.
        seed: seed of random splits and draws.
        workers: processes that decode; the corpus does not depend on it.

    Raises:
        InputError: the folder is missing, holds no audio, no clip could be kept, or a setting is
            about something that no clip has.
    """
    root = Path(settings.path)
    listed = listing(root, settings)
    length = round(settings.seconds * settings.rate)
    about = {"source": "folder", **settings.about}
    about |= {key: getattr(settings, key) for key in ("slices", "peak") if getattr(settings, key)}
    tags = settings.tags is not None
    with Spool(path, length) as spool:
        reading = _Reading(root, settings, workers, spool)
        choice = reading.choose(listed.rows, Chooser(settings, seed))
        classes = classes_of(choice.rows)
        with CorpusWriter(path, classes, settings.rate, length, about, tags) as writer:
            for clip, reason in [*listed.dropped, *reading.unusable(), *choice.dropped]:
                writer.drop(clip, reason)
            for text in [*listed.notes, *choice.notes]:
                writer.note(text)
            for row in choice.rows:
                label = row.labels if tags else row.first
                writer.add(row.clip, spool.get(row.clip), label, row.split, row.group)
            for text in gap_notes(choice.rows, classes, settings.split, Path(path).name):
                writer.note(text)
            if settings.clip_licence:
                writer.attach("licences.csv", _licences(choice.rows, root, settings))


class _Reading:
    """Reads clips as they are chosen, and has them chosen anew without those that are unusable."""

    def __init__(self, root: Path, settings: FolderSettings, workers: int, spool: Spool):
        self._root, self._settings = root, settings
        self._workers, self._spool = workers, spool
        self._reasons: dict[str, str] = {}  # of files and of clips

    def choose(self, rows: Sequence[Listed], chooser: Chooser) -> Choice:
        """Return a choice of which every clip has been read: its samples are in the spool.

        What no choice asks for is never read.

        Raises:
            InputError: a split is left without clips, because groups or copies cross splits.
        """
        while True:
            usable = [row for row in rows if not self._reasons.keys() & {row.file, row.clip}]
            choice = chooser.choose(usable, self._spool.digests)
            unread = [row for row in choice.rows if row.clip not in self._spool.digests]
            if not unread:
                break
            self._read(unread)
        if choice.problem:
            raise InputError(f"{self._root}: {choice.problem}")
        return choice

    def unusable(self) -> list[tuple[str, str]]:
        """Return files and clips that cannot be used, in their order, and why."""
        return sorted(self._reasons.items())

    def _read(self, rows: list[Listed]) -> None:
        """Read clips; a file that cannot be used at all is told once."""
        files = [(file, list(clips)) for file, clips in groupby(rows, key=lambda row: row.file)]
        sliced = self._settings.slices
        wanted = [
            Wanted(file, tuple(row.slice for row in clips) if sliced else None)
            for file, clips in files
        ]
        sounds_of = decoded(wanted, self._root, self._settings, self._workers)
        for (file, clips), sounds in zip(files, sounds_of, strict=True):
            if isinstance(sounds, str):
                self._reasons[file] = sounds
                continue
            for row, sound in zip(clips, sounds, strict=True):
                if isinstance(sound, str):
                    self._reasons[row.clip] = sound
                else:
                    self._spool.put(row.clip, sound)


def labels_of(settings: FolderSettings) -> list[str]:
    """Return the classes of a folder, as far as they can be known before its sound is read.

    Raises:
        InputError: the folder is missing, or its labels, groups or splits cannot be read.
    """
    choice = Choice(listing(Path(settings.path), settings).rows)
    if not settings.tags:
        drop_rare(choice)
    return classes_of(choice.rows)


def classes_of(rows: Sequence[Listed]) -> list[str]:
    """Return the labels of clips in their natural order."""
    return sorted({label for row in rows for label in row.labels}, key=_natural)


def _licences(rows, root: Path, settings: FolderSettings) -> str:
    licence_of = reader(settings.clip_licence, root)
    text = io.StringIO()
    text.write("clip,licence\n")
    lines = csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\n")
    lines.writerows((row.clip, licence_of(Path(row.file)) or "unknown") for row in rows)
    return text.getvalue()


def _natural(name: str) -> tuple[list[tuple[int, str]], str]:
    """Sorting key by which class 10 comes after class 9, in the digits of any script."""
    parts = [part for part in re.split(r"(\d+)", name) if part]
    return [_number(part) if part.isdecimal() else (-1, part) for part in parts], name


def _number(digits: str) -> tuple[int, str]:
    """Sorting key of a number of any length."""
    plain = "".join(str(unicodedata.decimal(digit)) for digit in digits).lstrip("0")
    return len(plain), plain
