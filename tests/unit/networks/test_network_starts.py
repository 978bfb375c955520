"""What a training from published weights is compared with: these weights, under its own head."""

import hashlib
from types import SimpleNamespace

import pytest
import timm
import torch
from configs import changed, default_config
from heard_worlds import heard_corpus
from safetensors.torch import load_file

from tonotopy import places
from tonotopy.errors import InputError
from tonotopy.networks import inputs
from tonotopy.networks.bundle import load, save, untrained
from tonotopy.networks.starts import initial_network, start
from tonotopy.training.fit import train

SETTINGS = {
    "architecture": "ast",
    "arguments": {"patch": [16, 16], "stride": [16, 16], "width": 24, "depth": 2, "heads": 3},
    "front_end": {
        "rate": 8000,
        "n_fft": 256,
        "window_ms": 25,
        "hop_ms": 5,
        "mels": 48,
        "frames": 48,
    },
    "training": {
        "epochs": 2,
        "batch": 8,
        "learning_rate": 1e-3,
        "keep": "last",
        "snapshots": [0],
        "run": 1,
    },
}


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """Return the checkpoint and the bundle of a training that started from it."""
    folder = tmp_path_factory.mktemp("starts")
    torch.manual_seed(1)
    sizes = {"img_size": 96, "embed_dim": 24, "depth": 2, "num_heads": 3}
    network = timm.create_model("deit_tiny_distilled_patch16_224", pretrained=False, **sizes)
    torch.save({"model": network.state_dict()}, folder / "deit.pth")
    parts = (folder / name for name in ("network", "checkpoints", "logs"))
    train(
        heard_corpus(folder / "tones"),
        SETTINGS,
        *parts,
        seed=3,
        accelerator="cpu",
        initial_weights=folder / "deit.pth",
    )
    return folder / "deit.pth", load(folder / "network"), folder / "network"


def equal(one: dict, other: dict) -> bool:
    return one.keys() == other.keys() and all(torch.equal(one[k], other[k]) for k in one)


def test_the_start_is_what_the_training_began_with(trained, tmp_path):
    weights, bundle, folder = trained
    copy = start(bundle, weights)
    own = copy.network.state_dict()
    assert equal(own, load_file(folder / "snapshots/epoch-0000.safetensors"))
    assert not equal(own, bundle.network.state_dict())
    published = torch.load(weights, weights_only=True)["model"]
    block = "blocks.1.mlp.fc1.weight"
    assert torch.equal(own[block], published[block])
    assert not torch.equal(untrained(bundle, 3).network.state_dict()[block], published[block])
    save(tmp_path / "copy", copy.network, copy.front_end, copy.info)
    again = load(tmp_path / "copy")
    assert equal(again.network.state_dict(), own) and again.layers == bundle.layers
    assert again.classes == bundle.classes and again.info["trained"] is False
    assert "snapshots" not in again.info and again.info["start"] == {
        "file": "deit.pth",
        "sha256": hashlib.sha256(weights.read_bytes()).hexdigest(),
    }
    torch.manual_seed(0)
    waves = 0.1 * torch.randn(2, 2400)
    heard = [b.front_end(waves) for b in (bundle, again)]
    assert torch.equal(*heard)  # through the training's statistics


def test_a_network_that_was_not_trained_here_has_none(trained):
    weights, bundle, _ = trained
    info = {k: v for k, v in bundle.info.items() if k != "seed"}
    published = type(bundle)(bundle.network, bundle.front_end, info)
    with pytest.raises(InputError, match="'ast' that was not trained here has no start"):
        start(published, weights)


def test_without_published_weights_a_start_is_random():
    front_end = type("Settings", (), {"mels": 48, "frames": 48})()
    made = [
        initial_network("ast", SETTINGS["arguments"], front_end, 3, seed, None).state_dict()
        for seed in (1, 1, 2)
    ]
    assert equal(made[0], made[1]) and not equal(made[0], made[2])


def test_both_baselines_are_known_where_there_are_two():
    config = default_config()
    assert inputs.starting(config) == [] and inputs.baselines("genre_ast", config) == ["untrained"]
    config = changed(config, "networks.genre_ast.initial_weights", "deit")
    assert inputs.starting(config) == ["genre_ast"]
    assert inputs.baselines("genre_ast", config) == ["untrained", "start"]
    assert inputs.baselines("genre_cnn", config) == ["untrained"]
    config = changed(config, "networks.genre_ast.initial_weights", None)
    assert inputs.starting(config) == []
    folders = {copy: places.network("s", "n", copy) for copy in ("trained", "untrained", "start")}
    assert len(set(folders.values())) == 3 and folders["start"].endswith("n-start")


def test_published_networks_are_asked_for_what_their_files_have():
    config = default_config()
    for name in ("clap", "vggish", "ast_audioset"):
        config = changed(config, f"networks.published_{name}", {"published": name})
    names = ["genre_ast", "published_clap", "published_vggish"]
    assert inputs.known_answer_tables(names, "s", config) == [
        places.known_answers("s", name) for name in names[1:]
    ]
    texts = inputs.text_files(SimpleNamespace(network="published_clap"), config)
    assert [path.rpartition("/")[2] for path in texts] == [
        "CLAP_weights_2022.pth",
        "bert-base-uncased-vocab.txt",
    ]
    assert inputs.text_files(SimpleNamespace(network="published_vggish"), config) == []
