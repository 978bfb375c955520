"""The figures of study 1: drawn from tables alone, showing what these hold."""

import pandas as pd
import pytest
from drawn import check_figure, draw, shown
from odd_names import check_literal, renamed, renaming
from tables_of_hierarchy import HIERARCHY, hierarchy_tables

from tonotopy.studies.hierarchy.figures.profile_rows import at_best_k, rows_of
from tonotopy.studies.hierarchy.study import STUDY

THEIRS = {"makers": {"genre_clips": "gtzan", "solos": "medley_solos_db", "note": "folder"}}
SETTINGS = {**HIERARCHY, **THEIRS}
ONE = {**SETTINGS, "networks": ["ast"]}
STEMS = {f"layer{n}": f"stem{n}" for n in range(1, 13)}
OWN = {
    **HIERARCHY,
    "networks": ["mine"],
    "tasks": {"bark": {"corpus": "dogs", "level": "mid"}},
    "own": True,
    "makers": {"dogs": "folder"},
}
TEXT = {
    "table-2.2-corpora": "30, cut to 5",
    "figure-2.1-layers": "peak in the thesis",
    "figure-2.2-neighbours": "number of neighbours k",
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
    def renamed(table):
        table = table[table["network"] == "vggish"].assign(network="mine", family="other")
        return table[table["task"] == "genre"].assign(task="bark") if "task" in table else table

    for name in set(STUDY.figures) - {"figure-2.4-ast"}:
        words = shown(draw(folder, STUDY, name, OWN, renamed), tmp_path)
        assert "thesis" not in words
        if name == "table-2.2-corpora":
            assert "bark mid dogs 200 10 2.5 0.100" in words and " - " not in words
        elif name == "figure-2.2-neighbours":
            assert all(text in words for text in ("mine", "bark", "(mid level)", "best k"))
        else:
            assert "mine" in words and ("bark (mid" in words or name == "tagging")


def test_the_thesiss_numbers_stand_beside_its_own_corpora_alone(folder, tmp_path):
    words = shown(draw(folder, STUDY, "table-2.2-corpora", SETTINGS), tmp_path)
    assert "1000 10 30, cut to 5" in words and "965 7 3" in words and "1800" not in words
    everyone = {task: about["corpus"] for task, about in HIERARCHY["tasks"].items()}
    for maker in ("folder", "embedded", "free_spoken_digits"):
        makers = dict.fromkeys(everyone.values(), maker)
        other = draw(folder, STUDY, "table-2.2-corpora", {**HIERARCHY, "makers": makers})
        assert "thesis" not in shown(other, tmp_path)


@pytest.mark.parametrize("name", ["figure-2.1-layers", "figure-2.4-ast"])
def test_peaks_of_the_thesis_are_marked_in_no_users_own_instance(folder, tmp_path, name):
    for own in (False, True):
        words = shown(draw(folder, STUDY, name, {**SETTINGS, "own": own}), tmp_path)
        assert ("peak in the thesis" in words) is not own


def test_figure_2_2_has_a_row_per_task_and_a_column_per_network(folder):
    figure = draw(folder, STUDY, "figure-2.2-neighbours", SETTINGS)
    assert [axes.get_title() for axes in figure.axes[:4]] == [
        *("VGGish", "CLAP", "MobileNetV3", "AST")
    ]
    assert len(figure.axes) == 24
    for line in zip(*[iter(figure.axes)] * 4, strict=True):
        assert len({axes.get_ylim() for axes in line}) == 1
        assert all(len(axes.get_lines()) == 4 for axes in line)  # three ks and chance


@pytest.mark.parametrize("name", ["figure-2.1-layers", "figure-2.3-one-second"])
def test_panels_of_a_row_share_their_scale(folder, name):
    grid = draw(folder, STUDY, name, SETTINGS).axes
    for left, right in zip(grid[::2], grid[1::2], strict=True):
        assert left.get_ylim() == right.get_ylim()


@pytest.mark.parametrize(
    ("name", "columns"), [("figure-2.1-layers", 3), ("figure-2.2-neighbours", 4)]
)
def test_a_network_of_one_layer_has_points(folder, name, columns):
    figure = draw(folder, STUDY, name, SETTINGS, lambda table: table[table["position"] == 0])
    marks = [
        line
        for axes in figure.axes
        for line in axes.get_lines()
        if len(line.get_xdata()) == 1 and line.get_marker() not in ("None", "", "v", None)
    ]
    assert len(marks) >= 6 * columns


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


@pytest.mark.filterwarnings("error::UserWarning")
@pytest.mark.parametrize("name", STUDY.figures)
def test_odd_names_are_written_letter_by_letter(folder, tmp_path, name):
    names = renaming(["stem1", "stem2", "stem12"])
    plain = shown(draw(folder, STUDY, name, ONE, lambda table: renamed(table, STEMS)), tmp_path)
    odd = draw(folder, STUDY, name, ONE, lambda table: renamed(renamed(table, STEMS), names))
    check_literal(plain, shown(odd, tmp_path), names)
