"""An editable install, as `make setup` makes it: for notebooks, and never for another copy."""

import re
import site
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import pytest
from projects import ROOT, copy_project

PIN = re.search(r"^setuptools==(\S+)", (ROOT / "requirements.txt").read_text(), re.MULTILINE)[1]
INSTALL = "--no-deps --no-build-isolation --editable ."
MARK = "this is the copy"


@pytest.fixture(scope="module")
def python(tmp_path_factory) -> Path:
    """A Python that has all packages of this one, and the original installed editable."""
    if metadata.version("setuptools") != PIN:
        pytest.skip(f"needs setuptools {PIN}, as in requirements.txt")
    folder = tmp_path_factory.mktemp("installed")
    original = copy_project(folder / "original").path
    venv = folder / "venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", venv], check=True)
    (packages,) = (venv / "lib").glob("python*/site-packages")
    parents = [f"site.addsitedir({name!r})" for name in site.getsitepackages()]
    (packages / "parents.pth").write_text(f"import site; {'; '.join(parents)}\n")
    command = [venv / "bin/python", "-m", "pip", "install", "--quiet", "--no-index"]
    subprocess.run([*command, *INSTALL.split()], cwd=original, check=True)
    return venv / "bin/python"


def test_the_makefile_installs_like_this_test():
    assert f"pip install --quiet {INSTALL}\n" in (ROOT / "Makefile").read_text()


def test_the_package_is_imported_from_any_folder(python, tmp_path):
    code = "import tonotopy.evidence.claims as claims; print(claims.__file__)"
    done = subprocess.run(
        [python, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    original = python.parents[2] / "original/workflow/tonotopy/evidence/claims.py"
    assert Path(done.stdout.strip()) == original


def test_a_copy_of_the_project_runs_its_own_package(python, tmp_path):
    copy = copy_project(tmp_path / "copy")
    line = "    sys.excepthook = _tell\n"
    copy.edit("workflow/tonotopy/logs.py", line, f"{line}    print({MARK!r})\n")
    command = [python, "-m", "snakemake", "--cores", "1", "--configfile", copy.scale]
    done = subprocess.run(
        [*command, "--", "data/corpora/smoke/notes"],
        cwd=copy.path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert MARK in (copy.path / "results/smoke/logs/build_corpus/notes.log").read_text()
