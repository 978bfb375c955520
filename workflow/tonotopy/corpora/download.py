"""Downloads: a mirror folder first, then the network; resumed, retried, checked before opening."""

import hashlib
import shutil
from pathlib import Path

from tonotopy import sums
from tonotopy.corpora.remote import DIGITS, Remote
from tonotopy.corpora.transfer import GivenUp, forget, transfer
from tonotopy.errors import InputError
from tonotopy.files import replacing


def fetch(remote: Remote, folder: Path, mirror: str | None = None, wait_s: float = 2.0) -> Path:
    """Return the path of a downloaded (or mirrored) and checked file.

    Args:
        remote: what to fetch.
        folder: where it is kept, with its unfinished ``.part``.
        mirror: folder that is looked into first, below its sub-folders or at its top; None for the
            network alone.
        wait_s: first pause between attempts in s; it doubles each time.

    Raises:
        InputError: mirror missing, a wrong size or checksum, no address answered, disk full.
    """
    return _obtain(remote, Path(folder) / remote.file, mirror, wait_s)


def fetch_to(remote: Remote, target: Path, mirror: str | None = None, wait_s: float = 2.0) -> None:
    """Fetch a file to ``target``, copied there if it comes from the mirror; else as `fetch`."""
    path = _obtain(remote, target, mirror, wait_s)
    if path != target:
        with replacing(target) as draft:
            shutil.copyfile(path, draft)
    else:
        sums.record(target)


def checksum_note(path: Path, remote: Remote) -> str:
    """Check a file's size and checksum and return a line that says what was verified.

    Raises:
        InputError: it is not the published file; the message tells what was found and expected.
    """
    try:
        return _examined(path, remote)
    except _Wrong as error:
        raise InputError(f"{path}: {error}") from error


def sha256_of(path: Path) -> str:
    """Return a file's sha256 in hexadecimal."""
    return _digest(path, "sha256")


class _Wrong(Exception):
    """A complete file, but not the published one."""


def _obtain(remote: Remote, target: Path, mirror: str | None, wait_s: float) -> Path:
    if mirror is not None and (copy := _mirrored(remote, Path(mirror))):
        return _accepted(copy, remote, "replace it, or take it out of the mirror to download it")
    if not target.is_file():
        target.parent.mkdir(parents=True, exist_ok=True)
        _download(remote, target, wait_s)
        return target
    aside = _aside(target)
    try:
        return _accepted(target, remote, f"it is now {aside.name}: run again to download it anew")
    except InputError:
        target.replace(aside)
        raise


def _mirrored(remote: Remote, mirror: Path) -> Path | None:
    if not mirror.is_dir():
        raise InputError(f"{mirror}: no such folder; check 'mirror' in the configuration")
    paths = (mirror / remote.file, mirror / remote.name)
    return next((path for path in paths if path.is_file()), None)


def _accepted(path: Path, remote: Remote, advice: str) -> Path:
    try:
        print(checksum_note(path, remote))
    except InputError as error:
        raise InputError(f"{error}; {advice}") from error
    return path


def _examined(path: Path, remote: Remote) -> str:
    size = path.stat().st_size
    if remote.bytes is not None and size != remote.bytes:
        raise _Wrong(f"size is {size:,} bytes, expected {remote.bytes:,}")
    if remote.checksum is None:
        inside = "; the files inside are checked when unpacked" if remote.members else ""
        return f"{remote.file}: no published checksum{inside}; sha256 is {sha256_of(path)}"
    algorithm, _, expected = remote.checksum.partition(":")
    checksum = _digest(path, algorithm)
    if not checksum.startswith(expected):
        raise _Wrong(f"{algorithm} is {checksum}, expected {expected}")
    whole = len(expected) == DIGITS[algorithm]
    return f"{remote.file}: {algorithm} ok" + ("" if whole else f" (begins with {expected})")


def _digest(path: Path, algorithm: str) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, algorithm).hexdigest()


def _aside(target: Path) -> Path:
    return target.with_name(target.name + ".wrong")


def _download(remote: Remote, target: Path, wait_s: float) -> None:
    """Put the file at ``target`` from the first address that yields the published one."""
    part, reasons = target.with_name(target.name + ".part"), []
    for url in remote.urls:
        try:
            transfer(url, remote, part, wait_s)
            print(_examined(part, remote))
        except GivenUp as error:
            reasons.append(f"\n  {url}: {error}")
        except _Wrong as error:
            part.replace(_aside(target))
            reasons.append(f"\n  {url}: {error}; kept as {_aside(target).name}")
        else:
            part.replace(target)
            return
        finally:
            forget(part)
    raise InputError(
        f"{remote.file}: download failed{''.join(reasons)}\nRun again to resume it, or put "
        f"{remote.name} into a folder and set 'mirror' to that folder"
    )
