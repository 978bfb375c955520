"""Several clips of every file: where they lie, what is read for them, and what they share."""

from collections import Counter
from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest
import soundfile
import soxr
from configs import SCHEMA, changed, default_config

from tonotopy.config import check
from tonotopy.corpora import audio
from tonotopy.corpora.audio import cut_slices, read_slices, slice_spans, unit_peak
from tonotopy.corpora.folder import build
from tonotopy.corpora.schema import FULL_SCALE, SPLITS, Corpus
from tonotopy.corpora.settings import FolderSettings
from tonotopy.errors import InputError
from tonotopy.planning import needs

RATE = 8000


def noise(samples: int, seed: int = 0, level: float = 0.1) -> np.ndarray:
    return np.random.default_rng(seed).normal(0, level, samples).clip(-0.9, 0.9)


def put(root, name, samples, rate=RATE, **options):
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, samples, rate, **options)
    return path


# --- where they lie


@pytest.mark.parametrize("total", [1200, 1201, 1207, 1500, 4321, 1199, 1190, 1188])
def test_slices_lie_evenly_from_the_beginning_and_do_not_overlap(total):
    spans = slice_spans(total, 10, 200, 6, "file")
    expected = []
    for number in range(6):
        begin = int(Fraction(number * total, 6))
        after = int(Fraction((number + 1) * total, 6))
        expected.append((begin, begin + 200 if begin + 200 <= after else after))
    assert spans == expected and spans[0][0] == 0 and spans[-1][1] <= total
    for (first, stop), (after, _) in pairwise(spans):
        assert first < stop <= after
    full = {stop - first for first, stop in spans}
    assert full == {200} if total >= 1200 else min(full) >= 198 and full != {200}
    gaps = [after - first for (first, _), (after, _) in pairwise(spans)]
    assert max(gaps) - min(gaps) <= 1


def test_one_slice_is_the_beginning_of_a_file():
    assert slice_spans(7000, 1000, 300, 1, "file") == [(0, 300)]


def test_a_file_that_is_too_short_is_told_with_its_length():
    told = r"^a/b.wav: lasts 29.69 s, too short for 10 slices of 3 s$"
    with pytest.raises(InputError, match=told):
        slice_spans(29_690, 1000, 3000, 10, "a/b.wav")
    assert slice_spans(29_700, 1000, 3000, 10, "a/b.wav")[9] == (26_730, 29_700)


# --- what is read


def whole(path, rate) -> np.ndarray:
    """A file read and resampled at once."""
    samples, own = soundfile.read(path, dtype="float64", always_2d=True)
    mono = samples.mean(axis=1)
    return mono if own == rate else soxr.resample(mono, own, rate, "HQ")


@pytest.mark.parametrize("suffix", ["wav", "flac", "ogg", "mp3"])
@pytest.mark.parametrize(("own", "rate"), [(8000, 8000), (11025, 8000), (44100, 16000)])
@pytest.mark.parametrize("channels", [1, 2])
def test_slices_are_those_of_the_whole_file(tmp_path, suffix, own, rate, channels):
    samples = np.stack([noise(own * 2 + 123, c) for c in range(channels)], axis=1)
    path = put(tmp_path, f"x.{suffix}", samples, own)
    expected, length, wanted = whole(path, rate), round(0.35 * rate), (4, 0, 2)
    found = [clip.samples for clip in read_slices(path, rate, length, 5, wanted)]
    assert len(found) == 3
    for number, sound in zip(wanted, found, strict=True):
        begin = number * len(expected) // 5
        assert sound.shape == (length,) and sound.dtype == np.float32
        np.testing.assert_allclose(sound, expected[begin : begin + length], atol=2e-4)
        assert np.abs(sound).max() > 0.1
    cut = cut_slices(expected, rate, length, 5, wanted, "right", path)
    np.testing.assert_allclose(cut, found, atol=2e-4)


@pytest.mark.parametrize(
    ("pad", "before"),
    [("right", 0), ("both", 2)],
)
def test_slices_of_a_file_that_lacks_a_little_are_padded(tmp_path, pad, before):
    samples = noise(1600 - 16)  # 1 % less than four slices of 400
    path = put(tmp_path, "x.wav", samples, subtype="FLOAT")
    found = [clip.samples for clip in read_slices(path, RATE, 400, 4, range(4), pad)]
    for number, sound in enumerate(found):
        expected = np.zeros(400)
        expected[before : before + 396] = samples[number * 396 : (number + 1) * 396]
        np.testing.assert_allclose(sound, expected, atol=1e-6)
    cut = cut_slices(samples, RATE, 400, 4, range(4), pad, path)
    np.testing.assert_allclose(cut, found, atol=1e-6)
    with pytest.raises(InputError, match=r"x.wav: lasts 0.1979 s, too short for 4 slices of 0.05"):
        put(tmp_path, "x.wav", samples[:-1])
        read_slices(path, RATE, 400, 4, [0])


