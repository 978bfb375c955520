"""The convolutional network of study 3, a plain chain that relevance is propagated through."""

from itertools import pairwise

import torch
from torch import Tensor, nn

from tonotopy.networks.layers import Layer


class GenreCNN(nn.Module):
    """Blocks of convolution, ReLU and pooling, then dense layers (study 3: thesis section 4.2).

    The defaults are the network of the thesis's music; that of its tones (section 4.1) has filters
    8, 8, 16, 16, 16, dense 20, 20 and no dropout.

    ``chain`` is all of it but the channel axis: an `nn.Sequential` of Conv2d (3 x 3, padded), ReLU
    and MaxPool2d (2 x 2) per block, Flatten, then Linear, ReLU and Dropout per dense layer, and the
    classes' Linear. No module works in place, and none is used twice.

    Args:
        classes: outputs, at least 1.
        mels: mel bands of the input.
        frames: frames of the input.
        filters: channels of each block.
        dense: units of each dense layer before the classes'.
        dropout: probability of a dense unit to be dropped in training; 0 leaves the module out.
        bias: whether convolutions and dense layers have biases, which absorb relevance.

    Raises:
        ValueError: no classes or blocks, or an input that the poolings leave nothing of.
    """

    def __init__(
        self,
        classes: int,
        mels: int = 128,
        frames: int = 128,
        filters: tuple[int, ...] = (32, 32, 64, 64, 128),
        dense: tuple[int, ...] = (128, 128),
        dropout: float = 0.5,
        bias: bool = True,
    ):
        super().__init__()
        _check(classes, mels, frames, filters)
        self.input_shape, self.blocks = (mels, frames), len(filters)
        sizes = (filters[-1] * (mels >> self.blocks) * (frames >> self.blocks), *dense)
        self.chain = nn.Sequential(
            *_blocks(filters, bias),
            nn.Flatten(),
            *_dense(sizes, dropout, bias),
            nn.Linear(sizes[-1], classes, bias=bias),
        )
        self._initialise()
        # in this order a CPU convolves almost twice as fast
        self.to(memory_format=torch.channels_last)

    def _initialise(self) -> None:
        """Keep the variance through the ReLUs (He et al. 2015): there is no normalisation to."""
        for module in self.chain:
            if isinstance(module, nn.Conv2d | nn.Linear):
                nn.init.kaiming_normal_(module.weight, nonlinearity="relu")
                if module.bias is not None:
                    nn.init.zeros_(module.bias)

    @property
    def layers(self) -> dict[str, Layer]:
        """Each convolution after its ReLU and before its pooling, read by its channels."""
        return {f"conv{i + 1}": Layer(f"chain.{3 * i + 1}", "channels") for i in range(self.blocks)}

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
        return self.chain(spectrograms[:, None])


def _check(classes: int, mels: int, frames: int, filters: tuple[int, ...]) -> None:
    if classes < 1:
        raise ValueError(f"classes: at least 1 is needed, not {classes}")
    if not filters:
        raise ValueError("filters: at least one block is needed")
    smallest = 2 ** len(filters)
    if min(mels, frames) < smallest:
        raise ValueError(
            f"an input of {mels} mels x {frames} frames is smaller than {smallest} x {smallest}, "
            f"which {len(filters)} poolings need; give fewer filters"
        )


def _blocks(filters: tuple[int, ...], bias: bool) -> list[nn.Module]:
    modules: list[nn.Module] = []
    for before, after in pairwise((1, *filters)):
        convolution = nn.Conv2d(before, after, kernel_size=3, padding=1, bias=bias)
        modules += [convolution, nn.ReLU(), nn.MaxPool2d(2)]
    return modules


def _dense(sizes: tuple[int, ...], dropout: float, bias: bool) -> list[nn.Module]:
    modules: list[nn.Module] = []
    for before, after in pairwise(sizes):
        modules += [nn.Linear(before, after, bias=bias), nn.ReLU()]
        if dropout:
            modules.append(nn.Dropout(dropout))
    return modules
