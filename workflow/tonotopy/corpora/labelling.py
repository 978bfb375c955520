"""Where a folder keeps labels, groups and splits: folder names, file names, CSV, JSON or lists."""

import csv
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path

from tonotopy.errors import InputError, nearest

Reader = Callable[[Path], str | None]


def reader(rule: dict, root: Path) -> Reader:
    """Return a function from a file's path (relative to root) to a word, or None where it has none.

    Args:
        rule: where the word is:
            ``{from: folder}``: name of the sub-folder;
            ``{from: name, pattern: REGEX}``: first group of the regular expression, searched in
            the path without its suffix;
            ``{from: csv, file: PATH, key: COLUMN, column: COLUMN}``: the row whose key is the
            file's path, name or stem; ``header: 2`` joins two header lines as ``top.sub``;
            ``where: {COLUMN: [WORD, ...]}`` reads rows alone that have one of the words there;
            ``{from: json, file: PATH, column: KEY}``: ``{name: {KEY: word}}``;
            ``{from: lists, lists: {WORD: PATH}}``: text files with one path per line;
            ``{from: lines, file: PATH}``: a text file of lines ``WORD PATH``.
            A PATH may be a glob (``*/examples.json``) or a list; all files found are read. With
            ``match: REGEX`` files and rows meet by the expression's first group.
        root: folder that a relative PATH starts from.

    Raises:
        InputError: the rule or a file it names is wrong; the message says how.
    """
    source = rule.get("from")
    if source == "folder":
        return lambda path: path.parent.name or None
    if source == "name":
        return _group_of(rule, "pattern")
    tables = {"csv": _csv_words, "json": _json_words, "lists": _list_words, "lines": _line_words}
    if source not in tables:
        kinds = ["folder", "name", *tables]
        raise InputError(f"'from: {source}' is no place for a label{nearest(source, kinds)}")
    words = dict(tables[source](rule, root))
    if "match" in rule:
        key_of = _group_of(rule, "match")
        keyed = {key_of(Path(name)) or name: word for name, word in words.items()}
        return lambda path: keyed.get(key_of(path)) or None
    return lambda p: words.get(p.as_posix()) or words.get(p.name) or words.get(p.stem) or None


def check_expressions(rule: dict) -> None:
    """Check the regular expressions of a rule for `reader`.

    Raises:
        InputError: one is missing or wrong; the message has it.
    """
    if rule["from"] == "name":
        _group_of(rule, "pattern")
    if "match" in rule:
        _group_of(rule, "match")


def check_files(rule: dict, root: Path) -> None:
    """Look whether the files of a rule for `reader` are there.

    Raises:
        InputError: the message names the one that is missing.
    """
    if rule["from"] in ("csv", "json", "lines"):
        _files(rule.get("file", ""), root)
    for file in rule.get("lists", {}).values():
        _files(file, root)


def _group_of(rule: dict, key: str) -> Reader:
    try:
        pattern = re.compile(rule[key])
    except (KeyError, re.error) as error:
        raise InputError(
            f"'from: {rule['from']}' needs a regular expression in '{key}' ({error})"
        ) from error
    if pattern.groups != 1:
        raise InputError(f"{key} {rule[key]!r} needs exactly one (group)")

    def read(path: Path) -> str | None:
        match = pattern.search(path.with_suffix("").as_posix())
        return match.group(1) if match else None

    return read


def _files(patterns: str | list[str], root: Path) -> list[Path]:
    paths = []
    for pattern in [patterns] if isinstance(patterns, str) else patterns:
        matches = sorted(root.glob(pattern)) if "*" in pattern else [root / pattern]
        if not pattern or not matches or not all(path.is_file() for path in matches):
            raise InputError(f"{root / pattern}: the file with the labels does not exist")
        paths += matches
    return paths


def _csv_words(rule: dict, root: Path) -> Iterator[tuple[str, str]]:
    for path in _files(rule.get("file", ""), root):
        with path.open(newline="", encoding="utf-8") as lines:
            rows = csv.reader(lines)
            columns = _columns(rows, rule.get("header", 1))
            key, column = (_position(columns, rule, part, path) for part in ("key", "column"))
            kept = {
                _position(columns, {"where": name}, "where", path): set(words)
                for name, words in rule.get("where", {}).items()
            }
            for row in rows:
                if len(row) > max(key, column, *kept) and all(row[i] in kept[i] for i in kept):
                    yield row[key], row[column]


def _columns(rows: Iterator[list[str]], header: int) -> list[str]:
    """Names of the columns; of several header lines the parts are joined by a point."""
    lines = [next(rows, []) for _ in range(header)]
    return [".".join(filter(None, parts)) for parts in zip(*lines, strict=True)]


def _position(columns: list[str], rule: dict, part: str, path: Path) -> int:
    column = rule.get(part, 0 if part == "key" and rule.get("header", 1) > 1 else None)
    if isinstance(column, int):
        return column
    if column not in columns:
        raise InputError(f"{path}: no column '{column}' for '{part}'{nearest(column, columns)}")
    return columns.index(column)


def _json_words(rule: dict, root: Path) -> Iterator[tuple[str, str]]:
    column = rule.get("column")
    for path in _files(rule.get("file", ""), root):
        try:
            for name, entry in json.loads(path.read_text(encoding="utf-8")).items():
                yield name, str(entry[column])
        except (ValueError, AttributeError, TypeError) as error:
            raise InputError(f"{path}: expected {{name: {{...}}}} as JSON ({error})") from error
        except KeyError as error:
            hint = nearest(str(column), entry)
            raise InputError(f"{path}: '{name}' has no '{column}'{hint}") from error


def _list_words(rule: dict, root: Path) -> Iterator[tuple[str, str]]:
    for word, file in rule.get("lists", {}).items():
        for path in _files(file, root):
            with path.open(encoding="utf-8") as lines:
                yield from ((line.strip(), word) for line in lines)


def _line_words(rule: dict, root: Path) -> Iterator[tuple[str, str]]:
    for path in _files(rule.get("file", ""), root):
        with path.open(encoding="utf-8") as lines:
            for line in filter(str.strip, lines):
                word, _, name = line.strip().partition(" ")
                yield name.strip(), word
