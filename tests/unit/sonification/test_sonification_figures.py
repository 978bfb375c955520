"""The figures of study 4: drawn from tables alone, with their words, for a reason left out."""

import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
from drawn import check_figure, check_letters, shown, words
from figures_of_sonification import SETTINGS, figure_of, write_tables
from matplotlib import pyplot as plt
from odd_names import check_literal, renamed, renaming
from study_tables import shuffle_rows

from tonotopy.drawing import curves, layers
from tonotopy.studies.sonification.figures import FIGURES, printed
from tonotopy.studies.sonification.study import STUDY

pytestmark = pytest.mark.filterwarnings("error::RuntimeWarning")  # no division by zero
WORKFLOW = Path(__file__).parents[3] / "workflow"
TEXT = {
    "figure-5.1-time-invariance": "supervised, block11: 8645 samples, odd",
    "figure-5.2-band-selectivity": "contrastive, map 7",
    "figure-5.3-select-supervised": "block7, map 14",
    "figure-5.4-select-contrastive": "block8: siren",
    "figure-5.5-evolution": "epoch 16",
    "figure-6.1-layer-importance": "classifier alone (fconly)",
    "figure-6.2-residuals": "filtered to the same spectrum",
    "figure-6.3-coherence": "coherence (mean of the 5 largest)",
    "figure-a.1-contrastive": "contrastive: clips (left) and their sonifications (right)",
    "figure-a.2-supervised": "supervised: clips (left) and their sonifications (right)",
    "figure-a-untrained": "untrained: clips (left) and their sonifications (right)",
    "figure-a.3-evolution-contrastive": "contrastive",
    "figure-a.4-evolution-supervised": "supervised",
    "tables-4.2-4.9-transfer": "thesis table 4.4: FSD50K",
    "evolution": "similarity to the last epoch",
    "activity": "share of positive activations",
    "filters": "filter, by its peak",
    "matches": "share of clips told apart",
    "targeted": "share in which the target falls more",
    "variety": "percent of favourites",
}
NOTHING = {
    "figure-5.1-time-invariance": "no clip was shifted",
    "figure-5.2-band-selectivity": "there are no pictures of the most active maps",
    "figure-5.3-select-supervised": "there are no pictures of maps that are selective",
    "figure-5.4-select-contrastive": "there are no pictures of maps that are selective",
    "figure-5.5-evolution": "there are no pictures of contrastive while it learned",
    "figure-6.1-layer-importance": "no task was learned from single layers",
    "figure-6.2-residuals": "no sonification was taken away from a clip",
    "figure-6.3-coherence": "no sonification was compared with its clip",
    "figure-a.1-contrastive": "there are no pictures of the favourites of contrastive",
    "figure-a.2-supervised": "there are no pictures of the favourites of supervised",
    "figure-a-untrained": "there are no pictures of the favourites of untrained",
    "figure-a.3-evolution-contrastive": "there are no pictures of contrastive while it learned",
    "figure-a.4-evolution-supervised": "there are no pictures of supervised while it learned",
    "tables-4.2-4.9-transfer": "no task was learned from a whole encoder",
    "evolution": "no network kept its weights while it learned",
    "activity": "no clip was sonified",
    "filters": "no network begins with a convolution",
    "matches": "no clip has two parts of different classes",
    "targeted": "no clip has two parts of different classes",
    "variety": "no map has a favourite",
}


@pytest.fixture(scope="module")
def ordered(tmp_path_factory):
    return write_tables(tmp_path_factory.mktemp("ordered"))


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return shuffle_rows(write_tables(tmp_path_factory.mktemp("shuffled")), seed=3)


@pytest.fixture(autouse=True)
def closed():
    yield
    plt.close("all")


def test_every_figure_has_words_to_look_for():
    assert set(TEXT) == set(NOTHING) == set(FIGURES) and STUDY.figures is FIGURES


@pytest.mark.parametrize("name", FIGURES)
def test_every_figure_is_drawn_with_its_words_and_note(folder, tmp_path, name):
    check_figure(folder, tmp_path, STUDY, name, SETTINGS, TEXT[name])


@pytest.mark.parametrize("name", FIGURES)
def test_letters_can_be_read_and_the_order_of_rows_changes_nothing(folder, ordered, name):
    check_letters(figure_of(folder, name), figure_of(ordered, name))


@pytest.mark.parametrize("columns", [None, ["network", "run", "layer", "depth"]])
@pytest.mark.parametrize("name", FIGURES)
def test_a_figure_without_rows_says_so(folder, name, columns):
    (text,) = words(
        figure_of(
            folder, name, lambda table: table.iloc[:0].reindex(columns=columns or table.columns)
        )
    )
    assert text.startswith(NOTHING[name])


ENTRY = {**SETTINGS, "residuals": True, "targets": True, "matches": True}
EVOLUTIONS = ("figure-5.5-evolution", "figure-a.3-evolution-contrastive")
OF_SUPERVISED = ("figure-5.3-select-supervised", "figure-a.2-supervised")
OF_CONTRASTIVE = ("figure-5.4-select-contrastive", "figure-a.1-contrastive")


