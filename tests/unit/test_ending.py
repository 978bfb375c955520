"""What is told at the end of a run."""

from collections import namedtuple
from types import SimpleNamespace

from tonotopy import ending

Usage = namedtuple("Usage", "total used free")


def test_folders_on_a_full_disk_are_named(tmp_path, monkeypatch, capsys):
    for name in (".snakemake", "results"):
        (tmp_path / name).mkdir()
    left = {".snakemake": 4096}
    monkeypatch.setattr(
        ending.shutil, "disk_usage", lambda place: Usage(0, 0, left.get(place.name, 10**9))
    )
    ending.tell_full_disks(tmp_path)
    told = f"note: {tmp_path / '.snakemake'}: the disk is full (4,096 bytes left): free space"
    assert capsys.readouterr().err.startswith(told)
    left[".snakemake"] = ending.LEAST_BYTES
    assert ending.full_disks(tmp_path) == []


def test_the_verdict_is_told_by_runs_that_judge(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "results/mini").mkdir(parents=True)
    (tmp_path / "results/mini/verdict.txt").write_text("2 of 2 controls passed\n")
    judging = SimpleNamespace(rule=SimpleNamespace(name="enforce_controls"))
    other = SimpleNamespace(rule=SimpleNamespace(name="draw_figure"))
    ending.tell_verdict("mini", [other])
    assert capsys.readouterr().out == ""
    ending.tell_verdict("mini", [other, judging])
    told = capsys.readouterr().out
    assert told == "2 of 2 controls passed\nsee results/mini/scorecard.html\n"
