"""Small worlds that several tests share: a corpus that is quick to learn, a public archive."""

import hashlib
import io
import zipfile
from pathlib import Path

import numpy as np
import soundfile

from tonotopy.corpora.schema import Corpus
from tonotopy.corpora.writer import CorpusWriter

RATE, SECONDS = 4000, 0.25
TONES = {"low": 300.0, "mid": 800.0, "high": 1600.0}
NETWORK = {
    "architecture": "ast",
    "arguments": {"patch": [16, 2], "stride": [16, 2], "width": 16, "depth": 2, "heads": 2},
    "front_end": {"rate": RATE, "n_fft": 128, "hop_ms": 10.0, "mels": 16, "frames": 25},
    "training": {"epochs": 4, "batch": 8, "learning_rate": 3e-3, "schedule": "one_cycle"},
    "augmentation": [{"transform": "time_mask", "range": [2, 4], "p": 0.5}],
}


def tone_corpus(path: Path, per_split=(48, 18, 18)) -> Corpus:
    """Three classes of noisy tones: any sound network tells them apart in a few epochs."""
    rng = np.random.default_rng(0)
    with CorpusWriter(path, list(TONES), RATE, round(RATE * SECONDS)) as writer:
        for split, count in zip(("train", "validation", "test"), per_split, strict=True):
            for i in range(count):
                label = list(TONES)[i % 3]
                phase = 2 * np.pi * TONES[label] * np.arange(writer.length) / RATE
                noise = rng.normal(0, 0.05, writer.length)
                sound = 0.5 * np.sin(phase + rng.uniform(0, 6)) + noise
                writer.add(f"{split}-{i}", np.clip(sound, -1, 1), label, split)
    return Corpus(path)


def digits_replica(archive: Path, sums: Path) -> None:
    """Write a small archive in the spoken digits' layout, with a file that nobody listed.

    2 digits x 2 speakers x 12 takes; ``sums`` gets the sha256 of every recording.
    """
    rows = []
    for path in (archive, sums):
        path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(archive, "w") as packed:
        for digit in range(2):
            for speaker in ("george", "theo"):
                for take in range(12):
                    name, sound = f"recordings/{digit}_{speaker}_{take}.wav", io.BytesIO()
                    step = 0.1 + 0.1 * digit + 0.007 * take + 0.003 * len(speaker)
                    wave = 0.3 * np.sin(np.arange(3000) * step)  # no other recording has it
                    soundfile.write(sound, wave, 8000, format="WAV")
                    rows.append(f"{hashlib.sha256(sound.getvalue()).hexdigest()}  {name}")
                    packed.writestr(f"free-spoken-digit-dataset-1.0.10/{name}", sound.getvalue())
        packed.writestr("free-spoken-digit-dataset-1.0.10/utils/unlisted.py", "raise SystemExit")
    sums.write_text("\n".join(rows) + "\n")
