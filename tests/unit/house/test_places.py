"""Every folder convention, once: nobody else writes a path of the project down."""

import re
from pathlib import Path

import pytest

from tonotopy import places

WORKFLOW = Path(__file__).parents[3] / "workflow"
FUNCTIONS = {
    places.corpus: ("mini", "notes"),
    places.network: ("mini", "ast"),
    places.activations: ("mini", "ast", "notes.all.default"),
    places.table: ("mini", "steering", "world", "slopes"),
    places.subspaces: ("mini", "relevance", "tones"),
    places.exhibits: ("mini", "relevance", "tones"),
    places.figure: ("mini", "steering", "world", "matrix", "svg"),
    places.result: ("mini", "verdict.txt"),
    places.log: ("predict", "world"),
    places.benchmark: ("steer", "world", "test"),
    places.audioset: ("mini", "genre"),
    places.names: ("mini",),
    places.history: ("mini", "ast"),
    places.trials: ("mini", "ast"),
    places.checkpoints: ("mini", "ast"),
    places.tensorboard: ("mini", "ast"),
    places.weights: ("vggish.pth",),
}


def test_places_differ_and_lie_below_data_and_results():
    found = [function(*names) for function, names in FUNCTIONS.items()]
    assert len(set(found)) == len(found)
    assert all(place.startswith(("data/", "results/")) for place in found)


def test_a_copy_of_a_network_lies_beside_it():
    trained, untrained = places.network("mini", "ast"), places.network("mini", "ast", "untrained")
    assert untrained == f"{trained}-untrained"


def test_what_an_instance_leaves_lies_in_its_folder():
    folder = "results/mini/relevance/tones"
    assert places.table("mini", "relevance", "tones", "sums") == f"{folder}/sums.parquet"
    assert places.subspaces("mini", "relevance", "tones") == f"{folder}/subspaces"
    assert places.exhibits("mini", "relevance", "tones") == f"{folder}/exhibits"


def test_another_seed_is_another_scale():
    assert places.corpus(places.seeded("mini", 3), "notes") == "data/corpora/mini-seed3/notes"


@pytest.mark.parametrize("suffix", ["*.smk", "*.py"])
def test_nobody_else_writes_a_path_down(suffix):
    written = re.compile(r"[\"'](results/|data/(corpora|downloads|audioset)/)")
    for path in WORKFLOW.rglob(suffix):
        if path.name != "places.py":
            assert not written.search(path.read_text()), path