@pytest.mark.parametrize(
    ("change", "lost"),
    [
        ({}, {}),
        ({"layers": ["block1"]}, {}),
        ({"residuals": False}, {"figure-6.2-residuals": "the entry has no 'residuals'"}),
        (
            {"answers": None},
            dict.fromkeys(["figure-6.2-residuals", "targeted"], "the entry has no 'answers'"),
        ),
        ({"targets": False}, {"targeted": "the entry has no 'targets'"}),
        ({"matches": False}, {"matches": "the entry has no 'matches'"}),
        (
            {"transfers": None},
            dict.fromkeys(
                ["figure-6.1-layer-importance", "tables-4.2-4.9-transfer"],
                "the entry has no 'transfers'",
            ),
        ),
        (
            {"transfers": {"few": {"learn": {"head": [], "all": []}}}},
            {"figure-6.1-layer-importance": "no task is learned from single layers"},
        ),
        ({"transfers": {"few": {"learn": {"head": [], "all": None}}}}, {}),
        ({"transfers": {"few": {"learn": {"head": ["block3"]}}}}, {}),
        (
            {"evolution": None},
            dict.fromkeys(
                [*EVOLUTIONS, "figure-a.4-evolution-supervised", "evolution"],
                "the entry has no 'evolution'",
            ),
        ),
        (
            {"networks": {"supervised": ["tagger"]}},
            dict.fromkeys(
                [*OF_CONTRASTIVE, "figure-a.3-evolution-contrastive"],
                "the entry has no network 'contrastive'",
            ),
        ),
        (
            {"networks": {"contrastive": "contrast"}},
            dict.fromkeys(
                [*OF_SUPERVISED, "figure-a.4-evolution-supervised"],
                "the entry has no network 'supervised'",
            ),
        ),
    ],
)
def test_a_figure_is_left_out_for_a_reason(change, lost):
    entry = {**ENTRY, **change}
    reasons = {name: figure.obstacle(entry, {}) for name, figure in FIGURES.items()}
    assert {name: reason for name, reason in reasons.items() if reason} == lost


@pytest.mark.parametrize(
    "key", ["residuals", "answers", "targets", "matches", "transfers", "evolution"]
)
def test_a_key_that_an_entry_lacks_is_as_good_as_null(key):
    entry = {name: value for name, value in ENTRY.items() if name != key}
    reasons = [figure.obstacle(entry, {}) for figure in FIGURES.values()]
    assert f"the entry has no '{key}'" in reasons


def test_figures_and_their_declarations_load_nothing_heavy():
    program = (
        "import sys, importlib\n"
        "from tonotopy.studies.sonification.figures import FIGURES\n"
        "assert not {'numpy', 'pandas', 'matplotlib'} & set(sys.modules)\n"
        "for figure in FIGURES.values():\n"
        "    importlib.import_module('tonotopy.studies.sonification.figures.' + figure.module)\n"
        "print(sorted({'torch', 'lightning', 'datasets'} & set(sys.modules)))\n"
    )
    command = [sys.executable, "-c", program]
    environment = {"PYTHONPATH": str(WORKFLOW)}
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
    assert done.stdout.strip() == "[]"


def test_networks_stand_in_the_order_of_the_entry_and_the_untrained_one_last():
    table = pd.DataFrame({"network": ["x", "untrained", "b", "a", "b"]})
    assert curves.networks_of(table, {"networks": {"c": "", "b": "", "a": ""}}) == [
        *("b", "a", "untrained", "x")
    ]


def test_no_two_networks_look_alike_even_without_colours():
    about = {"networks": dict.fromkeys("abc", "")}
    found = [curves.look_of(name, about) for name in ("a", "b", "c", "untrained")]
    for key in ("color", "marker"):
        assert len({look[key] for look in found}) == 4


def test_layers_are_ordered_by_depth():
    rows = [("block10", 10), ("block9", 9), ("embedding", 12), ("block9", 9)]
    table = pd.DataFrame(rows, columns=["layer", "depth"])
    assert layers.layers_of(table) == ["block9", "block10", "embedding"]


def test_what_the_thesis_prints():
    scores = {name: table.scores for name, table in printed.TABLES.items()}
    assert scores["4.2"]["contrastive", "head"] == (0.197, 0.003)
    assert scores["4.2"]["contrastive", "all"] == (0.327, 0.009)
    assert scores["4.2"]["untrained", "all"] == (0.299, 0.001)
    assert [scores["4.4"][key][0] for key in sorted(scores["4.4"])] == [
        *(0.424, 0.306, 0.448, 0.463, 0.362)
    ]
    assert [scores["4.7"][key][0] for key in sorted(scores["4.7"])] == [
        *(0.934, 0.295, 0.929, 0.360, 0.923)
    ]
    assert [scores["4.9"][key][0] for key in sorted(scores["4.9"])] == [0.3246, 0.2045, 0.1553]


@pytest.mark.parametrize(
    ("task", "transfer", "table"),
    [
        ("tagging", {}, "4.2"),
        ("few", {}, "4.4"),
        ("keywords", {}, "4.7"),
        ("speakers", {}, "4.9"),
        ("birds", {}, None),
        ("birds", {"table": 4.4}, "4.4"),
        ("tagging", {"table": "4.4"}, "4.4"),
        ("tagging", {"table": None}, None),
    ],
)
def test_a_task_is_compared_with_a_table_of_the_thesis(task, transfer, table):
    own_corpora = {"4.2": "audioset", "4.4": "fsd50k", "4.7": "speech_commands"}
    assert printed.table_of(task, transfer, own_corpora.get(table, "voxceleb1")) == table
    assert printed.table_of(task, transfer, "folder") is None
    asked = table if "table" in transfer else None
    assert printed.table_of(task, transfer, "free_spoken_digits") == asked


@pytest.mark.filterwarnings("error::UserWarning")
@pytest.mark.parametrize("name", FIGURES)
def test_odd_names_are_written_letter_by_letter(folder, tmp_path, name):
    names = renaming(["siren", "block1", "block8", "block11", "tagging", "events"])
    plain = shown(figure_of(folder, name), tmp_path)
    odd = figure_of(folder, name, lambda table: renamed(table, names), **renamed(SETTINGS, names))
    check_literal(plain, shown(odd, tmp_path), names)
