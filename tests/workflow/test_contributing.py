"""The study that CONTRIBUTING.md sketches, written into a copy of the project and run."""

import json

import pytest
from pages import blocks
from projects import copy_project

NAMES = "workflow/tonotopy/studies/__init__.py"
FILES = {
    block.file: block.text
    for kind in ("python", "yaml")
    for block in blocks(kind)
    if block.page == "CONTRIBUTING.md" and block.file
}


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    copied = copy_project(tmp_path_factory.mktemp("contributing") / "tonotopy")
    for name, text in FILES.items():
        path = copied.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        assert not path.exists(), f"{name} is there already"
        path.write_text(text)
    (copied.path / "workflow/tonotopy/studies/loudness/__init__.py").touch()
    (line,) = [
        block.text.partition("\n")[2]
        for block in blocks("python")
        if block.text.startswith(f"# {NAMES}, ")
    ]
    copied.edit(NAMES, '    "steering",\n', f'    "steering",\n{line}')
    return copied.__class__(copied.path, "loudness.yaml")


def test_the_sketched_study_goes_to_the_scorecard(project):
    project.snakemake()
    results = project.path / "results/loudness"
    (row,) = json.loads((results / "scorecard.json").read_text())
    assert (row["study"], row["instance"]) == ("loudness", "notes")
    assert row["id"].startswith("loudness.heard") and row["verdict"] == "supported"
    assert row["n"] == 600
    assert (results / "figures/loudness/notes/levels.svg").is_file()
    assert "1 " in (results / "verdict.txt").read_text()


def test_an_edit_of_the_sketched_method_reruns_it_and_what_follows(project):
    project.edit("workflow/tonotopy/studies/loudness/levels.py", "10 * np", "20 * np")
    jobs = project.planned()
    assert {"measure_levels", "judge_claims", "draw_figure"} <= set(jobs)
    assert "build_corpus" not in jobs
