"""Networks and audio of a user's own through study 6 by their entries alone."""

import json

import numpy as np
import pandas as pd
import pytest
import soundfile
from projects import own_project

MODULES = {
    "speech.py": '''
import torch
from torch import nn
from transformers import Wav2Vec2Config, Wav2Vec2Model


class Encoder(nn.Module):
    """All of a small Wav2Vec2 with random weights: convolutions, then attention."""

    def __init__(self, width):
        super().__init__()
        config = Wav2Vec2Config(
            conv_dim=[width] * 3, conv_kernel=[10, 3, 3], conv_stride=[5, 4, 4],
            num_feat_extract_layers=3, hidden_size=8, num_hidden_layers=2, num_attention_heads=2,
            intermediate_size=8, num_conv_pos_embeddings=4, num_conv_pos_embedding_groups=2,
        )
        torch.manual_seed(0)
        self.model = Wav2Vec2Model(config)

    def forward(self, waveforms):
        return self.model(waveforms).last_hidden_state
''',
    "mel.py": '''
import torch
from torch import nn
from torchaudio.transforms import MelSpectrogram


class Bank(nn.Module):
    """The amplitudes of torchaudio's mel spectrogram: a bank that learns nothing."""

    def __init__(self, rate, mels):
        super().__init__()
        self.mel = MelSpectrogram(
            rate, n_fft=2048, win_length=1024, hop_length=160, f_min=300.0, f_max=2000.0,
            n_mels=mels, power=1.0, center=True, pad_mode="constant",
        )
        self.bands = nn.Identity()

    def forward(self, waveforms):
        return self.bands(self.mel(waveforms))
''',
}  # fmt: skip
RATE, SECONDS = 8000, 1.0
HEARS = {"kind": "waveform", "rate": RATE}
NETWORKS = {
    "speech": {
        "module": "nets.speech:Encoder",
        "arguments": {"width": 6},
        "front_end": HEARS,
        "layers": {
            "conv": {"path": "model.feature_extractor.conv_layers.2", "read": "channels"},
            "states": {"path": "model.encoder.layers.1", "read": "tokens"},
        },
    },
    "mel": {
        "module": "nets.mel:Bank",
        "arguments": {"rate": RATE, "mels": 20},
        "front_end": HEARS,
        "layers": {"bands": {"path": "bands", "read": "channels"}},
    },
}
INSTRUMENTS = {"reed": 5, "bell": 1, "string": 3}  # -> odd or few harmonics
ENTRY = {
    "networks": {"speech": "speech", "early": "speech", "mel": "mel"},
    "expected": {"positive": ["mel"]},
    "layers": {"early": "conv"},
    "heard": "recordings",
    "contexts": {"corpus": "recordings", "by": "group"},
    "directions": ["unit", "pca", "random"],
    "fitted": 400,
    "tones": {"low": 55, "high": 100, "seconds": 0.5},
    "clips": None,
    "codes": {"networks": ["speech"], "clusters": 8, "books": 1, "clips": None},
    "limits": [3, 64],
    "exhibits": 1,
}


def write_recordings(folder):
    """Folders of classes: notes of three instruments, three of each of four takes."""
    rng = np.random.default_rng(0)
    time = np.arange(round(RATE * SECONDS)) / RATE
    for name, harmonics in INSTRUMENTS.items():
        for take in range(4):
            place = folder / name
            place.mkdir(parents=True, exist_ok=True)
            for number in range(3):
                pitch = 440 * 2 ** (rng.integers(-6, 18) / 12)
                waves = [np.sin(2 * np.pi * k * pitch * time) / k for k in range(1, harmonics + 1)]
                sound = 0.2 * sum(waves) * np.exp(-2 * time) + rng.normal(0, 0.003, len(time))
                soundfile.write(place / f"{name}{take}-{number}.wav", sound, RATE)
    return {
        "rate": RATE,
        "seconds": SECONDS,
        "group": {"from": "name", "pattern": "([a-z]+[0-9])-"},
        "split": {"from": "random", "shares": {"train": 0.5, "validation": 0.1, "test": 0.4}},
    }


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    """What comes out of the user's networks and recordings."""
    overlay = {"run": ["partials/own"], "networks": NETWORKS, "partials": {"own": ENTRY}}
    return own_project(tmp_path_factory.mktemp("own"), MODULES, write_recordings, overlay)


def table(results, name):
    return pd.read_parquet(results / f"partials/own/{name}.parquet")


def test_claims_are_judged_or_say_why_not(results):
    rows = json.loads((results / "scorecard.json").read_text())
    rows = [row for row in rows if row["instance"] == "own"]
    assert rows and all(row["estimate"] is not None or row["reason"] for row in rows)
    assert any(row["estimate"] is not None for row in rows)


def test_each_network_is_looked_at_where_its_entry_says(results):
    layers = table(results, "layers").set_index("network")
    assert layers["layer"].to_dict() == {"speech": "states", "early": "conv", "mel": "bands"}
    assert layers["width"].to_dict() == {"speech": 8, "early": 6, "mel": 20}
    assert layers["role"].to_dict() == {"speech": "studied", "early": "studied", "mel": "positive"}


def test_the_users_bank_isolates_partials_and_random_weights_do_not(results):
    directions = table(results, "directions")
    shares = directions.groupby("network")[["narrow", "kept"]].mean()
    assert shares.loc["mel", "narrow"] > 0.6 and shares.loc["mel", "kept"] > 0.5
    assert shares.loc["speech", "kept"] < 0.2
    natural = directions[directions["network"] == "mel"]["natural"]
    assert natural.median() > 0.3


def test_filters_are_measured_where_there_are_any(results):
    filters = table(results, "filters")
    own = filters[filters["copy"] == "own"]
    assert set(own["network"]) == {"speech", "early"} and set(own["taps"]) == {10}
    log = (results / "logs/measure_filters/own.log").read_text()
    assert "note: mel (Bank) has no convolution over one channel" in log


def test_codes_are_clusters_beside_known_ones(results):
    codes = table(results, "codes")
    assert set(codes["network"]) == {"speech", "known"} and codes["code"].between(0, 7).all()
    assert codes["clip"].nunique() > 8
    assert table(results, "reconstructions").empty and table(results, "answers").empty


def test_figures_and_exhibits_are_of_all(results):
    figures = {path.stem for path in (results / "figures/partials/own").glob("*.svg")}
    assert figures >= {"limits", "responses", "steps", "contexts", "codes", "pitch"}
    folder = results / "partials/own/exhibits"
    exhibits = json.loads((folder / "exhibits.json").read_text())["exhibits"]
    assert {entry["network"] for entry in exhibits} == {"speech", "early", "mel"}
    for entry in exhibits:
        for track in entry["tracks"]:
            assert (folder / entry["folder"] / track["audio"]).is_file()
