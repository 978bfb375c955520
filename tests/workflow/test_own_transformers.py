"""Networks of transformers through two studies by their entries; what is wrong is told early."""

import json

import pandas as pd
import pytest
import torch
import yaml
from own_entries import FOLDER, RATE, STEERED, write_tones
from projects import copy_project
from tiny_transformers import LABELS, checkpoint

SOUNDS = {"rock": 300, "jazz": 700, "bird": 2000}
SPEECH = {"transformers": "someone/speech", "revision": "v1", "kind": "WhisperEncoder"}
BIRDS = {"transformers": "someone/birds", "revision": "3f2a", "kind": "ASTForAudioClassification"}
HIERARCHY = {
    "networks": ["speech", "birds"],
    "tasks": {"pitch": {"corpus": "songs", "level": "low"}},
    "ks": [1, 3],
    "folds": ["paper"],
    "second": None,
    "inverse_penalty": None,
    "shuffles": 2,
    "tagging": None,
}
STEERING = {
    **STEERED,
    "network": "birds",
    "classes": "songs",
    "activation": "softmax",
    "concepts": "hums",
    "pairs": [{"concept": "rock", "target": ["jazz"]}],
}


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """A project whose networks lie in a folder and in a mirror; nothing has run."""
    root = tmp_path_factory.mktemp("transformers")
    project = copy_project(root / "tonotopy")
    checkpoint("whisper", root / "speech")
    checkpoint("classifier", root / "mirror/someone/birds")
    for number, name in enumerate(("songs", "hums")):
        write_tones(root / name, SOUNDS, number)
    settings = {
        "scale": "hub",
        "controls": "warn",
        "mirror": str(root / "mirror"),
        "run": ["hierarchy/hub", "steering/birds"],
        "corpora": {name: {**FOLDER, "path": str(root / name)} for name in ("songs", "hums")},
        "networks": {"speech": {**SPEECH, "path": str(root / "speech")}, "birds": BIRDS},
        "hierarchy": {"hub": HIERARCHY},
        "steering": {"birds": STEERING},
        "statistics": {"resamples": 100},
    }
    (project.path / "hub.yaml").write_text(yaml.safe_dump(settings))
    return project.__class__(project.path, "hub.yaml")


@pytest.fixture(scope="module")
def told(project):
    return project.snakemake()


def test_hidden_states_are_probed_beside_those_of_untrained_copies(project, told):
    table = pd.read_parquet(project.path / "results/hub/hierarchy/hub/profiles.parquet")
    layers = table.groupby("network")["layer"].unique().map(set).to_dict()
    assert set(layers) == {"speech", "birds"}
    assert all(found == {"hidden_0", "hidden_1", "hidden_2"} for found in layers.values())
    assert "note: someone/birds is taken from" in told


def test_a_classifier_is_steered_by_the_classes_of_its_configuration(project, told):
    sweep = pd.read_parquet(project.path / "results/hub/steering/birds/sweep-test.parquet")
    assert set(sweep["class"]) == set(LABELS)
    rows = json.loads((project.path / "results/hub/scorecard.json").read_text())
    rows = {row["id"]: row for row in rows}
    assert rows["steering.over_untrained.birds.rock-jazz"]["estimate"] is not None
    assert "WhisperEncoder" not in told


def changed(project, entry: dict, name: str = "speech"):
    settings = yaml.safe_load((project.path / "hub.yaml").read_text())
    settings["networks"][name] = entry
    settings["scale"] = "early"
    (project.path / "early.yaml").write_text(yaml.safe_dump(settings))
    return project.__class__(project.path, "early.yaml")


MODULE = """
import torch
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.x = nn.Linear(8, 6)

    def forward(self, sounds):
        return self.x(sounds[:, :8])


class Dropping(Net):
    def forward(self, sounds):
        return self.x(nn.functional.dropout(sounds[:, :8]))


class Repeated(Net):
    def forward(self, sounds):
        return self.x(sounds[:, :8]) + self.x(sounds[:, 8:16])
"""
OWN = {"front_end": {"kind": "waveform", "rate": RATE}, "layers": {"x": "y"}}
WRONG = {
    "a folder": ({**SPEECH, "path": "absent"}, "networks.speech.path: no folder 'absent'"),
    "a module": ({**OWN, "module": "nets.absent:Net"}, "networks.speech.module: no module"),
    "weights": (
        {
            **OWN,
            "module": "tonotopy.networks.filter_bank:FilterBank",
            "arguments": {"kind": "cqt"},
            "weights": "absent.pt",
        },
        "networks.speech.weights: no file 'absent.pt'",
    ),
    "arguments": (
        {
            **OWN,
            "module": "tonotopy.networks.filter_bank:FilterBank",
            "arguments": {"kind": "cqt", "filter": 3},
        },
        "takes no argument 'filter' (did you mean 'filters'?)",
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_is_not_there_ends_a_run_before_its_first_job_and_no_plan(project, name):
    entry, reason = WRONG[name]
    other = changed(project, entry)
    text = other.snakemake(ok=False)
    assert reason in text and "Traceback" not in text and "MissingInput" not in text
    assert not (project.path / "data/corpora/early").exists()
    other.snakemake("-n")


def pickled(path):
    torch.save({"model": torch.nn.Linear(8, 6)}, path)


def cast(path):
    torch.save({"x.weight": torch.ones(6, 8, dtype=torch.int8), "x.bias": torch.ones(6)}, path)


@pytest.mark.parametrize(
    ("kind", "weights", "reason"),
    [
        ("Dropping", None, "layer 'x' (x): the same clips give other activations when they are he"),
        ("Repeated", None, "is called 2 times in a forward pass, expected once"),
        ("Net", pickled, "it holds a pickled torch.nn.modules.linear.Linear, and opening that may"),
        ("Net", cast, "'x.weight' is int8, expected float32: its values are quantised"),
    ],
)
def test_what_would_be_wrong_without_a_word_ends_the_adoption(project, kind, weights, reason):
    (project.path / "nets").mkdir(exist_ok=True)
    (project.path / "nets/wrong.py").write_text(MODULE)
    entry = {**OWN, "module": f"nets.wrong:{kind}", "layers": {"x": "x"}}
    if weights is not None:
        weights(project.path / f"{weights.__name__}.pt")
        entry["weights"] = f"{weights.__name__}.pt"
    other = changed(project, entry)
    text = other.snakemake(target="results/early/networks/speech", ok=False)
    assert entry.get("weights", entry["module"]) in text and reason in text
    assert "Traceback" not in text and "weights_only" not in text
