"""A network and audio of a user's own through study 3 by their entries alone."""

import json
import shutil

import numpy as np
import pandas as pd
import pytest
import soundfile
import yaml

MODULE = """
import torch
from torch import nn


def block(inputs, outputs):
    return nn.Sequential(nn.Conv2d(inputs, outputs, 3, 2, 1), nn.BatchNorm2d(outputs), nn.ReLU())


class Branched(nn.Module):
    \"\"\"Batch normalisation, two branches side by side, an average: no chain of layers.\"\"\"

    def __init__(self, width, outputs):
        super().__init__()
        self.stem = block(1, width)
        self.branches = nn.ModuleList([block(width, width), block(width, width)])
        self.last = nn.Sequential(nn.Conv2d(2 * width, 2 * width, 3, padding=1), nn.ReLU())
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.head = nn.Linear(2 * width, outputs)

    def forward(self, spectrograms):
        stem = self.stem(spectrograms[:, None])
        both = torch.cat([branch(stem) for branch in self.branches], dim=1)
        return self.head(self.pool(self.last(both)).flatten(1))
"""
PITCHES = {"low": 300.0, "middle": 900.0, "high": 2500.0}
RATE, SECONDS, SLICES = 8000, 0.5, 2
NETWORK = {
    "module": "nets.branched:Branched",
    "arguments": {"width": 4, "outputs": 3},
    "classes": list(PITCHES),
    "layers": {"stem": "stem.2", "last": "last.1"},
}
FRONT_ENDS = {
    "heard": {"kind": "log10_mel", "rate": RATE, "window": 256, "hop": 128, "mels": 24,
              "high_hz": 4000.0, "frames": 32},
    "silent": {"kind": "log_mel", "rate": RATE, "n_fft": 256, "hop_ms": 16.0, "mels": 16,
               "frames": 32},
}  # fmt: skip
ENTRY = {
    "explained": "recordings",
    "composite": {"stem.0": "w2", "conv": {"gamma": 0.25}, "dense": {"epsilon": 1e-7}},
    "layers": None,
    "components": [2, 4],
    "shown": {"layer": "last", "components": 4},
    "vectors": {"clips": 6, "locations": 5},
    "ascent": {"starts": 2, "step": 30.0, "steps": 10},
    "random": 2,
    "clips": 4,
    "flipping": {"patch": 8, "clips": 9},
    "objects": None,
    "causes": None,
    "exchanged": ["low", "high"],
    "randomised": 1,
    "planted": 0,
    "exhibits": 1,
    "gammas": None,
    "folds": None,
}


def write_recordings(folder):
    """Twelve recordings of each of three pitches, two slices long."""
    rng = np.random.default_rng(0)
    time = np.arange(round(RATE * SECONDS * SLICES)) / RATE
    for name, pitch in PITCHES.items():
        (folder / name).mkdir(parents=True)
        for number in range(12):
            wave = np.sin(2 * np.pi * pitch * rng.uniform(0.9, 1.1) * time)
            sound = 0.3 * wave + rng.normal(0, 0.02, len(time))
            soundfile.write(folder / name / f"<img onerror=1> {number}.wav", sound, RATE)


@pytest.fixture(scope="module")
def explained(finished, tmp_path_factory):
    """The project with the user's network, heard by two front ends, and the user's recordings."""
    root = tmp_path_factory.mktemp("own") / "tonotopy"
    shutil.copytree(finished.path, root, symlinks=True)
    (root / "nets").mkdir()
    (root / "nets/branched.py").write_text(MODULE)
    write_recordings(root / "sounds")
    shares = {"train": 0.5, "validation": 0.1, "test": 0.4}
    recordings = {
        "maker": "folder",
        "path": "sounds",
        "rate": RATE,
        "seconds": SECONDS,
        "slices": SLICES,
        "peak": True,
        "split": {"from": "random", "shares": shares},
    }
    settings = yaml.safe_load((root / finished.scale).read_text()) | {
        "run": [f"relevance/{name}" for name in FRONT_ENDS],
        "networks": {name: {**NETWORK, "front_end": end} for name, end in FRONT_ENDS.items()},
        "relevance": {name: {**ENTRY, "network": name} for name in FRONT_ENDS},
    }
    settings["corpora"] = {**settings["corpora"], "recordings": recordings}
    (root / "own.yaml").write_text(yaml.safe_dump(settings, sort_keys=False))
    project = finished.__class__(root, "own.yaml")
    project.snakemake()
    return root / "results/smoke"


def table(results, instance, name):
    return pd.read_parquet(results / f"relevance/{instance}/{name}.parquet")


@pytest.mark.parametrize("instance", FRONT_ENDS)
def test_an_own_network_and_audio_reach_the_scorecard(explained, instance):
    rows = json.loads((explained / "scorecard.json").read_text())
    rows = {row["id"]: row for row in rows if row["instance"] == instance}
    assert rows[f"relevance.sums.{instance}"]["verdict"] == "supported"
    assert rows[f"relevance.gain.{instance}"]["estimate"] is not None
    for name in ("shuffled", "lift", "oracle"):  # nothing is planted, and no parts are known
        missing = [row for key, row in rows.items() if key.startswith(f"relevance.{name}.")]
        assert all(row["verdict"] == "not run" and row["reason"] for row in missing), name
    assert not (explained / f"relevance/{instance}/overlaps.parquet").exists()


@pytest.mark.parametrize("instance", FRONT_ENDS)
def test_heatmaps_are_split_at_all_of_its_layers(explained, instance):
    sums = table(explained, instance, "sums")
    assert set(sums["layer"]) == {"stem", "last"} and sums["error"].max() < 1e-4
    assert set(sums["components"]) == {2, 4}
    assert set(table(explained, instance, "predictions")["role"]) == {"test"}
    randomised = table(explained, instance, "randomisation")
    assert {"head", "stem.1"} <= set(randomised["layer"])


def test_what_can_be_heard_depends_on_the_front_end(explained):
    for instance, heard in (("heard", True), ("silent", False)):
        folder = explained / f"relevance/{instance}/exhibits"
        exhibits = json.loads((folder / "exhibits.json").read_text())["exhibits"]
        assert {entry["label"] for entry in exhibits} == set(PITCHES)
        for entry in exhibits:
            audio = {track["name"]: track["audio"] for track in entry["tracks"]}
            assert audio["original"] and bool(audio["component 1"]) == heard
            for track in entry["tracks"]:
                for kind in ("audio", "picture", "overlay"):
                    name = track.get(kind)
                    assert name is None or (folder / entry["folder"] / name).is_file()


def test_slices_of_a_recording_stay_together(explained):
    splits = table(explained, "heard", "predictions")
    sliced = splits["clip"].str.rpartition("#")[0]
    assert (splits.groupby(sliced).size() == SLICES).all()
