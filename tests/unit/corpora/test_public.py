"""Every public corpus on a tiny replica in its real layout; the faults that are known of each."""

import csv
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
import soxr
from replicas import REPLICAS, SECONDS
from scipy.io import loadmat

from tonotopy.corpora.archives import member_sums
from tonotopy.corpora.catalogue import DOWNLOADS, PUBLIC
from tonotopy.corpora.public.gtzan import ARTISTS, FILTERED, GENRES, GTZAN
from tonotopy.corpora.public.gtzan import REPLICAS as REPLICAS_LIST
from tonotopy.corpora.public.nsynth import NSYNTH, PITCH_CLASSES
from tonotopy.corpora.registry import build
from tonotopy.corpora.schema import SPLITS, Corpus
from tonotopy.corpora.splitting import leaking
from tonotopy.errors import InputError
from tonotopy.probes.folds import impossible

CASES = [(n, t) for n, corpus in PUBLIC.items() if n in REPLICAS for t in corpus.tasks]


@pytest.fixture(scope="module")
def replica(tmp_path_factory):
    """A function from a corpus's name to the folder of its replica, made once."""
    made = {}

    def make(name):
        if name not in made:
            made[name] = tmp_path_factory.mktemp(name)
            REPLICAS[name](made[name])
        return made[name]

    return make


def built(tmp_path, replica, maker, task, **options) -> Corpus:
    settings = {"maker": maker, "task": task, "path": str(replica(maker)), "seconds": SECONDS}
    build(tmp_path / "corpus", {**settings, **options}, seed=3, workers=1, sources={})
    return Corpus(tmp_path / "corpus")


@pytest.mark.parametrize(("maker", "task"), CASES)
def test_every_corpus_and_task(tmp_path, replica, maker, task):
    corpus, declared = built(tmp_path, replica, maker, task), PUBLIC[maker]
    assert corpus.faults() == []
    assert set(corpus.splits) == set(SPLITS)
    assert corpus.rate == declared.rate and corpus.tags == (declared.tasks[task].tags is not None)
    for key in ("citation", "licence", "keep"):
        assert corpus.info[key] == getattr(declared, key)
    if task not in ("family", "events", "speaker"):  # of which the replica has a few only
        assert len(corpus.classes) == declared.tasks[task].classes
    assert np.abs(corpus.samples[np.arange(len(corpus))]).max(axis=1).min() > 1000


@pytest.mark.parametrize("maker", REPLICAS)
def test_every_corpus_gives_slices_of_unit_peak(tmp_path, replica, maker):
    task = next(iter(PUBLIC[maker].tasks))
    whole = built(tmp_path / "whole", replica, maker, task)
    home = {c: (s, g) for c, s, g in zip(whole.clips, whole.splits, whole.groups, strict=True)}
    corpus = built(tmp_path, replica, maker, task, seconds=0.016, slices=3, peak=True)
    assert list(corpus.clips) == [f"{clip}#{n}" for clip in whole.clips for n in range(3)]
    assert corpus.info["slices"] == 3 and corpus.info["peak"] is True and corpus.faults() == []
    assert len(corpus.samples[0]) == round(0.016 * PUBLIC[maker].rate)
    for clip, split, group in zip(corpus.clips, corpus.splits, corpus.groups, strict=True):
        assert (split, group) == home[clip.rpartition("#")[0]]
    peaks = np.abs(corpus.samples[np.arange(len(corpus))].astype(int)).max(axis=1)
    assert peaks.min() >= 32767


def test_slices_of_matrices_are_those_of_the_syllable(tmp_path, replica):
    options = {"seconds": 0.012, "slices": 4, "rate": 16000}
    corpus = built(tmp_path, replica, "pcvc", "consonant", **options)
    syllable = loadmat(replica("pcvc") / "S0002.mat")["x"][0, 3, 2]
    resampled = soxr.resample(syllable, 48000, 16000, "HQ")
    for number in range(4):
        at = list(corpus.clips).index(f"S0002/D-U#{number}")
        begin = number * 800 // 4
        expected = resampled[begin : begin + 192]
        np.testing.assert_allclose(corpus.waveforms([at])[0], expected, atol=1e-4)
    with pytest.raises(InputError, match="no clip was kept. S0001/B-A: lasts 0.05 s, too short fo"):
        built(tmp_path, replica, "pcvc", "consonant", **{**options, "slices": 5})


