"""For any length, rate, format and number of channels a clip is the middle of the whole file."""

import numpy as np
import pytest
import soundfile
import soxr
from odd_sounds import noise, put, without_announcement

from tonotopy.corpora import recordings
from tonotopy.corpora.audio import read_clip, read_slices
from tonotopy.corpora.recordings import Recording

KINDS = (  # suffix, format, encoding
    *(("wav", "WAV", e) for e in ("PCM_16", "PCM_24", "FLOAT", "ULAW", "MS_ADPCM")),
    *(("flac", "FLAC", e) for e in ("PCM_16", "PCM_24")),
    *(("ogg", "OGG", e) for e in ("VORBIS", "OPUS")),
    *(("aiff", "AIFF", e) for e in ("PCM_16", "DOUBLE")),
    *(("caf", "CAF", e) for e in ("PCM_16", "ALAC_16")),
    *((kind.lower(), kind, "PCM_16") for kind in ("W64", "RF64", "AU")),
    ("mp3", "MP3", "MPEG_LAYER_III"),
)
OWN = {"OPUS": (8000, 16000, 48000), "MPEG_LAYER_III": (16000, 32000, 44100)}
SEEDS = 8  # files of every kind


def middle(samples: np.ndarray, length: int, pad: str) -> np.ndarray:
    if len(samples) >= length:
        begin = (len(samples) - length) // 2
        return samples[begin : begin + length]
    clip = np.zeros(length)
    begin = (length - len(samples)) // 2 if pad == "both" else 0
    clip[begin : begin + len(samples)] = samples
    return clip


@pytest.mark.parametrize(("suffix", "kind", "encoding"), KINDS)
@pytest.mark.parametrize("seed", range(SEEDS))
@pytest.mark.parametrize("long", [False, True])
def test_a_clip_is_the_middle_of_all_that_is_decoded(
    tmp_path, monkeypatch, suffix, kind, encoding, seed, long
):
    """As long ones count those of which too much would have to be kept in memory."""
    rng = np.random.default_rng([seed, KINDS.index((suffix, kind, encoding))])
    own = int(rng.choice(OWN.get(encoding, (8000, 11025, 22050, 44100, 48000))))
    rate = int(rng.choice((own, 8000, 16000, 22050)))
    channels = int(rng.choice((1, 2) if encoding == "MPEG_LAYER_III" else (1, 2, 3)))
    channels = min(channels, 2) if encoding in ("MS_ADPCM", "OPUS") else channels
    frames = int(rng.integers(own // 10, 2 * own))
    samples = np.stack([noise(frames, seed + c) for c in range(channels)], axis=1)
    path = put(tmp_path, f"x.{suffix}", samples, own, format=kind, subtype=encoding)
    if long:
        monkeypatch.setattr(recordings, "KEPT", 100)
        monkeypatch.setattr(recordings, "BLOCK", int(rng.integers(500, 5000)))
    whole, found_rate = soundfile.read(path, dtype="float32", always_2d=True)
    assert found_rate == own and Recording(path).frames == len(whole)
    mono = whole.astype(np.float64).mean(axis=1)
    mono = mono if own == rate else soxr.resample(mono, own, rate, "HQ")
    length, pad = int(rng.integers(1, 2 * rate)), str(rng.choice(("right", "both")))
    clip = read_clip(path, rate, length, pad).samples
    assert clip.shape == (length,) and clip.dtype == np.float32
    np.testing.assert_allclose(clip, middle(mono, length, pad), atol=3e-4)
    slices = int(rng.integers(1, 5))
    part = len(mono) // slices
    wanted = rng.permutation(slices)
    for number, sound in zip(wanted, read_slices(path, rate, part, slices, wanted), strict=True):
        begin = int(number) * len(mono) // slices
        np.testing.assert_allclose(sound.samples, mono[begin : begin + part], atol=3e-4)


@pytest.mark.parametrize("rate", [32000, 44100, 48000])
@pytest.mark.parametrize("variable", [True, False])
def test_an_mp3_is_the_same_with_and_without_its_announcement(tmp_path, rate, variable):
    """But for the encoder's delay, which nothing else tells."""
    mode = {"bitrate_mode": "VARIABLE" if variable else "CONSTANT", "compression_level": 0.4}
    path = put(tmp_path, "x.mp3", noise(3 * rate), rate, **mode)
    told, _ = soundfile.read(path)
    path.write_bytes(without_announcement(path.read_bytes()))
    (found,) = Recording(path).parts([(0, 4 * rate)])
    delay = next(
        d for d in range(3000) if np.allclose(found[d : d + 2000, 0], told[:2000], atol=1e-3)
    )
    assert 500 < delay < 2500
    np.testing.assert_allclose(found[delay : delay + len(told), 0], told, atol=1e-3)


def test_what_lies_beyond_the_end_of_a_recording_is_left_out(tmp_path):
    for name in ("x.wav", "x.ogg"):
        recording = Recording(put(tmp_path, name, noise(1000)))
        assert [len(p) for p in recording.parts([(900, 1100), (2000, 2100)])] == [100, 0]
        assert recording.frames == 1000
        assert [len(p) for p in recording.parts([(900, 1100), (2000, 2100)])] == [100, 0]
