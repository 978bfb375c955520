"""The whole workflow, run once at smoke scale in a copy of the project; tests then vary it."""

import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
IGNORED = shutil.ignore_patterns(
    ".git", ".venv", ".snakemake", "__pycache__", ".*_cache", "corpora", "downloads", "mini*",
    "pocket", "smoke", "paper", "logs",
)  # fmt: skip


@dataclass(frozen=True)
class Project:
    """A copy of the project in which snakemake is run."""

    path: Path
    scale: str = "workflow/scales/smoke.yaml"

    def snakemake(self, *arguments: str, ok: bool = True, timeout: int = 600) -> str:
        """Run snakemake and return all it printed; ``ok`` says whether it must succeed."""
        command = [sys.executable, "-m", "snakemake", "--cores", "2"]
        command += ["--configfile", self.scale, *arguments]
        done = subprocess.run(
            command, cwd=self.path, capture_output=True, text=True, timeout=timeout, check=False
        )
        told = done.stdout + done.stderr
        assert (done.returncode == 0) == ok, told[-6000:]
        return told

    def planned(self, *arguments: str) -> dict[str, int]:
        """Return how many jobs of each rule a dry run plans; empty if nothing is to be done."""
        told = self.snakemake("-n", *arguments)
        table = re.search(r"Job stats:\n.*\n[- ]+\n((?:.+\n)+?)total", told)
        if table is None:
            assert "Nothing to be done" in told, told[-3000:]
            return {}
        rows = (line.split() for line in table.group(1).splitlines())
        return {name: int(count) for name, count in rows}

    def edit(self, name: str, old: str, new: str) -> None:
        """Replace text in a file of the copy, which must hold it once."""
        path = self.path / name
        text = path.read_text()
        assert text.count(old) == 1, f"{name} holds {text.count(old)} x {old!r}"
        path.write_text(text.replace(old, new))


def copy_project(folder: Path) -> Project:
    shutil.copytree(ROOT, folder, ignore=_ignored)
    return Project(folder)


def _ignored(folder: str, names: list[str]) -> set[str]:
    inside = Path(folder).relative_to(ROOT)
    skipped = set(IGNORED(folder, names))
    return skipped if inside.parts[:1] != ("workflow",) else skipped & {"__pycache__"}


@pytest.fixture(scope="session")
def finished(tmp_path_factory) -> Project:
    """The smoke scale, run to its end."""
    project = copy_project(tmp_path_factory.mktemp("smoke") / "tonotopy")
    project.snakemake()
    return project


@pytest.fixture
def changed(finished):
    """The finished project, whose sources are put back after the test."""
    yield finished
    sources = [ROOT / "Snakefile", ROOT / "config.yaml", *(ROOT / "workflow").rglob("*")]
    for source in sources:
        copied = finished.path / source.relative_to(ROOT)
        if not source.is_file() or "__pycache__" in source.parts:
            continue
        if copied.read_bytes() != source.read_bytes():
            shutil.copy2(source, copied)
