"""Full disks: Snakemake fails on them without saying which it was."""

import shutil
import sys
import tempfile
from pathlib import Path

LEAST_BYTES = 1_000_000  # below it a script of Snakemake's may not fit, or a note


def full(root: Path) -> list[str]:
    """Return which of a run's folders are on a full disk, each with what to do.

    Args:
        root: the folder that Snakemake runs in.
    """
    told = []
    for place in (
        root / ".snakemake",
        root / "results",
        root / "data",
        Path(tempfile.gettempdir()),
    ):
        if place.is_dir() and (free := shutil.disk_usage(place).free) < LEAST_BYTES:
            told.append(f"{place}: the disk is full ({free:,} bytes left): free space, run again")
    return told


def tell_full(root: Path) -> None:
    """Print a note for each folder of a run that is on a full disk."""
    for line in full(root):
        print(f"note: {line}", file=sys.stderr)
