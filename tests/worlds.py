"""Small worlds that several tests share: a corpus that is quick to learn, tables of studies."""

import hashlib
import io
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import soundfile

from tonotopy.corpora.schema import Corpus
from tonotopy.corpora.writer import CorpusWriter
from tonotopy.probes.profiles import centre_interval

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
    noise = np.random.default_rng(1)
    for vectors, levels in accuracy.items():
        for layer, level in enumerate(levels):
            told = np.where(rng.random(len(labels)) < level, labels, rng.permutation(labels))
            predictions.append(pd.DataFrame({"vectors": vectors, "layer": layer, "clip": names,
                                             "label": labels, "predicted": told}))  # fmt: skip
            for concept in CONCEPTS:
                agreement.append((vectors, concept, layer, 0.95 - 0.01 * layer))
                for seed in range(8):
                    value = level + noise.normal(0, 0.01)
                    scores.append((vectors, concept, layer, seed, value))
    for seed in range(8):
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


TASKS = {
    "note": {"corpus": "note", "level": "low"},
    "consonant": {"corpus": "consonant", "level": "low"},
    "keyword": {"corpus": "keyword", "level": "mid"},
    "instrument": {"corpus": "solos", "level": "mid"},
    "genre": {"corpus": "genre_clips", "level": "high"},
    "speakers": {"corpus": "speakers", "level": "high"},
}
TASK_CLASSES = {"note": 12, "consonant": 23, "keyword": 35, "instrument": 7, "genre": 10,
                "speakers": 11}  # fmt: skip
HIERARCHY = {
    "networks": ["vggish", "clap", "mobilenet", "ast"],
    "tasks": TASKS,
    "ks": [1, 5, 20],
    "folds": ["paper", "grouped"],
    "second": 1.0,
    "inverse_penalty": 10.0,
    "tagging": "events",
}
_FALL, _PEAK2, _PEAK3 = (
    [0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2],
    [0.4, 0.5, 0.8, 0.6, 0.5, 0.4, 0.3],
    [0.3, 0.4, 0.5, 0.8, 0.6, 0.5, 0.3],
)
_CNN = {
    "note": _FALL,
    "consonant": _PEAK2,
    "keyword": _PEAK3,
    "instrument": [0.3, 0.35, 0.4, 0.7, 0.72, 0.75, 0.9],
    "genre": [0.2, 0.25, 0.3, 0.4, 0.5, 0.6, 0.7],
    "speakers": [0.1, 0.1, 0.15, 0.2, 0.3, 0.5, 0.4],
}
_BUMP = [0.4, 0.45, 0.5, 0.55, 0.6, 0.8, 0.6, 0.4, 0.4, 0.6, 0.65, 0.7]
RATES = {  # the thesis's profiles in rough strokes: accuracy per layer at the best k
    "clap": _CNN,
    "mobilenet": {**_CNN, "instrument": [0.3, 0.6, 0.62, 0.65, 0.7, 0.75, 0.9]},
    "vggish": {**_CNN, "keyword": _FALL, "instrument": [0.4, 0.35, 0.3, 0.3, 0.3, 0.3, 0.6],
               "genre": [0.3, 0.2, 0.2, 0.15, 0.15, 0.12, 0.6],
               "speakers": [0.2, 0.1, 0.1, 0.1, 0.1, 0.1, 0.5]},
    "ast": {"note": np.linspace(0.8, 0.25, 12).round(2).tolist(), "consonant": _BUMP,
            "keyword": _BUMP,
            "instrument": [0.4, 0.45, 0.5, 0.6, 0.75, 0.8, 0.8, 0.7, 0.7, 0.8, 0.85, 0.9],
            "genre": [0.2, 0.25, 0.3, 0.4, 0.5, 0.6, 0.6, 0.55, 0.55, 0.6, 0.65, 0.7],
            "speakers": [0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.45, 0.45, 0.5, 0.5, 0.5]},
}  # fmt: skip
VARIANTS = {  # what differs from trained, whole clips, paper folds, knn: added to every accuracy
    "trained": ({}, 0.0),
    "untrained": ({"copy": "untrained"}, -0.15),
    "second": ({"length": "second"}, -0.05),
    "grouped": ({"folds": "grouped"}, -0.02),
    "linear": ({"probe": "linear"}, 0.03),
    "shuffled": ({"labels": "shuffled"}, None),
}


