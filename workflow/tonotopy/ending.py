"""What is told when a run ends: why it is refused, full disks, how the controls came out."""

import atexit
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path

from tonotopy.errors import InputError

LAST_WORDS = ("enforce_controls", "build_heard_pages")  # rules: what their first output holds
PAGE = "index.html"  # beside it
LEAST_BYTES = 1_000_000  # below it a script of Snakemake's may not fit, or a note


def refusing(function: Callable, *arguments):
    """Call a function; Snakemake ends with the message alone of what it refuses."""
    try:
        return function(*arguments)
    except InputError as error:
        raise _refusal(str(error)) from None


def _refusal(message: str) -> Exception:
    """Return an error of which Snakemake tells no lines of code: it is shown no traceback."""
    from snakemake.exceptions import ApiError  # here, because scripts need none of Snakemake

    hidden = property(lambda self: None, lambda self, traceback: None)
    return type("Refusal", (ApiError,), {"__traceback__": hidden})(message)


def full_disks(root: Path) -> list[str]:
    """Return which of a run's folders are on a full disk, each with what to do.

    Args:
        root: the folder that Snakemake runs in.
    """
    notes, folders = [], (root / name for name in (".snakemake", "results", "data"))
    for folder in (*folders, Path(tempfile.gettempdir())):
        if folder.is_dir() and (free := shutil.disk_usage(folder).free) < LEAST_BYTES:
            notes.append(f"{folder}: the disk is full ({free:,} bytes left): free space, run again")
    return notes


def tell_full_disks(root: Path) -> None:
    """Print a note for each of a run's folders that is on a full disk."""
    for line in full_disks(root):
        print(f"note: {line}", file=sys.stderr)


def mind_disks() -> None:
    """Tell of full disks when this process ends: Snakemake fails on them without naming them."""
    atexit.register(tell_full_disks, Path.cwd())


def tell_verdict(jobs: Iterable) -> None:
    """Print a run's last words, where it has any: how controls came out, which files were bad.

    Args:
        jobs: of the run; Snakemake's.
    """
    for job in jobs:
        if job.rule.name in LAST_WORDS:
            words = Path(job.output[0])
            if words.is_file():  # `--until` may have left it out
                print(words.read_text(), f"open {words.parent / PAGE}", sep="")
