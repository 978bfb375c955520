"""Sonifications are thesis algorithm 1, of any network; they are no gradients."""

import math

import pytest
import torch
import zennit.composites
from literal_deconvnet import (
    SHORT,
    Chain,
    blocks_of_cnn12,
    literal_sonification,
    sounds,
    tiny_cnn12,
)
from torch import nn
from torch.nn.functional import conv1d, conv_transpose1d, cosine_similarity, gelu
from transformers import Wav2Vec2Config
from transformers.models.wav2vec2.modeling_wav2vec2 import Wav2Vec2FeatureEncoder

from tonotopy.errors import InputError
from tonotopy.networks.layers import Layer
from tonotopy.networks.tracing import trace
from tonotopy.sonification.deconvnet import Deconvnet, _rule, scaled

SAMPLES = 63


def all_maps(network, waveforms, layer, count):
    """Sonifications of maps 0 to count - 1 of every clip, (clips, count, samples)."""
    with Deconvnet(network, network.layers).hear(waveforms) as heard:
        return heard.sonify(layer, torch.arange(count).expand(len(waveforms), -1))


def literal_maps(blocks, waveforms, count):
    rows = [[literal_sonification(blocks, clip, m) for m in range(count)] for clip in waveforms]
    return torch.stack([torch.stack(row) for row in rows])


@pytest.mark.parametrize("samples", [SAMPLES, 64, 62])
@pytest.mark.parametrize("in_place", [False, True])
def test_all_maps_of_all_blocks_are_algorithm_1(in_place, samples):
    network, waveforms = Chain(in_place), sounds(2, samples)
    for depth, (layer, count) in enumerate((("first", 3), ("second", 4), ("third", 6)), start=1):
        expected = literal_maps(network.blocks()[:depth], waveforms, count)
        assert expected.abs().amax(dim=-1).gt(0).sum() >= count  # half of the maps are alive
        found = all_maps(network, waveforms, layer, count)
        torch.testing.assert_close(found, expected, rtol=0, atol=1e-6 * expected.abs().max().item())


@pytest.mark.parametrize("samples", [SHORT - 1, SHORT + 130])
def test_all_maps_of_a_cnn12_are_algorithm_1(samples):
    network, waveforms = tiny_cnn12(), sounds(1, samples)
    blocks = blocks_of_cnn12(network)
    for depth, (conv, *_) in enumerate(network.features, start=1):
        count = conv.out_channels
        expected = literal_maps(blocks[:depth], waveforms, count)
        assert expected.abs().max() > 0
        found = all_maps(network, waveforms, f"block{depth}", count)
        torch.testing.assert_close(found, expected, rtol=0, atol=1e-6 * expected.abs().max().item())


def test_every_clip_has_maps_of_its_own():
    network, waveforms = Chain(), sounds(3, SAMPLES)
    maps = torch.tensor([[5, 0], [2, 2], [1, 4]])
    with Deconvnet(network, network.layers).hear(waveforms) as heard:
        found = heard.sonify("third", maps)
        again = torch.cat([heard.sonify("third", maps[:, i : i + 1]) for i in range(2)], dim=1)
    assert found.shape == (3, 2, SAMPLES) and torch.equal(found, again)
    for clip, chosen in enumerate(maps.tolist()):
        for number, own in enumerate(chosen):
            expected = literal_sonification(network.blocks(), waveforms[clip], own)
            torch.testing.assert_close(found[clip, number], expected)


def signal_of(vectors, number):
    alone = torch.zeros_like(vectors)
    alone[..., number] = vectors.detach()[..., number]
    return alone


def gradients(network, waveforms, number, composite=None):
    """The vector-Jacobian product of a map without the deconvnet's rule."""
    leaf = waveforms.clone().requires_grad_()
    if composite is None:
        vectors, _ = trace(network, network.layers, leaf)
    else:
        with composite.context(network) as hooked:
            vectors, _ = trace(hooked, network.layers, leaf)
            third = vectors["third"]
            return torch.autograd.grad(third, leaf, signal_of(third, number))[0]
    return torch.autograd.grad(vectors["third"], leaf, signal_of(vectors["third"], number))[0]


def test_it_is_neither_guided_backpropagation_nor_the_gradient():
    network, waveforms = Chain(), sounds(1, SAMPLES)
    found = all_maps(network, waveforms, "third", 6)[0]
    loudest = int(found.abs().amax(dim=1).argmax())
    guided = gradients(network, waveforms, loudest, zennit.composites.GuidedBackprop())[0]
    plain = gradients(network, waveforms, loudest)[0]
    for other in (guided, plain):
        assert other.abs().max() > 0
        assert cosine_similarity(found[loudest], other, dim=0) < 0.99


