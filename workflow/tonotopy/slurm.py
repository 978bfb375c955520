"""Jobs that a dead run left in SLURM's queue: they would work beside those of the next run."""

import subprocess
import time
from pathlib import Path

from tonotopy.errors import InputError

PATIENCE_S = 300  # a node may take that long to end a job
OF_A_RULE = "rule_"  # begins the comment of every job that Snakemake submits


def end_jobs(folder: Path) -> None:
    """Cancel what a folder's dead run left in the queue, and wait until it is gone.

    Call it when no run is at work.

    Raises:
        InputError: SLURM does not answer, or a job does not end; the message says what to do.
    """
    jobs = left_jobs(folder)
    if not jobs:
        return
    print(f"cancelling SLURM jobs {' '.join(jobs)}: their run is dead", flush=True)
    _call("scancel", *jobs)
    until = time.monotonic() + PATIENCE_S
    while jobs := left_jobs(folder):
        if time.monotonic() > until:
            raise InputError(
                f"SLURM jobs {' '.join(jobs)} were cancelled and do not end: see "
                "`squeue --me`, then run this again"
            )
        time.sleep(1)


def left_jobs(folder: Path) -> list[str]:
    """Return the ids of one's own jobs in the queue that Snakemake submitted from a folder.

    Raises:
        InputError: SLURM does not answer.
    """
    jobs = []
    for line in _call("squeue", "--me", "--noheader", "--format=%i|%k|%Z").splitlines():
        job, *comment, workdir = line.split("|")
        if "|".join(comment).startswith(OF_A_RULE) and Path(workdir) == folder:
            jobs.append(job)
    return jobs


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
