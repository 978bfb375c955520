"""A study, a corpus, a network, a claim and a figure join by the places that CONTRIBUTING names."""

import json
import re
import shutil
from pathlib import Path

import numpy as np
import pytest
import soundfile
import yaml
from projects import ROOT, Project, copy_project

ADDED = Path(__file__).parents[1] / "data/extension"
PACKAGE = "workflow/tonotopy"
CLAIM = """
- id: hierarchy.told
  kind: claim
  source: the tests
  claim: The task is told better than by guessing.
  statistic: worst_above_chance
  each: [network, task]
  criterion: {above: -1}
"""
FIGURE = (
    '    "best-layers": Figure("best_layers", ("profiles",), "The best accuracy of every task."),\n'
)
SMALL = """
  small:
    type: object
    additionalProperties: false
    properties:
      width: {$ref: "#/$defs/positive"}
"""
OVERLAY = {
    "scale": "extended",
    "controls": "warn",
    "run": ["loudness/own", "hierarchy/own"],
    "networks": {
        "own": {
            "architecture": "small",
            "corpus": "own",
            "arguments": {"width": 4},
            "front_end": {"kind": "waveform", "rate": 8000},
            "training": {"epochs": 2, "batch": 8, "learning_rate": 1e-2},
        }
    },
    "loudness": {"own": {"network": "own", "corpus": "own", "loudest": "low"}},
    "hierarchy": {
        "own": {
            "networks": ["own"],
            "tasks": {"pitch": {"corpus": "own", "level": "low"}},
            "ks": [1, 3],
            "folds": ["paper"],
            "second": None,
            "inverse_penalty": None,
            "shuffles": 1,
            "tagging": None,
        }
    },
    "statistics": {"resamples": 400},  # with fewer no p value is small enough for a claim
}


def hums(folder: Path) -> None:
    """Forty clips of each of three pitches, of all levels."""
    rng = np.random.default_rng(0)
    for label, hz in {"low": 150, "mid": 400, "high": 1100}.items():
        (folder / label).mkdir(parents=True)
        for number in range(40):
            wave = np.sin(2 * np.pi * hz * np.arange(4000) / 8000 + rng.uniform(0, 6))
            level = 10 ** rng.uniform(-1.5, 0)
            soundfile.write(folder / label / f"{number}.wav", level * wave, 8000)


def insert(project: Project, name: str, after: str, line: str) -> None:
    project.edit(name, after, after + line)


@pytest.fixture(scope="module")
def extended(tmp_path_factory) -> Project:
    """A copy of the project with the files of tests/data/extension and the rows that name them."""
    root = tmp_path_factory.mktemp("extension")
    project = copy_project(root / "tonotopy")
    shutil.copytree(ADDED, project.path, dirs_exist_ok=True)
    # a study: one line; its files are there already
    insert(project, f"{PACKAGE}/studies/__init__.py", '    "steering",\n', '    "loudness",\n')
    # a corpus: its name in the catalogue
    insert(
        project,
        f"{PACKAGE}/corpora/catalogue.py",
        "import GTZAN\n",
        "from tonotopy.corpora.public.hums import HUMS\n",
    )
    insert(project, f"{PACKAGE}/corpora/catalogue.py", "        GTZAN,\n", "        HUMS,\n")
    # a network: a row of the registry, its arguments in the schema
    registry = f"{PACKAGE}/networks/registry.py"
    insert(project, registry, "import VGGish\n", "from tonotopy.networks.small import Small\n")
    insert(project, registry, "ARCHITECTURES = {\n", '    "small": Architecture(lambda: Small),\n')
    schema = "workflow/schemas/config.schema.yaml"
    insert(project, schema, "architecture: {enum: [", "small, ")
    path = project.path / schema
    path.write_text(path.read_text().rstrip() + "\n" + SMALL)
    # a claim: a row
    path = project.path / "workflow/claims/hierarchy.yaml"
    path.write_text(path.read_text() + CLAIM)
    # a figure: an entry
    insert(project, f"{PACKAGE}/studies/hierarchy/figures/__init__.py", "FIGURES = {\n", FIGURE)
    hums(root / "hums")
    own = {"maker": "hums", "task": "pitch", "path": str(root / "hums")}
    overlay = {**OVERLAY, "corpora": {"own": own}}
    (project.path / "extended.yaml").write_text(yaml.safe_dump(overlay))
    return Project(project.path, "extended.yaml")


def test_what_was_added_runs_to_the_scorecard(extended):
    extended.snakemake()
    results = extended.path / "results/extended"
    rows = {row["id"]: row for row in json.loads((results / "scorecard.json").read_text())}
    assert rows["loudness.follows.own"]["verdict"] == "supported"
    assert rows["loudness.follows.own"]["n"] == 12
    assert rows["hierarchy.told.own.own.pitch"]["verdict"] == "supported"
    for figure in ("loudness/own/levels", "hierarchy/own/best-layers"):
        assert (results / f"figures/{figure}.svg").stat().st_size > 1000
    page = (results / "scorecard.html").read_text()
    assert "Study 0: loudness" in page and "Study 2" not in page
    assert extended.planned() == {}


def test_a_misspelt_class_of_a_new_study_is_told_before_any_training(extended):
    told = extended.snakemake(
        "--config", "scale=misspelt", 'loudness={"own": {"loudest": "lwo"}}', ok=False
    )
    message = r"loudness.own.loudest: corpus own has no class 'lwo' \(did you mean 'low'\?\)"
    assert re.search(message, told)
    assert not (extended.path / "data/corpora/misspelt").exists()


def test_a_figures_style_in_a_study_redraws_that_figure_alone(changed_extension):
    changed_extension.edit(f"{PACKAGE}/studies/loudness/figures/levels.py", '"o"', '"s"')
    planned = changed_extension.planned()
    assert set(planned) == {"all", "draw_figure", "build_front_page", "build_report"}
    assert planned["draw_figure"] == 1


@pytest.fixture
def changed_extension(extended):
    before = dict(extended.originals)
    extended.originals.clear()
    yield extended
    for path, text in extended.originals.items():
        path.write_text(text)
    extended.originals.clear()
    extended.originals.update(before)


def test_the_places_are_those_that_contributing_names():
    text = (ROOT / "CONTRIBUTING.md").read_text()
    added = [p.relative_to(ADDED) for p in ADDED.rglob("*") if p.is_file()]
    for path in added:
        if "loudness" in path.parts or path.stem in ("loudness", "loudness.schema"):
            place = str(path).partition("loudness")[0]
            assert place in text, place
    for place in ("studies/__init__.py", "networks/registry.py", "corpora/catalogue.py"):
        assert place in text
