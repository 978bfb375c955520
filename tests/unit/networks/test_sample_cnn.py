"""SampleCNN against plain one-dimensional loops, and in the sizes of its paper."""

import pytest
import torch
from threads import one_thread  # noqa: F401 (used by every test)
from torch import nn

from tonotopy.errors import InputError
from tonotopy.frontends.waveform import WaveformSettings
from tonotopy.networks.layers import Layer
from tonotopy.networks.registry import build
from tonotopy.networks.sample_cnn import SampleCNN
from tonotopy.networks.tracing import trace

WIDTHS = (2, 3, 4)


def small(**changes) -> SampleCNN:
    """A network whose norms all differ from what they begin as."""
    torch.manual_seed(0)
    arguments = {"classes": 3, "widths": WIDTHS, "embedding": 5, "dropout": 0.25, **changes}
    network = SampleCNN(**arguments).double().eval()
    with torch.no_grad():
        for module in network.modules():
            if isinstance(module, nn.BatchNorm2d):
                for values in (module.weight, module.bias, module.running_mean):
                    values.copy_(torch.randn_like(values))
                module.running_var.copy_(0.5 + torch.rand_like(module.running_var))
    return network


def sounds(clips: int, samples: int) -> torch.Tensor:
    source = torch.Generator().manual_seed(clips)
    return torch.randn(clips, samples, generator=source, dtype=torch.float64)


def convolved(block, maps, stride, padding):
    """A convolution, batch norm in evaluation and ReLU of a clip (channels, positions)."""
    conv, norm = block[0], block[1]
    taps = conv.weight.shape[-1]
    silence = torch.zeros(len(maps), padding, dtype=maps.dtype)
    around = torch.cat([silence, maps, silence], dim=1)
    columns = []
    for start in range(0, around.shape[1] - taps + 1, stride):
        patch = around[:, start : start + taps]
        columns.append((conv.weight[:, :, 0] * patch).sum(dim=(1, 2)) + conv.bias)
    found = torch.stack(columns, dim=1)
    scale = norm.weight / (norm.running_var + 1e-5).sqrt()
    shifted = (found - norm.running_mean[:, None]) * scale[:, None] + norm.bias[:, None]
    return shifted.clamp(min=0)


def pooled(maps):
    triples = range(0, maps.shape[1] - 2, 3)
    return torch.stack([maps[:, i : i + 3].amax(dim=1) for i in triples], dim=1)


@torch.no_grad()
@pytest.mark.parametrize("samples", [27, 28, 100])
def test_it_is_the_plain_network_with_the_same_weights(samples):
    network, waveforms = small(), sounds(2, samples)
    vectors, answers = trace(network, network.layers, waveforms)
    for clip, waveform in enumerate(waveforms):
        maps = convolved(network.blocks[0], waveform[None], stride=3, padding=0)
        for number in (1, 2, 3):
            if number > 1:
                maps = pooled(convolved(network.blocks[number - 1], maps, stride=1, padding=1))
            torch.testing.assert_close(vectors[f"block{number}"][clip].T, maps)
        embedding = convolved(network.embedding, maps, stride=1, padding=0)
        torch.testing.assert_close(vectors["embedding"][clip].T, embedding)
        assert embedding.shape == (5, samples // 27)
        expected = network.head.weight @ embedding.mean(dim=1) + network.head.bias
        torch.testing.assert_close(answers[clip], expected)
    assert answers.shape == (2, 3)


def test_layers_are_the_blocks_and_the_embedding_read_by_channels():
    blocks = {f"block{i}": Layer(f"blocks.{i - 1}", "channels") for i in (1, 2, 3)}
    expected = [*blocks.items(), ("embedding", Layer("embedding", "channels"))]
    assert list(small().layers.items()) == expected


def test_its_blocks_are_those_of_the_paper():
    with torch.device("meta"):
        network = SampleCNN(50)
    assert network.hop == 59_049 == 3**10
    widths = [128, 128, 128, *[256] * 6, 512]
    counted, before = 0, 1
    for number, (block, width) in enumerate(zip(network.blocks, widths, strict=True)):
        conv = block[0]
        kinds = [nn.Conv2d, nn.BatchNorm2d, nn.ReLU, nn.MaxPool2d][: 3 + (number > 0)]
        assert [type(module) for module in block] == kinds
        assert (conv.in_channels, conv.out_channels, conv.kernel_size) == (before, width, (1, 3))
        plain = ((1, 3), (0, 0)) if number == 0 else ((1, 1), (0, 1))
        assert (conv.stride, conv.padding) == plain
        assert number == 0 or (block[3].kernel_size, block[3].stride) == ((1, 3), (1, 3))
        counted += width * (3 * before + 1) + 2 * width
        before = width
    last = network.embedding[0]
    assert (last.in_channels, last.out_channels, last.kernel_size) == (512, 512, (1, 1))
    counted += 512 * 513 + 2 * 512 + 50 * 513
    assert sum(p.numel() for p in network.parameters()) == counted == 1_869_874
    assert network.dropout.p == 0.5


@torch.no_grad()
def test_59049_samples_leave_one_position_and_twice_as_many_two():
    network = SampleCNN(4, (2,) * 10, 3).eval()
    for samples, positions in ((59_049, 1), (2 * 59_049, 2), (2 * 59_049 - 1, 1)):
        vectors, _ = trace(network, network.layers, torch.randn(1, samples))
        assert vectors["embedding"].shape == (1, positions, 3)
        assert vectors["block1"].shape == (1, samples // 3, 2)


@pytest.mark.parametrize("shape", [(2, 26), (27,), (2, 1, 27)])
def test_short_and_misshapen_waveforms_are_refused(shape):
    got = ", *".join(map(str, shape))
    told = rf"^expected waveforms of \(clips, 27 samples or more\), got \({got}"
    with pytest.raises(ValueError, match=told):
        small()(torch.zeros(shape, dtype=torch.float64))


def test_dropout_is_before_the_last_layer_and_in_training_alone():
    network, waveforms = small(dropout=1.0), sounds(3, 60)
    assert not torch.equal(network(waveforms)[0], network.head.bias)
    network.train()
    torch.testing.assert_close(network(waveforms), network.head.bias.expand(3, -1))
    assert small().dropout.p == 0.25


def test_weights_come_from_torchs_seed_and_lie_channels_last():
    one, again = small().state_dict(), small().state_dict()
    assert all(torch.equal(one[name], again[name]) for name in one)
    weight = one["blocks.1.0.weight"]
    assert weight.is_contiguous(memory_format=torch.channels_last) and not weight.is_contiguous()


def test_the_registry_builds_it_and_wrong_arguments_are_refused():
    arguments = {"widths": [2, 3], "embedding": 4}
    network = build("sample_cnn", arguments, WaveformSettings(8000), 6).eval()
    assert network(torch.zeros(2, 9)).shape == (2, 6)
    with pytest.raises(InputError, match="^network arguments of 'sample_cnn': classes: at least 1"):
        build("sample_cnn", arguments, WaveformSettings(8000), 0)
    with pytest.raises(ValueError, match="^widths: at least one block is needed$"):
        SampleCNN(2, ())