def test_all_have_what_a_user_must_know():
    assert set(PUBLIC) == {*REPLICAS, "free_spoken_digits"}
    apart = ("gtzan-mini", "nsynth-whole")
    assert set(DOWNLOADS) == {*(n for n in PUBLIC if PUBLIC[n].remotes), *apart}
    for corpus in DOWNLOADS.values():
        assert corpus.unpacked_bytes and corpus.citation and corpus.licence and corpus.verified
        for remote in corpus.remotes:
            assert remote.checksum or remote.members
            assert remote.bytes or remote.approximate_bytes
    for name in ("voxceleb1", "pcvc"):
        assert not PUBLIC[name].remotes and "user's own copy" in PUBLIC[name].keep


def test_pitch_classes_ignore_the_octave_and_instruments_stay_together(tmp_path, replica):
    corpus = built(tmp_path, replica, "nsynth", "note")
    assert corpus.classes == sorted(PITCH_CLASSES)
    for clip, label in zip(corpus.clips, corpus.labels, strict=True):
        pitch = int(clip.rsplit("-", 2)[1])
        assert corpus.classes[label] == PITCH_CLASSES[pitch % 12]
    assert {clip.split("/")[0] for clip in corpus.clips} == {"nsynth-valid", "nsynth-test"}
    assert "left out: 12 clip(s) labelled '12'" in corpus.info["report"]["notes"]
    assert len(set(corpus.groups)) == 6


def test_songs_do_not_leak_between_medleys_subsets(tmp_path, replica):
    corpus = built(tmp_path, replica, "medley_solos_db", "instrument", leave_out=["saxophone"])
    assert "saxophone" not in corpus.classes and "guitar" in corpus.classes
    assert corpus.info["report"]["dropped"] == []
    moved = [note for note in corpus.info["report"]["notes"] if "moved" in note]
    assert len(moved) == 1 and moved[0].startswith("1 clip(s) of split test moved to train, where")
    assert set(corpus.splits[corpus.groups == "0"]) == {"train"}
    assert any("labelled '5'" in note for note in corpus.info["report"]["notes"])


def reasons(corpus) -> dict[str, str]:
    return {row["clip"]: row["reason"] for row in corpus.info["report"]["dropped"]}


def test_gtzans_broken_and_faulty_clips(tmp_path, replica):
    corpus = built(tmp_path, replica, "gtzan", "genre")
    dropped = reasons(corpus)
    assert "cannot be read" in dropped.pop("jazz/jazz.00054.wav")
    assert dropped == {
        "disco/disco.00060.wav": "known fault: exact replica of disco.00089 (Sturm 2013)",
        "jazz/jazz.00038.wav": "known fault: exact replica of jazz.00062 (Sturm 2013)",
        "pop/pop.00054.wav": "known fault: exact replica of pop.00060 (Sturm 2013)",
    }
    assert "hip hop" in corpus.classes
    assert "the folder holds 80 clips, a complete one 1000" in corpus.info["report"]["notes"]
    whole = built(tmp_path / "whole", replica, "gtzan", "genre", version="whole")
    assert list(reasons(whole)) == ["jazz/jazz.00054.wav"] and len(whole) == len(corpus) + 3
    assert set(whole.groups) == set(whole.clips)
    filtered = built(tmp_path, replica, "gtzan", "genre", version="filtered")
    assert "known fault: repeated" in reasons(filtered)["disco/disco.00038.wav"]
    assert filtered.splits[list(filtered.clips).index("blues/blues.00029.wav")] == "train"
    mini = built(tmp_path, replica, "gtzan", "genre", version="mini")
    assert mini.info["checksums"].startswith("0 of 100 files equal the published ones; 30 differ")


def rows(path) -> list[list[str]]:
    return [line.split(",", 1) for line in path.read_text().splitlines()[1:]]


