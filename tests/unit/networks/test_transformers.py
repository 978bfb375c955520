"""Networks of transformers by name: opened, heard and read as transformers itself does it."""

import copy
import json

import numpy as np
import pytest
import torch
from threads import one_thread  # noqa: F401 (used by every test)
from tiny_transformers import CHECKPOINTS, EXTRACTORS, LABELS, checkpoint

from tonotopy.errors import InputError
from tonotopy.networks.bundle import load, save, untrained
from tonotopy.networks.containers import logits
from tonotopy.networks.layers import Layer, parse_entry
from tonotopy.networks.tracing import read, trace, writing
from tonotopy.networks.transformer import extractor
from tonotopy.networks.transformer_files import adopt_transformer
from tonotopy.networks.transformer_kinds import KINDS

SOUNDS = 0.1 * torch.randn(3, 6000, generator=torch.Generator().manual_seed(0))  # 0.75 s


def inside(name, network):
    """The part of a saved network that its kind is."""
    kind = CHECKPOINTS[name][0]
    if name == "whisper":
        return network.model.encoder
    if kind == "WhisperEncoder":
        return network.encoder
    if kind == "ClapAudioModel":
        return network.audio_model
    if kind == "MimiModel":
        return network.encoder
    if kind == "ASTModel" and hasattr(network, "audio_spectrogram_transformer"):
        return network.audio_spectrogram_transformer
    return getattr(network, network.base_model_prefix, network) if "stable" in name else network


def told(name, network):
    """What transformers itself makes of the sounds: its output, with hidden states."""
    hears = EXTRACTORS[CHECKPOINTS[name][2]]()
    given = hears(list(SOUNDS.numpy()), sampling_rate=8000, return_tensors="pt")
    given = {key: value for key, value in given.items() if key != "attention_mask"}
    if "is_longer" in given:
        given["is_longer"] = torch.zeros(3, 1, dtype=torch.bool)
    with torch.no_grad():
        return inside(name, network)(**given, output_hidden_states=True)


def positions(states):
    """Hidden states of transformers as (clips, positions, width)."""
    return states.flatten(2).transpose(1, 2) if states.ndim == 4 else states


@pytest.mark.parametrize("name", CHECKPOINTS)
def test_hidden_states_are_those_that_transformers_gives(name, adopted):
    bundle, network, _ = adopted(name)
    expected = [positions(states) for states in told(name, network).hidden_states]
    assert list(bundle.layers) == [f"hidden_{n}" for n in range(len(expected))]
    assert bundle.rate == 8000 and bundle.front_end.raw
    with torch.no_grad():
        found, _ = trace(bundle.network, bundle.layers, bundle.front_end(SOUNDS))
    for states, wanted in zip(found.values(), expected, strict=True):
        heard = 38 if "whisper" in name else wanted.shape[1]  # 75 frames of 10 ms, two by two
        torch.testing.assert_close(states, wanted[:, :heard], rtol=1e-4, atol=1e-5)
        assert states.std(dim=0).mean() > 1e-3


@pytest.mark.parametrize("name", CHECKPOINTS)
def test_the_untrained_copy_is_of_the_configuration_and_random(name, adopted, tmp_path):
    bundle, _, _ = adopted(name)
    copies = [untrained(bundle, seed) for seed in (1, 1, 2)]
    means = []
    for one in copies:
        with torch.no_grad():
            means.append(read(one.network, one.layers, SOUNDS)[0]["hidden_2"])
    torch.testing.assert_close(means[0], means[1], rtol=0, atol=0)
    assert not torch.allclose(means[0], means[2], rtol=1e-3)
    save(tmp_path / "copy", copies[0].network, copies[0].front_end, copies[0].info)
    assert load(tmp_path / "copy").layers == bundle.layers


@pytest.mark.parametrize("name", ["classifier", "whisper", "wavlm"])
def test_changes_of_hidden_states_reach_what_comes_after(name, adopted):
    network = adopted(name)[0].network
    layers = {"before": Layer("hidden.1", "tokens"), "after": Layer("hidden.2", "tokens")}
    with torch.no_grad():
        plain, _ = trace(network, layers, SOUNDS)
        with writing(network, {Layer("hidden.1", "tokens"): lambda v: v.flip(-1)}):
            changed, _ = trace(network, {"after": layers["after"]}, SOUNDS)
        again, _ = trace(copy.deepcopy(network), layers, SOUNDS)
    assert not torch.allclose(plain["after"], changed["after"], rtol=1e-2)
    torch.testing.assert_close(again["after"], plain["after"])


