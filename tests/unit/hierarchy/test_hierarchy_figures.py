"""The figures of study 1: drawn from tables alone, showing what these hold."""

import pandas as pd
import pytest
from drawn import check_figure, draw, shown, words
from matplotlib import pyplot as plt
from odd_names import check_literal, renamed, renaming
from tables_of_hierarchy import HIERARCHY, hierarchy_tables

from tonotopy.drawing.style import ROLES
from tonotopy.studies.hierarchy.figures.profile_rows import at_best_k, rows_of
from tonotopy.studies.hierarchy.study import STUDY

THEIRS = {"makers": {"genre_clips": "gtzan", "solos": "medley_solos_db", "note": "folder"}}
SETTINGS = {**HIERARCHY, **THEIRS, "second": 0.3}
TWO = {**SETTINGS, "networks": ["ast", "clap"]}
PLAIN = {"layer1": "stem", "layer2": "body", "layer12": "head", "clap": "mynet"}
PLAIN |= {"genre": "mytask", "genre_clips": "mycorpus"}
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
    "figure-2.3-beginnings": "first 0.3 s",
    "figure-2.4-ast": "speaker count (high level)",
    "centres": "consonant (low)",
    "folds": "grouped folds",
    "linear": "linear probe",
    "tagging": "mean average precision",
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return hierarchy_tables(tmp_path_factory.mktemp("study"))


@pytest.fixture(autouse=True)
def closed():
    yield
    plt.close("all")


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


@pytest.mark.parametrize("name", ["figure-2.1-layers", "figure-2.3-beginnings"])
def test_panels_of_a_row_share_their_scale(folder, name):
    grid = draw(folder, STUDY, name, SETTINGS).axes
    rows = list(zip(*[iter(grid)] * 3, strict=True))
    assert len(rows) == 6
    for row in rows:
        assert len({axes.get_ylim() for axes in row}) == 1


def panels_of(figure):
    """Panels by task and network, as their rows and columns are named."""
    grid = [axes for axes in figure.axes if axes.get_visible()]
    columns = sum(bool(axes.get_title()) for axes in grid)
    return [grid[n : n + columns] for n in range(0, len(grid), columns)]


def test_every_network_has_a_column_with_its_own_layers(folder):
    figure = draw(folder, STUDY, "folds", SETTINGS)
    rows = panels_of(figure)
    assert [axes.get_title() for axes in rows[0]] == ["VGGish", "CLAP", "MobileNetV3", "AST"]
    layers = [[t.get_text() for t in axes.get_xticklabels()] for axes in rows[-1]]
    assert layers[0] == [*(f"conv{n}" for n in range(1, 7)), "fc1"]
    assert layers[3] == [str(n) for n in range(1, 13, 2)] and rows[-1][3].get_xlabel() == "layer"
    for axes in (axes for row in rows[:-1] for axes in row):
        assert not axes.get_xlabel() and not axes.xaxis.get_major_ticks()[0].label1.get_visible()
    for axes in (axes for row in rows for axes in row):
        assert len(axes.get_lines()) <= 3  # chance, and one curve for each kind of folds


def test_a_single_network_has_two_tasks_in_a_row(folder):
    figure = draw(folder, STUDY, "figure-2.4-ast", SETTINGS)
    titles = [axes.get_title() for axes in figure.axes]
    assert titles[0] == "note (low level)" and len(titles) == 6
    assert "accuracy (AST)" in words(figure)
    for left, right in zip(figure.axes[::2], figure.axes[1::2], strict=True):
        assert left.get_ylim() == right.get_ylim()


def legend_of(figure):
    return [text.get_text() for text in figure.legends[0].get_texts()]


def test_the_legend_names_what_is_drawn_alone(folder):
    def ungrouped(table):
        return table[table["folds"] == "paper"]

    assert legend_of(draw(folder, STUDY, "folds", SETTINGS)) == [
        *("folds of clips", "grouped folds", "chance")
    ]
    assert legend_of(draw(folder, STUDY, "folds", SETTINGS, ungrouped)) == [
        *("folds of clips", "chance")
    ]


@pytest.mark.parametrize(("second", "text"), [(1.0, "first 1 s"), (0.25, "first 0.25 s")])
def test_the_legend_says_how_long_beginnings_are(folder, second, text):
    about = {**SETTINGS, "second": second}
    figure = draw(folder, STUDY, "figure-2.3-beginnings", about)
    assert legend_of(figure) == ["whole clips", text, "chance"]


def test_untrained_copies_look_as_they_do_in_all_studies(folder):
    figure = draw(folder, STUDY, "figure-2.1-layers", SETTINGS)
    handles = dict(zip(legend_of(figure), figure.legends[0].legend_handles, strict=True))
    for name, role in (("trained", "trained"), ("untrained copy", "untrained")):
        look = (handles[name].get_color(), handles[name].get_linestyle())
        assert look == (ROLES[role]["color"], ROLES[role]["linestyle"])


def test_the_best_k_stands_above_its_panel(folder):
    figure = draw(folder, STUDY, "figure-2.2-neighbours", SETTINGS)
    figure.draw_without_rendering()
    for axes in figure.axes:
        (text,) = [t for t in axes.texts if t.get_text().startswith("best k")]
        assert text.get_window_extent().y0 >= axes.get_window_extent().y1
        title = axes.title.get_window_extent()
        assert not axes.get_title() or not title.overlaps(text.get_window_extent())


@pytest.mark.parametrize("name", ["figure-2.1-layers", "centres"])
def test_tasks_without_intervals_are_named_with_the_reason(folder, name):
    def few(table):
        lacking = (table["task"] == "genre").to_numpy()
        ends = {side: table[side].mask(lacking) for side in ("low", "high")}
        return table.assign(**ends, reason=table["reason"].mask(lacking, "too few groups (3)"))

    figure = draw(folder, STUDY, name, SETTINGS, few)
    assert "No intervals of genre: too few groups (3)." in words(figure)
    assert not any("No intervals" in w for w in words(draw(folder, STUDY, name, SETTINGS)))
    if name == "figure-2.1-layers":
        for axes in panels_of(figure)[4]:
            assert axes.get_ylim()[1] > max(max(line.get_ydata()) for line in axes.get_lines()[:3])


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
    settings, names = renamed(TWO, PLAIN), renaming(PLAIN.values())
    plain = draw(folder, STUDY, name, settings, lambda table: renamed(table, PLAIN))
    odd = draw(
        folder,
        STUDY,
        name,
        renamed(settings, names),
        lambda table: renamed(renamed(table, PLAIN), names),
    )
    check_literal(shown(plain, tmp_path), shown(odd, tmp_path), names)
