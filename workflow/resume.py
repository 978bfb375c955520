"""Run the workflow, and first set right whatever a kill, a power loss or a full disk left behind.

    python workflow/resume.py [--verify] [--take-over] --cores 2 [options of snakemake] [-- targets]

In the project's folder. Refuses beside a run that is at work. Otherwise it ends what a killed run
left running, here or in SLURM's queue, removes its lock and its drafts, compares finished files
with their checksums, deletes the damaged ones and makes them again; what comes out equal keeps its
time, so that nothing after it is redone. Then it runs Snakemake, which redoes unfinished jobs. With
--verify outputs of any size are compared, without it those of up to 2 GiB; jobs compare what they
read in any case. With --take-over the run of another machine is taken for dead. Targets come after
``--``. Calls that run no job, such as dry runs, are passed on as they are.
"""

import os
import signal
import subprocess
import sys
from pathlib import Path

from snakemake.cli import parse_args

from tonotopy import recovery, slurm, sums
from tonotopy.errors import InputError

ROUNDS = 3  # damage that a run itself meets is repaired, but not for ever
OWN = ("--verify", "--take-over")
# what Snakemake does instead of running jobs, as its options are called inside
ELSE = (
    "dryrun",
    "touch",
    "lint",
    "list_rules",
    "list_target_rules",
    "print_compilation",
    "dag",
    "rulegraph",
    "filegraph",
    "d3dag",
    "containerize",
    "generate_unit_tests",
    "unlock",
    "cleanup_metadata",
    "conda_cleanup_envs",
    "conda_create_envs_only",
    "list_conda_envs",
    "cleanup_shadow",
    "container_cleanup_images",
    "list_changes",
    "list_input_changes",
    "list_params_changes",
    "list_untracked",
    "summary",
    "detailed_summary",
    "archive",
    "delete_all_output",
    "delete_temp_output",
    "report",
    "draft_notebook",
    "edit_notebook",
)


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

        handlers = {
            number: signal.signal(number, pass_on) for number in (signal.SIGTERM, signal.SIGINT)
        }
        try:
            return child.wait()
        finally:
            for number, handler in handlers.items():
                signal.signal(number, handler)

    def plan(self) -> dict[Path, bool]:
        """Return all files that the run consists of, and whether one is missing that should not be.

        Temporary files may be, and data that nothing needs any more: it may have been deleted to
        save space.

        Raises:
            InputError: Snakemake cannot tell; its own message is printed.
        """
        done = subprocess.run(
            self._command(["--summary"]), env=self._environment, capture_output=True, text=True
        )
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
        requested = self._targets if targets is None else targets
        command = [sys.executable, "-m", "snakemake", *self._options, *extra]
        return [*command, "--", *requested] if requested else command


def main(arguments: list[str]) -> int:
    """Recover and run; return the exit status."""
    own = {word for word in OWN if word in arguments}
    arguments = [word for word in arguments if word not in own]
    cut = arguments.index("--") if "--" in arguments else len(arguments)
    run = Run(arguments[:cut], arguments[cut + 1 :])
    if not makes_something(arguments):
        print("note: nothing is cleared up or compared for a call that runs no job", flush=True)
        return run.make()
    folder = Path.cwd()
    try:
        with recovery.alone(folder):
            if "--take-over" not in own:
                recovery.refuse_from_elsewhere(folder)
            if recovery.was_on_cluster(folder):
                slurm.end_jobs(folder)
            recovery.end(recovery.left_running(folder))
            recovery.clear(folder)
            return _until_whole(run, folder, "--verify" in own)
    except InputError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1


def makes_something(arguments: list[str]) -> bool:
    """Tell whether Snakemake would run jobs, rather than plan, list or draw something.

    Misspelt options end the program here, with Snakemake's own message.
    """
    options, defaults = parse_args(arguments)[1], parse_args([])[1]
    return all(getattr(options, name) == getattr(defaults, name) for name in ELSE)


def _until_whole(run: Run, folder: Path, large: bool) -> int:
    """Repair and run; once more where the run failed at files that are damaged by now."""
    for attempt in range(ROUNDS):
        harm, gone = recovery.damaged(folder, large), recovery.gone(folder)
        strange = recovery.unrecorded(folder) if recovery.was_on_cluster(folder) else {}
        plan = run.plan() if harm or gone or strange else {}
        harm |= {output: reason for output, reason in strange.items() if output in plan}
        if attempt and not harm.keys() & plan.keys():
            break
        status = (
            _replace(run, folder, harm, plan)
            or _make_again(run, folder, [o for o in gone if plan.get(o)])
            or run.make()
        )
        if status == 0:
            _forget(run, folder)
        if status == 0 or run.stopped:
            break
        recovery.refuse_beside_a_run(folder)  # one may have slipped in before ours had its lock
    return status


def _replace(run: Run, folder: Path, harm: dict[Path, str], plan: dict[Path, bool]) -> int:
    """Delete what is damaged and make it again; return Snakemake's exit status."""
    for output, reason in sorted(harm.items()):
        does = "deleted, to be made again" if output in plan else "not of this run, left alone"
        print(f"{reason}: {does}", flush=True)
    return _make_again(run, folder, [output for output in harm if output in plan])


def _make_again(run: Run, folder: Path, outputs: list[Path]) -> int:
    """Make outputs and nothing that depends on them; return Snakemake's exit status."""
    if not outputs:
        return 0
    times = recovery.Times(folder)
    recovery.delete(outputs)
    try:
        status = run.make([str(output) for output in sorted(outputs)])
    finally:
        times.put_back()
    for output in outputs:
        if status == 0 and not output.exists():
            print(
                f"note: {output} was lost and is not part of what this run makes; a run without "
                "--until and the like makes it again",
                flush=True,
            )
    return status


def _forget(run: Run, folder: Path) -> None:
    """Remove the checksums of what is gone, once a run has ended well that does not need it."""
    if gone := recovery.gone(folder):
        plan = run.plan()
        for output in gone:
            if plan.get(output) is False:
                sums.forget(folder / output)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
