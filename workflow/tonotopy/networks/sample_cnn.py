"""SampleCNN of study 6: convolutions of three samples each, from the waveform upwards."""

from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import Tensor, nn

from tonotopy.networks.layers import Layer
from tonotopy.networks.pooled import Pooled

TAPS = 3  # of every convolution but the last, of every pooling, and stride of the first


class SampleCNN(nn.Module):
    """SampleCNN (Lee et al. 2017, "Sample-level deep convolutional neural networks").

    The first block is a convolution of three samples in steps of three, batch norm and ReLU; every
    further one a convolution of three that keeps the length, batch norm, ReLU and max pooling of
    three. A convolution of one, batch norm and ReLU give ``embedding`` numbers at each position
    that is left (3 ** 10 = 59,049 samples leave a single one with the default ten blocks); their
    mean over positions goes through dropout and a dense layer. Convolutions are two-dimensional
    with a height of 1, channels last: the same numbers as one-dimensional ones, sooner on
    processors.

    Args:
        classes: outputs, at least 1.
        widths: channels of each block.
        embedding: numbers at each position after the last convolution.
        dropout: probability of such a number to be dropped in training.

    Attributes:
        hop: samples between positions that are left, and the shortest input.

    Raises:
        ValueError: no classes or no blocks.
    """

    def __init__(
        self,
        classes: int,
        widths: Sequence[int] = (128, 128, 128, 256, 256, 256, 256, 256, 256, 512),
        embedding: int = 512,
        dropout: float = 0.5,
    ):
        super().__init__()
        if classes < 1:
            raise ValueError(f"classes: at least 1 is needed, not {classes}")
        if not widths:
            raise ValueError("widths: at least one block is needed")
        self.hop = TAPS ** len(widths)
        first = _convolution(1, widths[0], TAPS, stride=TAPS)
        self.blocks = nn.Sequential(first, *(_pooled(*pair) for pair in pairwise(widths)))
        self.embedding = _convolution(widths[-1], embedding, 1)
        self.dropout = nn.Dropout(dropout)
        self.head = nn.Linear(embedding, classes)
        self.to(memory_format=torch.channels_last)

    @property
    def layers(self) -> dict[str, Layer]:
        """Each block after its pooling, and the embedding at each position, read by channels."""
        numbers = range(len(self.blocks))
        blocks = {f"block{i + 1}": Layer(f"blocks.{i}", "channels") for i in numbers}
        return {**blocks, "embedding": Layer("embedding", "channels")}

    def forward(self, waveforms: Tensor) -> Tensor:
        """Return logits (clips, classes).

        Args:
            waveforms: shape (clips, samples), at least ``hop`` samples; what exceeds a multiple of
                it is heard in part or not at all.

        Raises:
            ValueError: waveforms of another shape, or shorter.
        """
        if waveforms.ndim != 2 or waveforms.shape[1] < self.hop:
            raise ValueError(
                f"expected waveforms of (clips, {self.hop} samples or more), got "
                f"{tuple(waveforms.shape)}"
            )
        rows = waveforms[:, None, None].contiguous(memory_format=torch.channels_last)
        maps = self.embedding(self.blocks(rows))
        return self.head(self.dropout(maps.mean(dim=(2, 3))))


def _convolution(before: int, after: int, taps: int, stride: int = 1, padding: int = 0):
    convolution = nn.Conv2d(before, after, (1, taps), (1, stride), (0, padding))
    return nn.Sequential(convolution, nn.BatchNorm2d(after), nn.ReLU())


def _pooled(before: int, after: int) -> Pooled:
    pooling = nn.MaxPool2d((1, TAPS))
    return Pooled(*_convolution(before, after, TAPS, padding=TAPS // 2), pooling)
