"""Recovery: what it ends, removes, finds and refuses. Its play with Snakemake: tests/faults."""

import base64
import os
import subprocess
import sys
import time
from types import SimpleNamespace

import psutil
import pytest

from tonotopy import recovery, sums
from tonotopy.errors import InputError
from tonotopy.files import replacing, write_json

SLEEP = "import time; print('up', flush=True); time.sleep(100)"


@pytest.fixture
def started(tmp_path):
    """Start processes in a folder that are killed after the test."""
    children = []

    def start(*command, mark=None, cwd=tmp_path, **options):
        given = {k: v for k, v in os.environ.items() if k != recovery.MARK}
        if mark is not None:
            given[recovery.MARK] = str(mark)
        child = subprocess.Popen(
            [sys.executable, *command],
            cwd=cwd,
            env=given,
            stdout=subprocess.PIPE,
            text=True,
            **options,
        )
        children.append(child)
        assert child.stdout.readline() == "up\n"
        return child

    yield start
    for child in children:
        child.kill()
        child.wait()
        child.stdout.close()


@pytest.fixture
def snakemake(tmp_path):
    """A program that is called like Snakemake and sleeps."""
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/snakemake").write_text(SLEEP)
    return str(tmp_path / "bin/snakemake")


def test_a_run_at_work_is_named_and_left_alone(tmp_path, started, snakemake):
    run = started(snakemake, "--cores", "2")
    (tmp_path / ".snakemake/locks").mkdir(parents=True)
    (tmp_path / ".snakemake/locks/0.output.lock").write_text("x")
    told = rf"process {run.pid} \(.*snakemake --cores 2\) works here; let it finish, or end it"
    with pytest.raises(InputError, match=told), recovery.alone(tmp_path):
        pass
    with pytest.raises(InputError, match=told):
        recovery.clear(tmp_path)
    assert (tmp_path / ".snakemake/locks/0.output.lock").exists() and run.poll() is None


def test_runs_elsewhere_and_what_runs_inside_jobs_do_not_count(tmp_path, started, snakemake):
    (tmp_path / "other").mkdir()
    started(snakemake, cwd=tmp_path / "other")
    started(snakemake, mark=tmp_path)
    started("-c", SLEEP, "not snakemake")
    with recovery.alone(tmp_path):
        held = (tmp_path / ".snakemake/recovery.lock").read_text()
    assert held.startswith(f"process {os.getpid()} (")


def test_one_recovery_at_a_time(tmp_path, started):
    program = (
        "import sys, time; from pathlib import Path; from tonotopy import recovery\n"
        "with recovery.alone(Path(sys.argv[1])): print('up', flush=True); time.sleep(100)"
    )
    workflow = os.path.dirname(os.path.dirname(recovery.__file__))
    os.environ["PYTHONPATH"], kept = workflow, os.environ.get("PYTHONPATH", "")
    first = started("-c", program, str(tmp_path))
    os.environ["PYTHONPATH"] = kept
    with pytest.raises(InputError, match=rf"process {first.pid} \("), recovery.alone(tmp_path):
        pass
    first.kill()
    first.wait()
    with recovery.alone(tmp_path):
        pass


def test_orphans_are_ended_with_what_they_started(tmp_path, started, capsys):
    program = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {SLEEP!r}])"
    orphan = started("-c", program, mark=tmp_path)
    other = started("-c", SLEEP, mark=tmp_path / "elsewhere")
    below = psutil.Process(orphan.pid).children()
    found = recovery.left_running(tmp_path)
    assert {p.pid for p in found} == {orphan.pid, *(p.pid for p in below)} and below
    recovery.end(found)
    assert not any(p.is_running() for p in found)
    assert other.poll() is None and recovery.left_running(tmp_path) == []
    assert f"ended process {orphan.pid} (" in capsys.readouterr().out


