"""Checkpoints that a killed training goes on from: trusted whole, or not at all.

At every moment a whole one is there: the last epoch's stays until the next one is written, and so
does the best epoch that it refers to.
"""

import shutil
import zipfile
from pathlib import Path

import torch
from lightning.pytorch.callbacks import ModelCheckpoint

LAST = "last"


def every_epoch(place: Path) -> ModelCheckpoint:
    """Return what keeps the last epoch, to go on from."""
    return ModelCheckpoint(place, filename=LAST, monitor=None, save_top_k=1)


def best_epochs(place: Path, metric: str) -> ModelCheckpoint:
    """Return what keeps the best epoch, and the second best for a checkpoint that knows no better.

    It must be asked before `every_epoch`, whose checkpoint holds what it knows.
    """
    return ModelCheckpoint(place, filename="best", monitor=metric, mode="max", save_top_k=2)


def resumable(place: Path) -> Path | None:
    """Return the newest checkpoint that a training can go on from, None if there is none.

    Those that it cannot go on from are told and removed: a power loss may cut one off, and a moved
    folder hides the best epoch, so that the training would end with other weights.
    """
    found = sorted(place.glob(f"{LAST}*.ckpt"), key=lambda path: path.stat().st_mtime_ns)
    for checkpoint in reversed(found):
        reason = _fault(checkpoint)
        if reason is None:
            return checkpoint
        print(f"note: {reason}: it is dropped", flush=True)
        checkpoint.unlink()
    if place.is_dir():
        print(f"note: {place} has no whole checkpoint: the training starts anew", flush=True)
        shutil.rmtree(place)
    return None


def _fault(last: Path) -> str | None:
    """Return why a training cannot go on from a checkpoint, None if it can."""
    held = _read(last)
    if isinstance(held, str):
        return held
    for state in held["callbacks"].values():
        best = Path(state.get("best_model_path", last))
        if best.parent != last.parent.resolve() or not best.is_file():
            return f"{last} needs {best}, which is not there"
        if best != last and isinstance(fault := _read(best), str):
            return f"{last} needs {best}, and {fault}"
    return None


def _read(path: Path) -> dict | str:
    """Return what a checkpoint holds, or that it is damaged."""
    try:
        with zipfile.ZipFile(path) as members:  # torch itself does not compare its checksums
            if torn := members.testzip():
                raise ValueError(f"{torn} differs from its checksum")
        return torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # torch tells damage in many ways, all of which mean the same
        return f"{path} is damaged ({str(error).splitlines()[0]})"
