"""Orthonormal weights, scaled to unit variance layer by layer; noise like most sound."""

import numpy as np
import pytest
import torch
from threads import one_thread  # noqa: F401 (used by every test)
from torch import nn

from tonotopy.networks import lsuv
from tonotopy.networks.lsuv import TOLERANCE, initialise, pink_noise


class Small(nn.Module):
    """More outputs than inputs, fewer, and a dense layer without a bias; a dropout between."""

    def __init__(self):
        super().__init__()
        self.up = nn.Conv1d(1, 9, 3)
        self.down = nn.Conv1d(9, 4, 5)
        self.drop = nn.Dropout(0.5)
        self.dense = nn.Linear(4, 6, bias=False)
        self.apart = nn.Linear(6, 2)

    def forward(self, sounds):
        maps = self.drop(self.down(self.up(sounds[:, None]).relu()).relu())
        return self.apart(self.dense(maps.mean(dim=2)))

    @property
    def initialised(self):
        return [self.up, self.down, self.dense]


def made(seed=0, inputs=None):
    torch.manual_seed(seed)
    network = Small()
    inputs = pink_noise(7, 300, 0.1) if inputs is None else inputs
    initialise(network, iter(network.initialised), inputs)
    return network, inputs


@torch.no_grad()
def variances(network, inputs):
    """Of every layer's output, one number after the other."""
    up = network.up(inputs[:, None])
    down = network.down(up.relu())
    dense = network.dense(down.relu().mean(dim=2))
    return [float(np.var(output.double().numpy(), ddof=1)) for output in (up, down, dense)]


def test_every_layer_has_unit_variance_on_the_batch():
    network, inputs = made()
    assert variances(network, inputs) == pytest.approx([1, 1, 1], abs=TOLERANCE + 1e-4)
    plain = Small()
    assert max(variances(plain, inputs)) < 0.2
    loud, louder = made(0, 100 * inputs)
    assert variances(loud, louder) == pytest.approx([1, 1, 1], abs=TOLERANCE + 1e-4)


def test_weights_are_orthonormal_up_to_one_scale_and_biases_are_0():
    network, _ = made()
    for layer in network.initialised:
        rows = layer.weight.detach().flatten(1).double()
        products = rows @ rows.T if len(rows) <= rows.shape[1] else rows.T @ rows
        scale = products.diagonal().mean()
        expected = scale * torch.eye(len(products), dtype=torch.float64)
        torch.testing.assert_close(products, expected, rtol=0, atol=1e-5 * scale.item())
        assert layer.bias is None or not layer.bias.any()
        assert abs(scale.item() - 1) > 0.05  # it was scaled


def test_other_layers_modes_and_gradients_are_left_alone():
    torch.manual_seed(0)
    network = Small()
    apart = network.apart.weight.clone()
    for mode in (True, False):
        network.train(mode)
        initialise(network, network.initialised, pink_noise(3, 100, 0.1))
        assert network.training is mode and network.drop.training is mode
    assert torch.equal(network.apart.weight, apart)
    assert all(weight.requires_grad and weight.grad is None for weight in network.parameters())
    assert not any(module._forward_hooks for module in network.modules())


def test_a_layer_that_hears_nothing_stays_orthonormal():
    network, _ = made(inputs=torch.zeros(3, 100))
    rows = network.down.weight.detach().flatten(1)
    torch.testing.assert_close(rows @ rows.T, torch.eye(4), rtol=0, atol=1e-5)
    assert all(weight.isfinite().all() for weight in network.parameters())


def test_layers_that_cannot_settle_are_given_up(monkeypatch):
    """An output whose variance does not follow the weights is asked for a set number of times."""

    class Stubborn(nn.Module):
        def __init__(self):
            super().__init__()
            self.layer, self.asked = nn.Linear(3, 2), 0

        def forward(self, inputs):
            self.asked += 1
            return self.layer(inputs / self.layer.weight.detach().norm() * 5)

    monkeypatch.setattr(lsuv, "ROUNDS", 4)
    network = Stubborn()
    initialise(network, [network.layer], torch.randn(5, 3))
    assert network.asked == 4


def test_the_seed_decides():
    one, again, other = (made(seed)[0].state_dict() for seed in (0, 0, 1))
    assert all(torch.equal(one[name], again[name]) for name in one)
    assert not torch.equal(one["down.weight"], other["down.weight"])


@pytest.mark.parametrize("samples", [40, 41])
def test_pink_noise_is_white_noise_over_the_root_of_frequency(samples):
    torch.manual_seed(2)
    white = torch.randn(3, samples).double().numpy()
    torch.manual_seed(2)
    found = pink_noise(3, samples, 0.25)
    assert found.dtype == torch.float32 and found.shape == (3, samples)
    for row, own in zip(white, found.double().numpy(), strict=True):
        spectrum = np.fft.rfft(row)
        for number in range(2, len(spectrum)):
            spectrum[number] /= number**0.5
        sound = np.fft.irfft(spectrum, n=samples)
        sound = sound - sum(sound) / samples
        size = (sum(value**2 for value in sound) / samples) ** 0.5
        np.testing.assert_allclose(own, 0.25 * sound / size, atol=1e-6)


def test_pink_noise_has_as_much_power_in_every_octave():
    torch.manual_seed(0)
    noise = pink_noise(64, 4096, 0.1).double()
    power = torch.fft.rfft(noise).abs().square().mean(dim=0)
    octaves = [power[2**n : 2 ** (n + 1)].sum().item() for n in range(5, 11)]
    assert max(octaves) < 1.3 * min(octaves)
    torch.testing.assert_close(noise.square().mean(dim=1).sqrt(), torch.full((64,), 0.1).double())
    assert noise.mean(dim=1).abs().max() < 1e-7