@pytest.mark.parametrize("suffix", ["wav", "flac"])
def test_only_the_slices_that_are_wanted_are_decoded(tmp_path, monkeypatch, suffix):
    path, frames = put(tmp_path, f"x.{suffix}", noise(30 * 22050), 22050), []
    read = soundfile.SoundFile.read

    def counting(file, *arguments, **options):
        samples = read(file, *arguments, **options)
        frames.append(len(samples))
        return samples

    def longest():
        """Frames read for each slice; a single one is the last of the file, looked for first."""
        return [count for count in frames if count > 1]

    monkeypatch.setattr(soundfile.SoundFile, "read", counting)
    read_slices(path, 16000, 8000, 10, (7, 3))
    most = (0.5 + 2 * audio.MARGIN_S) * 22050 + 2 * 441  # 441 frames are 320 samples
    assert len(longest()) == 2 and 0.5 * 22050 < max(frames) <= most


def test_files_that_cannot_be_read_are_named(tmp_path, monkeypatch):
    path = put(tmp_path, "x.wav", np.zeros(0))
    with pytest.raises(InputError, match=r"x.wav: lasts 0 s, too short for 3 slices"):
        read_slices(path, RATE, 80, 3, [0])
    for name, faulty in {"none.wav": None, "broken.flac": b"fLaC and no more"}.items():
        if faulty:
            (tmp_path / name).write_bytes(faulty)
        with pytest.raises(InputError, match=f"{name}: cannot be read as audio"):
            read_slices(tmp_path / name, RATE, 80, 3, [0])
    path, read = put(tmp_path, "y.wav", noise(8000)), soundfile.SoundFile.read
    short = lambda file, n, **options: read(file, max(1, n // 2), **options)  # noqa: E731
    monkeypatch.setattr(soundfile.SoundFile, "read", short)
    with pytest.raises(InputError, match=r"y.wav: holds less than its header says"):
        read_slices(path, RATE, 2000, 3, [0])


def test_a_clip_is_scaled_to_unit_peak_and_silence_is_left():
    for samples in (noise(50), noise(50, 1, 1e-6), 3 * noise(50, 2), -noise(50, 3)):
        largest = max(abs(float(x)) for x in samples)
        expected = [float(x) / largest for x in samples]
        np.testing.assert_allclose(unit_peak(samples), expected, rtol=1e-12)
    assert not unit_peak(np.zeros(7, dtype=np.float32)).any()
    assert unit_peak(noise(9).astype(np.float32)).dtype == np.float32


# --- corpora


@pytest.fixture
def songs(tmp_path):
    """Three classes of six, five and four files of about a second, and one of every fault."""
    root, lengths = tmp_path / "songs", {"a": 6, "b": 5, "c": 4}
    for label, count in lengths.items():
        for number in range(count):
            samples = noise(RATE + 37 * number, 10 * ord(label) + number, 0.02 * (number + 1))
            put(root, f"{label}/{number}.wav", samples, subtype="FLOAT")
    partly = noise(RATE, 77)
    partly[2000:4000] = 0
    put(root, "a/gap.wav", partly, subtype="FLOAT")
    infinite = noise(RATE, 78).astype(np.float32)
    infinite[7000] = np.inf
    put(root, "b/infinite.wav", infinite, subtype="FLOAT")
    put(root, "b/short.wav", noise(RATE - 100))
    (root / "c/corrupt.wav").write_bytes(b"RIFF but no more")
    return root


def sliced(songs, **changes) -> FolderSettings:
    return FolderSettings(
        **{"path": str(songs), "rate": RATE, "seconds": 0.25, "slices": 4} | changes
    )


def test_a_corpus_of_slices(tmp_path, songs):
    build(tmp_path / "c", sliced(songs), seed=4, workers=2)
    corpus = Corpus(tmp_path / "c")
    dropped = {row["clip"]: row["reason"] for row in corpus.info["report"]["dropped"]}
    assert dropped.pop("c/corrupt.wav").startswith("cannot be read as audio")
    assert dropped == {
        "a/gap.wav#1": "is silent",
        "b/infinite.wav#3": "has samples that are not finite",
        "b/short.wav": "lasts 0.9875 s, too short for 4 slices of 0.25 s",
    }
    assert corpus.info["slices"] == 4 and "peak" not in corpus.info
    assert corpus.classes == ["a", "b", "c"] and corpus.faults() == []
    expected = {}
    for label, count in {"a": 6, "b": 5, "c": 4}.items():
        for number in range(count):
            samples, _ = soundfile.read(songs / f"{label}/{number}.wav")
            for n in range(4):
                begin = n * len(samples) // 4
                expected[f"{label}/{number}.wav#{n}"] = samples[begin : begin + 2000]
    clips = list(corpus.clips)
    assert len(clips) == 15 * 4 + 3 + 3 and set(expected) < set(clips)
    assert clips[:5] == [*(f"a/0.wav#{n}" for n in range(4)), "a/1.wav#0"]
    for clip, samples in expected.items():
        at = clips.index(clip)
        np.testing.assert_allclose(corpus.waveforms([at])[0], samples, atol=1 / FULL_SCALE)
        assert corpus.groups[at] == clip.split("#")[0]
        assert corpus.classes[corpus.labels[at]] == clip[0]
    by_file = Counter((clip.split("#")[0], s) for clip, s in zip(clips, corpus.splits, strict=True))
    assert len(by_file) == 17 and set(by_file.values()) == {3, 4}
    alone = tmp_path / "alone"
    build(alone, sliced(songs), seed=4)
    assert Corpus(alone).content_hash() == corpus.content_hash()


def test_files_are_in_the_splits_that_they_are_in_unsliced(tmp_path, songs):
    (songs / "b/short.wav").unlink()  # which can be used whole alone
    for name, slices in (("files", None), ("slices", 4)):
        build(tmp_path / name, sliced(songs, slices=slices), seed=9)
    files, slices = (Corpus(tmp_path / name) for name in ("files", "slices"))
    home = dict(zip(files.clips, files.splits, strict=True))
    told = {clip.split("#")[0]: s for clip, s in zip(slices.clips, slices.splits, strict=True)}
    common = set(home) & set(told)
    assert len(common) == 17 and set(home.values()) == {"train", "validation", "test"}
    assert {f: home[f] for f in common} == {f: told[f] for f in common}


def test_groups_that_are_configured_are_those_of_the_files(tmp_path, songs):
    group = {"from": "name", "pattern": r"[a-z]/([0-9a-z])"}
    split = {"from": "name", "pattern": r"([0-9a-z])[a-z]*$", "values": {"train": list("024")}}
    split["rest"] = "test"
    build(tmp_path / "c", sliced(songs, group=group, split=split))
    corpus = Corpus(tmp_path / "c")
    for clip, name, part in zip(corpus.clips, corpus.groups, corpus.splits, strict=True):
        assert name == clip.split("/")[1][0]
        assert part == ("train" if name in "02468" else "test")


def test_a_draw_is_of_slices_and_a_rare_class_is_rare_by_files(tmp_path, songs):
    put(songs, "lonely/one.wav", noise(RATE))
    put(songs, "lonely/two.wav", noise(RATE))
    build(tmp_path / "c", sliced(songs, per_class=10), seed=2)
    corpus = Corpus(tmp_path / "c")
    assert Counter(clip[0] for clip in corpus.clips) == dict.fromkeys("abc", 10)
    assert len({clip.split("#")[0] for clip in corpus.clips}) > 10
    assert set(zip(corpus.labels, corpus.splits, strict=True)) == {
        (label, split) for label in range(3) for split in SPLITS
    }
    reason = "label 'lonely' has 2 clip(s), at least 3 needed"
    dropped = corpus.info["report"]["dropped"]
    for clip in ("lonely/one.wav", "lonely/two.wav"):
        assert {"clip": clip, "reason": reason} in dropped


def test_known_faults_and_licences_are_those_of_files(tmp_path, songs):
    (songs / "licences.csv").write_text("file,licence\na/0.wav,free\n")
    licences = {"from": "csv", "file": "licences.csv", "key": "file", "column": "licence"}
    changes = {"faults": {"1": "a repetition", "b/2.wav": "noise"}, "clip_licence": licences}
    build(tmp_path / "c", sliced(songs, **changes))
    corpus = Corpus(tmp_path / "c")
    dropped = {row["clip"]: row["reason"] for row in corpus.info["report"]["dropped"]}
    assert [dropped[f"{label}/1.wav"] for label in "abc"] == ["known fault: a repetition"] * 3
    assert dropped["b/2.wav"] == "known fault: noise" and "a/2.wav#0" in corpus.clips
    lines = (corpus.path / "licences.csv").read_text().splitlines()
    assert '"a/0.wav#2","free"' in lines and '"b/0.wav#3","unknown"' in lines


@pytest.mark.parametrize("slices", [None, 4])
def test_peaks_are_set_to_full_scale_where_it_is_asked_for(tmp_path, songs, slices):
    for name, peak in (("plain", False), ("peak", True)):
        build(tmp_path / name, sliced(songs, slices=slices, peak=peak), seed=1)
    plain, scaled = (Corpus(tmp_path / name) for name in ("plain", "peak"))
    assert scaled.info["peak"] is True and list(plain.clips) == list(scaled.clips)
    for clip, before, after in zip(plain.clips, plain.samples, scaled.samples, strict=True):
        file, _, number = clip.partition("#")
        samples, _ = soundfile.read(songs / file)
        middle = (len(samples) - 2000) // 2
        begin = int(number) * len(samples) // 4 if slices else middle
        part = samples[begin : begin + 2000]
        np.testing.assert_allclose(before, part * FULL_SCALE, atol=0.5)
        peak = max(abs(float(x)) for x in part)
        expected = [min(float(x) / peak * FULL_SCALE, FULL_SCALE - 1) for x in part]
        np.testing.assert_allclose(after, expected, atol=0.51)
        assert peak < 0.9 and np.abs(after.astype(int)).max() >= FULL_SCALE - 1


@pytest.mark.parametrize("peak", [False, True])
def test_what_is_below_half_a_step_of_sixteen_bits_is_silent(tmp_path, peak):
    for number in range(3):
        samples = noise(RATE, number)
        samples[:4000] *= 0.45 / FULL_SCALE / np.abs(samples[:4000]).max()
        put(tmp_path / "m", f"x/{number}.wav", samples, subtype="FLOAT")
    settings = FolderSettings(str(tmp_path / "m"), RATE, 0.5, slices=2, peak=peak)
    build(tmp_path / "c", settings)
    corpus = Corpus(tmp_path / "c")
    assert list(corpus.clips) == [f"x/{number}.wav#1" for number in range(3)]
    reasons = {row["clip"]: row["reason"] for row in corpus.info["report"]["dropped"]}
    told = "is silent (peak 1.4e-05, nothing in 16 bits)"
    assert reasons == {f"x/{number}.wav#0": told for number in range(3)}


def test_fewer_than_one_slice_is_refused():
    with pytest.raises(InputError, match=r"^slices: expected at least 1 clip of every file, not 0"):
        FolderSettings("here", RATE, 1.0, slices=0)


# --- the configuration

FOLDER = {"maker": "folder", "path": "sounds", "rate": 16000, "seconds": 3.0}
GTZAN = {"maker": "gtzan", "task": "genre", "rate": 16000, "seconds": 3.0}


@pytest.mark.parametrize("entry", [FOLDER, GTZAN])
def test_an_entry_may_ask_for_slices_and_unit_peak(entry):
    config = default_config()
    sliced_entry = {**entry, "slices": 10, "peak": True}
    assert check(changed(config, "corpora.mine", sliced_entry), SCHEMA) is None
    for key, value, told in (
        ("slices", 0, "corpora.mine.slices: 0 is less than the minimum of 1"),
        ("slices", 2.5, "corpora.mine.slices: 2.5 is not of type 'integer'"),
        ("peak", 1, "corpora.mine.peak: 1 is not of type 'boolean'"),
    ):
        with pytest.raises(InputError, match=told):
            check(changed(config, "corpora.mine", {**sliced_entry, key: value}), SCHEMA)


@pytest.mark.parametrize(
    ("changes", "clips"),
    [
        ({}, 1000),
        ({"slices": 7}, 7000),
        ({"slices": 7, "version": "filtered"}, 6510),
        ({"slices": 7, "per_class": 12, "leave_out": ["disco"]}, 108),
    ],
)
def test_the_plan_counts_every_slice(changes, clips):
    config = changed(default_config(), "corpora.genre_stems", {**GTZAN, **changes})
    told = {item.what: item for item in needs({**config, "run": ["relevance/music"]})}
    corpus = told["corpus genre_stems"]
    assert corpus.kept == clips * 3 * 16000 * 2 and corpus.note == f"{clips:,} clips"
