"""Files are whole or absent, and errors of the disk name the file."""

import errno
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from safetensors import SafetensorError
from safetensors.numpy import save_file

from tonotopy.errors import InputError
from tonotopy.files import (
    naming,
    read_json,
    read_tensors,
    replacing,
    write_json,
    write_table,
    write_tensors,
)

WORKFLOW = Path(__file__).parents[3] / "workflow"


def test_a_file_appears_whole_or_not_at_all(tmp_path):
    path = tmp_path / "deep/x.json"
    write_json(path, {"ä": 1})
    assert read_json(path) == {"ä": 1}
    with pytest.raises(RuntimeError), replacing(path) as draft:
        draft.write_text("half")
        raise RuntimeError
    assert read_json(path) == {"ä": 1}
    assert sorted(p.name for p in path.parent.iterdir()) == [".sums", "x.json"]


def test_folders_are_replaced_too(tmp_path):
    for content in ("one", "two"):
        with replacing(tmp_path / "folder") as draft:
            draft.mkdir()
            (draft / content).write_text(content)
    assert [p.name for p in (tmp_path / "folder").iterdir()] == ["two"]


def test_a_full_disk_is_told_by_libraries_in_rust_too():
    full = SafetensorError("I/O error: No space left on device (os error 28)")
    with pytest.raises(InputError, match="x: cannot be written, the disk is ful"), naming("x"):
        raise full


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_tables_come_back(tmp_path, suffix):
    table = pd.DataFrame({"a": [1, 2], "b": ["x", "y"]})
    write_table(tmp_path / f"t.{suffix}", table)
    read = {"csv": pd.read_csv, "parquet": pd.read_parquet}[suffix]
    pd.testing.assert_frame_equal(read(tmp_path / f"t.{suffix}"), table)


def test_tensors_come_back_and_equal_ones_make_equal_files(tmp_path):
    grid = np.arange(6, dtype=np.float32).reshape(2, 3)
    tensors = {"b/turned": grid.T, "a": np.array(1.5)}
    facts = {"names": ["ä", "b"], "count": 3, "none": None}
    files = [tmp_path / f"{number}.safetensors" for number in range(16)]
    for path in files:
        write_tensors(path, tensors, facts)
    found, told = read_tensors(files[0])
    assert told == facts and set(found) == set(tensors)
    for name, values in tensors.items():
        assert found[name].dtype == values.dtype
        np.testing.assert_array_equal(found[name], values)
    assert len({path.read_bytes() for path in files}) == 1


def test_tensors_of_other_programs_are_refused(tmp_path):
    path = tmp_path / "other.safetensors"
    for metadata in (None, {"format": "pt"}):
        save_file({"a": np.eye(2)}, path, metadata=metadata)
        with pytest.raises(InputError, match="other.safetensors: damaged .no facts about its ten"):
            read_tensors(path)
    with pytest.raises(InputError, match="none.safetensors: file not found"):
        read_tensors(tmp_path / "none.safetensors")


@pytest.mark.parametrize(
    ("number", "told"),
    [(errno.ENOSPC, "disk is full"), (errno.EROFS, "read-only"), (errno.EACCES, "no permission")],
)
def test_errors_of_the_disk_name_the_file_and_what_to_do(tmp_path, number, told):
    with (
        pytest.raises(InputError, match=f"x.json: cannot be written, .*{told}"),
        naming(tmp_path / "x.json"),
    ):
        raise OSError(number, "?")
    with pytest.raises(OSError, match="other"), naming(tmp_path / "x.json"):
        raise OSError(errno.EIO, "other")


def test_missing_and_damaged_files_are_named(tmp_path):
    with pytest.raises(InputError, match=r"none.json: file not found"):
        read_json(tmp_path / "none.json")
    (tmp_path / "bad.json").write_text("{")
    with pytest.raises(InputError, match=r"bad.json: damaged"):
        read_json(tmp_path / "bad.json")


def test_logs_get_output_and_errors_but_no_progress_bars(tmp_path):
    program = (
        "import sys\nfrom tonotopy.logs import to_log\nto_log(sys.argv[1])\n"
        "print('hello')\nsys.stderr.write('\\rbar 10%')\n"
        "from tonotopy.errors import InputError\n"
        "raise (InputError if sys.argv[2] == 'input' else RuntimeError)('it broke')\n"
    )
    for kind in ("input", "bug"):
        log = tmp_path / f"logs/{kind}.log"
        done = subprocess.run(
            [sys.executable, "-c", program, str(log), kind],
            capture_output=True,
            text=True,
            env={"PYTHONPATH": str(WORKFLOW)},
            check=False,
        )
        assert done.returncode == 1 and "hello" in done.stdout and "bar 10%" in done.stderr
        told = log.read_text()
        assert told.startswith("hello\n") and "bar" not in told
        assert told.endswith("error: it broke\n" if kind == "input" else "RuntimeError: it broke\n")
        assert ("Traceback" in told) == (kind == "bug")
