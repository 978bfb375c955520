"""The embedded tasks: known answers in the sound, nothing else to learn, same bytes always."""

from collections import Counter, defaultdict
from concurrent.futures import ProcessPoolExecutor

import numpy as np
import pytest
from scipy.stats import spearmanr
from sklearn.linear_model import LogisticRegression, RidgeClassifier
from sklearn.metrics import roc_auc_score
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from tonotopy.corpora import sources
from tonotopy.corpora.embedded import solo, spoken
from tonotopy.corpora.embedded.clip import Setting
from tonotopy.corpora.embedded.events import EVENTS, event
from tonotopy.corpora.embedded.sound import at, compose, perform, track, trim
from tonotopy.corpora.embedded.speech import SPEAKERS, Voice
from tonotopy.corpora.embedded.tasks import TASKS, build
from tonotopy.corpora.schema import Corpus
from tonotopy.errors import InputError
from tonotopy.seeding import generator

RATE = 16000
SIZES = {
    "note": 720,
    "instrument": 280,
    "consonant": 552,
    "keyword": 420,
    "speakers": 88,
    "speaker": 72,
    "events": 480,
    "tones": 90,
}


@pytest.fixture(scope="module")
def corpora(tmp_path_factory):
    """All tasks, 1 s clips; most of them for training, the rest shared by validation and test."""
    root = tmp_path_factory.mktemp("corpora")
    for task, size in SIZES.items():
        clips = {"train": size // 2, "validation": size // 4, "test": size // 4}
        build(root / task, task, clips, 1.0, RATE, seed=3, workers=2)
    return {task: Corpus(root / task) for task in SIZES}


def log_mel(waves: np.ndarray, bands: int = 40, size: int = 512) -> np.ndarray:
    """Log energies in triangular mel bands, shape (clips, frames, bands)."""
    starts = size // 2 * np.arange((waves.shape[1] - size) // (size // 2) + 1)
    frames = waves[:, starts[:, None] + np.arange(size)] * np.hanning(size)
    mel = 2595 * np.log10(1 + np.fft.rfftfreq(size, 1 / RATE) / 700)[:, None]
    edges = np.linspace(mel[2, 0], mel[-1, 0], bands + 2)
    up, down = mel - edges[:-2], edges[2:] - mel
    weights = np.clip(np.minimum(up, down) / (edges[1] - edges[0]), 0, None)
    return np.log(np.abs(np.fft.rfft(frames)) ** 2 @ weights + 1e-8)


def summary(corpus: Corpus) -> np.ndarray:
    """Mean and spread of each band over time, shape (clips, 2 * bands)."""
    bands = log_mel(corpus.waveforms(slice(None)))
    return np.concatenate([bands.mean(1), bands.std(1)], axis=1)


# what holds for every task


@pytest.mark.parametrize("task", TASKS)
def test_bytes_do_not_depend_on_workers_and_growing_changes_no_clip(task, tmp_path):
    def made(folder, train, workers):
        clips = {"train": train, "test": 4}
        rate = TASKS[task].lowest_rate
        build(tmp_path / folder / task, task, clips, 0.5, rate, seed=1, workers=workers)
        return Corpus(tmp_path / folder / task)

    one, two, more = made("1", 36, 1), made("2", 36, 2), made("3", 50, 2)
    assert one.info["content_sha256"] == two.info["content_sha256"]
    assert list(more.clips[:36]) == list(one.clips[:36])
    np.testing.assert_array_equal(more.samples[:36], one.samples[:36])
    np.testing.assert_array_equal(more.samples[50:], one.samples[36:])
    assert len({row.tobytes() for row in more.samples[:]}) == 54


@pytest.mark.parametrize("task", TASKS)
def test_corpora_are_sound_balanced_and_split_by_group(task, corpora):
    corpus = corpora[task]
    assert corpus.faults() == []  # among others: no group is in two splits
    assert corpus.tags == (task == "events") and corpus.rate == RATE
    assert tuple(corpus.classes) == TASKS[task].classes_by({})
    waves = corpus.waveforms(slice(None))
    assert waves.shape == (SIZES[task] // 2 + 2 * (SIZES[task] // 4), RATE)
    assert np.abs(waves).max() <= 1 and np.sqrt((waves**2).mean(1)).min() > 0.003
    assert len({wave.tobytes() for wave in waves}) == len(waves)
    for split in ("train", "validation", "test"):
        rows = corpus.targets[corpus.splits == split].sum(0)
        assert rows.min() > 0
        if task != "events":
            assert rows.max() - rows.min() <= 1
    text = corpus.info["licence"]
    assert ("espeak-ng" in text) == (task not in ("note", "instrument", "tones"))
    assert corpus.info["source"] == "embedded" and "task " + task in corpus.info["citation"]


def test_another_name_or_seed_gives_other_clips():
    def clip(name, seed):
        return solo.note(Setting(name, seed, 8000, 0.5), "train", 7).samples

    assert np.array_equal(clip("a", 0), clip("a", 0))
    assert not np.array_equal(clip("a", 0), clip("b", 0))
    assert not np.array_equal(clip("a", 0), clip("a", 1))


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"task": "notes"}, "no task 'notes'.*'note'"),
        ({"clips": {"trian": 4}}, "unknown split 'trian'.*'train'"),
        ({"seconds": 0.1}, "clips of 0.1 s, expected at least 0.5 s"),
        ({"rate": 400}, "rate 400 Hz, expected 8000 to 48000"),
        ({"excerpts": 2}, "task note has no option 'excerpts'"),
        ({"task": "instrument", "excerpt": 2}, "no option 'excerpt'.*'excerpts'"),
        ({"task": "events", "most": 0}, "'most' is 0, expected a whole number from 1"),
        ({"task": "events", "most": 21}, "'most' is 21, expected a whole number from 1 to 20"),
        ({"task": "speaker", "voices": 35}, "'voices' is 35, expected a whole number from 2 to 34"),
        ({"task": "tones", "rate": 15999}, "rate 15999 Hz, expected 16000 to 48000"),
        ({"task": "tones", "least": 3, "most": 2}, "'most' is 2, expected at least 'least'.* is 3"),
        ({"clips": {"train": 0}}, "no clip was kept"),
    ],
)
def test_bad_settings_are_refused(changed, message, tmp_path):
    settings = {"task": "note", "clips": {"train": 1}, "seconds": 1.0, **changed}
    with pytest.raises(InputError, match=message):
        build(tmp_path / "x", **settings)
    assert not (tmp_path / "x").exists()


