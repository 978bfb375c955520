"""Copies of the project in which snakemake is run."""

import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[1]
IGNORED = shutil.ignore_patterns(
    ".git",
    ".venv",
    ".snakemake",
    "__pycache__",
    ".*_cache",
    "corpora",
    "downloads",
    "mini*",
    "pocket",
    "smoke",
    "paper",
    "logs",
)


@dataclass(frozen=True)
class Project:
    """A copy of the project in which snakemake is run."""

    path: Path
    scale: str = "workflow/scales/smoke.yaml"
    originals: dict[Path, str] = field(default_factory=dict)

    def snakemake(self, *options: str, target: str | None = None, ok: bool = True) -> str:
        """Run snakemake and return all it printed; ``ok`` says whether it must succeed."""
        command = [sys.executable, "-m", "snakemake", "--cores", "2"]
        command += ["--configfile", self.scale, *options, *(["--", target] if target else [])]
        done = subprocess.run(
            command, cwd=self.path, capture_output=True, text=True, timeout=2400, check=False
        )
        told = done.stdout + done.stderr
        assert (done.returncode == 0) == ok, told[-6000:]
        return told

    def planned(self, *options: str) -> dict[str, int]:
        """Return how many jobs of each rule a dry run plans; empty if nothing is to be done."""
        told = self.snakemake("-n", *options)
        table = re.search(r"Job stats:\n.*\n[- ]+\n((?:.+\n)+?)total", told)
        if table is None:
            assert "Nothing to be done" in told, told[-3000:]
            return {}
        rows = (line.split() for line in table.group(1).splitlines())
        return {name: int(count) for name, count in rows}

    def edit(self, name: str, old: str, new: str) -> None:
        """Replace text in a file of the copy; `changed` puts the file back."""
        path = self.path / name
        text = path.read_text()
        assert text.count(old) >= 1, f"{name} does not hold {old!r}"
        self.originals.setdefault(path, text)
        path.write_text(text.replace(old, new))


def copy_project(folder: Path) -> Project:
    shutil.copytree(ROOT, folder, ignore=_ignored)
    return Project(folder)


def _ignored(folder: str, names: list[str]) -> set[str]:
    inside = Path(folder).relative_to(ROOT)
    skipped = set(IGNORED(folder, names))
    return skipped if inside.parts[:1] != ("workflow",) else skipped & {"__pycache__"}


def own_project(
    folder: Path, modules: dict[str, str], recordings: Callable[[Path], dict], overlay: dict
) -> Path:
    """Run the workflow on a user's modules and recordings to its end; return its results.

    Args:
        folder: of the copy of the project.
        modules: file below ``nets`` -> its text.
        recordings: writes sounds into a folder and returns what the corpus's entry says of them.
        overlay: run, networks and studies.
    """
    project = copy_project(folder / "tonotopy")
    (project.path / "nets").mkdir()
    for name, text in modules.items():
        (project.path / "nets" / name).write_text(text)
    corpus = {"maker": "folder", "path": "sounds", **recordings(project.path / "sounds")}
    settings = yaml.safe_load((project.path / project.scale).read_text())
    settings |= {**overlay, "corpora": {**settings["corpora"], "recordings": corpus}}
    (project.path / "own.yaml").write_text(yaml.safe_dump(settings, sort_keys=False))
    project.__class__(project.path, "own.yaml").snakemake()
    return project.path / "results/smoke"
