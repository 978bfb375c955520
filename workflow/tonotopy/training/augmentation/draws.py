"""Draws per clip that are the same however many processes share a batch.

Each process draws for all of the batch and keeps what is its own.
"""

import torch
from torch import Tensor

from tonotopy.training.augmentation.declared import Ranged
from tonotopy.training.shares import Share


def uniform(share: Share, rng: torch.Generator) -> Tensor:
    """Return a number in [0, 1) per clip of the share, shape (clips,)."""
    return torch.rand(share.total, generator=rng)[share.slice]


def drawn(settings: Ranged, share: Share, rng: torch.Generator) -> tuple[Tensor, Tensor]:
    """Return a value in the range, and whether the transform applies: per clip of the share.

    Returns:
        float32 (clips,) and bool (clips,).
    """
    value = between(settings.range, uniform(share, rng))
    return value, uniform(share, rng) < settings.p


def integers(share: Share, highest: int | Tensor, rng: torch.Generator) -> Tensor:
    """Return a whole number per clip of the share, each from 0 to ``highest`` as likely.

    Args:
        share: of the batch.
        highest: inclusive, for all clips or per clip of the share.
        rng: source of the draws.

    Returns:
        int64 (clips,).
    """
    at = torch.rand(share.total, generator=rng, dtype=torch.float64)[share.slice]
    return (at * (highest + 1)).long()


def others(than: Tensor, count: int, share: Share, rng: torch.Generator) -> Tensor:
    """Return another number than a given one per clip of the share, each other one as likely.

    Args:
        than: the given ones, int64 (clips,), from 0 to ``count`` - 1.
        count: of the numbers to draw from, at least 2.
        share: of the batch.
        rng: source of the draws.

    Returns:
        int64 (clips,), from 0 to ``count`` - 1.
    """
    return (than + 1 + integers(share, count - 2, rng)) % count


def between(limits: tuple[float, float], at: Tensor) -> Tensor:
    """Return the values that lie at shares in [0, 1) of the way from one limit to the other."""
    low, high = limits
    return low + (high - low) * at
