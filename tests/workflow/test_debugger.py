"""One rule's script under a debugger, as docs/development.md says."""

import re
import shlex
import sys

import pytest
from projects import ROOT, copy_project
from terminals import typed

PAGE = (ROOT / "docs/development.md").read_text()
COMMAND = re.search(r"^\.venv/bin/snakemake (--cores 1 --debug .*)$", PAGE, re.MULTILINE)[1]
ENTRY = "    for source in sources.values():\n"


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    return copy_project(tmp_path_factory.mktemp("debugger") / "tonotopy")


def test_a_breakpoint_in_the_package_stops_a_rules_script_at_the_terminal(project):
    project.edit("workflow/tonotopy/corpora/registry.py", ENTRY, f"    breakpoint()\n{ENTRY}")
    command = [sys.executable, "-m", "snakemake", *shlex.split(COMMAND)]
    lines = ["p settings['task']", "up", "p snakemake.rule", "continue"]
    shown, status = typed(command, project.path, "(Pdb) ", lines)
    assert status == 0, shown
    assert "'note'\n" in shown and "'build_corpus'\n" in shown
    assert (project.path / "data/corpora/smoke/notes/corpus.json").is_file()
    assert "'note'" in (project.path / "results/smoke/logs/build_corpus/notes.log").read_text()
