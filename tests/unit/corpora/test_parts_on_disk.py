"""Parts are kept beside the clips that they sum to, and change nothing else of a corpus."""

import json
import os
import subprocess
import sys

import numpy as np
import pytest
import soundfile
from written_out import CAUSES, STEP, WORKFLOW, summed

from tonotopy.corpora import registry
from tonotopy.corpora.catalogue import PUBLIC, is_embedded
from tonotopy.corpora.parts import TOLERANCE
from tonotopy.corpora.schema import Corpus
from tonotopy.corpora.writer import BATCH_WITH_PARTS, CorpusWriter
from tonotopy.errors import InputError

ENTRIES = {
    "planted_genre": {
        "maker": "planted_music",
        "task": "genre",
        "causes": CAUSES,
        "seconds": 0.6,
        "rate": 22500,
        "clips": {"train": 41, "test": 7},
    },
    "planted_instrument": {
        "maker": "planted_music",
        "task": "instrument",
        "causes": CAUSES,
        "seconds": 0.5,
        "clips": {"test": 9},
    },
    "events": {"maker": "embedded", "task": "events", "seconds": 0.7, "clips": {"train": 35}},
    "speakers": {
        "maker": "embedded",
        "task": "speakers",
        "seconds": 0.6,
        "rate": 8000,
        "clips": {"train": 13, "test": 3},
    },
    "keyword": {"maker": "embedded", "task": "keyword", "seconds": 0.8, "clips": {"test": 5}},
}


@pytest.fixture(scope="module", params=sorted(ENTRIES))
def pair(request, tmp_path_factory):
    """A corpus without and with its parts."""
    root = tmp_path_factory.mktemp(request.param)
    for kind in ("plain", "parts"):
        entry = ENTRIES[request.param] | ({"parts": True} if kind == "parts" else {})
        registry.build(root / kind / "c", entry, 11, 2, {})
    return Corpus(root / "plain/c"), Corpus(root / "parts/c")


def test_parts_change_nothing_else_of_a_corpus(pair):
    plain, whole = pair
    assert np.array_equal(plain.samples[:], whole.samples[:])
    for column in ("clips", "targets", "groups", "splits"):
        assert np.array_equal(getattr(plain, column), getattr(whole, column))
    assert plain.content_hash() != whole.content_hash()
    assert plain.faults() == whole.faults() == []
    assert {*whole.info} - {*plain.info} == {"parts"}
    assert whole.info["parts"] == whole.part_names and plain.part_names == []
    features = plain._data.features
    assert list(features) == ["clip", "audio", "label", "group", "split"]
    with pytest.raises(InputError, match="corpus c has no parts: set 'parts: true'"):
        plain.parts([0])


def test_parts_from_disk_sum_to_the_clip_at_16_bits(pair):
    _, whole = pair
    parts, waves = whole.parts(slice(None)), whole.waveforms(slice(None))
    assert len(parts) == len(whole)
    for row, wave in zip(parts, waves, strict=True):
        assert all(part.dtype == np.float32 and part.shape == wave.shape for part in row.values())
        rounding = sum(np.abs(part).max() / 65534 for part in row.values())
        top = np.abs(wave).max() == 1 - STEP  # the clip's own rounding: half a step, one at the top
        assert np.abs(summed(row) - wave).max() <= STEP * (1 if top else 0.5) + rounding + 1e-6
        assert set(row) <= set(whole.part_names) and "noise" in row
    order = np.array([len(whole) - 1, 0, 3, 0])
    for chosen, row in zip(whole.parts(order), order, strict=True):
        assert list(chosen) == list(parts[row])
        assert all(np.array_equal(chosen[name], parts[row][name]) for name in chosen)
    (last,) = whole.parts(-1)
    assert np.array_equal(last["noise"], parts[-1]["noise"])


