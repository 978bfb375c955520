"""Every figure draws from tables alone, shows what they hold, and is named in the catalogue."""

import re
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pandas as pd
import pytest
from worlds import CLASSES, SETTINGS, steering_tables

from tonotopy.figures.catalogue import FIGURES, drawable
from tonotopy.figures.style import mean_band, read_source, save_figure
from tonotopy.files import write_json

WORKFLOW = Path(__file__).parents[2] / "workflow"
AUGMENTATION = {
    name: {"range": [1, 2], "p": p}
    for name, p in (("noise", 0.0), ("pitch_mask", 0.5), ("time_mask", 0.5), ("pitch_shift", 0.5))
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    root = steering_tables(tmp_path_factory.mktemp("study"))
    table = pd.read_parquet(root / "sweep-test.parquet")
    table.assign(collapsed=table["strength"] == 0.1).to_parquet(root / "sweep-unseen.parquet")
    layers = [table.assign(layer=layer) for layer in range(3)]
    pd.concat(layers).to_parquet(root / "sweep-layers.parquet")
    counts = {split: dict.fromkeys(CLASSES, 5) for split in ("train", "validation", "test")}
    for name in ("classes", "concepts"):
        write_json(root / name / "corpus.json", {"classes": list(CLASSES), "counts": counts})
    write_json(root / "network/network.json", {"augmentation": AUGMENTATION})
    return root


def sources(folder, figure):
    paths = (folder / name for name in figure.sources)
    return dict(read_source(p if p.is_dir() else p.with_suffix(".parquet")) for p in paths)


TEXT = {
    "table-3.1-class-counts": "15 (thesis 4126)",
    "table-3.2-augmentation": "not applied",
    "figure-3.1-confusion": "macro-F1",
    "figure-3.2-multiclass-probe": "chance, 1/3",
    "figure-3.3-binary-probe": "violin",
    "figure-3.4-steering": "violin on classical",
    "figure-3.5-flat": "piano on classical",
    "figure-3.6-steering-unseen": "clips of the rest",
    "figure-3.7-flat-unseen": "piano on rock",
    "figure-3.8-one-to-all": "vector of layer",
    "figure-3.9-cosines": "guitar and rock",
    "matrix": "0.20 •",
    "controls": "untrained network",
}


@pytest.mark.parametrize("name", FIGURES)
def test_every_figure_is_drawn_with_its_words_and_note(folder, tmp_path, name):
    entry = FIGURES[name]
    about = {**SETTINGS, "resamples": 50, "confidence": 0.95, **entry.options}
    figure = import_module(entry.module).draw(sources(folder, entry), about)
    save_figure(figure, "scale smoke, study tiny", tmp_path / "f.svg", tmp_path / "f.png")
    svg = (tmp_path / "f.svg").read_text()
    words = " ".join(re.findall(r">([^<>]+)</text>", svg))
    assert TEXT[name] in words and "scale smoke, study tiny" in words
    assert (tmp_path / "f.png").read_bytes().startswith(b"\x89PNG")
    assert (tmp_path / "f.png").stat().st_size > 5000


def test_the_same_table_gives_the_same_picture(folder, tmp_path):
    entry = FIGURES["matrix"]
    for name in ("a", "b"):
        figure = import_module(entry.module).draw(sources(folder, entry), SETTINGS)
        save_figure(figure, "", tmp_path / f"{name}.svg", tmp_path / f"{name}.png")
    assert (tmp_path / "a.svg").read_bytes() == (tmp_path / "b.svg").read_bytes()


def test_studies_draw_what_their_sweeps_allow():
    assert set(drawable({"sweeps": ["test"], "flat": None})) == {
        name
        for name, figure in FIGURES.items()
        if figure.sweep in (None, "test") and not figure.options.get("flat_concept")
    }
    everything = {"sweeps": ["test", "unseen", "layers", "controls"], "flat": "piano"}
    assert drawable(everything) == list(FIGURES)


def test_bands_hold_the_mean():
    import numpy as np

    values = np.random.default_rng(0).normal(1, 1, size=(100, 3))
    mean, low, high = mean_band(values, {"resamples": 500, "confidence": 0.95})
    assert (low < mean).all() and (mean < high).all() and (high - low < 0.6).all()


def test_figures_and_evidence_never_load_torch():
    program = (
        "import sys, importlib\nfrom tonotopy.figures.catalogue import FIGURES\n"
        "import tonotopy.evidence.scorecard, tonotopy.steering.effects\n"
        "[importlib.import_module(f.module) for f in FIGURES.values()]\n"
        "print(sorted({'torch', 'lightning', 'datasets', 'timm'} & set(sys.modules)))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True,
        env={"PYTHONPATH": str(WORKFLOW)},
    )  # fmt: skip
    assert done.stdout.strip() == "[]"
