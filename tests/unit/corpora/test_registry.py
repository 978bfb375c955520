"""Public corpora from their download to the built corpus."""

import pytest
from serving import BODY, SHA256, left_in, serving
from worlds import digits_replica

from tonotopy.corpora import archives, registry
from tonotopy.corpora.catalogue import DOWNLOADS
from tonotopy.corpora.public.declaration import PublicCorpus
from tonotopy.corpora.remote import Remote
from tonotopy.corpora.schema import Corpus
from tonotopy.errors import InputError


@pytest.fixture
def digits(tmp_path, monkeypatch):
    """A mirror with a replica of the digits, and its checksums in place of the official ones."""
    mirror, sums = tmp_path / "mirror", tmp_path / "checksums"
    remote = DOWNLOADS["free_spoken_digits"].remotes[0]
    digits_replica(mirror / remote.file, sums / remote.members)
    monkeypatch.setattr(archives, "CHECKSUMS", sums)
    return mirror


def test_spoken_digits_from_archive_to_corpus(tmp_path, digits):
    place = tmp_path / "downloads/digits"
    registry.download("free_spoken_digits", place, str(digits))
    assert left_in(place) == ["recordings"]  # what nobody listed is left out
    for task, classes in (("digit", ["0", "1"]), ("speaker", ["george", "theo"])):
        settings = {"maker": "free_spoken_digits", "task": task}
        path = tmp_path / "corpora" / task
        registry.build(path, settings, 0, 1, {"download": str(place)})
        corpus = Corpus(path)
        assert corpus.classes == classes and len(corpus) == 48 and corpus.faults() == []
        takes = {clip.rsplit("_", 1)[1] for clip in corpus.clips[corpus.indices("test")]}
        assert takes == {f"{i}.wav" for i in range(5)}
    with pytest.raises(InputError, match="no task 'digits'"):
        settings = {"maker": "free_spoken_digits", "task": "digits"}
        registry.build(tmp_path / "x", settings, 0, 1, {"download": str(place)})


def test_a_corpus_appears_only_when_all_of_it_is_there(tmp_path, monkeypatch):
    """Two plain files, one of them refused at first; the other is not fetched twice."""
    refused = [404, 200]

    def answer(handler, count):
        handler.whole(status=200 if handler.path == "/a" else refused.pop(0))

    with serving(answer) as (url, seen):
        base = url.removesuffix("/file.bin")
        remotes = tuple(Remote(f"sub/{n}.csv", (f"{base}/{n}",), SHA256) for n in "ab")
        corpus = PublicCorpus("two", "", "", "", "", {}, 1, 1.0, 1, "", remotes)
        monkeypatch.setitem(registry.DOWNLOADS, "two", corpus)
        with pytest.raises(InputError, match="HTTP 404"):
            registry.download("two", tmp_path / "two", None)
        assert left_in(tmp_path) == ["archives"]
        registry.download("two", tmp_path / "two", None)
    assert [h["path"] for h in seen] == ["/a", "/b", "/b"]
    assert left_in(tmp_path) == [".sums", "archives", "two"]
    assert left_in(tmp_path / "two") == ["a.csv", "b.csv"]
    mirror = tmp_path / "archives"
    registry.download("two", tmp_path / "elsewhere/two", str(mirror))
    copied, own = tmp_path / "elsewhere/two/a.csv", mirror / "sub/a.csv"
    assert copied.read_bytes() == BODY and not copied.samefile(own)  # a mirror is never linked
    assert (tmp_path / "two/a.csv").samefile(own)


def test_corpora_that_cannot_be_downloaded_are_told(tmp_path):
    with pytest.raises(InputError, match=r"voxceleb1 cannot be downloaded.*'path'"):
        registry.download("voxceleb1", tmp_path / "voxceleb1", None)
    with pytest.raises(InputError, match="no public corpus 'gtzam' .*gtzan"):
        registry.download("gtzam", tmp_path / "gtzam", None)
