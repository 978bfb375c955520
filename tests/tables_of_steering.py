"""The tables of a steering study with known slopes, probes and confusions."""

from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd

PAIRS = [{"concept": "violin", "target": ["classical"]}, {"concept": "guitar", "target": ["rock"]}]
CLASSES = ("classical", "pop", "rock")
SHARES = (0, 1, 0, 2, 0, 1, 0, 2, 0, 1)  # class of every tenth clip
CONCEPTS = ("guitar", "piano", "violin")
PLANTED = {(pair["concept"], pair["target"][0]) for pair in PAIRS}
RIGHT = {"test": 0.75, "unseen": 0.5, "validation": 0.9}  # share of clips that are surely right
LEVELS = {  # how well probes of each layer do
    "trained": (0.5, 0.9, 0.7),
    "untrained": (0.4, 0.45, 0.4),
    "shuffled": (0.5, 0.5, 0.5),
}
AGREEMENT = {"guitar": 0.0, "piano": 0.03, "violin": 0.01}  # what vectors of seeds disagree
SETTINGS = {"pairs": PAIRS, "flat": "piano", "slope_range": 0.1, "sweeps": ["test"]}


NULLS = 24  # null vectors of a kind


def steering_tables(
    folder: Path, effect: float = 2.0, clips: int = 90, seed: int = 0, together: int = 1
) -> Path:
    """Write the tables of a steering study in which each pair acts with a known slope.

    Classes are of unequal size: half of the clips are classical, three tenths pop, a fifth rock.

    Adding a pair's vector moves its class by ``effect`` per unit of lambda, half as much for the
    class's own clips under +, twice as much under -; everything else is noise around 0. So many
    clips after one another are a group.
    """
    rng = np.random.default_rng(seed)
    folder.mkdir(parents=True, exist_ok=True)
    labels = np.array(CLASSES)[np.array(SHARES)[np.arange(clips) % len(SHARES)]]
    names = [f"c{i}" for i in range(clips)]
    by_clip = _slopes(rng, labels, names, effect)
    _matrix(by_clip).to_parquet(folder / "slopes.parquet")
    tables = {
        "clip_slopes": by_clip,
        "sweep-test": _sweep(rng, labels, names, effect),
        "predictions": _predictions(rng, labels, names),
        "probe_predictions": _probed(rng, labels, names),
        "probe_clips": _probe_clips(rng, labels, names),
    }
    groups = {name: f"g{number // together}" for number, name in enumerate(names)}
    for name, table in tables.items():
        table.assign(group=table["clip"].map(groups)).to_parquet(folder / f"{name}.parquet")
    _probe_tables(folder)
    return folder


SWEEPS = {
    "test": ["concept"],
    "controls": ["random", "correlated", "shuffled", "untrained"],
    "layers": ["concept"],
    "unseen": ["concept"],
    "unseen_controls": ["random", "shuffled"],
}


def _slopes(rng, labels, names, effect: float) -> pd.DataFrame:
    rows = []
    for sweep, kinds in SWEEPS.items():
        layers = range(3) if sweep == "layers" else [-1]
        vectors = CONCEPTS if "controls" not in sweep else range(NULLS)
        for kind, layer, concept, label in product(kinds, layers, vectors, CLASSES):
            planted = (concept, label) in PLANTED and kind == "concept"
            common = rng.normal(0, 0.1) * (kind != "concept")  # what a null vector does
            slope = effect * planted + common + rng.normal(0, 0.2, len(names))
            slope = slope * max(layer, 0) / 2 if layer >= 0 else slope
            own = planted * (labels == label)
            direction = {"vectors": kind, "layer": layer, "concept": str(concept), "class": label}
            clips = {"clip": names, "label": labels, "slope": slope}
            clips["odd"] = slope * 0.1 * (1 + 0.25 * own)
            clips["even"] = -0.075 * effect * own + rng.normal(0, 0.005, len(names))
            rows.append(pd.DataFrame({**direction, **clips, "reach": 0.1, "sweep": sweep}))
    return pd.concat(rows, ignore_index=True)


