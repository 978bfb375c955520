"""Where a folder keeps labels, groups and splits: folder names, file names, CSV, JSON or lists."""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable
from pathlib import Path
from posixpath import splitext
from typing import NamedTuple

from tonotopy.corpora.keys import composed, forms, normal, normal_path, small_suffix
from tonotopy.corpora.settings import SPLITS
from tonotopy.corpora.tables import ENTRIES, files_of
from tonotopy.corpora.texts import check_dialect
from tonotopy.errors import InputError, nearest

_ALL = ("from", "values", "rest")
_TABLES = ("file", "match", "encoding")
# what a rule may have besides, by where its words are
KEYS = {
    "folder": _ALL,
    "name": (*_ALL, "pattern"),
    "csv": (*_ALL, *_TABLES, "key", "column", "header", "delimiter", "where"),
    "json": (*_ALL, *_TABLES, "column"),
    "lists": (*_ALL, "lists", "match", "encoding"),
    "lines": (*_ALL, *_TABLES),
    "random": ("from", "shares"),
}


class Found(NamedTuple):
    """A word that was found for a clip.

    Attributes:
        word: without blanks around it, accents composed.
        written: as it stands there.
        key: of the table's row, where that is less than the clip's path; "" otherwise.
    """

    word: str
    written: str
    key: str = ""


class Reader:
    """Finds the words of clips; calling it with a path gives the word, or None.

    Attributes:
        notes: what was guessed in reading a table.
    """

    def __init__(self, find: Callable[[Path], Found | None]):
        self.notes: list[str] = []
        self.find = find

    def __call__(self, path: Path) -> str | None:
        found = self.find(path)
        return found.word if found else None

    def where(self, key: str) -> str:
        """Return where a key stands, for messages."""
        return repr(key)

    def unmet(self) -> str | None:
        """Return a line on what it has for no clip that was asked for, None if there is nothing."""
        return None


def reader(rule: dict, root: Path) -> Reader:
    """Return a reader from a file's path (relative to root) to a word, or None where it has none.

    Args:
        rule: where the word is:
            ``{from: folder}``: name of the sub-folder;
            ``{from: name, pattern: REGEX}``: first group of the regular expression, searched in
            the path without its suffix;
            ``{from: csv, file: PATH, key: COLUMN, column: COLUMN}``: the row whose key is the
            file's path, the end of it, its name or stem (see `keys`); ``header: 2`` joins two
            header lines as ``top.sub``; ``encoding`` and ``delimiter`` where they are not to be
            detected; ``where: {COLUMN: [WORD, ...]}`` reads rows alone that have one of the words;
            ``{from: json, file: PATH, column: KEY}``: ``{name: {KEY: word}}``;
            ``{from: lists, lists: {WORD: PATH}}``: text files with one path per line;
            ``{from: lines, file: PATH}``: a text file of lines ``WORD PATH``.
            A PATH may be a glob (``*/examples.json``) or a list; all files found are read. With
            ``match: REGEX`` files and rows meet by the expression's first group.
        root: folder that a relative PATH starts from.

    Raises:
        InputError: the rule or a file it names is wrong; the message says how. A reader raises it
            for a clip of which two rows say different things.
    """
    source = rule.get("from")
    if source == "folder":
        return Reader(lambda path: _found(path.parent.name))
    if source == "name":
        group_of = _group_of(rule, "pattern")
        return Reader(lambda path: _found(group_of(path)))
    if source not in ENTRIES:
        kinds = ["folder", "name", *ENTRIES]
        raise InputError(f"'from: {source}' is no place for a label{nearest(source, kinds)}")
    return TableReader(rule, root)


def words_of(words: Reader, files: Iterable[Path]) -> list[Found | None]:
    """Return the words of clips, of which no two may have met the same row by a part of their path.

    Raises:
        InputError: a row's key names two clips; the message has them all.
    """
    found = [words.find(file) for file in files]
    by_key = defaultdict(list)
    for file, one in zip(files, found, strict=True):
        if one and one.key:
            by_key[one.key].append(file.as_posix())
    for key, clips in by_key.items():
        if len(clips) > 1:
            raise InputError(
                f"'{key}' in {words.where(key)} names {len(clips)} files: "
                f"{', '.join(map(repr, clips[:5]))}; write their paths there, such as '{clips[0]}'"
            )
    return found


