"""Run the workflow, and first set right whatever a kill, a power loss or a full disk left behind.

    python workflow/resume.py [--verify] --cores 2 [options of snakemake] [-- targets]

In the project's folder. Refuses beside a run that is at work. Otherwise it ends what a killed run
left running, here or in SLURM's queue, removes its lock and its drafts, compares finished files
with their checksums, deletes the damaged ones and makes them again; what comes out equal keeps its
time, so that nothing after it is redone. Then it runs Snakemake, which redoes unfinished jobs. With
--verify outputs of any size are compared, without it those of up to 2 GiB; jobs compare what they
read in any case. Targets come after ``--``.
"""

import os
import signal
import subprocess
import sys
from pathlib import Path

from tonotopy import recovery, slurm
from tonotopy.errors import InputError

ROUNDS = 3  # damage that a run itself meets is repaired, but not for ever
DRY = {"-n", "--dry-run", "--dryrun"}


class Run:
    """Calls of Snakemake with a user's options, in the current folder."""

    def __init__(self, options: list[str], targets: list[str]):
        self._options, self._targets = options, targets
        self._environment = {k: v for k, v in os.environ.items() if k != recovery.MARK}
        self.stopped = False

    def make(self, targets: list[str] | None = None) -> int:
        """Make targets (the user's if None) and return the exit status."""
        child = subprocess.Popen(self._command([], targets), env=self._environment)

        def pass_on(number, frame):
            self.stopped = True
            if number == signal.SIGTERM:  # the terminal sends an interrupt to both of us
                child.send_signal(number)

        kept = {
            number: signal.signal(number, pass_on) for number in (signal.SIGTERM, signal.SIGINT)
        }
        try:
            return child.wait()
        finally:
            for number, handler in kept.items():
                signal.signal(number, handler)

    def plan(self) -> dict[Path, bool]:
        """Return all files that the run consists of, and whether one is missing that should not be.

        Temporary files may be, and data that nothing needs any more: it may have been deleted to
        save space.

        Raises:
            InputError: Snakemake cannot tell; its own message is printed.
        """
        done = subprocess.run(self._command(["--summary"]), env=self._environment,
                              capture_output=True, text=True)  # fmt: skip
        if done.returncode:
            print(done.stderr, file=sys.stderr)
            raise InputError("snakemake cannot plan this run; its message is above")
        lines = [line.split("\t") for line in done.stdout.splitlines() if "\t" in line]
        return {
            Path(output): status == "missing"
            and (plan == "update pending" or not output.startswith("data/"))
            for output, *_, status, plan in lines
        }

    def _command(self, extra: list[str], targets: list[str] | None = None) -> list[str]:
        wanted = self._targets if targets is None else targets
        command = [sys.executable, "-m", "snakemake", *self._options, *extra]
        return [*command, "--", *wanted] if wanted else command


def main(arguments: list[str]) -> int:
    """Recover and run; return the exit status."""
    large = "--verify" in arguments
    arguments = [word for word in arguments if word != "--verify"]
    cut = arguments.index("--") if "--" in arguments else len(arguments)
    run = Run(arguments[:cut], arguments[cut + 1 :])
    if DRY.intersection(arguments):
        return run.make()
    folder = Path.cwd()
    try:
        with recovery.alone(folder):
            slurm.end_jobs(folder)
            recovery.end(recovery.left_running(folder))
            recovery.clear(folder)
            return _until_whole(run, folder, large)
    except InputError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1


def _until_whole(run: Run, folder: Path, large: bool) -> int:
    """Repair and run; once more where the run failed at files that are damaged by now."""
    harm = recovery.damaged(folder, large)
    for _ in range(ROUNDS):
        status = _repair(run, folder, harm) or run.make()
        if status == 0:
            recovery.forget_gone(folder)
        if status == 0 or run.stopped or not (harm := recovery.damaged(folder, large)):
            break
    return status


def _repair(run: Run, folder: Path, harm: dict[Path, str]) -> int:
    """Make again what is damaged or missing; return Snakemake's exit status."""
    gone = recovery.gone(folder)
    if not harm and not gone:
        return 0
    plan = run.plan()
    for output, reason in sorted(harm.items()):
        does = "deleted, to be made again" if output in plan else "not of this run, left alone"
        print(f"{reason}: {does}", flush=True)
    wanted = sorted([*(harm.keys() & plan), *(output for output in gone if plan.get(output))])
    if not wanted:
        return 0
    times = recovery.Times(folder)
    recovery.delete(wanted)
    try:
        return run.make([str(output) for output in wanted])
    finally:
        times.put_back()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
