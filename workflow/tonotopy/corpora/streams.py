"""What sound a file holds beside or beyond what its header says: see `pieces_of`."""

import mmap
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

from tonotopy.corpora.mpeg import header_at, mpeg_pieces
from tonotopy.corpora.pieces import Bytes, Piece

UNKNOWN = (0, 0xFFFFFFFF)  # sizes that are written before a recording's length is known
LONGEST_FLAC = (1 << 36) - 1  # samples that a header can hold
STREAMINFO = 42  # bytes of a FLAC file up to the end of its first block
TOTAL = slice(21, 26)  # the last 36 of these bits are the number of samples


def pieces_of(path: str | Path) -> list[Piece]:
    """Return the pieces of a file that are decoded one after the other instead of the whole.

    They are the streams of a chained ogg file or of joined mp3 files, a stream of mp3 that does not
    announce its length, and the sound of a wav, flac, caf or au file whose header leaves the length
    open.

    Args:
        path: of any file.

    Returns:
        Nothing for a file that a decoder reads rightly as it is.

    Raises:
        OSError: the file cannot be read.
    """
    with open(path, "rb") as file:
        head = file.read(4)
        if len(head) < 4:
            return []
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            if head in LOOKS:
                return LOOKS[head](data)
            return mpeg_pieces(data) if head[:3] == b"ID3" or header_at(data, 0) else []


def _ogg_pieces(data: Bytes) -> list[Piece]:
    """Chained streams: pages of one that begins after pages of others."""
    begins, at, begun = [], 0, False
    while (at := data.find(b"OggS", at)) >= 0 and at + 27 <= len(data):
        first = bool(data[at + 5] & 2)
        if first and not begun:
            begins.append(at)
        segments = data[at + 27 : at + 27 + data[at + 26]]
        at, begun = at + 27 + len(segments) + sum(segments), first
    if len(begins) < 2:
        return []
    return [Piece(b"", begin, end) for begin, end in pairwise([*begins, len(data)])]


def _flac_pieces(data: Bytes) -> list[Piece]:
    """A stream of unknown length."""
    head = bytearray(data[:STREAMINFO])
    told = int.from_bytes(head[TOTAL], "big")
    if len(head) < STREAMINFO or head[4] & 127 or told & LONGEST_FLAC:
        return []
    head[TOTAL] = (told | LONGEST_FLAC).to_bytes(5, "big")
    return [Piece(bytes(head), STREAMINFO, len(data))]


def _wav_pieces(data: Bytes) -> list[Piece]:
    """Samples of unknown length: they last to the end of the file."""
    if data[8:12] != b"WAVE":
        return []
    for at, name, size in _chunks(data, 12):
        if name == b"data" and size in UNKNOWN:
            rest = len(data) - at - 8
            if rest <= 0 or (size == 0 and _is_chunks(data, at + 8)):
                return []
            told = min(rest, UNKNOWN[1] - 1)
            riff = min(len(data) - 8, UNKNOWN[1] - 1)
            head = b"RIFF" + riff.to_bytes(4, "little") + data[8:at] + b"data"
            return [Piece(head + told.to_bytes(4, "little"), at + 8, at + 8 + told)]
    return []


def _rf64_pieces(data: Bytes) -> list[Piece]:
    """Samples of unknown length in a wav file that may exceed 4 GiB."""
    if data[12:16] != b"ds64" or any(data[28:36]):
        return []
    for at, name, _ in _chunks(data, 12):
        if name == b"data":
            told = (len(data) - at - 8).to_bytes(8, "little")
            return [Piece(data[:28] + told + data[36 : at + 8], at + 8, len(data))]
    return []


def _caf_pieces(data: Bytes) -> list[Piece]:
    """Samples of unknown length, -1 as the format has it."""
    at = 8
    while at + 12 <= len(data):
        size = int.from_bytes(data[at + 4 : at + 12], "big", signed=True)
        if data[at : at + 4] == b"data" and size <= 0:
            told = (len(data) - at - 12).to_bytes(8, "big")
            return [Piece(data[: at + 4] + told, at + 12, len(data))]
        if size < 0:
            break
        at += 12 + size
    return []


def _au_pieces(data: Bytes) -> list[Piece]:
    """Samples of unknown length; decoders know the other way to write it."""
    offset = int.from_bytes(data[4:8], "big")
    if any(data[8:12]) or not 24 <= offset < len(data):
        return []
    return [Piece(data[:8] + b"\xff" * 4 + data[12:offset], offset, len(data))]


def _chunks(data: Bytes, at: int) -> Iterator[tuple[int, bytes, int]]:
    """Yield the chunks of a RIFF file: place, name and size."""
    while at + 8 <= len(data):
        size = int.from_bytes(data[at + 4 : at + 8], "little")
        yield at, data[at : at + 4], size
        at += 8 + size + size % 2


def _is_chunks(data: Bytes, at: int) -> bool:
    """Whether chunks with names follow, up to the very end of the file."""
    end = at
    for place, name, size in _chunks(data, at):
        if not (name.isascii() and name.decode("ascii").isprintable()):
            return False
        end = place + 8 + size + size % 2
    return end == len(data)


LOOKS = {
    b"OggS": _ogg_pieces,
    b"fLaC": _flac_pieces,
    b"RIFF": _wav_pieces,
    b"RF64": _rf64_pieces,
    b"caff": _caf_pieces,
    b".snd": _au_pieces,
}
