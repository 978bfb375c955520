"""Scripts of study 2: names come with the inputs, none is read out of a file's name."""

import json

import pandas as pd
import pytest
from scripts import run_script
from tables_of_steering import CLASSES, CONCEPTS, PLANTED, steering_tables

from tonotopy.evidence.resampling import Bootstrap
from tonotopy.studies.steering.effects import clip_slopes, slope_matrix


@pytest.fixture(scope="module")
def sweep(tmp_path_factory):
    return pd.read_parquet(steering_tables(tmp_path_factory.mktemp("a")) / "sweep-test.parquet")


@pytest.mark.parametrize("planted", [True, False])
def test_slopes_are_read_from_sweeps_of_the_names_that_are_given(
    sweep, planted, tmp_path, monkeypatch
):
    sweeps = {
        "unseen": sweep.assign(probability=-sweep["probability"]),
        "test": sweep,
        "controls": sweep.assign(vectors="random"),
    }
    files = [tmp_path / f"{number}.parquet" for number in range(3)]
    for file, table in zip(files, sweeps.values(), strict=True):
        table.to_parquet(file)
    causes = pd.DataFrame(
        [(c, k, (c, k) in PLANTED) for c in CONCEPTS for k in CLASSES],
        columns=["concept", "label", "planted"],
    )
    corpus = tmp_path / "corpus"
    corpus.mkdir()
    if planted:
        causes.to_csv(corpus / "causes.csv", index=False)
    outputs = {"by_clip": "c.parquet", "matrix": "m.parquet", "table": "m.csv"}
    run_script(
        "steering/read_effects",
        monkeypatch,
        {"sweeps": list(map(str, files)), "corpus": str(corpus)},
        {key: str(tmp_path / name) for key, name in outputs.items()},
        {
            "sweep_names": list(sweeps),
            "slope_range": 0.05,
            "statistics": json.dumps({"resamples": 40, "confidence": 0.8}),
            "seed": 6,
        },
    )
    expected = {name: clip_slopes(table, 0.05) for name, table in sweeps.items()}
    found = pd.read_parquet(tmp_path / "c.parquet")
    assert list(found["sweep"].unique()) == list(sweeps)
    for name, table in expected.items():
        rows = found[found["sweep"] == name]
        assert rows["slope"].tolist() == table["slope"].tolist()
        assert rows["vectors"].tolist() == table["vectors"].tolist()
    bootstrap = Bootstrap(40, 0.8, seed=6)
    plant = causes if planted else None
    matrix = slope_matrix(expected["test"], plant, bootstrap, expected["controls"])
    for written in (pd.read_parquet(tmp_path / "m.parquet"), pd.read_csv(tmp_path / "m.csv")):
        pd.testing.assert_frame_equal(written, matrix, check_dtype=False)