def test_who_does_not_listen_is_killed(tmp_path, started, monkeypatch):
    monkeypatch.setattr(recovery, "PATIENCE_S", 0.2)
    deaf = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); " + SLEEP
    child = psutil.Process(started("-c", deaf, mark=tmp_path).pid)
    recovery.end(recovery.left_running(tmp_path))
    assert not child.is_running()


def test_locks_and_drafts_of_a_dead_run_are_removed(tmp_path, capsys):
    (tmp_path / ".snakemake/locks").mkdir(parents=True)
    (tmp_path / ".snakemake/locks/0.output.lock").write_text("x")
    write_json(tmp_path / "results/x.json", {})
    cut_off = replacing(tmp_path / "results/deep/y.json")
    (cut_off.__enter__()).write_text("half")
    recovery.clear(tmp_path)
    assert not (tmp_path / ".snakemake/locks").exists()
    assert list((tmp_path / "results/deep").iterdir()) == []
    assert (tmp_path / "results/x.json").exists()
    assert "removed 1 unfinished drafts" in capsys.readouterr().out
    recovery.clear(tmp_path)
    assert capsys.readouterr().out == ""


def test_the_lock_of_another_user_is_left_alone(tmp_path, monkeypatch):
    lock = tmp_path / ".snakemake/locks/0.output.lock"
    lock.parent.mkdir(parents=True)
    lock.write_text("x")
    monkeypatch.setattr(recovery.os, "geteuid", lambda: lock.stat().st_uid + 1)
    with pytest.raises(InputError, match=f"{lock}: the run of {lock.owner()}"):
        recovery.clear(tmp_path)
    assert lock.exists()


def test_the_lock_of_another_machine_is_left_to_that_machine(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    lock = tmp_path / ".snakemake/locks/0.output.lock"
    lock.parent.mkdir(parents=True)
    lock.touch()
    recovery.refuse_from_elsewhere(tmp_path)  # nobody wrote down where it ran
    recovery.note_run(on_cluster=True)
    recovery.refuse_from_elsewhere(tmp_path)
    with monkeypatch.context() as other:
        other.setattr(recovery.socket, "gethostname", lambda: "login2")
        told = f"{tmp_path}: locked by a run that was started on {os.uname().nodename}"
        with pytest.raises(InputError, match=f"{told}.*--take-over"):
            recovery.refuse_from_elsewhere(tmp_path)
        lock.unlink()
        recovery.refuse_from_elsewhere(tmp_path)  # it ended in order


def test_whether_a_run_was_on_a_cluster_is_known(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert not recovery.was_on_cluster(tmp_path)
    for on_cluster in (True, False):
        recovery.note_run(on_cluster)
        assert recovery.was_on_cluster(tmp_path) == on_cluster
    recovery.NOTE.write_text('{"host": "log')
    for found in ("/usr/bin/squeue", None):
        monkeypatch.setattr(recovery.shutil, "which", lambda name, found=found: found)
        assert recovery.was_on_cluster(tmp_path) == (found is not None)


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("/env/bin/python /env/bin/snakemake --cores 2", True),
        ("python3.11 -u -W ignore -m snakemake -n", True),
        ("coverage run -m snakemake", True),
        ("snakemake --cores 2", True),
        ("vim snakemake", False),
        ("tail -f logs/snakemake", False),
        ("python resume.py --cores 2", False),
        ("", False),
    ],
)
def test_snakemake_is_known_by_its_command_line(words, expected):
    assert recovery.is_snakemake(words.split()) == expected


