"""Where faults are played: a copy of the project, run once, put back to any half-done state."""

import resource
import shutil
import subprocess
import sys
import time
from base64 import urlsafe_b64encode
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from random import Random

import psutil

ROOT = Path(__file__).parents[2]
PARTS = ("Snakefile", "config.yaml", "profiles", "workflow", "envs")
STATE = ("data", "results", ".snakemake")
TARGETS = (
    "results/faults/verdict.txt",
    "results/faults/figures/steering/world/matrix.svg",
    "results/faults/relevance/tones/exhibits",
)
OPTIONS = ("--configfile", "faults.yaml", "--", *TARGETS)
PAGE = resource.getpagesize()
LONGEST_S = 900  # no run takes longer, however busy the machine is


@dataclass(frozen=True)
class Job:
    """A job of the workflow; its log tells it from all others."""

    rule: str
    log: str
    outputs: tuple[str, ...]
    inputs: frozenset[str]


@dataclass(frozen=True)
class Ended:
    """A run that has ended: exit status and all that it printed."""

    status: int
    text: str


class Started:
    """A run of the workflow in the background."""

    def __init__(self, command: list[str], folder: Path, number: int):
        self.shown = folder / f"run-{number}.txt"
        with self.shown.open("w") as out:
            self._child = subprocess.Popen(command, cwd=folder, stdout=out, stderr=out)
        self.process = psutil.Process(self._child.pid)
        self.hung = False

    def running(self) -> bool:
        return self._child.poll() is None

    def scripts(self) -> list[psutil.Process]:
        """Return the processes of the jobs that are at work."""
        return [p for p in self.family() if ".snakemake/scripts/" in " ".join(words(p))]

    def family(self) -> list[psutil.Process]:
        """Return the run's processes below the first."""
        return self.process.children(recursive=True) if self.running() else []

    def pause(self, seconds: float) -> None:
        """Let the run go on for some time, or to its end."""
        until = time.monotonic() + seconds
        while self.running() and time.monotonic() < until:
            time.sleep(0.02)

    def pause_until_done(self, jobs: int) -> None:
        """Let the run go on until it has finished some jobs, or to its end."""
        while self.running() and self.shown.read_text().count("Finished jobid") < jobs:
            time.sleep(0.05)

    def ended(self) -> Ended:
        """Wait for the end; a run that hangs is killed."""
        try:
            self._child.wait(LONGEST_S)
        except subprocess.TimeoutExpired:
            self.hung = True
            for process in [*self.family(), self.process]:
                with suppress(psutil.NoSuchProcess):
                    process.kill()
        return Ended(self._child.wait(), self.shown.read_text())


