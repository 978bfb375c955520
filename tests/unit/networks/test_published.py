"""Published networks: each declaration builds, each file becomes a bundle or a clear message."""

import hashlib
import json
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from torch import nn

from tonotopy import sums
from tonotopy.errors import InputError
from tonotopy.frontends import registry as front_ends
from tonotopy.frontends.log_mel import LogMel, LogMelSettings
from tonotopy.networks import publishing
from tonotopy.networks.ast import AST
from tonotopy.networks.bundle import load, save, untrained
from tonotopy.networks.layers import Layer, describe
from tonotopy.networks.published import INITIAL, PUBLISHED, front_end_kind, front_end_settings
from tonotopy.networks.registry import ARCHITECTURES, build
from tonotopy.networks.tracing import read

TINY = {
    "vggish": {"widths": [2, 2, 3, 3, 4, 4], "hidden": 6, "embedding": 5},
    "clap": {"widths": [2, 3, 4, 5, 6, 8], "fc": 7, "projection": 5},
    "mobilenet": {"width_mult": 0.1, "classes": 527},
    "ast_audioset": {"width": 8, "depth": 2, "heads": 2, "classes": 527, "norm_eps": 1e-12},
    "encodec": {"filters": 2, "latent": 8, "codebook": 16, "bandwidths": [1.5], "lstm": 1},
}


def as_published(name: str, network: nn.Module):
    """Return a network's weights under the names and in the container of the published file."""
    own = network.state_dict()
    if name == "clap":
        inside = {f"audio_encoder.{k}": v for k, v in own.items()}
        return {"model": {**inside, "logit_scale": torch.zeros(())}, "epoch": 3}
    if name == "encodec":
        return {k.removeprefix("model."): v for k, v in own.items()}
    if name == "ast_audioset":
        weights = {f"module.v.{k}": v for k, v in own.items() if k.startswith(("blocks", "norm"))}
        weights |= {f"module.mlp_{k}": v for k, v in own.items() if k.startswith("head.")}
        weights |= {
            f"module.v.patch_embed.proj.{k}": own[f"patches.{k}"] for k in ("weight", "bias")
        }
        weights["module.v.cls_token"], weights["module.v.dist_token"] = own["class_tokens"].split(
            1, 1
        )
        return {**weights, "module.v.pos_embed": own["positions"]}
    return own


@pytest.fixture
def reduced(monkeypatch):
    """The declarations with tiny networks; AST hears few frames."""
    for name, arguments in TINY.items():
        short = {"frames": 40} if name == "ast_audioset" else {}
        declared = PUBLISHED[name]
        tiny = replace(declared, arguments=arguments, front_end={**declared.front_end, **short})
        monkeypatch.setitem(publishing.PUBLISHED, name, tiny)
    return publishing.PUBLISHED


def stored(name: str, declared, folder: Path) -> tuple[Path, nn.Module]:
    """Write a random network as it would be published; return the file and the network."""
    torch.manual_seed(0)
    settings = front_ends.build(declared.front_end).settings
    network = build(declared.architecture, declared.arguments, settings, classes=0).eval()
    weights = as_published(name, network)
    path = folder / declared.remote.name
    if path.suffix == ".safetensors":
        save_file({k: v.contiguous() for k, v in weights.items()}, path)
    else:
        torch.save(weights, path)
    return path, network


