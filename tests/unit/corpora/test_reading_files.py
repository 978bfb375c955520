"""Which files of a folder are its owner's sound: formats, links, and what systems leave behind."""

import os

import numpy as np
import pytest
import soundfile
from odd_sounds import noise, put

from tonotopy.corpora import sources
from tonotopy.corpora.audio import read_clip
from tonotopy.corpora.finding import find, shown
from tonotopy.corpora.folder import build
from tonotopy.corpora.formats import AUDIO_SUFFIXES, OTHER_AUDIO_SUFFIXES
from tonotopy.corpora.schema import Corpus
from tonotopy.corpora.settings import FolderSettings
from tonotopy.errors import InputError

WRITTEN = {  # how soundfile is told to write what a suffix stands for
    ".opus": ("OGG", "OPUS"),
    ".oga": ("OGG", "VORBIS"),
    ".aif": ("AIFF", "PCM_16"),
    ".aifc": ("AIFF", "FLOAT"),
    ".wave": ("WAV", "PCM_16"),
    ".snd": ("AU", "PCM_16"),
}


def touch(root, *names):
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x")


def names(found) -> list[str]:
    return [path.as_posix() for path in found.files]


# --- what is not the owner's


STRAYS = [
    "._a.wav",
    "rock/._b.wav",
    ".hidden/c.wav",
    "rock/.ipynb_checkpoints/a-checkpoint.wav",
    "rock/@eaDir/a.wav/SYNOAUDIO.wav",
    ".Trash-1000/files/d.wav",
    "$RECYCLE.BIN/S-1-5/e.wav",
    "System Volume Information/f.wav",
    "__MACOSX/rock/g.wav",
    "lost+found/h.wav",
    "#recycle/i.mp3",
]


def test_files_that_systems_leave_behind_are_passed_over_and_told_once(tmp_path):
    touch(tmp_path, "rock/a.wav", "jazz/b.flac", *STRAYS)
    touch(tmp_path, "Thumbs.db", ".DS_Store", "rock/desktop.ini", "rock/notes.txt")
    found = sources.clips(tmp_path, "audio")
    assert names(found) == ["jazz/b.flac", "rock/a.wav"]
    assert found.notes == [
        "passed over: 14 file(s) that are hidden or left behind by a system, such as "
        "'#recycle/i.mp3'"
    ]


@pytest.mark.parametrize("stray", [*STRAYS, "Thumbs.db", "rock/desktop.ini", ".DS_Store"])
def test_each_of_them_alone_is_told(tmp_path, stray):
    touch(tmp_path, "rock/a.wav", stray)
    found = find(tmp_path, AUDIO_SUFFIXES)
    assert names(found) == ["rock/a.wav"] and len(found.notes) == 1
    assert found.notes[0].endswith(f"such as '{stray}'") and " 1 file(s)" in found.notes[0]


def test_a_folder_may_lie_below_a_hidden_one_and_names_may_only_look_odd(tmp_path):
    root = tmp_path / ".data/@eaDir"
    touch(root, "a.b/..c.wav".replace("..", "c."), "@home/x.WAV", "trash/y.Flac", "#1/z.mp3")
    found = find(root, AUDIO_SUFFIXES)
    assert names(found) == ["#1/z.mp3", "@home/x.WAV", "a.b/c.c.wav", "trash/y.Flac"]
    assert found.notes == []


def test_they_count_in_no_class_split_or_draw(tmp_path):
    for label in ("a", "b"):
        for n in range(4):
            put(tmp_path / "m", f"{label}/{n}.wav", noise(4000, n))
            put(tmp_path / "m", f"{label}/.ipynb_checkpoints/{n}.wav", noise(4000, 9 + n))
            put(tmp_path / "m", f"{label}/._{n}.wav", noise(4000, n))
            put(tmp_path / "m", f"@eaDir/{n}.wav", noise(4000, n))
    build(tmp_path / "c", FolderSettings(str(tmp_path / "m"), 8000, 0.25, per_class=4))
    corpus = Corpus(tmp_path / "c")
    assert corpus.classes == ["a", "b"] and len(corpus) == 8
    assert corpus.info["report"]["dropped"] == []
    told = [n for n in corpus.info["report"]["notes"] if n.startswith("passed over: 20 file(s)")]
    assert len(told) == 1


# --- formats


def written(root, suffix, name="x"):
    kind, subtype = WRITTEN.get(suffix, (suffix[1:].upper(), None))
    samples = 0.5 * np.sin(2 * np.pi * 440 * np.arange(16000) / 16000)
    path = root / f"{name}{suffix}"
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, samples, 16000, subtype, format=kind)
    return path


@pytest.mark.parametrize("suffix", AUDIO_SUFFIXES)
def test_every_suffix_that_is_looked_for_is_read(tmp_path, suffix):
    path = written(tmp_path, suffix)
    assert names(find(tmp_path, AUDIO_SUFFIXES)) == [path.name]
    clip = read_clip(path, 16000, 8000).samples
    spectrum = np.abs(np.fft.rfft(clip * np.hanning(8000)))
    assert spectrum.argmax() * 2 == pytest.approx(440, abs=2)
    assert np.abs(clip).max() == pytest.approx(0.5, abs=0.06)


