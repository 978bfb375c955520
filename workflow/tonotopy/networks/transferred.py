"""A network with new classifiers on its layers: transfer to another task."""

from dataclasses import replace

import torch
from torch import Tensor, nn

from tonotopy.networks.layers import Layer
from tonotopy.networks.tracing import trace

EPSILON = 1e-6


class Standardised(nn.Module):
    """Give every number of a layer zero mean and unit variance over the training clips.

    Args:
        width: numbers that the layer gives.
    """

    def __init__(self, width: int):
        super().__init__()
        self.register_buffer("mean", torch.zeros(width))
        self.register_buffer("scale", torch.ones(width))

    def fit(self, vectors: Tensor) -> None:
        """Take mean and standard deviation of vectors, shape (clips, width)."""
        self.mean = vectors.mean(dim=0)
        self.scale = vectors.std(dim=0, correction=0) + EPSILON

    def forward(self, vectors: Tensor) -> Tensor:
        """Return vectors (clips, width) less the mean, over the standard deviation."""
        return (vectors - self.mean) / self.scale


class Transferred(nn.Module):
    """An encoder, and a linear classifier on the mean over positions of each of its layers.

    Study 4, thesis section 6.1.2: layers up to one are kept, averaged over time and classified.
    What enters a classifier is standardised by the training clips, so that layers of other scale
    learn alike.

    Args:
        encoder: its layers are read; its own answer is not.
        taps: layers that are classified, by name.
        widths: numbers that each of them gives for a clip, by name.
        classes: outputs of each classifier.
        frozen: whether the classifiers alone learn.
    """

    def __init__(
        self,
        encoder: nn.Module,
        taps: dict[str, Layer],
        widths: dict[str, int],
        classes: int,
        frozen: bool,
    ):
        super().__init__()
        self.encoder, self.taps, self.frozen = encoder, taps, frozen
        self.standards = nn.ModuleList(Standardised(widths[name]) for name in taps)
        self.heads = nn.ModuleList(nn.Linear(widths[name], classes) for name in taps)
        for head in self.heads:
            nn.init.zeros_(head.weight)
            nn.init.zeros_(head.bias)
        if frozen:
            encoder.requires_grad_(False)

    @property
    def layers(self) -> dict[str, Layer]:
        """What is classified, as paths inside this network."""
        return {
            name: replace(layer, path=f"encoder.{layer.path}") for name, layer in self.taps.items()
        }

    def train(self, mode: bool = True) -> "Transferred":
        """Set the mode; a frozen encoder stays in evaluation."""
        super().train(mode)
        if self.frozen:
            self.encoder.eval()
        return self

    def vectors(self, inputs: Tensor) -> list[Tensor]:
        """Return what each layer gives, averaged over positions, shape (clips, width) each."""
        traced, _ = trace(self.encoder, self.taps, inputs)
        return [traced[name].mean(dim=1) for name in self.taps]

    def forward(self, inputs: Tensor) -> Tensor:
        """Return logits, shape (clips, layers, classes)."""
        classified = zip(self.vectors(inputs), self.standards, self.heads, strict=True)
        return torch.stack([head(standard(v)) for v, standard, head in classified], dim=1)
