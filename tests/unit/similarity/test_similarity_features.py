"""Hand-made features against their definitions, and sounds whose features are known."""

import librosa
import numpy as np
import pyloudnorm
import pytest
import torch

from tonotopy.frontends import registry as front_ends
from tonotopy.frontends.bands import band_centres
from tonotopy.similarity.features import (
    CHROMA,
    CURVES,
    KINDS,
    QUIETEST,
    SCALARS,
    SPECTRA,
    Columns,
    columns_of,
    describe,
    described,
    fitted,
    k_weighted,
    level,
    momentary_loudness,
    separated,
)

RATE, HOP, NUMBER = 16000, 320, 80
COLUMNS = Columns(RATE, HOP, NUMBER, 512)
ALL = ("sounds", *CHROMA, *CURVES, *SCALARS)
TIME = np.arange(round(1.5 * RATE)) / RATE


def tone(hertz, amplitude=0.3):
    return (amplitude * np.sin(2 * np.pi * hertz * TIME)).astype(np.float32)


def clicks(every=0.25):
    sound = np.zeros(len(TIME), np.float32)
    rng = np.random.default_rng(0)
    for at in np.arange(0.2, 1.4, every):
        begin = round(at * RATE)
        sound[begin : begin + 80] = rng.uniform(-0.5, 0.5, 80)
    return sound


@pytest.fixture(scope="module")
def both():
    return describe(tone(440.0) + clicks(), COLUMNS, ALL)


def test_shapes_and_kinds(both):
    assert {name: values.shape for name, values in both.items()} == {
        "harmonic": TIME.shape,
        "percussive": TIME.shape,
        **dict.fromkeys(CHROMA, (12, NUMBER)),
        **dict.fromkeys(CURVES, (1, NUMBER)),
        **dict.fromkeys(SCALARS, (1,)),
    }
    assert all(values.dtype == np.float32 for values in both.values())
    assert {
        kind: [n for n, own in KINDS.items() if own == kind] for kind in set(KINDS.values())
    } == {
        "spectrum": list(SPECTRA),
        "chroma": list(CHROMA),
        "curve": list(CURVES),
    }


def test_only_what_is_wanted():
    assert set(describe(tone(300.0), COLUMNS, ("rms", "level"))) == {"rms", "level"}


def test_a_tone_and_clicks_come_apart(both):
    tones, hits = tone(440.0), clicks()
    for name, own, other in (("harmonic", tones, hits), ("percussive", hits, tones)):
        assert np.corrcoef(both[name], own)[0, 1] > 0.9
        assert abs(np.corrcoef(both[name], other)[0, 1]) < 0.3
    harmonic, percussive = separated(tones + hits, 512)
    np.testing.assert_allclose(both["harmonic"], harmonic)
    expected = librosa.effects.hpss(tones + hits, n_fft=512, hop_length=256)
    np.testing.assert_allclose(percussive, expected[1])


@pytest.mark.parametrize("hertz, pitch", [(440.0, 9), (261.63, 0), (370.0, 6)])
def test_chroma_of_a_note(hertz, pitch):
    found = describe(tone(hertz), COLUMNS, CHROMA)
    for name in CHROMA:
        inside = found[name][:, 5:60]
        assert (inside.argmax(axis=0) == pitch).all() and inside.max() <= 1.01, name
        assert (found[name][:, 76:] == 0).all()  # the clip has 75 columns and the one at its end


@pytest.mark.parametrize("name", CHROMA)
@pytest.mark.parametrize("sharp, pitch", [(0.4, 9), (-0.4, 9), (0.6, 10)])
def test_chroma_is_of_the_scale_in_which_a_is_440_hz(name, sharp, pitch):
    found = describe(tone(440.0 * 2 ** (sharp / 12)), COLUMNS, (name,))
    assert np.median(found[name][:, 5:60].argmax(axis=0)) == pitch


def test_root_mean_square_in_decibels():
    found = describe(tone(500.0, 0.5), COLUMNS, ("rms",))["rms"][0]
    np.testing.assert_allclose(found[10:60], 20 * np.log10(0.5 / np.sqrt(2)), atol=0.05)
    assert found[78] == pytest.approx(-100.0)


def test_loudness_is_the_level_of_the_weighted_sound():
    sound = tone(997.0, 1.0) * np.linspace(0.1, 1, len(TIME)).astype(np.float32)
    found = momentary_loudness(sound, COLUMNS)
    assert found.shape == (1, 75)
    weighted = k_weighted(sound, RATE)
    for column in (0, 3, 40, 74):
        middle, half = column * HOP, round(0.2 * RATE)
        power = np.mean(weighted[max(0, middle - half) : middle + half] ** 2)
        assert found[0, column] == pytest.approx(-0.691 + 10 * np.log10(power), abs=1e-6)
    steady = momentary_loudness(tone(997.0, 1.0), COLUMNS)[0, 30]
    assert steady == pytest.approx(-3.01, abs=0.15)  # the standard's own calibration


