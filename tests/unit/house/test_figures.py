"""Every figure draws from tables alone, shows what they hold, and is named in the catalogue."""

import html
import re
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pandas as pd
import pytest
from tables_of_hierarchy import HIERARCHY, hierarchy_tables
from tables_of_steering import CLASSES, SETTINGS, steering_tables

from tonotopy.drawing.style import mean_band, read_source, save_figure
from tonotopy.studies.steering.figures.augmentation import table_rows
from tonotopy.figures.catalogue import FIGURES, drawable
from tonotopy.files import write_json

WORKFLOW = Path(__file__).parents[3] / "workflow"
AUGMENTATION = [
    {"transform": "pitch_shift", "range": [-0.25, 0.75], "p": 0.5},
    {"transform": "time_mask", "range": [1, 3], "p": 0.4},
    {"transform": "time_mask", "range": [5, 6], "p": 1.0},
    {"transform": "gain", "decibels": 6},
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    root = steering_tables(tmp_path_factory.mktemp("study"))
    hierarchy_tables(root / "hierarchy")
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
    folder = folder / "hierarchy" if figure.room == "hierarchy" else folder
    paths = (folder / name for name in figure.sources)
    return dict(read_source(p if p.is_dir() else p.with_suffix(".parquet")) for p in paths)


TEXT = {
    "table-2.2-corpora": "30, cut to 5",
    "figure-2.1-layers": "peak in the thesis",
    "figure-2.2-neighbours": "CLAP, number of neighbours k",
    "figure-2.3-one-second": "first second",
    "figure-2.4-ast": "speaker count (high level)",
    "centres": "consonant (low)",
    "folds": "grouped folds",
    "linear": "relative depth (0 first layer, 1 last)",
    "tagging": "mean average precision",
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
    "matrix": "1.98 •",
    "controls": "untrained network",
}


def test_table_3_2_has_what_was_applied_beside_the_thesiss():
    assert table_rows(AUGMENTATION) == [
        ["noise", "standard deviation, full scale 1", "not applied", "0.01 to 0.1, p 0.5"],
        ["pitch mask", "mel bands", "not applied", "2 to 4, p 0.25"],
        ["time mask", "frames", "1 to 3, p 0.4; 5 to 6, p 1.0", "4 to 64, p 0.25"],
        ["pitch shift", "semitones", "-0.25 to 0.75, p 0.5", "-0.5 to 0.5, p 0.5"],
        ["gain", "", "decibels 6", "not applied"],
    ]


@pytest.mark.parametrize("name", FIGURES)
def test_every_figure_is_drawn_with_its_words_and_note(folder, tmp_path, name):
    entry = FIGURES[name]
    about = {**SETTINGS, **HIERARCHY, "resamples": 50, "confidence": 0.95, **entry.options}
    figure = import_module(entry.module).draw(sources(folder, entry), about)
    caption = f"{entry.caption} Scale smoke, study tiny."
    save_figure(figure, name, caption, tmp_path / "f.svg", tmp_path / "f.png")
    svg = (tmp_path / "f.svg").read_text()
    words = " ".join(re.findall(r">([^<>]+)</text>", svg))
    assert TEXT[name] in words and html.escape(caption, quote=False) in words
    assert f"<dc:title>{name}</dc:title>" in svg
    assert (tmp_path / "f.png").read_bytes().startswith(b"\x89PNG")
    assert (tmp_path / "f.png").stat().st_size > 5000


def test_the_same_table_gives_the_same_picture(folder, tmp_path):
    entry = FIGURES["matrix"]
    for name in ("a", "b"):
        figure = import_module(entry.module).draw(sources(folder, entry), SETTINGS)
        save_figure(figure, "", "", tmp_path / f"{name}.svg", tmp_path / f"{name}.png")
    assert (tmp_path / "a.svg").read_bytes() == (tmp_path / "b.svg").read_bytes()


def test_studies_draw_what_their_sweeps_allow():
    steering = [name for name, figure in FIGURES.items() if figure.room == "steering"]
    assert set(drawable("steering", {"sweeps": ["test"], "flat": None}, {"ast"})) == {
        name
        for name in steering
        if FIGURES[name].sweep in (None, "test") and not FIGURES[name].options.get("flat_concept")
    }
    everything = {"sweeps": ["test", "unseen", "layers", "controls"], "flat": "piano"}
    assert drawable("steering", everything, {"ast"}) == steering


def test_hierarchies_draw_what_their_settings_allow():
    everything = drawable("hierarchy", HIERARCHY, {"ast", "clap"})
    assert everything == [name for name, figure in FIGURES.items() if figure.room == "hierarchy"]
    less = {**HIERARCHY, "folds": ["paper"], "second": None, "inverse_penalty": None,
            "tagging": None}  # fmt: skip
    dropped = {"folds", "figure-2.3-one-second", "linear", "tagging"}
    assert set(drawable("hierarchy", less, {"ast", "clap"})) == set(everything) - dropped


@pytest.mark.parametrize(
    ("families", "missing"),
    [({"ast"}, {"figure-2.1-layers", "figure-2.3-one-second"}), ({"other"}, {"figure-2.4-ast"})],
)
def test_figures_of_networks_that_are_not_there_are_not_drawn(families, missing):
    everything = drawable("hierarchy", HIERARCHY, {"ast", "clap"})
    assert set(drawable("hierarchy", HIERARCHY, families)) == set(everything) - missing


def drawn(folder, tmp_path, name, about, change=lambda table: table):
    entry = FIGURES[name]
    tables = {key: change(table) for key, table in sources(folder, entry).items()}
    about = {**about, "resamples": 50, "confidence": 0.95, **entry.options}
    save_figure(import_module(entry.module).draw(tables, about), "", "", tmp_path / "f.svg",
                tmp_path / "f.png")  # fmt: skip
    return " ".join(re.findall(r">([^<>]+)</text>", (tmp_path / "f.svg").read_text()))


def test_a_network_and_a_task_of_ones_own_are_drawn(folder, tmp_path):
    own = {**HIERARCHY, "networks": ["mine"], "tasks": {"bark": {"corpus": "dogs", "level": "mid"}}}

    def renamed(table):
        table = table[table["network"] == "vggish"].assign(network="mine", family="other")
        return table[table["task"] == "genre"].assign(task="bark") if "task" in table else table

    for name in drawable("hierarchy", own, {"other"}):
        words = drawn(folder, tmp_path, name, own, renamed)
        if name == "table-2.2-corpora":
            assert "bark mid dogs 200 10 2.5 0.100 - - -" in words
        else:
            assert "mine" in words and ("bark (mid" in words or name == "tagging")
    assert "no network of this study" in drawn(folder, tmp_path, "tagging", own)
    assert "no network of the kind 'ast'" in drawn(folder, tmp_path, "figure-2.4-ast", own)
    assert "no profiles" in drawn(folder, tmp_path, "figure-2.2-neighbours", own)


def test_curves_are_those_at_the_best_k(folder):
    from tonotopy.studies.hierarchy.figures.profile_rows import at_best_k, rows_of

    table = pd.read_parquet(folder / "hierarchy/profiles.parquet")
    table = table[table["task"] == "consonant"]
    found = at_best_k(rows_of(table, network="clap", copy="untrained"))
    assert list(found["k"]) == [5] * 7 and list(found["position"]) == list(range(7))
    expected = [0.25, 0.35, 0.65, 0.45, 0.35, 0.25, 0.15]
    assert found["accuracy"].tolist() == pytest.approx(expected)


def test_bands_hold_the_mean():
    import numpy as np

    values = np.random.default_rng(0).normal(1, 1, size=(100, 3))
    mean, low, high = mean_band(values, {"resamples": 500, "confidence": 0.95})
    assert (low < mean).all() and (mean < high).all() and (high - low < 0.6).all()


def test_figures_and_evidence_never_load_torch():
    program = (
        "import sys, importlib\nfrom tonotopy.figures.catalogue import FIGURES\n"
        "import tonotopy.evidence.scorecard, tonotopy.studies.steering.effects\n"
        "[importlib.import_module(f.module) for f in FIGURES.values()]\n"
        "print(sorted({'torch', 'lightning', 'datasets', 'timm'} & set(sys.modules)))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True,
        env={"PYTHONPATH": str(WORKFLOW)},
    )  # fmt: skip
    assert done.stdout.strip() == "[]"
