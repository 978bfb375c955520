"""A clip is the sum of its parts, in memory and on disk, and no bit of it depends on them.

The renderings below are written out draw by draw and operation by operation: what a clip is must
not change with how its parts are kept.
"""

import json
import os
import subprocess
import sys
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import soundfile
import soxr
import symusic

from tonotopy.corpora import registry
from tonotopy.corpora.catalogue import PUBLIC, is_embedded
from tonotopy.corpora.embedded import spoken
from tonotopy.corpora.embedded.clip import Setting
from tonotopy.corpora.embedded.events import EVENTS, event
from tonotopy.corpora.embedded.instruments import SOUNDS
from tonotopy.corpora.embedded.mixture import Dressing, Mixture, dress
from tonotopy.corpora.embedded.music import GENRES, MusicWorld
from tonotopy.corpora.embedded.rhythms import RHYTHMS
from tonotopy.corpora.embedded.solo import LOWEST, PROGRAMS, SOLOISTS
from tonotopy.corpora.embedded.sound import at, noise, play
from tonotopy.corpora.embedded.speech import SPEAKERS
from tonotopy.corpora.embedded.tasks import TASKS
from tonotopy.corpora.parts import TOLERANCE
from tonotopy.corpora.schema import Corpus
from tonotopy.corpora.writer import BATCH_WITH_PARTS, CorpusWriter
from tonotopy.errors import InputError
from tonotopy.seeding import generator

WORKFLOW = Path(__file__).parents[3] / "workflow"
STEP = 1 / 32768
CAUSES = {"classical": "violin", "jazz": "saxophone", "rock": "guitar", "metal": "guitar"}
SCALES = ((0, 2, 4, 5, 7, 9, 11), (0, 2, 3, 5, 7, 8, 10), (0, 2, 3, 5, 7, 9, 10))
SETTING = Setting("literal", 4, 16000, 0.9)
SIZES = {"note": 27, "instrument": 37, "consonant": 26, "keyword": 38, "speakers": 23, "events": 45}
OPTIONS = {"instrument": {"excerpts": 2}, "events": {"most": 4}}


# the renderings, written out


def dressed(sound, rng):
    top = float(np.abs(sound).max())
    hiss = 10 ** (rng.uniform(-60, -40) / 20) * rng.standard_normal(len(sound))
    level = 10 ** (rng.uniform(-9, -1) / 20)
    mixed = sound / top + hiss
    return (level * mixed / np.abs(mixed).max()).astype(np.float32)


def written_out_track(program, notes, velocity, rng=None, **kind):
    line = symusic.Track(program=program, **{"is_drum": False, **kind})
    for start, length, pitch in notes:
        louder = velocity if rng is None else velocity + rng.normal(0, 4)
        ticks = round(start * 480), max(1, round(length * 480))
        line.notes.append(symusic.Note(*ticks, int(pitch), int(np.clip(louder, 1, 127))))
    return line


def midi(tempo, tracks):
    score = symusic.Score(480)
    score.tempos.append(symusic.Tempo(0, qpm=float(tempo)))
    score.tracks.extend(tracks)
    return score


