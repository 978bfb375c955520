"""Blocks that end in ReLU and max pooling: in training the same numbers and gradients sooner."""

import pytest
import torch
from torch import nn

from tonotopy.networks.pooled import Pooled


def _modules() -> list[nn.Module]:
    torch.manual_seed(0)
    return [nn.Conv2d(2, 3, (1, 3)), nn.BatchNorm2d(3), nn.ReLU(), nn.MaxPool2d((1, 3))]


def _answer_and_gradients(network: nn.Sequential, sounds: torch.Tensor) -> list[torch.Tensor]:
    heard = sounds.clone().requires_grad_()
    answer = network(heard)
    answer.square().sum().backward()
    return [answer, heard.grad, *(p.grad for p in network.parameters())]


@pytest.mark.parametrize("training", [True, False])
def test_it_is_the_plain_chain_to_the_bit(training):
    torch.manual_seed(1)
    sounds = torch.randn(4, 2, 1, 50)
    sounds[1] = 0  # silence: ties between samples
    sounds[2] = -10 * sounds[2].abs()
    pair = (kind(*_modules()).train(training) for kind in (nn.Sequential, Pooled))
    for plain, own in zip(*(_answer_and_gradients(n, sounds) for n in pair), strict=True):
        assert torch.equal(plain, own)


def test_it_rectifies_maxima_in_training_and_every_sample_otherwise():
    seen = []
    network = Pooled(*_modules())
    network[2].register_forward_hook(lambda module, given, out: seen.append(out.shape[-1]))
    for training in (True, False):
        network.train(training)(torch.randn(1, 2, 1, 50))
    assert seen == [16, 48]
