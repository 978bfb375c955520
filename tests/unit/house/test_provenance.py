"""Fingerprints of code: what counts as an edit and what does not."""

from pathlib import Path

import pytest

from tonotopy import provenance
from tonotopy.provenance import code_hash


@pytest.fixture
def package(tmp_path, monkeypatch):
    root = tmp_path / "tonotopy"
    (root / "deep").mkdir(parents=True)
    (root / "__init__.py").write_text("")
    (root / "deep/__init__.py").write_text("")
    (root / "a.py").write_text(
        '"""A."""\nfrom tonotopy.deep import b\n\n\ndef f():\n    return b.g()\n'
    )
    (root / "deep/b.py").write_text('def g():\n    """One."""\n    return 1\n')
    (root / "other.py").write_text("x = 1\n")
    script = tmp_path / "script.py"
    script.write_text("import os\nfrom tonotopy.a import f\n\nprint(f(), os.sep)\n")
    monkeypatch.setattr(provenance, "PACKAGE", root)
    return script, root


def test_comments_docstrings_and_layout_do_not_count(package):
    script, root = package
    before = code_hash(script)
    (root / "deep/b.py").write_text('# new\ndef g():\n    """Two."""\n\n    return 1  # one\n')
    (root / "a.py").write_text("from tonotopy.deep import b\ndef f(): return b.g()\n")
    script.write_text('"""New."""\n' + script.read_text())
    assert code_hash(script) == before


def test_an_edit_of_an_imported_module_counts_however_deep(package):
    script, root = package
    before = code_hash(script)
    (root / "deep/b.py").write_text("def g():\n    return 2\n")
    assert code_hash(script) != before


def test_modules_that_are_not_imported_do_not_count_unless_named(package):
    script, root = package
    before, named = code_hash(script), code_hash(script, "tonotopy.other")
    assert before != named
    (root / "other.py").write_text("x = 2\n")
    assert code_hash(script) == before and code_hash(script, "tonotopy.other") != named


def test_every_script_of_the_workflow_has_a_fingerprint():
    scripts = sorted((Path(__file__).parents[3] / "workflow/scripts").rglob("*.py"))
    assert len({code_hash(script) for script in scripts}) == len(scripts) > 10
