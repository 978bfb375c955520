"""Contrast of two views of every clip: where they lie, how they are compared, how many match."""

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import normalize

from tonotopy.training.augmentation.draws import integers, others
from tonotopy.training.shares import Share

BLOCK = 4096  # clips whose nearest views are looked for at once, at most
LARGEST = 2**26  # similarities that are kept at once


def nt_xent(first: Tensor, second: Tensor, temperature: float, decoupled: bool = False) -> Tensor:
    """Return the normalised temperature-scaled cross-entropy of a batch (thesis equation 4.1).

    Each of the 2 N views is told from all the others by its cosine similarity, over the
    temperature, to the other view of its clip, the positive; the loss is the mean over views.

    Args:
        first: a view of every clip, projected, shape (clips, width); not yet normalised.
        second: the other view of each, same shape.
        temperature: above 0.
        decoupled: leave the positive out of the denominator (Yeh et al. 2022, equation 5).

    Returns:
        A number; 0 for a single clip, which has no negatives.

    Raises:
        ValueError: decoupled and no negatives.
    """
    count = len(first)
    if decoupled and count < 2:
        raise ValueError(f"a decoupled contrast needs 2 clips or more, not {count}")
    views = torch.cat([first, second])
    with torch.autocast(views.device.type, enabled=False):  # half precision is too coarse here
        views = normalize(views.to(torch.promote_types(views.dtype, torch.float32)), dim=1)
        likeness = views @ views.T / temperature
    itself = torch.eye(2 * count, dtype=torch.bool, device=views.device)
    partner = itself.roll(count, dims=1)
    left_out = itself | partner if decoupled else itself
    denominators = likeness.masked_fill(left_out, -torch.inf).logsumexp(dim=1)
    return (denominators - likeness[partner]).mean()


def placements(
    share: Share, samples: int, length: int, overlapping: bool, rng: torch.Generator
) -> tuple[Tensor, Tensor]:
    """Return where the two views of every clip begin, each admissible pair as likely.

    Args:
        share: of the batch.
        samples: of a clip.
        length: of a view in samples.
        overlapping: whether both lie anywhere in the clip; else they have no sample in common.
        rng: source of the draws.

    Returns:
        First samples of the first and of the second view, int64 (clips,) each.
    """
    if overlapping:
        first, second = (integers(share, samples - length, rng) for _ in range(2))
        return first, second
    # of two different numbers the larger one, less 1, is where the later view would begin if the
    # earlier one had no length: pairs of numbers and placements match one to one
    room = samples - 2 * length
    one = integers(share, room + 1, rng)
    other = others(one, room + 2, share, rng)
    return one + (one > other) * (length - 1), other + (other > one) * (length - 1)


def retrieval(first: np.ndarray, second: np.ndarray) -> float:
    """Return the share of views whose nearest view of the other kind is of the same clip.

    Averaged over both directions: the nearest second view of each first view, and the reverse. Of
    views that are equally near, that of the first clip counts.

    Args:
        first: a view of every clip, normalised, shape (clips, width).
        second: the other view of each, same shape.
    """
    return (_found(first, second) + _found(second, first)) / 2


def _found(views: np.ndarray, among: np.ndarray) -> float:
    rows = max(1, min(BLOCK, LARGEST // len(among)))
    nearest = [
        (views[start : start + rows] @ among.T).argmax(axis=1)
        for start in range(0, len(views), rows)
    ]
    return float((np.concatenate(nearest) == np.arange(len(views))).mean())
