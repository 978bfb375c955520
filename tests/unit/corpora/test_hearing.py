"""One rate policy: clips are heard at the listener's rate, and the log says so once."""

import numpy as np
import pytest
import soxr
import torch
from worlds import NETWORK, RATE, tone_corpus

from tonotopy.corpora import hearing
from tonotopy.corpora.hearing import note_resampling, resampled, waveforms_at
from tonotopy.networks.bundle import load
from tonotopy.training.fit import train
from tonotopy.training.listening import features, fitted_front_end


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    return tone_corpus(tmp_path_factory.mktemp("corpora") / "tones", (14, 7, 5))


def test_at_its_own_rate_a_corpus_is_what_is_on_the_disk(corpus):
    positions = np.array([3, 0, 8])
    found = waveforms_at(corpus, positions, RATE)
    assert found.dtype == np.float32 and found.shape == (3, 1000)
    for row, position in zip(found, positions, strict=True):
        assert row.tolist() == [int(x) / 32768 for x in corpus.samples[position]]
    assert np.array_equal(waveforms_at(corpus, slice(2, 4), RATE), corpus.waveforms(slice(2, 4)))


@pytest.mark.parametrize("rate", [2000, 5512, 8000])
def test_other_rates_are_resampled_clip_by_clip(corpus, rate):
    positions = np.array([5, 1, 20, 7])
    found = waveforms_at(corpus, positions, rate)
    assert found.dtype == np.float32 and found.flags.c_contiguous
    assert found.shape == (4, round(1000 * rate / RATE))
    for row, position in zip(found, positions, strict=True):
        alone = soxr.resample(corpus.waveforms([position])[0], RATE, rate, quality="HQ")
        np.testing.assert_array_equal(row, alone)
        np.testing.assert_array_equal(waveforms_at(corpus, [position], rate)[0], row)
    assert waveforms_at(corpus, np.array([], dtype=int), rate).shape[0] == 0


@pytest.mark.parametrize(("own", "rate"), [(5000, 4000), (4000, 9000)])
def test_sounds_are_resampled_one_by_one(own, rate):
    sounds = np.random.default_rng(0).normal(0, 0.2, (3, 700)).astype(np.float32)
    found = resampled(sounds, own, rate)
    assert found.dtype == np.float32 and found.flags.c_contiguous
    assert found.shape == (3, 700 * rate // own)
    for sound, heard in zip(sounds, found, strict=True):
        np.testing.assert_array_equal(heard, soxr.resample(sound, own, rate, quality="HQ"))
    assert resampled(sounds, own, own) is sounds
    assert resampled(sounds[:0], own, rate).shape[0] == 0


def test_resampled_parts_sum_to_the_resampled_whole():
    parts = np.random.default_rng(1).normal(0, 0.2, (4, 900)).astype(np.float32)
    parts[2] = 0
    whole = resampled(parts.sum(axis=0, keepdims=True), 16000, 11000)[0]
    found = resampled(parts, 16000, 11000)
    np.testing.assert_allclose(found.sum(axis=0), whole, atol=1e-6)
    assert not found[2].any()


def test_the_beginning_of_clips_is_cut_before_it_is_resampled(corpus):
    positions = np.array([4, 2])
    whole = corpus.waveforms(positions)
    assert np.array_equal(waveforms_at(corpus, positions, RATE, 0.075), whole[:, :300])
    expected = [soxr.resample(clip[:300], RATE, 6000, quality="HQ") for clip in whole]
    np.testing.assert_array_equal(waveforms_at(corpus, positions, 6000, 0.075), expected)
    assert waveforms_at(corpus, positions, 6000, 0.075).shape == (2, 450)


def test_a_tone_keeps_its_frequency():
    time = np.arange(4000) / RATE

    class Tone:
        rate = RATE

        def waveforms(self, positions):
            return np.sin(2 * np.pi * 440 * time, dtype=np.float32)[None][positions]

    heard = waveforms_at(Tone(), [0], 6000)[0]
    spectrum = np.abs(np.fft.rfft(heard * np.hanning(len(heard))))
    assert spectrum.argmax() * 6000 / len(heard) == pytest.approx(440, abs=1)
    assert np.abs(heard[1000:-1000]).max() == pytest.approx(1, abs=0.01)


def test_the_log_says_once_that_a_corpus_is_resampled(corpus, capsys):
    hearing._note.cache_clear()
    note_resampling(corpus, RATE)
    assert capsys.readouterr().out == ""
    for _ in range(2):
        note_resampling(corpus, 8000)
    told = capsys.readouterr().out
    assert told == "note: corpus tones has 4000 Hz and is resampled to 8000 Hz\n"
    note_resampling(corpus, 2000)
    assert "resampled to 2000 Hz" in capsys.readouterr().out


@pytest.mark.parametrize("cache", [False, True])
def test_a_network_of_another_rate_is_trained_on_resampled_sound(corpus, tmp_path, capsys, cache):
    hearing._note.cache_clear()
    front_end = {**NETWORK["front_end"], "rate": 6000}
    training = {"epochs": 1, "batch": 7, "learning_rate": 1e-3, "cache": cache}
    settings = {**NETWORK, "front_end": front_end, "training": training}
    train(corpus, settings, *(tmp_path / n for n in ("net", "c", "l")), 0, "cpu")
    assert capsys.readouterr().out.count("4000 Hz and is resampled to 6000 Hz") == 1
    fitted = load(tmp_path / "net").front_end
    sounds = torch.from_numpy(waveforms_at(corpus, corpus.indices("train"), 6000))
    values = fitted.log_mel(sounds).double()
    assert fitted.settings.mean == pytest.approx(values.mean().item(), abs=1e-6)
    again, cached = fitted_front_end(corpus, front_end, ("train", "validation"))
    torch.testing.assert_close(cached["train"], fitted.log_mel(sounds))
    validation = torch.cat(list(features(again, corpus, "validation")))
    assert cached["validation"].shape[0] == 7 and torch.equal(cached["validation"], validation)
