"""Parts of a file that a decoder is given instead of the whole of it."""

import io
import mmap
from pathlib import Path
from typing import NamedTuple

Bytes = bytes | mmap.mmap


class Piece(NamedTuple):
    """A part of a file.

    Attributes:
        head: bytes that stand before it.
        begin: first byte of the file that belongs to it.
        end: the byte after its last one.
    """

    head: bytes
    begin: int
    end: int


class PieceFile(io.RawIOBase):
    """A piece, to be read like a file."""

    def __init__(self, path: str | Path, piece: Piece):
        self._path, self._piece, self._at = path, piece, 0
        self._file = open(path, "rb")  # noqa: SIM115, closed with this
        self._size = len(piece.head) + piece.end - piece.begin

    def __repr__(self) -> str:
        return f"'{self._path}' from byte {self._piece.begin}"

    def readable(self) -> bool:
        """Yes."""
        return True

    def seekable(self) -> bool:
        """Yes."""
        return True

    def tell(self) -> int:
        """Where it is read next."""
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Go to a byte."""
        origin = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence]
        self._at = max(0, origin + offset)
        return self._at

    def readinto(self, buffer) -> int:
        """Fill a buffer; fewer bytes come only at the end."""
        wanted = max(0, min(len(buffer), self._size - self._at))
        head = self._piece.head[self._at : self._at + wanted]
        self._file.seek(self._piece.begin + max(0, self._at - len(self._piece.head)))
        filled = head + self._file.read(wanted - len(head))
        buffer[: len(filled)] = filled
        self._at += len(filled)
        return len(filled)

    def close(self) -> None:
        """Close the file."""
        self._file.close()
        super().close()
