"""Evidence and figures run with nothing but the analysis environment's pins."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from configs import scale

from tonotopy import results
from tonotopy.studies import STUDIES
from tonotopy.studies.steering.study import STUDY

ROOT = Path(__file__).parents[2]
RUNNER = """
import json, runpy, sys
from types import SimpleNamespace

class Named(list):
    def __init__(self, items):
        super().__init__(items.values() if isinstance(items, dict) else items)
        self.__dict__.update(items if isinstance(items, dict) else {})
        self.get = self.__dict__.get

sys.path.insert(0, "workflow")
job = json.loads(sys.argv[1])
fields = {k: Named(v) for k, v in job["files"].items()}
fields["params"] = SimpleNamespace(**job["params"])
fields["wildcards"] = SimpleNamespace(**job["wildcards"])
runpy.run_path(f"workflow/scripts/{job['script']}.py",
               {"snakemake": SimpleNamespace(**fields)}, "__main__")
print(sorted(m for m in ("torch", "snakemake", "datasets") if m in sys.modules))
"""


@pytest.fixture(scope="module")
def python(tmp_path_factory):
    """The interpreter of a fresh virtual environment that holds the analysis pins alone."""
    folder = tmp_path_factory.mktemp("analysis")
    pins = yaml.safe_load((ROOT / "envs/analysis.yaml").read_text())["dependencies"]
    wanted = [p.replace(" ", "").replace("matplotlib-base", "matplotlib") for p in pins]
    subprocess.run([sys.executable, "-m", "venv", folder], check=True)
    install = [folder / "bin/python", "-m", "pip", "install", "--quiet"]
    subprocess.run([*install, *(p for p in wanted if not p.startswith("python="))], check=True)
    return str(folder / "bin/python")


def run(python, project, script, files, params, wildcards):
    job = {
        "script": script,
        "files": {**files, "log": ["isolated.log"]},
        "params": params,
        "wildcards": {"scale": "smoke", **wildcards},
    }
    done = subprocess.run(
        [python, "-c", RUNNER, json.dumps(job)],
        cwd=project.path,
        capture_output=True,
        text=True,
        env={"PATH": "/usr/bin"},
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.strip().endswith("[]")


@pytest.fixture
def study(finished) -> dict:
    return yaml.safe_load((finished.path / "config.yaml").read_text())["steering"]["world"]


STATISTICS = json.dumps({"resamples": 100, "confidence": 0.95})


def files(folder: Path, **names: str) -> dict[str, str]:
    return {key: str(folder / name) for key, name in names.items()}


def test_effects_are_read(python, finished, tmp_path):
    place = finished.path / "results/smoke/steering/world"
    inputs = {
        "sweeps": [str(place / "sweep-test.parquet")],
        "corpus": str(finished.path / "data/corpora/smoke/genres"),
    }
    outputs = files(tmp_path, by_clip="by_clip.parquet", matrix="m.parquet", table="m.csv")
    params = {"sweep_names": ["test"], "slope_range": 0.1, "statistics": STATISTICS, "seed": 0}
    run(
        python,
        finished,
        "steering/read_effects",
        {"input": inputs, "output": outputs},
        params,
        {"instance": "world"},
    )
    assert (tmp_path / "m.csv").stat().st_size > 1000


def test_claims_are_judged_and_controls_enforced(python, finished, tmp_path, study):
    place = finished.path / "results/smoke/steering/world"
    inputs = {
        "tables": [str(place / "predictions.parquet")],
        "claims": ["workflow/claims/steering.yaml"],
        "schema": "workflow/schemas/claims.schema.yaml",
    }
    instance = {
        "study": "steering",
        "name": "world",
        "settings": study,
        "tables": ["predictions"],
        "embedded": True,
        "own": False,
        "figures": {},
        "statistics": "tonotopy.studies.steering.statistics",
    }
    params = {
        "instances": json.dumps([instance]),
        "figures": {"steering": list(STUDY.figures)},
        "claims": ["steering"],
        "known": {"steering": ["world"]},
        "titles": {"steering": "Study 2: steering"},
        "notes": [],
        "statistics": STATISTICS,
        "seed": 0,
    }
    outputs = files(
        tmp_path, json="card.json", csv="card.csv", page="card.page", verdict="verdict.txt"
    )
    run(python, finished, "report/judge_claims", {"input": inputs, "output": outputs}, params, {})
    assert (tmp_path / "card.json").stat().st_size > 1000
    inputs = {"scorecard": outputs["json"], "verdict": outputs["verdict"]}
    places = {"input": inputs, "output": [str(tmp_path / "enforced")]}
    run(python, finished, "report/enforce_controls", places, {"controls": "warn"}, {})
    assert (tmp_path / "enforced").read_text() == (tmp_path / "verdict.txt").read_text()


def test_a_figure_is_drawn(python, finished, tmp_path, study):
    name, sweep = "figure-3.4-steering", "results/smoke/steering/world/sweep-test.parquet"
    about = {**STUDY.shown_settings(study), "flat_concept": False}
    figure = {
        "module": STUDY.figure_module(name),
        "sources": ["sweep-test"],
        "about": about,
        "embedded": True,
    }
    params = {"figure": json.dumps(figure), "caption": "A caption.", "statistics": STATISTICS}
    places = {
        "input": [str(finished.path / sweep)],
        "output": files(tmp_path, svg="figure.svg", png="figure.png"),
    }
    wildcards = {"study": "steering", "instance": "world", "figure": name}
    run(python, finished, "report/draw_figure", places, params, wildcards)
    assert (tmp_path / "figure.png").stat().st_size > 5000


def test_the_front_page_and_the_room_are_built(python, finished, tmp_path):
    config = scale("smoke")
    inputs = {
        "scorecard": "results/smoke/scorecard.json",
        "corpora": results.used_corpora("smoke", config),
        "networks": results.used_networks("smoke", config),
        "overviews": results.overview_tables("smoke", config),
        "citation": "CITATION.cff",
        "requirements": "requirements.txt",
    }
    params = {
        "studies": json.dumps(results.shown("smoke", config)),
        "statistics": STATISTICS,
        "seed": 0,
        "benchmarks": "results/smoke/benchmarks",
        "notes": [],
    }
    page = finished.path / "results/smoke/other.html"  # figures are looked for beside it
    places = {"input": inputs, "output": [str(page)]}
    run(python, finished, "report/build_front_page", places, params, {})
    assert "Study 2: steering" in page.read_text()
    page.unlink()
    room = tmp_path / "listen"
    places = {"input": {"exhibits": results.exhibits("smoke", config)}, "output": [str(room)]}
    titles = {study.name: study.title for study in STUDIES.values()}
    run(python, finished, "listen/build_room", places, {"titles": titles, "notes": []}, {})
    assert "relevance-tones.html" in (room / "index.html").read_text()