class TableReader(Reader):
    """Finds words in tables; see `reader`."""

    def __init__(self, rule: dict, root: Path):
        super().__init__(self._find)
        self._rule, self._root = rule, root
        self._match = _group_of(rule, "match") if "match" in rule else None
        self._words: dict[str, str] = {}
        self._small: dict[str, str] = {}  # keys of which the suffix is in capitals
        self._conflicts: set[str] = set()
        self._asked: set[str] = set()
        for entry in self._entries(self.notes):
            self._take(self._key(entry.key), entry.word)

    def where(self, key: str) -> str:
        """Return all that tables say of a key: file, line and word."""
        plain = small_suffix(key)
        entries = ((small_suffix(self._key(e.key)), e) for e in self._entries([]))
        told = [entry for name, entry in entries if name == plain and normal(entry.word)]
        return " and ".join(f"{e.where} ('{e.word}')" for e in told[:4])

    def unmet(self) -> str | None:
        missed = self._words.keys() - self._asked
        if not missed:
            return None
        files = self._rule.get("file") or list(self._rule.get("lists", {}).values())
        return f"{len(missed)} name(s) in {files} are of no clip here, such as '{min(missed)}'"

    def _entries(self, notes: list[str]):
        return ENTRIES[self._rule["from"]](self._rule, self._root, notes)

    def _key(self, written: str) -> str:
        if self._match:
            return self._match(Path(written)) or written
        return normal_path(written, self._root)

    def _take(self, key: str, word: str) -> None:
        if not key or not (plain := normal(word)):
            return
        first = self._words.setdefault(key, word)
        if first is not word and normal(first) != plain:
            self._conflicts.add(key)
        if not self._match and (small := small_suffix(key)) != key:
            other = self._small.setdefault(small, key)
            if normal(self._words[other]) != plain:
                self._conflicts.add(other)

    def _find(self, path: Path) -> Found | None:
        if self._match:
            key = self._match(path)
            return self._found(key, "") if key in self._words else None
        clip = normal_path(path.as_posix())
        same = not self._small and small_suffix(clip) == clip
        for form in forms(clip):
            small = form if same else small_suffix(form)
            for key in (form, small, self._small.get(small)):
                if key in self._words:
                    return self._found(key, "" if form == clip else key)
        return None

    def _found(self, key: str, part: str) -> Found:
        if key in self._conflicts:
            raise InputError(f"'{key}' has two words: {self.where(key)}; correct one of them")
        self._asked.add(key)
        return _found(self._words[key], part)


def check_expressions(rule: dict) -> None:
    """Check what of a rule for `reader` can be checked without its files.

    Raises:
        InputError: an expression is missing or wrong, a key is of no use there, there is no such
            encoding, or a word stands for two splits or for none; the message has it.
    """
    for key in rule:
        if key not in KEYS[rule["from"]]:
            used = ", ".join(KEYS[rule["from"]][1:])
            raise InputError(f"'{key}' means nothing with 'from: {rule['from']}' (known: {used})")
    if rule["from"] == "name":
        _group_of(rule, "pattern")
    if "match" in rule:
        _group_of(rule, "match")
    check_dialect(rule)
    split_words(rule)


def split_words(rule: dict) -> dict[str, str]:
    """Return what word stands for which split: ``values`` of a rule, and the splits' own names.

    Raises:
        InputError: there is no such split, a word is none, or stands for two of them.
    """
    stands_for = {split: split for split in SPLITS}
    for split, words in rule.get("values", {}).items():
        if split not in SPLITS:
            raise InputError(f"values: there is no split '{split}'{nearest(split, SPLITS)}")
        for word in words if isinstance(words, list) else [words]:
            if isinstance(word, bool) or not isinstance(word, str | int):
                raise InputError(f"values.{split}: {word!r} is no word; put it in quotes")
            if stands_for.get(normal(str(word)), split) != split:
                other = stands_for[normal(str(word))]
                raise InputError(f"values: '{word}' stands for {other} and for {split}")
            stands_for[normal(str(word))] = split
    return stands_for


def check_files(rule: dict, root: Path) -> None:
    """Look whether the files of a rule for `reader` are there.

    Raises:
        InputError: the message names the one that is missing.
    """
    if rule["from"] in ("csv", "json", "lines"):
        files_of(rule.get("file", ""), root)
    for file in rule.get("lists", {}).values():
        files_of(file, root)


def _found(written: str | None, key: str = "") -> Found | None:
    word = normal(written or "")
    return Found(word, written, key) if word else None


def _group_of(rule: dict, key: str) -> Callable[[Path], str | None]:
    try:
        pattern = re.compile(composed(rule[key]))
    except (KeyError, re.error) as error:
        raise InputError(
            f"'from: {rule['from']}' needs a regular expression in '{key}' ({error})"
        ) from error
    if pattern.groups != 1:
        raise InputError(f"{key} {rule[key]!r} needs exactly one (group)")

    def read(path: Path) -> str | None:
        match = pattern.search(composed(splitext(path.as_posix())[0]))
        return match.group(1) if match else None

    return read
