"""The figures of study 2: drawn from tables alone, showing what these hold."""

import pandas as pd
import pytest
from drawn import check_figure, draw, shown
from tables_of_steering import CLASSES, SETTINGS, steering_tables

from tonotopy.files import write_json
from tonotopy.studies.steering.figures.augmentation import table_rows
from tonotopy.studies.steering.study import STUDY

AUGMENTATION = [
    {"transform": "pitch_shift", "range": [-0.25, 0.75], "p": 0.5},
    {"transform": "time_mask", "range": [1, 3], "p": 0.4},
    {"transform": "time_mask", "range": [5, 6], "p": 1.0},
    {"transform": "gain", "decibels": 6},
]
TEXT = {
    "table-3.1-class-counts": "corpus my_classes",
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
    "matrix": "2.04 •",
    "controls": "untrained network",
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
        facts = {"name": f"my_{name}", "classes": list(CLASSES), "counts": counts}
        write_json(root / name / "corpus.json", facts)
    write_json(root / "network/network.json", {"augmentation": AUGMENTATION})
    return root


def test_every_figure_has_words_to_look_for():
    assert set(TEXT) == set(STUDY.figures)


@pytest.mark.parametrize("name", STUDY.figures)
def test_every_figure_is_drawn_with_its_words_and_note(folder, tmp_path, name):
    check_figure(folder, tmp_path, STUDY, name, SETTINGS, TEXT[name])


def test_the_same_table_gives_the_same_picture(folder, tmp_path):
    pictures = []
    for _ in range(2):
        shown(draw(folder, STUDY, "matrix", SETTINGS), tmp_path)
        pictures.append((tmp_path / "f.svg").read_bytes())
    assert pictures[0] == pictures[1]


def test_the_counts_of_both_corpora_stand_below_their_names(folder, tmp_path):
    words = shown(draw(folder, STUDY, "table-3.1-class-counts", SETTINGS), tmp_path)
    assert words.index("corpus my_classes") < words.index("corpus my_concepts")


def test_table_3_2_has_what_was_applied_beside_the_thesiss():
    assert table_rows(AUGMENTATION) == [
        ["noise", "standard deviation, full scale 1", "not applied", "0.01 to 0.1, p 0.5"],
        ["pitch mask", "mel bands", "not applied", "2 to 4, p 0.25"],
        ["time mask", "frames", "1 to 3, p 0.4; 5 to 6, p 1.0", "4 to 64, p 0.25"],
        ["pitch shift", "semitones", "-0.25 to 0.75, p 0.5", "-0.5 to 0.5, p 0.5"],
        ["gain", "", "decibels 6", "not applied"],
    ]
