"""Small worlds that several tests share: a corpus that is quick to learn, tables of a study."""

import hashlib
import io
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
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
    "augmentation": {"time_mask": {"range": [2, 4], "p": 0.5}},
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


PAIRS = [{"concept": "violin", "target": ["classical"]}, {"concept": "guitar", "target": ["rock"]}]
CLASSES = ("classical", "pop", "rock")
CONCEPTS = ("guitar", "piano", "violin")
SETTINGS = {"pairs": PAIRS, "flat": "piano", "slope_range": 0.1, "sweeps": ["test"]}


def steering_tables(folder: Path, effect: float = 2.0, clips: int = 90, seed: int = 0) -> Path:
    """Write the tables of a steering study in which each pair acts with a known slope.

    Adding a pair's vector moves its class by ``effect`` per unit of lambda, half as much for the
    class's own clips under +, twice as much under -; everything else is noise around 0.
    """
    rng = np.random.default_rng(seed)
    folder.mkdir(parents=True, exist_ok=True)
    labels = np.array(CLASSES)[np.arange(clips) % 3]
    names = [f"c{i}" for i in range(clips)]
    planted = {(p["concept"], p["target"][0]) for p in PAIRS}

    def slope(concept, label, vectors="concept"):
        known = effect if (concept, label) in planted and vectors == "concept" else 0.0
        return known + rng.normal(0, 0.2, clips)

    rows, sweeps = [], []
    for sweep, kinds in {"test": ["concept"], "controls": ["random", "shuffled", "untrained"],
                         "layers": ["concept"], "unseen": ["concept"]}.items():  # fmt: skip
        for vectors in kinds:
            for layer in range(3) if sweep == "layers" else [-1]:
                for concept in CONCEPTS:
                    for label in CLASSES:
                        found = slope(concept, label, vectors) * (layer / 2 if layer >= 0 else 1)
                        rows.append(pd.DataFrame({
                            "vectors": vectors, "layer": layer, "concept": concept, "class": label,
                            "clip": names, "label": labels, "slope": found, "sweep": sweep,
                        }))  # fmt: skip
    for concept in CONCEPTS:
        for label in CLASSES:
            own = labels == label
            for strength in (-0.1, -0.05, 0.0, 0.05, 0.1):
                share = np.where(own, 0.5, 1.0) if strength > 0 else np.where(own, 2.0, 1.0)
                known = effect * ((concept, label) in planted)
                p = 0.3 + 0.3 * own + known * strength * share * 0.3 + rng.normal(0, 0.005, clips)
                sweeps.append(pd.DataFrame({
                    "vectors": "concept", "layer": -1, "concept": concept, "strength": strength,
                    "clip": names, "label": labels, "class": label, "probability": p,
                    "collapsed": False,
                }))  # fmt: skip
    by_clip = pd.concat(rows, ignore_index=True)
    by_clip.to_parquet(folder / "clip_slopes.parquet")
    pd.concat(sweeps, ignore_index=True).to_parquet(folder / "sweep-test.parquet")
    _matrix(by_clip, planted).to_parquet(folder / "slopes.parquet")
    _probe_tables(folder, rng, labels, names)
    return folder


def _matrix(by_clip, planted) -> pd.DataFrame:
    one = by_clip[by_clip["sweep"] == "test"]
    matrix = one.groupby(["concept", "class"])["slope"].mean().rename("estimate").reset_index()
    keys = zip(matrix["concept"], matrix["class"], strict=True)
    planted = [key in planted for key in keys]
    return matrix.assign(low=matrix["estimate"] - 0.1, high=matrix["estimate"] + 0.1, p=0.01,
                         p_adjusted=0.02, n=90, planted=planted)  # fmt: skip


def _probe_tables(folder, rng, labels, names) -> None:
    right = rng.random(len(labels)) < 0.8
    guessed = np.where(right, labels, rng.permutation(labels))
    parts = [
        pd.DataFrame({"role": role, "clip": names, "label": labels, "predicted": guessed,
                      "probability": 0.8})
        for role in ("test", "unseen", "validation")
    ]  # fmt: skip
    pd.concat(parts, ignore_index=True).to_parquet(folder / "predictions.parquet")
    accuracy = {"trained": (0.5, 0.9, 0.7), "untrained": (0.4, 0.4, 0.4), "shuffled": (0.5,) * 3}
    predictions, scores, agreement, cosines = [], [], [], []
    for vectors, levels in accuracy.items():
        for layer, level in enumerate(levels):
            told = np.where(rng.random(len(labels)) < level, labels, rng.permutation(labels))
            predictions.append(pd.DataFrame({"vectors": vectors, "layer": layer, "clip": names,
                                             "label": labels, "predicted": told}))  # fmt: skip
            for concept in CONCEPTS:
                agreement.append((vectors, concept, layer, 0.95 - 0.01 * layer))
                for seed in range(4):
                    value = level + rng.normal(0, 0.01)
                    scores.append((vectors, concept, layer, seed, value))
    for seed in range(4):
        for concept in CONCEPTS:
            for label in CLASSES:
                for layer in range(3):
                    cosines.append((seed, concept, label, layer, 0.6 - 0.2 * layer))
    tables = {
        "probe_scores": (scores, ["vectors", "concept", "layer", "seed", "macro_f1"]),
        "agreement": (agreement, ["vectors", "concept", "layer", "cosine"]),
        "cosines": (cosines, ["seed", "concept", "class", "layer", "cosine"]),
    }
    pd.concat(predictions, ignore_index=True).to_parquet(folder / "probe_predictions.parquet")
    for name, (rows, columns) in tables.items():
        pd.DataFrame(rows, columns=columns).to_parquet(folder / f"{name}.parquet")


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
                    wave = 0.3 * np.sin(np.arange(3000) * (0.1 + 0.1 * digit + 0.01 * take))
                    soundfile.write(sound, wave, 8000, format="WAV")
                    rows.append(f"{hashlib.sha256(sound.getvalue()).hexdigest()}  {name}")
                    packed.writestr(f"free-spoken-digit-dataset-1.0.10/{name}", sound.getvalue())
        packed.writestr("free-spoken-digit-dataset-1.0.10/utils/unlisted.py", "raise SystemExit")
    sums.write_text("\n".join(rows) + "\n")
