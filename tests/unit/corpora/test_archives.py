"""Archives: what is inside comes out whole, nothing leads outside, damage is named."""

import bz2
import gzip
import hashlib
import io
import lzma
import shutil
import stat
import subprocess
import tarfile
import zipfile

import numpy as np
import pytest
from split_zips import write_split

from tonotopy.corpora import archives, registry, transfer
from tonotopy.corpora.archives import unpack
from tonotopy.corpora.public.declaration import PublicCorpus
from tonotopy.corpora.remote import Remote
from tonotopy.errors import InputError

NOISE = np.random.default_rng(0).bytes(3000)
FILES = {
    "top/clips/noise.wav": NOISE,
    "top/text.csv": b"a,b,c\n" * 700,
    "top/empty": b"",
    "top/late.wav": NOISE[::-1],
}
ZIP, TAR, PARTS = (Remote("a.zip", ("http://x",), unpack=u) for u in ("zip", "tar", "parts"))


def unpacked(folder):
    found = (p for p in folder.rglob("*") if p.is_file())
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in found}


def write_zip(path, files=FILES, method=zipfile.ZIP_DEFLATED):
    with zipfile.ZipFile(path, "w", method) as packed:
        for name, content in files.items():
            packed.writestr(name, content)
    return path


def write_tar(path, files=FILES, mode="w:gz", **changes):
    with tarfile.open(path, mode) as packed:
        for name, content in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            for key, value in changes.items():
                setattr(entry, key, value)
            packed.addfile(entry, io.BytesIO(content))
    return path


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2])
def test_a_zip_comes_out_as_it_went_in(tmp_path, method):
    unpack(write_zip(tmp_path / "a.zip", method=method), ZIP, tmp_path / "out")
    assert unpacked(tmp_path / "out") == FILES


@pytest.mark.parametrize("mode", ["w", "w:gz", "w:bz2", "w:xz"])
def test_a_tar_comes_out_as_it_went_in(tmp_path, mode):
    unpack(write_tar(tmp_path / "a.tar", mode=mode), TAR, tmp_path / "out")
    assert unpacked(tmp_path / "out") == FILES


@pytest.mark.parametrize("size", [1 << 20, 3000, 97, 61])
@pytest.mark.parametrize("wide", [False, True], ids=["zip32", "zip64"])
@pytest.mark.parametrize("method", [0, 8], ids=["stored", "deflated"])
@pytest.mark.parametrize("described", [False, True], ids=["sizes ahead", "sizes behind"])
def test_a_split_zip_is_joined_wherever_it_was_cut(tmp_path, size, wide, method, described):
    """The smallest volumes cut headers, names, contents and the central directory alike."""
    volumes = write_split(
        tmp_path / "in", size, FILES, wide=wide, method=method, described=described
    )
    assert (len(volumes) == 1) == (size == 1 << 20)
    unpack(volumes[::-1], PARTS, tmp_path / "out")
    assert unpacked(tmp_path / "out") == FILES


@pytest.mark.skipif(shutil.which("zip") is None, reason="Info-ZIP is not installed")
@pytest.mark.parametrize("flags", [[], ["-0"], ["-fz"], ["-fz", "-0"]], ids="".join)
def test_a_split_zip_of_info_zip_is_joined(tmp_path, flags):
    files = {"top/long.wav": np.random.default_rng(1).bytes(200_000), **FILES}
    for name, content in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(content)
    command = ["zip", "-q", "-r", *flags, "-s", "64k", "a.zip", "top"]
    subprocess.run(command, cwd=tmp_path, check=True)
    volumes = list(tmp_path.glob("a.z*"))
    assert len(volumes) == 4 and (b"PK\6\6" in (tmp_path / "a.zip").read_bytes()) == (
        "-fz" in flags
    )
    unpack(volumes, PARTS, tmp_path / "out")
    assert unpacked(tmp_path / "out") == files and (tmp_path / "out/top/clips").is_dir()