def test_gtzans_artists_are_groups_that_no_split_shares(tmp_path, replica):
    corpus = built(tmp_path, replica, "gtzan", "genre")
    group_of = dict(zip(corpus.clips, corpus.groups, strict=True))
    hooker = {f"blues/blues.{number:05d}.wav" for number in (0, 1, 2)}
    assert {group_of[clip] for clip in hooker} == {"John Lee Hooker"}
    assert group_of["hiphop/hiphop.00054.wav"] == "hiphop/hiphop.00054.wav"  # of nobody known
    assert any("have no group by" in note for note in corpus.info["report"]["notes"])
    for group in set(corpus.groups):
        assert len(set(corpus.splits[corpus.groups == group])) == 1


def test_the_list_of_artists_agrees_with_the_published_filtered_split():
    artist_of, split_of = dict(rows(ARTISTS)), dict(rows(FILTERED))
    everything = {f"{genre}.{number:05d}" for genre in GENRES for number in range(100)}
    assert set(artist_of) < everything and len(artist_of) == 917
    clips = list(split_of)
    groups = [artist_of.get(clip, clip) for clip in clips]
    assert leaking(groups, [split_of[clip] for clip in clips]) == {}
    counts = Counter(artist_of.values())  # as Sturm (2012) counts them
    assert counts["Britney Spears"] == 24 and counts["Bob Marley"] == 35


def test_grouped_folds_of_gtzan_are_possible():
    artist_of = dict(rows(ARTISTS))
    clips = [f"{genre}.{number:05d}" for genre in GENRES for number in range(100)]
    labels = np.array([clip.split(".")[0] for clip in clips])
    groups = np.array([artist_of.get(clip, clip) for clip in clips])
    assert impossible(labels, groups, "grouped") is None
    told = impossible(labels, groups, "grouped", count=10)
    assert told.startswith("class 'blues' has 9 groups, fewer than the 10 folds")


def test_replicas_are_the_same_recording_and_the_filtered_split_leaves_them_out_too():
    replicas, artist_of = dict(rows(REPLICAS_LIST)), dict(rows(ARTISTS))
    filtered = set(dict(rows(FILTERED)))
    assert len(replicas) == 53 and GTZAN.faults.keys() == replicas.keys()
    for replica, kept in replicas.items():
        assert artist_of[replica] == artist_of[kept]
        assert replica not in filtered and kept not in replicas
        assert replica.split(".")[0] == kept.split(".")[0] or kept == "rock.00016"


def test_nsynths_training_notes_are_a_version(tmp_path, replica):
    whole = NSYNTH.version("whole")
    assert [remote.name.split("-")[1].split(".")[0] for remote in whole.remotes] == [
        *("train", "valid", "test")
    ]
    assert whole.clips == 289_205 + NSYNTH.clips and whole.tasks["family"].classes == 11
    sizes = sum(remote.approximate_bytes for remote in whole.remotes)
    assert abs(sizes / 25_233_566_634 - 1) < 0.001
    assert {"nsynth", "nsynth-whole"} <= set(DOWNLOADS)
    corpus = built(tmp_path, replica, "nsynth", "note", version="whole")
    assert corpus.classes == sorted(PITCH_CLASSES)


def test_gtzans_artists_may_be_told_by_a_list(tmp_path, replica):
    lines = ["clip,artist", "blues.00000,Hooker", "blues.00060.wav,Hooker", "pop.00029,Hooker"]
    (tmp_path / "artists.csv").write_text("\n".join(lines))
    rule = {"from": "csv", "file": str(tmp_path / "artists.csv"), "key": "clip", "column": "artist"}
    corpus = built(tmp_path, replica, "gtzan", "genre", group=rule, seconds=0.02, slices=2)
    hookers = {f"{file}.wav#{n}" for file in ("blues/blues.00000", "pop/pop.00029") for n in (0, 1)}
    hookers |= {"blues/blues.00060.wav#0", "blues/blues.00060.wav#1"}
    assert set(corpus.clips[corpus.groups == "Hooker"]) == hookers
    assert len(set(corpus.splits[corpus.groups == "Hooker"])) == 1
    assert set(corpus.groups) - {"Hooker"} == {clip[:-2] for clip in set(corpus.clips) - hookers}
    assert any("have no group by" in note for note in corpus.info["report"]["notes"])


