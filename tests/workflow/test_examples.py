"""The examples of docs/, as a new user runs them, in a folder whose name has blanks and a quote."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from projects import ROOT, Project, copy_project

EXAMPLES = "docs/examples"
AUDIO = f"{EXAMPLES}/own_audio.yaml"
RESULTS = Path("results/example_audio")
# another hash seed, language and time zone
ELSEWHERE = {"PYTHONHASHSEED": "7", "LC_ALL": "C", "TZ": "Pacific/Kiritimati"}


def run_script(project: Project, name: str) -> str:
    command = [sys.executable, f"{EXAMPLES}/{name}", "data/example"]
    paths = {"PYTHONPATH": str(project.path / "workflow")}
    done = subprocess.run(
        command, cwd=project.path, env={**os.environ, **paths}, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def example(tmp_path_factory) -> Project:
    """The first example, run to its end on two cores."""
    project = copy_project(tmp_path_factory.mktemp("example") / "a user's copy")
    run_script(project, "make_audio.py")
    audio = Project(project.path, AUDIO)
    audio.snakemake()
    return audio


def verdicts(results: Path) -> dict[str, str]:
    return {
        row["id"]: row["verdict"] for row in json.loads((results / "scorecard.json").read_text())
    }


def test_own_audio_goes_through_hierarchy_and_steering(example):
    results = example.path / RESULTS
    rows = verdicts(results)
    assert rows["steering.pair.my_music.violin-classical"] != "not run"
    assert any(name.startswith("hierarchy.") for name in rows)
    assert (results / "index.html").is_file() and list(results.glob("figures/*/*/*.png"))
    corpus = json.loads(
        (example.path / "data/corpora/example_audio/my_music/corpus.json").read_text()
    )
    assert corpus["clips"] == 400 and corpus["report"]["dropped"] == []


def test_one_core_elsewhere_gives_the_same_bytes(example, tmp_path, monkeypatch):
    other = Project(copy_project(tmp_path / "other").path, AUDIO)
    shutil.copytree(example.path / "data/example", other.path / "data/example")
    for key, value in ELSEWHERE.items():
        monkeypatch.setenv(key, value)
    other.snakemake("--cores", "1")
    patterns = ("results/*/*/*/*.parquet", "results/*/scorecard.*", "data/corpora/*/*/corpus.json")
    names = [
        path.relative_to(example.path)
        for pattern in (*patterns, "data/corpora/*/*/clips/*.arrow", "results/*/training/*.csv")
        for path in sorted(example.path.glob(pattern))
    ]
    assert {path.suffix for path in names} >= {".parquet", ".csv", ".json", ".arrow", ".html"}
    different = [
        str(name)
        for name in names
        if (other.path / name).read_bytes() != (example.path / name).read_bytes()
    ]
    assert different == []


def test_an_own_network_goes_through_hierarchy_and_steering(example):
    assert "10 genres, accuracy in training" in run_script(example, "train_network.py")
    Project(example.path, f"{EXAMPLES}/own_network.yaml").snakemake()
    rows = verdicts(example.path / "results/example_network")
    assert rows["steering.pair.its_answers.violin-classical"] != "not run"


def test_what_people_read_is_made_again_when_it_is_deleted(example):
    assert example.planned() == {}
    (example.path / RESULTS / "scorecard.csv").unlink()
    assert "judge_claims" in example.planned()
    example.snakemake()
    assert (example.path / RESULTS / "scorecard.csv").is_file()
    weights = example.path / RESULTS / "networks/my_network/weights.safetensors"
    kept = weights.read_bytes()
    weights.unlink()
    assert example.planned()["train_network"] == 1
    weights.write_bytes(kept)
    assert "train_network" not in example.planned()


def test_the_workflow_runs_from_elsewhere_with_the_projects_defaults(example, tmp_path):
    command = [sys.executable, "-m", "snakemake", "--cores", "2", "-n"]
    own = ["-s", str(example.path / "Snakefile"), "--configfile", str(example.path / AUDIO)]
    for options, folder in (([], tmp_path), (["--directory", str(tmp_path)], ROOT)):
        done = subprocess.run(
            [*command, *own, *options], cwd=folder, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr[-3000:]
        assert "train_network" in done.stdout


def test_a_failed_runs_last_lines_are_its_cause(example, tmp_path):
    """Every file of the music turns out to be none when it is read."""
    settings = yaml.safe_load((example.path / AUDIO).read_text())
    settings["corpora"]["my_music"]["path"] = str(tmp_path / "music")
    for file in (example.path / "data/example/music").glob("*/0[0-4]?.wav"):
        copy = tmp_path / "music" / file.relative_to(example.path / "data/example/music")
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_bytes(b"no audio")
    overlay = tmp_path / "broken.yaml"
    overlay.write_text(yaml.safe_dump({**settings, "scale": "broken"}))
    told = Project(example.path, str(overlay)).snakemake(ok=False)
    last = told.strip().splitlines()[-6:]
    assert any(line.startswith("failed: build_corpus: ") for line in last), last
    assert "corpus my_music: no clip was kept" in "\n".join(last)


def test_the_plan_tells_times_of_earlier_runs(example):
    table = example.path / RESULTS / "steering/my_music/sweep-test.parquet"
    kept = table.read_bytes()
    table.unlink()
    told = example.snakemake(target="plan")
    table.write_bytes(kept)
    assert "time by earlier runs, one job after the other" in told
    assert re.search(r"^steer, \d jobs +\d+ s$", told, flags=re.MULTILINE), told