def pitch_of(key, scale, step, lowest):
    return lowest + key + 12 * (step // 7) + scale[step % 7]


def walk_over(beats, key, scale, rng):
    notes, now, step = [], 0.0, int(rng.integers(0, 10))
    while now < beats:
        length = float(rng.choice([0.5, 1.0, 1.5]))
        notes.append((now, 0.95 * length, pitch_of(key, scale, step, 57)))
        step = int(np.clip(step + rng.integers(-3, 4), 0, 12))
        now += length
    return notes


def planted_clip(score, sounds, seconds, rate, rng):
    tempo = rng.uniform(92, 138)
    beats = int(np.ceil((seconds + 0.5) * tempo / 60)) + 1
    key, scale = int(rng.integers(12)), SCALES[rng.integers(3)]
    chords = rng.integers(0, 7, size=-(-beats // 4))
    line = walk_over(beats, key, scale, rng)
    length = float(rng.choice([0.5, 1.0, 2.0]))
    bass = [
        (t, 0.9 * length, pitch_of(key, scale, int(chords[int(t) // 4]), 33))
        for t in np.arange(0, beats, length)
    ]
    pad = [
        (float(t), 3.8, pitch_of(key, scale, int(chords[t // 4]) + third, 50))
        for t in range(0, beats, 4)
        for third in (0, 2, 4)
    ]
    played = [(score.lead, line, 96, 120), ("bass", bass, 70, 100), ("pad", pad, 30, 60)]
    if score.piano:
        played.append(("piano", line, 70, 100))
    tracks = []
    for name, notes, low, high in played:
        program = int(rng.choice(SOUNDS[sounds][name]))
        tracks.append(written_out_track(program, notes, rng.uniform(low, high), rng))
    drums = symusic.Track(program=int(rng.choice(SOUNDS[sounds]["kit"])), is_drum=True, name="d")
    gain = rng.uniform(0.8, 1.1)
    for bar in range(0, beats, 4):
        for drum, onsets, velocity in RHYTHMS[score.rhythm]:
            for onset in onsets:
                louder = int(np.clip(gain * velocity + rng.normal(0, 4), 1, 127))
                drums.notes.append(symusic.Note(round((bar + onset) * 480), 60, drum, louder))
    sound = play(midi(tempo, [*tracks, drums]), rate)
    skip, length = int(rng.integers(0, rate // 4)), round(seconds * rate)
    sound = np.pad(sound, (0, max(0, skip + length - len(sound))))[skip : skip + length]
    return dressed(sound, rng)


def performed(tempo, line):
    return soxr.resample(play(midi(tempo, [line]), 44100), 44100, SETTING.rate, quality="HQ")


def note_clip(index, rng):
    label = index % 12
    program = int(rng.choice(PROGRAMS["train"]))
    bottom = LOWEST + int(rng.integers(12))
    pitch = bottom + (label - bottom) % 12 + 12 * int(rng.integers(2))
    onset, length = rng.uniform(0, 0.1), rng.uniform(0.6, 0.85)
    notes = [(SETTING.seconds * onset, SETTING.seconds * length, pitch)]
    line = written_out_track(program, notes, int(rng.integers(60, 120)))
    return dressed(at(performed(60, line), 0, SETTING.length), rng)


def instrument_clip(index, rng):
    block, place = divmod(index, 2 * 7)
    excerpt, label = divmod(place, 7)
    name = SOLOISTS[label]
    song = SETTING.rng("song", f"train-{name}-{block:03d}")
    tempo = song.uniform(92, 138)
    programs = sorted({*SOUNDS["seen"][name], *SOUNDS["unseen"][name]})
    beats = SETTING.seconds * tempo / 60
    key, scale = int(song.integers(12)), SCALES[song.integers(3)]
    program = int(song.choice(programs))
    notes = walk_over(2 * (beats + 2), key, scale, song)
    shift = int(rng.integers(-3, 4))
    first = next(i for i, n in enumerate(notes) if n[0] >= excerpt * (beats + 2))
    begin = notes[first][0]
    notes = [(s - begin, n, p + shift) for s, n, p in notes[first:] if s < begin + beats + 1]
    line = written_out_track(program, notes, rng.uniform(80, 115), rng)
    skip = int(rng.integers(0, SETTING.rate // 20))
    return dressed(at(performed(tempo, line), -skip, SETTING.length), rng)


def spoken_clip(task, index, rng):
    if task == "consonant":
        label = tuple(spoken.CONSONANTS)[index % 23]
        speaker = str(rng.choice(SPEAKERS["train"]))
        text = f"[['{spoken.CONSONANTS[label]}{rng.choice(spoken.VOWELS)}]]"
        language, speeds = "fa", (120, 170)
    else:
        text = spoken.WORDS[index % 35]
        speaker = str(rng.choice(SPEAKERS["train"]))
        language, speeds = spoken.accent(speaker), (140, 190)
    speed, pitch, span = rng.integers(*speeds), rng.integers(40, 61), rng.integers(40, 61)
    voice = spoken.Voice(language, speaker, int(speed), int(pitch), int(span))
    said = spoken.utter(text, voice, SETTING.rate)
    shift = rng.uniform(-0.05, 0.05) * SETTING.length
    return dressed(at(said, round((SETTING.length - len(said)) / 2 + shift), SETTING.length), rng)


def speakers_clip(index, rng):
    mixed = 10 ** (rng.uniform(-30, -15) / 20) * noise(SETTING.length, rng, rng.uniform(0, 1.5))
    for talker in spoken.crowd(index % 11, "train", SETTING.seconds, rng):
        said = spoken.utter(talker.text, talker.voice, SETTING.rate)
        said = said[round(talker.skipped * len(said)) :]
        part = at(said, round(talker.onset * SETTING.rate), SETTING.length)
        mixed += 10 ** (talker.level / 20) * part / np.sqrt(np.mean(said**2))
    mixed *= 10 ** (rng.uniform(-35, -25) / 20) / np.sqrt(np.mean(mixed**2))
    return (mixed / max(1.0, float(np.abs(mixed).max()))).astype(np.float32)


def events_clip(index, rng):
    names = tuple(EVENTS)
    first = names[index % 20]
    count = int(rng.integers(1, 5))
    others = [name for name in names if name != first]
    mixed = np.zeros(SETTING.length)
    for name in (first, *map(str, rng.choice(others, count - 1, replace=False))):
        sound = event(name, SETTING, "train", rng)
        onset = int(rng.uniform(0, 0.5) * SETTING.length)
        mixed += 10 ** (rng.uniform(-12, 0) / 20) * at(sound, onset, SETTING.length)
    return dressed(mixed, rng)


WRITTEN_OUT = {
    "note": note_clip,
    "instrument": instrument_clip,
    "consonant": lambda index, rng: spoken_clip("consonant", index, rng),
    "keyword": lambda index, rng: spoken_clip("keyword", index, rng),
    "speakers": speakers_clip,
    "events": events_clip,
}


def compare(task):
    """Each clip as it is made, as written out, its parts and its labels."""
    rows = []
    for index in range(SIZES[task]):
        clip = TASKS[task].render(SETTING, "train", index, **OPTIONS.get(task, {}))
        expected = WRITTEN_OUT[task](index, SETTING.rng("train", index))
        rows.append((clip.samples, expected, clip.mixture.heard(parts=True)[1], clip.label))
    return rows


@pytest.fixture(scope="module", params=sorted(SIZES))
def compared(request):
    with ProcessPoolExecutor(1) as pool:  # speech wants a process of its own
        return request.param, pool.submit(compare, request.param).result()


def summed(parts) -> np.ndarray:
    return sum(part.astype(np.float64) for part in parts.values())


def test_embedded_clips_are_bit_by_bit_what_is_written_out(compared):
    _, rows = compared
    for samples, expected, _, _ in rows:
        assert samples.dtype == np.float32 and np.abs(samples).max() > 0.01
        assert samples.tobytes() == expected.tobytes()


def test_parts_sum_to_the_clip_and_are_named_after_what_is_heard(compared):
    task, rows = compared
    for samples, _, parts, label in rows:
        assert np.abs(summed(parts) - samples).max() < 1e-6
        assert set(parts) <= set(TASKS[task].parts) and "noise" in parts
        assert all(part.shape == samples.shape and part.any() for part in parts.values())
        if task == "speakers":
            assert set(parts) == {"noise", *(f"voice {i + 1}" for i in range(int(label)))}
        elif task == "events":
            assert set(parts) == {"noise", *label}
        else:
            assert set(parts) == {"noise", "source"}


@pytest.mark.parametrize("sounds", ["seen", "unseen"])
def test_planted_clips_are_bit_by_bit_what_is_written_out(sounds):
    world = MusicWorld(CAUSES, sounds=sounds, seconds=0.8, piano_share=0.5)
    pianos = 0
    for index in range(23):
        genre = GENRES[index % 10]
        rng = generator(7, sounds, index)
        score = world.genre_score(genre, rng)
        expected = planted_clip(score, sounds, 0.8, 22500, rng)
        again = generator(7, sounds, index)
        sound = world.render(world.genre_score(genre, again), again)
        assert sound.dtype == np.float32 and sound.tobytes() == expected.tobytes()
        assert rng.random() == again.random()  # no draw more, no draw less
        pianos += score.piano
    assert 4 < pianos < 19


@pytest.mark.parametrize("sounds", ["seen", "unseen"])
def test_stems_rendered_alone_sum_to_what_is_rendered_together(sounds):
    world = MusicWorld(CAUSES, sounds=sounds, seconds=1.3, piano_share=0.5)
    names = set()
    for index in range(22):
        rng = generator(1, sounds, index)
        arrangement = world.draw(world.genre_score(GENRES[index % 10], rng), rng)
        mixture = world.mix(arrangement)
        stems = mixture.parts()
        assert np.abs(summed(stems) - mixture.whole).max() < 2e-6 * np.abs(mixture.whole).max()
        clip, parts = world.perform(arrangement).heard(parts=True)
        assert np.abs(summed(parts) - clip).max() < 1e-6
        assert set(parts) == {*stems, "noise"}
        assert set(stems) == {"lead", "bass", "pad", "drums", *(["piano"] * arrangement.piano)}
        for name in set(stems) - {"drums"}:  # one stem is no copy of another
            assert np.abs(stems[name] - stems["drums"]).max() > 0.01
        names |= set(stems)
    assert "piano" in names


# the mixture itself


def test_a_mixture_goes_through_linear_functions_as_its_parts_do():
    sounds = {"a": np.array([1.0, -2.0, 4.0]), "b": np.array([0.5, 3.0, -3.0])}
    mixture = Mixture.of(sounds)
    assert mixture.whole.tolist() == [1.5, 1.0, 1.0]
    more = mixture.through(lambda s: 2 * s[1:]).plus("c", np.array([10.0, 20.0]))
    assert more.whole.tolist() == [12.0, 22.0]
    parts = {name: part.tolist() for name, part in more.parts().items()}
    assert parts == {"a": [-4.0, 8.0], "b": [6.0, -6.0], "c": [10.0, 20.0]}
    assert list(mixture.parts()) == ["a", "b"]
    assert more.heard()[1] is None and more.heard(parts=True)[1]["c"].dtype == np.float32


def test_parts_are_not_computed_until_they_are_asked_for():
    calls = []
    mixture = Mixture(np.ones(3), lambda: calls.append(1) or {"a": np.ones(3)})
    mixture.through(np.negative).plus("b", np.ones(3)).heard()
    assert calls == []
    mixture.heard(parts=True)
    assert calls == [1]


def test_noise_and_level_of_a_dressing_are_where_they_are_said_to_be():
    sound = 3 * np.sin(np.arange(4000) / 7)
    hiss = generator(0).standard_normal(4000)
    clip = dress(Mixture.of({"x": sound}), Dressing(hiss, hiss_level=-50, level=-6))
    assert np.abs(clip.whole).max() == pytest.approx(10 ** (-6 / 20))
    parts = clip.parts()
    ratio = np.sqrt(np.mean(parts["noise"] ** 2)) / np.abs(parts["x"]).max()
    assert 20 * np.log10(ratio) == pytest.approx(-50, abs=0.3)
    with pytest.raises(ValueError, match="nothing sounds"):
        dress(Mixture.of({"x": np.zeros(4000)}), Dressing(hiss, -50, -6))


# on disk


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
