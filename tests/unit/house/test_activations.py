"""Reading and writing activations: one pass, copies, hooks that always go; the store on disk."""

import json

import numpy as np
import pytest
import torch
from torch import nn
from worlds import RATE, tone_corpus

from tonotopy.activations import store, stored
from tonotopy.errors import InputError
from tonotopy.files import replacing
from tonotopy.frontends.log_mel import LogMel, LogMelSettings
from tonotopy.frontends.waveform import Waveform, WaveformSettings
from tonotopy.networks.ast import AST
from tonotopy.networks.bundle import Bundle
from tonotopy.networks.layers import Layer, with_view
from tonotopy.networks.tracing import read, writing


def hooks(network: nn.Module) -> int:
    return sum(len(m._forward_hooks) + len(m._forward_pre_hooks) for m in network.modules())


class Recurrent(nn.Module):
    """Two recurrent modules, of which torch returns tuples, and a head on the last step."""

    def __init__(self):
        super().__init__()
        self.first = nn.LSTM(5, 4, batch_first=True)
        self.second = nn.LSTM(4, 6, num_layers=2)
        self.head = nn.Linear(6, 3)

    def forward(self, x):
        steps, _ = self.first(x)
        steps, _ = self.second(steps.transpose(0, 1))
        return self.head(steps[-1])


def small_ast(depth: int = 3) -> AST:
    torch.manual_seed(0)
    return AST(2, mels=16, frames=32, width=8, depth=depth, heads=2).eval()


# --- reading ---


def test_what_is_read_is_a_copy_that_in_place_operations_cannot_change():
    network = nn.Sequential(nn.Linear(3, 4), nn.ReLU(inplace=True))
    x = torch.randn(5, 3)
    layers = {"linear": Layer("0"), "relu": Layer("1")}
    vectors, output = read(network, layers, x)
    assert list(vectors) == ["linear", "relu"]
    torch.testing.assert_close(vectors["linear"], network[0](x).detach())
    assert (vectors["linear"] < 0).any() and not vectors["linear"].requires_grad
    torch.testing.assert_close(output, network(x))
    torch.testing.assert_close(vectors["relu"], output.detach())
    output.detach().zero_()
    assert vectors["relu"].any()  # no memory is shared with the output


def test_order_and_names_are_the_layers_not_the_network_s():
    network = nn.Sequential(nn.Linear(3, 4), nn.ReLU(), nn.Linear(4, 2))
    vectors, _ = read(
        network, {"z": Layer("2"), "a": Layer("0"), "b": Layer("0")}, torch.ones(1, 3)
    )
    assert [(n, v.shape[1]) for n, v in vectors.items()] == [("z", 2), ("a", 4), ("b", 4)]


@torch.no_grad()
def test_class_tokens_are_averaged_after_every_block():
    network, x = small_ast(), torch.randn(4, 16, 32)
    tokens, expected = network.embed(x), []
    for block in network.blocks:
        tokens = block(tokens)
        expected.append((tokens[:, 0] + tokens[:, 1]) / 2)
    vectors, _ = read(network, network.layers, x)
    for found, mean in zip(vectors.values(), expected, strict=True):
        torch.testing.assert_close(found, mean)


@torch.no_grad()
@pytest.mark.parametrize(
    "layer",
    [
        Layer("blocks.2", "tokens"),
        Layer("blocks.2", "tokens", (0, 2)),
        Layer("blocks.2", "channels"),
        Layer("blocks.2.mlp", "tokens"),
    ],
)
def test_the_last_block_computes_all_tokens_where_they_are_read(layer):
    network, x = small_ast(), torch.randn(4, 16, 32)
    kept = {}
    handle = network.get_submodule(layer.path).register_forward_hook(
        lambda module, inputs, output: kept.update(whole=output)
    )
    plain = network(x)
    assert kept["whole"].shape[1] == 2
    tokens = network.embed(x)
    for block in network.blocks:
        tokens = block(tokens)
    whole = kept["whole"]
    assert whole.shape[1] > 2
    vectors, output = read(network, {"last": layer}, x)
    torch.testing.assert_close(vectors["last"], layer.vector(whole, 4))
    torch.testing.assert_close(output, plain, rtol=1e-4, atol=1e-5)
    network(x)
    assert kept["whole"].shape[1] == 2  # and not afterwards
    handle.remove()