def test_the_filtered_split_is_the_published_one():
    from torchaudio.datasets import gtzan

    rows = [line.split(",") for line in FILTERED.read_text().split()[1:]]
    names = {
        "train": gtzan.filtered_train,
        "validation": gtzan.filtered_valid,
        "test": gtzan.filtered_test,
    }
    for split, expected in names.items():
        assert sorted(clip for clip, part in rows if part == split) == sorted(expected)
    assert Counter(part for _, part in rows) == {"train": 443, "validation": 197, "test": 290}
    assert len(GTZAN.version("filtered").faults) == 70


def test_speech_commands_lists_decide_and_noise_is_no_word(tmp_path, replica):
    corpus = built(tmp_path, replica, "speech_commands", "keyword")
    by_split = {s: {c.split("/")[1][:8] for c in corpus.clips[corpus.splits == s]} for s in SPLITS}
    assert by_split == {
        "train": {"00000002", "00000003"},
        "validation": {"00000000"},
        "test": {"00000001"},
    }
    assert len(corpus) == 140 and "_background_noise_" not in corpus.classes


def test_speaker_counts_are_in_the_order_of_numbers(tmp_path, replica):
    corpus = built(tmp_path, replica, "libricount", "speakers", per_class=4)
    assert corpus.classes == [str(count) for count in range(11)]
    for clip, label in zip(corpus.clips, corpus.labels, strict=True):
        assert clip.removeprefix("test/").split("_")[0] == str(label)
    assert Counter(corpus.labels.tolist()) == dict.fromkeys(range(11), 4)


def test_fsd50k_has_several_labels_a_clip_and_each_clips_licence(tmp_path, replica):
    corpus = built(tmp_path, replica, "fsd50k", "events")
    assert corpus.classes == ["Animal", "Bark", "Dog", "Rain"]
    one = list(corpus.clips).index("FSD50K.dev_audio/1.wav")
    assert corpus.targets[one].tolist() == [True, True, True, False]
    assert set(corpus.clips[corpus.splits == "test"]) == {
        f"FSD50K.eval_audio/{n}.wav" for n in (9, 10, 11)
    }
    assert set(corpus.splits[[c.endswith("/3.wav") for c in corpus.clips]]) == {"validation"}
    licences = (corpus.path / "licences.csv").read_text()
    assert '"FSD50K.dev_audio/1.wav","http://example.org/by/1"' in licences


def test_fmas_empty_tracks_are_listed_by_what_is_known_of_them(tmp_path, replica):
    corpus = built(tmp_path, replica, "fma_small", "genre")
    dropped = corpus.info["report"]["dropped"]
    assert dropped == [
        {"clip": "fma_small/099/099134.mp3", "reason": "known fault: the file holds no audio"}
    ]
    assert len(corpus) == 31 and "BY-NC" in (corpus.path / "licences.csv").read_text()


def test_pcvc_syllables_are_read_from_the_matrices(tmp_path, replica):
    corpus = built(tmp_path, replica, "pcvc", "consonant")
    assert len(corpus) == 3 * 138 and set(corpus.groups) == {"S0001", "S0002", "S0003"}
    at = list(corpus.clips).index("S0002/D-U")
    expected = loadmat(replica("pcvc") / "S0002.mat")["x"][0, 3, 2]
    found = corpus.waveforms([at])[0]
    np.testing.assert_allclose(found, expected[: len(found)], atol=1e-4)


def test_wrong_names_are_told_with_the_nearest(tmp_path, replica):
    with pytest.raises(InputError, match="no task 'genres'.*'genre'"):
        built(tmp_path, replica, "gtzan", "genres")
    with pytest.raises(InputError, match="no version 'filterd'.*'filtered'"):
        built(tmp_path, replica, "gtzan", "genre", version="filterd")
    settings = {"maker": "pcvc", "task": "consonant", "path": str(tmp_path / "none")}
    with pytest.raises(InputError, match=r"none: no such folder; check 'path'.*pcvc"):
        build(tmp_path / "c", settings, 0, 1, {})


def test_no_two_recordings_of_gtzans_mini_version_are_replicas():
    """Therefore none of them is left out."""
    names = {Path(name).stem for name in member_sums("gtzan-mini.sha256")}
    pairs = list(csv.DictReader(REPLICAS_LIST.open(newline="")))
    assert len(names) == 100 and len(pairs) == 53
    assert not [p for p in pairs if p["replica"] in names and p["kept"] in names]