def test_checkpoints_go_once_their_networks_are_there(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for place in (
        "mini/checkpoints/a",
        "mini/networks/a",
        "mini/checkpoints/a-music-clip-0",  # of a fold
        "mini/checkpoints/half",
        "mini/checkpoints/half-music-clip-0",
        "mini-seed1/checkpoints/a",
        "mini-seed1/networks/a",
        "mini2/checkpoints/a",
        "mini2/networks/a",
    ):
        (tmp_path / "results" / place).mkdir(parents=True)
    recovery.discard_checkpoints("mini")
    left = {str(p.relative_to(tmp_path / "results")) for p in tmp_path.rglob("checkpoints/*")}
    half = {"mini/checkpoints/half", "mini/checkpoints/half-music-clip-0"}
    assert left == {*half, "mini2/checkpoints/a"}


@pytest.fixture
def outputs(tmp_path):
    for name in ("data/corpora/a.json", "results/b.json", "results/c.json"):
        write_json(tmp_path / name, {"x": 1})
    with replacing(tmp_path / "results/folder") as draft:
        draft.mkdir()
        (draft / "d.txt").write_text("d")
    return tmp_path


def test_folders_that_have_lost_a_file_are_marked_until_it_is_back(outputs, monkeypatch, capsys):
    """Snakemake takes a folder for whole as long as it is there."""
    monkeypatch.chdir(outputs)
    marks, file = outputs / ".snakemake/incomplete", outputs / "results/folder/d.txt"
    recovery.mark_incomplete(["results", "data/corpora"])
    (outputs / "data/corpora/a.json").unlink()  # a file: Snakemake sees that itself
    recovery.mark_incomplete(["results", "data/corpora"])
    assert not marks.exists() and capsys.readouterr().err == ""
    file.unlink()
    recovery.mark_incomplete(["results", "data/corpora"])
    told = "note: results/folder/d.txt is gone: results/folder is made again\n"
    assert capsys.readouterr().err == told
    (mark,) = marks.iterdir()
    assert base64.urlsafe_b64decode(mark.name).decode() == "results/folder"
    file.write_text("back")
    (marks / "b3RoZXI=").write_text('{"external_jobid": null}')  # Snakemake's own
    recovery.mark_incomplete(["results", "data/corpora"])
    assert [path.name for path in marks.iterdir()] == ["b3RoZXI="]
    mark.write_text("torn")  # of a run that was killed while it wrote this
    recovery.mark_incomplete(["results", "data/corpora"])
    assert mark.is_file()


def test_what_a_folder_consisted_of_may_not_be_known(outputs, monkeypatch):
    monkeypatch.chdir(outputs)
    (outputs / "results/.sums/folder.sha256").write_text("torn")
    (outputs / "results/folder/d.txt").unlink()
    recovery.mark_incomplete(["results"])
    assert not (outputs / ".snakemake/incomplete").exists()


def test_damage_is_found_wherever_it_is(outputs):
    assert recovery.damaged(outputs) == {}
    (outputs / "data/corpora/a.json").write_text('{"x": 2}')
    (outputs / "results/folder/d.txt").unlink()
    (outputs / "results/c.json").unlink()
    found = {str(k): v for k, v in recovery.damaged(outputs).items()}
    assert set(found) == {"data/corpora/a.json", "results/folder"}
    assert found["results/folder"].endswith("folder/d.txt: missing")
    assert {str(p) for p in recovery.gone(outputs)} == {"results/c.json"}


def test_large_outputs_are_left_to_their_readers_unless_asked(outputs, monkeypatch, capsys):
    (outputs / "results/b.json").write_text('{"x": 2}')
    monkeypatch.setattr(recovery, "LARGE", 3)
    assert recovery.damaged(outputs) == {}
    assert "3 outputs over 0 GiB are checked by the jobs that read them" in capsys.readouterr().out
    assert [str(p) for p in recovery.damaged(outputs, large=True)] == ["results/b.json"]


def test_outputs_whose_record_is_torn_are_made_again(outputs):
    name = base64.urlsafe_b64encode(b"results/b.json").decode()
    record = outputs / ".snakemake/metadata" / name
    record.parent.mkdir(parents=True)
    record.write_text("{}")
    assert recovery.damaged(outputs) == {}
    assert {str(p) for p in recovery.unrecorded(outputs)} == {
        "data/corpora/a.json",
        "results/c.json",
        "results/folder",
    }
    record.write_text('{"params": [')
    (reason,) = recovery.damaged(outputs).values()
    assert reason.startswith("results/b.json: Snakemake's record")


def test_damaged_outputs_are_deleted_whatever_they_are(outputs):
    recovery.delete([outputs / "results" / name for name in ("b.json", "folder", "never.json")])
    left = {path.name for path in (outputs / "results").iterdir() if path.name[0] != "."}
    assert not left & {"b.json", "folder"} and "c.json" in left


@pytest.mark.parametrize("lost", ["output", "record"])
def test_outputs_that_were_not_made_again_have_no_time_to_be_put_back(outputs, lost):
    times, output = recovery.Times(outputs), outputs / "results/b.json"
    (output if lost == "output" else sums.place_of(output)).unlink()
    times.put_back()
    assert output.exists() == (lost == "record")


@pytest.mark.parametrize(("length", "cut"), [(199, False), (200, True)])
def test_long_command_lines_are_cut(length, cut):
    words = "x" * length
    told = recovery._describe(SimpleNamespace(pid=7, cmdline=lambda: [words]))
    assert told == f"process 7 ({words}{' ...' if cut else ''})"


def test_times_come_back_for_equal_content_alone(outputs):
    made = {n: sums.place_of(outputs / "results" / n) for n in ("b.json", "c.json", "folder")}
    before = {n: place.stat().st_mtime for n, place in made.items()}
    times = recovery.Times(outputs)
    time.sleep(0.05)
    recovery.delete([outputs / "results/b.json", outputs / "results/folder"])
    write_json(outputs / "results/b.json", {"x": 1})
    write_json(outputs / "results/c.json", {"x": 2})
    with replacing(outputs / "results/folder") as draft:
        draft.mkdir()
        (draft / "d.txt").write_text("d")
    (outputs / "results/folder/.snakemake_timestamp").touch()
    times.put_back()
    after = {n: (outputs / "results" / n).stat().st_mtime for n in before}
    assert after["b.json"] == before["b.json"] and after["folder"] == before["folder"]
    stamp = outputs / "results/folder/.snakemake_timestamp"
    assert stamp.stat().st_mtime == after["folder"]
    assert after["c.json"] > before["c.json"] + 0.04
    assert sums.fault(outputs / "results/b.json") is None


def test_scripts_of_a_dead_run_keep_a_new_one_from_beginning(tmp_path, started, snakemake):
    orphan = started("-c", SLEEP, mark=tmp_path)
    with pytest.raises(InputError, match=f"process {orphan.pid} .*resume.py` with the same"):
        recovery.refuse_beside_orphans(tmp_path)
    recovery.refuse_beside_orphans(tmp_path / "other")
    orphan.kill()
    orphan.wait()
    recovery.refuse_beside_orphans(tmp_path)


def test_scripts_of_a_run_at_work_are_no_orphans(tmp_path, started):
    program = tmp_path / "snakemake"  # another scale may be made in the same folder
    program.write_text(
        "import subprocess, sys, os\n"
        f"child = subprocess.Popen([sys.executable, '-c', {SLEEP!r}], "
        f"env={{**os.environ, {recovery.MARK!r}: {str(tmp_path)!r}}})\n"
        "child.wait()\n"
    )
    run = started(str(program))
    assert recovery.left_running(tmp_path)
    recovery.refuse_beside_orphans(tmp_path)
    for child in psutil.Process(run.pid).children():
        child.kill()


def test_a_locked_folder_says_what_clears_up(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv(recovery.MARK, raising=False)
    recovery.mark_this_run()
    assert capsys.readouterr().err == ""
    (tmp_path / recovery.LOCKS).mkdir(parents=True)
    (tmp_path / recovery.LOCKS / "0.output.lock").touch()
    recovery.mark_this_run()
    assert capsys.readouterr().err == ""  # inside a run
    monkeypatch.delenv(recovery.MARK)
    recovery.mark_this_run()
    assert "workflow/resume.py` with the same options clears up" in capsys.readouterr().err
    monkeypatch.delenv(recovery.MARK)
