"""Waveforms that are kept in memory are learned as those that are read, augmented all the same."""

import numpy as np
import pytest
import torch
from heard_worlds import RATE, SAMPLES, SETTINGS, heard_corpus, learned
from safetensors.torch import load_file
from threads import one_thread  # noqa: F401 (used by every test)
from worlds import NETWORK

from tonotopy.corpora.hearing import waveforms_at
from tonotopy.training import loop
from tonotopy.training.clips import FEATURES, WAVEFORM
from tonotopy.training.learner import CorpusBatches, Ranks, cached_split
from tonotopy.training.listening import fitted_front_end

SPLITS = ("train", "validation")
GAIN = [{"transform": "gain", "range": [-12, 6], "p": 0.8}]


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    """At twice the rate of the networks that hear it."""
    return heard_corpus(tmp_path_factory.mktemp("corpora") / "tones", rate=2 * RATE)


@pytest.fixture
def stages(monkeypatch):
    """How far the cached sounds of each loader had come; None without a cache."""
    noted, loader = [], loop.loader

    def remember(*args):
        cached = args[6]
        noted.append(cached and cached.stage)
        return loader(*args)

    monkeypatch.setattr(loop, "loader", remember)
    return noted


def taught(corpus, place, augmentation, cache):
    settings = {**SETTINGS, "augmentation": augmentation}
    history, folder = learned(corpus, place, settings, cache=cache, epochs=2)
    return history, load_file(folder / "weights.safetensors")


def equal(one, other):
    return all(torch.equal(one[key], other[key]) for key in one)


def test_they_are_learned_bit_for_bit_and_augmented(corpus, tmp_path, stages):
    cached = taught(corpus, tmp_path / "cached", GAIN, True)
    read = taught(corpus, tmp_path / "read", GAIN, False)
    plain = taught(corpus, tmp_path / "plain", None, True)
    assert stages == [WAVEFORM, WAVEFORM, None, None, WAVEFORM, WAVEFORM]
    assert cached[0].equals(read[0]) and equal(cached[1], read[1])
    assert not equal(cached[1], plain[1])


def test_features_of_other_front_ends_are_cached_as_features(corpus, tmp_path, stages):
    settings = {**NETWORK, "augmentation": None}
    settings["front_end"] = {**NETWORK["front_end"], "rate": RATE}
    learned(corpus, tmp_path, settings, cache=True, epochs=1)
    assert stages == [FEATURES, FEATURES]


def test_the_cache_holds_the_clips_of_a_split_in_their_order(corpus):
    front_end, cache = fitted_front_end(corpus, SETTINGS["front_end"], SPLITS)
    assert front_end.raw and tuple(cache) == SPLITS
    for split in cache:
        positions = corpus.indices(split)
        found = cached_split(corpus, split, cache, WAVEFORM)
        assert found.stage == WAVEFORM and found.sounds is cache[split]
        assert len(found.rows) == len(corpus)
        for position in range(len(corpus)):
            expected = positions.tolist().index(position) if position in positions else -1
            assert found.rows[position] == expected
        heard = waveforms_at(corpus, positions, RATE)
        assert heard.shape == (len(positions), SAMPLES)
        np.testing.assert_array_equal(found.sounds.numpy(), heard)
    assert cached_split(corpus, "test", cache, WAVEFORM) is None
    assert cached_split(corpus, "train", {}, FEATURES) is None


@pytest.mark.parametrize("ranks", [Ranks(), Ranks(1, 2)])
def test_a_batch_is_the_same_from_the_cache_and_from_the_corpus(corpus, ranks):
    _, cache = fitted_front_end(corpus, SETTINGS["front_end"], SPLITS)
    targets = np.arange(len(corpus)) ** 2
    positions = corpus.indices("validation")[[6, 0, 3, 8, 2]]
    batches = [
        CorpusBatches(corpus, targets, RATE, kept, ranks)[positions]
        for kept in (cached_split(corpus, "validation", cache, WAVEFORM), None)
    ]
    own = positions[2:] if ranks.ranks == 2 else positions
    for batch in batches:
        assert torch.equal(batch.sounds, batches[0].sounds) and batch.stage == WAVEFORM
        assert batch.targets.tolist() == (own**2).tolist() and batch.rate == RATE
        assert batch.share.total == 5 and len(batch.sounds) == len(own)
    features = cached_split(corpus, "validation", cache, FEATURES)
    assert CorpusBatches(corpus, targets, RATE, features)[positions].stage == FEATURES
