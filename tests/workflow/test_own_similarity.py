"""Networks and audio of a user's own through study 5 by their entries alone."""

import json

import numpy as np
import pandas as pd
import pytest
import soundfile
from own_entries import COMPARED
from projects import own_project

MODULES = {
    "convolving.py": '''
from torch import nn


class Convolving(nn.Module):
    """Convolutions over (time, frequency), unlike the front end's order of axes."""

    def __init__(self, width, outputs):
        super().__init__()
        self.one = nn.Sequential(nn.Conv2d(1, width, 3, padding=1), nn.BatchNorm2d(width),
                                 nn.ReLU(inplace=True))
        self.two = nn.Sequential(nn.AvgPool2d(2), nn.Conv2d(width, 2 * width, 3, padding=1),
                                 nn.ReLU())
        self.head = nn.Linear(2 * width, outputs)

    def forward(self, spectrograms):
        maps = self.two(self.one(spectrograms[:, None].transpose(2, 3)))
        return self.head(maps.mean(dim=(2, 3)))
''',
    "attending.py": '''
import torch
from torch import nn


class Attending(nn.Module):
    """A small transformer over patches, with one class token."""

    def __init__(self, width, outputs, patch):
        super().__init__()
        self.patches = nn.Conv2d(1, width, tuple(patch), tuple(patch))
        self.token = nn.Parameter(torch.randn(1, 1, width))
        blocks = [nn.TransformerEncoderLayer(width, 2, 2 * width, 0.0, batch_first=True)
                  for _ in range(2)]
        self.blocks = nn.ModuleList(blocks)
        self.head = nn.Linear(width, outputs)

    def forward(self, spectrograms):
        patches = self.patches(spectrograms[:, None]).flatten(2).transpose(1, 2)
        tokens = torch.cat([self.token.expand(len(patches), -1, -1), patches], dim=1)
        for block in self.blocks:
            tokens = block(tokens)
        return self.head(tokens[:, 0])
''',
}
PITCHES = {"low": 300.0, "middle": 900.0, "high": 2500.0}
RATE, SECONDS = 8000, 0.8
HEARS = {"kind": "log_mel", "rate": RATE, "n_fft": 256, "hop_ms": 20.0, "mels": 24, "frames": 40}
NETWORKS = {
    "mine": {
        "module": "nets.convolving:Convolving",
        "arguments": {"width": 4, "outputs": 3},
        "classes": list(PITCHES),
        "front_end": HEARS,
        "layers": {"one": "one", "two": {"path": "two", "read": "channels"}, "answer": "head"},
    },
    "other": {
        "module": "nets.attending:Attending",
        "arguments": {"width": 8, "outputs": 3, "patch": [6, 4]},
        "front_end": HEARS,
        "layers": {
            "first": {"path": "blocks.0", "read": "tokens", "tokens": [0]},
            "second": {"path": "blocks.1", "read": "tokens", "tokens": [0]},
        },
    },
}
ENTRY = {
    **COMPARED,
    "networks": {"mine": "mine"},
    "heard": "recordings",
    "known": {"sets": 1, "clips": 4},
}
TOKENS = {
    **ENTRY,
    "networks": {"other": "other"},
    "grids": {"first": [4, 10], "second": [4, 10]},
    "known": None,
}


def write_recordings(folder):
    """Ten recordings of each of three pitches, with clicks; the folders are their classes."""
    rng = np.random.default_rng(0)
    time = np.arange(round(RATE * SECONDS)) / RATE
    for name, pitch in PITCHES.items():
        (folder / name).mkdir(parents=True)
        for number in range(10):
            sound = 0.3 * np.sin(2 * np.pi * pitch * rng.uniform(0.9, 1.1) * time)
            sound *= np.sin(np.pi * time / SECONDS) ** rng.uniform(0.5, 3)
            for at in rng.integers(0, len(time) - 50, 3):
                sound[at : at + 50] += rng.uniform(-0.3, 0.3, 50)
            noise = rng.normal(0, 0.01, len(time))
            soundfile.write(folder / name / f"{number}.wav", sound + noise, RATE)
    return {
        "rate": RATE,
        "seconds": SECONDS,
        "split": {"from": "random", "shares": {"train": 0.4, "validation": 0.1, "test": 0.5}},
    }


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    """What comes out of the user's networks and recordings."""
    overlay = {
        "run": ["similarity/own", "similarity/tokens"],
        "networks": NETWORKS,
        "similarity": {"own": ENTRY, "tokens": TOKENS},
    }
    return own_project(tmp_path_factory.mktemp("own"), MODULES, write_recordings, overlay)


def table(results, instance, name):
    return pd.read_parquet(results / f"similarity/{instance}/{name}.parquet")


def test_claims_are_judged_or_say_why_not(results):
    rows = json.loads((results / "scorecard.json").read_text())
    for instance in ("own", "tokens"):
        own = [row for row in rows if row["instance"] == instance]
        assert own and all(row["estimate"] is not None or row["reason"] for row in own)
        assert any(row["estimate"] is not None for row in own)


def test_maps_lie_on_frequency_and_time_whatever_the_order_of_axes(results):
    layers = table(results, "own", "layers").set_index("layer")
    assert layers.loc["one", ["maps", "rows", "columns"]].tolist() == [4, 24, 40]
    assert layers.loc["two", ["maps", "rows", "columns"]].tolist() == [8, 12, 20]
    assert set(layers.index) == {"one", "two"}  # the answer has no maps on a grid
    layers = table(results, "tokens", "layers").set_index("layer")
    assert layers.loc["second", ["maps", "rows", "columns"]].tolist() == [8, 4, 10]


def test_all_is_compared_and_probed(results):
    for instance, width in (("own", 12), ("tokens", 16)):
        rows = table(results, instance, "similarities")
        assert set(rows["copy"]) == {"trained", "phase", "random", "input"}
        own = rows[(rows["copy"] == "random") & (rows["run"] == 1)]
        assert len(own) == width * 8 and rows["r"].map(len).eq(9).all()
        probes = table(results, instance, "probes")
        assert set(probes["copy"]) == {"trained", "random", "input"}
        assert len(table(results, instance, "clips")) == 9
    assert len(table(results, "own", "known")) and table(results, "tokens", "known").empty
    assert set(table(results, "own", "answers")["copy"]) == {"trained"}
    assert table(results, "tokens", "answers").empty


def test_figures_and_exhibits(results):
    for instance in ("own", "tokens"):
        figures = list((results / f"figures/similarity/{instance}").glob("*.svg"))
        assert len(figures) >= 4
        folder = results / f"similarity/{instance}/exhibits"
        exhibits = json.loads((folder / "exhibits.json").read_text())["exhibits"]
        assert len(exhibits) == 2
        for entry in exhibits:
            assert (folder / entry["folder"] / entry["tracks"][0]["audio"]).is_file()
