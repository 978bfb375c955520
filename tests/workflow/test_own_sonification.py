"""Networks and audio of a user's own through study 4 by their entries alone."""

import json

import numpy as np
import pandas as pd
import pytest
import soundfile
from projects import own_project
from safetensors.numpy import load_file

from tonotopy import places

MODULES = {
    "strided.py": '''
from torch import nn


class Strided(nn.Module):
    """Strided convolutions, one of them with a connection around it; nothing is pooled."""

    def __init__(self, width, outputs):
        super().__init__()
        self.stem = nn.Sequential(nn.Conv1d(1, width, 16, 8), nn.ReLU())
        self.inner = nn.Sequential(nn.Conv1d(width, width, 3, padding=1), nn.ReLU())
        self.added = nn.ReLU()
        self.down = nn.Sequential(nn.Conv1d(width, 2 * width, 4, 4), nn.BatchNorm1d(2 * width),
                                  nn.ReLU(inplace=True))
        self.head = nn.Linear(2 * width, outputs)

    def forward(self, waveforms):
        stem = self.stem(waveforms[:, None])
        return self.head(self.down(self.added(stem + self.inner(stem))).mean(dim=2))
''',
    "speech.py": '''
from torch import nn
from transformers import Wav2Vec2Config, Wav2Vec2Model


class Front(nn.Module):
    """The convolutions of Wav2Vec2 alone, and the mean of what they give."""

    def __init__(self, width):
        super().__init__()
        config = Wav2Vec2Config(
            conv_dim=[width] * 3, conv_kernel=[10, 3, 3], conv_stride=[5, 2, 2],
            num_feat_extract_layers=3, hidden_size=8, num_hidden_layers=1, num_attention_heads=2,
            intermediate_size=8, num_conv_pos_embeddings=4, num_conv_pos_embedding_groups=2,
        )
        self.front = Wav2Vec2Model(config).feature_extractor
        self.average = nn.AdaptiveAvgPool1d(1)

    def forward(self, waveforms):
        return self.average(self.front(waveforms)).flatten(1)
''',
}  # fmt: skip
PITCHES = {"low": 300.0, "middle": 900.0, "high": 2500.0}
RATE, SECONDS = 8000, 0.5
HEARS = {"kind": "waveform", "rate": RATE}
LAYERS = {
    "mine": {"stem": "stem.1", "added": "added", "down": "down.2"},
    "other": {f"conv{number}": f"front.conv_layers.{number}" for number in range(3)},
}
STRIDES = {"stem": 8, "added": 8, "down": 32, "conv0": 5, "conv1": 10, "conv2": 20}


def layers_of(network, answer):
    """Layers with maps, and what stands for the whole encoder."""
    mapped = {name: {"path": path, "read": "channels"} for name, path in LAYERS[network].items()}
    return {**mapped, "answer": answer}


NETWORKS = {
    "mine": {
        "module": "nets.strided:Strided",
        "arguments": {"width": 4, "outputs": 3},
        "classes": list(PITCHES),
        "front_end": HEARS,
        "layers": layers_of("mine", "head"),
    },
    "other": {
        "module": "nets.speech:Front",
        "arguments": {"width": 6},
        "front_end": HEARS,
        "layers": layers_of("other", "average"),
    },
}
ENTRY = {
    "networks": {name: name for name in NETWORKS},
    "heard": "recordings",
    "layers": None,
    "clips": 8,
    "selecting": None,
    "coherence": {"segment": 64, "strongest": 3},
    "shifts": {"offsets": [1, 32, 80], "clips": 2},
    "residuals": True,
    "targets": False,
    "matches": False,
    "transfers": {
        "pitch": {
            "corpus": "recordings",
            "learn": {"head": None},
            "training": {"epochs": 8, "batch": 4, "learning_rate": 3.0e-2, "cache": True},
        }
    },
    "answers": "pitch",
    "shown": {"layers": ["stem", "conv0"], "maps": 1},
    "evolution": None,
    "exhibits": 2,
}


