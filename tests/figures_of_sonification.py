"""What tests of study 4's figures draw: small tables whose every number depends on its keys.

Values differ between networks, layers, kinds and sides, so that whatever is exchanged is seen.
"""

from pathlib import Path

import numpy as np
import pandas as pd
from drawn import STATISTICS, draw

from tonotopy.studies.sonification.study import STUDY

LAYERS = tuple(f"block{n}" for n in range(1, 12))
STRIDES = dict(zip(LAYERS, (2, 4, 8, 16, 32, 64, 128, 256, 256, 256, 256), strict=True))
RUNS = {"supervised": 1, "contrastive": 3, "untrained": 1}
CLASSES = ("bell", "dog", "engine", "rain", "siren")
OFFSETS = (1, 16, 37, 128, 256, 1024, 8645)
EPOCHS = (0, 1, 3, 16)
SHOWN = ("block1", "block8", "block11")
SETTINGS = {
    "networks": {"supervised": "tagger", "contrastive": ["contrast", "contrast2", "contrast3"]},
    "layers": None,
    "transfers": {
        "tagging": {"corpus": "events", "learn": {"head": None}, "table": "4.2"},
        "few": {"corpus": "events", "learn": {"head": [], "all": []}, "table": "4.4"},
        "keywords": {"corpus": "words", "learn": {"head": None, "all": ["block4", "block8"]}},
        "speakers": {"corpus": "talkers", "learn": {"head": [], "all": []}, "table": None},
    },
    "answers": "tagging",
    "shown": {"layers": list(SHOWN), "maps": 2},
    "evolution": {"epochs": list(EPOCHS), "layers": list(SHOWN), "maps": 2},
    "coherence": {"segment": 256, "strongest": 5},
}
THEIRS = {"makers": {"words": "speech_commands"}}  # beside whose numbers the thesis's stand
ABOUT = {**SETTINGS, **STATISTICS, **THEIRS}
CLIPS = 9  # two of a group
PICTURE = {"bands": 12, "frames": 20, "seconds": 2.0, "high_hz": 4000.0}


def figure_of(folder, name, change=lambda table: table, **settings):
    """Return a figure of the tables in a folder."""
    return draw(folder, STUDY, name, {**SETTINGS, **THEIRS, **settings}, change)


def _runs():
    return [(network, run) for network, runs in RUNS.items() for run in range(runs)]


def _rank(network: str) -> int:
    return list(RUNS).index(network)


def _frame(rows: list[dict]) -> pd.DataFrame:
    return pd.DataFrame(rows)


def _layer_rows():
    for network, run in _runs():
        for depth, layer in enumerate(LAYERS, start=1):
            yield {"network": network, "run": run, "layer": layer, "depth": depth}


def layers() -> pd.DataFrame:
    """Return the table ``layers``."""
    return _frame([{**row, "maps": 8, "stride": STRIDES[row["layer"]]} for row in _layer_rows()])


def similarity(rng: np.random.Generator) -> pd.DataFrame:
    """Return the table ``similarity``."""
    rows = []
    for key in _layer_rows():
        fall, rank = np.exp(-key["depth"] / (9 - 2 * _rank(key["network"]))), _rank(key["network"])
        for clip in range(CLIPS):
            noise = rng.uniform(-0.05, 0.05)
            values = {
                "coherence": 0.4 + 0.5 * fall + noise,
                "null_coherence": 0.05 + 0.01 * rank + noise / 5,
                "density": 0.6 * fall + 0.1 * rank + noise,
                "live": 0.95 - 0.02 * rank + noise / 3,
                "energy": 0.5 * fall + 0.03 * rank,
                "high": 0.1 + 0.05 * key["depth"] + noise,
                "flatness": 0.2 + 0.05 * rank + noise,
            }
            about = {"clip": f"clip{clip}", "group": f"g{clip // 2}", "label": CLASSES[clip % 5]}
            rows.append({**key, **about, "map": clip % 3, **values})
    return _frame(rows)


def shifts(rng: np.random.Generator) -> pd.DataFrame:
    """Return the table ``shifts``."""
    rows = []
    for key in _layer_rows():
        stride = STRIDES[key["layer"]]
        for offset in OFFSETS:
            multiple = offset % stride == 0
            share = np.gcd(offset, stride) / stride
            base = 1.0 if multiple else 0.2 + 0.5 * share - 0.04 * _rank(key["network"])
            for clip in range(2):
                value = base if multiple else base + rng.uniform(-0.1, 0.1)
                about = {"clip": f"clip{clip}", "offset": offset, "stride": stride}
                rows.append({**key, **about, "correlation": value, "multiple": multiple})
    return _frame(rows).assign(error=0.0)