def test_recurrent_outputs_and_states_are_read_along_the_axis_of_the_clips():
    torch.manual_seed(0)
    network, x = Recurrent().eval(), torch.randn(4, 7, 5)
    layers = {
        "steps": Layer("first", "tokens"),
        "state": Layer("first", "all", part="1.0", batch_axis=1),
        "top": Layer("second", "tokens", (-1,), 0, 1),
        "cells": Layer("second", "tokens", part="1.1", batch_axis=1),
    }
    vectors, _ = read(network, layers, x)
    steps, (state, _) = network.first(x)
    top, (_, cells) = network.second(steps.transpose(0, 1))
    torch.testing.assert_close(vectors["steps"], steps.mean(dim=1))
    torch.testing.assert_close(vectors["state"], state[0])
    torch.testing.assert_close(vectors["top"], top[-1])
    torch.testing.assert_close(vectors["cells"], (cells[0] + cells[1]) / 2)


@pytest.mark.parametrize(
    ("layer", "told"),
    [
        (Layer("second", "tokens"), "clips of this LSTM's output are on axis 1"),
        (Layer("first", "tokens", batch_axis=1), "clips of this LSTM's output are on axis 0"),
        (Layer("first", part="1.0"), "clips of this LSTM's states are on axis 1"),
        (Layer("second", part=1), "clips of this LSTM's states are on axis 1"),
    ],
)
def test_recurrent_modules_read_along_the_wrong_axis_are_refused(layer, told):
    network = Recurrent()
    with pytest.raises(InputError, match=f"layer 'x' .*{told}: set batch_axis"):
        read(network, {"x": layer}, torch.randn(4, 4, 5))
    assert hooks(network) == 0


# --- writing ---


def test_changes_replace_outputs_inside_the_block_alone():
    network, x = nn.Sequential(nn.Linear(3, 4), nn.ReLU()), torch.randn(2, 3)
    plain = network(x)
    with writing(network, {Layer("0"): lambda v: v + 1, Layer("1"): lambda v: 2 * v}):
        steered, again = network(x), network(x)
    torch.testing.assert_close(steered, 2 * torch.relu(network[0](x) + 1))
    torch.testing.assert_close(again, steered)
    torch.testing.assert_close(network(x), plain)
    assert hooks(network) == 0


def test_changes_see_vectors_of_every_clip_though_a_network_folds_chunks_into_its_batch():
    class Folding(nn.Module):
        def __init__(self):
            super().__init__()
            self.map = nn.Linear(3, 3, bias=False)

        def forward(self, *, chunks):
            return self.map(chunks.flatten(0, 1)).unflatten(0, chunks.shape[:2]).mean(dim=1)

    network, x = Folding(), torch.randn(4, 2, 3)
    shapes = []

    def change(vectors):
        shapes.append(tuple(vectors.shape))
        return vectors * torch.arange(4.0)[:, None, None]

    with writing(network, {Layer("map", "tokens"): change}):
        found = network(chunks=x)
    assert shapes == [(4, 2, 3)]
    torch.testing.assert_close(found, network(chunks=x) * torch.arange(4.0)[:, None])


def test_a_change_acts_through_tuples():
    torch.manual_seed(0)
    network, x = Recurrent().eval(), torch.randn(4, 7, 5)
    with writing(network, {Layer("second", "tokens", (-1,), batch_axis=1): lambda v: 0 * v}):
        torch.testing.assert_close(network(x), network.head.bias.expand(4, 3))


# --- hooks and refusals ---


def test_a_pass_without_a_tensor_is_refused():
    class Asking(nn.Module):
        def __init__(self):
            super().__init__()
            self.map = nn.Linear(3, 2)

        def forward(self, inputs):
            return self.map(inputs["x"])

    network = Asking()
    with (
        pytest.raises(InputError, match="Asking is called without a tensor"),
        writing(network, {Layer("map"): torch.relu}),
    ):
        network({"x": torch.zeros(1, 3)})