class Strided(nn.Module):
    """No pooling: strides of 2 and 3, the last samples are left over."""

    def __init__(self):
        super().__init__()
        torch.manual_seed(5)
        self.chain = nn.Sequential(
            nn.Conv1d(1, 3, 5, 2), nn.ReLU(), nn.Conv1d(3, 4, 4, 3), nn.ReLU()
        )
        self.layers = {"last": Layer("chain", "channels")}
        self.double().eval()

    def forward(self, waveforms):
        return self.chain(waveforms[:, None])


def test_a_strided_network_is_sonified_by_transposed_convolutions():
    network, waveforms = Strided(), sounds(2, 50)
    first, second = network.chain[0], network.chain[2]
    maps = network(waveforms).detach()  # lengths: 50, 23, 7; 23 of 23 and 49 of 50 are reached
    for number in range(4):
        signal = torch.zeros_like(maps)
        signal[:, number] = maps[:, number]
        middle = conv_transpose1d(signal, second.weight, None, 3, output_padding=1)
        back = conv_transpose1d(middle.clamp(min=0), first.weight, None, 2, output_padding=1)
        found = all_maps(network, waveforms, "last", 4)[:, number]
        torch.testing.assert_close(found, back[:, 0])


class Residual(nn.Module):
    """relu(x + b(relu(a(x)))) over a first convolution."""

    def __init__(self):
        super().__init__()
        torch.manual_seed(6)
        self.begin = nn.Conv1d(1, 4, 3)
        self.a, self.b = nn.Conv1d(4, 5, 3, padding=1), nn.Conv1d(5, 4, 5, padding=2)
        self.inner, self.outer = nn.ReLU(), nn.ReLU()
        self.layers = {"last": Layer("outer", "channels")}
        self.double().eval()

    def forward(self, waveforms):
        begun = self.begin(waveforms[:, None])
        return self.outer(begun + self.b(self.inner(self.a(begun))))


def test_a_residual_network_sends_signals_both_ways():
    network, waveforms = Residual(), sounds(2, 31)
    maps = network(waveforms).detach()
    found = all_maps(network, waveforms, "last", 4)
    for number in range(4):
        signal = torch.zeros_like(maps)
        signal[:, number] = maps[:, number]
        inner = conv_transpose1d(signal, network.b.weight, padding=2).clamp(min=0)
        both = signal + conv_transpose1d(inner, network.a.weight, padding=1)
        expected = conv_transpose1d(both, network.begin.weight)[:, 0]
        torch.testing.assert_close(found[:, number], expected)


def product(function, inputs, signal):
    """The vector-Jacobian product of one step."""
    leaf = inputs.detach().requires_grad_()
    return torch.autograd.grad(function(leaf), leaf, signal)[0]


@pytest.mark.parametrize("kind", [nn.GELU, nn.LeakyReLU, nn.Tanh, nn.SiLU, nn.ELU, nn.PReLU])
def test_other_activations_rectify_too(kind):
    network, waveforms = Chain(activation=kind), sounds(1, SAMPLES)
    steps, signal = [], waveforms[:, None]
    for part in (network.first, network.second, network.third):
        before = signal
        bent = part[1](part[0](before))
        steps.append((part, bent))
        signal = part[2](bent) if len(part) > 2 else bent
    back = torch.zeros_like(signal)
    back[:, 3] = signal.detach()[:, 3]
    for part, bent in reversed(steps):
        back = product(part[2], bent, back) if len(part) > 2 else back
        back = conv_transpose1d(back.clamp(min=0), part[0].weight)
    found = all_maps(network, waveforms, "third", 6)[:, 3]
    torch.testing.assert_close(found, back[:, 0])


class Extractor(nn.Module):
    """The convolutions of a tiny Wav2Vec2, whose activations are transformers' own."""

    def __init__(self):
        super().__init__()
        torch.manual_seed(7)
        sizes = {"conv_dim": (3, 5), "conv_kernel": (6, 4), "conv_stride": (3, 2)}
        self.encoder = Wav2Vec2FeatureEncoder(
            Wav2Vec2Config(num_feat_extract_layers=2, feat_extract_activation="gelu", **sizes)
        )
        self.encoder.requires_grad_(False)
        self.encoder._requires_grad = False
        self.layers = {"last": Layer("encoder.conv_layers.1", "channels")}
        self.double().eval()

    def forward(self, waveforms):
        return self.encoder(waveforms)


