"""The figures of study 7: drawn from tables alone, showing what these hold."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from drawn import check_figure, check_letters, draw, shown, words
from matplotlib import pyplot as plt
from odd_names import check_literal, renamed, renaming
from study_tables import shuffle_rows
from tables_of_validity import SETTINGS, validity_tables

from tonotopy.studies.validity.figures import FIGURES
from tonotopy.studies.validity.figures.looks import KINDS, NAMES, name_of

STUDY = SimpleNamespace(  # what figures are asked of a study
    figures=FIGURES,
    figure_module=lambda name: f"tonotopy.studies.validity.figures.{FIGURES[name].module}",
)
LAYERS = ("stem", "body", "neck", "head")
TEXT = {
    "marks": "steering, probe vectors",
    "matrices": "E, interventions",
    "exposure": "rhythm (planted)",
    "layers": "movement of the answer",
    "steered-layers": "violin on classical",
}


def slopes(rng) -> pd.DataFrame:
    """The sweep of study 2 whose slopes grow with the layer."""
    rows = [
        {"vectors": "concept", "layer": layer, "concept": concept, "class": label, "clip": clip}
        for layer in range(4)
        for concept in ("violin", "guitar", "oboe")
        for label in ("classical", "rock", "metal")
        for clip in "abcdefgh"
    ]
    table = pd.DataFrame(rows)
    return table.assign(slope=table["layer"] + rng.normal(0, 0.1, len(table)), sweep="layers")


def write(folder, **options):
    validity_tables(folder, bases=12, resamples=20, **options)
    slopes(np.random.default_rng(0)).to_parquet(folder / "steering_slopes.parquet")
    layers = pd.read_parquet(folder / "layers.parquet")
    names = layers["layer"].map(lambda n: LAYERS[n] if n >= 0 else "all")
    layers.assign(name=names).to_parquet(folder / "layers.parquet")
    return folder


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return write(tmp_path_factory.mktemp("study"))


@pytest.fixture(scope="module")
def shuffled(tmp_path_factory):
    return shuffle_rows(write(tmp_path_factory.mktemp("shuffled")))


@pytest.fixture(autouse=True)
def closed():
    yield
    plt.close("all")


def test_every_figure_has_words_to_look_for():
    assert set(TEXT) == set(FIGURES)


@pytest.mark.parametrize("name", FIGURES)
def test_every_figure_is_drawn_with_its_words_and_note(folder, tmp_path, name):
    check_figure(folder, tmp_path, STUDY, name, SETTINGS, TEXT[name])


@pytest.mark.parametrize("name", FIGURES)
def test_letters_can_be_read_and_the_order_of_rows_changes_nothing(folder, shuffled, name):
    pictures = [draw(each, STUDY, name, SETTINGS) for each in (shuffled, folder)]
    check_letters(*pictures)


def test_the_same_table_gives_the_same_picture(folder, tmp_path):
    pictures = []
    for _ in range(2):
        shown(draw(folder, STUDY, "marks", SETTINGS), tmp_path)
        pictures.append((tmp_path / "f.svg").read_bytes())
    assert pictures[0] == pictures[1]


def test_marks_stand_where_their_numbers_are(folder):
    figure = draw(folder, STUDY, "marks", SETTINGS)
    marks = pd.read_parquet(folder / "marks.parquet")
    marks = marks[marks["measure"] == "spearman"].set_index(["method", "pairs"])
    (axes,) = figure.axes
    names = [label.get_text() for label in axes.get_yticklabels()]
    points = {
        (round(float(line.get_ydata()[0]), 2), line.get_marker()): line
        for line in axes.lines
        if len(line.get_xdata()) == 1
    }
    methods = pd.read_parquet(folder / "methods.parquet").sort_values("order")
    methods = methods[methods["applies"]]["method"].tolist()
    assert names == [NAMES[method] for method in methods]
    for place, method in enumerate(methods):
        for pairs, marker, shift in (("all", "o", -0.17), ("unplanted", "D", 0.17)):
            row, line = marks.loc[(method, pairs)], points[round(place + shift, 2), marker]
            assert line.get_xdata()[0] == row["estimate"]
            assert line.get_color() == KINDS[row["kind"]]
            tick = points[round(place + shift, 2), "|"]
            assert tick.get_xdata()[0] == row["measured"]
    assert KINDS["null"] not in {KINDS[k] for k in KINDS if k != "null"}
    assert len(set(KINDS.values())) == len(KINDS)


def test_methods_that_do_not_apply_are_named(folder, tmp_path):
    text = shown(draw(folder, STUDY, "marks", SETTINGS), tmp_path)
    assert "does not apply here: sonification" in text

    def all_apply(table):
        return table[table["applies"]] if "applies" in table else table

    text = shown(draw(folder, STUDY, "marks", SETTINGS, all_apply), tmp_path)
    assert "does not apply" not in text


def test_marks_without_known_plants_or_without_a_value_are_drawn(folder, tmp_path):
    def unknown(table):
        if "pairs" not in table:
            return table
        table = table[table["pairs"] == "all"].copy()
        table.loc[table["method"] == "tcav", ["estimate", "low", "high"]] = np.nan
        return table

    text = shown(draw(folder, STUDY, "marks", SETTINGS, unknown), tmp_path)
    assert "all pairs" in text and "without planted" not in text and "TCAV" in text


def test_no_method_at_all_is_said(folder, tmp_path):
    def none(table):
        return table.head(0) if "measure" in table else table.assign(applies=False)

    assert "no method applies" in shown(draw(folder, STUDY, "marks", SETTINGS, none), tmp_path)


def test_matrices_have_the_effects_first_and_outline_what_is_planted(folder):
    figure = draw(folder, STUDY, "matrices", SETTINGS)
    axes = [a for a in figure.axes if a.get_visible()]
    reach = max(abs(axes[0].collections[0].get_array().ravel()))
    assert axes[0].get_title() == f"E, interventions\n±{reach:.2g}" and len(axes) == 8
    marks = pd.read_parquet(folder / "marks.parquet")
    chosen = (marks["measure"] == "spearman") & (marks["pairs"] == "all")
    tcav = marks[chosen & (marks["method"] == "tcav")]["estimate"].item()
    assert any(word.startswith(f"TCAV: {tcav:.2f}\n±") for word in words(figure))
    assert all(len(a.patches) == 2 * 4 for a in axes)  # white below black, four pairs
    values = axes[0].collections[0].get_array()
    effects = pd.read_parquet(folder / "effects.parquet")
    rows = effects[(effects["attribute"] == "lead") & (effects["copy"] == "trained")]
    wide = rows.groupby(["value", "class"])["probability"].mean().unstack()
    np.testing.assert_allclose(np.reshape(values, wide.shape), wide - wide.mean(), atol=1e-12)


def test_the_attribute_that_moves_the_answer_most_is_on_top(folder):
    (axes,) = draw(folder, STUDY, "exposure", SETTINGS).axes
    names = [label.get_text() for label in axes.get_yticklabels()]
    assert names[:2] == ["lead (planted)", "rhythm (planted)"] and set(names[2:]) == {
        "bass",
        "piano",
    }


def test_patches_move_the_answer_as_their_rows_say(folder):
    figure = draw(folder, STUDY, "layers", SETTINGS)
    grid = {axes.get_title(): axes for axes in figure.axes if axes.get_visible()}
    assert list(grid) == ["lead", "rhythm", "bass", "piano"]
    table = pd.read_parquet(folder / "layers.parquet")
    for attribute, axes in grid.items():
        rows = table[table["attribute"] == attribute]
        size = rows.assign(m=rows["effect"].abs() / 2).groupby(["layer", "base", "value"])["m"]
        expected = size.sum().groupby("layer").mean()
        whole, line = axes.lines
        assert whole.get_ydata()[0] == pytest.approx(expected.pop(-1))
        assert whole.get_linestyle() == ":" and list(line.get_xdata()) == [0, 1, 2, 3]
        np.testing.assert_allclose(line.get_ydata(), expected)
        assert [tick.get_text() for tick in axes.get_xticklabels()] == list(LAYERS)
        assert axes.get_ylim() == figure.axes[0].get_ylim()
    legend = [text.get_text() for text in figure.legends[0].get_texts()]
    assert sorted(legend) == ["all layers at once", "one layer"]


def test_slopes_of_steering_are_shares_of_the_largest(folder):
    figure = draw(folder, STUDY, "steered-layers", SETTINGS)
    titles = [axes.get_title() for axes in figure.axes]
    assert "violin on classical" in titles and len(titles) == 2  # the oboe has no twin
    for axes in figure.axes:
        (line,) = [line for line in axes.lines if len(line.get_xdata()) == 4]
        assert line.get_ydata().max() == 1
        assert [tick.get_text() for tick in axes.get_xticklabels()] == list(LAYERS)


def test_a_sweep_of_other_concepts_says_so(folder, tmp_path):
    def others(table):
        return table.assign(concept="oboe") if "slope" in table else table

    text = shown(draw(folder, STUDY, "steered-layers", SETTINGS, others), tmp_path)
    assert "no concept of the sweep is a value of 'lead'" in text


@pytest.mark.parametrize("sweeps", [["test"], ["test", "layers"]])
def test_steered_layers_need_the_sweep(sweeps):
    entry, config = {"steering": "mine"}, {"steering": {"mine": {"sweeps": sweeps}}}
    drawn = [n for n, f in FIGURES.items() if f.obstacle(entry, config) is None]
    assert ("steered-layers" in drawn) == ("layers" in sweeps) and "layers" in drawn


def test_a_method_of_a_users_own_is_called_by_its_function():
    assert name_of("my_methods.saliency:mean_saliency") == "mean saliency"
    assert name_of("tcav") == "TCAV"


@pytest.mark.filterwarnings("error::UserWarning")
@pytest.mark.parametrize("name", FIGURES)
def test_odd_names_are_written_letter_by_letter(folder, tmp_path, name):
    names = renaming(["violin", "classical", "rock", "metal", "lead", "bass", *LAYERS])
    plain = shown(draw(folder, STUDY, name, SETTINGS), tmp_path)
    odd = draw(folder, STUDY, name, renamed(SETTINGS, names), lambda table: renamed(table, names))
    check_literal(plain, shown(odd, tmp_path), names)
