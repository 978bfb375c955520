"""Downloads: a mirror folder first, then the network; resumed, retried, checked before opening."""

import hashlib
import shutil
import sys
import time
import zipfile
from pathlib import Path, PurePosixPath

import requests
import urllib3
from tqdm import tqdm

from tonotopy.corpora.remote import Remote
from tonotopy.errors import InputError
from tonotopy.files import naming, replacing

USER_AGENT = "tonotopy/0.1 (reproducible research workflow)"
CHECKSUMS = Path(__file__).parent / "checksums"
ATTEMPTS, TIMEOUT_S, CHUNK = 5, 60, 1 << 20
RETRIED = {408, 425, 429, 500, 502, 503, 504}


def fetch(remote: Remote, folder: Path, mirror: str | None = None, wait_s: float = 2.0) -> Path:
    """Return the path of a downloaded (or mirrored) and checked file.

    Args:
        remote: what to fetch.
        folder: where it is kept, with its unfinished ``.part``.
        mirror: folder that is looked into first; None for the network alone.
        wait_s: first pause between attempts in s; it doubles each time.

    Raises:
        InputError: mirror missing, no answer after all attempts, or a wrong checksum.
    """
    if mirror is not None:
        if not Path(mirror).is_dir():
            raise InputError(f"{mirror}: no such folder; check 'mirror' in the configuration")
        if (Path(mirror) / remote.file).is_file():
            return _checked(Path(mirror) / remote.file, remote)
    target = Path(folder) / remote.file
    if target.is_file():
        return _checked(target, remote)
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(target.name + ".part")
    for attempt in range(ATTEMPTS):
        try:
            _receive(remote.url, part)
            break
        except (requests.RequestException, urllib3.exceptions.HTTPError, _Incomplete) as error:
            if attempt + 1 == ATTEMPTS:
                raise InputError(
                    f"{remote.url}: download failed after {ATTEMPTS} attempts ({error}); run again "
                    f"to resume it, or put {remote.file} into a folder and set 'mirror' to it"
                ) from error
            time.sleep(max(wait_s * 2**attempt, getattr(error, "wait_s", 0.0)))
    part.replace(target)
    return _checked(target, remote)


def fetch_to(remote: Remote, target: Path, mirror: str | None = None) -> None:
    """Fetch a file to ``target``, copied there if it comes from the mirror."""
    found = fetch(remote, target.parent, mirror)
    if found != target:
        with replacing(target) as draft:
            shutil.copyfile(found, draft)


class _Incomplete(Exception):
    """The server answered, but not with the whole file."""

    def __init__(self, message: str, wait_s: float = 0.0):
        super().__init__(message)
        self.wait_s = wait_s


def _receive(url: str, part: Path) -> None:
    have = part.stat().st_size if part.exists() else 0
    headers = {"User-Agent": USER_AGENT, "Accept-Encoding": "identity"}
    headers |= {"Range": f"bytes={have}-"} if have else {}
    with requests.get(url, headers=headers, stream=True, timeout=TIMEOUT_S) as answer:
        if answer.status_code in RETRIED:
            wait = answer.headers.get("Retry-After", "0")
            raise _Incomplete(f"HTTP {answer.status_code}", float(wait) if wait.isdigit() else 0.0)
        if answer.status_code == 416:  # a finished or overlong part: begin again
            part.unlink()
            raise _Incomplete("the partial file did not fit; starting over")
        answer.raise_for_status()
        resumed = answer.status_code == 206
        length = answer.headers.get("Content-Length")
        size = int(length) + (have if resumed else 0) if length else None
        _save(answer, part, size, have if resumed else 0)
    if size is not None and part.stat().st_size != size:
        raise _Incomplete(f"got {part.stat().st_size} of {size} bytes")


def _save(answer, part: Path, size: int | None, have: int) -> None:
    free = shutil.disk_usage(part.parent).free
    if size is not None and size - have > free:
        raise InputError(
            f"{part}: needs {size - have:,} bytes, only {free:,} are free on this disk"
        )
    show = tqdm(
        total=size, initial=have, unit="B", unit_scale=True, desc=part.stem,
        disable=not sys.stderr.isatty(),
    )  # fmt: skip
    with naming(part), part.open("ab" if have else "wb") as out, show:
        while chunk := answer.raw.read1(CHUNK):  # what has come so far is kept if it breaks off
            out.write(chunk)
            show.update(len(chunk))


def sha256_of(path: Path) -> str:
    """Return a file's sha256 in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _checked(path: Path, remote: Remote) -> Path:
    if remote.sha256 and not (found := sha256_of(path)).startswith(remote.sha256):
        raise InputError(
            f"{path}: sha256 is {found}, expected {remote.sha256}; the file is damaged or not the "
            "published one: delete it and run again"
        )
    return path


def unpack(archive: Path, remote: Remote, folder: Path) -> None:
    """Unpack a zip archive whose files are listed with checksums; each is checked before writing.

    The archive's single top folder is left out. Only listed files are written, so that no path can
    lead outside.

    Args:
        archive: the checked download.
        remote: names the list of members.
        folder: where the files go.

    Raises:
        InputError: a member is missing, damaged or no zip at all.
    """
    rows = (CHECKSUMS / remote.members).read_text().split("\n")
    expected = dict(reversed(row.split("  ", 1)) for row in rows if row)
    try:
        with zipfile.ZipFile(archive) as packed:
            inside = {str(PurePosixPath(*PurePosixPath(n).parts[1:])): n for n in packed.namelist()}
            for name, sha256 in expected.items():
                if name not in inside:
                    raise InputError(f"{archive}: {name} is missing from the archive")
                content = packed.read(inside[name])
                if hashlib.sha256(content).hexdigest() != sha256:
                    raise InputError(f"{archive}: {name} is damaged (wrong sha256)")
                target = Path(folder) / name
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(content)
    except zipfile.BadZipFile as error:
        raise InputError(
            f"{archive}: not a readable zip ({error}); delete it, run again"
        ) from error