def hierarchy_tables(
    folder: Path, flat: float | None = None, clips: int = 200, seed: int = 0
) -> Path:
    """Write the tables of a hierarchy study with known accuracies.

    At k = 5 (and the linear probe) every layer's accuracy is RATES plus what VARIANTS adds, but at
    least chance, rounded to whole clips; k = 1 and 20 are .03 and .06 below. Which clips are right
    is drawn anew for every row. With ``flat`` all trained accuracies are that number.
    """
    rng = np.random.default_rng(seed)
    folder.mkdir(parents=True, exist_ok=True)
    correct = pd.DataFrame([row for network in RATES for task in TASKS
                            for row in _profile_rows(rng, network, task, flat, clips)])  # fmt: skip
    correct.to_parquet(folder / "correct.parquet")
    profiles, centres = _profiles(correct), _centres(correct[correct["k"].isin([0, 5])])
    profiles.to_parquet(folder / "profiles.parquet")
    centres.to_parquet(folder / "centres.parquet")
    _tagging(rng, clips).to_parquet(folder / "tagging.parquet")
    _hierarchy_controls(rng, clips).to_parquet(folder / "controls.parquet")
    folds = [(task, kind, 0 if task in ("note", "speakers") else 40,
              0 if kind == "grouped" or task in ("note", "speakers", "instrument") else 30)
             for task in TASKS for kind in HIERARCHY["folds"]]  # fmt: skip
    columns = ["task", "folds", "groups", "split_groups"]
    pd.DataFrame(folds, columns=columns).to_parquet(folder / "folds.parquet")
    return folder


def _profile_rows(rng, network, task, flat, clips) -> list[dict]:
    rates, chance, rows = RATES[network][task], 1 / TASK_CLASSES[task], []
    for changes, shift in VARIANTS.values():
        if changes.get("length") and task == "keyword":
            continue
        keys = {"network": network, "family": network, "task": task,
                "level": TASKS[task]["level"], "classes": TASK_CLASSES[task], "seconds": 2.5,
                "copy": "trained", "length": "whole", "folds": "paper", "probe": "knn",
                "labels": "true", **changes}  # fmt: skip
        ks = {0: 0.0} if keys["probe"] == "linear" else {1: -0.03, 5: 0.0, 20: -0.06}
        for position, rate in enumerate(rates):
            for k, lost in ks.items():
                known = rate if flat is None or keys["copy"] == "untrained" else flat
                level = chance if shift is None else max(chance, known + shift + lost)
                right = np.arange(clips) < round(level * clips)
                layer = f"layer{position + 1}" if network == "ast" else (
                    f"conv{position + 1}" if position < 6 else "fc1")  # fmt: skip
                rows.append({**keys, "layer": layer, "position": position, "dims": 100, "k": k,
                             "correct": rng.permutation(right).tolist()})  # fmt: skip
    return rows


def _profiles(correct) -> pd.DataFrame:
    accuracy = correct["correct"].map(np.mean)
    clips = correct["correct"].map(len)
    error = 1.96 * np.sqrt(accuracy * (1 - accuracy) / clips)
    last = correct.groupby(["network", "task"])["position"].transform("max")
    return correct.drop(columns="correct").assign(
        depth=correct["position"] / last, accuracy=accuracy, low=accuracy - error,
        high=accuracy + error, chance=1 / correct["classes"], clips=clips,
    )  # fmt: skip


def _centres(correct) -> pd.DataFrame:
    keys = ["network", "family", "task", "level", "classes", "copy", "length", "folds", "probe",
            "k"]  # fmt: skip
    rows = []
    for values, part in correct[correct["labels"] == "true"].groupby(keys, sort=False):
        found = centre_interval(
            np.stack(part.sort_values("position")["correct"].to_list()),
            1 / values[keys.index("classes")], 100, 0.95, 0, values[keys.index("task")],
        )  # fmt: skip
        rows.append({**dict(zip(keys, values, strict=True)), "value": found.value,
                     "low": found.low, "high": found.high, "defined": found.defined})  # fmt: skip
    return pd.DataFrame(rows).drop(columns="classes")


def _tagging(rng, clips) -> pd.DataFrame:
    parts = []
    target = rng.random((clips, 8)) < 0.1
    for network in HIERARCHY["networks"]:
        for copy, told in (("trained", 1.0), ("untrained", 0.0)):
            score = told * target + rng.normal(0, 0.5, target.shape)
            for c in range(8):
                parts.append(pd.DataFrame({
                    "network": network, "family": network, "copy": copy,
                    "clip": [f"c{i}" for i in range(clips)], "class": f"class {c}",
                    "target": target[:, c], "score": score[:, c],
                }))  # fmt: skip
    return pd.concat(parts, ignore_index=True)


def _hierarchy_controls(rng, clips) -> pd.DataFrame:
    parts = []
    for task, classes in TASK_CLASSES.items():
        constant = np.arange(clips) % classes == 0
        identity = rng.random(clips) < 0.5
        for control, right, reference in (("constant", constant, None),
                                          ("identity", identity, identity)):  # fmt: skip
            parts.append(pd.DataFrame({
                "control": control, "task": task, "classes": classes,
                "clip": [f"c{i}" for i in range(clips)], "correct": right,
                "reference": pd.array([None] * clips if reference is None else reference,
                                      dtype="boolean"),
            }))  # fmt: skip
    return pd.concat(parts, ignore_index=True)


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
