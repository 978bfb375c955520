"""Fetching networks by name: a mirror first, whole folders alone, every refusal with what to do."""

import json
from pathlib import Path

import huggingface_hub
import pytest
import torch
from tiny_transformers import checkpoint

from tonotopy.errors import InputError
from tonotopy.networks import inputs
from tonotopy.networks.transformer_files import adopt_transformer, fetch
from tonotopy.networks.transformer_kinds import mirrored_folders, snapshot_name

ENTRY = {"transformers": "someone/something", "revision": "refs/pr/7", "kind": "HubertModel"}


def test_names_of_folders():
    assert snapshot_name(ENTRY) == "someone--something--refs--pr--7"
    config = {"networks": {"x": ENTRY, "y": {**ENTRY, "path": "here"}, "z": {"module": "a:B"}}}
    assert list(inputs.snapshots(config)) == ["someone--something--refs--pr--7"]
    assert inputs.adopted(config) == ["z", "x", "y"]
    assert inputs.transformer_files(ENTRY) == [
        "data/downloads/transformers/someone--something--refs--pr--7"
    ]


@pytest.mark.parametrize("number", range(4))
def test_a_mirror_is_looked_into_first(tmp_path, number, monkeypatch):
    monkeypatch.setattr(huggingface_hub, "snapshot_download", None)
    folder = mirrored_folders(ENTRY, str(tmp_path / "mirror"))[number]
    checkpoint("hubert", folder)
    (folder / "pytorch_model.bin").write_bytes(b"code")
    (folder / "modeling.py").write_text("raise SystemExit")
    fetch(ENTRY, tmp_path / "target", str(tmp_path / "mirror"))
    names = sorted(path.name for path in (tmp_path / "target").iterdir())
    assert names == ["config.json", "model.safetensors", "preprocessor_config.json"]


def downloading(monkeypatch, folder: Path | None, error: Exception | None = None) -> list[dict]:
    asked = []

    def download(name, **settings):
        asked.append({"name": name, **settings})
        if error:
            raise error
        settings["local_dir"].mkdir(parents=True, exist_ok=True)
        for file in folder.iterdir():
            (settings["local_dir"] / file.name).write_bytes(file.read_bytes())

    monkeypatch.setattr(huggingface_hub, "snapshot_download", download)
    return asked


def test_the_hub_is_asked_for_one_revision_and_for_nothing_that_runs(tmp_path, monkeypatch):
    checkpoint("hubert", tmp_path / "hub")
    asked = downloading(monkeypatch, tmp_path / "hub")
    (tmp_path / "mirror").mkdir()
    fetch(ENTRY, tmp_path / "target", str(tmp_path / "mirror"))
    (settings,) = asked
    assert settings["name"] == "someone/something" and settings["revision"] == "refs/pr/7"
    assert settings["allow_patterns"] == ["*.safetensors", "*.json"]
    assert (tmp_path / "target/config.json").is_file()
    assert not (tmp_path / "target.part").exists()


class RevisionNotFoundError(Exception):
    """Named as the hub's own."""


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (RevisionNotFoundError("404"), "no such network, or not at revision 'refs/pr/7'.*404"),
        (
            ConnectionError("no route"),
            "could not be fetched .ConnectionError: no route.*the mirror",
        ),
        (TimeoutError("late"), "could not be fetched .*someone--something--refs--pr--7.*'path'"),
    ],
)
def test_a_hub_that_does_not_answer_is_told_with_the_ways_round_it(
    tmp_path, monkeypatch, error, told
):
    downloading(monkeypatch, None, error)
    with pytest.raises(InputError, match=told):
        fetch(ENTRY, tmp_path / "target")
    assert not (tmp_path / "target").exists()


def test_a_network_without_safetensors_is_refused(tmp_path, monkeypatch):
    (tmp_path / "hub").mkdir()
    (tmp_path / "hub/config.json").write_text("{}")
    downloading(monkeypatch, tmp_path / "hub")
    with pytest.raises(InputError, match="no weights as safetensors at revision 'refs/pr/7'"):
        fetch(ENTRY, tmp_path / "target")
    assert not (tmp_path / "target").exists()


def spoil(folder: Path, how: str) -> None:
    if how in ("config.json", "preprocessor_config.json", "model.safetensors"):
        (folder / how).unlink()
    elif how == "cut":
        content = (folder / "model.safetensors").read_bytes()
        (folder / "model.safetensors").write_bytes(content[:-100])
    elif how == "other sizes":
        settings = json.loads((folder / "config.json").read_text())
        (folder / "config.json").write_text(json.dumps({**settings, "intermediate_size": 28}))
    elif how == "deeper":
        settings = json.loads((folder / "config.json").read_text())
        (folder / "config.json").write_text(json.dumps({**settings, "num_hidden_layers": 3}))
    elif how == "remote code":
        path = folder / "preprocessor_config.json"
        settings = json.loads(path.read_text())
        settings |= {"auto_map": {"AutoFeatureExtractor": "mine.Ears"}}
        settings["feature_extractor_type"] = "Ears"
        path.write_text(json.dumps(settings))


@pytest.mark.parametrize(
    ("how", "told"),
    [
        ("config.json", "files: has no config.json; needed are"),
        ("preprocessor_config.json", "files: has no preprocessor_config.json"),
        ("model.safetensors", "files: has no weights as safetensors"),
        ("cut", "files: cannot be opened as a HubertModel"),
        ("other sizes", "files: (its weights are not those|cannot be opened as)"),
        ("deeper", "files: its weights are not those of a HubertModel: .*layers.2"),
        ("remote code", "files: has no feature extractor of transformers"),
    ],
)
def test_files_that_are_not_such_a_network_are_refused(tmp_path, how, told):
    entry, _ = checkpoint("hubert", tmp_path / "files")
    spoil(tmp_path / "files", how)
    with pytest.raises(InputError, match=told):
        adopt_transformer(entry, tmp_path / "files", tmp_path / "bundle")
    assert not (tmp_path / "bundle").exists()


@pytest.mark.parametrize(
    ("name", "kind", "told"),
    [
        ("wav2vec2", "HubertModel", "'wav2vec2', which is no HubertModel .*kind is Wav2Vec2Model"),
        ("ast", "MimiModel", "no MimiModel .*: its kind is ASTModel or ASTForAudioClassification"),
    ],
)
def test_another_kind_is_named(tmp_path, name, kind, told):
    entry, _ = checkpoint(name, tmp_path / "files")
    with pytest.raises(InputError, match=told):
        adopt_transformer({**entry, "kind": kind}, tmp_path / "files", tmp_path / "bundle")


def test_a_pickled_file_beside_is_never_opened(tmp_path):
    entry, _ = checkpoint("hubert", tmp_path / "files")
    (tmp_path / "files/model.safetensors").rename(tmp_path / "files/other.safetensors")
    torch.save({"w": torch.zeros(1)}, tmp_path / "files/pytorch_model.bin")
    with pytest.raises(InputError, match="cannot be opened as a HubertModel"):
        adopt_transformer(entry, tmp_path / "files", tmp_path / "bundle")
