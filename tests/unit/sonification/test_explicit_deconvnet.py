"""The explicit deconvnet: which networks are chains, and every kind of step against plain loops."""

import pytest
import torch
from literal_deconvnet import SHORT, Chain, literal_sonification, sounds, tiny_cnn12
from torch import nn

from tonotopy.sonification.deconvnet import Deconvnet
from tonotopy.sonification.explicit import backward, chain, forward


def only(maps, number):
    alone = torch.zeros_like(maps)
    alone[:, number] = maps[:, number]
    return alone


def test_a_chain_ends_with_the_layer():
    network = Chain()
    kinds = [nn.Conv1d, nn.ReLU, nn.MaxPool1d]
    assert [type(m) for m in chain(network, "first")] == kinds
    assert [type(m) for m in chain(network, "second")] == 2 * kinds
    assert [type(m) for m in chain(network, "third")] == [*kinds, *kinds, nn.Conv1d, nn.ReLU]
    assert chain(network, "second")[3] is network.second[0]
    assert chain(network, "second.1") == chain(network, "second")[:5]
    assert chain(network, "fourth") is None and chain(network, "sec") is None


def test_names_that_begin_alike_are_told_apart():
    network = tiny_cnn12()
    assert chain(network, "features.1") == [*network.features[0], *network.features[1]]
    assert len(chain(network, "features.10")) == 8 * 3 + 3 * 2
    assert chain(network, "encoder") is None  # a dense layer is no step


OTHERS = [
    nn.BatchNorm1d(3),
    nn.GELU(),
    nn.Dropout(),
    nn.Identity(),
    nn.Conv1d(3, 3, 3, padding="same"),
    nn.Conv1d(3, 3, 3, padding=1, padding_mode="reflect"),
]


@pytest.mark.parametrize("other", OTHERS)
def test_anything_else_on_the_way_makes_it_no_chain(other):
    modules = nn.Sequential(nn.Conv1d(1, 3, 2), other, nn.ReLU())
    assert chain(modules, "2") is None and chain(modules, "0") == [modules[0]]


@pytest.mark.parametrize("layer", ["first", "second", "third"])
def test_forward_is_the_network_and_backward_is_algorithm_1(layer):
    network, waveforms = Chain(), sounds(2, 63)
    depth = ["first", "second", "third"].index(layer) + 1
    maps, steps = forward(chain(network, layer), waveforms)
    with Deconvnet(network, network.layers).hear(waveforms) as heard:
        assert torch.equal(maps.transpose(1, 2), heard.activations(layer))
    assert [step.switches is None for step in steps].count(False) == min(depth, 2)
    for number in range(maps.shape[1]):
        found = backward(only(maps, number), steps)
        expected = [literal_sonification(network.blocks()[:depth], w, number) for w in waveforms]
        torch.testing.assert_close(found, torch.stack(expected))


def test_convolutions_of_two_axes_are_steps_too():
    network, waveforms = tiny_cnn12(), sounds(2, SHORT)
    maps, steps = forward(chain(network, "features.4"), waveforms)
    torch.testing.assert_close(maps, network.features[:5](waveforms[:, None, None]))
    numbers = torch.tensor([[1], [1]])
    with Deconvnet(network, network.layers).hear(waveforms) as heard:
        expected = heard.sonify("block5", numbers)[:, 0]
    found = backward(only(maps.detach(), 1), steps)
    assert found.shape == (2, SHORT) and found.abs().max() > 0
    torch.testing.assert_close(found, expected)


def literal_transposed(signal, weight, stride, padding, dilation, groups, length):
    """Every output of a convolution sends its value back to the inputs that it saw."""
    clips, outputs, times = signal.shape
    per_group, own = weight.shape[1], outputs // groups
    back = torch.zeros(clips, per_group * groups, length, dtype=signal.dtype)
    for out in range(outputs):
        for channel in range(per_group):
            for time in range(times):
                for tap in range(weight.shape[2]):
                    place = time * stride + tap * dilation - padding
                    if 0 <= place < length:
                        sent = signal[:, out, time] * weight[out, channel, tap]
                        back[:, out // own * per_group + channel, place] += sent
    return back


CONVOLUTIONS = [
    {"stride": 2},
    {"stride": 3, "padding": 2},
    {"padding": 1, "dilation": 2},
    {"groups": 2, "stride": 2, "padding": 1},
]


@pytest.mark.parametrize("settings", CONVOLUTIONS)
def test_transposed_convolutions_are_the_loop(settings):
    torch.manual_seed(1)
    network = nn.Sequential(nn.Conv1d(1, 4, 3), nn.ReLU(), nn.Conv1d(4, 6, 3, **settings))
    network.double().requires_grad_(False)
    waveforms = sounds(2, 20)
    maps, steps = forward(list(network), waveforms)
    torch.testing.assert_close(maps, network(waveforms[:, None]))
    known = {"stride": 1, "padding": 0, "dilation": 1, "groups": 1, **settings}
    middle = literal_transposed(only(maps, 5), network[2].weight, **known, length=18)
    plain = {"stride": 1, "padding": 0, "dilation": 1, "groups": 1}
    expected = literal_transposed(middle.clamp(min=0), network[0].weight, **plain, length=20)
    torch.testing.assert_close(backward(only(maps, 5), steps), expected[:, 0])


def test_poolings_put_values_back_where_they_came_from():
    """Windows of 3 every 3 samples, one sample of padding: nothing is put into the padding."""
    pool, waveforms = nn.MaxPool1d(3, 3, padding=1), sounds(2, 13)
    convolution = nn.Conv1d(1, 1, 1, bias=False).double().requires_grad_(False)
    convolution.weight.fill_(-2.0)
    maps, steps = forward([convolution, pool], waveforms)
    expected = torch.zeros(2, 13, dtype=torch.float64)
    for clip, sound in enumerate((-2 * waveforms).tolist()):
        for window in range(maps.shape[2]):
            places = [t for t in range(3 * window - 1, 3 * window + 2) if 0 <= t < 13]
            best = max(places, key=lambda t: sound[t])
            expected[clip, best] = sound[best]
            assert maps[clip, 0, window] == sound[best]
    torch.testing.assert_close(backward(maps, steps), -2 * expected)
