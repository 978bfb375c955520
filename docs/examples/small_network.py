"""A network of your own: any torch module that returns one row of logits for each clip."""

from torch import Tensor, nn


class SmallNetwork(nn.Module):
    """Two convolutions over a log-mel spectrogram (clips, mels, frames), and a linear head."""

    def __init__(self, classes: int, width: int = 32):
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv1d(64, width, 5, padding=2),
            nn.ReLU(),
            nn.Conv1d(width, 2 * width, 5, stride=2),
            nn.ReLU(),
        )
        self.head = nn.Linear(2 * width, classes)

    def forward(self, spectrograms: Tensor) -> Tensor:
        return self.head(self.body(spectrograms).mean(dim=2))
