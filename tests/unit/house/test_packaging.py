"""The package as it is installed: every module and every file that it reads is in it."""

import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[3]
PACKAGE = ROOT / "workflow/tonotopy"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
FILES = [p for p in PACKAGE.rglob("*") if p.is_file() and "__pycache__" not in p.parts]


def test_every_folder_of_modules_is_a_package():
    for folder in {path.parent for path in FILES if path.suffix == ".py"}:
        assert (folder / "__init__.py").is_file(), folder


def test_every_other_file_is_package_data():
    patterns = PROJECT["tool"]["setuptools"]["package-data"]["tonotopy"]
    data = [path for path in FILES if path.suffix != ".py"]
    assert len(data) >= 4
    for path in data:
        assert any(path in PACKAGE.glob(pattern) for pattern in patterns), path


def test_the_package_is_mapped_by_name_so_that_a_copy_is_found_first():
    """setuptools then installs an import hook; a mapped folder would go on the path."""
    settings = PROJECT["tool"]["setuptools"]
    assert settings["package-dir"] == {"tonotopy": "workflow/tonotopy"}
    assert PROJECT["build-system"]["build-backend"] == "setuptools.build_meta"