def excerpts(rng: np.random.Generator) -> pd.DataFrame:
    """Return the table ``excerpts``."""
    parts = []
    for network in RUNS:
        for layer in ("block1", "block11"):
            for offset in OFFSETS:
                original = np.convolve(rng.normal(size=400), np.hanning(9), "same")
                other = np.convolve(rng.normal(size=400), np.hanning(9), "same")
                part = pd.DataFrame({"sample": np.arange(400), "original": original})
                mixed = original if offset % STRIDES[layer] == 0 else 0.5 * original + other
                part = part.assign(shifted=mixed, seconds=0.9 + part["sample"] / 8000)
                parts.append(part.assign(network=network, layer=layer, offset=offset))
    return pd.concat(parts, ignore_index=True)


def filters_and_responses(rng: np.random.Generator) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the tables ``filters`` and ``responses``: peaks in no order."""
    filters, responses = [], []
    hz = np.linspace(0, 4000, 21)
    for network, run in _runs():
        for number, peak in enumerate(rng.permutation(hz)[:8]):
            width = 300 + 500 * rng.uniform() + 200 * _rank(network)
            key = {"network": network, "run": run, "filter": number}
            selectivity = float(rng.uniform(0.2, 0.9 - 0.1 * _rank(network)))
            filters.append({**key, "selectivity": selectivity, "peak_hz": peak})
            power = np.exp(-(((hz - peak) / width) ** 2))
            responses += [{**key, "hz": f, "power": p} for f, p in zip(hz, power, strict=True)]
    return _frame(filters), _frame(responses)


def residuals(rng: np.random.Generator) -> pd.DataFrame:
    """Return the table ``residuals``."""
    rows = []
    for network, run in _runs():
        for learn in ("head", "all"):
            for kind in ("original", "residual", "phase", "filter"):
                depths = [0] if kind == "original" else range(1, len(LAYERS) + 1)
                for depth in depths:
                    for label in CLASSES:
                        lost = {"original": 0, "residual": 0.3, "phase": 0.2, "filter": 0.1}[kind]
                        score = 0.9 - 0.1 * _rank(network) - lost + 0.01 * depth
                        score += rng.uniform(-0.08, 0.08) - 0.05 * (learn == "all")
                        layer = LAYERS[depth - 1] if depth else ""
                        key = {"network": network, "run": run, "learn": learn, "kind": kind}
                        rows.append(
                            {**key, "layer": layer, "depth": depth, "label": label, "score": score}
                        )
    return _frame(rows).assign(positives=4)


def pairs(rng: np.random.Generator, names: tuple[str, str, str, str]) -> pd.DataFrame:
    """Return ``matches`` or ``targeted``: their names of both classes and both numbers."""
    first, second, larger, smaller = names
    rows = []
    for key in _layer_rows():
        edge = 0.02 * key["depth"] * (3 - _rank(key["network"]))
        for clip in range(CLIPS):
            pair = {first: CLASSES[clip % 5], second: CLASSES[(clip + 1 + clip % 3) % 5]}
            values = {larger: rng.uniform() + edge, smaller: rng.uniform()}
            rows.append({**key, "clip": f"clip{clip}", "group": f"g{clip // 2}", **pair, **values})
    return _frame(rows)


def transfers(rng: np.random.Generator) -> pd.DataFrame:
    """Return the table ``transfers``: recalls of classes with different numbers of clips."""
    rows = []
    for task, settings in SETTINGS["transfers"].items():
        recall = task in ("keywords", "speakers")
        for network, run in _runs():
            for repeat, learn in [(n, way) for n in range(2) for way in settings["learn"]]:
                names = settings["learn"][learn]
                for layer in [*(LAYERS if names is None else names), "whole"]:
                    depth = (*LAYERS, "whole").index(layer) + 1
                    rise = depth / 12
                    base = 0.25 + 0.4 * rise - 0.05 * _rank(network) + 0.2 * (learn == "all")
                    for number, label in enumerate(CLASSES):
                        key = {"task": task, "network": network, "run": run, "repeat": repeat}
                        score = min(1, base + 0.03 * number + rng.uniform(-0.04, 0.04))
                        rows.append({**key, "learn": learn, "layer": layer, "depth": depth})
                        rows[-1] |= {"label": label, "score": score, "clips": 3 + 4 * number}
                        rows[-1] |= {"measure": "recall" if recall else "average precision"}
    return _frame(rows).assign(auc=np.nan)


def favourites(rng: np.random.Generator) -> pd.DataFrame:
    """Return the table ``favourites``: the contrastive network's are of few labels."""
    rows = []
    for key in _layer_rows():
        few = 2 if key["network"] == "contrastive" else 5 - (key["network"] == "untrained")
        for number in range(6):
            for rank in range(1, 6):
                label = CLASSES[int(rng.integers(few)) if key["depth"] == 11 else 0]
                about = {"map": number, "rank": rank, "clip": f"clip{rank}", "label": label}
                rows.append({**key, **about, "activation": 1 / rank})
    return _frame(rows)


