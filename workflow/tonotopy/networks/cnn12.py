"""The network of study 4: eleven blocks of convolutions that hear raw waveforms."""

from itertools import pairwise

import torch
from torch import Tensor, nn

from tonotopy.networks import lsuv
from tonotopy.networks.layers import Layer
from tonotopy.networks.pooled import Pooled

KERNELS = (7, 7, 5, 5, 5, 3, 3, 3, 3, 3, 3)
POOLED = 8  # blocks that end in a pooling
SHORTEST = 2370  # samples that leave one step at the last block
INITIALISERS = ("lsuv", "torch")
NOISE = {"clips": 4, "samples": 4096, "level": 0.1}  # what unit variance is reached on


class CNN12(nn.Module):
    """CNN12 (study 4: thesis section 4.1 and figure 4.1).

    Every block is a convolution without padding, ReLU and, in the first eight, a pooling of two
    samples; after the last the mean over time, dropout and a dense layer give ``embedding``
    numbers. What follows is a dense layer for the classes, or a projection head where there are
    none. Convolutions are two-dimensional with a height of 1, channels last: the same numbers as
    one-dimensional ones, sooner on processors (benchmarks/bench_cnn12.py).

    Args:
        classes: outputs; 0 for none.
        widths: channels of the eleven blocks.
        embedding: outputs of the encoder.
        dropout: probability of a channel to be dropped before the dense layer in training.
        projection: units of the hidden layer and of the output of the projection head (thesis
            section 4.3.2), for networks without classes; None for none.
        initialiser: lsuv (unit variance at every convolution, on pink noise, so that no corpus
            is needed) or torch (its own).

    Raises:
        ValueError: another number of widths, a projection beside classes, or an unknown
            initialiser.
    """

    def __init__(
        self,
        classes: int = 0,
        widths: tuple[int, ...] = (64, 64, 128, 128, 256, 256, 512, 512, 1024, 1024, 2048),
        embedding: int = 512,
        dropout: float = 0.4,
        projection: tuple[int, int] | None = None,
        initialiser: str = "lsuv",
    ):
        super().__init__()
        _check(classes, widths, projection, initialiser)
        self.features = nn.Sequential(*_blocks(widths))
        self.encoder = nn.Sequential(nn.Dropout(dropout), nn.Linear(widths[-1], embedding))
        self.head = _head(embedding, classes, projection)
        if initialiser == "lsuv" and not self.encoder[1].weight.is_meta:
            self._unit_variance()
        # in this order a CPU convolves faster, see benchmarks/bench_cnn12.py
        self.to(memory_format=torch.channels_last)

    def _unit_variance(self) -> None:
        convolutions = [module[0] for module in self.features]
        dense = [m for m in self.modules() if isinstance(m, nn.Linear)]
        lsuv.initialise(self, [*convolutions, *dense], lsuv.pink_noise(**NOISE))

    @property
    def layers(self) -> dict[str, Layer]:
        """Each block after its pooling, read by its channels, and the encoder's output."""
        blocks = range(len(self.features))
        layers = {f"block{i + 1}": Layer(f"features.{i}", "channels") for i in blocks}
        return {**layers, "embedding": Layer("encoder")}

    def encode(self, waveforms: Tensor) -> Tensor:
        """Return what the encoder makes of waveforms, shape (clips, embedding).

        Args:
            waveforms: shape (clips, samples), at least `SHORTEST` samples.

        Raises:
            ValueError: waveforms of another shape, or shorter.
        """
        if waveforms.ndim != 2 or waveforms.shape[1] < SHORTEST:
            raise ValueError(
                f"expected waveforms of (clips, {SHORTEST} samples or more), got "
                f"{tuple(waveforms.shape)}"
            )
        rows = waveforms[:, None, None].contiguous(memory_format=torch.channels_last)
        maps = self.features(rows)
        return self.encoder(maps.mean(dim=(2, 3)))

    def forward(self, waveforms: Tensor) -> Tensor:
        """Return logits (clips, classes); without classes projections, or the encoder's output."""
        return self.head(self.encode(waveforms))


def _check(classes: int, widths: tuple[int, ...], projection, initialiser: str) -> None:
    if len(widths) != len(KERNELS):
        raise ValueError(f"widths: {len(KERNELS)} numbers are needed, not {len(widths)}")
    if projection is not None and classes:
        raise ValueError("projection: is for networks without classes, drop it")
    if projection is not None and len(projection) != 2:
        raise ValueError("projection: units of the hidden layer and of the output are needed")
    if initialiser not in INITIALISERS:
        raise ValueError(f"initialiser: {' or '.join(INITIALISERS)} is needed, not {initialiser}")


def _blocks(widths: tuple[int, ...]) -> list[nn.Module]:
    blocks = []
    for number, (before, after) in enumerate(pairwise((1, *widths))):
        modules = [nn.Conv2d(before, after, (1, KERNELS[number])), nn.ReLU()]
        pooled = number < POOLED
        blocks.append(Pooled(*modules, nn.MaxPool2d((1, 2))) if pooled else nn.Sequential(*modules))
    return blocks


def _head(embedding: int, classes: int, projection: tuple[int, int] | None) -> nn.Module:
    if classes:
        return nn.Linear(embedding, classes)
    if projection is None:
        return nn.Identity()
    hidden, output = projection
    return nn.Sequential(nn.Linear(embedding, hidden), nn.ReLU(), nn.Linear(hidden, output))
