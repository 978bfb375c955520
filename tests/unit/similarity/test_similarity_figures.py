"""The figures of study 5: drawn from tables alone, with the statistics of the scorecard."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from drawn import check_figure, check_letters, shown, words
from drawn import draw as draw_figure
from matplotlib import pyplot as plt
from matplotlib.container import ErrorbarContainer
from odd_names import check_literal, renamed, renaming
from study_tables import claims_of, shuffle_rows, table_paths
from tables_of_similarity import CHROMA, KNOWN, SETTINGS, World, similarity_tables

from tonotopy.evidence.resampling import Bootstrap
from tonotopy.studies.similarity.figures import FIGURES, known
from tonotopy.studies.similarity.figures.drawn import drawn, spans
from tonotopy.studies.similarity.statistics import STATISTICS, Tables
from tonotopy.studies.similarity.study import STUDY

pytestmark = pytest.mark.filterwarnings("error::RuntimeWarning")  # no division by zero
WORKFLOW = Path(__file__).parents[3] / "workflow"
WORLD = World(
    seed=2,
    layers={"conv1": 9, "conv2": 11, "conv3": 8},
    copies=3,
    lacking=(("conv2", "loudness"), ("conv3", "harmonic")),
)
BEST = {f"best-maps-{name}": "beyond input" for name in ("harmonic", "percussive", "chroma")}
TEXT = {
    "known": "harmonic, random phases",
    "shares": "random networks among themselves",
    "contrast": "r(harmonic) − r(percussive)",
    "probes": "learned no sound",
    **BEST,
}
NOTHING = {
    "known": "there are no known answers",
    "shares": "no map was compared with a feature",
    "contrast": "no map was compared with both parts of the spectrum",
    "probes": "no feature was read from a layer",
    "best-maps-harmonic": "there are no pictures of maps and harmonic",
    "best-maps-percussive": "there are no pictures of maps and percussive",
    "best-maps-chroma": "there are no pictures of maps and chroma_stft",
}


@pytest.fixture(scope="module")
def ordered(tmp_path_factory):
    return similarity_tables(tmp_path_factory.mktemp("ordered"), WORLD)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return shuffle_rows(similarity_tables(tmp_path_factory.mktemp("shuffled"), WORLD), seed=3)


@pytest.fixture(autouse=True)
def closed():
    yield
    plt.close("all")


def figure_of(folder, name, change=lambda table: table, settings=SETTINGS):
    return draw_figure(folder, STUDY, name, settings, change)


def points(axes):
    """Return x, y, and the lower and upper ends, of everything with an interval."""
    found = []
    for container in axes.containers:
        if isinstance(container, ErrorbarContainer):
            line, _, (bars,) = container.lines
            ends = np.array(bars.get_segments())
            found.append((container, line.get_xdata(), line.get_ydata(), ends))
    return found


def test_every_figure_has_words_to_look_for():
    assert set(TEXT) == set(NOTHING) == set(FIGURES) and STUDY.figures is FIGURES


@pytest.mark.parametrize("name", FIGURES)
def test_every_figure_is_drawn_with_its_words_and_note(folder, tmp_path, name):
    check_figure(folder, tmp_path, STUDY, name, SETTINGS, TEXT[name])


@pytest.mark.parametrize("name", FIGURES)
def test_letters_can_be_read_and_the_order_of_rows_changes_nothing(folder, ordered, name):
    check_letters(figure_of(folder, name), figure_of(ordered, name))


@pytest.mark.parametrize("columns", [None, ["network", "run", "layer", "depth", "copy"]])
@pytest.mark.parametrize("name", FIGURES)
def test_a_figure_without_rows_says_so(folder, name, columns):
    figure = figure_of(
        folder, name, lambda table: table.iloc[:0].reindex(columns=columns or table.columns)
    )
    assert words(figure) == [NOTHING[name]]


def test_a_figure_is_left_out_for_a_reason():
    for entry in ({**SETTINGS, "known": None}, {"networks": {"vgg": "x"}}):
        reasons = {name: figure.obstacle(entry, {}) for name, figure in FIGURES.items()}
        lost = {name: reason for name, reason in reasons.items() if reason}
        assert lost == {"known": "the entry has no 'known'"}
    assert not any(figure.obstacle(SETTINGS, {}) for figure in FIGURES.values())


def test_figures_and_their_declarations_load_nothing_heavy():
    program = (
        "import sys, importlib\n"
        "from tonotopy.studies.similarity.figures import FIGURES\n"
        "assert not {'numpy', 'pandas', 'matplotlib'} & set(sys.modules)\n"
        "for figure in FIGURES.values():\n"
        "    importlib.import_module('tonotopy.studies.similarity.figures.' + figure.module)\n"
        "importlib.import_module('tonotopy.studies.similarity.statistics')\n"
        "print(sorted({'torch', 'lightning', 'datasets', 'librosa'} & set(sys.modules)))\n"
    )
    command = [sys.executable, "-c", program]
    environment = {"PYTHONPATH": str(WORKFLOW)}
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
    assert done.stdout.strip() == "[]"


@pytest.fixture(scope="module")
def tables(folder):
    """The tables as figures resample them."""
    return Tables(table_paths(folder), SETTINGS, Bootstrap(50, 0.95, 0))


def test_shares_are_those_of_the_scorecard(folder, tables):
    grid = {axes.get_title(): axes for axes in figure_of(folder, "shares").axes}
    own, *networks = points(grid["vgg: percussive\nother networks"])
    curves = [*points(grid["vgg: percussive\nother sound"]), *networks]
    order = ["other clips", "phase", "all", "random", "unheard"]
    assert len(curves) == len(order)
    for null, (_, x, y, ends) in zip(order, curves, strict=True):
        for number, layer in enumerate(WORLD.layers):
            found = STATISTICS["share_beating"](tables, "vgg", "percussive", null, layer)
            assert y[number] == pytest.approx(found.value) and round(x[number]) == number
            low, high = sorted(ends[number][:, 1])
            assert max(0, min(found.low, found.value)) == pytest.approx(low)
            assert min(1, max(found.high, found.value)) == pytest.approx(high)
    assert np.max(own[2]) < 0.35
    # this network has no other that learned no sound
    assert len(points(grid["cnn: percussive\nother networks"])) == 2
    for part in ("other sound", "other networks"):
        gap = grid[f"vgg: loudness\n{part}"]
        assert [list(np.round(x)) for _, x, _, _ in points(gap)] == [[0, 2]] * 3
        assert [text.get_text() for text in gap.get_xticklabels()] == ["1", "2", "3"]
    assert len({axes.get_ylim() for axes in grid.values()}) == 1


def test_intervals_do_not_leave_what_is_possible(folder):
    tables = drawn({}, {"resamples": 5, "confidence": 0.95})
    draws = np.array([0.9, -0.4, 0.5, 1.7, 1.2, 0.3])
    value, low, high = spans(draws, tables, 0, 1)
    assert (value, low, high) == (0.9, 0, 1)
    _, low, high = spans(draws, tables)
    assert low < 0 and high > 1


def test_scores_are_those_of_the_scorecard(folder, tables):
    figure = figure_of(folder, "probes")
    axes = next(axes for axes in figure.axes if axes.get_title() == "cnn: onset rate")
    assert len(points(axes)) == 3
    for copy, (_, _, y, ends) in zip(("trained", "random", "input"), points(axes), strict=True):
        for number, layer in enumerate(WORLD.layers):
            found = STATISTICS["probe_score"](tables, "cnn", "onset_rate", layer, copy)
            assert y[number] == pytest.approx(found.value)
            assert sorted(ends[number][:, 1]) == pytest.approx([found.low, found.high])


def test_known_answers_stand_beside_what_they_must_be(folder, tables):
    figure = figure_of(folder, "known")
    left, middle, right = figure.axes
    rows = [*known.CONTRAST, *known.NOTHING]
    assert rows == list(KNOWN) and len(points(left)) == 18 and len(points(middle)) == 9
    for place, layer in enumerate(rows):
        for shift, part in enumerate(("harmonic", "percussive")):
            _, x, y, ends = points(left)[2 * place + shift]
            found = STATISTICS["known_similarity"](tables, layer, part)
            assert (x[0], round(y[0])) == (pytest.approx(found.value), place)
            assert sorted(ends[0][:, 0]) == pytest.approx([found.low, found.high])
            turned = STATISTICS["known_similarity"](tables, layer, part, "phase").value
            hollow = [line for line in left.lines if line.get_markerfacecolor() == "white"]
            mark = hollow[2 * place + shift]
            assert len(hollow) == 18 and mark.get_marker() == known.PARTS[part]["marker"]
            assert (mark.get_xdata()[0], mark.get_ydata()[0]) == (pytest.approx(turned), y[0])
            assert mark.get_markersize() < 3 and mark.get_color() == known.PARTS[part]["color"]
        value = points(middle)[place][1][0]
        assert value == pytest.approx(STATISTICS["known_contrast"](tables, layer).value)
    assert points(right)[0][1][0] == pytest.approx(CHROMA, abs=0.05)
    few = figure_of(folder, "known", lambda table: table[table["layer"] == "difference"])
    assert [axes.get_visible() for axes in few.axes] == [True, True, False]


def test_what_known_answers_must_be_is_what_controls_say():
    claims = {claim["id"].removeprefix("similarity."): claim for claim in claims_of("similarity")}
    for name, place in (("known_harmonic", 0), ("known_percussive", 1)):
        (bound,) = claims[name]["criterion"].values()
        for layer in claims[name]["only"]["layers"]:
            assert known.CONTRAST[layer][place] == bound
    nothing, other = claims["known_nothing"], claims["known_other"]
    expected = dict.fromkeys(nothing["only"]["layers"], tuple(nothing["criterion"]["within"]))
    expected[other["arguments"]["layer"]] = tuple(other["criterion"]["within"])
    assert expected == known.NOTHING
    chroma = claims["known_chroma"]
    layer, feature, (low, _) = known.CHROMA
    assert (chroma["arguments"]["layer"], chroma["arguments"]["feature"]) == (layer, feature)
    assert chroma["criterion"] == {"above": low}


def test_contrasts_of_maps_and_their_median(folder, tables):
    figure = figure_of(folder, "contrast")
    assert [axes.get_title() for axes in figure.axes] == ["vgg", "cnn"]
    rows = tables.table("similarities")
    rows = rows[(rows["network"] == "cnn") & (rows["layer"] == "conv2")]
    axes = figure.axes[1]
    for copy, shift, count in (("trained", -0.2, 3 * 11), ("random", 0.2, 3 * 11)):
        own = rows[rows["copy"] == copy].set_index(["run", "map"])
        parts = (own[own["feature"] == part]["r"].map(np.mean) for part in known.PARTS)
        harmonic, percussive = parts
        wanted = sorted((harmonic - percussive).to_numpy(float))
        clouds = [
            line for line in axes.lines if line.get_marker() == "." and len(line.get_ydata()) > 1
        ]
        (cloud,) = (c for c in clouds if abs(np.median(c.get_xdata()) - 1 - shift) < 0.1)
        assert cloud.get_ydata() == pytest.approx(wanted, abs=1e-6) and len(wanted) == count
        medians = [(y[0], ends[0]) for _, x, y, ends in points(axes) if x[0] == 1 + shift]
        ((median, ends),) = medians
        assert median == pytest.approx(np.median(wanted), abs=1e-6)
        assert ends[0][1] <= median <= ends[1][1]
    lacking = figure_of(
        folder,
        "contrast",
        lambda t: t[t["copy"] != "random"] if "copy" in t else t,
    )
    assert [x[0] for _, x, _, _ in points(lacking.axes[0])] == [-0.2, 0.8]  # conv3 lacks a part


def test_what_was_not_compared_has_no_panel(folder):
    def change(table):
        if not {"network", "feature"} <= set(table):
            return table
        return table[(table["feature"] != "harmonic") | (table["network"] != "cnn")]

    figure = figure_of(folder, "contrast", change)
    assert [axes.get_title() for axes in figure.axes if axes.get_visible()] == ["vgg"]
    titles = [axes.get_title() for axes in figure_of(folder, "shares", change).axes]
    assert "vgg: harmonic\nother sound" in titles and "cnn: harmonic\nother sound" not in titles


def test_best_maps_stand_beside_their_features(folder):
    figure = figure_of(folder, "best-maps-chroma")
    pictures = pd.read_parquet(folder / "pictures.parquet")
    own = pictures[(pictures["network"] == "vgg") & (pictures["feature"] == "chroma_stft")]
    images = [axes for axes in figure.axes if axes.images]
    assert len(images) == 3 * 2 * 4
    for number, axes in enumerate(images):
        line, place = divmod(number, 8)
        rank, panel = divmod(place, 4)
        row = own[(own["layer"] == list(WORLD.layers)[line]) & (own["rank"] == rank + 1)]
        row = row[row["panel"] == ("map", "feature", "residual", "input")[panel]].iloc[0]
        shown = np.asarray(axes.images[0].get_array())
        assert shown.shape == (row["bands"], row["frames"]) and axes.images[0].origin == "lower"
        assert shown.ravel() == pytest.approx(row["values"])
    found = own[(own["layer"] == "conv2") & (own["rank"] == 2)].iloc[0]
    text = f"raw {found['raw']:.2f}, r {found['r']:.2f}; mean r {found['mean_r']:.2f}"
    assert f"map {found['map']}: {text}" in words(figure)
    some = figure_of(folder, "best-maps-chroma", lambda t: t[t["panel"] != "residual"])
    assert sum(bool(axes.images) for axes in some.axes) == 3 * 2 * 3


def test_captions_say_what_pictures_cannot_show():
    for name in BEST:
        caption = FIGURES[name].caption
        assert (
            "few cells, so that a large r there is noise" in caption and "mean r: over" in caption
        )
        assert ("12 rows" in caption) == (name == "best-maps-chroma")
    assert "random phases" in FIGURES["known"].caption and "too few" in FIGURES["shares"].caption


def test_a_layer_without_pictures_of_a_feature_is_left_out(folder):
    def change(table):
        return table[(table["layer"] != "conv2") | (table["feature"] != "percussive")]

    figure = figure_of(folder, "best-maps-percussive", change)
    assert [axes.get_ylabel() for axes in figure.axes if axes.get_ylabel()] == ["conv1", "conv3"]


def test_of_many_layers_six_are_drawn(tmp_path):
    layers = {f"block{number}": 8 for number in range(1, 8)}
    folder = similarity_tables(tmp_path, World(layers=layers, trainings={"vgg": 1}, copies=2))
    figure = figure_of(folder, "best-maps-harmonic")
    names = [axes.get_ylabel() for axes in figure.axes if axes.get_ylabel()]
    assert names == [f"block{number}" for number in (1, 2, 3, 5, 6, 7)]


def test_of_one_network_panels_need_not_name_it(folder):
    settings = {**SETTINGS, "networks": {"vgg": "instrument_vgg"}}

    def change(table):
        return table[table["network"] == "vgg"] if "network" in table else table

    for name, title in (
        ("shares", "chroma (STFT)\nother sound"),
        ("probes", "integrated loudness"),
    ):
        titles = [axes.get_title() for axes in figure_of(folder, name, change, settings).axes]
        assert title in titles and not any("vgg" in found for found in titles)


@pytest.mark.filterwarnings("error::UserWarning")
@pytest.mark.parametrize("name", FIGURES)
def test_odd_names_are_written_letter_by_letter(folder, tmp_path, name):
    stems = {"conv1": "stem", "conv2": "body", "conv3": "head"}
    names = renaming([*stems.values(), "vgg", "cnn"])
    plain = figure_of(folder, name, lambda table: renamed(table, stems))
    odd = figure_of(
        folder,
        name,
        lambda table: renamed(renamed(table, stems), names),
        renamed(SETTINGS, names),
    )
    check_literal(shown(plain, tmp_path), shown(odd, tmp_path), names)
