"""Small batches of noise for tests of the training, whole or shared by processes."""

import torch

from tonotopy.training.clips import Clips
from tonotopy.training.shares import Share

RATE = 8000


def rng(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def noises(count: int, samples: int, seed: int = 8) -> torch.Tensor:
    """Float64 noise, every clip of another loudness, shape (count, samples)."""
    loudness = torch.linspace(0.1, 1.5, count, dtype=torch.float64)[:, None]
    return loudness * (torch.rand(count, samples, generator=rng(seed), dtype=torch.float64) - 0.4)


def clips(sounds: torch.Tensor, targets=None, share: Share | None = None, rate=RATE) -> Clips:
    """The whole batch, or a process's share of it; targets are positions unless given."""
    share = share or Share.of(len(sounds))
    targets = torch.arange(len(sounds)) if targets is None else targets
    return Clips(sounds[share.slice], targets[share.slice], share, rate)
