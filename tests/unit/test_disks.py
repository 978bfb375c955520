"""Full disks are told by the folder that is on them."""

from collections import namedtuple

from tonotopy import disks

Usage = namedtuple("Usage", "total used free")


def test_folders_on_a_full_disk_are_named(tmp_path, monkeypatch, capsys):
    for name in (".snakemake", "results"):
        (tmp_path / name).mkdir()
    left = {".snakemake": 4096}
    monkeypatch.setattr(
        disks.shutil, "disk_usage", lambda place: Usage(0, 0, left.get(place.name, 10**9))
    )
    disks.tell_full(tmp_path)
    told = f"note: {tmp_path / '.snakemake'}: the disk is full (4,096 bytes left): free space"
    assert capsys.readouterr().err.startswith(told)
    left[".snakemake"] = disks.LEAST_BYTES
    assert disks.full(tmp_path) == []
