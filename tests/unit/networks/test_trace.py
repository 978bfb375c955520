"""Layers at every position, on the graph of the pass; what is read of them is their mean."""

import pytest
import torch
from threads import one_thread  # noqa: F401 (used by every test)
from torch import nn

from tonotopy.errors import InputError
from tonotopy.networks.layers import Layer
from tonotopy.networks.tracing import read, trace

LAYERS = {
    "late": Layer("late", "channels"),
    "early": Layer("early", "channels"),
    "all": Layer("late"),
}


class Small(nn.Module):
    """A convolution whose output the next module overwrites, twice called if asked."""

    def __init__(self, calls=1):
        super().__init__()
        torch.manual_seed(0)
        self.early, self.bend = nn.Conv1d(1, 3, 4), nn.ReLU(inplace=True)
        self.late, self.calls = nn.Conv1d(3, 5, 2), calls
        self.double()

    def forward(self, sounds):
        bent = self.bend(self.early(sounds[:, None]))
        for _ in range(self.calls):
            maps = self.late(bent)
        return maps.mul_(1).mean(dim=2) if self.calls else bent


SOUNDS = torch.randn(2, 9, generator=torch.Generator().manual_seed(1), dtype=torch.float64)


def test_it_gives_every_position_and_the_answer():
    network = Small()
    vectors, answer = trace(network, LAYERS, SOUNDS)
    assert list(vectors) == ["late", "early", "all"]
    early = nn.functional.conv1d(SOUNDS[:, None], network.early.weight, network.early.bias)
    late = network.late(early.clamp(min=0))
    assert (early < 0).any()  # of which the ReLU, in place, leaves nothing
    torch.testing.assert_close(vectors["early"], early.transpose(1, 2))
    torch.testing.assert_close(vectors["late"], late.transpose(1, 2))
    torch.testing.assert_close(vectors["all"], late.flatten(1)[:, None])
    torch.testing.assert_close(answer, late.mean(dim=2))
    assert vectors["early"].shape == (2, 6, 3) and vectors["late"].shape == (2, 5, 5)


def test_what_it_gives_is_on_the_graph():
    network, leaf = Small(), SOUNDS.clone().requires_grad_()
    vectors, _ = trace(network, LAYERS, leaf)
    (found,) = torch.autograd.grad(vectors["early"][1, 2, 0], leaf, retain_graph=True)
    expected = torch.zeros_like(SOUNDS)
    expected[1, 2:6] = network.early.weight[0, 0]
    torch.testing.assert_close(found, expected)
    (deep,) = torch.autograd.grad(vectors["late"].square().sum(), leaf)
    again = SOUNDS.clone().requires_grad_()
    maps = network.late(network.early(again[:, None]).relu())
    torch.testing.assert_close(deep, torch.autograd.grad(maps.square().sum(), again)[0])


def test_reading_is_the_mean_off_the_graph():
    network, leaf = Small(), SOUNDS.clone().requires_grad_()
    traced, _ = trace(network, LAYERS, leaf)
    means, _ = read(network, LAYERS, leaf)
    for name, values in means.items():
        assert not values.requires_grad and traced[name].requires_grad
        torch.testing.assert_close(values, traced[name].mean(dim=1))


@pytest.mark.parametrize("function", [read, trace])
def test_modules_must_be_called_once_and_hooks_do_not_stay(function):
    for calls, told in ((0, "is not called"), (2, "is called 2 times")):
        network = Small(calls)
        with pytest.raises(InputError, match=rf"layer 'late' \(late\) {told} in a forward pass"):
            function(network, LAYERS, SOUNDS)
        assert not any(m._forward_hooks or m._forward_pre_hooks for m in network.modules())
    with pytest.raises(InputError, match="Small has no layer 'lat'.*'late'"):
        function(Small(), {"x": Layer("lat")}, SOUNDS)
