"""Text files that users bring: their encoding, and the rows of a CSV of any dialect."""

import codecs
import csv
from collections.abc import Iterable, Iterator
from itertools import zip_longest
from pathlib import Path

from tonotopy.errors import InputError, nearest

DELIMITERS = (",", ";", "\t", "|")
LONGEST_FIELD = 2**31 - 1  # characters
BLOCK = 1 << 20  # bytes
SHOWN = 12  # bytes on either side of one that cannot be read
MARKS = (  # the longer ones first: that of UTF-32 begins like that of UTF-16
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
WESTERN = "cp1252"  # what spreadsheets write where it is not UTF-8


def check_dialect(rule: dict) -> None:
    """Check the encoding and the delimiter of a rule.

    Raises:
        InputError: there is no such encoding, or the delimiter is not one character.
    """
    encoding, delimiter = rule.get("encoding"), rule.get("delimiter")
    if encoding is not None:
        try:
            b"word".decode(encoding, errors="ignore")
        except (LookupError, TypeError):
            known = ("utf-8", "utf-16", "utf-16-le", WESTERN, "latin-1", "mac-roman")
            hint = nearest(str(encoding), known)
            raise InputError(f"encoding: there is no encoding '{encoding}'{hint}") from None
    if delimiter is not None and (len(delimiter) != 1 or delimiter in '"\r\n'):
        raise InputError(f"delimiter: expected one character between fields, not {delimiter!r}")


def encoding_of(path: Path, given: str | None, notes: list[str]) -> str:
    """Return the encoding of a text file: the given one, that of its mark, UTF-8 or Windows-1252.

    Args:
        path: the file; all of it is looked at, block by block.
        given: what the user says, or None.
        notes: gets a line where the encoding is a guess.

    Raises:
        InputError: the file cannot be read by it; the message names the line and what to set.
    """
    with path.open("rb") as file:
        beginning = file.read(2 * SHOWN)
    mark = next((name for mark, name in MARKS if beginning.startswith(mark)), None)
    encoding = given or mark or "utf-8"
    if codecs.lookup(encoding).name == "utf-8":
        encoding = "utf-8-sig"
    wide = not (given or mark) and b"\0" in beginning
    fault = (1, beginning) if wide else _fault(path, encoding)
    if fault is None:
        return encoding
    line, found = fault
    western = _fault(path, WESTERN) is None
    if given or mark or b"\0" in found or not western:
        likely = WESTERN if western else "mac-roman"
        if b"\0" in found:
            likely = "utf-16-be" if found.startswith(b"\0") else "utf-16-le"
        raise InputError(
            f"{path}: line {line} cannot be read as {encoding.removesuffix('-sig')} ({found!r}): "
            f"set 'encoding' where the file is named, for instance 'encoding: {likely}'"
        )
    notes.append(
        f"{path.name} is not UTF-8 and was read as {WESTERN}: line {line} has "
        f"'{found.decode(WESTERN).strip()}'; set 'encoding' if that is wrong"
    )
    return WESTERN


def _fault(path: Path, encoding: str) -> tuple[int, bytes] | None:
    """Return the first line that cannot be read by an encoding: its number, the bytes around."""
    decoder, line = codecs.getincrementaldecoder(encoding)(), 1
    with path.open("rb") as file:
        while True:
            block = file.read(BLOCK)
            try:
                text = decoder.decode(block, final=not block)
            except UnicodeDecodeError as error:
                before = error.object[: error.start]
                line += before.count(b"\n") or before.count(b"\r")
                after = error.object[error.start : error.end + SHOWN].splitlines()[0]
                return line, before.replace(b"\r", b"\n").rpartition(b"\n")[2][-SHOWN:] + after
            if "\0" in text:
                return line + text[: text.index("\0")].count("\n"), block[:SHOWN]
            if not block:
                return None
            line += text.count("\n") or text.count("\r")


def lines_of(path: Path, rule: dict, notes: list[str]) -> Iterator[tuple[int, str]]:
    """Yield number, from 1, and text of the lines of a file that are not blank."""
    encoding = encoding_of(path, rule.get("encoding"), notes)
    with path.open(encoding=encoding) as lines:
        for number, line in enumerate(lines, 1):
            if line.strip():
                yield number, line.strip()


class Table:
    """A CSV file of any dialect.

    Args:
        path: the file.
        rule: ``encoding`` and ``delimiter`` where they are not to be detected, ``header``: how many
            lines of column names there are.
        wanted: names of columns that are needed; the delimiter by which they are found is taken.
        notes: gets a line for what was guessed, and for rows of unequal length.

    Attributes:
        columns: their names; of several header lines the parts are joined by a point.
    """

    def __init__(self, path: Path, rule: dict, wanted: Iterable, notes: list[str]):
        check_dialect(rule)
        self.path, self._notes = path, notes
        self._header = rule.get("header", 1)
        self._encoding = encoding_of(path, rule.get("encoding"), notes)
        self._delimiter = rule.get("delimiter") or self._detected(wanted)
        self.columns = self._names(self._delimiter)

    def position(self, column: str | int | None, part: str) -> int:
        """Return where a column is.

        Args:
            column: its name or its place.
            part: what it is needed for.

        Raises:
            InputError: there is none of that name, or there are two.
        """
        if isinstance(column, int):
            return column
        places = [i for i, name in enumerate(self.columns) if name == column]
        if len(places) == 1:
            return places[0]
        if places:
            count = f"{len(places)} columns '{column}'"
            raise InputError(f"{self.path}: has {count} for '{part}', expected one")
        hint = nearest(str(column), filter(None, self.columns)) + self._delimiter_hint()
        if column is None:
            raise InputError(f"{self.path}: '{part}' names no column{hint}")
        raise InputError(f"{self.path}: no column '{column}' for '{part}'{hint}")

    def _delimiter_hint(self) -> str:
        """Return which delimiter is meant, perhaps, where the whole header is one column."""
        others = [one for one in DELIMITERS if len(self.columns) == 1 and one in self.columns[0]]
        return f"; if columns are separated by {others[0]!r}, set 'delimiter'" if others else ""

    def rows(self, needed: int) -> Iterator[tuple[int, list[str]]]:
        """Yield the rows below the header: number of their first line, and their fields.

        Args:
            needed: rows with fewer fields are passed over, which is noted.

        Raises:
            InputError: a quotation mark is not closed; the message names the line.
        """
        short, long = [], []
        rows = self._records(self._delimiter)
        for _ in range(self._header):
            next(rows, None)
        for number, row in rows:
            if len(row) > len(self.columns) and any(row[len(self.columns) :]):
                long.append(number)
            if len(row) < needed:
                short.append(number)
            else:
                yield number, row
        self._tell(short, "fewer fields than are needed and are passed over")
        self._tell(long, "more fields than the header")

    def _tell(self, numbers: list[int], what: str) -> None:
        if numbers:
            self._notes.append(
                f"{len(numbers)} row(s) of {self.path.name} have {what}, such as line {numbers[0]}"
            )

    def _records(self, delimiter: str) -> Iterator[tuple[int, list[str]]]:
        csv.field_size_limit(LONGEST_FIELD)
        with self.path.open(newline="", encoding=self._encoding) as lines:
            reader, number = csv.reader(lines, delimiter=delimiter, strict=True), 1
            while True:
                try:
                    row = next(reader, None)
                except csv.Error as error:
                    raise InputError(
                        f"{self.path}: line {number} is no row of a CSV ({error}): close its "
                        "quotation mark, or double the one inside"
                    ) from error
                if row is None:
                    return
                if any(field.strip() for field in row):
                    yield number, row
                number = reader.line_num + 1

    def _names(self, delimiter: str) -> list[str]:
        rows = self._records(delimiter)
        lines = [row for _, row in (next(rows, (0, [])) for _ in range(self._header))]
        parts = zip_longest(*lines, fillvalue="")
        return [".".join(filter(None, map(str.strip, names))) for names in parts]

    def _detected(self, wanted: Iterable) -> str:
        """Return the delimiter that gives most wanted columns, then most columns at all."""
        wanted = [name for name in wanted if isinstance(name, str)]

        def found(delimiter: str) -> tuple[int, int]:
            try:
                names = self._names(delimiter)
            except InputError:
                return -1, 0
            return sum(name in names for name in wanted), len(names)

        return max(DELIMITERS, key=found)