@pytest.mark.parametrize("how", ["read", "write"])
def test_hooks_are_removed_after_an_error_too(how):
    network = nn.Sequential(nn.Linear(3, 4))
    with pytest.raises(RuntimeError):
        if how == "read":
            read(network, {"a": Layer("0")}, torch.zeros(1, 99))
        else:
            with writing(network, {Layer("0"): torch.relu}):
                network(torch.zeros(1, 99))
    assert hooks(network) == 0


def test_a_wrong_layer_lists_the_nearest_and_leaves_no_hook():
    network = small_ast(2)
    for layers in ({"a": Layer("blocks.0"), "b": Layer("blocks.7")}, {"b": Layer("blocks.7")}):
        with pytest.raises(InputError, match=r"no layer 'blocks.7'.*blocks\.[01]"):
            read(network, layers, torch.zeros(1, 16, 32))
        changes = dict.fromkeys(layers.values(), torch.relu)
        with pytest.raises(InputError, match=r"no layer 'blocks.7'"), writing(network, changes):
            pass
    assert hooks(network) == 0 and network.leading == 2


class Wayward(nn.Module):
    def __init__(self):
        super().__init__()
        self.once, self.twice, self.never = nn.ReLU(), nn.ReLU(), nn.ReLU()

    def forward(self, x):
        return self.twice(self.twice(self.once(x)))


@pytest.mark.parametrize(
    ("path", "told"), [("never", "is not called"), ("twice", "is called 2 times")]
)
def test_layers_that_are_not_called_once_are_refused(path, told):
    network, x = Wayward(), torch.randn(2, 3)
    message = rf"\({path}\) {told} in a forward pass, expected once"
    with pytest.raises(InputError, match=f"layer 'good-{path}' {message}"):
        read(network, {"once": Layer("once"), f"good-{path}": Layer(path)}, x)
    with (
        pytest.raises(InputError, match=f"layer '{path}' {message}"),
        writing(network, {Layer(path): torch.neg}),
    ):
        network(x)
    assert hooks(network) == 0
    with writing(network, {Layer("once"): torch.neg}):
        network(x)
        network(x)  # once in each pass


# --- the store ---


@pytest.fixture(scope="module")
def tones(tmp_path_factory):
    return tone_corpus(tmp_path_factory.mktemp("corpora") / "tones")


@pytest.fixture(scope="module")
def bundle():
    torch.manual_seed(0)
    network = AST(3, 16, 20, patch=(16, 4), stride=(16, 4), width=8, depth=3, heads=2)
    for parameter in network.parameters():  # so that every clip gives something of its own
        nn.init.normal_(parameter, 0, 0.3)
    front_end = LogMel(LogMelSettings(RATE, 128, 25, 12.5, 16, 20))
    return Bundle(network.eval(), front_end, {"classes": ["low", "mid", "high"]})


@pytest.mark.parametrize("batch", [1, 32, 84, 500])
def test_all_clips_are_stored_in_order_whatever_the_batch(tones, bundle, tmp_path, batch):
    found = store(bundle, tones, tmp_path / "a", batch=batch)
    assert list(found) == ["layer1", "layer2", "layer3"]
    assert all(v.shape == (84, 8) and v.dtype == np.float32 for v in found.values())
    assert all(isinstance(v, np.memmap) and v.mode == "r" for v in found.values())
    inputs = bundle.front_end(torch.from_numpy(tones.waveforms(slice(None))))
    with torch.no_grad():
        expected, _ = read(bundle.network, bundle.network.layers, inputs)
    for name, values in found.items():
        np.testing.assert_allclose(values, expected[name], atol=1e-5)
        assert values.std(axis=0).min() > 0.02


def test_chosen_clips_are_stored_in_the_order_asked_for(tones, bundle, tmp_path):
    positions = np.array([70, 3, 41, 8, 2])
    whole = store(bundle, tones, tmp_path / "whole", batch=32)
    found = store(bundle, tones, tmp_path / "some", positions=positions, batch=2)
    for name in whole:
        np.testing.assert_allclose(found[name], whole[name][positions], atol=1e-6)
    with pytest.raises(InputError, match="corpus tones: no clips are chosen"):
        store(bundle, tones, tmp_path / "none", positions=np.array([], dtype=int), batch=2)


