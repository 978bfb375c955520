"""Archives unpacked: zip, split zip and tar. Nothing leads outside; visible damage is named."""

import bz2
import errno
import gzip
import hashlib
import lzma
import stat
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path, PurePosixPath, PureWindowsPath

from tonotopy.corpora.remote import Remote
from tonotopy.corpora.split_zip import SplitZip, in_order
from tonotopy.corpora.transfer import check_space
from tonotopy.errors import InputError

CHECKSUMS = Path(__file__).parent / "checksums"
CHUNK = 1 << 20
BY_HAND = "unpack it by another program and give its folder as the corpus's 'path'"
COMPRESSED = {b"\x1f\x8b": gzip.open, b"BZ": bz2.open, b"\xfd7": lzma.open}  # by first bytes
# what is raised for bytes that are no archive
DAMAGED = (
    *(zipfile.BadZipFile, tarfile.TarError, zlib.error, lzma.LZMAError, struct.error, EOFError),
    UnicodeError,
)
# and OSErrors: those of gzip and bz2 have no number; the disk's, to nonsensical places and names
NONSENSE = {None, errno.EINVAL, errno.ENOTDIR, errno.EISDIR, errno.EEXIST, errno.ENAMETOOLONG}


def unpack(volumes: Path | Sequence[Path], remote: Remote, folder: Path) -> None:
    """Unpack a checked archive into a folder.

    Where ``remote.members`` lists checksums, just the listed files are written, without the
    archive's single top folder, each checked before it is written.

    Args:
        volumes: the archive, or all volumes of a split one.
        remote: how to unpack it; of a split archive, any of its volumes.
        folder: where the files go. After an error it may hold some of them: give a draft.

    Raises:
        InputError: damaged, encrypted or incomplete; too little disk space; a path that leads
            outside, a link or a device inside. A zip is judged before anything is written, a tar
            file, which has no table of contents, entry by entry.
    """
    volumes = [volumes] if isinstance(volumes, Path) else in_order(volumes)
    archive, folder = volumes[-1], Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    try:
        if remote.members:
            _unpack_listed(archive, member_sums(remote.members), folder)
        elif remote.unpack == "parts":
            split = SplitZip(volumes)
            _unpack_zip(archive, split.entries, split.chunks, folder)
        elif remote.unpack == "zip":
            with zipfile.ZipFile(archive) as packed:
                _unpack_zip(archive, packed.infolist(), _reader(packed), folder)
        else:
            _unpack_tar(archive, folder)
    except (*DAMAGED, OSError) as error:
        if not isinstance(error, DAMAGED) and error.errno not in NONSENSE:
            raise
        raise InputError(
            f"{archive}: not a readable {'tar' if remote.unpack == 'tar' else 'zip'} archive "
            f"({error}); delete it and run again"
        ) from error
    except NotImplementedError as error:
        raise InputError(f"{archive}: cannot be unpacked here ({error}); {BY_HAND}") from error


def member_sums(name: str) -> dict[str, str]:
    """Return path -> sha256 of a list in checksums/."""
    rows = (CHECKSUMS / name).read_text().splitlines()
    return dict(reversed(row.split("  ", 1)) for row in rows if row)


def _unpack_listed(archive: Path, expected: dict[str, str], folder: Path) -> None:
    with zipfile.ZipFile(archive) as packed:
        _judge_zip(archive, packed.infolist())
        inside = {str(PurePosixPath(*PurePosixPath(n).parts[1:])): n for n in packed.namelist()}
        for name, sha256 in expected.items():
            if name not in inside:
                raise InputError(f"{archive}: {name} is missing from the archive")
            content = packed.read(inside[name])
            if hashlib.sha256(content).hexdigest() != sha256:
                raise InputError(f"{archive}: {name} is damaged (wrong sha256)")
            _write(folder / name, [content])


def _unpack_zip(
    archive: Path,
    entries: list[zipfile.ZipInfo],
    chunks: Callable[[zipfile.ZipInfo], Iterable[bytes]],
    folder: Path,
) -> None:
    _judge_zip(archive, entries)
    check_space(folder, sum(entry.file_size for entry in entries))
    for entry in entries:
        if entry.is_dir():
            (folder / entry.filename).mkdir(parents=True, exist_ok=True)
        else:
            _write(folder / entry.filename, chunks(entry))


def _reader(packed: zipfile.ZipFile) -> Callable[[zipfile.ZipInfo], Iterator[bytes]]:
    def chunks(entry: zipfile.ZipInfo) -> Iterator[bytes]:
        with packed.open(entry) as file:
            while chunk := file.read(CHUNK):
                yield chunk

    return chunks


def _write(target: Path, chunks: Iterable[bytes]) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    with target.open("wb") as file:
        file.writelines(chunks)


def _judge_zip(archive: Path, entries: list[zipfile.ZipInfo]) -> None:
    for entry in entries:
        kind = stat.S_IFMT(entry.external_attr >> 16)
        _judge(archive, entry.filename, kind in (0, stat.S_IFREG, stat.S_IFDIR))
        if entry.flag_bits & 1:
            raise InputError(f"{archive}: {entry.filename} is encrypted; {BY_HAND}")


def _judge(archive: Path, name: str, plain: bool) -> None:
    path = PureWindowsPath(name)  # understands both kinds of slashes
    if not name:
        raise InputError(f"{archive}: refused, one of its entries has no name")
    if path.anchor or ".." in path.parts:
        raise InputError(f"{archive}: refused, its entry '{name}' leads outside the folder")
    if not plain:
        raise InputError(f"{archive}: refused, its entry '{name}' is a link or a device")


def _unpack_tar(archive: Path, folder: Path) -> None:
    # the sizes inside are only known by reading it all; audio packs badly, so this is close
    check_space(folder, archive.stat().st_size)
    with archive.open("rb") as file:
        opened = COMPRESSED.get(file.read(2), open)
    with (
        opened(archive, "rb") as stream,
        tarfile.open(fileobj=stream, mode="r|", bufsize=CHUNK, tarinfo=_StrictInfo) as packed,
    ):
        while entry := packed.next():
            packed.members = []  # hundreds of thousands would pile up
            _judge(archive, entry.name, entry.isreg() or entry.isdir())
            packed.extract(entry, folder, filter="data")
        while stream.read(CHUNK):  # a compressed file's checksum comes last
            pass


class _StrictInfo(tarfile.TarInfo):
    """Tells a broken-off archive from a finished one, where tarfile takes both for finished."""

    @classmethod
    def fromtarfile(cls, tarfile_: tarfile.TarFile) -> "_StrictInfo":
        try:
            return super().fromtarfile(tarfile_)
        except tarfile.EOFHeaderError:
            raise
        except tarfile.HeaderError as error:
            raise tarfile.ReadError(f"broken off or damaged: {error}") from error
