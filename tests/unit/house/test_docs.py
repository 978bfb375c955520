"""What the documentation names is there, and what it says can be run is run or labelled."""

import re
import subprocess

import pytest
import yaml
from configs import SCHEMA, default_config, merged
from pages import NOT_RUN, PAGES, PLANNED, ROOT, blocks, commands, configurations

from tonotopy.config import check
from tonotopy.corpora.catalogue import PUBLIC
from tonotopy.networks.published import PUBLISHED

MAKEFILE = (ROOT / "Makefile").read_text()
TARGETS = set(re.findall(r"^([a-z][a-z-]*):", MAKEFILE, flags=re.MULTILINE))
# each of them needs `setup`
GATE = (".ci/run", "make lint test test-slurm test-browser faults N=20 VENV=")
# commands without a remark, or with another one -> a file and what of it runs them
RUN = {
    "make setup": GATE,
    "make test": GATE,
    "make lint": GATE,
    "make test-slurm": GATE,
    "make test-browser": GATE,
    "make faults N=20": GATE,
    "make reproduce CORES=2": ("tests/faults/stage.py", "workflow/resume.py"),
    ".venv/bin/snakemake --cores 2 plan --configfile workflow/scales/paper.yaml": (
        "tests/workflow/test_real_data.py",
        'paper.snakemake(target="plan")',
    ),
    ".venv/bin/snakemake --cores 2 --configfile workflow/scales/smoke.yaml": (
        "tests/workflow/conftest.py",
        "project.snakemake()",
    ),
    ".venv/bin/snakemake listen --cores 2 --config audio=path/to/sounds": (
        "tests/workflow/test_listen.py",
        'target="listen"',
    ),
}
DEBUGGED = ("tests/workflow/test_debugger.py", "shlex.split(COMMAND)")
EXTENSION = ROOT / "tests/data/extension"  # tests/workflow/test_extension.py runs it
SKETCH = [
    block
    for kind in ("python", "yaml")
    for block in blocks(kind)
    if block.page == "CONTRIBUTING.md" and block.file
]
# below these folders of the project, names without wildcards are files or folders
FOLDERS = ("workflow", "profiles", "tests", "benchmarks", "envs", "docs")


def text(page) -> str:
    """A page without its fenced blocks."""
    return re.sub(r"^```.*?^```$", "", page.read_text(), flags=re.DOTALL | re.MULTILINE)


def anchors(page) -> set[str]:
    """The anchors that GitHub gives to a page's headings."""
    headings = re.findall(r"^#+ (.+)$", text(page), flags=re.MULTILINE)
    plain = (re.sub(r"[^\w\- ]", "", heading.lower()) for heading in headings)
    return {heading.replace(" ", "-") for heading in plain}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_and_picture_resolves(page):
    for target in re.findall(r"\]\(([^)\s]+)\)", text(page)):
        if "://" not in target:
            name, _, anchor = target.partition("#")
            path = (page.parent / name).resolve() if name else page
            assert path.exists(), target
            assert not anchor or anchor in anchors(path), target


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_make_target_named_is_there(page):
    named = re.findall(r"(?:`|^)make ([a-z-]+)", page.read_text(), flags=re.MULTILINE)
    assert set(named) <= TARGETS


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_file_named_is_there(page):
    for name in re.findall(r"`([\w./-]+/[\w./-]*)`", text(page)):
        if name.split("/")[0] in FOLDERS:
            assert (ROOT / name).exists(), name


def test_make_help_has_a_line_for_every_target():
    command = ["make", "--no-print-directory", "help"]  # the tests may be run by make themselves
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    lines = [re.fullmatch(r"make ([a-z-]+) +(\S.*)", line) for line in done.stdout.splitlines()]
    assert {line[1] for line in lines} == TARGETS


@pytest.mark.parametrize("command", commands(), ids=lambda command: command.text)
def test_every_command_is_run_by_a_test_or_labelled(command):
    if PLANNED in command.remark:
        # tests/workflow/test_documented_commands.py plans them
        assert command.text.startswith(".venv/bin/")
    elif NOT_RUN not in command.remark and " -n" not in command.text:
        file, runs = DEBUGGED if "--debug" in command.text else RUN[command.text]
        assert runs in (ROOT / file).read_text()


@pytest.mark.parametrize(
    "block",
    configurations(),
    ids=lambda block: f"{block.page}: {block.text.splitlines()[0]}, {len(block.text)}",
)
def test_every_configuration_is_valid(block):
    assert check(merged(default_config(), yaml.safe_load(block.text)), SCHEMA) is None


@pytest.mark.parametrize("block", SKETCH, ids=lambda block: block.file)
def test_the_sketch_of_a_study_is_the_one_that_is_run(block):
    shown = block.text.partition("\n")[2]
    if (EXTENSION / block.file).is_file():
        assert shown in (EXTENSION / block.file).read_text()
    else:  # a file of the project, to which a line is added
        assert shown.replace('    "loudness",\n', "") in (ROOT / block.file).read_text()


def test_the_sketch_shows_what_a_study_declares():
    shown = {block.file.rpartition("/")[2] for block in SKETCH}
    assert {"study.py", "inputs.py", "statistics.py", "loudness.smk", "loudness.yaml"} <= shown


def size(count: int) -> str:
    for unit in ("B", "kB", "MB"):
        if count < 1000:
            return f"{count:.3g} {unit}"
        count /= 1000
    return f"{count:.3g} GB"


@pytest.mark.parametrize("corpus", PUBLIC.values(), ids=list(PUBLIC))
def test_the_table_of_corpora_has_what_is_declared(corpus):
    fetched = sum(remote.bytes or remote.approximate_bytes for remote in corpus.remotes)
    download = size(fetched) if fetched else "your copy"
    cells = (f"`{corpus.name}`", corpus.title, ", ".join(corpus.tasks), download)
    cells += (corpus.licence, corpus.verified)
    assert f"| {' | '.join(cells)} |" in (ROOT / "docs/corpora.md").read_text()


@pytest.mark.parametrize("name", PUBLISHED)
def test_the_table_of_networks_has_what_is_declared(name):
    network = PUBLISHED[name]
    fetched = size(network.remote.bytes or network.remote.approximate_bytes)
    host = network.remote.urls[0].split("/")[2]
    row = f"| `{name}` | {fetched} | {network.licence} | {host} | "
    assert row in (ROOT / "docs/networks.md").read_text()