def test_a_missing_volume_is_named(tmp_path):
    for wide in (False, True):
        volumes = write_split(tmp_path / f"{wide}", 1000, FILES, wide=wide)
        with pytest.raises(InputError, match=r"a\.zip: its volume a\.z02 is missing"):
            unpack([v for v in volumes if v.suffix != ".z02"], PARTS, tmp_path / "out")
        with pytest.raises(InputError, match=r"no end record.*delete it"):
            unpack(volumes[:-1], PARTS, tmp_path / "out")
        extra = volumes[0].with_suffix(".z99")
        extra.write_bytes(b"one too many")
        with pytest.raises(InputError, match="end record says"):
            unpack([*volumes, extra], PARTS, tmp_path / "out")


def test_a_damaged_split_zip_is_named(tmp_path):
    """Every byte of contents and of the central directory's sizes matters; so does the length."""
    volumes = write_split(tmp_path / "in", 1000, FILES, method=0)
    whole = {path: path.read_bytes() for path in volumes}
    for path, place in [(volumes[0], 200), (volumes[0], 5), (volumes[2], 999)]:
        damaged = bytearray(whole[path])
        damaged[place] ^= 1
        path.write_bytes(damaged)
        with pytest.raises(InputError, match=r"a\.zip: not a readable zip"):
            unpack(volumes, PARTS, tmp_path / "out")
        path.write_bytes(whole[path])
    volumes[1].write_bytes(whole[volumes[1]][:-7])
    with pytest.raises(InputError, match=r"a\.zip: not a readable zip"):
        unpack(volumes, PARTS, tmp_path / "out")


def evil_zip(path, name):
    return write_zip(path, {"good": b"1", name: b"2"}), ZIP


def evil_tar(path, name):
    return write_tar(path, {name: b"2"}), TAR


def evil_split(path, name):
    return write_split(path.with_suffix(""), 100, {"good": b"1" * 90, name: b"2"}), PARTS


OUTSIDE = ["../evil", "a/../../evil", "/tmp/tonotopy-evil", "..\\evil", "C:\\evil", "C:evil"]


@pytest.mark.parametrize("name", OUTSIDE)
@pytest.mark.parametrize("make", [evil_zip, evil_tar, evil_split], ids=lambda f: f.__name__)
def test_paths_that_lead_outside_are_refused_before_anything_is_written(tmp_path, make, name):
    volumes, remote = make(tmp_path / "a.zip", name)
    with pytest.raises(InputError) as error:
        unpack(volumes, remote, tmp_path / "in/out")
    assert f"entry '{name}' leads outside" in str(error.value) and "a.zip" in str(error.value)
    assert unpacked(tmp_path / "in") == {} and not list(tmp_path.rglob("*evil*"))


def test_links_and_devices_are_refused(tmp_path):
    for kind in (stat.S_IFLNK, stat.S_IFCHR, stat.S_IFIFO):
        link = zipfile.ZipInfo("link")
        link.external_attr = (kind | 0o777) << 16
        write_zip(tmp_path / "a.zip", {"good": b"1", link: b"/etc/passwd"})
        with pytest.raises(InputError, match="entry 'link' is a link or a device"):
            unpack(tmp_path / "a.zip", ZIP, tmp_path / "out")
    for kind in (tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.FIFOTYPE):
        write_tar(tmp_path / "a.tar", {"link": b""}, type=kind, linkname="/etc/passwd")
        with pytest.raises(InputError, match="entry 'link' is a link or a device"):
            unpack(tmp_path / "a.tar", TAR, tmp_path / "out")
    assert unpacked(tmp_path / "out") == {}


