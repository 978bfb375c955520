"""The audio network of study 5: blocks of small convolutions over a log-mel spectrogram."""

from collections.abc import Sequence
from itertools import pairwise
from math import prod

import torch
from torch import Tensor, nn

from tonotopy.networks.layers import Layer


class VGG(nn.Module):
    """The audio network of Slizovskaia, Gómez and Haro (ICMR 2017), of any depth and width.

    Batch norm on the input (a mean and variance for each band, as in Choi et al. 2017); blocks of
    a 3 x 3 convolution that keeps the size, batch norm, ELU and max pooling; a dense layer with
    ELU, dropout and a dense layer for the classes. The defaults are theirs: 96 bands x 1366
    frames, which are padded to 1440 for the poolings to come out even.

    Args:
        classes: outputs, at least 1.
        mels: bands of the input.
        frames: frames of the input.
        widths: channels of each block.
        pools: bands and frames that each block's pooling takes together.
        dense: units of the dense layer before the classes'.
        dropout: probability of such a unit to be dropped in training.

    Attributes:
        padding: silence (each band's mean) around the input, as `torch.nn.functional.pad` takes
            it: frames before and after, bands below and above.

    Raises:
        ValueError: no classes or blocks, or not as many poolings as blocks.
    """

    def __init__(
        self,
        classes: int,
        mels: int = 96,
        frames: int = 1366,
        widths: Sequence[int] = (64, 128, 128, 128),
        pools: Sequence[Sequence[int]] = ((2, 2), (3, 3), (4, 4), (4, 4)),
        dense: int = 1024,
        dropout: float = 0.5,
    ):
        super().__init__()
        _check(classes, widths, pools)
        self.input_shape = (mels, frames)
        bands, steps = (prod(sides) for sides in zip(*pools, strict=True))
        self.padding = (*_around(frames, steps), *_around(mels, bands))
        places = -(-mels // bands) * -(-frames // steps)
        self.norm = nn.BatchNorm1d(mels)
        self.blocks = nn.Sequential(*map(_block, pairwise((1, *widths)), pools))
        self.dense = nn.Sequential(nn.Flatten(), nn.Linear(widths[-1] * places, dense), nn.ELU())
        self.dropout = nn.Dropout(dropout)
        self.head = nn.Linear(dense, classes)
        # in this order a CPU convolves sooner
        self.to(memory_format=torch.channels_last)

    @property
    def layers(self) -> dict[str, Layer]:
        """Each block after its ELU and before its pooling, read by channels; the dense layer."""
        numbers = range(len(self.blocks))
        blocks = {f"block{i + 1}": Layer(f"blocks.{i}.2", "channels") for i in numbers}
        return {**blocks, "dense": Layer("dense")}

    def forward(self, spectrograms: Tensor) -> Tensor:
        """Return logits (clips, classes).

        Args:
            spectrograms: shape (clips, mels, frames).

        Raises:
            ValueError: spectrograms of another shape.
        """
        if spectrograms.ndim != 3 or tuple(spectrograms.shape[1:]) != self.input_shape:
            raise ValueError(
                f"expected spectrograms of (clips, {self.input_shape[0]}, {self.input_shape[1]}), "
                f"got {tuple(spectrograms.shape)}"
            )
        padded = nn.functional.pad(self.norm(spectrograms), self.padding)
        maps = self.blocks(padded[:, None].contiguous(memory_format=torch.channels_last))
        return self.head(self.dropout(self.dense(maps)))


def _check(classes: int, widths: Sequence[int], pools: Sequence[Sequence[int]]) -> None:
    if classes < 1:
        raise ValueError(f"classes: at least 1 is needed, not {classes}")
    if not widths:
        raise ValueError("widths: at least one block is needed")
    if len(pools) != len(widths):
        raise ValueError(f"pools: one for each of {len(widths)} blocks is needed, not {len(pools)}")
    if any(len(sides) != 2 or min(sides) < 1 for sides in pools):
        raise ValueError(f"pools: bands and frames of each block are needed, not {pools}")


def _around(size: int, multiple: int) -> tuple[int, int]:
    """Return what must stand before and after an axis to make its size a multiple."""
    missing = -size % multiple
    return missing // 2, missing - missing // 2


def _block(widths: tuple[int, int], pool: Sequence[int]) -> nn.Sequential:
    before, after = widths
    convolution = nn.Conv2d(before, after, kernel_size=3, padding=1)
    return nn.Sequential(convolution, nn.BatchNorm2d(after), nn.ELU(), nn.MaxPool2d(tuple(pool)))
