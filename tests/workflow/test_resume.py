"""The recovery command on a workflow of three jobs: what it may delete, make again and forget."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tonotopy import recovery, sums

ROOT = Path(__file__).parents[2]
SNAKEFILE = f"""
MAKE = "{sys.executable} make.py"
rule all:
    input: "results/c.json"
rule a:
    output: "results/a.json"
    shell: MAKE + " {{output}}"
rule b:
    input: "results/a.json"
    output: "results/b.json"
    shell: MAKE + " {{output}} {{input}}"
rule c:
    input: "results/b.json"
    output: "results/c.json"
    shell: MAKE + " {{output}} {{input}}"
rule fails:
    output: "results/fails.json"
    shell: "echo fails >> made; false"
"""
MAKE = f"""
import sys
sys.path.insert(0, {str(ROOT / "workflow")!r})
from tonotopy.files import read_json, write_json
out, *sources = sys.argv[1:]
open("made", "a").write(out[8:9] + "\\n")
write_json(out, [out, *map(read_json, sources)])
"""


class Toy:
    """A finished run of the three jobs."""

    def __init__(self, folder: Path):
        self.path, self.whole = folder, self.contents(folder)

    def resume(self, *options: str, status: int = 0) -> str:
        command = [sys.executable, ROOT / "workflow/resume.py", "--cores", "1", *options]
        done = subprocess.run(command, cwd=self.path, capture_output=True, text=True, check=False)
        assert done.returncode == status, done.stdout + done.stderr
        return done.stdout + done.stderr

    def made(self) -> str:
        """Return the jobs that ran since the last call, a letter each."""
        log = self.path / "made"
        text = log.read_text() if log.exists() else ""
        log.unlink(missing_ok=True)
        return "".join(line[0] for line in text.splitlines())

    def contents(self, folder: Path | None = None) -> dict[str, str]:
        results = (folder or self.path) / "results"
        return {p.name: p.read_text() for p in sorted(results.glob("*.json"))}

    def damage(self, name: str) -> Path:
        file = self.path / f"results/{name}.json"
        file.write_text(file.read_text().replace("results", "resulTs"))
        return file


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    folder = tmp_path_factory.mktemp("toy")
    (folder / "Snakefile").write_text(SNAKEFILE)
    (folder / "make.py").write_text(MAKE)
    toy = Toy(folder)
    toy.resume()
    assert toy.made() == "abc"
    return folder


@pytest.fixture
def toy(finished, tmp_path):
    return Toy(shutil.copytree(finished, tmp_path / "toy"))


def test_damage_is_made_again_and_nothing_after_it(toy):
    toy.damage("b")
    told = toy.resume()
    assert "results/b.json: its content differs from its checksum: deleted" in told
    assert toy.made() == "b" and toy.contents() == toy.whole


@pytest.mark.parametrize("option", ["-np", "--summary", "--touch"])
def test_calls_that_run_no_job_delete_nothing(toy, option):
    file = toy.damage("b")
    harmed = toy.contents()
    toy.resume(option)
    assert toy.contents() == harmed and sums.fault(file)
    toy.resume()
    assert toy.made() == "b" and toy.contents() == toy.whole


def test_a_misspelt_option_stops_before_anything_is_done(toy):
    toy.damage("b")
    harmed = toy.contents()
    assert "--untill" in toy.resume("--untill", "a", status=2)
    assert toy.contents() == harmed


def test_what_a_partial_run_does_not_make_is_told_and_remembered(toy):
    toy.damage("b")
    told = toy.resume("--until", "a")
    assert "note: results/b.json was lost" in told and "b.json" not in toy.contents()
    toy.resume("--", "results/a.json")  # another target must not forget it either
    toy.resume()
    assert toy.contents() == toy.whole


def test_a_recovery_that_was_killed_after_deleting_is_finished_by_the_next(toy):
    toy.damage("a")
    recovery.delete([toy.path / "results/a.json"])
    toy.resume("--", "results/fails.json", status=1)
    toy.made()
    toy.resume()
    assert toy.made() == "a" and toy.contents() == toy.whole


def test_what_nobody_needs_any_more_is_forgotten(toy):
    place = toy.path / "data/old.json"
    place.parent.mkdir()
    place.write_text("x")
    sums.record(place)
    place.unlink()
    toy.resume()
    assert toy.made() == ""
    assert sums.place_of(place).is_file()  # not of this run: another may need it


def test_a_failing_run_is_not_repeated_for_damage_that_is_none_of_its_own(toy):
    toy.damage("b")
    told = toy.resume("--", "results/fails.json", status=1)
    assert "b.json: its content differs from its checksum: not of this run, left alone" in told
    assert toy.made() == "f"


def test_what_a_cluster_finished_after_its_run_had_died_is_made_again(toy, monkeypatch, tmp_path):
    monkeypatch.chdir(toy.path)
    (record,) = (p for o, p in recovery._records(toy.path).items() if o.name == "b.json")
    record.unlink()
    toy.resume()
    assert toy.made() == ""
    recovery.note_run(on_cluster=True)
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/squeue").write_text("#!/bin/sh\n")
    (tmp_path / "bin/squeue").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path / "bin"), prepend=":")
    assert "results/b.json: finished after its run had died: deleted" in toy.resume()
    assert toy.made() == "b" and toy.contents() == toy.whole


def test_a_run_of_another_machine_is_taken_over_when_asked(toy, monkeypatch):
    (toy.path / ".snakemake/locks").mkdir(parents=True, exist_ok=True)
    (toy.path / ".snakemake/locks/0.output.lock").write_text("results/c.json\n")
    (toy.path / recovery.NOTE).write_text('{"host": "elsewhere", "on_cluster": false}')
    assert "locked by a run that was started on elsewhere" in toy.resume(status=1)
    assert "removed the lock of a dead run" in toy.resume("--take-over")
