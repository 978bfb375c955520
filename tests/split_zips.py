"""Split zip archives, written literally after PKWARE's APPNOTE."""

import stat
import struct
import zlib
from dataclasses import dataclass
from pathlib import Path

FULL = 0xFFFFFFFF  # stands where a zip64 field has the number


@dataclass(frozen=True)
class Member:
    """A file of an archive, as its headers tell it."""

    name: str
    sizes: tuple[int, int, int]  # checksum, packed, unpacked
    volume: int
    offset: int

    def local_header(self, flags: int, method: int, extra: bytes) -> bytes:
        """Return what stands before the content; without sizes if these follow it (flag 8)."""
        known = (0, 0, 0) if flags & 8 else self.sizes
        numbers = (45, flags, method, 0, 0, *known, len(self.name), len(extra))
        return struct.pack("<4s5H3L2H", b"PK\3\4", *numbers) + self.name.encode() + extra

    def entry(self, flags: int, method: int, wide: bool) -> bytes:
        """Return its entry in the central directory."""
        checksum, packed, unpacked = self.sizes
        field = struct.pack("<2H3QL", 1, 28, unpacked, packed, self.offset, self.volume)
        extra = b"UT\5\0\1abcd" + (field if wide else b"")
        sizes = (checksum, FULL, FULL) if wide else self.sizes
        mode = (stat.S_IFREG | 0o644) << 16
        places = (0xFFFF, FULL) if wide else (self.volume, self.offset)
        numbers = (45, 45, flags, method, 0, 0, *sizes, len(self.name), len(extra), 4)
        packed_entry = struct.pack(
            "<4s6H3L5H2L", b"PK\1\2", *numbers, places[0], 0, mode, places[1]
        )
        return packed_entry + self.name.encode() + extra + b"note"


def write_split(folder, size, files, wide=False, method=8, described=False) -> list[Path]:
    """Write an archive that is cut wherever a volume is full.

    Args:
        folder: where a.z01, a.z02, ..., a.zip go; they are returned in this order.
        size: bytes of a volume.
        files: name -> content.
        wide: put all sizes and places into zip64 fields, and the end into the zip64 record.
        method: 0 stored, 8 deflated.
        described: leave the local headers without sizes, which then follow the content.
    """
    out, entries, flags = bytearray(b"PK\7\x08"), b"", 8 if described else 0
    for name, content in files.items():
        squeeze = zlib.compressobj(9, zlib.DEFLATED, -15)
        packed = squeeze.compress(content) + squeeze.flush() if method else content
        sizes = (zlib.crc32(content), len(packed), len(content))
        member = Member(name, sizes, *divmod(len(out), size))
        out += member.local_header(flags, method, b"\x99\x99\4\0junk") + packed
        out += struct.pack("<4s3L", b"PK\7\x08", *sizes) if described else b""
        entries += member.entry(flags, method, wide)
    volume, offset = divmod(len(out), size)
    out += entries
    directory = (len(files), len(files), len(entries), offset)
    out += _end(out, size, volume, directory, wide)
    folder.mkdir(exist_ok=True)
    last = -(-len(out) // size) - 1
    paths = [folder / f"a.z{i + 1:02d}" for i in range(last)] + [folder / "a.zip"]
    for i, path in enumerate(paths):
        path.write_bytes(out[i * size : (i + 1) * size])
    return paths


def _end(out: bytes, size: int, volume: int, directory: tuple, wide: bool) -> bytes:
    """Return the records after the central directory, which began in ``volume``."""
    if not wide:
        last = -(-(len(out) + 22) // size) - 1
        return struct.pack("<4s4H2LH", b"PK\5\6", last, volume, *directory, 0)
    volume64, offset64 = divmod(len(out), size)
    last = -(-(len(out) + 56 + 20 + 22) // size) - 1
    record = struct.pack("<4sQ2H2L4Q", b"PK\6\6", 44, 45, 45, volume64, volume, *directory)
    locator = struct.pack("<4sLQL", b"PK\6\7", volume64, offset64, last + 1)
    return record + locator + struct.pack("<4s4H2LH", b"PK\5\6", *[0xFFFF] * 4, FULL, FULL, 0)