def test_level_is_pyloudnorms_and_never_below_the_gate():
    sound = tone(600.0, 0.2)
    expected = pyloudnorm.Meter(RATE).integrated_loudness(sound.astype(float))
    assert level(sound, RATE) == pytest.approx(expected)
    short = sound[: round(0.1 * RATE)]
    assert level(short, RATE) == pytest.approx(expected, abs=1.0)
    assert level(np.zeros(RATE, np.float32), RATE) == QUIETEST == -70.0


def test_onsets_are_counted_per_second():
    found = describe(clicks(0.25), COLUMNS, ("onsets", "onset_rate"))
    assert found["onset_rate"][0] == pytest.approx(5 / 1.5, abs=0.8)
    strong = np.flatnonzero(found["onsets"][0] > 0.5 * found["onsets"].max())
    hits = np.arange(0.2, 1.4, 0.25) * RATE / HOP
    assert all(np.abs(hits - column).min() <= 3 for column in strong)
    steady = describe(tone(440.0), COLUMNS, ("onset_rate",))["onset_rate"][0]
    assert steady < found["onset_rate"][0]


def test_silence_has_features_too():
    found = describe(np.zeros(len(TIME), np.float32), COLUMNS, ALL)
    for name, values in found.items():
        assert np.isfinite(values).all(), name
    assert (found["loudness"] == -70).all() and (found["chroma_cqt"] == 0).all()
    assert found["rms"] == pytest.approx(-100) and found["onset_rate"] == 0


def test_short_clips_have_features_too():
    found = describe(tone(900.0)[:1200], COLUMNS, ALL)
    assert all(np.isfinite(values).all() for values in found.values())
    assert found["harmonic"].shape == (1200,)


def test_columns_are_cut_or_filled_with_silence():
    values = np.arange(6.0).reshape(2, 3)
    assert fitted(values, 2, -9.0).tolist() == [[0, 1], [3, 4]]
    assert fitted(values, 4, -9.0).tolist() == [[0, 1, 2, -9], [3, 4, 5, -9]]


def test_processes_change_nothing():
    sounds = [tone(50.0 * n) for n in range(4, 13)] + [clicks()]  # more than are taken together
    wanted = (*CHROMA, "rms")
    one, two = (described(sounds, COLUMNS, wanted, n) for n in (1, 2))
    alone = [describe(sound, COLUMNS, wanted) for sound in sounds]
    assert len(one) == len(two) == 10
    for values in zip(one, two, alone, strict=True):
        for name in wanted:
            np.testing.assert_allclose(values[0][name], values[1][name], atol=1e-6)
            np.testing.assert_allclose(values[0][name], values[2][name], atol=1e-6)


FRONT_ENDS = [
    ({"kind": "log_mel", "rate": 8000, "n_fft": 512, "hop_ms": 20.0, "mels": 30, "frames": 20},
     (160, 512)),
    ({"kind": "log10_mel", "rate": 8000, "window": 400, "hop": 150, "mels": 30, "frames": 20,
      "high_hz": 4000.0}, (150, 512)),
    ({"kind": "kaldi", "rate": 8000, "mels": 30, "frames": 20}, (80, 256)),
    ({"kind": "panns", "rate": 8000, "n_fft": 512, "hop": 100, "mels": 30, "high_hz": 3800.0},
     (100, 512)),
    ({"kind": "vggish", "rate": 8000, "mels": 30, "high_hz": 3800.0, "n_fft": 512}, (160, 512)),
    ({"kind": "efficientat", "rate": 8000, "n_fft": 512, "window": 400, "hop": 100, "mels": 30,
      "high_hz": 3800.0}, (100, 512)),
]  # fmt: skip


@pytest.mark.parametrize("settings, expected", FRONT_ENDS)
def test_axes_of_all_front_ends(settings, expected):
    """Every band answers a tone of its centre frequency most; columns are a hop apart."""
    front_end = front_ends.build(settings)
    columns = columns_of(front_end, 20)
    assert columns == (8000, expected[0], 20, expected[1])
    centres = band_centres(front_end)
    assert centres.shape == (30,) and (np.diff(centres) > 0).all()
    time = torch.arange(16000) / 8000
    for band in (14, 22, 27):
        heard = front_end(torch.sin(2 * np.pi * centres[band] * time)[None])[0]
        heard = heard.flatten(0, -3) if heard.ndim > 2 else heard
        spectrum = heard.reshape(-1, 30) if settings["kind"] == "vggish" else heard.T
        assert abs(int(spectrum[5:15].mean(dim=0).argmax()) - band) <= 1
