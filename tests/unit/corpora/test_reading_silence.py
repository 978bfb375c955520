"""What is silent is judged once: mixed down, in 16 bits. It is a dropped row, never the end."""

import numpy as np
import pytest
from odd_sounds import noise, put

from tonotopy.corpora.audio import read_audio, read_clip, read_slices
from tonotopy.corpora.folder import build
from tonotopy.corpora.levels import is_silent, steps
from tonotopy.corpora.schema import FULL_SCALE, Corpus
from tonotopy.corpora.settings import FolderSettings
from tonotopy.corpora.writer import CorpusWriter
from tonotopy.errors import InputError

RATE = 8000
STEP = 1 / FULL_SCALE


def quiet(samples: int, peak: float) -> np.ndarray:
    sound = noise(samples, 5)
    return sound * peak / np.abs(sound).max()


def opposite(samples: int, rest: float = 0.0) -> np.ndarray:
    """Two channels of opposite phase; their mix has a peak of ``rest``."""
    sound = noise(samples, 6)
    return np.stack([sound + quiet(samples, rest), -sound + quiet(samples, rest)], axis=1)


@pytest.fixture
def music(tmp_path):
    """Three good clips of a class, and every kind of silence."""
    root = tmp_path / "m"
    for n in range(3):
        put(root, f"a/{n}.wav", noise(RATE, n))
    sounds = {
        "zero": np.zeros(RATE),
        "half": quiet(RATE, 0.49 * STEP),
        "tiny": quiet(RATE, 1e-7),
        "opposite": opposite(RATE),
        "nearly": opposite(RATE, 0.45 * STEP),
        "middle": np.concatenate([noise(3000), np.zeros(2000), noise(3000)]),
        "faint": quiet(RATE, 0.6 * STEP),
    }
    for name, sound in sounds.items():
        put(root, f"a/{name}.wav", sound, subtype="FLOAT")
    return root


@pytest.mark.parametrize("peak", [False, True])
@pytest.mark.parametrize("workers", [1, 2])
def test_each_silent_clip_is_one_dropped_row_and_the_others_are_kept(
    tmp_path, music, peak, workers
):
    settings = FolderSettings(str(music), RATE, 0.2, peak=peak)
    build(tmp_path / "c", settings, workers=workers)
    corpus = Corpus(tmp_path / "c")
    assert set(corpus.clips) == {"a/0.wav", "a/1.wav", "a/2.wav", "a/faint.wav"}
    reasons = {row["clip"]: row["reason"] for row in corpus.info["report"]["dropped"]}
    cancel = "its channels cancel each other when they are mixed (opposite phase)"
    assert reasons.pop("a/opposite.wav") == reasons.pop("a/nearly.wav") == cancel
    assert (
        reasons.pop("a/zero.wav")
        == reasons.pop("a/middle.wav")
        == ("is silent in its middle 0.2 s")
    )
    for name in ("half", "tiny"):
        reason = reasons.pop(f"a/{name}.wav")
        assert reason.startswith("is silent in its middle 0.2 s (peak ")
        assert reason.endswith(", nothing in 16 bits)")
    assert reasons == {}


def test_each_silent_slice_is_one_dropped_row(tmp_path, music):
    stereo = np.concatenate([np.stack([noise(4000)] * 2, axis=1), opposite(4000)])
    put(music, "a/half_opposite.wav", stereo)
    build(tmp_path / "c", FolderSettings(str(music), RATE, 0.2, slices=2))
    corpus = Corpus(tmp_path / "c")
    assert "a/half_opposite.wav#0" in corpus.clips and "a/middle.wav#1" in corpus.clips
    reasons = {row["clip"]: row["reason"] for row in corpus.info["report"]["dropped"]}
    assert reasons["a/half_opposite.wav#1"].startswith("its channels cancel")
    assert reasons["a/zero.wav#0"] == reasons["a/zero.wav#1"] == "is silent"
    assert set(reasons) == {"a/half_opposite.wav#1"} | {
        f"a/{name}.wav#{n}"
        for name in ("zero", "half", "tiny", "opposite", "nearly")
        for n in (0, 1)
    }


@pytest.mark.parametrize("suffix", ["wav", "flac", "ogg"])
def test_opposite_channels_are_told_in_every_format(tmp_path, suffix):
    path = put(tmp_path, f"x.{suffix}", opposite(RATE) if suffix != "ogg" else np.zeros((RATE, 2)))
    clip = read_clip(path, RATE, 1000)
    assert is_silent(clip.samples) and clip.cancelled == (suffix != "ogg")
    told = "cancel" if suffix != "ogg" else "is silent"
    with pytest.raises(InputError, match=told):
        read_audio(path, RATE)


@pytest.mark.parametrize("rate", [8000, 11025])
def test_channels_that_differ_elsewhere_do_not_make_a_silent_part_opposite(tmp_path, rate):
    gap = np.zeros((8000, 2))
    path = put(tmp_path, "x.wav", np.concatenate([opposite(4000), gap, opposite(4000)]))
    assert not read_clip(path, rate, rate // 2).cancelled
    first, second = read_slices(path, rate, rate // 4, 2, (0, 1))
    assert first.cancelled and not second.cancelled
    assert is_silent(first.samples) and is_silent(second.samples)


@pytest.mark.parametrize("channels", [1, 2])
def test_a_tone_that_the_new_rate_cannot_hold_is_silent_and_not_opposite(tmp_path, channels):
    tone = 0.3 * np.sin(2 * np.pi * 20000 * np.arange(44100) / 44100) * np.hanning(44100)
    path = put(tmp_path, "x.wav", np.stack([tone] * channels, axis=1), 44100, subtype="FLOAT")
    clip = read_clip(path, RATE, RATE // 2)
    assert is_silent(clip.samples) and not clip.cancelled


@pytest.mark.parametrize("peak", [0.1, 0.49, 0.5, 0.51, 0.99, 1.0, 40.0])
def test_reading_and_writing_judge_alike(tmp_path, peak):
    sound = np.zeros(50, dtype=np.float32)
    sound[20] = -peak * STEP
    kept = np.round(sound.astype(float) * FULL_SCALE).astype(np.int16)
    assert is_silent(sound) == (not kept.any()) == (peak <= 0.5)
    assert steps(sound).tolist() == kept.tolist()
    writing = CorpusWriter(tmp_path / "c", ["a"], 8000, 50)
    if peak <= 0.5:
        with pytest.raises(InputError, match="clip x is silent"), writing as writer:
            writer.add("x", sound, "a", "train")
    else:
        with writing as writer:
            writer.add("x", sound, "a", "train")
        assert Corpus(tmp_path / "c").samples[0].tolist() == kept.tolist()
