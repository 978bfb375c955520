"""Evidence and figures run with nothing but the analysis environment's pins."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tonotopy.studies.steering.study import STUDY

ROOT = Path(__file__).parents[2]
RUNNER = """
import json, runpy, sys
from types import SimpleNamespace

class Named(list):
    def __init__(self, items):
        super().__init__(items.values() if isinstance(items, dict) else items)
        self.__dict__.update(items if isinstance(items, dict) else {})

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


def test_effects_claims_and_figures_in_the_analysis_environment_alone(python, finished, tmp_path):
    results = finished.path / "results/smoke"
    study = yaml.safe_load((finished.path / "config.yaml").read_text())["steering"]["world"]
    statistics = json.dumps({"resamples": 100, "confidence": 0.95})
    place = results / "steering/world"
    run(
        python,
        finished,
        "steering/read_effects",
        {
            "input": {
                "sweeps": [str(place / "sweep-test.parquet")],
                "corpus": str(finished.path / "data/corpora/smoke/genres"),
            },
            "output": {
                k: str(tmp_path / v)
                for k, v in {
                    "by_clip": "by_clip.parquet",
                    "matrix": "m.parquet",
                    "table": "m.csv",
                }.items()
            },
        },
        {"sweep_names": ["test"], "slope_range": 0.1, "statistics": statistics, "seed": 0},
        {"instance": "world"},
    )
    run(
        python,
        finished,
        "report/judge_claims",
        {
            "input": {
                "tables": [str(place / "predictions.parquet")],
                "claims": ["workflow/claims/steering.yaml"],
                "schema": "workflow/schemas/claims.schema.yaml",
            },
            "output": {k: str(tmp_path / f"card.{k}") for k in ("json", "csv", "page")},
        },
        {
            "instances": json.dumps(
                [
                    {
                        "study": "steering",
                        "name": "world",
                        "settings": study,
                        "tables": ["predictions"],
                        "embedded": True,
                        "statistics": "tonotopy.studies.steering.statistics",
                    }
                ]
            ),
            "claims": ["steering"],
            "known": {"steering": ["world"]},
            "titles": {"steering": "Study 2: steering"},
            "statistics": statistics,
            "seed": 0,
        },
        {},
    )
    assert (tmp_path / "card.json").stat().st_size > 1000
    run(
        python,
        finished,
        "report/draw_figure",
        {
            "input": [str(place / "sweep-test.parquet")],
            "output": {k: str(tmp_path / f"figure.{k}") for k in ("svg", "png")},
        },
        {
            "figure": json.dumps(
                {
                    "module": STUDY.figure_module("figure-3.4-steering"),
                    "sources": ["sweep-test"],
                    "about": {**STUDY.shown_settings(study), "flat_concept": False},
                    "embedded": True,
                }
            ),
            "caption": "A caption.",
            "statistics": statistics,
        },
        {"study": "steering", "instance": "world", "figure": "figure-3.4-steering"},
    )
    assert (tmp_path / "figure.png").stat().st_size > 5000
    run(
        python,
        finished,
        "report/enforce_controls",
        {
            "input": {"scorecard": str(results / "scorecard.json")},
            "output": [str(tmp_path / "verdict.txt")],
        },
        {"controls": "warn", "embedded": json.dumps({"steering/world": True})},
        {},
    )
    assert (tmp_path / "verdict.txt").is_file()