def test_what_is_stored_is_read_again_and_damage_is_told(tones, bundle, tmp_path):
    with replacing(tmp_path / "kept") as draft:
        written = store(bundle, tones, draft, batch=32)
    found = stored(tmp_path / "kept")
    assert list(found) == list(written)
    for name in found:
        np.testing.assert_array_equal(found[name], np.array(written[name]))
    index = json.loads((tmp_path / "kept/index.json").read_text())
    assert index == {"layers": ["layer1", "layer2", "layer3"], "clips": 84}
    with (tmp_path / "kept/001-layer2.npy").open("r+b") as file:
        file.seek(200)
        file.write(b"\xff\xff")
    with pytest.raises(InputError, match="001-layer2.npy: its content differs"):
        stored(tmp_path / "kept")
    with pytest.raises(InputError, match="index.json: file not found"):
        stored(tmp_path / "absent")
    store(bundle, tones, tmp_path / "short", batch=32)
    (tmp_path / "short/index.json").write_text('{"layers": ["layer1"], "clips": 83}')
    with pytest.raises(InputError, match="short: damaged .layer 'layer1' has 84 clips, not 83"):
        stored(tmp_path / "short")


class Halves(nn.Module):
    """The waveform, then its spectrum."""

    def __init__(self):
        super().__init__()
        self.first, self.second = nn.Identity(), nn.Identity()

    @property
    def layers(self):
        return {"waveform": Layer("first"), "spectrum": Layer("second")}

    def forward(self, waveforms):
        return self.second(torch.fft.rfft(self.first(waveforms)).abs())


def test_a_view_and_a_length_are_those_asked_for(tones, tmp_path):
    bundle = Bundle(Halves(), Waveform(WaveformSettings(RATE)), {})
    found = store(bundle, tones, tmp_path / "cut", seconds=0.2, batch=32)
    assert found["waveform"].shape == (84, 800) and found["spectrum"].shape == (84, 401)
    np.testing.assert_array_equal(found["waveform"], tones.waveforms(slice(None))[:, :800])
    with pytest.raises(InputError, match="clips of 0.25 s are shorter than 0.3 s"):
        store(bundle, tones, tmp_path / "long", seconds=0.3, batch=32)
    patches = Bundle(small_ast(), LogMel(LogMelSettings(RATE, 128, 25, 5, 16, 32)), {})
    views = {v: store(patches, tones, tmp_path / v, batch=32, view=v) for v in ("all", "tokens")}
    layers = with_view(patches.network.layers, "tokens")
    inputs = patches.front_end(torch.from_numpy(tones.waveforms([5])))
    with torch.no_grad():
        expected = read(patches.network, layers, inputs)[0]["layer3"]
    np.testing.assert_allclose(views["tokens"]["layer3"][5], expected[0], atol=1e-5)
    assert views["all"]["layer1"].shape[1] == views["all"]["layer3"].shape[1] > 8 * 2


def test_layers_of_the_bundle_go_before_those_of_the_network(tones, tmp_path):
    info = {"layers": {"only": {"path": "second"}}}
    bundle = Bundle(Halves(), Waveform(WaveformSettings(RATE)), info)
    assert list(store(bundle, tones, tmp_path / "x", batch=32)) == ["only"]


def test_values_that_are_not_finite_are_named(tones, tmp_path):
    class Broken(Halves):
        def forward(self, waveforms):
            heard = waveforms.clone()
            if len(waveforms) == 20:  # the last batch: clips 64 to 83
                heard[1, 5] = torch.inf
                heard[3:, 0] = torch.nan
            return self.second(self.first(heard))

    bundle = Bundle(Broken(), Waveform(WaveformSettings(RATE)), {})
    with pytest.raises(
        InputError,
        match="corpus tones: layer 'waveform' gives values that are "
        f"not finite for clips {tones.clips[65]}, {tones.clips[67]}, "
        f"{tones.clips[68]} and 15 more",
    ):
        store(bundle, tones, tmp_path / "x", batch=32)