def write_recordings(folder):
    """Eight recordings of each of three pitches, the folders are their classes."""
    rng = np.random.default_rng(0)
    time = np.arange(round(RATE * SECONDS)) / RATE
    for name, pitch in PITCHES.items():
        (folder / name).mkdir(parents=True)
        for number in range(8):
            wave = np.sin(2 * np.pi * pitch * rng.uniform(0.9, 1.1) * time)
            sound = 0.3 * wave + rng.normal(0, 0.02, len(time))
            soundfile.write(folder / name / f"{number}.wav", sound, RATE)
    return {
        "rate": RATE,
        "seconds": SECONDS,
        "split": {"from": "random", "shares": {"train": 0.5, "validation": 0.1, "test": 0.4}},
    }


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    """What comes out of the user's networks and recordings."""
    overlay = {"run": ["sonification/own"], "networks": NETWORKS, "sonification": {"own": ENTRY}}
    return own_project(tmp_path_factory.mktemp("own"), MODULES, write_recordings, overlay)


def table(results, name):
    return pd.read_parquet(results / f"sonification/own/{name}.parquet")


def test_claims_are_judged_or_say_why_not(results):
    rows = json.loads((results / "scorecard.json").read_text())
    rows = {
        row["id"].removeprefix("sonification."): row for row in rows if row["instance"] == "own"
    }
    assert all(row["estimate"] is not None or row["reason"] for row in rows.values())
    verdicts = {key: row["verdict"] for key, row in rows.items()}
    for network in ("mine", "untrained"):
        assert verdicts[f"length.own.{network}"] == verdicts[f"shifts.own.{network}"] == "supported"
    assert verdicts["length.own.other"] == "supported"
    assert verdicts["shifts.own.other"] == "not run"  # what it normalises by is the whole clip's
    for name in ("matches", "targeted", "learned"):  # there are no parts, nothing was tagged
        assert {v for key, v in verdicts.items() if key.startswith(f"{name}.")} == {"not run"}, name


def test_both_networks_are_sonified_at_all_of_their_layers(results):
    layers = table(results, "layers")
    own = {name: set(rows["layer"]) for name, rows in layers.groupby("network")}
    assert own == {
        "mine": set(LAYERS["mine"]),
        "other": set(LAYERS["other"]),
        "untrained": set(LAYERS["mine"]),
    }
    assert dict(zip(layers["layer"], layers["stride"], strict=True)) == STRIDES
    similarity = table(results, "similarity")
    assert similarity.groupby(["network", "layer"]).size().eq(8).all()
    assert set(similarity["label"]) <= set(PITCHES)
    assert table(results, "exactness")["length_error"].max() == 0
    shifts = table(results, "shifts")
    exact = shifts[shifts["multiple"] & (shifts["network"] != "other")]
    assert set(exact["layer"]) == set(LAYERS["mine"]) and exact["error"].max() < 1e-5


def test_the_users_corpus_is_taught_to_every_layer_and_answered(results):
    transfers = table(results, "transfers")
    assert set(transfers["learn"]) == {"head"} and set(transfers["measure"]) == {"recall"}
    found = {name: list(rows["layer"].unique()) for name, rows in transfers.groupby("network")}
    assert found == {
        "mine": [*LAYERS["mine"], "whole"],
        "other": [*LAYERS["other"], "whole"],
        "untrained": [*LAYERS["mine"], "whole"],
    }
    assert set(transfers["label"]) == set(PITCHES)
    best = transfers.groupby(["network", "layer"])["score"].mean().groupby("network").max()
    assert best.min() > 0.6  # three pitches that lie far apart
    for name in NETWORKS:  # batch normalisation and all
        bundle = places.transfer("smoke", "sonification", "own", "pitch", name, "0")
        own = load_file(results.parents[1] / bundle / "head/weights.safetensors")
        source = load_file(results / f"networks/{name}/weights.safetensors")
        assert all(np.array_equal(own[f"encoder.{key}"], source[key]) for key in source)
    residuals = table(results, "residuals")
    assert set(residuals["kind"]) == {"original", "residual", "phase", "filter"}
    assert set(residuals["network"]) == {"mine", "other", "untrained"}


def test_figures_and_exhibits_are_of_both(results):
    figures = {path.stem for path in (results / "figures/sonification/own").glob("*.svg")}
    assert len(figures) >= 5
    folder = results / "sonification/own/exhibits"
    exhibits = json.loads((folder / "exhibits.json").read_text())["exhibits"]
    assert len(exhibits) == 2
    for entry in exhibits:
        names = {track["name"] for track in entry["tracks"]}
        assert names >= {"original", "mine, down", "other, conv2", "untrained, stem"}
        assert all(
            (folder / entry["folder"] / track["audio"]).is_file() for track in entry["tracks"]
        )
    assert not (results / "sonification/own/matches.parquet").exists()
