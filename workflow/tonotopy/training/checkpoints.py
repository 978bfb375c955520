"""Checkpoints that a killed training goes on from: trusted whole, or not at all."""

import shutil
import zipfile
from pathlib import Path

import torch


def drop_untrustworthy(place: Path) -> None:
    """Empty a folder of checkpoints that no training can go on from, and say so.

    A power loss may cut a checkpoint off, and a moved folder hides the best epoch from a training
    that goes on: it would end with other weights.
    """
    if place.is_dir() and (reason := _fault(place)):
        print(f"note: {reason}: the training starts anew", flush=True)
        shutil.rmtree(place)


def _fault(place: Path) -> str | None:
    """Return why a folder of checkpoints cannot be used, None if it can."""
    last = place / "last.ckpt"
    if not last.is_file():
        return f"{place} has no last.ckpt"
    for path in sorted(place.glob("*.ckpt")):
        try:
            with zipfile.ZipFile(path) as members:  # torch itself does not compare its checksums
                if torn := members.testzip():
                    raise ValueError(f"{torn} differs from its checksum")
            held = torch.load(path, map_location="cpu", weights_only=True)
        except Exception as error:  # torch tells damage in many ways, all of which mean the same
            return f"{path} is damaged ({str(error).splitlines()[0]})"
        if path == last:
            best = [Path(c["best_model_path"]) for c in held["callbacks"].values()
                    if "best_model_path" in c]  # fmt: skip
    for path in best:
        if path.parent != place.resolve() or not path.is_file():
            return f"{last} needs {path}, which is not there"
    return None
