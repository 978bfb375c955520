"""Downloads from a bad server on 127.0.0.1: dropped, refused, truncated, wrong."""

import hashlib
import http.server
import threading
import zipfile
from contextlib import contextmanager

import pytest
from worlds import digits_replica

from tonotopy.corpora import download
from tonotopy.corpora.catalogue import PUBLIC
from tonotopy.corpora.download import fetch, fetch_to, unpack
from tonotopy.corpora.remote import Remote
from tonotopy.corpora.schema import Corpus
from tonotopy.errors import InputError

BODY = bytes(range(256)) * 40
SHA256 = hashlib.sha256(BODY).hexdigest()


@contextmanager
def serving(answer):
    """A server whose GETs are answered by ``answer(handler, count)``."""
    seen = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            seen.append(dict(self.headers))
            answer(self, len(seen))

        def log_message(self, *args):
            pass

        def whole(self, body=BODY, status=200, length=None, **headers):
            self.send_response(status)
            self.send_header("Content-Length", str(len(body) if length is None else length))
            for name, value in headers.items():
                self.send_header(name.replace("_", "-"), value)
            self.end_headers()
            self.wfile.write(body)

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/file.bin", seen
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def get(url, folder, **options):
    return fetch(Remote("file.bin", url, SHA256, **options), folder, wait_s=0.01)


def resume(handler, count):
    """Send half, drop the connection, then honour the range that is asked for."""
    asked = handler.headers.get("Range")
    if asked:
        start = int(asked.removeprefix("bytes=").rstrip("-"))
        handler.whole(BODY[start:], 206, Content_Range=f"bytes {start}-/{len(BODY)}")
    else:
        handler.whole(BODY[: len(BODY) // 2], length=len(BODY))
        handler.close_connection = True


def no_ranges(handler, count):
    handler.whole(BODY[:100], length=len(BODY)) if count == 1 else handler.whole()
    handler.close_connection = True


def impatient(handler, count):
    handler.whole(b"", 429, Retry_After="0") if count < 3 else handler.whole()


def overlong(handler, count):
    handler.whole(b"", 416) if handler.headers.get("Range") else handler.whole()


@pytest.mark.parametrize("answer", [resume, no_ranges, impatient], ids=lambda f: f.__name__)
def test_a_bad_server_is_outlasted(tmp_path, answer):
    with serving(answer) as (url, seen):
        assert get(url, tmp_path).read_bytes() == BODY
    assert len(seen) >= 2
    assert all(h["User-Agent"].startswith("tonotopy/") for h in seen)
    assert [p.name for p in tmp_path.iterdir()] == ["file.bin"]


def test_a_part_that_does_not_fit_is_begun_anew(tmp_path):
    (tmp_path / "file.bin.part").write_bytes(b"x" * (2 * len(BODY)))
    with serving(overlong) as (url, _):
        assert get(url, tmp_path).read_bytes() == BODY


def test_giving_up_names_the_address_and_keeps_the_part(tmp_path):
    def truncate(handler, count):
        handler.whole(BODY[:10], length=len(BODY))
        handler.close_connection = True

    with (
        serving(truncate) as (url, seen),
        pytest.raises(InputError, match=r"file.bin: download failed after 5 attempts.*mirror"),
    ):
        get(url, tmp_path)
    assert len(seen) == 5 and (tmp_path / "file.bin.part").exists()


def test_refusal_is_told(tmp_path):
    with (
        serving(lambda handler, count: handler.whole(b"", 403)) as (url, _),
        pytest.raises(InputError, match="403"),
    ):
        get(url, tmp_path)


def test_a_wrong_body_is_never_accepted(tmp_path):
    with (
        serving(lambda handler, count: handler.whole(BODY[::-1])) as (url, _),
        pytest.raises(InputError, match="sha256 is .*expected"),
    ):
        get(url, tmp_path)


def test_the_mirror_comes_first_and_is_checked_too(tmp_path):
    mirror = tmp_path / "mirror"
    mirror.mkdir()
    remote = Remote("file.bin", "http://127.0.0.1:9/never", SHA256[:8])
    with pytest.raises(InputError, match="no such folder.*'mirror'"):
        fetch(remote, tmp_path, str(tmp_path / "none"))
    (mirror / "file.bin").write_bytes(BODY)
    fetch_to(remote, tmp_path / "here" / "file.bin", str(mirror))
    assert (tmp_path / "here" / "file.bin").read_bytes() == BODY
    (mirror / "file.bin").write_bytes(b"other")
    with pytest.raises(InputError, match="sha256"):
        fetch(remote, tmp_path / "there", str(mirror))


def test_a_download_larger_than_the_disk_is_refused_before_it_starts(tmp_path, monkeypatch):
    usage = type("Usage", (), {"free": 100})
    monkeypatch.setattr(download.shutil, "disk_usage", lambda path: usage)
    with (
        serving(lambda handler, count: handler.whole()) as (url, _),
        pytest.raises(InputError, match="only 100 are free"),
    ):
        get(url, tmp_path)


@pytest.fixture
def digits(tmp_path, monkeypatch):
    """A replica of the digits' archive, and its checksums in the place of the official ones."""
    mirror, sums = tmp_path / "mirror", tmp_path / "checksums"
    remote = PUBLIC["free_spoken_digits"].remotes[0]
    digits_replica(mirror / remote.file, sums / remote.members)
    monkeypatch.setattr(download, "CHECKSUMS", sums)
    return mirror, remote


def test_spoken_digits_from_archive_to_corpus(tmp_path, digits):
    from tonotopy.corpora import registry

    registry.download("free_spoken_digits", tmp_path / "downloads/digits", str(digits[0]))
    assert not list(tmp_path.rglob("evil.txt"))
    for task, classes in (("digit", ["0", "1"]), ("speaker", ["george", "theo"])):
        settings = {"maker": "free_spoken_digits", "task": task}
        path = tmp_path / "corpora" / task
        registry.build(path, settings, 0, 1, tmp_path / "downloads/digits")
        corpus = Corpus(path)
        assert corpus.classes == classes and len(corpus) == 48 and corpus.faults() == []
        takes = {clip.rsplit("_", 1)[1] for clip in corpus.clips[corpus.indices("test")]}
        assert takes == {f"{i}.wav" for i in range(5)}
    with pytest.raises(InputError, match="no task 'digits'"):
        registry.build(tmp_path / "x", {"maker": "free_spoken_digits", "task": "digits"}, 0, 1,
                       tmp_path / "downloads/digits")  # fmt: skip


def test_damaged_archives_are_named(tmp_path, digits):
    mirror, remote = digits
    (mirror / "broken.zip").write_bytes(b"PK but no more")
    with pytest.raises(InputError, match="not a readable zip"):
        unpack(mirror / "broken.zip", remote, tmp_path / "out")
    with zipfile.ZipFile(mirror / "short.zip", "w") as archive:
        archive.writestr("top/recordings/0_george_0.wav", b"other bytes")
    with pytest.raises(InputError, match="0_george_0.wav is damaged"):
        unpack(mirror / "short.zip", remote, tmp_path / "out")
    with zipfile.ZipFile(mirror / "none.zip", "w") as archive:
        archive.writestr("top/readme", b"")
    with pytest.raises(InputError, match="0_george_0.wav is missing"):
        unpack(mirror / "none.zip", remote, tmp_path / "out")
