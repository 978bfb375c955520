"""Networks of a user's own through both studies by their entries alone: a transformer, a CNN."""

import json
import shutil

import numpy as np
import pandas as pd
import pytest
import yaml

from tonotopy.files import write_json

MODULE = """
from torch import nn
from transformers import ASTConfig, ASTForAudioClassification


def strengthen(network):
    \"\"\"Draw weights so large that the network tells clips apart without training.\"\"\"
    for parameter in network.parameters():
        nn.init.normal_(parameter, 0, 0.7)


class TinyAST(nn.Module):
    \"\"\"Returns a ModelOutput.\"\"\"

    def __init__(self, outputs):
        super().__init__()
        config = ASTConfig(
            hidden_size=16, num_hidden_layers=2, num_attention_heads=2, intermediate_size=32,
            patch_size=8, frequency_stride=8, time_stride=8, num_mel_bins=16, max_length=40,
            num_labels=outputs,
        )
        self.model = ASTForAudioClassification(config)
        strengthen(self)

    def forward(self, spectrograms):
        return self.model(spectrograms.transpose(1, 2))


class TinyCNN(nn.Module):
    \"\"\"Returns a dict; its two layers differ in width.\"\"\"

    def __init__(self, width, outputs):
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv1d(1, width, 32, stride=16), nn.ReLU(), nn.Conv1d(width, 2 * width, 8, stride=4)
        )
        self.head = nn.Linear(2 * width, outputs)
        strengthen(self)

    def forward(self, waveforms):
        maps = self.body(waveforms[:, None]).relu()
        return {"logits": self.head(maps.mean(dim=2))}
"""
GENRES = [
    "blues",
    "classical",
    "country",
    "disco",
    "hiphop",
    "jazz",
    "metal",
    "pop",
    "reggae",
    "rock",
]
NETWORKS = {
    "transformer": {
        "module": "nets.tiny:TinyAST",
        "arguments": {"outputs": 12},
        "classes": [f"label {n}" for n in range(12)],
        "layers": {
            f"block{n}": {
                "path": f"model.audio_spectrogram_transformer.layers.{n}",
                "read": "tokens",
                "tokens": [0, 1],
            }
            for n in (0, 1)
        },
        "front_end": {"kind": "kaldi", "rate": 8000, "mels": 16, "frames": 40},
    },
    "cnn": {
        "module": "nets.tiny:TinyCNN",
        "arguments": {"width": 4, "outputs": 10},
        "classes": GENRES,
        "layers": {"first": "body.1", "last": {"path": "body.2", "read": "channels"}},
        "front_end": {"kind": "waveform", "rate": 16000},
    },
}
STEERED = {
    "classes": "genres",
    "concepts": "instruments",
    "unseen": None,
    "sweeps": ["test", "layers", "controls"],
    "probes": {"seeds": 2, "null_seeds": 2, "per_class": 10, "inverse_penalty": 0.1},
    "strengths": [-0.1, 0.1],
    "slope_range": 0.1,
    "clips": {"test": 30, "unseen": None, "layers": 20, "controls": 20},
    "pairs": [{"concept": "violin", "target": ["classical"]}],
    "flat": None,
    "exhibits": 2,
}
OUTPUTS = {genre: f"label {11 - n}" for n, genre in enumerate(GENRES)}


@pytest.fixture(scope="module")
def steered(finished, tmp_path_factory):
    """A copy of the finished project that steers both networks."""
    root = tmp_path_factory.mktemp("own") / "tonotopy"
    shutil.copytree(finished.path, root)
    (root / "nets").mkdir()
    (root / "nets/tiny.py").write_text(MODULE)
    settings = yaml.safe_load((root / finished.scale).read_text())
    settings |= {
        "run": ["steering/transformer", "steering/cnn"],
        "networks": NETWORKS,
        "steering": {
            "transformer": {**STEERED, "network": "transformer", "outputs": OUTPUTS},
            "cnn": {**STEERED, "network": "cnn", "read": "channels", "activation": "sigmoid"},
        },
    }
    (root / "own.yaml").write_text(yaml.safe_dump(settings))
    project = finished.__class__(root, "own.yaml")
    return project, project.snakemake()