def _sweep(rng, labels, names, effect: float) -> pd.DataFrame:
    rows = []
    for concept, label in product(CONCEPTS, CLASSES):
        own, known = labels == label, effect * ((concept, label) in PLANTED)
        direction = {"vectors": "concept", "layer": -1, "concept": concept}
        for strength in (-0.1, -0.05, 0.0, 0.05, 0.1):
            share = np.where(own, 0.5, 1.0) if strength > 0 else np.where(own, 2.0, 1.0)
            noise = rng.normal(0, 0.005, len(names))
            p = 0.3 + 0.3 * own + known * strength * share * 0.3 + noise
            clips = {"strength": strength, "clip": names, "label": labels, "class": label}
            rows.append(pd.DataFrame({**direction, **clips, "probability": p, "collapsed": False}))
    return pd.concat(rows, ignore_index=True)


def _matrix(by_clip) -> pd.DataFrame:
    one = by_clip[by_clip["sweep"] == "test"]
    matrix = one.groupby(["concept", "class"])["slope"].mean().rename("estimate").reset_index()
    keys = zip(matrix["concept"], matrix["class"], strict=True)
    planted = [key in PLANTED for key in keys]
    return matrix.assign(
        low=matrix["estimate"] - 0.1,
        high=matrix["estimate"] + 0.1,
        p=0.01,
        p_adjusted=0.02,
        nulls=2 * NULLS,
        n=90,
        planted=planted,
    )


def _probe_clips(rng, labels, names) -> pd.DataFrame:
    """Which share of the probes tells a clip rightly, per concept and layer."""
    rows = []
    for (vectors, levels), concept in product(LEVELS.items(), CONCEPTS):
        if vectors == "shuffled":
            continue
        chosen = rng.choice(len(names), 2 * len(names) // 3, replace=False)
        positive = np.arange(len(chosen)) % 2 == 0
        for layer, level in enumerate(levels):
            right = rng.binomial(4, level, len(chosen)) / 4
            keys = {"vectors": vectors, "concept": concept, "layer": layer}
            clips = {"clip": np.array(names)[chosen], "positive": positive, "right": right}
            rows.append(pd.DataFrame({**keys, **clips}))
    return pd.concat(rows, ignore_index=True)


def _probe_tables(folder: Path) -> None:
    noise = np.random.default_rng(1)
    scores, agreement, cosines = [], [], []
    for vectors, levels in LEVELS.items():
        for layer, level in enumerate(levels):
            for concept, less in AGREEMENT.items():
                agreement.append((vectors, concept, layer, 0.95 - less - 0.01 * layer))
                for seed in range(8):
                    scores.append((vectors, concept, layer, seed, level + noise.normal(0, 0.01)))
    for seed in range(8):
        for concept in CONCEPTS:
            for label in CLASSES:
                for layer in range(3):
                    paired = 0.2 * ((concept, label) in PLANTED)
                    cosines.append((seed, concept, label, layer, 0.6 - (0.1 + paired / 2) * layer))
    tables = {
        "probe_scores": (scores, ["vectors", "concept", "layer", "seed", "macro_f1"]),
        "agreement": (agreement, ["vectors", "concept", "layer", "cosine"]),
        "cosines": (cosines, ["seed", "concept", "class", "layer", "cosine"]),
    }
    for name, (rows, columns) in tables.items():
        pd.DataFrame(rows, columns=columns).to_parquet(folder / f"{name}.parquet")


def _predictions(rng, labels, names) -> pd.DataFrame:
    """Per role another share of mistakes, half of them for the class that is named next."""
    following = dict(zip(CLASSES, np.roll(CLASSES, -1), strict=True))
    parts = []
    for role, share in RIGHT.items():
        chance = rng.random(len(labels))
        near = np.array([following[label] for label in labels])
        wrong = np.where(chance < (1 + share) / 2, near, rng.permutation(labels))
        predicted = np.where(chance < share, labels, wrong)
        parts.append(
            pd.DataFrame(
                {
                    "role": role,
                    "clip": names,
                    "label": labels,
                    "predicted": predicted,
                    "probability": 0.8,
                }
            )
        )
    return pd.concat(parts, ignore_index=True)


def _probed(rng, labels, names) -> pd.DataFrame:
    parts = []
    for vectors, levels in LEVELS.items():
        for layer, level in enumerate(levels):
            right = rng.random(len(labels)) < level
            predicted = np.where(right, labels, rng.permutation(labels))
            parts.append(
                pd.DataFrame(
                    {
                        "vectors": vectors,
                        "layer": layer,
                        "clip": names,
                        "label": labels,
                        "predicted": predicted,
                    }
                )
            )
    return pd.concat(parts, ignore_index=True)