def test_the_kinds_of_parts_of_a_planted_corpus(tmp_path):
    entry = ENTRIES["planted_genre"] | {"parts": True, "piano_share": 0.5, "clips": {"test": 20}}
    registry.build(tmp_path / "c", entry, 11, 1, {})
    corpus = Corpus(tmp_path / "c")
    assert corpus.info["parts"] == ["lead", "bass", "pad", "piano", "drums", "noise"]
    pianos = ["piano" in row for row in corpus.parts(slice(None))]
    assert 4 < sum(pianos) < 16


def write(path, rows, names=("a", "b", "c"), samples=6):
    with CorpusWriter(path, ["x"], 8000, samples, part_names=names) as out:
        for i, parts in enumerate(rows):
            sound = summed(parts)
            out.add(f"c{i}", sound, "x", "train", parts=parts)
    return Corpus(path)


def test_parts_beyond_full_scale_and_faint_and_silent_ones_survive(tmp_path):
    loud = np.array([2.5, -2.5, 0.5, 0.0, 1.0, -1.5])
    faint = 1e-5 * np.array([1.0, -0.3, 0.2, 0.0, 0.9, -0.1])
    rows = [
        {"c": loud, "a": faint - loud + 0.3},
        {"b": np.zeros(6), "a": np.full(6, 0.25)},
    ]
    corpus = write(tmp_path / "p", rows)
    found = corpus.parts([0, 1])
    assert [list(row) for row in found] == [["c", "a"], ["b", "a"]]
    for row, expected in zip(found, rows, strict=True):
        for name, part in expected.items():
            assert np.abs(row[name] - part).max() <= np.abs(part).max() / 65534 * (1 + 1e-3)
    only = write(tmp_path / "q", [{"b": faint, "a": np.full(6, 0.25)}]).parts(0)[0]
    assert np.abs(only["b"] - faint).max() <= 1e-5 / 65534 * (1 + 1e-3)
    assert not found[1]["b"].any()


def test_rows_are_gathered_across_record_batches(tmp_path):
    count = 2 * BATCH_WITH_PARTS + 3
    rows = [
        {name: np.full(6, (i + 1) / 1000) for name in ("a", "b", "c")[: 1 + i % 3]}
        for i in range(count)
    ]
    corpus = write(tmp_path / "long", rows)
    for i in (0, BATCH_WITH_PARTS - 1, BATCH_WITH_PARTS, 2 * BATCH_WITH_PARTS, count - 1):
        (row,) = corpus.parts([i])
        assert set(row) == set(rows[i])
        assert all(part == pytest.approx((i + 1) / 1000) for part in row.values())


def test_the_content_hash_sees_parts_and_their_names(tmp_path):
    flat, bent = np.full(6, 0.2), np.array([0.1, 0.2, 0.3, 0.2, 0.1, 0.2])
    hashes = {
        write(tmp_path / name, [row]).content_hash()
        for name, row in {
            "1": {"a": flat, "b": bent},
            "2": {"a": bent, "b": flat},
            "3": {"a": flat, "c": bent},
            "4": {"a": flat * 1.5, "b": bent - flat / 2},
        }.items()
    }
    assert len(hashes) == 4
    assert write(tmp_path / "5", [{"a": flat, "b": bent}]).content_hash() in hashes


@pytest.mark.parametrize(
    ("parts", "message"),
    [
        ({"drum": np.full(6, 0.5)}, "has a part 'drum'.*'drums'"),
        ({"drums": np.full(5, 0.5)}, r"has a part 'drums' of \(5,\) samples, expected \(6,\)"),
        ({"drums": np.full(6, np.nan)}, "has a part 'drums' with values that are not finite"),
        (
            {"drums": np.full(6, 0.5), "lead": np.eye(6)[3] * 1.01 * TOLERANCE},
            "differs from the sum of its parts by 3.1e-05 at sample 3",
        ),
        (None, "differs from the sum of its parts by 0.5 at sample 0"),
    ],
)
def test_parts_that_are_not_the_clips_are_refused_by_name(parts, message, tmp_path):
    with (
        pytest.raises(InputError, match=f"corpus bad: clip c7 {message}"),
        CorpusWriter(tmp_path / "bad", ["x"], 8000, 6, part_names=["drums", "lead"]) as out,
    ):
        out.add("c7", np.full(6, 0.5), "x", "train", parts=parts)
    assert list(tmp_path.iterdir()) == []


