"""The scripts of study 7, run on files as the rules hand them over."""

import json

import numpy as np
import pandas as pd
import pytest
from scripts import run_script
from validity_worlds import BASES, CLASSES, SETTINGS, bundle, make_bench

from tonotopy.networks.bundle import save
from tonotopy.studies.steering.plans import write_vectors


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """All that the jobs of an instance read; our CNN is the network."""
    folder = tmp_path_factory.mktemp("files")
    bench = make_bench(folder, "cnn")
    arguments = {"filters": [4, 5], "dense": [6], "dropout": 0.0}
    one = bundle("cnn")
    info = {"architecture": "genre_cnn", "arguments": arguments, "classes": one.classes}
    for name in ("network", "untrained"):
        save(folder / name, one.network, one.front_end, info)
    write_vectors(folder / "vectors.safetensors", bench.vectors, bench.probed)
    layers = range(len(bench.activations))
    rows = [("trained", "low", layer, 0, 0.5 + 0.1 * layer) for layer in layers]
    columns = ["vectors", "concept", "layer", "seed", "macro_f1"]
    pd.DataFrame(rows, columns=columns).to_parquet(folder / "scores.parquet")
    return folder


def method_inputs(files) -> dict:
    names = ("network", "untrained", "classes", "concepts", "twins")
    return {
        **{name: str(files / name) for name in names},
        "activations": str(files / "activations-cnn"),
        "vectors": str(files / "vectors.safetensors"),
        "scores": str(files / "scores.parquet"),
        "parts": [str(files / "parts")],
    }


@pytest.mark.filterwarnings("ignore")
def test_from_corpora_to_marks(files, monkeypatch):
    settings = {k: v for k, v in SETTINGS.items() if k not in ("seed", "workers")}
    effects, layers = str(files / "effects.parquet"), str(files / "layers.parquet")
    run_script(
        "validity/intervene",
        monkeypatch,
        {**method_inputs(files), "twins": [str(files / "twins"), str(files / "parts")]},
        {"effects": effects, "layers": layers},
        {
            "attributes": ["lead", "pad"],
            "settings": json.dumps(settings),
            "seed": 5,
            "accelerator": "cpu",
        },
    )
    found = pd.read_parquet(effects)
    assert len(found) == 2 * 2 * BASES * 3 * 2 and set(found["class"]) == set(CLASSES)
    both = found.pivot(
        index=["attribute", "base", "value", "class"], columns="copy", values="probability"
    )
    assert (both["trained"] == both["untrained"]).all()  # the same weights here
    assert set(pd.read_parquet(layers)["attribute"]) == {"lead", "pad"}
    names = ["cosine", "attribution", "sonification", "random"]
    outputs = {n: str(files / f"{n}.parquet") for n in ("matrices", "methods")}
    params = {"settings": json.dumps({**settings, "methods": names}), "seed": 5}
    run_script(
        "validity/run_methods",
        monkeypatch,
        method_inputs(files),
        outputs,
        {**params, "accelerator": "cpu"},
    )
    methods = pd.read_parquet(outputs["methods"])
    assert methods["method"].tolist() == names
    assert methods["applies"].tolist() == [True, True, False, True]
    matrices = pd.read_parquet(outputs["matrices"])
    assert set(matrices["method"]) == {"cosine", "attribution", "random"}
    assert np.isfinite(matrices["score"]).all()
    marked = {n: str(files / f"{n}.parquet") for n in ("marks", "draws")}
    statistics = json.dumps({"resamples": 20, "confidence": 0.9})
    run_script(
        "validity/mark_methods",
        monkeypatch,
        {"effects": effects, **outputs},
        marked,
        {"statistics": statistics, "seed": 5},
    )
    marks = pd.read_parquet(marked["marks"])
    assert {"cosine", "attribution", "random"} == set(marks["method"])


def test_without_parts_methods_of_stems_say_so(files, tmp_path, monkeypatch):
    settings = {k: v for k, v in SETTINGS.items() if k not in ("seed", "workers")}
    outputs = {n: str(tmp_path / f"{n}.parquet") for n in ("matrices", "methods")}
    run_script(
        "validity/run_methods",
        monkeypatch,
        {**method_inputs(files), "parts": []},
        outputs,
        {
            "settings": json.dumps({**settings, "methods": ["deletion"]}),
            "seed": 5,
            "accelerator": "cpu",
        },
    )
    (reason,) = pd.read_parquet(outputs["methods"])["reason"]
    assert reason.startswith("no corpus of twins with parts is named")
