"""Checksums: whatever changes after a file was written is noticed by those who read it."""

import shutil
import subprocess

import numpy as np
import pandas as pd
import pytest
from tiny_corpora import write

from tonotopy import sums
from tonotopy.activations import stored
from tonotopy.corpora.schema import Corpus
from tonotopy.errors import InputError
from tonotopy.files import read_json, read_table, reading, replacing, write_json, write_table
from tonotopy.studies.steering.plans import read_vectors


def flip(path, where=None):
    content = bytearray(path.read_bytes())
    content[len(content) // 2 if where is None else where] ^= 1
    path.write_bytes(content)


def test_sha256sum_reads_them(tmp_path):
    write_json(tmp_path / "a.json", {})
    write(tmp_path / "c")
    for name in ("a.json", "c"):
        command = ["sha256sum", "--check", "--strict", f".sums/{name}.sha256"]
        subprocess.run(command, cwd=tmp_path, check=True, capture_output=True)
    listed = (tmp_path / ".sums/c.sha256").read_text()
    assert "  c/corpus.json\n" in listed and "  c/clips/data-00000-of-00001.arrow\n" in listed


def test_parts_of_a_draft_and_those_who_ask_get_none(tmp_path):
    with replacing(tmp_path / "folder") as draft:
        draft.mkdir()
        write_json(draft / "x.json", {})
    assert [p.name for p in (tmp_path / "folder").iterdir()] == ["x.json"]
    with replacing(tmp_path / "clip", checksums=False) as draft:
        draft.write_text("x")
    assert [p.name for p in (tmp_path / ".sums").iterdir()] == ["folder.sha256"]


def test_a_replaced_file_has_new_checksums_and_a_failed_one_keeps_its_own(tmp_path):
    for content in (1, 2):
        write_json(tmp_path / "x.json", {"x": content})
        assert read_json(tmp_path / "x.json") == {"x": content}
    with pytest.raises(RuntimeError), replacing(tmp_path / "x.json"):
        raise RuntimeError
    assert read_json(tmp_path / "x.json") == {"x": 2}


def test_a_flipped_bit_that_still_parses_is_noticed(tmp_path):
    write_json(tmp_path / "x.json", {"x": 10})
    flip(tmp_path / "x.json", where=-4)
    with pytest.raises(InputError, match="x.json: its content differs.*workflow/resume.py"):
        read_json(tmp_path / "x.json")
    table = pd.DataFrame({"x": np.arange(1000.0)})
    write_table(tmp_path / "t.parquet", table)
    flip(tmp_path / "t.parquet", where=100)
    assert not pd.read_parquet(tmp_path / "t.parquet").equals(table)
    with pytest.raises(InputError, match="t.parquet: its content differs"):
        read_table(tmp_path / "t.parquet")


@pytest.mark.parametrize("name", ["corpus.json", "clips/data-00000-of-00001.arrow"])
def test_a_damaged_corpus_is_refused(tmp_path, name):
    flip(write(tmp_path / "c").path / name)
    with pytest.raises(InputError, match=f"c/{name}: its content differs"):
        Corpus(tmp_path / "c")


def test_a_file_that_is_gone_from_a_folder_is_named(tmp_path):
    write(tmp_path / "c")
    (tmp_path / "c/facts.csv").unlink()
    assert Corpus(tmp_path / "c").name == "c"  # it was not read
    with pytest.raises(InputError, match="c/facts.csv: missing"):
        sums.check(tmp_path / "c")


def test_what_nobody_wrote_down_passes(tmp_path):
    (tmp_path / "own.json").write_text("{}")
    assert read_json(tmp_path / "own.json") == {}
    with replacing(tmp_path / "folder") as draft:
        draft.mkdir()
    shutil.rmtree(tmp_path / ".sums")
    sums.check(tmp_path / "folder")


@pytest.mark.parametrize("text", ["", "\n", "0123", "no checksums at all"])
def test_torn_checksums_are_damage_too(tmp_path, text):
    write_json(tmp_path / "x.json", {})
    sums.place_of(tmp_path / "x.json").write_text(text)
    with pytest.raises(InputError, match="the checksums of x.json cannot be read"):
        read_json(tmp_path / "x.json")


def test_files_without_checksums_that_cannot_be_read_are_named(tmp_path):
    for name in ("t.parquet", "v.safetensors", "index.json"):
        (tmp_path / name).write_bytes(b"no such thing")
    with pytest.raises(InputError, match="t.parquet: damaged"):
        read_table(tmp_path / "t.parquet")
    with pytest.raises(InputError, match="v.safetensors: damaged"):
        read_vectors(tmp_path / "v.safetensors")
    with pytest.raises(InputError, match="index.json: damaged"):
        stored(tmp_path)
    with pytest.raises(InputError, match="none: file not found"), reading(tmp_path / "none"):
        (tmp_path / "none").read_text()


def test_equal_corpora_have_equal_files(tmp_path):
    for name in ("a", "b"):
        write(tmp_path / name / "c")
    texts = [sums.place_of(tmp_path / name / "c").read_text() for name in ("a", "b")]
    assert texts[0] == texts[1]