def test_a_clip_that_cannot_be_made_is_named(tmp_path, monkeypatch):
    monkeypatch.setitem(spoken.CONSONANTS, "P", "_:")  # a pause, and no vowel after it
    monkeypatch.setattr(spoken, "VOWELS", ("_:",))
    with pytest.raises(InputError, match="corpus x: clip x-train-00000 cannot be made: .*no sound"):
        build(tmp_path / "x", "consonant", {"train": 1}, 1.0)


# note


@pytest.mark.parametrize("program", sorted({p for ps in solo.PROGRAMS.values() for p in ps}))
def test_programs_are_in_tune_over_the_whole_range(program):
    """The strongest partial is where the note's are: a semitone off would hit none of them."""
    for pitch in range(solo.LOWEST, solo.LOWEST + 23 + 12 * (solo.REGISTERS - 1), 3):
        sound = perform(compose(60, track(program, [(0, 0.7, pitch)], 100)), RATE)[800:]
        spectrum = np.abs(np.fft.rfft(sound * np.hanning(len(sound)), 2**17))
        order = spectrum.argmax() * RATE / 2**17 / (440 * 2 ** ((pitch - 69) / 12))
        nearest = 2 ** np.round(np.log2(order)) if order < 0.8 else np.round(order)
        assert abs(1200 * np.log2(order / nearest)) < 40, (program, pitch, order)


