"""The figures of study 6: drawn from tables alone, with their words, for a reason left out."""

import subprocess
import sys
from importlib import import_module
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from drawn import STATISTICS, check_figure, check_letters, draw, shown, words
from matplotlib import pyplot as plt
from matplotlib.container import ErrorbarContainer
from odd_names import check_literal, renamed, renaming
from study_tables import shuffle_rows
from tables_of_partials import SETTINGS, WIDTHS, write_tables

from tonotopy.drawing.style import COLOURS
from tonotopy.studies.partials.figures import FIGURES, contexts, kinds
from tonotopy.studies.partials.study import STUDY

pytestmark = pytest.mark.filterwarnings("error::RuntimeWarning")  # no division by zero
WORKFLOW = Path(__file__).parents[3] / "workflow"
TEXT = {
    "limits": "gammatone: 512 taps, 16 kHz",
    "responses": "directions, by peak",
    "steps": "known answers",
    "contexts": "rank correlation",
    "codes": "one per clip",
    "pitch": "follows the pitch",
}
NOTHING = {
    "limits": "no network begins with a convolution of the samples",
    "responses": "no tones were swept",
    "steps": "no direction was looked at",
    "contexts": "no direction isolates a band on tones",
    "codes": "no codes were read",
    "pitch": "no direction was looked at",
}
ABOUT = {**SETTINGS, **STATISTICS}
ORDER = ["codec", "tagger", "cqt", "gammatone", "noise"]  # by role, then name


@pytest.fixture(scope="module")
def ordered(tmp_path_factory):
    return write_tables(tmp_path_factory.mktemp("ordered"), runs={"tagger": 3})


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    made = write_tables(tmp_path_factory.mktemp("shuffled"), runs={"tagger": 3})
    return shuffle_rows(made, seed=3)


@pytest.fixture(autouse=True)
def closed():
    yield
    plt.close("all")


def figure_of(folder, name, change=lambda table: table, **settings):
    return draw(folder, STUDY, name, {**SETTINGS, **settings}, change)


def heights(axes) -> list[list[float]]:
    """Return the values of every set of points with intervals."""
    bars = [c for c in axes.containers if isinstance(c, ErrorbarContainer)]
    return [list(map(float, bar.lines[0].get_ydata())) for bar in bars]


def panels_of(figure) -> list:
    """Return the panels that are seen."""
    return [axes for axes in figure.axes if axes.get_visible()]


def test_every_figure_has_words_to_look_for():
    assert set(TEXT) == set(NOTHING) == set(FIGURES) and STUDY.figures is FIGURES


@pytest.mark.parametrize("name", FIGURES)
def test_every_figure_is_drawn_with_its_words_and_note(folder, tmp_path, name):
    check_figure(folder, tmp_path, STUDY, name, SETTINGS, TEXT[name])


@pytest.mark.parametrize("name", FIGURES)
def test_letters_can_be_read_and_the_order_of_rows_changes_nothing(folder, ordered, name):
    check_letters(figure_of(folder, name), figure_of(ordered, name))


@pytest.mark.parametrize("columns", [None, ["network", "run", "kind"]])
@pytest.mark.parametrize("name", FIGURES)
def test_a_figure_without_rows_says_so(folder, name, columns):
    def change(table):
        return table.iloc[:0].reindex(columns=columns or table.columns)

    (text,) = words(figure_of(folder, name, change))
    assert text == NOTHING[name]


@pytest.mark.parametrize(
    ("entry", "lost"),
    [
        (SETTINGS, {}),
        ({**SETTINGS, "expected": {}, "layers": {}}, {}),
        ({**SETTINGS, "codes": None}, {"codes": "the entry has no 'codes'"}),
        ({"networks": {}}, {"codes": "the entry has no 'codes'"}),
    ],
)
def test_a_figure_is_left_out_for_a_reason(entry, lost):
    reasons = {name: figure.obstacle(entry, {}) for name, figure in FIGURES.items()}
    assert {name: reason for name, reason in reasons.items() if reason} == lost


def test_figures_and_their_declarations_load_nothing_heavy():
    program = (
        "import sys, importlib\n"
        "from tonotopy.studies.partials.figures import FIGURES\n"
        "assert not {'numpy', 'pandas', 'matplotlib'} & set(sys.modules)\n"
        "for figure in FIGURES.values():\n"
        "    importlib.import_module('tonotopy.studies.partials.figures.' + figure.module)\n"
        "print(sorted({'torch', 'lightning', 'datasets'} & set(sys.modules)))\n"
    )
    command = [sys.executable, "-c", program]
    environment = {"PYTHONPATH": str(WORKFLOW)}
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
    assert done.stdout.strip() == "[]"


# ---- what they show ------------------------------------------------------------------------------


