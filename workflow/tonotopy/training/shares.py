"""Which clips of a batch a process learns from, and how processes see each other's.

Several processes learn as one would: each takes a slice of every batch, and what belongs to the
batch as a whole (its mean loss, its pairs, the draws of its augmentation) is that of all of them.
"""

from typing import NamedTuple

import torch
import torch.distributed
from torch import Tensor


class Share(NamedTuple):
    """The slice of a batch that one of several processes has.

    Attributes:
        start: of the slice.
        stop: of the slice, exclusive.
        total: clips in the batch.
        ranks: number of processes.
    """

    start: int
    stop: int
    total: int
    ranks: int = 1

    @classmethod
    def of(cls, total: int, rank: int = 0, ranks: int = 1) -> "Share":
        """Return the share of process ``rank`` of ``ranks``: sizes differ by at most one clip."""
        return cls(total * rank // ranks, total * (rank + 1) // ranks, total, ranks)

    @property
    def slice(self) -> slice:
        return slice(self.start, self.stop)

    @property
    def weight(self) -> float:
        """What the mean over the share counts for, so that the mean over processes is the batch's.

        Gradients are averaged over processes without regard to how many clips each had.
        """
        return (self.stop - self.start) * self.ranks / self.total


class _Gather(torch.autograd.Function):
    """Rows of all processes in the order of the batch; gradients go back to whose rows they are.

    Every process computes the same loss from the rows. Its gradients are summed over processes on
    the way back, and averaged over them afterwards, as those of all weights are.
    """

    @staticmethod
    def forward(ctx, part: Tensor, share: Share) -> Tensor:
        ctx.share = share
        whole = part.new_zeros(share.total, *part.shape[1:])
        whole[share.slice] = part
        torch.distributed.all_reduce(whole)
        return whole

    @staticmethod
    def backward(ctx, gradient: Tensor) -> tuple[Tensor, None]:
        summed = gradient.clone(memory_format=torch.contiguous_format)
        torch.distributed.all_reduce(summed)
        return summed[ctx.share.slice], None


def gathered(part: Tensor, share: Share | None) -> Tensor:
    """Return the rows of the whole batch, on every process, differentiably.

    Args:
        part: the rows of this process's clips, shape (share's clips, ...).
        share: None where one process has the whole batch.

    Returns:
        Shape (clips of the batch, ...).
    """
    return part if share is None or share.ranks == 1 else _Gather.apply(part, share)
