"""A cluster for the session, and copies of the project to run on it."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import yaml
from asked import ROOT, TARGETS, partitions
from cluster import CannotRun, Cluster, install

# study 2 alone: as few jobs as still meet every kind of rule
QUICK = {
    "run": ["steering/world"],
    "steering": {"world": {"unseen": None, "sweeps": ["test"]}},
}
# this cluster keeps no accounts and is asked as soon as most jobs can be done; each time that none
# is, the plugin waits 10 s longer
HERE = (
    "--slurm-status-command",
    "squeue",
    "--slurm-init-seconds-before-status-checks",
    "9",
    "--latency-wait",
    "5",
    "--jobs",
    "4",
)


@dataclass(frozen=True)
class Project:
    """A copy of the project, run on the cluster."""

    path: Path
    started: list[subprocess.Popen] = field(default_factory=list)

    def start(
        self,
        *options: str,
        profile: str = "--workflow-profile",
        program: tuple[str, ...] = ("-m", "snakemake"),
        overlays: tuple[str, ...] = ("quick.yaml",),
        targets: tuple[str, ...] = TARGETS,
    ) -> subprocess.Popen:
        """Start snakemake; its output goes to the file ``told`` of the copy."""
        command = [sys.executable, *program, profile, "profiles/slurm", *HERE]
        command += ["--configfile", "workflow/scales/smoke.yaml", *overlays, *options]
        command += ["--", *targets]
        with (self.path / "told").open("a") as log:
            run = subprocess.Popen(
                command,
                cwd=self.path,
                stdout=log,
                stderr=log,
                start_new_session=True,
                preexec_fn=_hear_interrupts,
            )
        self.started.append(run)
        return run

    @property
    def told(self) -> str:
        return (self.path / "told").read_text()


def _hear_interrupts() -> None:
    """Undo what a shell does to all that it starts in the background: ignore SIGINT."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


@pytest.fixture(scope="session")
def cluster(tmp_path_factory) -> Iterator[Cluster]:
    if not os.environ.get("SLURM_TESTS"):
        pytest.skip("make test-slurm runs it: Debian packages are installed and daemons started")
    try:
        install()
    except CannotRun as reason:
        pytest.skip(str(reason))
    cluster = Cluster(tmp_path_factory.mktemp("cluster"), partitions())
    try:
        cluster.start()
        yield cluster
    finally:
        cluster.stop()


@pytest.fixture(scope="session")
def project(tmp_path_factory) -> Iterator[Project]:
    folder = tmp_path_factory.mktemp("slurm") / "tonotopy"
    for name in ("workflow", "profiles", "envs"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("Snakefile", "config.yaml"):
        shutil.copy(ROOT / name, folder)
    (folder / "quick.yaml").write_text(yaml.safe_dump(QUICK))
    project = Project(folder)
    yield project
    for run in project.started:
        if run.poll() is None:
            run.kill()
            run.wait()