def test_shares_after_steps_are_those_of_the_table(folder):
    table = pd.read_parquet(folder / "directions.parquet")
    figure = figure_of(folder, "steps")
    codec, tagger, known = figure.axes
    assert [axes.get_title() for axes in figure.axes] == ["codec", "tagger", "known answers"]
    for axes, network in ((tagger, "tagger"), (codec, "codec")):
        own = table[table["network"] == network]
        means = own.groupby("kind")[["narrow", "kept", "stable"]].mean()
        expected = means.loc[["unit", "pca", "ica", "dictionary", "random"]].to_numpy().T
        np.testing.assert_allclose(heights(axes), expected)
        ticks = [tick.get_text() for tick in axes.get_xticklabels()]
        assert ticks == ["units", "PCA", "ICA", "dictionary", "random"]
    means = table.groupby("network")[["narrow", "kept", "stable"]].mean()
    expected = means.loc[["cqt", "gammatone", "noise"]].to_numpy().T
    np.testing.assert_allclose(heights(known), expected)


def test_intervals_of_nothing_reach_above_it(folder):
    for axes in figure_of(folder, "steps").axes[:2]:
        (bars,) = axes.containers[-1].lines[2]
        for (_, low), (_, high) in bars.get_segments():
            assert low == 0 < high < 0.2


def test_followers_are_those_of_the_table(folder):
    table = pd.read_parquet(folder / "directions.parquet")
    known = figure_of(folder, "pitch").axes[-1]
    expected = [
        [(table.loc[table["network"] == n, "follows"] == what).mean() for n in names]
        for what, names in (
            ("partial", ("cqt", "gammatone", "noise")),
            ("pitch", ("cqt", "gammatone", "noise")),
        )
    ]
    np.testing.assert_allclose(heights(known), expected)


def test_without_known_answers_there_is_no_panel_of_them(folder):
    figure = figure_of(folder, "steps", lambda t: t[t["role"] == "studied"])
    assert [axes.get_title() for axes in figure.axes] == ["codec", "tagger"]


def test_networks_come_by_role_and_name():
    table = pd.DataFrame({"network": ["z", "b", "noise", "a", "cqt", "z", "gammatone"]})
    about = {"expected": {"positive": ["gammatone", "cqt"], "negative": ["noise", "b"]}}
    assert kinds.ordered(table, about) == ["a", "z", "cqt", "gammatone", "b", "noise"]
    assert kinds.ordered(table, {}) == sorted(set(table["network"]))


def test_networks_that_are_studied_have_the_first_colours():
    about = {"networks": dict.fromkeys(["noise", "b", "a"]), "expected": {"negative": ["noise"]}}
    looks = {name: kinds.studied_look(name, about)["color"] for name in about["networks"]}
    assert looks == dict(zip(("b", "a", "noise"), COLOURS, strict=False))


def test_contexts_count_narrow_directions_and_leave_out_random_ones(folder):
    table = pd.read_parquet(folder / "directions.parquet")
    figure = figure_of(folder, "contexts")
    learned = table[table["kind"] != "random"]
    for axes, network in zip(panels_of(figure), ORDER, strict=True):
        own = learned[learned["network"] == network]
        narrow = own[own["narrow"]]
        assert axes.get_title() == f"{network}: {len(narrow)} of {len(own)}"
        complexes = ["harmonic", "odd", "flat", "missing"]
        np.testing.assert_allclose(heights(axes), [narrow[complexes].median()])
        ticks = [tick.get_text() for tick in axes.get_xticklabels()]
        assert ticks == ["1/k", "odd", "flat", "missing"]


def test_a_network_without_narrow_directions_has_an_empty_panel(folder):
    def change(table):
        return table.assign(narrow=table["narrow"] & (table["network"] != "codec"))

    figure = figure_of(folder, "contexts", change)
    assert figure.axes[0].get_title() == f"codec: 0 of {4 * WIDTHS['codec']}"
    assert [text.get_text() for text in figure.axes[0].texts] == ["none"]


def test_complexes_in_which_no_level_varies_say_so(folder):
    def change(table):
        return table.assign(missing=table["missing"].mask(table["network"] == "cqt"))

    figure = figure_of(folder, "contexts", change)
    for axes, network in zip(panels_of(figure), ORDER, strict=True):
        told = [text.get_text() for text in axes.texts]
        assert told == (["no level\nvaries"] if network == "cqt" else []), network
        places = axes.containers[0].lines[0].get_xdata().tolist()
        assert places == ([0, 1, 2] if network == "cqt" else [0, 1, 2, 3])
    (text,) = panels_of(figure)[ORDER.index("cqt")].texts
    assert text.get_position() == (3, 0)

    def bare(table):
        return table.assign(**dict.fromkeys(contexts.COMPLEXES, np.nan))

    axes = panels_of(figure_of(folder, "contexts", bare))[0]
    assert len(axes.texts) == 4 and not axes.containers


def test_medians_of_few_directions_have_no_interval():
    values = np.random.default_rng(0).normal(size=(31, 4))
    low, high = contexts._ends(values, ABOUT)
    middle = np.median(values, axis=0)
    assert (low < middle).all() and (middle < high).all()
    axes = plt.figure().add_subplot()
    rows = pd.DataFrame(values[:7], columns=list(contexts.COMPLEXES))
    contexts._panel(axes, rows, ABOUT, "black")
    (bars,) = axes.containers[0].lines[2]
    assert all(low == high for (_, low), (_, high) in bars.get_segments())