@torch.no_grad()
@pytest.mark.parametrize("name", PUBLISHED)
def test_a_published_file_becomes_a_bundle_that_gives_the_network_s_answers(
    name, reduced, tmp_path
):
    declared = reduced[name]
    path, network = stored(name, declared, tmp_path)
    publishing.publish(name, path, tmp_path / "bundle")
    bundle = load(tmp_path / "bundle")
    heard = bundle.front_end(0.1 * torch.randn(2, 20_000))
    torch.testing.assert_close(bundle.network(heard), network(heard), rtol=1e-5, atol=1e-6)
    told = bundle.info
    assert bundle.classes == list(declared.classes) and told["trained"]
    assert told["published"]["sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()
    assert told["published"]["citation"] == declared.citation
    assert told["published"]["licence"] == declared.licence
    assert told["published"]["source"] == declared.remote.urls[0]
    assert told["front_end"]["kind"] == declared.front_end["kind"]
    assert "stages" not in told and told["layers"] == describe(network.layers)
    assert bundle.layers == network.layers
    vectors, _ = read(bundle.network, bundle.layers, heard)
    assert list(vectors) == list(network.layers)
    assert all(len(vector) == 2 and vector.std() > 0 for vector in vectors.values())
    other = untrained(bundle, seed=1)
    assert not torch.equal(other.network(heard), bundle.network(heard))


@pytest.mark.parametrize("name", PUBLISHED)
def test_every_declaration_is_complete_and_builds(name):
    declared = PUBLISHED[name]
    settings = front_ends.build(declared.front_end).settings
    with torch.device("meta"):
        network = build(declared.architecture, declared.arguments, settings, classes=0)
    assert len(network.layers) >= 5 and len(declared.citation) > 40 and declared.licence
    for url in declared.remote.urls:
        assert re.fullmatch(r"https://[\w./%?=&-]+", url)
    assert len(declared.classes) == declared.arguments.get("classes", 0)


def test_what_the_rules_read_does_not_need_torch():
    code = "import sys, tonotopy.config, tonotopy.networks.published, tonotopy.networks.layers; "
    code += "assert 'torch' not in sys.modules"
    package = Path(publishing.__file__).parents[2]
    subprocess.run([sys.executable, "-c", code], check=True, cwd=package)
    assert INITIAL["deit"].checksum == "sha256:d0272ac0"


def test_unreadable_files_are_refused_with_what_to_do(tmp_path):
    with pytest.raises(InputError, match=r"absent\.pth: file not found; download"):
        publishing.read_weights(tmp_path / "absent.pth")
    for name in ("broken.pth", "broken.safetensors"):
        (tmp_path / name).write_bytes(b"not weights at all")
        with pytest.raises(
            InputError, match=rf"{name}: not readable as weights.*download it again"
        ):
            publishing.read_weights(tmp_path / name)
    torch.save({"weights": nn.Linear(1, 1)}, tmp_path / "code.pth")
    with pytest.raises(InputError, match=r"code\.pth: not readable as weights alone"):
        publishing.read_weights(tmp_path / "code.pth")
    torch.save([torch.zeros(1)], tmp_path / "list.pth")
    with pytest.raises(InputError, match=r"list\.pth: holds a list, expected a state dict"):
        publishing.read_weights(tmp_path / "list.pth")


def test_wrong_files_and_names_are_refused(reduced, tmp_path):
    with pytest.raises(InputError, match="no published network 'vgish'.*'vggish'"):
        publishing.publish("vgish", tmp_path / "x.pth", tmp_path / "bundle")
    path, _ = stored("vggish", reduced["vggish"], tmp_path)
    for name, reason in (
        (
            "mobilenet",
            "lacks 'classifier.2.bias' and 293 more; it has 'embeddings.0.bias' and 17",
        ),
        ("clap", "not a CLAP checkpoint: .*"),
    ):
        with pytest.raises(InputError, match=f"not the weights of '{name}' .*{reason}.*http"):
            publishing.publish(name, path, tmp_path / "bundle")
    wider = replace(reduced["vggish"], arguments={**TINY["vggish"], "hidden": 9})
    publishing.PUBLISHED["vggish"] = wider
    message = r"'embeddings.0.bias' is \(6,\), expected \(9,\), and 4 more are of other shapes"
    with pytest.raises(InputError, match=message):
        publishing.publish("vggish", path, tmp_path / "bundle")
    assert not (tmp_path / "bundle").exists()


def test_bundles_of_before_front_ends_had_kinds_are_read_as_before(tmp_path):
    front_end = LogMel(LogMelSettings(rate=8000, n_fft=128, mels=16, frames=20, mean=-3.0))
    network = AST(2, mels=16, frames=20, width=8, depth=2, heads=2).eval()
    info = {
        "architecture": "ast",
        "arguments": {"width": 8, "depth": 2, "heads": 2},
        "classes": ["a", "b"],
    }
    save(tmp_path / "bundle", network, front_end, info)
    described = json.loads((tmp_path / "bundle/network.json").read_text())
    assert described["layers"] == {
        f"layer{i + 1}": {"path": f"blocks.{i}", "read": "tokens", "tokens": [0, 1]}
        for i in range(2)
    }
    assert described["front_end"].pop("kind") == "log_mel"
    del described["layers"]
    (tmp_path / "bundle/network.json").write_text(json.dumps(described))
    sums.forget(tmp_path / "bundle")
    bundle = load(tmp_path / "bundle")
    assert bundle.front_end.settings == front_end.settings
    waves = torch.randn(2, 900)
    torch.testing.assert_close(bundle.network(bundle.front_end(waves)), network(front_end(waves)))


def test_architectures_take_what_they_need_from_the_front_end():
    panns = front_ends.build({"kind": "panns", "mels": 40}).settings
    small = {"widths": [2, 2, 2, 2, 2, 2], "fc": 3}
    assert build("cnn14", small, panns, classes=4).base.bn0.num_features == 40
    patches = front_ends.build({"kind": "vggish", "mels": 32, "frames": 48}).settings
    vggish = build("vggish", {"widths": [2] * 6, "hidden": 3}, patches, classes=0)
    assert vggish.input_shape == (48, 32)
    ast = build("ast", {"frames": 50, "width": 8, "depth": 1, "heads": 2}, panns, classes=3)
    assert ast.input_shape == (40, 50)
    plain = build("genre_cnn", {"filters": [2, 3], "dense": [4]}, patches, classes=3)
    assert plain.input_shape == (32, 48)
    known = {"ast", "vggish", "cnn14", "clap", "mobilenet", "codec", "genre_cnn", "own", "cnn12"}
    known |= {"transferred", "transformer", "small_codec", "vgg", "sample_cnn"}
    assert set(ARCHITECTURES) == known


@pytest.mark.parametrize(
    ("architecture", "arguments", "kind", "classes", "message"),
    [
        ("cnn15", {}, "panns", 2, "no architecture 'cnn15'.*'cnn14'"),
        ("ast", {}, "panns", 2, "'ast' needs to know 'frames', which PANNsSettings leaves open"),
        ("codec", {}, "waveform", 2, "'codec' does not classify"),
        ("mobilenet", {"width": 2}, "efficientat", 2, "arguments of 'mobilenet'.*'width'"),
        ("mobilenet", {"classes": 5}, "efficientat", 2, "arguments of 'mobilenet'.*'classes'"),
        ("cnn14", {"projection": 4}, "panns", 2, "arguments of 'cnn14'.*either classes or"),
    ],
)
def test_networks_that_cannot_be_built_are_refused(architecture, arguments, kind, classes, message):
    settings = front_ends.build({"kind": kind}).settings
    with pytest.raises(InputError, match=message):
        build(architecture, arguments, settings, classes)


def test_known_names_of_classes_must_be_as_many_as_the_arguments_say():
    settings = front_ends.build({"kind": "efficientat"}).settings
    arguments = {"width_mult": 0.1, "classes": 4}
    for classes in (0, 4):
        assert build("mobilenet", arguments, settings, classes).classifier[-1].out_features == 4
    for classes in (3, 5):
        with pytest.raises(InputError, match=f"'classes' is 4, but {classes} names of classes"):
            build("mobilenet", arguments, settings, classes)


def test_audioset_networks_name_their_classes_in_the_published_order():
    for name, declared in PUBLISHED.items():
        if name in ("mobilenet", "ast_audioset"):
            assert len(set(declared.classes)) == 527
            known = {
                0: "Speech",
                235: "Jazz",
                236: "Disco",
                191: "Violin, fiddle",
                526: "Field recording",
            }
            assert {index: declared.classes[index] for index in known} == known
        else:
            assert declared.classes == ()


def test_layers_of_the_entry_take_the_place_of_the_architecture_s(reduced, tmp_path):
    path, _ = stored("ast_audioset", reduced["ast_audioset"], tmp_path)
    layers = [["second", {"path": "blocks.1", "read": "channels"}], ["first", "blocks.0"]]
    publishing.publish("ast_audioset", path, tmp_path / "bundle", layers)
    bundle = load(tmp_path / "bundle")
    assert list(bundle.layers.items()) == [
        ("second", Layer("blocks.1", "channels")),
        ("first", Layer("blocks.0")),
    ]
    with pytest.raises(InputError, match="AST has no layer 'blocks.2'.*'blocks.1'"):
        publishing.publish("ast_audioset", path, tmp_path / "other", {"third": "blocks.2"})
    assert not (tmp_path / "other").exists()


def test_front_end_of_an_entry():
    own = {"architecture": "cnn12", "front_end": {"kind": "waveform", "rate": 8000}}
    assert front_end_settings(own) == {"kind": "waveform", "rate": 8000}
    assert front_end_kind(own) == "waveform"
    assert front_end_settings({"published": "encodec"}) == PUBLISHED["encodec"].front_end
    assert front_end_kind({"published": "vggish"}) == "vggish"
    assert front_end_kind({"architecture": "ast", "front_end": {"rate": 16000}}) == "log_mel"