@pytest.mark.parametrize("mode", ["w", "w:gz"])
def test_a_broken_off_tar_is_never_taken_for_a_finished_one(tmp_path, mode):
    """Wherever it breaks off, between two files too, where tarfile itself sees nothing wrong."""
    whole = write_tar(tmp_path / "whole.tar", mode=mode).read_bytes()
    content = FILES["top/clips/noise.wav"]
    padded = 512 + -(-len(content) // 512) * 512
    places = [0, 100, 512, 700, padded, padded + 100] if mode == "w" else [0, 5, len(whole) // 2]
    for place in places:
        (tmp_path / "a.tar").write_bytes(whole[:place])
        with pytest.raises(InputError, match=r"a\.tar: not a readable tar.*delete it"):
            unpack(tmp_path / "a.tar", TAR, tmp_path / "out")


def test_a_flipped_bit_in_a_packed_tar_is_found(tmp_path):
    """In stored blocks any bit can be flipped without an error of the unpacking itself."""
    write_tar(tmp_path / "plain.tar", mode="w")
    for compress in (lambda raw: gzip.compress(raw, 0), bz2.compress, lzma.compress):
        packed = bytearray(compress((tmp_path / "plain.tar").read_bytes()))
        packed[1000] ^= 1
        (tmp_path / "a.tar").write_bytes(packed)
        with pytest.raises(InputError, match=r"a\.tar: not a readable tar"):
            unpack(tmp_path / "a.tar", TAR, tmp_path / "out")


def test_random_damage_ends_in_the_right_files_or_in_one_message(tmp_path, monkeypatch):
    """Nothing but an InputError, and no zip with other contents than its CRCs promise."""
    usage = type("Usage", (), {"free": 1 << 60})  # a damaged size may be larger than a real disk
    monkeypatch.setattr(transfer.shutil, "disk_usage", lambda path: usage)
    rng, files = np.random.default_rng(0), {"a/b.wav": NOISE[:150], "c": b""}
    for i in range(400):
        folder = tmp_path / str(i)
        folder.mkdir()
        volumes, remote = [
            (lambda f: [write_zip(f / "a.zip", files)], ZIP),
            (lambda f: [write_tar(f / "a.zip", files)], TAR),
            (lambda f: write_split(f, 100, files), PARTS),
            (lambda f: write_split(f, 100, files, wide=True), PARTS),
        ][i % 4]
        volumes = volumes(folder)
        path = volumes[rng.integers(len(volumes))]
        content = bytearray(path.read_bytes())
        content[rng.integers(len(content))] ^= 1 << rng.integers(8)
        path.write_bytes(content)
        try:
            unpack(volumes, remote, folder / "out")
        except InputError as error:
            assert "a.zip" in str(error)
        else:
            assert {*unpacked(folder / "out").values()} <= {*files.values()}


def test_damaged_zips_are_named(tmp_path):
    whole = write_zip(tmp_path / "whole.zip", method=zipfile.ZIP_STORED).read_bytes()
    flipped = bytearray(whole)
    flipped[200] ^= 1
    for content in (b"", b"PK but no more", whole[:-30], whole[: len(whole) // 2], flipped):
        (tmp_path / "a.zip").write_bytes(content)
        for remote in (ZIP, PARTS):
            with pytest.raises(InputError, match=r"a\.zip: not a readable zip.*delete it"):
                unpack(tmp_path / "a.zip", remote, tmp_path / "out")
    both = {"a": b"1", "a/b": b"2"}
    with pytest.raises(InputError, match="not a readable zip"):
        unpack(write_zip(tmp_path / "b.zip", both), ZIP, tmp_path / "out2")


def test_what_we_cannot_unpack_is_said(tmp_path):
    whole = bytearray(write_zip(tmp_path / "a.zip", {"a": b"1"}).read_bytes())
    entry = whole.find(b"PK\1\2")
    for place, value, message in ((8, 1, "a is encrypted"), (10, 9, "cannot be unpacked here")):
        changed = whole.copy()
        changed[entry + place] = value
        changed[place - 2] = value  # in the local header too
        (tmp_path / "a.zip").write_bytes(changed)
        for remote in (ZIP, PARTS):
            with pytest.raises(InputError, match=f"{message}.*another program.*'path'"):
                unpack(tmp_path / "a.zip", remote, tmp_path / "out")


@pytest.mark.parametrize("kind", ["zip", "parts", "tar"])
def test_an_archive_larger_than_the_disk_is_refused(tmp_path, monkeypatch, kind):
    usage = type("Usage", (), {"free": 500})
    monkeypatch.setattr(transfer.shutil, "disk_usage", lambda path: usage)
    make = {
        "zip": write_zip,
        "tar": write_tar,
        "parts": lambda p: write_split(p.parent, 1000, FILES),
    }
    volumes = make[kind](tmp_path / "a.zip")
    with pytest.raises(InputError, match="only 500 are free"):
        unpack(volumes, Remote("a.zip", ("http://x",), unpack=kind), tmp_path / "out")
    assert unpacked(tmp_path / "out") == {}


def test_just_what_is_listed_is_taken_and_each_file_is_checked(tmp_path, monkeypatch):
    monkeypatch.setattr(archives, "CHECKSUMS", tmp_path)
    rows = [f"{hashlib.sha256(NOISE).hexdigest()}  clips/noise.wav"]
    (tmp_path / "list.sha256").write_text("\n".join(rows) + "\n")
    listed = Remote("a.zip", ("http://x",), members="list.sha256", unpack="zip")
    path = write_zip(tmp_path / "a.zip")
    unpack(path, listed, tmp_path / "out")
    assert unpacked(tmp_path / "out") == {"clips/noise.wav": NOISE}
    for files, message in (
        ({"top/clips/noise.wav": b"other"}, "clips/noise.wav is damaged"),
        ({"top/readme": b""}, "clips/noise.wav is missing"),
        ({**FILES, "top/../../evil": b""}, "leads outside"),
    ):
        with pytest.raises(InputError, match=message):
            unpack(write_zip(path, files), listed, tmp_path / "out2")
    assert not list(tmp_path.rglob("evil")) and unpacked(tmp_path / "out2") == {}


def test_a_corpus_of_all_kinds_of_archives_is_laid_out(tmp_path, monkeypatch):
    """Two split archives, a tar and a plain file, as FSD50K mixes them; all from a mirror."""
    mirror = tmp_path / "mirror"
    volumes = {}
    for name in ("dev", "eval"):
        for path in write_split(
            tmp_path / name, 2000, {f"{name}/{n}": c for n, c in FILES.items()}
        ):
            volumes[f"{name}{path.suffix}"] = path.read_bytes()
    mirror.mkdir()
    for name, content in volumes.items():
        (mirror / name).write_bytes(content)
    write_tar(mirror / "truth.tar.gz", {"truth/dev.csv": b"1,2"})
    (mirror / "notes.txt").write_bytes(b"plain")
    remotes = [Remote(name, ("http://127.0.0.1:9/never",), unpack="parts") for name in volumes]
    remotes += [
        Remote("truth.tar.gz", ("http://127.0.0.1:9/never",), unpack="tar"),
        Remote("sub/notes.txt", ("http://127.0.0.1:9/never",)),
    ]
    corpus = PublicCorpus("many", "", "", "", "", {}, 1, 1.0, 1, "", tuple(remotes))
    monkeypatch.setitem(registry.DOWNLOADS, "many", corpus)
    registry.download("many", tmp_path / "data/many", str(mirror))
    expected = {f"{name}/{n}": c for name in ("dev", "eval") for n, c in FILES.items()}
    assert unpacked(tmp_path / "data/many") == {
        **expected,
        "truth/dev.csv": b"1,2",
        "notes.txt": b"plain",
    }
    (mirror / "truth.tar.gz").write_bytes(b"damaged")
    with pytest.raises(InputError, match=r"truth.tar.gz: not a readable tar"):
        registry.download("many", tmp_path / "data2/many", str(mirror))
    assert unpacked(tmp_path / "data2") == {}