def test_a_difference_within_a_step_is_rounding(tmp_path):
    nearly = {"drums": np.full(6, 0.5) + np.eye(6)[2] * 0.99 * TOLERANCE}
    with CorpusWriter(tmp_path / "c", ["x"], 8000, 6, part_names=["drums"]) as out:
        out.add("c7", np.full(6, 0.5), "x", "train", parts=nearly)
    assert Corpus(tmp_path / "c").faults() == []


@pytest.mark.parametrize("rate", [16000, 22050])
def test_stems_sum_to_the_clip_at_rates_that_are_resampled_to(rate, tmp_path):
    entry = ENTRIES["planted_genre"] | {"parts": True, "rate": rate}
    registry.build(tmp_path / "c", entry, 0, 1, {})
    corpus = Corpus(tmp_path / "c")
    positions = np.arange(len(corpus))
    for clip, parts in zip(corpus.waveforms(positions), corpus.parts(positions), strict=True):
        np.testing.assert_allclose(sum(parts.values()), clip, atol=2 / 32768)


RENDER = """
import hashlib, sys
import numpy as np
from tonotopy.corpora.embedded.music import GENRES, MusicWorld
causes = {"classical": "violin", "jazz": "saxophone", "rock": "guitar", "metal": "guitar"}
world = MusicWorld(causes, seconds=3.0, rate=int(sys.argv[1]))
digest = hashlib.sha256()
for number in (39, 53, 54, 59):  # clips that differ where the synthesizer itself plays at 16 kHz
    rng, genre = np.random.default_rng(number), GENRES[number % 10]
    digest.update(world.render(world.genre_score(genre, rng), rng).tobytes())
print(digest.hexdigest())
"""


@pytest.mark.parametrize("rate", [16000, 22500])
def test_a_clip_does_not_depend_on_what_memory_held_before(rate):
    """glibc fills freed memory with a byte of choice: reading beyond a recording would show."""
    hashes = {
        subprocess.run(
            [sys.executable, "-c", RENDER, str(rate)],
            capture_output=True,
            text=True,
            check=True,
            env={**os.environ, "MALLOC_PERTURB_": byte, "PYTHONPATH": str(WORKFLOW)},
        ).stdout
        for byte in ("1", "173", "254")
    }
    assert len(hashes) == 1


# who makes sound here


def test_makers_that_make_their_sound_here_say_so(tmp_path):
    for label in ("low", "high"):
        for i in range(12):
            path = tmp_path / f"own/{label}/{i}.wav"
            path.parent.mkdir(parents=True, exist_ok=True)
            soundfile.write(path, 0.5 * np.sin(np.arange(800) * (i + 1) / 50), 8000)
    entries = {
        "planted_music": ENTRIES["planted_instrument"],
        "planted_twins": {
            "maker": "planted_twins",
            "of": {"causes": CAUSES, "seconds": 0.5},
            "attribute": "piano",
            "clips": {"test": 1},
        },
        "embedded": ENTRIES["keyword"],
        "digits": {"maker": "digits"},
        "folder": {
            "maker": "folder",
            "path": str(tmp_path / "own"),
            "rate": 8000,
            "seconds": 0.1,
            "about": {"embedded": True},
        },
    }
    for maker, entry in entries.items():
        registry.build(tmp_path / "corpora" / maker, entry, 0, 1, {})
        info = json.loads((tmp_path / "corpora" / maker / "corpus.json").read_text())
        assert info["embedded"] is is_embedded(maker) is (maker != "folder"), maker
    assert not any(is_embedded(maker) for maker in (*PUBLIC, "audioset"))
