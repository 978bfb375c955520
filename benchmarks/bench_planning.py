"""What planning takes: time and peak memory of a dry run at paper scale and at ten times it."""

import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "workflow"))

import yaml

from tonotopy.studies import STUDIES

COPIES = 10


def copied(paper: dict, copies: int) -> dict:
    """Return an overlay with so many copies of the paper's corpora, networks and instances."""
    run = [f"{instance}_{copy}" for instance in paper["run"] for copy in range(copies)]
    overlay = {**paper, "run": run}
    own = {*paper["corpora"], *paper["networks"]}
    for section in ("corpora", "networks", *STUDIES):
        overlay[section] = {
            f"{name}_{copy}": renamed(entry, own, copy)
            for name, entry in paper.get(section, {}).items()
            for copy in range(copies)
        }
    return overlay


def renamed(entry, own: set[str], copy: int):
    """Return an entry whose references to corpora and networks are to those of its copy."""
    if isinstance(entry, dict):
        kept = ("maker", "task", "published", "architecture", "kind")
        return {k: v if k in kept else renamed(v, own, copy) for k, v in entry.items()}
    if isinstance(entry, list):
        return [renamed(item, own, copy) for item in entry]
    return f"{entry}_{copy}" if isinstance(entry, str) and entry in own else entry


def planned(overlay: Path) -> tuple[int, float, float, float]:
    """Return jobs, seconds, processor seconds and peak memory in MB of a dry run of everything."""
    command = [sys.executable, "-m", "snakemake", "--dry-run", "--quiet", "all", "--forceall"]
    command += ["--nolock", "--configfile", str(overlay)]
    began = time.perf_counter()
    with tempfile.TemporaryFile("w+") as told:
        process = subprocess.Popen(command, cwd=ROOT, stdout=told, stderr=subprocess.STDOUT)
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        taken = time.perf_counter() - began
        told.seek(0)
        output = told.read()
    if process.returncode:
        raise SystemExit(output)
    jobs = int(re.search(r"^total\s+(\d+)$", output, flags=re.MULTILINE).group(1))
    return jobs, taken, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024


def main() -> None:
    """Print both."""
    paper = ROOT / "workflow/scales/paper.yaml"
    with tempfile.TemporaryDirectory() as folder:
        many = Path(folder) / "many.yaml"
        many.write_text(yaml.safe_dump(copied(yaml.safe_load(paper.read_text()), COPIES)))
        for title, overlay in (("paper scale", paper), (f"{COPIES} times it", many)):
            jobs, taken, busy, memory = planned(overlay)
            print(
                f"{title}: {jobs:,} jobs planned in {taken:.1f} s "
                f"({busy:.1f} s of processor time), peak memory {memory:.0f} MB"
            )


if __name__ == "__main__":
    main()
