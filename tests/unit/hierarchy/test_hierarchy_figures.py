"""The figures of study 1: drawn from tables alone, showing what these hold."""

import pandas as pd
import pytest
from drawn import check_figure, draw, shown
from tables_of_hierarchy import HIERARCHY, hierarchy_tables

from tonotopy.studies.hierarchy.figures.profile_rows import at_best_k, rows_of
from tonotopy.studies.hierarchy.study import STUDY

SETTINGS = HIERARCHY
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
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return hierarchy_tables(tmp_path_factory.mktemp("study"))


def test_every_figure_has_words_to_look_for():
    assert set(TEXT) == set(STUDY.figures)


@pytest.mark.parametrize("name", STUDY.figures)
def test_every_figure_is_drawn_with_its_words_and_note(folder, tmp_path, name):
    check_figure(folder, tmp_path, STUDY, name, SETTINGS, TEXT[name])


def test_a_network_and_a_task_of_ones_own_are_drawn(folder, tmp_path):
    own = {**HIERARCHY, "networks": ["mine"], "tasks": {"bark": {"corpus": "dogs", "level": "mid"}}}

    def renamed(table):
        table = table[table["network"] == "vggish"].assign(network="mine", family="other")
        return table[table["task"] == "genre"].assign(task="bark") if "task" in table else table

    for name in set(STUDY.figures) - {"figure-2.4-ast"}:
        words = shown(draw(folder, STUDY, name, own, renamed), tmp_path)
        if name == "table-2.2-corpora":
            assert "bark mid dogs 200 10 2.5 0.100 - - -" in words
        else:
            assert "mine" in words and ("bark (mid" in words or name == "tagging")


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("tagging", "no network of this study"),
        ("figure-2.4-ast", "no network of the kind 'ast'"),
        ("figure-2.2-neighbours", "no profiles"),
    ],
)
def test_a_figure_without_rows_says_so(folder, tmp_path, name, reason):
    own = {**HIERARCHY, "networks": ["mine"]}
    assert reason in shown(draw(folder, STUDY, name, own), tmp_path)


def test_curves_are_those_at_the_best_k(folder):
    table = pd.read_parquet(folder / "profiles.parquet")
    table = table[table["task"] == "consonant"]
    found = at_best_k(rows_of(table, network="clap", copy="untrained"))
    assert list(found["k"]) == [5] * 7 and list(found["position"]) == list(range(7))
    expected = [0.25, 0.35, 0.65, 0.45, 0.35, 0.25, 0.15]
    assert found["accuracy"].tolist() == pytest.approx(expected)