def test_formats_that_are_not_read_are_counted_and_named(tmp_path):
    for n in range(3):
        written(tmp_path, ".aiff", f"a/{n}")
    touch(tmp_path, "a/x.m4a", "a/y.M4A", "b/z.aac", "b/film.mp4", "b/cover.jpg")
    assert sources.clips(tmp_path, "audio").notes == [
        "passed over: 4 file(s) of formats that are not read (1 .aac, 2 .m4a, 1 .mp4); convert "
        "them, for instance to flac"
    ]
    assert not set(AUDIO_SUFFIXES) & set(OTHER_AUDIO_SUFFIXES)


def test_a_folder_of_nothing_else_says_what_it_holds(tmp_path):
    touch(tmp_path, "a/x.m4a", "a/y.wma")
    with pytest.raises(InputError, match=r"holds no audio file .*\(1 \.m4a, 1 \.wma\); convert"):
        sources.clips(tmp_path, "audio")
    touch(tmp_path, "._x.wav")
    with pytest.raises(InputError, match=r"holds no audio file .*1 file\(s\) that are hidden"):
        sources.clips(tmp_path, "audio")


# --- links


@pytest.fixture
def elsewhere(tmp_path):
    touch(tmp_path / "elsewhere", "rock/a.wav", "rock/b.wav", "jazz/c.wav")
    (tmp_path / "m").mkdir()
    return tmp_path / "elsewhere"


def test_class_folders_and_files_that_are_links_are_followed(tmp_path, elsewhere):
    root = tmp_path / "m"
    (root / "rock").symlink_to(elsewhere / "rock")
    (root / "swing").symlink_to("../elsewhere/jazz")
    touch(root, "pop/d.wav")
    (root / "pop/e.wav").symlink_to(elsewhere / "jazz/c.wav")
    found = find(root, AUDIO_SUFFIXES)
    expected = ["pop/d.wav", "pop/e.wav", "rock/a.wav", "rock/b.wav", "swing/c.wav"]
    assert names(found) == expected and found.notes == []


@pytest.mark.parametrize("target", [".", "..", "rock", "../m"])
def test_a_link_that_leads_in_a_circle_is_told_and_not_followed(tmp_path, elsewhere, target):
    root = tmp_path / "m"
    touch(root, "rock/a.wav")
    (root / "rock/again").symlink_to(target if target != "rock" else root / "rock")
    found = find(root, AUDIO_SUFFIXES)
    assert names(found) == ["rock/a.wav"]
    expected = "passed over: link 'rock/again' leads to a folder that it lies in"
    if target == "../m":  # seen from the folder of the link there is no such folder
        expected = (
            "passed over: 1 file(s) that are broken links or no regular files, such as 'rock/again'"
        )
    assert found.notes == [expected]


def test_a_folder_that_is_reached_twice_is_read_once_under_its_own_name(tmp_path, elsewhere):
    root = tmp_path / "m"
    touch(root, "rock/a.wav")
    (root / "a_rock").symlink_to("rock")
    (root / "jazz").symlink_to(elsewhere / "jazz")
    (root / "swing").symlink_to(elsewhere / "jazz")
    found = find(root, AUDIO_SUFFIXES)
    assert names(found) == ["jazz/c.wav", "rock/a.wav"]
    assert found.notes == [
        "passed over: folder 'a_rock' is 'rock', which is read already",
        "passed over: folder 'swing' is 'jazz', which is read already",
    ]


def test_broken_links_and_what_is_no_file_are_told(tmp_path, elsewhere):
    root = tmp_path / "m"
    touch(root, "rock/a.wav")
    (root / "gone").symlink_to(tmp_path / "unmounted")
    (root / "lost.wav").symlink_to(tmp_path / "lost.wav")
    (root / "self.wav").symlink_to("self.wav")
    os.mkfifo(root / "pipe.wav")
    found = find(root, AUDIO_SUFFIXES)
    assert names(found) == ["rock/a.wav"]
    assert found.notes == [
        "passed over: 4 file(s) that are broken links or no regular files, such as 'gone'"
    ]


def test_a_folder_that_cannot_be_listed_is_an_error_unless_it_is_passed_over(tmp_path, monkeypatch):
    touch(tmp_path, "rock/a.wav", "lost+found/b.wav", "jazz/c.wav")
    listed, closed = os.scandir, {"lost+found"}

    def scandir(path):
        if path.name in closed:
            raise PermissionError(13, "Permission denied")
        return listed(path)

    monkeypatch.setattr(os, "scandir", scandir)
    assert names(find(tmp_path, AUDIO_SUFFIXES)) == ["jazz/c.wav", "rock/a.wav"]
    closed.add("jazz")
    with pytest.raises(InputError, match=r"/jazz: cannot be listed \(.*Permission denied"):
        find(tmp_path, AUDIO_SUFFIXES)


def test_names_that_are_no_utf_8_can_be_told(tmp_path):
    touch(tmp_path, "a.wav")
    for name in (b"._caf\xe9.wav", b"._\xff.wav"):
        (tmp_path / os.fsdecode(name)).write_bytes(b"x")
    (note,) = find(tmp_path, AUDIO_SUFFIXES).notes
    assert note.endswith(r"such as '._caf\xe9.wav'") and note.encode()
    assert shown("grün/a.wav") == "grün/a.wav"