class Stage:
    """A copy of the project below ``folder``, and what an undisturbed run made in it."""

    def __init__(self, folder: Path, cores: int):
        self.root, self._kept, self._cores = folder / "work", folder / "undisturbed", cores
        self.started: list[Started] = []
        self.restored: dict[str, tuple] = {}
        self.root.mkdir(parents=True)
        for part in PARTS:
            copy = shutil.copytree if (ROOT / part).is_dir() else shutil.copy
            copy(ROOT / part, self.root / part)
        shutil.copy(Path(__file__).with_name("faults.yaml"), self.root)
        done = self.start(resuming=True).ended()
        if done.status:
            raise SystemExit(f"{done.text}\nthe undisturbed run fails: there is nothing to disturb")
        for part in STATE:
            shutil.copytree(self.root / part, self._kept / part)
        self.jobs = self._jobs()
        self.of = {output: job for job in self.jobs for output in job.outputs}
        self.kept = sorted(o for o in self.of if (self._kept / o).exists())

    def start(self, resuming: bool = False) -> Started:
        """Start the workflow: by the recovery command, or by a plain call of Snakemake."""
        program = ["workflow/resume.py"] if resuming else ["-m", "snakemake"]
        command = [sys.executable, *program, "--cores", str(self._cores), *OPTIONS]
        self.started.append(Started(command, self.root, len(self.started)))
        return self.started[-1]

    def hung(self) -> list[str]:
        """Return what the runs that hung since the last call had printed."""
        found = [run for run in self.started if run.hung]
        for run in found:
            run.hung = False
        return [run.shown.read_text() for run in found]

    def end_all(self) -> None:
        """Kill whatever still works in this copy."""
        for process in psutil.process_iter():
            with suppress(psutil.Error):
                if process.cwd() == str(self.root):
                    process.kill()

    def restore(self, without: Iterable[Job] = ()) -> None:
        """Put back the undisturbed run's end, less what some jobs have made."""
        for part in STATE:
            shutil.rmtree(self.root / part, ignore_errors=True)
            shutil.copytree(self._kept / part, self.root / part)
        for job in without:
            for output in job.outputs:
                remove(self.root / output)
                self.checksums(output).unlink(missing_ok=True)
        self.restored = self.finished()

    def unfinished(self, rng: Random, most: int = 4) -> list[Job]:
        """Draw a job and return it with all that come after it: the state before it ran."""
        states = [self.after(job) for job in self.jobs]
        small = [state for state in states if len(state) <= most]
        return rng.choice(small if rng.random() < 0.9 else states)

    def after(self, first: Job) -> list[Job]:
        """Return a job and all that need it."""
        made, found = set(first.outputs), [first]
        while more := [j for j in self.jobs if j not in found and made & j.inputs]:
            found += more
            made |= {output for job in more for output in job.outputs}
        return found

    def finished(self) -> dict[str, tuple]:
        """Return output -> what changes if it is written again, of all that jobs have finished."""
        return {
            output: _identity(self.root / output)
            for job in self.jobs
            for output in job.outputs
            if all(self._whole(o) for o in job.outputs)
        }

    def checksums(self, output: str) -> Path:
        """Return where the checksums of an output lie."""
        path = self.root / output
        return path.parent / ".sums" / f"{path.name}.sha256"

    def metadata(self, output: str, kind: str = "metadata") -> Path:
        """Return where Snakemake notes how an output was made, or that it is incomplete."""
        return self.root / ".snakemake" / kind / urlsafe_b64encode(output.encode()).decode()

    def pages(self, part: str, jobs: Iterable[Job]) -> int:
        """Return how many pages of memory jobs fill below "results", or ".snakemake" with notes."""
        outputs = [o for job in jobs for o in job.outputs]
        if part == ".snakemake":
            return len(outputs)
        found = (f for o in outputs if o.startswith(part) for f in files(self._kept / o))
        return sum(-(-f.stat().st_size // PAGE) for f in found) or 1

    def differences(self, spared: set[str]) -> list[str]:
        """Return the files that differ from those of the undisturbed run.

        Args:
            spared: outputs that may be absent.
        """
        found = []
        for output in self.kept:
            if output in spared and not (self.root / output).exists():
                continue
            for file in files(self._kept / output):
                here = self.root / file.relative_to(self._kept)
                if not here.is_file():
                    found.append(f"{here.relative_to(self.root)} is missing")
                elif here.read_bytes() != file.read_bytes():
                    found.append(f"{here.relative_to(self.root)} differs")
        return found

    def _whole(self, output: str) -> bool:
        marker = self.metadata(output, "incomplete")
        return (self.root / output).exists() and not marker.exists()

    def _jobs(self) -> list[Job]:
        command = [sys.executable, "-m", "snakemake", "--detailed-summary", *OPTIONS]
        done = subprocess.run(command, cwd=self.root, capture_output=True, text=True, check=True)
        lines = [line.split("\t") for line in done.stdout.splitlines()[1:] if "\t" in line]
        made = {}
        for output, _, rule, log, inputs, *_ in lines:
            job = made.setdefault((rule, log), (set(), set()))
            job[0].add(output)
            job[1].update(inputs.split(","))
        return [
            Job(rule, log, tuple(sorted(outputs)), frozenset(inputs))
            for (rule, log), (outputs, inputs) in made.items()
        ]


def files(path: Path) -> list[Path]:
    """Return a file, or all files that a folder's maker put into it."""
    if not path.is_dir():
        return [path]
    found = (p for p in path.rglob("*") if p.is_file() and p.name != ".snakemake_timestamp")
    return sorted(found)


def remove(path: Path) -> None:
    """Remove a file or folder if it is there."""
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def words(process: psutil.Process) -> list[str]:
    """Return the command line of a process; empty if it has gone."""
    try:
        return process.cmdline()
    except psutil.Error:
        return []


def _identity(path: Path) -> tuple:
    return tuple((p.stat().st_ino, p.stat().st_ctime_ns) for p in files(path))
