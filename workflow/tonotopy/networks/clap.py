"""Sound and text in one space (Elizalde et al. 2023): CNN14 beside a small text encoder.

The published CLAP reads with BERT; trained from scratch on labels, trigrams of letters are enough.
"""

import zlib
from collections.abc import Sequence
from dataclasses import replace

import torch
from torch import Tensor, nn
from torch.nn.functional import normalize

from tonotopy.networks.cnn14 import CNN14
from tonotopy.networks.layers import Layer

BUCKETS = 4096  # of hashed trigrams


class TextEncoder(nn.Module):
    """The mean of a text's letter trigrams, then two layers."""

    def __init__(self, width: int, size: int):
        super().__init__()
        self.trigrams = nn.EmbeddingBag(BUCKETS, width, mode="mean")
        self.layers = nn.Sequential(nn.Linear(width, width), nn.GELU(), nn.Linear(width, size))

    def forward(self, texts: Sequence[str]) -> Tensor:
        """Return embeddings (texts, size)."""
        ids = [trigram_ids(text) for text in texts]
        device = self.trigrams.weight.device
        starts = torch.tensor([0, *map(len, ids)], device=device).cumsum(0)[:-1]
        flat = torch.tensor([i for part in ids for i in part], device=device)
        return self.layers(self.trigrams(flat, starts))


def trigram_ids(text: str) -> list[int]:
    """Return a bucket for each run of three letters of a text, with a blank at either end."""
    padded = f" {text.lower()} "
    runs = (padded[i : i + 3] for i in range(max(1, len(padded) - 2)))
    return [zlib.crc32(run.encode()) % BUCKETS for run in runs]


class CLAP(nn.Module):
    """CNN14 with a projection, a text encoder, and a learned temperature.

    Args:
        classes: number of texts; its outputs are the likeness to each.
        texts: what the classes are called.
        mels: mel bands of the input.
        widths: channels of CNN14's blocks.
        fc: units of CNN14's fully connected layer.
        projection: size of the common space.
        text_width: size of a trigram's embedding.

    Raises:
        ValueError: not one text per class, or sizes that CNN14 refuses.
    """

    def __init__(
        self,
        classes: int,
        texts: Sequence[str],
        mels: int = 64,
        widths: tuple[int, ...] = (64, 128, 256, 512, 1024, 2048),
        fc: int = 2048,
        projection: int = 1024,
        text_width: int = 128,
    ):
        super().__init__()
        if len(texts) != classes:
            raise ValueError(f"{len(texts)} texts for {classes} classes, expected one each")
        self.texts = tuple(texts)
        self.audio = CNN14(mels=mels, widths=widths, fc=fc, projection=projection)
        self.text = TextEncoder(text_width, projection)
        self.temperature = nn.Parameter(torch.tensor(0.07).log().neg())

    @property
    def layers(self) -> dict[str, Layer]:
        """Those of CNN14."""
        own = self.audio.layers
        return {name: replace(at, path=f"audio.{at.path}") for name, at in own.items()}

    @property
    def hears_through(self) -> tuple[str, ...]:
        """That of CNN14."""
        return tuple(f"audio.{path}" for path in self.audio.hears_through)

    @property
    def scale(self) -> Tensor:
        """What likenesses are multiplied by, at most 100."""
        return self.temperature.exp().clamp(max=100)

    def hear(self, spectrograms: Tensor) -> Tensor:
        """Return unit vectors (clips, projection) of spectrograms (clips, mels, frames)."""
        return normalize(self.audio(spectrograms), dim=-1)

    def read(self, texts: Sequence[str]) -> Tensor:
        """Return unit vectors (texts, projection)."""
        return normalize(self.text(texts), dim=-1)

    def told(self, targets: Tensor) -> list[str]:
        """Return the text of each clip: its labels' names (targets: 0 and 1, (clips, classes))."""
        rows = (row.nonzero().flatten().tolist() for row in targets.cpu() > 0)
        return [" and ".join(self.texts[i] for i in row) or "nothing" for row in rows]

    def tag(self, sounds: Tensor) -> Tensor:
        """Return scaled likenesses (clips, classes) of unit vectors to the classes' texts."""
        return self.scale * sounds @ self.read(self.texts).T

    def forward(self, spectrograms: Tensor) -> Tensor:
        """Return logits (clips, classes): how like each class's text a clip is."""
        return self.tag(self.hear(spectrograms))
