"""The deconvnet of thesis algorithm 1 written out step by step, and networks to try it on."""

from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.functional import conv1d, conv_transpose1d, max_pool1d, max_unpool1d

from tonotopy.networks.cnn12 import CNN12
from tonotopy.networks.layers import Layer

WIDTHS = (2, 3, 2, 3, 2, 3, 4, 3, 2, 3, 5)
SHORT = 2371  # samples that a CNN12 can hear, an odd number


class Block(NamedTuple):
    """A convolution, a ReLU and perhaps a pooling of two."""

    weight: Tensor  # (maps, maps before, taps)
    bias: Tensor
    pooled: bool


class Chain(nn.Module):
    """Three blocks of other widths, kernels and poolings; both pooled lengths are odd at 63."""

    def __init__(self, in_place: bool = False, activation: type[nn.Module] | None = None):
        super().__init__()
        torch.manual_seed(3)
        act = activation or (lambda: nn.ReLU(inplace=in_place))
        self.first = nn.Sequential(nn.Conv1d(1, 3, 5), act(), nn.MaxPool1d(2))
        self.second = nn.Sequential(nn.Conv1d(3, 4, 3), act(), nn.MaxPool1d(2))
        self.third = nn.Sequential(nn.Conv1d(4, 6, 4), act())
        self.layers = {name: Layer(name, "channels") for name in ("first", "second", "third")}
        self.double().eval()

    def forward(self, waveforms: Tensor) -> Tensor:
        return self.third(self.second(self.first(waveforms[:, None])))

    def blocks(self) -> list[Block]:
        parts = self.first, self.second, self.third
        return [
            Block(part[0].weight.detach(), part[0].bias.detach(), len(part) > 2) for part in parts
        ]


def tiny_cnn12(**options) -> CNN12:
    torch.manual_seed(4)
    return CNN12(0, WIDTHS, 6, **options).double().eval()


def blocks_of_cnn12(network: CNN12) -> list[Block]:
    convolutions = [block[0] for block in network.features]
    return [
        Block(conv.weight.detach()[:, :, 0], conv.bias.detach(), number < 8)
        for number, conv in enumerate(convolutions)
    ]


def heard(blocks: list[Block], waveform: Tensor) -> tuple[Tensor, list]:
    """Maps (1, maps, time) of the last block, and what was kept on the way: switches, lengths."""
    signal, kept = waveform[None, None], []
    for block in blocks:
        signal = conv1d(signal, block.weight, block.bias).clamp(min=0)
        length, switches = signal.shape[2], None
        if block.pooled:
            signal, switches = max_pool1d(signal, 2, return_indices=True)
        kept.append((switches, length))
    return signal, kept


def literal_sonification(blocks: list[Block], waveform: Tensor, number: int) -> Tensor:
    """One map of the last block of a clip (samples,) on its way back, as large as it comes."""
    maps, kept = heard(blocks, waveform)
    signal = torch.zeros_like(maps)
    signal[0, number] = maps[0, number]
    for block, (switches, length) in zip(reversed(blocks), reversed(kept), strict=True):
        if block.pooled:
            signal = max_unpool1d(signal, switches, 2, output_size=[length])
        signal = conv_transpose1d(signal.clamp(min=0), block.weight)
    return signal[0, 0]


def sounds(clips: int, samples: int, seed: int = 0) -> Tensor:
    """Noise, every clip of another loudness, float64 (clips, samples)."""
    rng = torch.Generator().manual_seed(seed)
    noise = torch.randn(clips, samples, generator=rng, dtype=torch.float64)
    return torch.linspace(0.3, 1.1, clips, dtype=torch.float64)[:, None] * noise
