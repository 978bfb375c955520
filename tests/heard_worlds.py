"""Small corpora for networks that hear waveforms, and how such networks are trained."""

from pathlib import Path

import numpy as np
from literal_deconvnet import WIDTHS

from tonotopy.corpora.schema import Corpus
from tonotopy.corpora.writer import CorpusWriter
from tonotopy.training.fit import train

RATE, SAMPLES = 8000, 2400
PITCHES = {"low": 300.0, "mid": 900.0, "high": 2500.0}
TRAINING = {"epochs": 3, "batch": 8, "learning_rate": 3e-3}
SETTINGS = {
    "architecture": "cnn12",
    "arguments": {"widths": list(WIDTHS), "embedding": 6, "dropout": 0.2},
    "front_end": {"kind": "waveform", "rate": RATE},
    "training": TRAINING,
}


def heard_corpus(path: Path, per_split=(22, 9, 5), tags=False, rate=RATE) -> Corpus:
    """Noisy tones; with tags one or two of them in a clip."""
    rng = np.random.default_rng(0)
    names, time = list(PITCHES), np.arange(round(SAMPLES * rate / RATE)) / rate
    with CorpusWriter(path, names, rate, len(time), tags=tags) as writer:
        for split, count in zip(("train", "validation", "test"), per_split, strict=True):
            for i in range(count):
                first = int(rng.integers(3))
                own = [names[first]] if i % 3 else sorted([names[first], names[first - 1]])
                own = own if tags else own[:1]
                sound = rng.normal(0, 0.03, len(time))
                for name in own:
                    sound += 0.3 * np.sin(2 * np.pi * PITCHES[name] * time + rng.uniform(0, 6))
                writer.add(f"{split}{i}", sound, own if tags else own[0], split)
    return Corpus(path)


def learned(corpus: Corpus, place: Path, settings=SETTINGS, seed=0, start=None, **training):
    """Train in a folder; return the history and the folder of the bundle."""
    settings = {**settings, "training": {**settings["training"], **training}}
    folders = (place / name for name in ("network", "checkpoints", "logs"))
    history = train(corpus, settings, *folders, seed, "cpu", start=start)
    return history, place / "network"
