"""Split zip archives (``NAME.z01``, ``NAME.z02``, ..., ``NAME.zip``), which zipfile cannot read.

Places in such an archive are given as volume and offset. Here the volumes are read as one long
file, so that headers and contents may lie across their borders. Layouts after PKWARE's APPNOTE.
"""

import struct
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from itertools import accumulate
from pathlib import Path

from tonotopy.errors import InputError

CHUNK = 1 << 16
FULL16, FULL32 = 0xFFFF, 0xFFFFFFFF  # "see the zip64 field"
ENTRY = struct.Struct("<4s6H3L5H2L")  # of the central directory
LOCAL = struct.Struct("<4s5H3L2H")
END, END64, LOCATOR = (
    struct.Struct("<4s4H2LH"),
    struct.Struct("<4sQ2H2L4Q"),
    struct.Struct("<4sLQL"),
)


def in_order(volumes: Sequence[Path]) -> list[Path]:
    """Return volumes in the order .z01, .z02, ..., .zip."""
    return sorted(volumes, key=lambda p: (p.suffix.lower() == ".zip", len(p.suffix), p.suffix))


class SplitZip:
    """A split zip archive, read only.

    Args:
        volumes: all of its files, in any order.

    Raises:
        InputError: a volume is missing; the message names it.
        zipfile.BadZipFile: not a zip archive, or a damaged one.
    """

    def __init__(self, volumes: Sequence[Path]):
        self.volumes = in_order(volumes)
        sizes = [path.stat().st_size for path in self.volumes]
        self.starts = [0, *accumulate(sizes)]
        tail = self._read(max(0, self.starts[-1] - END.size - FULL16), FULL16 + END.size)
        index = tail.rfind(b"PK\5\6")
        if self.volumes[-1].suffix.lower() != ".zip" or index < 0 or index + END.size > len(tail):
            raise zipfile.BadZipFile("no end record: the last volume must be the whole .zip")
        _, last, disk, _, count, size, offset, _ = END.unpack_from(tail, index)
        locator = tail[max(0, index - LOCATOR.size) : index]
        if locator.startswith(b"PK\6\7"):
            last = LOCATOR.unpack(locator)[3] - 1
            self._require(last + 1)
            end = self._record(END64, b"PK\6\6", self._absolute(*LOCATOR.unpack(locator)[1:3]))
            disk, count, size, offset = end[5], *end[7:10]
        self._require(last + 1)
        self.entries = self._directory(self._absolute(disk, offset), size, count)

    def chunks(self, entry: zipfile.ZipInfo) -> Iterator[bytes]:
        """Yield an entry's content in pieces; size and CRC are verified at the end.

        Raises:
            zipfile.BadZipFile: the content is damaged.
            NotImplementedError: it is compressed by another method than deflate.
        """
        position = self._absolute(entry.volume, entry.header_offset)
        *_, name, extra = self._record(LOCAL, b"PK\3\4", position)
        packed = self._pieces(position + LOCAL.size + name + extra, entry.compress_size)
        if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise NotImplementedError(f"{entry.filename}: compression {entry.compress_type}")
        deflated = entry.compress_type == zipfile.ZIP_DEFLATED
        size = crc = 0
        for piece in _inflated(packed) if deflated else packed:
            size, crc = size + len(piece), zlib.crc32(piece, crc)
            if size > entry.file_size:
                break
            yield piece
        if size != entry.file_size or crc != entry.CRC:
            raise zipfile.BadZipFile(f"{entry.filename}: wrong size or CRC")

    def _require(self, count: int) -> None:
        if count > FULL16:
            raise zipfile.BadZipFile(f"its end record says {count:,} volumes")
        expected = [self.volumes[-1].with_suffix(f".z{i:02d}").name for i in range(1, count)]
        missing = sorted(set(expected) - {path.name for path in self.volumes})
        if missing:
            raise InputError(f"{self.volumes[-1]}: its volume {missing[0]} is missing; download it")
        if len(self.volumes) != count:
            raise zipfile.BadZipFile(f"{len(self.volumes)} volumes, its end record says {count}")

    def _absolute(self, volume: int, offset: int) -> int:
        if volume >= len(self.volumes):
            raise zipfile.BadZipFile(f"points to volume {volume + 1} of {len(self.volumes)}")
        return self.starts[volume] + offset

    def _pieces(self, position: int, count: int) -> Iterator[bytes]:
        """Yield ``count`` bytes from an absolute place on, across the borders of the volumes."""
        for path, start, end in zip(self.volumes, self.starts, self.starts[1:], strict=False):
            if not count or position >= end:
                continue
            with path.open("rb") as file:
                file.seek(position - start)
                while count and (piece := file.read(min(CHUNK, count))):
                    position, count = position + len(piece), count - len(piece)
                    yield piece
        if count:
            raise zipfile.BadZipFile(f"ends {count:,} bytes too early")

    def _read(self, position: int, most: int) -> bytes:
        return b"".join(self._pieces(position, min(most, self.starts[-1] - position)))

    def _record(self, layout: struct.Struct, signature: bytes, position: int) -> tuple:
        fields = layout.unpack(b"".join(self._pieces(position, layout.size)))
        if fields[0] != signature:
            raise zipfile.BadZipFile(f"no {signature!r} record at byte {position:,}")
        return fields

    def _directory(self, position: int, size: int, count: int) -> list[zipfile.ZipInfo]:
        raw, entries = b"".join(self._pieces(position, size)), []
        position = 0
        while position < size:
            fields = ENTRY.unpack_from(raw, position)
            if fields[0] != b"PK\1\2":
                raise zipfile.BadZipFile("damaged central directory")
            name, extra, comment = fields[10:13]
            position += ENTRY.size
            entries.append(
                _entry(fields, raw[position : position + name], raw[position + name :][:extra])
            )
            position += name + extra + comment
        if len(entries) != count:
            raise zipfile.BadZipFile(f"lists {len(entries)} entries, its end record says {count}")
        return entries


def _entry(fields: tuple, name: bytes, extra: bytes) -> zipfile.ZipInfo:
    _, _, _, flags, method, _, _, crc, packed, size, *_, volume, _, attributes, offset = fields
    entry = zipfile.ZipInfo(name.decode("utf-8" if flags & 0x800 else "cp437", "replace"))
    entry.flag_bits, entry.compress_type, entry.CRC = flags, method, crc
    entry.external_attr = attributes
    wide = _zip64_field(extra)

    def whole(value: int, width: int) -> int:
        """The zip64 field holds just those of the values that did not fit, one after another."""
        nonlocal wide
        if value != (FULL16 if width == 4 else FULL32):
            return value
        content, wide = wide[:width], wide[width:]
        if len(content) < width:
            raise zipfile.BadZipFile(f"{entry.filename}: no zip64 size or place")
        return int.from_bytes(content, "little")

    entry.file_size, entry.compress_size = whole(size, 8), whole(packed, 8)
    entry.header_offset, entry.volume = whole(offset, 8), whole(volume, 4)
    return entry


def _zip64_field(extra: bytes) -> bytes:
    while len(extra) >= 4:
        kind, size = struct.unpack_from("<2H", extra)
        if kind == 1:
            return extra[4 : 4 + size]
        extra = extra[4 + size :]
    return b""


def _inflated(packed: Iterator[bytes]) -> Iterator[bytes]:
    stream = zlib.decompressobj(-zlib.MAX_WBITS)
    for piece in packed:
        yield stream.decompress(piece)
    yield stream.flush()