@pytest.fixture
def project(steered):
    return steered[0]


def table(project, instance, name):
    return pd.read_parquet(project.path / f"results/smoke/steering/{instance}/{name}.parquet")


@pytest.mark.parametrize("instance", NETWORKS)
def test_a_network_that_classifies_is_steered_to_its_scorecard(project, instance):
    rows = json.loads((project.path / "results/smoke/scorecard.json").read_text())
    rows = {row["id"]: row for row in rows if row["instance"] == instance}
    nulls = [
        f"steering.over_{kind}.{instance}.violin-classical"
        for kind in ("random", "shuffled", "untrained")
    ]
    for name in (*nulls, f"steering.pair.{instance}.violin-classical"):
        assert rows[name]["estimate"] is not None, name
    assert {rows[name]["kind"] for name in nulls} == {"control"}
    figures = project.path / f"results/smoke/figures/steering/{instance}"
    assert (figures / "figure-3.8-one-to-all.png").is_file() and (figures / "matrix.svg").is_file()
    assert not (figures / "table-3.2-augmentation.svg").exists()


def test_outputs_are_called_by_the_corpuss_classes(project):
    sweep = table(project, "transformer", "sweep-test")
    assert set(sweep["class"]) == set(GENRES)
    whole = sweep.groupby(["clip", "concept", "strength"], observed=True)["probability"].sum()
    assert (whole < 0.999).all()  # the softmax goes over twelve outputs, two of them no genre
    predictions = table(project, "transformer", "predictions")
    assert set(predictions["predicted"]) <= set(GENRES)


def test_sigmoids_are_probabilities_of_each_output_alone(project):
    sweep = table(project, "cnn", "sweep-test")
    whole = sweep.groupby(["clip", "concept", "strength"], observed=True)["probability"].sum()
    assert sweep["probability"].between(0, 1).all() and (np.abs(whole - 1) > 0.1).all()


def test_corpora_of_another_rate_are_resampled_and_the_log_says_so(steered):
    _, log = steered
    for name in ("genres", "instruments"):
        assert f"note: corpus {name} has 22500 Hz and is resampled to 8000 Hz" in log
        assert f"note: corpus {name} has 22500 Hz and is resampled to 16000 Hz" in log


def test_a_constructor_that_makes_the_same_weights_again_has_no_untrained_copy(project):
    made = "torch.manual_seed(3)\n        self.gain = nn.Parameter(torch.ones(2))"  # its own weight
    text = MODULE.replace("super().__init__()", f"super().__init__()\n        {made}")
    (project.path / "nets/fixed.py").write_text("import torch\n" + text)
    settings = yaml.safe_load((project.path / "own.yaml").read_text())
    settings["networks"]["fixed"] = {**NETWORKS["cnn"], "module": "nets.fixed:TinyCNN"}
    (project.path / "fixed.yaml").write_text(yaml.safe_dump(settings))
    fixed = project.__class__(project.path, "fixed.yaml")
    told = fixed.snakemake(target="results/smoke/networks/fixed-untrained", ok=False)
    assert "error: " in told and "TinyCNN" in told and "untrained" in told


def test_a_failed_control_fails_every_run_and_leaves_the_verdict(project):
    results = project.path / "results/smoke"
    verdict, enforced = results / "verdict.txt", results / ".enforced"
    assert enforced.read_text() == verdict.read_text()
    rows = json.loads((results / "scorecard.json").read_text())
    control = next(row for row in rows if row["kind"] == "control" and row["n"])
    control["verdict"] = "contradicted"
    write_json(results / "scorecard.json", rows)
    for _ in range(2):
        told = project.snakemake(
            "--config", "controls=fail", target="results/smoke/.enforced", ok=False
        )
        assert "failed: enforce_controls: " in told and control["id"] in told
        assert verdict.is_file() and not enforced.exists()
    project.snakemake("--config", "controls=warn", target="results/smoke/.enforced")
    assert enforced.is_file()
