"""A network for the tests: two convolutions over samples."""

from torch import Tensor, nn

from tonotopy.networks.layers import Layer


class Small(nn.Module):
    """Two strided convolutions and a linear head.

    Args:
        classes: outputs.
        width: channels.
    """

    def __init__(self, classes: int, width: int = 8):
        super().__init__()
        self.first = nn.Conv1d(1, width, 64, stride=32)
        self.last = nn.Conv1d(width, width, 8, stride=4)
        self.head = nn.Linear(width, classes)

    @property
    def layers(self) -> dict[str, Layer]:
        """Both convolutions, the first one whole."""
        return {"first": Layer("first"), "last": Layer("last", "channels")}

    def forward(self, waveforms: Tensor) -> Tensor:
        """Return logits (clips, classes) of waveforms (clips, samples)."""
        maps = self.last(self.first(waveforms[:, None]).relu()).relu()
        return self.head(maps.mean(dim=2))
