"""The words that tables give to clips: CSV, JSON, lists of paths, lines of word and path."""

import glob
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from tonotopy.corpora.texts import Table, encoding_of, lines_of
from tonotopy.errors import InputError, nearest


class Entry(NamedTuple):
    """What a table says of a clip.

    Attributes:
        key: what it calls the clip.
        word: what it says, as it is written there; "" for nothing.
        where: file and line, or file and name, for messages.
    """

    key: str
    word: str
    where: str


def files_of(patterns: str | list[str], root: Path) -> list[Path]:
    """Return the files of a rule, each of which may be a glob; relative ones start from the root.

    Raises:
        InputError: one is missing; the message has it.
    """
    paths = []
    for pattern, matches in matched(patterns, root):
        if not pattern or not matches or not all(path.is_file() for path in matches):
            raise InputError(f"{root / pattern}: the file with the labels does not exist")
        paths += matches
    return paths


def matched(patterns: str | list[str], root: Path) -> Iterator[tuple[str, list[Path]]]:
    """Yield the names of files in a rule, each with the paths that it means, there or not."""
    for pattern in [patterns] if isinstance(patterns, str) else patterns:
        path = os.path.join(root, pattern)
        found = sorted(glob.glob(path, recursive=True)) if "*" in pattern else [path]
        yield pattern, [Path(match) for match in found]


def csv_entries(rule: dict, root: Path, notes: list[str]) -> Iterator[Entry]:
    """Yield key and column of the rows of a rule's CSV files; notes get what was guessed."""
    key_name = rule.get("key", 0 if rule.get("header", 1) > 1 else None)
    named = {"key": key_name, "column": rule.get("column"), **{n: n for n in rule.get("where", {})}}
    for path in files_of(rule.get("file", ""), root):
        table = Table(path, rule, named.values(), notes)
        places = {part: table.position(name, part) for part, name in named.items()}
        kept = {places[name]: set(words) for name, words in rule.get("where", {}).items()}
        key, column = places["key"], places["column"]
        for line, row in table.rows(max(places.values()) + 1):
            if all(row[i] in words for i, words in kept.items()):
                yield Entry(row[key], row[column], f"{path.name} line {line}")


def json_entries(rule: dict, root: Path, notes: list[str]) -> Iterator[Entry]:
    """Yield name and word of ``{name: {column: word}}``; null and "" are no word."""
    column = str(rule.get("column"))
    for path in files_of(rule.get("file", ""), root):
        encoding = encoding_of(path, rule.get("encoding"), notes)
        try:  # as pairs: a name that is there twice would be lost in a dictionary
            named = json.loads(path.read_text(encoding=encoding), object_pairs_hook=list)
            facts = [(str(name), dict(entry or [])) for name, entry in named]
        except (ValueError, TypeError) as error:
            raise InputError(f"{path}: expected {{name: {{...}}}} as JSON ({error})") from error
        for name, entry in facts:
            if entry and column not in entry:
                raise InputError(f"{path}: '{name}' has no '{column}'{nearest(column, entry)}")
            yield Entry(name, _json_word(entry.get(column), path, name), f"{path.name} '{name}'")


def _json_word(value, path: Path, name: str) -> str:
    if isinstance(value, list):
        raise InputError(
            f"{path}: '{name}' has a list or an object where one word is expected; several tags "
            "are one text, with 'tags' of the corpus saying what separates them"
        )
    return "" if value is None else str(value)


def list_entries(rule: dict, root: Path, notes: list[str]) -> Iterator[Entry]:
    """Yield the paths of lists, each with the word that its list stands for."""
    for word, files in rule.get("lists", {}).items():
        for path in files_of(files, root):
            for number, line in lines_of(path, rule, notes):
                yield Entry(line, str(word), f"{path.name} line {number}")


def line_entries(rule: dict, root: Path, notes: list[str]) -> Iterator[Entry]:
    """Yield the lines ``WORD PATH`` of text files."""
    for path in files_of(rule.get("file", ""), root):
        for number, line in lines_of(path, rule, notes):
            word, _, name = line.partition(" ")
            yield Entry(name.strip(), word, f"{path.name} line {number}")


ENTRIES = {
    "csv": csv_entries,
    "json": json_entries,
    "lists": list_entries,
    "lines": line_entries,
}
