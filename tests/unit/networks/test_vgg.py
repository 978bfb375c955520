"""The network of study 5 against plain functions, and in the sizes of its paper."""

import pytest
import torch
from threads import one_thread  # noqa: F401 (used by every test)
from torch import nn
from torch.nn.functional import elu

from tonotopy.errors import InputError
from tonotopy.frontends.picture import PictureSettings
from tonotopy.networks.layers import Layer
from tonotopy.networks.registry import build
from tonotopy.networks.tracing import trace
from tonotopy.networks.vgg import VGG

SMALL = {
    "classes": 3,
    "mels": 10,
    "frames": 17,
    "widths": [2, 5],
    "pools": [[2, 3], [3, 2]],
    "dense": 7,
    "dropout": 0.25,
}


def small(**changes) -> VGG:
    """A network whose norms all differ from what they begin as."""
    torch.manual_seed(0)
    network = VGG(**{**SMALL, **changes}).double().eval()
    with torch.no_grad():
        for module in network.modules():
            if isinstance(module, nn.BatchNorm1d | nn.BatchNorm2d):
                for values in (module.weight, module.bias, module.running_mean):
                    values.copy_(torch.randn_like(values))
                module.running_var.copy_(0.5 + torch.rand_like(module.running_var))
    return network


def normalised(values, norm):
    """Batch norm in evaluation, written out; the channels are the axis after the clips."""
    shape = (1, -1, *[1] * (values.ndim - 2))
    mean, var = norm.running_mean.view(shape), norm.running_var.view(shape)
    scaled = (values - mean) / (var + 1e-5).sqrt()
    return scaled * norm.weight.view(shape) + norm.bias.view(shape)


def convolved(maps, conv):
    """A 3 x 3 convolution with silence around, place by place."""
    clips, _, rows, columns = maps.shape
    around = torch.zeros(clips, maps.shape[1], rows + 2, columns + 2, dtype=maps.dtype)
    around[:, :, 1:-1, 1:-1] = maps
    out = torch.empty(clips, len(conv.weight), rows, columns, dtype=maps.dtype)
    for row in range(rows):
        for column in range(columns):
            patch = around[:, :, row : row + 3, column : column + 3]
            out[:, :, row, column] = torch.einsum("ncij,ocij->no", patch, conv.weight) + conv.bias
    return out


def largest(maps, bands, frames):
    rows, columns = maps.shape[2] // bands, maps.shape[3] // frames
    out = torch.empty(*maps.shape[:2], rows, columns, dtype=maps.dtype)
    for row in range(rows):
        for column in range(columns):
            part = maps[:, :, row * bands :, column * frames :][:, :, :bands, :frames]
            out[:, :, row, column] = part.amax(dim=(2, 3))
    return out


@torch.no_grad()
def test_it_is_norms_blocks_and_dense_layers_as_written_out():
    network, x = small(), torch.randn(4, 10, 17, dtype=torch.float64)
    maps = torch.zeros(4, 1, 12, 18, dtype=torch.float64)  # 10 x 17 come to multiples of 6
    maps[:, 0, 1:11, 0:17] = normalised(x, network.norm)
    expected = {}
    for number, (bands, frames) in enumerate(SMALL["pools"]):
        conv, norm, _, _ = network.blocks[number]
        maps = elu(normalised(convolved(maps, conv), norm))
        expected[f"block{number + 1}"] = maps.flatten(2).transpose(1, 2)
        maps = largest(maps, bands, frames)
    assert maps.shape == (4, 5, 2, 3)
    linear = network.dense[1]
    dense = elu(maps.reshape(4, 30) @ linear.weight.T + linear.bias)
    vectors, answers = trace(network, network.layers, x)
    for name, values in expected.items():
        torch.testing.assert_close(vectors[name], values)
        assert values.min() < 0 < values.max()
    torch.testing.assert_close(vectors["dense"][:, 0], dense)
    torch.testing.assert_close(answers, dense @ network.head.weight.T + network.head.bias)
    assert answers.shape == (4, 3) and vectors["block2"].shape == (4, 6 * 6, 5)


