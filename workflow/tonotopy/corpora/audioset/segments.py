"""Read AudioSet's segment tables, also re-spaced, unquoted, headless or cut ones."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from tonotopy.corpora.audioset.labels import GENRES, INSTRUMENTS
from tonotopy.errors import InputError

_ROW = re.compile(r'\s*"?([A-Za-z0-9_-]{11})"?\s*[,;\t]\s*"?([\d.]+)"?\s*[,;\t]\s*"?([\d.]+)"?(.*)')
_MID = re.compile(r"/[mt]/[A-Za-z0-9_]+")
_ANNOUNCED = re.compile(r"num_ytids=(\d+)")
_GENRE_OF = {label.mid: name for name, label in GENRES.items()}
_INSTRUMENT_OF = {label.mid: name for name, label in INSTRUMENTS.items()}
_LABELS = re.compile("|".join(re.escape(mid) for mid in (*_GENRE_OF, *_INSTRUMENT_OF)))


@dataclass(frozen=True)
class Segment:
    """A labelled piece of a video.

    Attributes:
        video: YouTube id, 11 characters.
        start: begin in s.
        end: end in s.
        source: balanced, unbalanced or eval.
        genres: those of the ten genres that it is tagged with.
        instruments: those of the eight instruments that it is tagged with.
    """

    video: str
    start: float
    end: float
    source: str
    genres: tuple[str, ...]
    instruments: tuple[str, ...]


@dataclass(frozen=True)
class Tagged:
    """A piece of a video with all its labels.

    Attributes:
        video: YouTube id, 11 characters.
        start: begin in s.
        end: end in s.
        source: balanced, unbalanced or eval.
        mids: machine ids of its labels, in the order of the table.
    """

    video: str
    start: float
    end: float
    source: str
    mids: tuple[str, ...]


@dataclass
class Reading:
    """What was seen of a table while it was read.

    Attributes:
        rows: rows understood.
        unread: lines that are no rows; the first few.
        unread_count: number of such lines.
        announced: number of rows that the file's header tells, or None.
    """

    rows: int = 0
    unread: list[str] = field(default_factory=list)
    unread_count: int = 0
    announced: int | None = None

    def notes(self, path: Path) -> list[str]:
        """Lines for the report on what is odd about the file."""
        lines = []
        if self.announced is not None and self.announced != self.rows:
            lines.append(f"{path.name}: {self.rows:,} rows, its header tells {self.announced:,}")
        if self.unread_count:
            first = "; ".join(self.unread)
            lines.append(f"{path.name}: {self.unread_count} line(s) not understood: {first}")
        return lines


def read(path: Path, source: str, reading: Reading) -> Iterator[Segment]:
    """Yield the segments of a table that have one of the eighteen labels; memory stays flat.

    Args:
        path: a segments csv: ``video, start, end, "label,label"`` with or without comments,
            quotes, spaces and header.
        source: what the segments are said to be from.
        reading: filled with what was seen.

    Raises:
        InputError: the file is missing or holds no row at all.
    """
    for match in _rows(path, reading):
        if _LABELS.search(match[4]):
            yield from _segment(match, source)


def read_tagged(path: Path, source: str, reading: Reading) -> Iterator[Tagged]:
    """Yield all segments of a table with all their labels; arguments and errors as of `read`."""
    for match in _rows(path, reading):
        mids = tuple(dict.fromkeys(_MID.findall(match[4])))
        yield Tagged(match[1], float(match[2]), float(match[3]), source, mids)


def _rows(path: Path, reading: Reading) -> Iterator[re.Match]:
    """Yield what `_ROW` finds in the lines of a table that are rows."""
    try:
        lines = path.open(encoding="utf-8", errors="replace")
    except OSError as error:
        raise InputError(
            f"{path}: cannot be read ({error.strerror}); see audioset.files"
        ) from error
    with lines:
        for line in lines:
            match = _ROW.match(line)
            if match and "/" in match[4]:
                reading.rows += 1
                yield match
            elif line.startswith("#"):
                count = _ANNOUNCED.search(line)
                reading.announced = int(count[1]) if count else reading.announced
            elif line.strip() and not line.lower().startswith(("ytid", "video", '"ytid')):
                reading.unread_count += 1
                if len(reading.unread) < 3:
                    reading.unread.append(line.strip()[:60])
    if not reading.rows:
        raise InputError(f"{path}: no row of AudioSet segments in it (video, start, end, labels)")


def _segment(match: re.Match, source: str) -> Iterator[Segment]:
    mids = dict.fromkeys(_MID.findall(match[4]))
    genres = tuple(_GENRE_OF[m] for m in mids if m in _GENRE_OF)
    instruments = tuple(_INSTRUMENT_OF[m] for m in mids if m in _INSTRUMENT_OF)
    if genres or instruments:  # a wanted id may have been the beginning of another
        yield Segment(match[1], float(match[2]), float(match[3]), source, genres, instruments)
