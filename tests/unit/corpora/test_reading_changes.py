"""A folder is read again when what it holds has changed, and only then."""

import json
import os
import shutil
import time
from pathlib import Path
from types import SimpleNamespace

import pytest
from odd_sounds import noise, put

from tonotopy.config import frozen
from tonotopy.corpora import identity, inputs

LABELS = {"from": "csv", "file": "labels.csv", "key": "file", "column": "class"}
OLD = 1_600_000_000  # s; long before the test


def settle(*roots):
    """Make files look as if they had not been touched for years; their change time cannot be set.

    Hashes are kept of files only that were last changed some seconds ago.
    """
    for root in roots:
        for path in [root, *root.rglob("*")]:
            if path.is_file():
                os.utime(path, (OLD, OLD))


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder of sound with a csv in it, another csv outside, and an empty project."""
    monkeypatch.setattr(identity, "SETTLED_NS", 0)
    (tmp_path / "project").mkdir()
    monkeypatch.chdir(tmp_path / "project")
    root = tmp_path / "music"
    for n in range(4):
        put(root, f"{'ab'[n % 2]}/{n}.wav", noise(200, n))
    (root / "labels.csv").write_text("file,class\n0.wav,x\n1.wav,y\n")
    (tmp_path / "groups.csv").write_text("file,song\n0.wav,s\n1.wav,t\n")
    settle(tmp_path)
    return root


def parameters(path, **changes) -> tuple[str, str]:
    """What the rule of a corpus is run again for."""
    group = {"from": "csv", "file": str(Path(path).absolute().parent / "groups.csv")}
    group |= {"key": "file", "column": "song"}
    entry = {"maker": "folder", "path": str(path), "rate": 8000, "seconds": 1.0}
    entry |= {"label": LABELS, "group": group, **changes}
    return of_entry(entry)


def of_entry(entry: dict) -> tuple[str, str]:
    config = {"corpora": {"mine": entry}}
    wildcards = SimpleNamespace(corpus="mine")
    settings = frozen(inputs.settings_without_paths(wildcards, config))
    return settings, inputs.own_content(wildcards, config)


def swap(one: Path, other: Path):
    content = one.read_bytes(), other.read_bytes()
    assert len(content[0]) == len(content[1])
    one.write_bytes(content[1])
    other.write_bytes(content[0])


CHANGES = {
    "two files of equal length are exchanged": lambda root: swap(
        root / "a/0.wav", root / "a/2.wav"
    ),
    "a sound of equal length takes another's place": lambda root: put(
        root, "a/0.wav", noise(200, 77)
    ),
    "two labels are exchanged in the csv": lambda root: (root / "labels.csv").write_text(
        "file,class\n0.wav,y\n1.wav,x\n"
    ),
    "a csv outside the folder is written again": lambda root: (
        root.parent / "groups.csv"
    ).write_text("file,song\n0.wav,t\n1.wav,s\n"),
    "a file comes": lambda root: put(root, "a/9.wav", noise(200, 9)),
    "a file goes": lambda root: (root / "a/0.wav").unlink(),
    "a file is called otherwise": lambda root: (root / "a/0.wav").rename(root / "a/00.wav"),
    "a file goes to another class": lambda root: (root / "a/0.wav").rename(root / "b/0.wav"),
    "one byte of sound changes": lambda root: (root / "a/0.wav").write_bytes(
        (root / "a/0.wav").read_bytes()[:-1] + b"\x01"
    ),
}


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("as_old", [False, True])
def test_a_change_of_content_is_seen(folder, change, as_old):
    before = parameters(folder)
    assert parameters(folder) == before and before[1]
    CHANGES[change](folder)
    if as_old:
        settle(folder.parent)
    after = parameters(folder)
    assert after[1] != before[1] and after[0] == before[0]
    shutil.rmtree("data")
    assert parameters(folder) == after


NO_CHANGES = {
    "a DS_Store": lambda root: (root / ".DS_Store").write_bytes(b"x"),
    "a text": lambda root: (root / "a/readme.txt").write_text("x"),
    "a picture": lambda root: (root / "cover.jpg").write_bytes(b"x"),
    "a thumbnail and a hidden sound": lambda root: [
        (root / "Thumbs.db").write_bytes(b"x"),
        (root / "a/._0.wav").write_bytes(b"x"),
    ],
    "an empty folder": lambda root: (root / "c").mkdir(),
    "another csv": lambda root: (root / "other.csv").write_text("x"),
    "other times": lambda root: [os.utime(p) for p in root.rglob("*")],
    "a copy in the place of a file": lambda root: [
        shutil.copy(root / "a/0.wav", root / "copy"),
        os.replace(root / "copy", root / "a/0.wav"),
    ],
}


@pytest.mark.parametrize("change", NO_CHANGES)
def test_what_is_not_read_changes_nothing(folder, change):
    before = parameters(folder)
    NO_CHANGES[change](folder)
    assert parameters(folder) == before


def test_however_the_folder_is_called_it_is_the_same(folder):
    before = parameters(folder)
    (folder.parent / "link").symlink_to("music")
    for path in (
        f"{folder}/",
        "../music",
        "../music/",
        "../project/../music",
        folder.parent / "link",
    ):
        assert parameters(path) == before
    shutil.move(folder, folder.parent / "moved")
    assert parameters(folder.parent / "moved") == before


def test_labels_by_another_way_to_the_same_file_are_the_same(folder):
    before = parameters(folder)
    for file in ("./labels.csv", str(folder / "labels.csv"), ["labels.csv"], "lab*.csv"):
        assert parameters(folder, label={**LABELS, "file": file}) == before
    assert parameters(folder, label={**LABELS, "column": "file"}) != before
    assert parameters(folder, label={**LABELS, "file": "none.csv"}) != before


def test_lists_of_splits_are_content_too(folder):
    (folder / "train.txt").write_text("0.wav\n")
    (folder.parent / "test.txt").write_text("1.wav\n")
    lists = {"train": "train.txt", "test": "../test.txt"}
    before = parameters(folder, split={"from": "lists", "lists": lists})
    turned = {"train": "../test.txt", "test": "train.txt"}
    assert parameters(folder, split={"from": "lists", "lists": turned}) != before
    (folder.parent / "test.txt").write_text("2.wav\n")
    assert parameters(folder, split={"from": "lists", "lists": lists}) != before


def test_a_public_corpus_of_ones_own_is_watched_too(folder):
    entry = {"maker": "speech_commands", "task": "keyword", "path": str(folder)}
    before = of_entry(entry)
    (folder / "validation_list.txt").write_text("a/0.wav\n")
    listed = of_entry(entry)
    put(folder, "a/0.wav", noise(200, 44))
    assert len({before, listed, of_entry(entry)}) == 3 and before[1]
    assert of_entry({"maker": "speech_commands", "task": "keyword"})[1] == ""


def test_a_missing_folder_is_left_to_the_build(folder):
    assert parameters(folder / "nowhere")[1] == ""


# --- what is kept of it


@pytest.fixture
def reads(monkeypatch):
    """The files whose content is read."""
    read, hashed = [], identity._hashed

    def counting(path):
        read.append(path.name)
        return hashed(path)

    monkeypatch.setattr(identity, "_hashed", counting)
    return read


def test_unchanged_files_are_not_read_again(folder, reads):
    parameters(folder)
    assert sorted(reads) == ["0.wav", "1.wav", "2.wav", "3.wav", "groups.csv", "labels.csv"]
    reads.clear()
    parameters(folder)
    assert reads == []
    put(folder, "b/1.wav", noise(200, 50))
    parameters(folder)
    assert reads == ["1.wav"]


@pytest.mark.parametrize("number", range(4), ids=("size", "inode", "mtime", "ctime"))
def test_a_file_of_which_anything_differs_is_read_again(folder, reads, number):
    before = parameters(folder)
    (place,) = Path("data/hashes").iterdir()
    rows = json.loads(place.read_text())
    row, told = rows[str(folder / "b/1.wav")], (folder / "b/1.wav").stat()
    assert row[:4] == [told.st_size, told.st_ino, told.st_mtime_ns, told.st_ctime_ns]
    row[number] += 1
    place.write_text(json.dumps(rows))
    reads.clear()
    assert parameters(folder) == before and reads == ["1.wav"]


@pytest.mark.parametrize(
    "damage",
    [b"", b"{", b"[1, 2]", b'{"x": 3}', b"\xff\xfe", b"[" * 100_000, b"null"],
)
def test_a_damaged_memory_is_ignored(folder, damage):
    before = parameters(folder)
    (place,) = Path("data/hashes").iterdir()
    good = json.loads(place.read_text())
    place.write_bytes(damage)
    assert parameters(folder) == before
    assert json.loads(place.read_text()) == good


def test_a_memory_of_wrong_rows_is_ignored(folder):
    before = parameters(folder)
    (place,) = Path("data/hashes").iterdir()
    rows = json.loads(place.read_text())
    assert len(rows) == 6
    for wrong in ([], [1, 2, 3, 4, 5], None, "x", {}):
        place.write_text(json.dumps(dict.fromkeys(rows, wrong)))
        assert parameters(folder) == before


def test_a_memory_that_cannot_be_written_is_done_without(folder, capsys):
    Path("data").write_text("a file where a folder is needed")
    before = parameters(folder)
    assert before[1] and "is not kept" in capsys.readouterr().err
    put(folder, "a/0.wav", noise(200, 50))
    assert parameters(folder)[1] != before[1]


def test_a_file_that_was_changed_just_now_is_read_again(folder, reads, monkeypatch):
    """A second change within the same tick of the clock would not be seen."""
    monkeypatch.setattr(identity, "SETTLED_NS", 3_600_000_000_000)
    parameters(folder)
    count = len(reads)
    parameters(folder)
    assert len(reads) == 2 * count == 12
    assert not list(Path("data").rglob("*.json"))


def test_what_cannot_be_read_is_no_error_and_is_read_when_it_can(folder):
    (folder / "labels.csv").unlink()
    (folder / "labels.csv").mkdir()
    without = parameters(folder)
    (folder / "labels.csv").rmdir()
    (folder / "labels.csv").write_text("file,class\n0.wav,x\n1.wav,y\n")
    assert parameters(folder)[1] != without[1]


def test_names_that_are_no_utf_8_are_content(folder):
    before = parameters(folder)
    odd = os.fsencode(folder) + b"/a/caf\xe9.wav"
    with open(odd, "wb") as file:
        file.write(b"x")
    after = parameters(folder)
    assert after[1] != before[1] and parameters(folder) == after


def test_a_large_unchanged_folder_is_only_looked_at(tmp_path, monkeypatch):
    monkeypatch.setattr(identity, "SETTLED_NS", 0)
    monkeypatch.chdir(tmp_path)
    root = tmp_path / "m"
    for n in range(5000):
        path = root / f"{n % 10}/{n}.wav"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(n.to_bytes(2, "big"))
    entry = {"maker": "folder", "path": str(root), "rate": 8000, "seconds": 1.0}
    first = of_entry(entry)
    monkeypatch.setattr(identity, "_hashed", None)
    begun = time.monotonic()
    assert of_entry(entry) == first
    assert time.monotonic() - begun < 2


AUDIOSET_CHANGES = {
    "a file of another size": lambda root: put(root, "a/0.wav", noise(300, 0)),
    "a file of equal size, written later": lambda root: swap(root / "a/0.wav", root / "a/2.wav"),
    "a file comes": lambda root: put(root, "a/9.wav", noise(200, 9)),
    "a file goes": lambda root: (root / "a/0.wav").unlink(),
    "a file is called otherwise": lambda root: (root / "a/0.wav").rename(root / "a/00.wav"),
    "the folder goes": shutil.rmtree,
}


def _of_audioset(path) -> str:
    identity.state.cache_clear()
    config = {"corpora": {"mine": {"maker": "audioset", "task": "genre"}}}
    config["audioset"] = {"path": path and str(path)}
    return inputs.own_content(SimpleNamespace(corpus="mine"), config)


@pytest.mark.parametrize("change", AUDIOSET_CHANGES)
def test_own_clips_of_audioset_are_watched_without_being_read(folder, change, monkeypatch):
    with monkeypatch.context() as unreadable:
        unreadable.setattr(Path, "open", None)
        before = _of_audioset(folder)
        assert before and _of_audioset(folder) == before
    AUDIOSET_CHANGES[change](folder)
    assert _of_audioset(folder) != before


@pytest.mark.parametrize(
    "change", sorted(NO_CHANGES.keys() - {"other times", "a copy in the place of a file"})
)
def test_what_is_no_sound_changes_no_audioset(folder, change):
    before = _of_audioset(folder)
    NO_CHANGES[change](folder)
    assert _of_audioset(folder) == before


def test_clips_of_audioset_that_are_fetched_are_not_watched():
    assert _of_audioset(None) == ""
