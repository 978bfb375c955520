"""One address of a file: asked again, resumed, and given up when it refuses."""

import re
import shutil
import sys
import time
from email.utils import parsedate_to_datetime
from pathlib import Path

import requests
import urllib3
from tqdm import tqdm

from tonotopy.corpora.remote import Remote
from tonotopy.errors import InputError
from tonotopy.files import naming

USER_AGENT = "tonotopy/0.1 (reproducible research workflow)"
ATTEMPTS, TIMEOUT_S, LONGEST_WAIT_S, CHUNK = 5, 60, 600, 1 << 20
RETRIED = {408, 425, 429, 500, 502, 503, 504}


class GivenUp(Exception):
    """There is nothing more to be had from this address."""


class _Incomplete(Exception):
    """The server answered, but not with the whole file."""

    def __init__(self, message: str, wait_s: float = 0.0):
        super().__init__(message)
        self.wait_s = wait_s


def transfer(url: str, remote: Remote, part: Path, wait_s: float) -> None:
    """Ask an address until the part is complete; attempts that bring nothing new are counted.

    Args:
        url: one of the remote's addresses.
        remote: the file; its size is compared with the one that the server announces.
        part: the unfinished file; continued if it exists, kept if the address is given up.
        wait_s: first pause between attempts in s; it doubles each time.

    Raises:
        GivenUp: a refusal, a size other than the published one, or no progress any more.
        InputError: too little disk space.
    """
    failures, most = 0, 0
    while True:
        try:
            return _receive(url, remote, part)
        except (requests.RequestException, urllib3.exceptions.HTTPError, _Incomplete) as error:
            size = _size(part)
            failures, most = 1 if size > most else failures + 1, max(size, most)
            if failures == ATTEMPTS:
                raise GivenUp(f"gave up after {ATTEMPTS} attempts ({error})") from error
            time.sleep(max(wait_s * 2 ** (failures - 1), getattr(error, "wait_s", 0.0)))


def forget(part: Path) -> None:
    """Remove the note on where a part came from, once the part itself is gone."""
    if not part.exists():
        _origin(part).unlink(missing_ok=True)


def check_space(path: Path, needed: int) -> None:
    """Refuse to write more than the disk of ``path`` (whose folder exists) has free, in bytes.

    Raises:
        InputError: too little is free.
    """
    free = shutil.disk_usage(path.parent).free
    if needed > free:
        raise InputError(f"{path}: needs {needed:,} bytes, only {free:,} are free on this disk")


def _receive(url: str, remote: Remote, part: Path) -> None:
    headers = {"User-Agent": USER_AGENT, "Accept-Encoding": "identity"}
    headers |= _resumption(url, remote, part)
    if (have := _size(part)) and have == remote.bytes:
        return
    with requests.get(url, headers=headers, stream=True, timeout=TIMEOUT_S) as response:
        _heed_refusal(response)
        start = _start(response, part)
        if start is None:
            return
        length = response.headers.get("Content-Length")
        size = int(length) + start if length else remote.bytes
        if remote.bytes is not None and size != remote.bytes:
            raise GivenUp(f"it has {size:,} bytes there, expected {remote.bytes:,}")
        with naming(part):
            _origin(part).write_text(f"{url}\n{response.headers.get('ETag', '')}")
            _save(response, part, size, start)
    if size is not None and _size(part) != size:
        raise _Incomplete(f"got {_size(part):,} of {size:,} bytes")


def _start(response: requests.Response, part: Path) -> int | None:
    """Return where in the file the answer begins, in bytes; None if the part is the whole file."""
    if response.status_code == 200:
        return 0
    have, content_range = _size(part), response.headers.get("Content-Range", "")
    if response.status_code == 206 and re.match(rf"bytes {have}-", content_range):
        return have
    if response.status_code == 416 and have and content_range == f"bytes */{have}":
        return None
    part.unlink(missing_ok=True)
    raise _Incomplete(f"HTTP {response.status_code} does not fit the partial file; starting over")


def _resumption(url: str, remote: Remote, part: Path) -> dict[str, str]:
    """Return headers that ask for the rest of a part; drop a part that must not be continued."""
    if not _size(part):
        return {}
    origin = _origin(part)
    source, _, tag = origin.read_text().partition("\n") if origin.exists() else ("", "", "")
    overlong = remote.bytes is not None and _size(part) > remote.bytes
    if overlong or (source != url and not remote.checksum):
        part.unlink()  # pieces of two different files would go unnoticed
        return {}
    tagged = source == url and tag.startswith('"')
    return {"Range": f"bytes={_size(part)}-"} | ({"If-Range": tag} if tagged else {})


def _heed_refusal(response: requests.Response) -> None:
    status = f"HTTP {response.status_code} {response.reason or ''}".strip()
    if response.status_code in RETRIED:
        wait = _retry_after_s(response.headers.get("Retry-After", ""))
        if wait > LONGEST_WAIT_S:
            raise GivenUp(f"{status}, to be asked again in {wait:.0f} s")
        raise _Incomplete(status, wait)
    if response.status_code >= 400 and response.status_code != 416:
        raise GivenUp(status)
    if response.headers.get("Content-Encoding", "identity") != "identity":
        raise GivenUp("it sends the file compressed although asked not to")


def _retry_after_s(header: str) -> float:
    """Return the seconds that a Retry-After header asks for, be it a number or a date."""
    if header.strip().isdigit():
        return float(header)
    try:
        return max(0.0, parsedate_to_datetime(header).timestamp() - time.time())
    except (TypeError, ValueError):
        return 0.0


def _save(response: requests.Response, part: Path, size: int | None, have: int) -> None:
    check_space(part, (size or 0) - have)
    show = tqdm(
        total=size,
        initial=have,
        unit="B",
        unit_scale=True,
        desc=part.stem,
        disable=not sys.stderr.isatty(),
    )
    with part.open("ab" if have else "wb") as out, show:
        while chunk := response.raw.read1(CHUNK):  # what has come so far is kept if it breaks off
            out.write(chunk)
            show.update(len(chunk))


def _size(part: Path) -> int:
    return part.stat().st_size if part.exists() else 0


def _origin(part: Path) -> Path:
    return part.with_name(part.name + ".from")
