"""A published network hears a user's own sound by what is declared of it."""

import json
from dataclasses import replace

import numpy as np
import pytest
import soundfile
import torch
from configs import changed, default_config

from tonotopy.frontends import registry as front_ends
from tonotopy.listening import planning
from tonotopy.listening.hearing import hear
from tonotopy.listening.reading import read_sounds
from tonotopy.networks import publishing
from tonotopy.networks.published import PUBLISHED
from tonotopy.networks.registry import build

NAME = "mobilenet"


@pytest.fixture
def published(monkeypatch, tmp_path):
    """The folder of a tiny network that was read from a file as it is published."""
    declared = replace(PUBLISHED[NAME], arguments={"width_mult": 0.1, "classes": 527})
    monkeypatch.setitem(publishing.PUBLISHED, NAME, declared)
    settings = front_ends.build(declared.front_end).settings
    torch.manual_seed(0)
    network = build(declared.architecture, declared.arguments, settings, classes=0)
    torch.save(network.state_dict(), tmp_path / declared.remote.name)
    publishing.publish(NAME, tmp_path / declared.remote.name, tmp_path / "bundle")
    return tmp_path / "bundle"


def test_a_published_tagger_hears_windows_of_its_length(published, tmp_path):
    config = changed(default_config(), "networks.tagger", {"published": NAME})
    rng = np.random.default_rng(0)
    soundfile.write(tmp_path / "noise.wav", rng.uniform(-0.5, 0.5, 12 * 8000), 8000)
    files = planning.listing({**config, "audio": str(tmp_path / "noise.wav")})
    read_sounds(tmp_path / "sounds", tmp_path / "whole", files, 60.0)
    network = {
        "name": "tagger",
        "folder": str(published),
        "seconds": planning.clip_seconds("tagger", config),
        "activation": planning.activation("tagger", config),
        "known": planning.known("mini", "tagger", config),
    }
    sounds = (tmp_path / "sounds", tmp_path / "whole")
    hear(tmp_path / "out", *sounds, [network], 1, "cpu", 0)
    heard = json.loads((tmp_path / "out/heard.json").read_text())["files"]
    (said,) = heard["0"]
    assert said["top"]["label"] in PUBLISHED[NAME].classes
    assert said["timeline"]["seconds"] == pytest.approx([5.0, 7.0])  # of 10 s each
    values = np.array([curve["values"] for curve in said["timeline"]["curves"]])
    assert values.sum(axis=0).max() > 1  # classes of a tagger are no shares
    assert said["exhibits"] == []
