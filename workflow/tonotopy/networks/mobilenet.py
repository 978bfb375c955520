"""MobileNetV3 of EfficientAT (Schmid et al. 2023) under its names: mn40_as at a width of 4."""

from functools import partial
from typing import NamedTuple

from torch import Tensor, nn
from torchvision.ops import Conv2dNormActivation

from tonotopy.networks.layers import Layer

_norm = partial(nn.BatchNorm2d, eps=1e-3)
STEM, TAIL = 16, 1280  # channels before the blocks and units of the head, at width 1
EXPANSION = 6  # of the last convolution
SQUEEZE = 4  # channels per unit of squeeze-and-excitation
STUDIED = (1, 4, 7, 10, 13, 16)


class Row(NamedTuple):
    """One block in the table of MobileNetV3-Large (Howard et al. 2019, table 1)."""

    kernel: int
    expanded: int
    out: int
    excited: bool  # by squeeze-and-excitation
    hard: bool  # hard swish instead of ReLU
    stride: int


ROWS = (
    Row(3, 16, 16, False, False, 1),
    Row(3, 64, 24, False, False, 2),
    Row(3, 72, 24, False, False, 1),
    Row(5, 72, 40, True, False, 2),
    Row(5, 120, 40, True, False, 1),
    Row(5, 120, 40, True, False, 1),
    Row(3, 240, 80, False, True, 2),
    Row(3, 200, 80, False, True, 1),
    Row(3, 184, 80, False, True, 1),
    Row(3, 184, 80, False, True, 1),
    Row(3, 480, 112, True, True, 1),
    Row(3, 672, 112, True, True, 1),
    Row(5, 672, 160, True, True, 2),
    Row(5, 960, 160, True, True, 1),
    Row(5, 960, 160, True, True, 1),
)


def round_channels(channels: float) -> int:
    """Return the multiple of 8 nearest to a channel count, at least 8 and never 10% below it."""
    rounded = max(8, int(channels + 4) // 8 * 8)
    return rounded + 8 if rounded < 0.9 * channels else rounded


class Excitation(nn.Module):
    """Scale every channel by a gate computed from the means of all channels."""

    def __init__(self, channels: int):
        super().__init__()
        squeezed = round_channels(channels // SQUEEZE)
        self.fc1 = nn.Linear(channels, squeezed)
        self.fc2 = nn.Linear(squeezed, channels)

    def forward(self, maps: Tensor) -> Tensor:
        """Return maps of the shape given, (clips, channels, mels, frames)."""
        gates = self.fc2(self.fc1(maps.mean(dim=(2, 3))).relu()).sigmoid()
        return maps * gates[:, :, None, None]


class ConcurrentExcitation(nn.Module):
    """EfficientAT's container of excitations along several axes.

    Its published networks excite channels alone; the maximum over one excitation is that
    excitation, so the container only adds a level to the weights' names.
    """

    def __init__(self, channels: int):
        super().__init__()
        self.conc_se_layers = nn.ModuleList([Excitation(channels)])

    def forward(self, maps: Tensor) -> Tensor:
        """Return maps of the shape given."""
        return self.conc_se_layers[0](maps)


class Block(nn.Module):
    """Inverted residual: expand, convolve each channel, excite, project."""

    def __init__(self, before: int, row: Row, width_mult: float):
        super().__init__()
        expanded, after = (round_channels(n * width_mult) for n in (row.expanded, row.out))
        activation = nn.Hardswish if row.hard else nn.ReLU
        layer = partial(Conv2dNormActivation, norm_layer=_norm, activation_layer=activation)
        layers = [] if expanded == before else [layer(before, expanded, kernel_size=1)]
        layers.append(
            layer(expanded, expanded, kernel_size=row.kernel, stride=row.stride, groups=expanded)
        )
        if row.excited:
            layers.append(ConcurrentExcitation(expanded))
        layers.append(layer(expanded, after, kernel_size=1, activation_layer=None))
        self.block = nn.Sequential(*layers)
        self.residual = row.stride == 1 and before == after

    def forward(self, maps: Tensor) -> Tensor:
        """Return maps (clips, after, mels, frames), smaller by the stride."""
        return maps + self.block(maps) if self.residual else self.block(maps)


class MobileNetV3(nn.Module):
    """MobileNetV3-Large over one-channel spectrograms of any size.

    Args:
        classes: number of outputs.
        width_mult: multiplies every number of channels; mn40 has 4, mn10 has 1.
        dropout: before the last layer, in training only.
        norm_momentum: of the normalisations' running statistics; short trainings need more than the
            published 0.01.

    Raises:
        ValueError: a width that is not positive.
    """

    def __init__(
        self,
        classes: int,
        width_mult: float = 4.0,
        dropout: float = 0.2,
        norm_momentum: float = 0.01,
    ):
        super().__init__()
        if width_mult <= 0:
            raise ValueError(f"width_mult must be positive, not {width_mult}")
        convolution = partial(Conv2dNormActivation, norm_layer=_norm, activation_layer=nn.Hardswish)
        channels = round_channels(STEM * width_mult)
        layers: list[nn.Module] = [convolution(1, channels, kernel_size=3, stride=2)]
        for row in ROWS:
            layers.append(Block(channels, row, width_mult))
            channels = round_channels(row.out * width_mult)
        layers.append(convolution(channels, EXPANSION * channels, kernel_size=1))
        self.features = nn.Sequential(*layers)
        units = round_channels(TAIL * width_mult)
        self.classifier = nn.Sequential(
            nn.AdaptiveAvgPool2d(1),
            nn.Flatten(),
            nn.Linear(EXPANSION * channels, units),
            nn.Hardswish(inplace=True),
            nn.Dropout(dropout, inplace=True),
            nn.Linear(units, classes),
        )
        self._initialise(norm_momentum)

    def _initialise(self, norm_momentum: float) -> None:
        for module in self.modules():
            if isinstance(module, nn.BatchNorm2d):
                module.momentum = norm_momentum
            elif isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, mode="fan_out")
            elif isinstance(module, nn.Linear):
                nn.init.normal_(module.weight, std=0.01)
                nn.init.zeros_(module.bias)

    @property
    def layers(self) -> dict[str, Layer]:
        """Six of the convolutional layers, and the pooled embedding that enters the head."""
        convolutions = {
            f"conv{i}": Layer(f"features.{at}") for i, at in enumerate(STUDIED, start=1)
        }
        return {**convolutions, "fc1": Layer("classifier.1")}

    def forward(self, spectrograms: Tensor) -> Tensor:
        """Return logits (clips, classes) of spectrograms (clips, mels, frames).

        Raises:
            ValueError: spectrograms with another number of axes.
        """
        if spectrograms.ndim != 3:
            raise ValueError(
                f"expected spectrograms of (clips, mels, frames), got {tuple(spectrograms.shape)}"
            )
        return self.classifier(self.features(spectrograms[:, None]))
