"""CNN12 as one would write it first: one-dimensional convolutions, for the benchmarks to beat."""

import torch
from torch import Tensor, nn

from tonotopy.networks.cnn12 import CNN12

WIDTHS = (8, 8, 16, 16, 32, 32, 64, 64, 128, 128, 256)  # the narrow network of config.yaml
EMBEDDING, CLASSES = 64, 20


def narrow() -> CNN12:
    """Return the narrow network of config.yaml, untrained."""
    return CNN12(CLASSES, WIDTHS, EMBEDDING, dropout=0.0)


class PlainCNN12(nn.Module):
    """The same network with Conv1d and MaxPool1d.

    Args:
        other: whose weights are copied.
    """

    def __init__(self, other: CNN12):
        super().__init__()
        self.blocks = nn.ModuleList(map(_plain, other.features))
        self.encoder, self.head = nn.Linear(WIDTHS[-1], EMBEDDING), nn.Linear(EMBEDDING, CLASSES)
        self.encoder.load_state_dict(other.encoder[1].state_dict())
        self.head.load_state_dict(other.head.state_dict())

    def forward(self, waveforms: Tensor) -> Tensor:
        """Return logits, shape (clips, classes), of waveforms (clips, samples)."""
        signal = waveforms[:, None]
        for block in self.blocks:
            signal = block(signal)
        return self.head(self.encoder(signal.mean(dim=2)))


@torch.no_grad()
def _plain(block: nn.Sequential) -> nn.Sequential:
    conv, *others = block
    plain = nn.Conv1d(conv.in_channels, conv.out_channels, conv.kernel_size[1])
    plain.weight.copy_(conv.weight[:, :, 0])
    plain.bias.copy_(conv.bias)
    return nn.Sequential(plain, nn.ReLU(), *[nn.MaxPool1d(2) for _ in others[1:]])