def test_the_layers_are_read_before_their_pooling():
    network = small()
    blocks = {f"block{i}": Layer(f"blocks.{i - 1}.2", "channels") for i in (1, 2)}
    assert list(network.layers.items()) == [*blocks.items(), ("dense", Layer("dense"))]
    for block, pool in zip(network.blocks, SMALL["pools"], strict=True):
        assert [type(m) for m in block] == [nn.Conv2d, nn.BatchNorm2d, nn.ELU, nn.MaxPool2d]
        assert block[3].kernel_size == block[3].stride == tuple(pool)


def test_dropout_is_before_the_last_layer_and_in_training_alone():
    network, x = small(dropout=1.0), torch.randn(3, 10, 17, dtype=torch.float64)
    assert not torch.equal(network(x)[0], network.head.bias)
    network.train()
    torch.testing.assert_close(network(x), network.head.bias.expand(3, -1))
    assert small().dropout.p == 0.25


def test_the_paper_s_sizes():
    with torch.device("meta"):
        network = VGG(12)
    assert network.padding == (37, 37, 0, 0) and network.input_shape == (96, 1366)
    assert [block[3].kernel_size for block in network.blocks] == [(2, 2), (3, 3), (4, 4), (4, 4)]
    counted, before = 2 * 96, 1
    for width in (64, 128, 128, 128):
        counted += width * (9 * before + 1) + 2 * width
        before = width
    counted += 1024 * (128 * 1 * 15 + 1) + 12 * (1024 + 1)
    assert sum(p.numel() for p in network.parameters()) == counted == 2_350_156
    assert network.dropout.p == 0.5 and isinstance(network.dense[2], nn.ELU)


@torch.no_grad()
def test_poolings_that_fit_leave_no_padding():
    pools = [[2, 2], [2, 3], [2, 1], [2, 5], [2, 1]]
    network = VGG(4, 96, 150, [2, 3, 4, 5, 6], pools, 8).eval()
    assert network.padding == (0, 0, 0, 0)
    vectors, _ = trace(network, network.layers, torch.randn(2, 96, 150))
    grids = [(96, 150), (48, 75), (24, 25), (12, 25), (6, 5)]
    for number, (rows, columns) in enumerate(grids, start=1):
        assert vectors[f"block{number}"].shape == (2, rows * columns, number + 1)


def test_weights_come_from_torchs_seed_and_lie_channels_last():
    one, again = small().state_dict(), small().state_dict()
    assert all(torch.equal(one[name], again[name]) for name in one)
    weight = one["blocks.1.0.weight"]
    assert weight.is_contiguous(memory_format=torch.channels_last) and not weight.is_contiguous()


REFUSED = [
    ({"classes": 0}, "classes: at least 1 is needed, not 0"),
    ({"widths": [], "pools": []}, "widths: at least one block is needed"),
    ({"pools": [[2, 2]]}, "pools: one for each of 2 blocks is needed, not 1"),
    ({"pools": [[2, 2], [0, 1]]}, r"pools: bands and frames of each block are needed, not \[\[2, "),
    ({"pools": [[2, 2], [3]]}, "pools: bands and frames of each block are needed"),
]


@pytest.mark.parametrize(("arguments", "told"), REFUSED)
def test_wrong_arguments_are_refused(arguments, told):
    with pytest.raises(ValueError, match=f"^{told}"):
        VGG(**{**SMALL, **arguments})


@pytest.mark.parametrize("shape", [(2, 17, 10), (2, 10, 18), (10, 17), (2, 1, 10, 17)])
def test_spectrograms_of_another_shape_are_refused(shape):
    told = rf"^expected spectrograms of \(clips, 10, 17\), got \({', '.join(map(str, shape))}\)$"
    with pytest.raises(ValueError, match=told):
        small()(torch.zeros(shape, dtype=torch.float64))


def test_the_registry_builds_it_for_its_front_end():
    settings = PictureSettings(mels=12, frames=18)
    arguments = {"widths": [2, 3], "pools": [[2, 3], [3, 2]], "dense": 4}
    network = build("vgg", arguments, settings, 5)
    assert network.input_shape == (12, 18) and network.eval()(torch.zeros(1, 12, 18)).shape == (
        1,
        5,
    )
    with pytest.raises(InputError, match="^network arguments of 'vgg': pools: one for each of 1"):
        build("vgg", {**arguments, "widths": [2]}, settings, 5)
