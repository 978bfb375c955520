"""Relevance maps for use elsewhere: what is written comes back, with what it is of."""

import numpy as np
import pandas as pd
import pytest

from tonotopy.errors import InputError
from tonotopy.files import read_tensors
from tonotopy.studies.relevance.exporting import write_maps

ABOUT = {"network": "net", "corpus": {"name": "c", "content_sha256": "0"}, "seed": 3}


def examples(mels=3, frames=4):
    panels = ["input", "standard", "component 1", "component 2", "object: bell"]
    rows = [
        {
            "set": "own",
            "label": f"label {n}",
            "subspaces": "a$b",
            "clip": f"clip {n}",
            "layer": "conv3",
            "components": 2,
            "panel": panel,
            "relevance": 0.5 * n,
            "mels": mels,
            "frames": frames,
            "values": (np.arange(mels * frames) + 100 * n + 10 * place).tolist(),
            "seconds": 1.5,
            "high_hz": 8000.0,
        }
        for n in range(2)
        for place, panel in enumerate(panels)
    ]
    table = pd.DataFrame(rows)
    return table.astype({"label": "category", "panel": "category"})


def test_maps_come_back_with_what_they_are_of(tmp_path):
    write_maps(tmp_path / "maps.safetensors", examples(), ABOUT)
    arrays, facts = read_tensors(tmp_path / "maps.safetensors")
    assert arrays["maps"].shape == (6, 3, 4) and arrays["maps"].dtype == np.float32
    assert facts["axes"] == ["map", "band", "frame"] and facts["units"]
    assert {key: facts[key] for key in ABOUT} == ABOUT
    assert (facts["seconds"], facts["low_hz"], facts["high_hz"]) == (1.5, None, 8000.0)
    assert [row["panel"] for row in facts["rows"]] == 2 * ["standard", "component 1", "component 2"]
    for row, values in zip(facts["rows"], arrays["maps"], strict=True):
        n = int(row["clip"][-1])
        place = ["input", "standard", "component 1", "component 2"].index(row["panel"])
        np.testing.assert_array_equal(values.ravel(), np.arange(12) + 100 * n + 10 * place)
        assert row["label"] == f"label {n}" and row["relevance"] == 0.5 * n
        assert row["components"] == 2 and row["subspaces"] == "a$b"


def test_without_a_map_there_is_an_empty_array(tmp_path):
    table = examples()
    write_maps(tmp_path / "maps.safetensors", table[table["panel"] == "input"], ABOUT)
    arrays, facts = read_tensors(tmp_path / "maps.safetensors")
    assert arrays["maps"].shape == (0, 0, 0) and facts["rows"] == []


def test_maps_of_several_sizes_are_refused(tmp_path):
    table = pd.concat([examples(), examples(mels=5)])
    with pytest.raises(InputError, match="maps of 2 sizes"):
        write_maps(tmp_path / "maps.safetensors", table, ABOUT)
    assert not list(tmp_path.iterdir())
