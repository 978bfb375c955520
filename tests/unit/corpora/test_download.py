"""Downloads from a bad server on 127.0.0.1: dropped, refused, truncated, wrong."""

import email.utils
import hashlib
import time

import pytest
from serving import BODY, SHA256, left_in, serving

from tonotopy.corpora import transfer
from tonotopy.corpora.download import checksum_note, fetch, fetch_to
from tonotopy.corpora.remote import Remote
from tonotopy.errors import InputError

ETAG = '"version 1"'


def get(urls, folder, checksum=SHA256, **options):
    urls = (urls,) if isinstance(urls, str) else tuple(urls)
    return fetch(Remote("file.bin", urls, checksum, **options), folder, wait_s=0.01)


def resume(handler, count):
    handler.broken_off(len(BODY) // 2) if handler.start() is None else handler.rest()


def drop_often(handler, count):
    """More drops than attempts are allowed without progress, and a little progress each time."""
    start = handler.start() or 0
    stop = min(start + len(BODY) // 8, len(BODY))
    body, told = BODY[start:stop], f"bytes {start}-{len(BODY) - 1}/{len(BODY)}"
    status = 206 if start else 200
    handler.whole(body, status, length=len(BODY) - start, Content_Range=told)
    handler.close_connection = True


def no_ranges(handler, count):
    handler.broken_off(100) if count == 1 else handler.whole()


def continues_elsewhere(handler, count):
    if handler.start() is None:
        handler.broken_off(100) if count == 1 else handler.whole()
    else:
        handler.whole(BODY[200:], 206, Content_Range=f"bytes 200-/{len(BODY)}")


def silent(handler, count):
    if count > 1:
        handler.whole()
    handler.close_connection = True  # the first time without a word


def redirect(handler, count):
    if handler.path == "/file.bin":
        handler.whole(b"", 301 if count == 1 else 302, Location="/else/where")
    else:
        resume(handler, count)


def chunked(handler, count):
    """No size is announced, and the first time the chunks break off."""
    handler.protocol_version = "HTTP/1.1"
    handler.send_response(200)
    handler.send_header("Transfer-Encoding", "chunked")
    handler.end_headers()
    for start in range(0, len(BODY), 1024)[: 3 if count == 1 else None]:
        handler.wfile.write(b"%x\r\n%s\r\n" % (1024, BODY[start : start + 1024]))
    if count > 1:
        handler.wfile.write(b"0\r\n\r\n")
    handler.close_connection = True


@pytest.mark.parametrize(
    "answer",
    [resume, drop_often, no_ranges, continues_elsewhere, silent, redirect, chunked],
    ids=lambda f: f.__name__,
)
def test_a_bad_server_is_outlasted(tmp_path, answer):
    with serving(answer) as (url, seen):
        assert get(url, tmp_path).read_bytes() == BODY
    assert len(seen) >= 2
    assert all(h["User-Agent"].startswith("tonotopy/") for h in seen)
    assert left_in(tmp_path) == ["file.bin"]


def test_servers_that_want_to_know_who_asks_are_told(tmp_path):
    """As Zenodo does: it refuses the agents that libraries send by default."""

    def picky(handler, count):
        named = handler.headers.get("User-Agent", "").startswith("tonotopy/")
        handler.whole() if named else handler.whole(b"who are you?", 403)

    with serving(picky) as (url, seen):
        assert get(url, tmp_path).read_bytes() == BODY
    assert len(seen) == 1


@pytest.mark.parametrize("asked", ["7", "date", "nonsense", "-3"])
def test_a_server_that_asks_to_wait_is_waited_for(tmp_path, monkeypatch, asked):
    waits = []
    monkeypatch.setattr(transfer.time, "sleep", waits.append)

    def impatient(handler, count):
        told = email.utils.formatdate(time.time() + 30, usegmt=True) if asked == "date" else asked
        handler.whole(b"", 429, Retry_After=told) if count < 3 else handler.whole()

    with serving(impatient) as (url, seen):
        assert get(url, tmp_path).read_bytes() == BODY
    assert len(seen) == 3 and len(waits) == 2
    if asked == "date":
        assert all(27 < wait <= 30 for wait in waits)
    else:
        assert waits == ([7, 7] if asked == "7" else [0.01, 0.02])


def test_a_server_that_asks_to_come_back_tomorrow_is_given_up(tmp_path):
    with (
        serving(lambda handler, count: handler.whole(b"", 503, Retry_After="86400")) as (url, seen),
        pytest.raises(InputError, match="503 .*asked again in 86400 s"),
    ):
        get(url, tmp_path)
    assert len(seen) == 1


def test_a_part_is_resumed_in_a_later_call(tmp_path):
    """The first run gives up with a quarter of the file; the second asks for the rest alone."""

    def quarter(handler, count):
        handler.broken_off(len(BODY) // 4, ETag=ETAG)

    with serving(quarter) as (url, seen):
        with pytest.raises(InputError, match="gave up after 5 attempts") as error:
            get(url, tmp_path)
        assert len(seen) == 5 and url in str(error.value) and "set 'mirror'" in str(error.value)
    assert (tmp_path / "file.bin.part").read_bytes() == BODY[: len(BODY) // 4]
    with serving(lambda handler, count: handler.rest()) as (url, seen):
        assert get(url, tmp_path).read_bytes() == BODY
    assert [h["Range"] for h in seen] == [f"bytes={len(BODY) // 4}-"]
    assert "If-Range" not in seen[0]  # another address: its tags say nothing about this part
    assert left_in(tmp_path) == ["file.bin"]


def test_a_file_that_changed_meanwhile_is_not_continued(tmp_path):
    def changes(handler, count):
        if count == 1:
            handler.broken_off(100, ETag=ETAG)
        else:  # If-Range names the old version, so that the whole new one is due
            assert handler.headers["If-Range"] == ETAG and handler.start() == 100
            handler.whole(BODY[::-1], ETag='"version 2"')

    with serving(changes) as (url, _):
        assert get(url, tmp_path, checksum=None).read_bytes() == BODY[::-1]


def test_without_a_checksum_parts_of_two_addresses_are_never_joined(tmp_path):
    (tmp_path / "file.bin.part").write_bytes(b"from elsewhere")
    (tmp_path / "file.bin.part.from").write_text("http://elsewhere/file.bin\n")
    with serving(resume) as (url, seen):
        assert get(url, tmp_path, checksum=None).read_bytes() == BODY
    assert "Range" not in seen[0]


@pytest.mark.parametrize("told", [f"bytes */{len(BODY)}", "bytes */12", None])
def test_a_part_that_needs_no_rest_is_taken_or_begun_anew(tmp_path, told):
    """A finished part is answered by 416 with the file's size; any other 416 starts over."""
    (tmp_path / "file.bin.part").write_bytes(BODY)

    def overlong(handler, count):
        headers = {"Content_Range": told} if told else {}
        handler.whole() if handler.start() is None else handler.whole(b"", 416, **headers)

    with serving(overlong) as (url, seen):
        assert get(url, tmp_path).read_bytes() == BODY
    assert len(seen) == (1 if told and told.endswith(str(len(BODY))) else 2)


def test_a_part_of_the_published_size_is_not_asked_for_again(tmp_path):
    (tmp_path / "file.bin.part").write_bytes(BODY)
    assert get("http://127.0.0.1:9/never", tmp_path, bytes=len(BODY)).read_bytes() == BODY
    (tmp_path / "b").mkdir()
    (tmp_path / "b/file.bin.part").write_bytes(2 * BODY)
    with serving(resume) as (url, seen):
        assert get(url, tmp_path / "b", bytes=len(BODY)).read_bytes() == BODY
    assert "Range" not in seen[0]


@pytest.mark.parametrize("status", [401, 403, 404, 410])
def test_after_a_refusal_the_next_address_is_asked_at_once(tmp_path, status):
    def refuse(handler, count):
        handler.whole(b"", status) if handler.path == "/file.bin" else handler.whole()

    with serving(refuse) as (url, seen):
        assert get([url, f"{url}/second"], tmp_path).read_bytes() == BODY
        assert [h["path"] for h in seen] == ["/file.bin", "/file.bin/second"]
        with pytest.raises(InputError, match=f"HTTP {status}"):
            get(url, tmp_path / "alone")


def test_every_address_is_told_with_its_reason(tmp_path):
    def refuse(handler, count):
        statuses = {"/file.bin": 403, "/file.bin/gone": 410}
        handler.whole(BODY[::-1], statuses.get(handler.path, 200))

    with serving(refuse) as (url, _), pytest.raises(InputError) as error:
        get([url, f"{url}/gone", f"{url}/other", "http://127.0.0.1:9/"], tmp_path)
    first, *rows, last = str(error.value).splitlines()
    assert first == "file.bin: download failed" and "set 'mirror'" in last
    assert rows[0].endswith("file.bin: HTTP 403 Forbidden")
    assert rows[1].endswith("gone: HTTP 410 Gone")
    assert "other: sha256 is" in rows[2] and "kept as file.bin.wrong" in rows[2]
    assert "127.0.0.1:9/: gave up after 5 attempts" in rows[3]


def test_a_wrong_body_is_never_accepted_nor_in_the_way(tmp_path):
    other = hashlib.sha256(BODY[::-1]).hexdigest()
    with (
        serving(lambda handler, count: handler.whole(BODY[::-1])) as (url, _),
        pytest.raises(InputError, match=f"sha256 is {other}, expected {SHA256[7:]}"),
    ):
        get(url, tmp_path)
    assert left_in(tmp_path) == ["file.bin.wrong"]
    with serving(lambda handler, count: handler.whole()) as (url, _):
        assert get(url, tmp_path).read_bytes() == BODY


def test_a_wrong_body_sends_us_to_the_next_address(tmp_path):
    def login_page(handler, count):
        handler.whole(b"<html>" if count == 1 else BODY)

    with serving(login_page) as (url, _):
        assert get([url, f"{url}/second"], tmp_path).read_bytes() == BODY


def test_a_wrong_size_is_refused_before_the_body_is_read(tmp_path):
    with (
        serving(lambda handler, count: handler.whole()) as (url, seen),
        pytest.raises(InputError, match=r"it has 10,240 bytes there, expected 10,241"),
    ):
        get(url, tmp_path, bytes=len(BODY) + 1)
    assert len(seen) == 1 and left_in(tmp_path) == []


def test_a_body_that_is_sent_compressed_is_refused(tmp_path):
    with (
        serving(lambda handler, count: handler.whole(Content_Encoding="gzip")) as (url, _),
        pytest.raises(InputError, match="compressed although asked not to"),
    ):
        get(url, tmp_path)


def test_a_damaged_file_of_an_earlier_run_is_put_aside(tmp_path):
    (tmp_path / "file.bin").write_bytes(b"damaged")
    with serving(lambda handler, count: handler.whole()) as (url, _):
        with pytest.raises(InputError, match=r"sha256 is .* now file.bin.wrong: run again"):
            get(url, tmp_path)
        assert get(url, tmp_path).read_bytes() == BODY
    assert get("http://127.0.0.1:9/never", tmp_path).read_bytes() == BODY  # and then kept


@pytest.mark.parametrize("algorithm", ["sha256", "sha1", "md5"])
def test_what_was_verified_is_told(tmp_path, capsys, algorithm):
    digits = hashlib.new(algorithm, BODY).hexdigest()
    with serving(lambda handler, count: handler.whole()) as (url, _):
        path = get(url, tmp_path, f"{algorithm}:{digits}")
        assert capsys.readouterr().out == f"file.bin: {algorithm} ok\n"
        other = hashlib.new(algorithm, b"other").hexdigest()
        with pytest.raises(InputError, match=f"{algorithm} is {digits}, expected {other}"):
            get(url, tmp_path / "b", f"{algorithm}:{other}")
    begun = Remote("file.bin", ("http://x",), f"{algorithm}:{digits[:8]}")
    assert checksum_note(path, begun) == f"file.bin: {algorithm} ok (begins with {digits[:8]})"
    bare = checksum_note(path, Remote("file.bin", ("http://x",)))
    assert bare == f"file.bin: no published checksum; sha256 is {SHA256[7:]}"
    with pytest.raises(InputError, match=r"size is 10,240 bytes, expected 5"):
        checksum_note(path, Remote("file.bin", ("http://x",), bytes=5))


def test_the_mirror_comes_first_and_is_checked_too(tmp_path):
    mirror = tmp_path / "mirror"
    (mirror / "sub").mkdir(parents=True)
    remote = Remote("sub/file.bin", ("http://127.0.0.1:9/never",), SHA256[:15])
    with pytest.raises(InputError, match="no such folder.*'mirror'"):
        fetch(remote, tmp_path, str(tmp_path / "none"))
    (mirror / "file.bin").write_bytes(BODY)
    assert fetch(remote, tmp_path / "here", str(mirror)) == mirror / "file.bin"
    (mirror / "sub/file.bin").write_bytes(BODY)
    assert fetch(remote, tmp_path / "here", str(mirror)) == mirror / "sub/file.bin"
    fetch_to(remote, tmp_path / "here" / "renamed.bin", str(mirror))
    assert (tmp_path / "here" / "renamed.bin").read_bytes() == BODY
    (mirror / "sub/file.bin").write_bytes(b"other")
    with pytest.raises(InputError, match="sha256.*take it out of the mirror"):
        fetch(remote, tmp_path / "there", str(mirror))
    assert (mirror / "sub/file.bin").read_bytes() == b"other" and left_in(mirror / "sub")


def test_a_file_that_is_not_in_the_mirror_is_downloaded(tmp_path):
    (tmp_path / "mirror").mkdir()
    with serving(resume) as (url, _):
        remote = Remote("sub/file.bin", (url,), SHA256)
        fetch_to(remote, tmp_path / "data/file.bin", str(tmp_path / "mirror"), wait_s=0.01)
    assert (
        left_in(tmp_path / "data") == [".sums", "file.bin"] and left_in(tmp_path / "mirror") == []
    )


def test_a_download_larger_than_the_disk_is_refused_before_it_starts(tmp_path, monkeypatch):
    usage = type("Usage", (), {"free": 100})
    monkeypatch.setattr(transfer.shutil, "disk_usage", lambda path: usage)
    with (
        serving(lambda handler, count: handler.whole()) as (url, _),
        pytest.raises(InputError, match="needs 10,240 bytes, only 100 are free"),
    ):
        get(url, tmp_path)
    assert not (tmp_path / "file.bin.part").exists()


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"checksum": "crc32:01234567"}, "unknown checksum 'crc32:01234567' .*sha256"),
        ({"checksum": "0123456789abcdef"}, "unknown checksum"),
        ({"checksum": "md5:0123"}, "8 to 32 hexadecimal digits"),
        ({"checksum": "md5:" + "0" * 33}, "8 to 32 hexadecimal digits"),
        ({"checksum": "sha1:ABCDEF0123"}, "lower case"),
        ({"urls": "http://one"}, "'urls' must be a tuple"),
        ({"urls": ()}, "'urls' must be a tuple"),
        ({"file": "../x"}, "relative path"),
        ({"file": "/x"}, "relative path"),
        ({"unpack": "tgz"}, "cannot unpack by 'tgz'"),
        ({"unpack": "parts"}, r"ends in \.zip or \.z01"),
        ({"members": "list.sha256"}, "needs unpack='zip'"),
    ],
)
def test_a_declaration_that_cannot_be_meant_is_refused(wrong, message):
    with pytest.raises(InputError, match=message):
        Remote(**{"file": "sub/file.bin", "urls": ("http://one",), **wrong})