def test_a_note_sounds_at_its_pitch_class(corpora):
    """An estimate of the fundamental by autocorrelation, told nothing of how the clip was made."""
    corpus = corpora["note"]
    flute = corpus.groups == "program-073"
    assert flute.sum() > 30
    right = 0
    for wave, label in zip(
        corpus.waveforms(np.flatnonzero(flute)), corpus.labels[flute], strict=True
    ):
        frame = trim(wave, 0.1)[1600:6400].astype(float)
        lags = np.fft.irfft(np.abs(np.fft.rfft(frame, 16384)) ** 2)[: RATE // 100]
        peaks = [k for k in range(8, len(lags) - 1) if lags[k - 1] < lags[k] >= lags[k + 1]]
        first = next(k for k in peaks if lags[k] > 0.85 * max(lags[p] for p in peaks))
        before, top, after = lags[first - 1 : first + 2]
        period = first + (before - after) / 2 / (before - 2 * top + after)
        right += round(69 + 12 * np.log2(RATE / period / 440)) % 12 == label
    assert right >= 0.9 * flute.sum()


def test_pitch_and_program_of_a_note_are_kept_as_words(corpora, monkeypatch):
    corpus, played = corpora["note"], []
    assert corpus.words == ["pitch", "program"]
    pitches, programs = (corpus.column(name).astype(int) for name in corpus.words)
    assert pitches.min() >= 48 and pitches.max() <= 82 and len(set(pitches)) > 25
    assert list(pitches % 12) == list(corpus.labels)
    assert [f"program-{program:03d}" for program in programs] == list(corpus.groups)
    monkeypatch.setattr(
        solo,
        "track",
        lambda program, notes, *_: played.append((program, notes)) or track(0, notes, 1),
    )
    for index in (0, 17, 101):
        clip = solo.note(Setting("note", 3, RATE, 1.0), "train", index)
        program, [(_, _, pitch)] = played.pop()
        assert clip.words == {"pitch": str(pitch), "program": str(program)}
        assert (pitches[index], programs[index]) == (pitch, program)


@pytest.mark.parametrize("task", sorted(set(TASKS) - {"note"}))
def test_other_tasks_have_no_words(task, corpora):
    assert corpora[task].words == [] and TASKS[task].words == ()


def test_level_length_and_height_tell_nothing_of_the_note(corpora):
    """Nulls: neighbours in loudness, duration or octave do no better than chance."""
    corpus = corpora["note"]
    waves = corpus.waveforms(slice(None)).astype(float)
    loud = np.abs(waves) > 0.1 * np.abs(waves).max(1, keepdims=True)
    ends = [np.flatnonzero(row)[[0, -1]] for row in loud]
    spectra = np.abs(np.fft.rfft(waves)) ** 2
    octave = np.round(np.log2(spectra @ np.arange(spectra.shape[1]) / spectra.sum(1)))
    cues = {
        "level": np.log((waves**2).mean(1)),
        "length": np.array([last - first for first, last in ends]) / RATE,
        "octave": octave,
    }
    train = corpus.splits == "train"
    for name, cue in cues.items():
        model = KNeighborsClassifier(15).fit(cue[train, None], corpus.labels[train])
        hits = model.score(cue[~train, None], corpus.labels[~train])
        assert hits < 1 / 12 + 4 * np.sqrt(1 / 12 * 11 / 12 / (~train).sum()), name


def test_registers_are_as_high_for_one_pitch_class_as_for_another(monkeypatch):
    heights = defaultdict(list)

    def listen(program, notes, velocity):
        heights[notes[0][2] % 12].append(notes[0][2])
        return track(program, notes, velocity)

    monkeypatch.setattr(solo, "track", listen)
    monkeypatch.setattr(solo, "perform", lambda midi, rate: np.ones(rate))
    for index in range(12 * 250):
        solo.note(Setting("n", 0, 8000, 0.5), "train", index)
    everything = np.concatenate(list(heights.values()))
    assert everything.min() == 48 and everything.max() == 82
    for found in heights.values():
        assert abs(np.mean(found) - everything.mean()) < 4 * np.std(found) / np.sqrt(len(found))


# instrument


def test_songs_have_one_instrument_and_all_their_excerpts(corpora):
    corpus = corpora["instrument"]
    train = corpus.splits == "train"
    songs = defaultdict(set)
    for group, label in zip(corpus.groups, corpus.labels, strict=True):
        songs[group].add(int(label))
    assert all(len(labels) == 1 for labels in songs.values())
    assert set(Counter(corpus.groups[train]).values()) == {5}
    assert "saxophone" not in corpus.classes and len(corpus.classes) == 7


def test_excerpts_of_a_song_are_different_bars_and_transposed(monkeypatch):
    played = []
    monkeypatch.setattr(
        solo, "track", lambda program, notes, *_: played.append((program, notes)) or track(0, [], 1)
    )
    monkeypatch.setattr(solo, "perform", lambda midi, rate: np.ones(4 * rate))
    for excerpt in range(5):
        solo.instrument(Setting("s", 0, 8000, 2.0), "train", 2 + 7 * excerpt, excerpts=5)
    programs, notes = zip(*played, strict=True)
    assert len(set(programs)) == 1
    rhythms = [tuple(length for _, length, _ in part) for part in notes]
    assert len(set(rhythms)) == 5 and all(part[0][0] == 0 for part in notes)


def test_instruments_are_told_apart_across_songs(corpora):
    corpus = corpora["instrument"]
    features, train = summary(corpus), corpus.splits == "train"
    model = make_pipeline(StandardScaler(), LogisticRegression(C=0.01, max_iter=500))
    score = model.fit(features[train], corpus.labels[train]).score(
        features[~train], corpus.labels[~train]
    )
    assert score > 0.45  # chance is 1/7


# consonant and keyword


def test_classes_are_those_of_the_corpora_in_whose_place_they_stand():
    assert tuple(spoken.CONSONANTS) == tuple(sources.PCVC_CONSONANTS) and len(spoken.VOWELS) == 6
    assert len(spoken.WORDS) == 35 and len(set(spoken.CONSONANTS.values())) == 23


def syllables(vowel: str) -> np.ndarray:
    """Log-mel features of every consonant's first 0.2 s by one speaker, shape (23, features)."""
    clips = [
        at(spoken.utter(f"[['{c}{vowel}]]", Voice("fa", "m3"), RATE), 0, RATE // 5)
        for c in spoken.CONSONANTS.values()
    ]
    return log_mel(np.array(clips)).reshape(len(clips), -1)


@pytest.mark.parametrize("vowel", ["A", "i"])
def test_all_consonants_sound_and_sound_different(vowel):
    """No two are nearer than the same consonant in two utterances that differ in level by 1 dB."""
    with ProcessPoolExecutor(1) as pool:
        features = pool.submit(syllables, vowel).result()
    distance = np.sqrt(((features[:, None] - features) ** 2).mean(-1))
    np.fill_diagonal(distance, np.inf)
    assert distance.min() > 0.23  # 1 dB as a difference of log energies


def test_words_are_centred_and_fit(corpora):
    corpus = corpora["keyword"]
    for wave in corpus.waveforms(slice(None)):
        energy = np.cumsum(wave.astype(float) ** 2)
        middle = np.searchsorted(energy, energy[-1] / 2) / len(wave)
        assert 0.2 < middle < 0.8
        edges = np.concatenate([wave[:160], wave[-160:]])
        assert np.abs(edges).max() < 0.2 * np.abs(wave).max()


@pytest.mark.parametrize(("task", "floor"), [("consonant", 3.0), ("keyword", 6.0)])
def test_speech_is_told_apart_across_speakers(task, floor, corpora):
    """A linear model of the spectrogram, heard on other speakers, is far above chance."""
    corpus = corpora[task]
    train = corpus.splits == "train"
    features = log_mel(corpus.waveforms(slice(None)), bands=20)[:, ::2].reshape(len(corpus), -1)
    features -= features.mean(1, keepdims=True)
    model = make_pipeline(StandardScaler(), RidgeClassifier(1000))
    hits = model.fit(features[train], corpus.labels[train]).score(
        features[~train], corpus.labels[~train]
    )
    assert hits > floor / len(corpus.classes)


# speakers


def test_a_crowd_has_as_many_speakers_as_its_label_says():
    for split, names in SPEAKERS.items():
        for count in range(11):
            crowd = spoken.crowd(count, split, 2.0, generator(0, split, count))
            who = [talker.voice.variant for talker in crowd]
            assert len(who) == len(set(who)) == count and set(who) <= set(names)
            assert all(0 <= t.onset <= 2 / 3 and abs(t.level) <= 5 for t in crowd)


def test_more_voices_fill_more_of_the_spectrogram(corpora):
    corpus = corpora["speakers"]
    assert corpus.classes == [str(count) for count in range(11)]
    energy = np.exp(log_mel(corpus.waveforms(slice(None)))).reshape(len(corpus), -1)
    share = energy / energy.sum(1, keepdims=True)
    entropy = -(share * np.log(share + 1e-12)).sum(1)
    spoken_in = corpus.labels > 0
    rank = spearmanr(entropy[spoken_in], corpus.labels[spoken_in])
    assert rank.statistic > 0.4


def test_level_does_not_give_the_count_away(corpora):
    corpus = corpora["speakers"]
    waves = corpus.waveforms(slice(None)).astype(float)
    level = 10 * np.log10((waves**2).mean(1))
    assert level.min() > -36 and level.max() < -24
    assert abs(spearmanr(level, corpus.labels).statistic) < 4 / np.sqrt(len(corpus))


# events


def draw_events(setting, draws: int):
    return np.array(
        [
            [
                at(event(name, setting, "train", generator(0, name, i)), 0, RATE)
                for i in range(draws)
            ]
            for name in EVENTS
        ]
    )


def test_every_event_sounds_and_sounds_different():
    """A linear model of single events' spectra knows events that it has not heard."""
    draws = 18
    with ProcessPoolExecutor(1) as pool:
        waves = pool.submit(draw_events, Setting("e", 0, RATE, 1.0), draws).result()
    assert np.abs(waves).max(-1) == pytest.approx(1)
    assert min(len(trim(wave, 0.05)) for wave in waves.reshape(-1, RATE)) > 0.01 * RATE
    bands = log_mel(waves.reshape(-1, RATE))
    features = np.concatenate([bands.mean(1), bands.max(1), bands.std(1)], axis=1)
    labels = np.repeat(np.arange(len(EVENTS)), draws)
    held = np.arange(len(labels)) % 3 == 0
    model = make_pipeline(StandardScaler(), LogisticRegression(C=0.1, max_iter=500))
    found = model.fit(features[~held], labels[~held]).predict(features[held])
    for label, name in enumerate(EVENTS):
        assert np.mean(found[labels[held] == label] == label) >= 0.5, name
    assert np.mean(found == labels[held]) > 0.8


def test_clips_have_one_to_three_tags_and_classes_take_turns(corpora):
    corpus = corpora["events"]
    counts = Counter(corpus.targets.sum(1).tolist())
    assert set(counts) == {1, 2, 3} and min(counts.values()) > 0.2 * len(corpus)
    train = corpus.targets[corpus.splits == "train"]
    for index in range(0, len(train), 7):
        assert train[index, index % len(EVENTS)]
    assert train.sum(0).max() < 2 * train.sum(0).min()


def test_a_linear_model_tags_events_and_shuffled_tags_are_not_learnt(corpora):
    corpus = corpora["events"]
    features, train = summary(corpus), corpus.splits == "train"
    shuffled = generator(0).permutation(train.sum())

    def area(order):
        model = make_pipeline(StandardScaler(), RidgeClassifier(300))
        model.fit(features[train], corpus.targets[train][order].astype(int))
        return roc_auc_score(corpus.targets[~train], model.decision_function(features[~train]))

    assert area(np.arange(train.sum())) > 0.72
    assert abs(area(shuffled) - 0.5) < 0.06
