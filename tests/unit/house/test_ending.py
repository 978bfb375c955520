"""What is told at the end of a run."""

from collections import namedtuple
from types import SimpleNamespace

import pytest
from snakemake.exceptions import ApiError, format_exception_to_string

from tonotopy import ending
from tonotopy.errors import InputError

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


def test_the_verdict_is_told_by_runs_that_judge(tmp_path, capsys):
    verdict = tmp_path / "verdict.txt"
    rules = [SimpleNamespace(name=name) for name in ("draw_figure", "enforce_controls")]
    other, judging = (SimpleNamespace(rule=rule, output=[str(verdict)]) for rule in rules)
    ending.tell_verdict([other, judging])
    assert capsys.readouterr().out == ""  # not there: left out by `--until`
    verdict.write_text("2 of 2 controls passed\n")
    ending.tell_verdict([other])
    assert capsys.readouterr().out == ""
    ending.tell_verdict([other, judging])
    told = capsys.readouterr().out
    assert told == f"2 of 2 controls passed\nopen {tmp_path}/index.html\n"


def refuse(message):
    raise InputError(message)


def test_what_a_run_is_refused_for_is_told_without_lines_of_code():
    assert ending.refusing(max, 1, 2) == 2
    with pytest.raises(ApiError) as told:
        ending.refusing(refuse, "corpora.mine: no such folder")
    here = {__file__: {n: n for n in range(1000)}}  # as if this were a file of rules
    assert format_exception_to_string(told.value, here) == "Error: corpora.mine: no such folder"
    with pytest.raises(ZeroDivisionError):
        ending.refusing(lambda: 1 / 0)
