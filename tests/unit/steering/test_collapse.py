"""A network whose output collapses at every strength: nothing to see, and nothing breaks."""

from importlib import import_module
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml
from worlds import SETTINGS, steering_tables

from tonotopy.evidence.scorecard import judge
from tonotopy.studies.steering.statistics import SteeringTables
from tonotopy.figures.catalogue import FIGURES
from tonotopy.drawing.style import read_source
from tonotopy.studies.steering.effects import clip_slopes, slope_matrix

ABOUT = {**SETTINGS, "resamples": 50, "confidence": 0.95}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = steering_tables(tmp_path_factory.mktemp("study"))
    parts = []
    for path in folder.glob("sweep-*.parquet"):
        table = pd.read_parquet(path).assign(collapsed=True)
        table.to_parquet(path)
        found = clip_slopes(table, 0.1).assign(sweep=path.stem.removeprefix("sweep-"))
        assert found.empty
        parts.append(found)
    causes = pd.DataFrame({"concept": ["violin"], "label": ["classical"], "planted": [True]})
    matrix = slope_matrix(parts[0], causes, 50, 0.95, np.random.default_rng(0))
    assert matrix.empty and "planted" in matrix
    pd.concat(parts).to_parquet(folder / "clip_slopes.parquet")
    matrix.to_parquet(folder / "slopes.parquet")
    return folder


def test_every_claim_is_judged_or_says_why_not(folder):
    claims = yaml.safe_load((Path(__file__).parents[3] / "workflow/claims.yaml").read_text())
    tables = SteeringTables(folder, SETTINGS, 50, 0.95, 0)
    rows = judge(claims, {"steering": {"world": tables}}, {"steering": ["world"]}, "tiny")
    slopes = [row for row in rows if row["row"] in ("steering.planted", "steering.pair")]
    assert slopes and {row["verdict"] for row in slopes} == {"not run"}
    assert all(row["reason"] for row in rows if row["verdict"] == "not run")


@pytest.mark.parametrize("name", ["matrix", "controls", "figure-3.4-steering"])
def test_figures_say_so(folder, name):
    entry = FIGURES[name]
    sources = dict(read_source(folder / f"{source}.parquet") for source in entry.sources)
    figure = import_module(entry.module).draw(sources, {**ABOUT, **entry.options})
    if name == "matrix":
        assert "collapsed at every strength" in figure.axes[0].texts[0].get_text()
