"""A user's own folder: every kind of bad file, labels from three places, splits by group."""

import numpy as np
import pytest
import soundfile

from tonotopy.corpora import sources
from tonotopy.corpora.audio import fit_length, read_audio
from tonotopy.corpora.folder import build
from tonotopy.corpora.labelling import reader
from tonotopy.corpora.schema import Corpus
from tonotopy.corpora.settings import FolderSettings
from tonotopy.corpora.splitting import random_splits
from tonotopy.errors import InputError


def tone(hz: float, rate: int = 8000, seconds: float = 1.0) -> np.ndarray:
    return 0.4 * np.sin(2 * np.pi * hz * np.arange(int(rate * seconds)) / rate)


def put(root, name, samples, rate=8000, **options):
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, samples, rate, **options)


@pytest.fixture
def music(tmp_path):
    """Two good classes in four formats, and one of every fault."""
    root = tmp_path / "music"
    for i, suffix in enumerate(("wav", "flac", "ogg", "mp3") * 2):
        put(root, f"high/{i}.{suffix}", tone(880 + i))
        put(root, f"low/{i}.{suffix}", tone(220 + i))
    stereo = np.stack([tone(300), tone(300) * 0.5], axis=1)
    put(root, "low/stereo.wav", stereo)
    put(root, "low/96khz.wav", tone(220, 96000), 96000)
    put(root, "low/silent.wav", np.zeros(8000))
    put(root, "low/empty.wav", np.zeros(0))
    infinite = tone(220).astype(np.float32)
    infinite[4000] = np.inf
    put(root, "low/infinite.wav", infinite, subtype="FLOAT")
    (root / "low/nothing.wav").touch()
    (root / "low/corrupt.wav").write_bytes(b"RIFF but no more")
    put(root, "lonely/only.wav", tone(500))
    put(root, "unlabelled.wav", tone(500))
    return root


def test_every_bad_file_is_one_row_of_the_report_and_the_rest_is_kept(tmp_path, music):
    build(tmp_path / "c", FolderSettings(str(music), 8000, 0.5), workers=2)
    corpus = Corpus(tmp_path / "c")
    reasons = {row["clip"]: row["reason"] for row in corpus.info["report"]["dropped"]}
    for clip, told in {
        "low/silent.wav": "is silent",
        "low/empty.wav": "no samples",
        "low/nothing.wav": "is empty (0 bytes)",
        "low/infinite.wav": "not finite",
        "low/corrupt.wav": "cannot be read as audio",
        "lonely/only.wav": "label 'lonely' has 1 clip",
        "unlabelled.wav": "no label found",
    }.items():
        assert told in reasons.pop(clip)
    assert reasons == {}
    assert corpus.classes == ["high", "low"] and len(corpus) == 18
    assert {"low/stereo.wav", "low/96khz.wav"} <= set(corpus.clips)
    assert corpus.faults() == []


def test_stereo_is_mixed_and_other_rates_are_resampled(tmp_path, music):
    np.testing.assert_allclose(
        read_audio(music / "low/stereo.wav", 8000), 0.75 * tone(300), atol=1e-3
    )
    resampled = read_audio(music / "low/96khz.wav", 8000)
    assert resampled.shape == (8000,)
    np.testing.assert_allclose(resampled[500:-500], tone(220)[500:-500], atol=2e-3)


def test_long_clips_give_their_middle_and_short_ones_are_padded():
    assert list(fit_length(np.arange(10), 4)) == [3, 4, 5, 6]
    assert list(fit_length(np.arange(1, 4), 6)) == [1, 2, 3, 0, 0, 0]
    assert list(fit_length(np.arange(1, 4), 6, pad="both")) == [0, 1, 2, 3, 0, 0]


def test_labels_from_file_names_and_groups_stay_in_one_split(tmp_path):
    root = tmp_path / "takes"
    for song in range(12):
        for take in range(3):
            put(root, f"s{song:02d}_{'ab'[song % 2]}_{take}.wav", tone(200 + song))
    settings = FolderSettings(
        str(root),
        8000,
        0.25,
        label={"from": "name", "pattern": r"_([ab])_"},
        group={"from": "name", "pattern": r"^(s\d+)"},
        split={"from": "random", "shares": {"train": 0.5, "validation": 0.25, "test": 0.25}},
    )
    build(tmp_path / "c", settings, seed=1)
    corpus = Corpus(tmp_path / "c")
    assert corpus.faults() == [] and len(set(corpus.groups)) == 12
    counts = {s: int((corpus.splits == s).sum()) for s in set(corpus.splits)}
    assert counts["train"] == 18 and counts["validation"] + counts["test"] == 18
    assert min(counts.values()) >= 6


