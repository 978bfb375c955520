"""A user's files, decoded once: what is bad is told and stops nothing."""

import json
from pathlib import Path

import numpy as np
import pytest
import soundfile

from tonotopy.corpora.audio import read_audio, read_beginning
from tonotopy.errors import InputError
from tonotopy.listening.reading import PLAYED, decoded_file, read_sounds

RATE = 11025


def noise(seconds: float, rate: int = RATE, channels: int = 1, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return rng.uniform(-0.5, 0.5, (round(seconds * rate), channels)).astype(np.float32)


def listed(path: Path, **written) -> dict:
    for name, (samples, rate) in written.items():
        soundfile.write(path / f"{name}.wav", samples, rate, "FLOAT")
    files = sorted(path.glob("*.wav"))
    return [{"path": str(file), "name": file.name, "slug": file.stem} for file in files]


@pytest.fixture
def sources(tmp_path):
    (tmp_path / "in").mkdir()
    return tmp_path / "in"


def read(sources, files, seconds=60.0):
    root = sources.parent
    bad = read_sounds(root / "sounds", root / "whole", files, seconds)
    return bad, json.loads((root / "whole/files.json").read_text())["files"]


def test_beginnings_are_mono_at_the_files_own_rate(sources):
    samples = noise(0.5, channels=2)
    (file,) = listed(sources, one=(samples, RATE))
    sound, rate = read_beginning(file["path"], 0.2)
    assert rate == RATE and sound.shape == (2205,)
    np.testing.assert_allclose(sound, samples.mean(axis=1)[:2205], atol=1e-6)
    np.testing.assert_array_equal(
        read_beginning(file["path"], 9.0)[0], read_audio(file["path"], RATE)
    )


def test_what_comes_after_the_beginning_is_not_looked_at(sources):
    samples = noise(0.5)
    samples[-1] = np.nan
    (file,) = listed(sources, one=(samples, RATE))
    assert len(read_beginning(file["path"], 0.4)[0]) == 4410
    with pytest.raises(InputError, match="not finite"):
        read_beginning(file["path"], 1.0)


def test_bad_files_are_told_and_the_others_are_read(sources, capsys):
    (sources / "a.wav").write_text("no sound at all")
    (sources / "d.wav").write_bytes(b"")
    files = listed(sources, b=(noise(0.3), RATE), c=(np.zeros((400, 1)), RATE))
    bad, entries = read(sources, files)
    assert bad == 3
    assert [entry["fault"] is None for entry in entries] == [False, True, False, False]
    assert "cannot be read as audio" in entries[0]["fault"] and entries[2]["fault"] == "is silent"
    assert not any(str(sources) in (entry["fault"] or "") for entry in entries)
    told = capsys.readouterr().out
    assert "bad file 'a.wav'" in told and "bad file 'd.wav'" in told and "'b.wav'" not in told
    assert [path.name for path in (sources.parent / "sounds").iterdir()] == ["1.wav"]


def test_sounds_keep_their_rate_and_what_exceeds_full_scale_is_scaled(sources):
    samples = noise(0.4, 48000) * 5
    files = listed(sources, loud=(samples, 48000))
    _, (entry,) = read(sources, files, seconds=0.25)
    assert entry["seconds"] == 0.25
    sound, rate = soundfile.read(sources.parent / "sounds" / decoded_file(0), dtype="float32")
    kept = samples[:12000, 0]
    assert rate == 48000
    np.testing.assert_allclose(sound, kept / np.abs(kept).max(), atol=1e-6)


@pytest.mark.parametrize(("rate", "played"), [(RATE, RATE), (48000, PLAYED)])
def test_pages_play_whole_files_at_a_moderate_rate(rate, played, sources):
    _, (entry,) = read(sources, listed(sources, one=(noise(1.5, rate), rate)))
    shown = entry["exhibit"]
    (track,) = shown["tracks"]
    folder = sources.parent / "whole" / shown["folder"]
    info = soundfile.info(folder / track["audio"])
    assert (info.samplerate, info.subtype) == (played, "PCM_16")
    assert info.duration == pytest.approx(1.5, abs=1e-3) == shown["seconds"]
    assert (folder / track["picture"]).is_file() and shown["title"] == "one.wav"


def test_sounds_of_a_few_samples_are_heard(sources):
    bad, (entry,) = read(sources, listed(sources, tiny=(np.array([[0.1], [-0.2]]), 44100)))
    assert bad == 0 and entry["exhibit"]["seconds"] > 0