def test_a_classifier_answers_by_the_classes_of_its_configuration(adopted):
    bundle, network, _ = adopted("classifier")
    assert bundle.classes == LABELS
    with torch.no_grad():
        found = logits(bundle.network(bundle.front_end(SOUNDS)))
    torch.testing.assert_close(found, told("classifier", network).logits, rtol=1e-4, atol=1e-5)
    assert adopted("hubert")[0].classes == []


@pytest.mark.parametrize(("name", "longest"), [("clap", "2"), ("whisper", "2"), ("ast", "0.4249")])
def test_what_is_not_heard_of_long_clips_is_told_and_never_drawn_by_chance(
    name, longest, adopted, capsys
):
    bundle, kind = adopted(name)[0], CHECKPOINTS[name][0]
    long = 0.1 * torch.randn(2, 24_000, generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        first, _ = read(bundle.network, bundle.layers, long)
        np.random.seed(5)
        again, _ = read(bundle.network, bundle.layers, long)
    torch.testing.assert_close(first, again, rtol=0, atol=0)
    assert f"note: {kind} hears the first {longest} s of clips of 3 s" in capsys.readouterr().out


def test_layers_may_be_some_hidden_states_or_modules(tmp_path):
    entry, _ = checkpoint("hubert", tmp_path / "files")
    modules = {"convolutions": {"path": "model.feature_extractor", "read": "channels"}}
    for number, (layers, names) in enumerate(
        ((["hidden_0", "hidden_2"], ["hidden_0", "hidden_2"]), (modules, ["convolutions"]))
    ):
        place = tmp_path / f"bundle{number}"
        adopt_transformer({**entry, "layers": layers}, entry["path"], place)
        assert list(load(place).layers) == names
    for layers, told in (
        (["hidden_3"], "no 'hidden_3', the last is 'hidden_2'"),
        ({"x": "model.encodr"}, "has no layer 'model.encodr'"),
    ):
        with pytest.raises(InputError, match=told):
            adopt_transformer({**entry, "layers": layers}, entry["path"], tmp_path / "wrong")


@pytest.mark.parametrize(
    ("layers", "told"),
    [
        ("hidden_state", "n.layers: 'hidden_state' is not possible .*'hidden_states'"),
        (["hidden0"], "n.layers: 'hidden0' is no hidden state"),
        (["hidden_1", "hidden_1"], "n.layers: expected different hidden states"),
        ([], "n.layers: expected different hidden states"),
        ({"x": {"path": "y", "raed": "all"}}, "n.layers.x: unknown key 'raed'"),
    ],
)
def test_layers_that_are_none_are_refused_with_the_configuration(layers, told):
    entry = {"transformers": "a/b", "revision": "v1", "kind": "HubertModel", "layers": layers}
    with pytest.raises(InputError, match=told):
        parse_entry(entry, "n")


def test_half_precision_is_held_in_float32(tmp_path):
    entry, network = checkpoint("wav2vec2", tmp_path / "files")
    network.half().save_pretrained(tmp_path / "files")
    adopt_transformer(entry, tmp_path / "files", tmp_path / "bundle")
    bundle = load(tmp_path / "bundle")
    assert {value.dtype for value in bundle.network.parameters()} == {torch.float32}


def test_where_a_network_is_from_stands_in_its_bundle(adopted):
    info = adopted("mimi")[0].info
    assert info["transformers"]["name"].startswith("someone/") and info["trained"]
    assert info["transformers"]["revision"] == "v1" and info["transformers"]["kind"] == "MimiModel"
    assert list(info["transformers"]["sha256"]) == ["model.safetensors"]
    json.dumps(info)


def test_every_kind_is_tried():
    assert {kind for kind, _, _ in CHECKPOINTS.values()} == set(KINDS)


@pytest.mark.parametrize("name", ["open", "Wav2Vec2Model", "AbsentFeatureExtractor", None])
def test_only_feature_extractors_are_made_of_settings(name):
    with pytest.raises(ValueError, match="has no feature extractor"):
        extractor({"feature_extractor_type": name})
