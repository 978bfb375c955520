"""Who talks: the same voices in every split, told in words that no other split has."""

import re
from collections import Counter

import librosa
import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from tonotopy.corpora.embedded import spoken
from tonotopy.corpora.embedded.clip import Setting
from tonotopy.corpora.embedded.sound import trim
from tonotopy.corpora.embedded.speech import SPEAKERS
from tonotopy.corpora.embedded.tasks import TASKS, build
from tonotopy.corpora.schema import SPLITS, Corpus
from tonotopy.seeding import generator

RATE = 16000


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    """Clips of 1 s by the default number of voices."""
    path = tmp_path_factory.mktemp("speaker") / "talkers"
    clips = {"train": 240, "validation": 12, "test": 120}
    build(path, "speaker", clips, 1.0, RATE, seed=5, workers=2)
    return Corpus(path)


@pytest.fixture
def spoken_texts(monkeypatch):
    """Collect what is said by whom, in place of sound."""
    said = []

    def utter(text, voice, rate):
        said.append((text.split(), voice))
        return np.ones(4 * rate)

    monkeypatch.setattr(spoken, "utter", utter)
    return said


def test_words_are_in_one_split_each():
    words = [word for split in SPLITS for word in spoken.WORDS_OF[split]]
    assert sorted(words) == sorted(spoken.WORDS) and len(set(words)) == 35
    assert [len(spoken.WORDS_OF[split]) for split in SPLITS] == [21, 7, 7]


def test_kin_count_once():
    names = ("steph", "m1", "steph2", "m4", "iven3", "iven", "Gene2")
    assert spoken.distinct(names) == ("steph", "m1", "m4", "iven", "Gene2")
    voices = list(spoken.KNOWN_VOICES.values())
    assert set(voices) < set(SPEAKERS["train"]) and len(set(voices)) == len(voices) > 30
    kin = [n for n in voices if re.sub(r"\d+$", "", n) in voices and re.search(r"\d$", n)]
    assert kin == []


def test_every_split_has_all_voices_and_only_its_own_words(spoken_texts):
    setting = Setting("t", 0, 8000, 1.0)
    for split in SPLITS:
        spoken_texts.clear()
        labels = [spoken.speaker(setting, split, index, voices=5).label for index in range(100)]
        assert set(Counter(labels).values()) == {20} and len(set(labels)) == 5
        assert labels == ["voice " + voice.variant for _, voice in spoken_texts]
        heard = {word for words, _ in spoken_texts for word in words}
        assert heard == set(spoken.WORDS_OF[split])
        languages = {(voice.variant, voice.language) for _, voice in spoken_texts}
        assert len(languages) == 5  # a voice keeps its accent
        for key in ("speed", "pitch", "span"):
            assert len({getattr(voice, key) for _, voice in spoken_texts}) > 10


def test_a_voice_talks_to_the_end_of_its_clip(corpus):
    """No text runs out: all but the first tenth of every clip is speech and its pauses."""
    for wave in corpus.waveforms(slice(None)):
        loud = np.flatnonzero(np.abs(wave) > 0.05 * np.abs(wave).max())
        assert loud[0] < 0.25 * len(wave) and loud[-1] > 0.75 * len(wave)
        assert len(trim(wave, 0.05)) > 0.6 * len(wave)


def test_classes_are_the_first_voices_and_a_clip_is_its_own_group(corpus):
    assert corpus.classes == list(TASKS["speaker"].classes)[:12]
    assert corpus.info["options"] == {"voices": 12} and corpus.faults() == []
    assert len(set(corpus.groups)) == len(corpus)


def test_a_linear_model_tells_voices_by_other_words_and_shuffled_labels_are_not_learnt(corpus):
    means = [librosa.feature.mfcc(y=w, sr=RATE).mean(1) for w in corpus.waveforms(slice(None))]
    features, train, test = np.array(means), corpus.splits == "train", corpus.splits == "test"

    def accuracy(order):
        model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000))
        model.fit(features[train], corpus.labels[train][order])
        return model.score(features[test], corpus.labels[test])

    assert 0.6 < accuracy(np.arange(train.sum())) < 0.97  # chance is 1/12
    assert accuracy(generator(0).permutation(train.sum())) < 1 / 12 + 4 * np.sqrt(11 / 144 / 120)
