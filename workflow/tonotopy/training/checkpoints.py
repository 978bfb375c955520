"""Checkpoints that a killed training goes on from: trusted whole, or not at all.

At every moment a whole one is there: the last epoch's stays until the next one is written, and so
does the best epoch that it refers to. Checkpoints refer to each other by file name inside their
folder, wherever the folder is: a moved project goes on as well.
"""

import shutil
import zipfile
from pathlib import Path
from typing import NamedTuple

import torch
from lightning.pytorch.callbacks import ModelCheckpoint

from tonotopy.training.snapshots import missing

LAST = "last"
PATHS = ("best_model_path", "kth_best_model_path", "last_model_path")  # Lightning's names


class Resumption(NamedTuple):
    """What a training goes on from.

    Attributes:
        checkpoint: of the last epoch that was over.
        epochs: how many were over.
    """

    checkpoint: Path
    epochs: int


class Checkpoints(ModelCheckpoint):
    """Lightning's checkpoints, which find each other again in a folder that was moved."""

    def load_state_dict(self, state_dict: dict) -> None:
        """Take up a checkpoint's state, with every path in the folder as it is now."""
        super().load_state_dict(relocated(state_dict, Path(self.dirpath)))


def relocated(state: dict, folder: Path) -> dict:
    """Return the state of a `ModelCheckpoint` whose files lie in another folder by now.

    Args:
        state: with the paths of when it was written; the empty path stays empty.
        folder: where files of the same names are.
    """

    def moved(path: str) -> str:
        return str(folder / Path(path).name) if path else path

    return {
        **state,
        "dirpath": str(folder),
        **{name: moved(state[name]) for name in PATHS},
        "best_k_models": {moved(path): score for path, score in state["best_k_models"].items()},
    }


def every_epoch(folder: Path) -> Checkpoints:
    """Return what keeps the last epoch, to go on from."""
    return Checkpoints(folder, filename=LAST, monitor=None, save_top_k=1)


def best_epochs(folder: Path, metric: str) -> Checkpoints:
    """Return what keeps the best epoch, and the second best for a checkpoint that knows no better.

    It must be asked before `every_epoch`, whose checkpoint holds what it knows.
    """
    return Checkpoints(folder, filename="best", monitor=metric, mode="max", save_top_k=2)


def resumable(folder: Path, snapshots: tuple[int, ...] = ()) -> Resumption | None:
    """Return what a training can go on from: its newest whole checkpoint, None if there is none.

    Those that it cannot go on from are told and removed: a power loss may cut one off, and without
    its best epoch the training would end with other weights.

    Args:
        folder: of the checkpoints, relative or absolute.
        snapshots: epochs whose weights the training is to keep, see `Snapshots`.
    """
    paths = sorted(folder.glob(f"{LAST}*.ckpt"), key=lambda path: path.stat().st_mtime_ns)
    for checkpoint in reversed(paths):
        state = _whole(checkpoint, snapshots)
        if not isinstance(state, str):
            return Resumption(checkpoint, _epochs(state))
        print(f"note: {state}: it is dropped", flush=True)
        checkpoint.unlink()
    if folder.is_dir():
        print(f"note: {folder} has no whole checkpoint: the training starts anew", flush=True)
        shutil.rmtree(folder)
    return None


def resuming(resumption: Resumption, epochs: int) -> str:
    """Return the line of the log that tells where a training of ``epochs`` epochs goes on."""
    checkpoint, over = resumption
    if over >= epochs:
        return f"resuming after the last of {epochs} epochs ({checkpoint})"
    return f"resuming from epoch {over + 1} of {epochs} ({checkpoint})"


def _epochs(state: dict) -> int:
    """Return how many epochs were over when a checkpoint was written."""
    return state["epoch"] + 1


def _whole(last: Path, snapshots: tuple[int, ...]) -> dict | str:
    """Return what a checkpoint holds, or why a training cannot go on from it."""
    state = _read(last)
    if isinstance(state, str):
        return state
    for callback in state["callbacks"].values():
        if not callback.get("best_model_path"):
            continue
        best = last.parent / Path(callback["best_model_path"]).name
        if not best.is_file():
            return f"{last} needs {best}, which is not there"
        if best != last and isinstance(fault := _read(best), str):
            return f"{last} needs {best}, and {fault}"
    if snapshot := missing(last.parent, snapshots, _epochs(state)):
        return f"{last} needs {snapshot}, which is not there"
    return state


def _read(path: Path) -> dict | str:
    """Return what a checkpoint holds, or that it is damaged."""
    try:
        with zipfile.ZipFile(path) as members:  # torch itself does not compare its checksums
            if torn := members.testzip():
                raise ValueError(f"{torn} differs from its checksum")
        return torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # torch tells damage in many ways, all of which mean the same
        return f"{path} is damaged ({str(error).splitlines()[0]})"