def evolution(rng: np.random.Generator) -> pd.DataFrame:
    """Return the table ``evolution``."""
    rows = []
    for network in ("supervised", "contrastive"):
        for layer in SHOWN:
            depth = LAYERS.index(layer) + 1
            for number in (5, 2):
                for step, epoch in enumerate(EPOCHS):
                    rise = (step / 3) ** (depth / 4)
                    value = 0.2 + 0.8 * rise - 0.1 * _rank(network) * (step < 3)
                    value -= 0.04 * number * (step < 3)
                    key = {"network": network, "run": 0, "layer": layer, "depth": depth}
                    rows.append({**key, "map": number, "epoch": epoch, "similarity": value})
                    rows[-1]["flatness"] = 0.7 - 0.1 * step + 0.01 * depth + rng.uniform(0, 0.02)
    return _frame(rows).assign(clip="clip0", peak=1.0, dead=False)


def pictures(rng: np.random.Generator) -> pd.DataFrame:
    """Return the table ``pictures``: no two pictures are alike."""
    keys = []
    for network in RUNS:
        for layer in LAYERS:
            keys.append(("active", network, layer, 7, -1, -1, "clip3", "rain"))
            keys += [
                ("selective", network, layer, 10 + n, -1, -1, f"clip{n}", CLASSES[n])
                for n in (4, 2, 0)
            ]
        for layer in SHOWN:
            for number in (5, 2):
                keys += [
                    ("favourites", network, layer, number, rank, -1, f"clip{rank}", CLASSES[rank])
                    for rank in (2, 3, 1)
                ]
                if network != "untrained":
                    keys += [
                        ("evolution", network, layer, number, -1, epoch, "clip1", "dog")
                        for epoch in EPOCHS
                    ]
    columns = ["set", "network", "layer", "map", "rank", "epoch", "clip", "label"]
    rows = []
    for key in keys:
        for panel in ("input", "sonification"):
            if panel == "input" and key[0] == "evolution" and key[5] > 0:
                continue
            values = _spectrogram(rng, panel, LAYERS.index(key[2]) if panel != "input" else 0)
            rows.append(dict(zip(columns, key, strict=True)) | {"panel": panel, "values": values})
    table = _frame(rows).assign(**PICTURE)
    # an evolution's clip is no stage of it
    sounds = (table["set"] == "evolution") & (table["panel"] == "input")
    return table.assign(epoch=table["epoch"].mask(sounds, -1))


def _spectrogram(rng: np.random.Generator, panel: str, depth: int) -> np.ndarray:
    bands, frames = PICTURE["bands"], PICTURE["frames"]
    noise = rng.normal(-55 + depth, 6, (bands, frames))
    lowest = int(rng.integers(bands - 3))
    noise[lowest : lowest + 2, frames // 5 : frames // 2] += 40
    noise[:2, :4] += 25 if panel == "input" else 10
    return (noise - noise.max()).astype(np.float32).ravel()  # in dB below the loudest


def write_tables(folder: Path, seed: int = 0) -> Path:
    """Write all tables into a folder, in an order that nothing may depend on."""
    rng = np.random.default_rng(seed)
    filters, responses = filters_and_responses(rng)
    tables = {
        "layers": layers(),
        "similarity": similarity(rng),
        "shifts": shifts(rng),
        "excerpts": excerpts(rng),
        "filters": filters,
        "responses": responses,
        "residuals": residuals(rng),
        "matches": pairs(rng, ("first", "second", "own", "crossed")),
        "targeted": pairs(rng, ("target", "other", "drop_target", "drop_other")),
        "transfers": transfers(rng),
        "favourites": favourites(rng),
        "evolution": evolution(rng),
        "pictures": pictures(rng),
    }
    for name, table in tables.items():
        table.to_parquet(folder / f"{name}.parquet", index=False)
    return folder
