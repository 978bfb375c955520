"""What a dead run left in SLURM's queue, played with stand-ins for squeue and scancel.

tests/slurm has a real cluster."""

import os

import pytest

from tonotopy import slurm
from tonotopy.errors import InputError


@pytest.fixture
def queue(tmp_path, monkeypatch):
    """A project in tmp_path/project, and a queue of lines: id|comment|folder."""
    (tmp_path / "bin").mkdir()
    programs = {
        "squeue": f"cat {tmp_path}/queue",
        "scancel": f'for job; do sed -i "/^$job|/d" {tmp_path}/queue; done',
    }
    for name, body in programs.items():
        (tmp_path / "bin" / name).write_text(f"#!/bin/sh\n{body}\n")
        (tmp_path / "bin" / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:{os.environ['PATH']}")
    (tmp_path / "project").mkdir()
    monkeypatch.chdir(tmp_path / "project")
    (tmp_path / "queue").write_text(
        f"11|rule_train_network_wildcards_genre_ast|{tmp_path}/project\n"
        f"12|rule_steer_wildcards_a|b|{tmp_path}/project\n"
        f"13||{tmp_path}/project\n"
        f"14|rule_steer|{tmp_path}/other\n"
    )
    return tmp_path / "queue"


def waiting(queue):
    return [line.partition("|")[0] for line in queue.read_text().splitlines()]


def test_jobs_of_the_dead_run_are_cancelled_and_no_others(queue, capsys):
    slurm.end_jobs(queue.parent / "project")
    assert waiting(queue) == ["13", "14"]
    assert "cancelling SLURM jobs 11 12: their run is dead" in capsys.readouterr().out
    slurm.end_jobs(queue.parent / "project")
    assert capsys.readouterr().out == ""


def test_a_queue_that_does_not_answer_is_told(queue, monkeypatch):
    (queue.parent / "bin/squeue").write_text("#!/bin/sh\necho no controller >&2; exit 1\n")
    with pytest.raises(InputError, match=r"squeue fails \(no controller\).*where SLURM answers"):
        slurm.end_jobs(queue.parent / "project")
    (queue.parent / "bin/squeue").unlink()
    monkeypatch.setenv("PATH", str(queue.parent / "bin"))
    with pytest.raises(InputError, match="squeue: .*where SLURM answers"):
        slurm.end_jobs(queue.parent / "project")


def test_jobs_that_do_not_end_are_named(queue, monkeypatch):
    (queue.parent / "bin/scancel").write_text("#!/bin/sh\n")
    monkeypatch.setattr(slurm, "PATIENCE_S", 0.1)
    with pytest.raises(InputError, match="SLURM jobs 11 12 were cancelled and do not end"):
        slurm.end_jobs(queue.parent / "project")