def test_labels_and_splits_from_a_csv(tmp_path):
    root = tmp_path / "listed"
    rows = ["file,genre,part"]
    for i in range(9):
        put(root, f"{i}.wav", tone(200 + i))
        rows.append(f"{i}.wav,{'xyz'[i % 3]},{('train', 'dev', 'test')[i // 3]}")
    (root / "labels.csv").write_text("\n".join(rows))
    table = {"from": "csv", "file": "labels.csv", "key": "file"}
    settings = FolderSettings(
        str(root),
        8000,
        0.25,
        label={**table, "column": "genre"},
        split={**table, "column": "part", "values": {"validation": ["dev"]}},
    )
    build(tmp_path / "c", settings)
    corpus = Corpus(tmp_path / "c")
    assert list(corpus.splits) == ["train"] * 3 + ["validation"] * 3 + ["test"] * 3
    with pytest.raises(InputError, match="no column 'gerne'.*'genre'"):
        reader({**table, "column": "gerne"}, root)
    with pytest.raises(InputError, match="does not exist"):
        reader({**table, "file": "none.csv", "column": "genre"}, root)


def test_rules_that_cannot_work_are_refused(tmp_path):
    with pytest.raises(InputError, match="'from: foldr'.*'folder'"):
        reader({"from": "foldr"}, tmp_path)
    with pytest.raises(InputError, match="exactly one"):
        reader({"from": "name", "pattern": "abc"}, tmp_path)
    with pytest.raises(InputError, match="regular expression"):
        reader({"from": "name", "pattern": "("}, tmp_path)
    with pytest.raises(InputError, match="sum to 1"):
        random_splits(["a"], ["g"], {"train": 0.5}, 0)


def test_files_without_a_split_are_listed(tmp_path):
    for i in range(6):
        put(tmp_path / "m", f"a/{i}.wav", tone(200 + i))
    split = {"from": "name", "pattern": r"(\d)$", "values": {"train": [0, 1], "test": [2]}}
    build(tmp_path / "c", FolderSettings(str(tmp_path / "m"), 8000, 0.25, split=split))
    report = Corpus(tmp_path / "c").info["report"]
    assert [row["clip"] for row in report["dropped"]] == ["a/3.wav", "a/4.wav", "a/5.wav"]
    assert report["dropped"][0]["reason"].startswith("its split '3' is none of the known ones")
    assert report["notes"] == [
        "class 'a' has no clip in split validation: its 3 clip(s) are in other splits by 'split' "
        "of corpora.c: correct that, or let splits be drawn ({from: random})"
    ]


def test_missing_and_empty_folders_are_named(tmp_path):
    with pytest.raises(InputError, match=r"nowhere: no such folder"):
        sources.clips(tmp_path / "nowhere", "audio")
    with pytest.raises(InputError, match="holds no audio file"):
        sources.clips(tmp_path, "audio")


@pytest.fixture
def songs(tmp_path):
    """Two classes of six clips, three of each song, all but one of each class named after it."""
    for label, hz in {"high": 880, "low": 220}.items():
        for number in range(6):
            name = f"song{number // 3}_{number}" if number < 5 else "other"
            put(tmp_path / "songs", f"{label}/{name}.wav", tone(hz + number))
    return tmp_path / "songs"


def test_a_group_pattern_that_no_clip_fits_is_refused(tmp_path, songs):
    """The pattern is searched in the path, which begins with the class."""
    group = {"from": "name", "pattern": r"^(song\d+)"}
    told = (
        r"songs: no clip has a group by .*'\^\(song.*for instance not 'high/other.wav': correct 'g"
    )
    with pytest.raises(InputError, match=told):
        build(tmp_path / "c", FolderSettings(str(songs), 8000, 0.5, group=group))
    assert not (tmp_path / "c").exists()


def test_clips_that_a_group_pattern_does_not_fit_are_noted(tmp_path, songs):
    group = {"from": "name", "pattern": r"(song\d+)"}
    build(tmp_path / "c", FolderSettings(str(songs), 8000, 0.5, group=group))
    corpus = Corpus(tmp_path / "c")
    notes = [note for note in corpus.info["report"]["notes"] if "no group" in note]
    assert len(notes) == 1 and notes[0].startswith("2 clip(s) have no group by {")
    assert notes[0].endswith("and are on their own, such as 'high/other.wav'")
    assert {"high/other.wav", "low/other.wav", "song0", "song1"} == set(corpus.groups)


def test_random_splits_are_seeded_stratified_and_never_cut_groups():
    labels = ["a"] * 60 + ["b"] * 30
    groups = [f"g{i // 3}" for i in range(90)]
    shares = {"train": 0.8, "validation": 0.1, "test": 0.1}
    drawn = random_splits(labels, groups, shares, seed=3)
    assert drawn == random_splits(labels, groups, shares, seed=3)
    assert drawn != random_splits(labels, groups, shares, seed=4)
    for group in set(groups):
        assert len({s for s, g in zip(drawn, groups, strict=True) if g == group}) == 1
    for label, count in (("a", 60), ("b", 30)):
        part = [s for s, name in zip(drawn, labels, strict=True) if name == label]
        assert abs(part.count("train") - 0.8 * count) <= 3 and part.count("test") >= 3
