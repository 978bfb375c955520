"""Which of a machine's GPUs a process works on, where nobody has given it some of its own."""

import fcntl
import os
import tempfile
from pathlib import Path
from typing import IO

VISIBLE = "CUDA_VISIBLE_DEVICES"
_locks: list[IO] = []  # locks, until this process ends


def claim_gpus(count: int, machine: int) -> None:
    """Leave this process with GPUs that no other process of this project has claimed.

    To be called before CUDA is used. SLURM shows a job its own GPUs alone: then there is nothing to
    choose. Where too few are free, the first ones are shared.

    Args:
        count: how many are wanted.
        machine: how many the machine has.
    """
    shown = os.environ.get(VISIBLE)
    cards = [str(n) for n in range(machine)] if shown is None else shown.split(",")
    if len(cards) <= count:
        return
    claimed = []
    for card in cards:
        if len(claimed) < count and (lock := _lock(card)):
            _locks.append(lock)
            claimed.append(card)
    os.environ[VISIBLE] = ",".join((claimed + [c for c in cards if c not in claimed])[:count])


def _lock(card: str) -> IO | None:
    """Return the open lock of a card, None if another process holds it."""
    path = Path(tempfile.gettempdir()) / f"tonotopy-gpu-{os.getuid()}-{card.replace('/', '-')}.lock"
    lock = path.open("a")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        lock.close()
        return None
    return lock
