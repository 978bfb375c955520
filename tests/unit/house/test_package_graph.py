"""The package is built in storeys: nothing imports upward, nothing goes in circles."""

import ast
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

from tonotopy.studies import STUDIES

PACKAGE = Path(__file__).parents[3] / "workflow/tonotopy"
# each storey may import from those before it and, within a room, from itself
STOREYS = (
    {"errors", "seeding", "places"},
    {"sums", "provenance", "gpus", "slurm", "logs", "ending", "nested", "surrogates", "compiled"},
    {"durations"},
    {"progress"},
    {"files"},
    {"recovery", "corpora", "frontends"},
    {"networks", "probes", "evidence"},
    {"inference", "drawing", "pages", "exhibiting"},
    {"activations", "ears", "excerpts"},
    {"collecting"},
    {"relevance", "sonification", "similarity", "partials"},
    {"training"},
    {"study"},
    {"entries"},
    {"studies"},
    {"instances"},
    {"results", "planning", "preflight", "listening"},
    {"config"},
)
STOREY = {room: number for number, rooms in enumerate(STOREYS) for room in rooms}
# a study that marks another's methods runs them as they are; nothing runs what marks
MARKED = {"validity": "steering"}
TABLES_ALONE = ("evidence", "pages", "drawing")  # and every study's statistics and figures


def modules() -> dict[str, Path]:
    """Every module of the package by its name without ``tonotopy.``."""
    found = {}
    for path in PACKAGE.rglob("*.py"):
        parts = path.relative_to(PACKAGE).with_suffix("").parts
        name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        if name:
            found[name] = path
    return found


MODULES = modules()


@cache
def imports(name: str) -> frozenset[str]:
    """Modules that a module imports anywhere; those of the package without ``tonotopy.``."""
    found = set()
    for node in ast.walk(ast.parse(MODULES[name].read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{name}: relative import"
            whole = {
                f"{node.module}.{alias.name}".removeprefix("tonotopy.") for alias in node.names
            }
            inside = whole & MODULES.keys()
            found |= inside
            if len(inside) < len(whole):
                found.add(node.module.removeprefix("tonotopy."))
    return frozenset(found - {"tonotopy"})


def room(name: str) -> str:
    return name.partition(".")[0]


def test_every_room_has_a_storey():
    assert {room(name) for name in MODULES} == set(STOREY)


@pytest.mark.parametrize("name", sorted(MODULES))
def test_nothing_imports_upward(name):
    for target in imports(name) & MODULES.keys():
        lower = STOREY[room(target)] < STOREY[room(name)]
        assert lower or room(target) == room(name), f"{name} imports {target}"


def test_nothing_goes_in_circles():
    finished, open_ = set(), []

    def visit(name):
        assert name not in open_, f"circle: {' -> '.join([*open_, name])}"
        if name not in finished:
            open_.append(name)
            for target in sorted(imports(name) & MODULES.keys()):
                visit(target)
            finished.add(open_.pop())

    for name in sorted(MODULES):
        visit(name)
    assert finished == MODULES.keys()


@pytest.mark.parametrize("study", STUDIES)
def test_studies_do_not_know_each_other(study):
    for name in MODULES:
        if name.startswith(f"studies.{study}"):
            for other in set(STUDIES) - {study, MARKED.get(study)}:
                assert not [t for t in imports(name) if t.startswith(f"studies.{other}")], name


def test_a_study_whose_methods_are_marked_is_not_marked_by_its_own():
    """What marks is marked by none, so that studies stay in order."""
    assert not MARKED.keys() & MARKED.values()


def test_methods_of_another_study_are_marked_and_not_its_answers():
    """Statistics, figures and answers of a study are its own: what is marked is how it computes."""
    for study, other in MARKED.items():
        for name in MODULES:
            if name.startswith(f"studies.{study}"):
                for part in ("statistics", "figures", "answers"):
                    assert f"studies.{other}.{part}" not in {
                        ".".join(target.split(".")[:3]) for target in imports(name)
                    }


def reached(name: str) -> set[str]:
    """Everything that is imported when a module is."""
    found, waiting = set(), [name]
    while waiting:
        for target in imports(waiting.pop()) - found:
            found.add(target)
            if target in MODULES:
                waiting.append(target)
    return found


def reads_tables_alone(name: str) -> bool:
    parts = name.split(".")
    return parts[0] in TABLES_ALONE or (
        parts[0] == "studies" and len(parts) > 2 and parts[2] in ("statistics", "figures")
    )


@pytest.mark.parametrize("name", sorted(filter(reads_tables_alone, MODULES)))
def test_what_reads_tables_never_loads_torch(name):
    heavy = {"torch", "torchaudio", "lightning", "datasets", "timm", "transformers"}
    assert not {target.partition(".")[0] for target in reached(name)} & heavy


def test_planning_loads_nothing_heavy():
    program = (
        "import sys, tonotopy.config, tonotopy.results, tonotopy.planning\n"
        "heavy = {'torch', 'lightning', 'datasets', 'matplotlib', 'sklearn', 'pandas', 'symusic'}\n"
        "print(sorted(heavy & set(sys.modules)))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        check=True,
        env={"PYTHONPATH": str(PACKAGE.parent)},
    )
    assert done.stdout.strip() == "[]"


def test_no_study_is_named_outside_its_own_rooms():
    """Rules, scripts, schemas and claims of a study lie in files of its name."""
    workflow = PACKAGE.parent
    inside = [p for p in PACKAGE.rglob("*.py") if PACKAGE / "studies" not in p.parents]
    rules = [p for p in (workflow / "rules").glob("*.smk") if p.stem not in STUDIES]
    scripts = [p for p in (workflow / "scripts").rglob("*.py") if p.parent.name not in STUDIES]
    pages = list((PACKAGE / "pages").glob("*.j2"))
    schema = workflow / "schemas/config.schema.yaml"
    claims = workflow / "schemas/claims.schema.yaml"
    for path in (*inside, *rules, *scripts, *pages, schema, claims, workflow.parent / "Snakefile"):
        for node in words(path):
            assert node not in STUDIES, f"{path} names the study {node}"


def words(path: Path) -> list[str]:
    """The words that a file compares or looks up: strings of Python, all words of other files."""
    if path.suffix == ".py":
        tree = ast.parse(path.read_text())
        return [
            n.value for n in ast.walk(tree) if isinstance(n, ast.Constant) and type(n.value) is str
        ]
    text = "\n".join(line.partition("#")[0] for line in path.read_text().splitlines())
    return text.replace('"', " ").replace("'", " ").replace(":", " ").replace(",", " ").split()
