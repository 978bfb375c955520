"""The work of a rule's jobs, before it is turned into hours."""

from __future__ import annotations

from dataclasses import dataclass

FLOAT = 4  # bytes


class NotKnown(Exception):
    """The work of a rule cannot be computed; the message says what is missing."""


@dataclass(frozen=True)
class Work:
    """What a rule's jobs do together.

    Attributes:
        basis: what it was computed from.
        flops: of networks, in float32.
        training_flops: of networks in training, in bfloat16 where there is a GPU.
        cores: processor seconds beside the networks.
        unaided: processor seconds of what a GPU would do beside the networks, where there is none.
        starting: seconds for which a GPU waits for its kernels to be started by a core.
        waiting: seconds for the disk.
        holds_gpu: whether the jobs hold a GPU.
        fetched: bytes that come over the network.
        kept: bytes on the disk, those of the largest job where they are deleted after each.
        slower: seconds for which a GPU computes longer than an AST's operations would take it.
    """

    basis: str
    flops: float = 0
    training_flops: float = 0
    cores: float = 0
    unaided: float = 0
    starting: float = 0
    waiting: float = 0
    holds_gpu: bool = False
    fetched: int = 0
    kept: int = 0
    slower: float = 0

    def __add__(self, other: Work) -> Work:
        """Return the work for two studies that have jobs of the same rule."""
        return Work(
            f"{self.basis}; {other.basis}",
            flops=self.flops + other.flops,
            training_flops=self.training_flops + other.training_flops,
            cores=self.cores + other.cores,
            unaided=self.unaided + other.unaided,
            starting=self.starting + other.starting,
            waiting=self.waiting + other.waiting,
            holds_gpu=self.holds_gpu or other.holds_gpu,
            fetched=self.fetched + other.fetched,
            kept=self.kept + other.kept,
            slower=self.slower + other.slower,
        )
