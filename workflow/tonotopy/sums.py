"""Checksums beside finished files: what a disk damages is noticed before it is computed with.

The checksums of ``folder/name`` lie in ``folder/.sums/name.sha256``, in the format of sha256sum:
``cd folder && sha256sum --check .sums/name.sha256`` reads them without this project.
"""

import hashlib
import os
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from tonotopy.errors import InputError

FOLDER, SUFFIX = ".sums", ".sha256"


def record(path: str | Path) -> None:
    """Write down the checksums of a finished file, or of every file of a finished folder."""
    path = Path(path)
    lines = [f"{_digest(file)}  {file.relative_to(path.parent)}\n" for file in _files(path)]
    target = place_of(path)
    target.parent.mkdir(exist_ok=True)
    draft = target.with_name(f"{target.name}.new")
    with draft.open("w") as file:
        file.writelines(lines)
        settle(file)
    os.replace(draft, target)


def forget(path: str | Path) -> None:
    """Remove the checksums of a file or folder that is about to be replaced."""
    place_of(path).unlink(missing_ok=True)


def check(path: str | Path) -> None:
    """Refuse a file or folder whose content is not what was written.

    What nobody wrote down checksums for, such as a user's own file, passes.

    Raises:
        InputError: it is damaged; the message names the file.
    """
    path = Path(path)
    for output in (path, *path.parents):
        if output.name and place_of(output).is_file():
            if reason := fault(output, path):
                raise InputError(
                    f"{reason}: damaged after it was written. Run workflow/resume.py (or make "
                    "reproduce): it deletes what is damaged and makes it again"
                )
            return


def fault(output: Path, part: Path | None = None) -> str | None:
    """Return which file of a recorded output is damaged and how, None if none is.

    Args:
        output: file or folder; one that is absent is not damaged.
        part: if given, only this file or folder inside it is looked at.
    """
    if not output.exists():
        return None
    try:
        checksums = _read(place_of(output))
    except ValueError:
        return f"{place_of(output)}: the checksums of {output.name} cannot be read"
    for name, expected in checksums.items():
        file = output.parent / name
        if part is None or part == file or part in file.parents:
            if not file.is_file():
                return f"{file}: missing"
            if digest(file) != expected:
                return f"{file}: its content differs from its checksum"
    return None


def missing(output: Path) -> list[Path]:
    """Return the files that a finished file or folder consisted of and that are not there now.

    None are known where its checksums cannot be read.
    """
    try:
        names = _read(place_of(output))
    except ValueError:
        return []
    return [output.parent / name for name in names if not (output.parent / name).is_file()]


def recorded(folder: Path) -> Iterator[Path]:
    """Yield every file or folder below ``folder`` that has checksums, though it may have gone."""
    for path in sorted(folder.rglob(f"{FOLDER}/*{SUFFIX}")):
        yield path.parent.parent / path.name.removesuffix(SUFFIX)


def place_of(path: str | Path) -> Path:
    """Return where the checksums of a file or folder lie."""
    path = Path(path)
    return path.parent / FOLDER / f"{path.name}{SUFFIX}"


def size(output: Path) -> int:
    """Return the bytes of a file, or of all files of a folder."""
    return sum(file.stat().st_size for file in _files(output))


def digest(file: Path) -> str:
    """Return a file's sha256; a file that did not change since is not read again."""
    stat = file.stat()
    return _cached_digest(file, stat.st_size, stat.st_mtime_ns, stat.st_ino)


def settle(file) -> None:
    """Bring an open file to the disk itself, so that a power loss cannot take it back."""
    file.flush()
    os.fsync(file.fileno())


@cache
def _cached_digest(file: Path, *state: int) -> str:
    return _digest(file)


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _files(path: Path) -> list[Path]:
    if not path.is_dir():
        return [path]
    return sorted(p for p in path.rglob("*") if p.is_file())


def _read(path: Path) -> dict[str, str]:
    """Return file -> checksum; raise ValueError where the record itself is damaged."""
    checksums = {}
    for line in path.read_text().splitlines():
        value, separator, name = line.partition("  ")
        if not separator or len(value) != 64 or not name:
            raise ValueError(line)
        checksums[name] = value
    if not checksums:
        raise ValueError("empty")
    return checksums