def test_information_falls_over_books_and_known_answers_stand_at_the_right(folder):
    (axes,) = figure_of(folder, "codes").axes
    codec, tagger, known = heights(axes)
    assert len(tagger) == 1 and len(codec) == 4 and codec == sorted(codec, reverse=True)
    assert known[0] > 0.4 > 0.05 > abs(known[1])
    places = [bar.lines[0].get_xdata().tolist() for bar in axes.containers]
    assert places == [[0, 1, 2, 3], [4], [5, 6]]
    ticks = [tick.get_text() for tick in axes.get_xticklabels()]
    assert ticks[:5] == ["0", "1", "2", "3", "k-means"]
    assert ticks[5:] == ["spectra in\nsemitones", "random,\none per clip"]


def test_clusters_of_several_networks_stand_beside_each_other(folder):
    def change(table):
        if "signal" in table:
            return table[table["network"] != "codec"]
        return table[(table["network"] != "codec") | (table["book"] == 0)]

    (axes,) = figure_of(folder, "codes", change).axes
    places = [bar.lines[0].get_xdata().tolist() for bar in axes.containers]
    assert places == [[-0.075], [0.075], [1, 2]]


def test_codes_of_one_clip_are_left_out(folder):
    def change(table):
        return table[(table["network"] != "codec") | (table["clip"] == "clip03")]

    (axes,) = figure_of(folder, "codes", change).axes
    assert len(heights(axes)) == 2 and axes.get_xlim() == (-0.5, 2.5)


def test_responses_are_of_the_best_learned_directions_of_the_first_run(folder):
    """Of known answers they are spread over all of them instead."""
    table = pd.read_parquet(folder / "directions.parquet")
    figure = figure_of(folder, "responses")
    for axes, network in zip(panels_of(figure), ORDER, strict=True):
        own = table[(table["network"] == network) & (table["run"] == 0)]
        own = own[own["kind"] != "random"]
        if network in ("codec", "tagger"):
            own = own.nlargest(40, "share")
        else:
            places = [round(n * (len(own) - 1) / 39) for n in range(40)]
            own = own.sort_values(["semitone", "direction"]).iloc[places]
        (picture,) = axes.images
        values = np.asarray(picture.get_array())
        assert values.shape == (len(own), 81) and values.min() == 0
        np.testing.assert_allclose(values.max(axis=1), 1)
        np.testing.assert_array_equal(values.argmax(axis=1) + 36, sorted(own["semitone"]))
        marks = [len(points.get_offsets()) for points in axes.collections]
        assert marks == [own[step].sum() for step in ("narrow", "kept", "stable")]


def test_filters_stand_beside_random_ones_under_their_limits(folder):
    filters = pd.read_parquet(folder / "filters.parquet")
    figure = figure_of(folder, "limits")
    first, *others = panels_of(figure)
    assert first.get_title() == "limits at 16 kHz"
    assert [line.get_label() for line in first.lines[:4]] == [f"{n} taps" for n in (3, 7, 64, 512)]
    for axes, network in zip(others, ORDER, strict=True):
        assert axes.lines[2].get_color() == "0.15"  # colours are those of lengths
        rows = filters[(filters["network"] == network) & (filters["run"] == 0)]
        limit, random, own, _ = (line.get_ydata() for line in axes.lines)
        for found, copy in ((random, "random"), (own, "own")):
            expected = rows.loc[rows["copy"] == copy, "concentration"]
            np.testing.assert_allclose(sorted(found), sorted(expected))
        np.testing.assert_allclose(sorted(limit), sorted(rows["limit"].unique()))


def test_limits_alone_are_drawn(folder):
    def change(table):
        return table.iloc[:0][["network", "run"]] if "copy" in table else table

    assert len(figure_of(folder, "limits", change).axes) == 1


def test_kinds_that_nobody_named_come_last():
    table = pd.DataFrame({"network": "a", "kind": ["x", "random", "pca", "unit"]})
    assert [name for *_, name in kinds._kinds(table, "a")] == ["units", "PCA", "random", "x"]


def test_modules_of_figures_are_there():
    for name in FIGURES:
        assert import_module(STUDY.figure_module(name)).draw.__doc__


@pytest.mark.parametrize("name", FIGURES)
def test_odd_names_are_written_letter_by_letter(folder, tmp_path, name):
    names = renaming(["codec", "tagger", "gammatone", "noise"])
    plain = shown(figure_of(folder, name), tmp_path)
    odd = figure_of(folder, name, lambda table: renamed(table, names), **renamed(SETTINGS, names))
    check_literal(plain, shown(odd, tmp_path), names)


def test_what_is_dotted_is_in_the_legends(folder):
    for name, word in (
        ("limits", "half of the energy"),
        ("contexts", "least of directions that are kept"),
    ):
        assert word in words(figure_of(folder, name))
