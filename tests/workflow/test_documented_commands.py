"""Commands of the documentation that are too long to run: what they plan. Its Python: run."""

import os
import shlex
import subprocess
import sys

import pytest
from pages import PLANNED, Block, Command, blocks, commands
from projects import copy_project

PROGRAMS = {
    ".venv/bin/snakemake": [sys.executable, "-m", "snakemake"],
    ".venv/bin/python": [sys.executable],
}
PRINTED = {
    "docs/development.md": "vggish",
    "docs/relevance.md": "component 1 ",
    "docs/sonification.md": "torch.Size([2, 3, 16000])",
    "docs/similarity.md": "torch.Size([1, 20, 20]) (1,)",
    "docs/files.md": "results/smoke/networks/genre_ast [",
    "docs/partials.md": "[ True  True  True  True  True  True  True  True]",
}
# modules of a user's own are run by tests/unit/networks/test_documented_networks.py
EXAMPLES = [
    block for block in blocks("python") if block.page != "CONTRIBUTING.md" and not block.file
]


def overlays(command: Command) -> list[Block]:
    """Return the configurations of a command's page that it names."""
    named = shlex.split(command.text)
    return [b for b in blocks("yaml") if b.page == command.page and b.file in named]


# once each, also where several pages have it
COMMANDS = {
    (command.text, *(block.text for block in overlays(command))): command
    for command in commands()
    if PLANNED in command.remark or " -n" in command.text
}


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    return copy_project(tmp_path_factory.mktemp("docs") / "tonotopy")


@pytest.mark.parametrize("command", COMMANDS.values(), ids=lambda command: command.text)
def test_what_a_command_says_can_be_planned(project, command):
    for block in overlays(command):
        (project.path / block.file).write_text(block.text)
    (project.path / "mirror").mkdir(exist_ok=True)
    program, *options = shlex.split(command.text)
    done = subprocess.run(
        [*PROGRAMS[program], *options, *([] if "-n" in options else ["-n"])],
        cwd=project.path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Job stats:" in done.stdout + done.stderr


@pytest.mark.parametrize("block", EXAMPLES, ids=lambda block: block.page)
def test_the_examples_for_notebooks_run_on_what_a_run_leaves(finished, block):
    done = subprocess.run(
        [sys.executable, "-c", block.text.replace("/mini/", "/smoke/")],
        cwd=finished.path,
        env={**os.environ, "PYTHONPATH": str(finished.path / "workflow")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert PRINTED[block.page] in done.stdout
