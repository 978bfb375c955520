"""Jobs that a dead run left in SLURM's queue: they would work beside those of the next run."""

import contextlib
import shutil
import socket
import subprocess
import time
from pathlib import Path

from tonotopy.errors import InputError
from tonotopy.files import read_json, write_json

NOTE = Path(".snakemake/run.json")
LOCKS = Path(".snakemake/locks")
PATIENCE_S = 300  # a node may take that long to end a job
OF_A_RULE = "rule_"  # begins the comment of every job that Snakemake submits


def note_run(on_cluster: bool) -> None:
    """Write down on which machine the run of the current folder begins.

    Args:
        on_cluster: whether its jobs go to a cluster.
    """
    write_json(NOTE, {"host": socket.gethostname(), "on_cluster": on_cluster}, checksums=False)


def end_jobs(folder: Path) -> None:
    """Cancel what a folder's dead run left in the queue, and wait until it is gone.

    Call it when no run is at work on this machine. Without a cluster there is nothing to do.

    Raises:
        InputError: the run may be at work on another machine, SLURM does not answer, or a job does
            not end; the message says what to do.
    """
    host = _cluster_run(folder)
    if host is None:
        return
    jobs = left_jobs(folder)
    locked = (folder / LOCKS).is_dir() and any((folder / LOCKS).iterdir())
    if (jobs or locked) and host != socket.gethostname():
        raise InputError(
            f"{folder}: the last run was started on {host}, and only that machine can tell whether "
            f"it is still at work. Run this there; if {host} is gone, delete {folder / NOTE}"
        )
    if not jobs:
        return
    print(f"cancelling SLURM jobs {' '.join(jobs)}: their run is dead", flush=True)
    _call("scancel", *jobs)
    until = time.monotonic() + PATIENCE_S
    while jobs := left_jobs(folder):
        if time.monotonic() > until:
            raise InputError(f"SLURM jobs {' '.join(jobs)} were cancelled and do not end: see "
                             "`squeue --me`, then run this again")  # fmt: skip
        time.sleep(1)


def left_jobs(folder: Path) -> list[str]:
    """Return the ids of one's own jobs in the queue that Snakemake submitted from a folder.

    Raises:
        InputError: SLURM does not answer.
    """
    found = []
    for line in _call("squeue", "--me", "--noheader", "--format=%i|%k|%Z").splitlines():
        job, *comment, place = line.split("|")
        if "|".join(comment).startswith(OF_A_RULE) and Path(place) == folder:
            found.append(job)
    return found


def _cluster_run(folder: Path) -> str | None:
    """Return where the last run was started if its jobs went to a cluster, else None.

    If what was written down is torn, this machine is meant, and a cluster if it belongs to one.
    """
    if not (folder / NOTE).is_file():
        return None
    with contextlib.suppress(InputError, KeyError):
        told = read_json(folder / NOTE)
        return told["host"] if told["on_cluster"] else None
    return socket.gethostname() if shutil.which("squeue") else None


def _call(*command: str) -> str:
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise InputError(f"{command[0]}: {error}; {_ADVICE}") from error
    if done.returncode:
        raise InputError(f"{command[0]} fails ({done.stderr.strip()[-300:]}); {_ADVICE}")
    return done.stdout


_ADVICE = (
    "so nobody can tell which jobs of the last run are still at work. Run this where SLURM answers"
)