def test_activations_of_transformers_rectify():
    network, waveforms = Extractor(), sounds(1, 60)
    first, second = network.encoder.conv_layers
    assert type(first.activation).__module__ == "transformers.activations"

    def normed(signal):
        return first.layer_norm(conv1d(signal, first.conv.weight, stride=3))

    begun = waveforms[:, None]
    middle = gelu(normed(begun))
    maps = gelu(conv1d(middle, second.conv.weight, stride=2))
    torch.testing.assert_close(network(waveforms), maps)
    signal = torch.zeros_like(maps)
    signal[:, 2] = maps[:, 2]
    length = {"output_padding": middle.shape[2] - (maps.shape[2] - 1) * 2 - 4}
    back = conv_transpose1d(signal.clamp(min=0), second.conv.weight, None, 2, **length)
    expected = product(normed, begun, back.clamp(min=0))[:, 0]
    torch.testing.assert_close(all_maps(network, waveforms, "last", 5)[:, 2], expected)


def test_modules_that_are_no_functions_of_one_number_keep_their_derivative():
    others = nn.Softmax(dim=1), nn.LogSoftmax(dim=1), nn.MultiheadAttention(4, 2), nn.LayerNorm(3)
    for module in (*others, nn.Conv1d(1, 2, 3), nn.MaxPool1d(2), nn.Dropout(), nn.Identity()):
        assert _rule({}, "any", module) is None
    for module in (nn.ReLU(), nn.ReLU6(), nn.Sigmoid(), nn.Softplus()):
        assert _rule({}, "any", module) is not None


def hooks(network):
    kinds = "_forward_hooks", "_forward_pre_hooks", "_backward_hooks", "_backward_pre_hooks"
    return sum(len(getattr(module, kind)) for module in network.modules() for kind in kinds)


def test_network_and_clips_are_left_as_they_were():
    network, waveforms = Chain(in_place=True), sounds(2, SAMPLES)
    before, kept = gradients(network, waveforms, 1), waveforms.clone()
    deconvnet = Deconvnet(network, network.layers)
    with torch.no_grad(), deconvnet.hear(waveforms) as heard:  # a graph is made all the same
        assert hooks(network) > 0
        first = heard.sonify("third", torch.tensor([[1], [1]]))
    assert hooks(network) == 0 and torch.equal(gradients(network, waveforms, 1), before)
    assert torch.equal(waveforms, kept) and not waveforms.requires_grad
    assert all(weight.grad is None for weight in network.parameters())
    assert not first.requires_grad
    with deconvnet.hear(waveforms) as heard:
        assert torch.equal(heard.sonify("third", torch.tensor([[1], [1]])), first)
    with pytest.raises(RuntimeError, match="stop"), deconvnet.hear(waveforms):
        raise RuntimeError("stop")
    assert hooks(network) == 0
    missing = Deconvnet(network, {"fourth": Layer("fourth", "channels")})
    with pytest.raises(InputError, match="Chain has no layer 'fourth'"), missing.hear(waveforms):
        pass
    assert hooks(network) == 0


def test_activations_are_what_layers_give():
    network, waveforms = Chain(in_place=True), sounds(2, SAMPLES)
    with Deconvnet(network, network.layers).hear(waveforms) as heard:
        found = {name: heard.activations(name) for name in network.layers}
    first = network.first(waveforms[:, None])
    second = network.second(first)
    for name, maps in (("first", first), ("second", second), ("third", network.third(second))):
        assert torch.equal(found[name], maps.detach().transpose(1, 2))
        assert not found[name].requires_grad


@pytest.mark.parametrize("shape", [(), (4,), (2, 3)])
def test_sonifications_are_scaled_to_the_peak_of_their_clip(shape):
    waveforms = sounds(3, 7)
    many = math.prod(shape)
    sonified = sounds(3 * many, 11, seed=2).reshape(3, *shape, 11)
    sonified[1] = 0
    found = scaled(sonified, waveforms)
    assert found.shape == sonified.shape and (found[1] == 0).all()
    for clip in (0, 2):
        loudest = max(abs(value) for value in waveforms[clip].tolist())
        rows = zip(sonified[clip].reshape(-1, 11), found[clip].reshape(-1, 11), strict=True)
        for row, own in rows:
            peak = max(abs(value) for value in row.tolist())
            expected = [value / peak * loudest for value in row.tolist()]
            assert own.tolist() == pytest.approx(expected, rel=1e-12)
