"""The figures of study 2: drawn from tables alone, showing what these hold."""

from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from drawn import check_figure, check_markers, draw, shown, words
from matplotlib import colormaps
from matplotlib import pyplot as plt
from odd_names import check_literal, renamed, renaming
from tables_of_steering import CLASSES, CONCEPTS, SETTINGS, steering_tables

from tonotopy.drawing.style import ROLES
from tonotopy.files import write_json
from tonotopy.studies.steering.figures.augmentation import table_rows
from tonotopy.studies.steering.study import STUDY

AUGMENTATION = [
    {"transform": "pitch_shift", "range": [-0.25, 0.75], "p": 0.5},
    {"transform": "time_mask", "range": [1, 3], "p": 0.4},
    {"transform": "time_mask", "range": [5, 6], "p": 1.0},
    {"transform": "gain", "decibels": 6},
]
LAYERS = ("stem", "body", "the head")
TEXT = {
    "table-3.1-class-counts": "corpus my_classes",
    "table-3.2-augmentation": "4 to 64, p 0.25",
    "figure-3.1-confusion": "blank: 0.1 or less",
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
    about = {"augmentation": AUGMENTATION, "layers": {name: {} for name in LAYERS}}
    write_json(root / "network/network.json", about)
    return root


@pytest.fixture(autouse=True)
def closed():
    yield
    plt.close("all")


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
        ["pitch shift", "semitones", "−0.25 to 0.75, p 0.5", "−0.5 to 0.5, p 0.5"],
        ["gain", "", "decibels 6", "not applied"],
    ]


def corpus_of(source, classes=("rock", "hip-hop", "Hip_Hop")):
    counts = {split: dict.fromkeys(classes, 5) for split in ("train", "validation", "test")}
    return {"name": "mine", "classes": list(classes), "counts": counts, "source": source}


@pytest.mark.parametrize(
    ("maker", "source"),
    [
        ("folder", "folder"),
        ("folder", "GTZANLike, from AudioSet"),
        ("gtzan", "gtzan"),
        ("planted_music", "embedded"),
    ],
)
def test_a_class_of_ones_own_has_no_number_of_the_thesis(folder, tmp_path, maker, source):
    about = {**SETTINGS, "own": maker == "folder", "makers": {"mine": maker}}
    own = corpus_of(source)
    for name in ("table-3.1-class-counts", "figure-3.1-confusion"):
        figure = draw(folder, STUDY, name, about, lambda t: own if isinstance(t, dict) else t)
        assert "thesis" not in shown(figure, tmp_path)


def test_the_thesiss_own_classes_have_its_numbers_whatever_the_spelling(folder, tmp_path):
    about = {**SETTINGS, "makers": {"mine": "audioset"}}
    theirs = corpus_of("GTZANLike, from AudioSet")

    def change(table):
        return theirs if isinstance(table, dict) else table

    words = shown(draw(folder, STUDY, "table-3.1-class-counts", about, change), tmp_path)
    assert words.count("(thesis 5170)") == 2 and words.count("(thesis 5952)") == 4
    words = shown(draw(folder, STUDY, "figure-3.1-confusion", about, change), tmp_path)
    assert "thesis: .585 on GTZANLike" in words


def test_a_users_own_training_stands_beside_nothing(folder, tmp_path):
    about = {**SETTINGS, "own": True}
    words = shown(draw(folder, STUDY, "table-3.2-augmentation", about), tmp_path)
    assert "thesis" not in words and "not applied" not in words and "pitch shift" in words


@pytest.mark.parametrize(
    ("network", "reason"),
    [
        ({"architecture": "ast", "augmentation": AUGMENTATION}, None),
        ({"architecture": "ast", "augmentation": []}, "no sound was changed in training"),
        ({"architecture": "ast"}, "no sound was changed in training"),
        ({"module": "mine:Net"}, "the network was not trained here"),
    ],
)
def test_a_table_of_no_transforms_is_not_drawn(network, reason):
    figure = STUDY.figures["table-3.2-augmentation"]
    assert figure.obstacle({"network": "mine"}, {"networks": {"mine": network}}) == reason


OVER_LAYERS = ("figure-3.2-multiclass-probe", "figure-3.3-binary-probe", "figure-3.9-cosines")


def ticks_of(axes):
    return [tick.get_text() for tick in axes.get_xticklabels()]


def of_tables(change):
    """A change of tables that leaves descriptions of corpora and networks as they are."""
    return lambda table: table if isinstance(table, dict) else change(table)


@pytest.mark.parametrize("name", OVER_LAYERS)
def test_layers_have_their_names_and_one_layer_is_a_point(folder, name):
    whole = draw(folder, STUDY, name, SETTINGS)
    for axes in (axes for axes in whole.axes if axes.get_visible()):
        assert ticks_of(axes) == list(LAYERS) and list(axes.get_xticks()) == [0, 1, 2]
        assert len(axes.lines[0].get_xdata()) == 3
    one = draw(folder, STUDY, name, SETTINGS, of_tables(lambda table: table[table["layer"] == 0]))
    for axes in one.axes:
        assert ticks_of(axes) == ["1"] and axes.get_xlabel() in ("layer", "")
        (container, *_) = axes.containers
        assert container.lines[0].get_marker() not in ("None", "", None)


def test_layers_of_a_network_that_does_not_say_them_are_counted_from_1(folder):
    def unnamed(table):
        return {} if isinstance(table, dict) else table

    for name in OVER_LAYERS:
        axes = draw(folder, STUDY, name, SETTINGS, unnamed).axes[0]
        assert ticks_of(axes) == ["1", "2", "3"], name
    for change, names in ((lambda table: table, list(LAYERS)), (unnamed, ["1", "2", "3"])):
        figure = draw(folder, STUDY, "figure-3.8-one-to-all", SETTINGS, change)
        assert [text.get_text() for text in figure.legends[0].get_texts()] == names


def test_chance_and_collapse_are_in_the_legends(folder):
    for name, word in (
        ("figure-3.3-binary-probe", "chance"),
        ("figure-3.6-steering-unseen", "output collapsed"),
    ):
        figure = draw(folder, STUDY, name, SETTINGS)
        assert word in [text.get_text() for text in figure.legends[0].get_texts()]
    plain = draw(folder, STUDY, "figure-3.4-steering", SETTINGS)
    assert "output collapsed" not in words(plain)


@pytest.mark.parametrize(
    ("name", "column"),
    [
        ("figure-3.2-multiclass-probe", "predicted"),
        ("figure-3.3-binary-probe", "macro_f1"),
        ("figure-3.4-steering", "probability"),
    ],
)
def test_markers_at_1_are_whole(folder, name, column):
    def perfect(table):
        return table.assign(**{column: table["label"] if column == "predicted" else 1.0})

    figure = draw(folder, STUDY, name, SETTINGS, of_tables(perfect))
    figure.draw_without_rendering()
    check_markers(figure)
    assert figure.axes[0].lines[0].get_ydata().max() == 1


def slopes_of(values) -> pd.DataFrame:
    rows = [("a", "x", values[0]), ("a", "y", values[1]), ("b", "x", values[2])]
    rows = [*rows, ("b", "y", values[3])]
    table = pd.DataFrame(rows, columns=["concept", "class", "estimate"])
    return table.assign(p_adjusted=0.5, planted=False)


@pytest.mark.parametrize(
    ("values", "reach"),
    [((0.004, -0.0049, 0.02, 0.0), 0.2), ((0.004, 1.0, -2.0, 0.3), 2.0), ((0.0,) * 4, 0.2)],
)
def test_slopes_that_are_0_are_white_and_small_ones_pale(folder, values, reach):
    figure = draw(folder, STUDY, "matrix", SETTINGS, lambda _: slopes_of(values))
    figure.draw_without_rendering()
    axes, scale = figure.axes
    (mesh, *_) = axes.collections
    colours = mesh.get_facecolors().reshape(2, 2, 4)[:, :, :3]
    white = colormaps["PuOr_r"](0.5)[:3]
    for value, colour in zip(values, colours.reshape(4, 3), strict=True):
        distance = np.abs(colour - white).max()
        assert (distance == 0) == (abs(value) < 0.005)
        assert distance < 0.2 or abs(value) >= 0.03
    assert [t.get_text() for t in scale.get_yticklabels()] == [f"−{reach:.2f}", "0", f"{reach:.2f}"]


def test_the_untrained_network_looks_alike_in_every_figure(folder):
    probed = draw(folder, STUDY, "figure-3.2-multiclass-probe", SETTINGS).axes[0]
    per_concept = draw(folder, STUDY, "figure-3.3-binary-probe", SETTINGS).axes[0]
    looks = [
        {h.get_label().split()[0]: h for h in (*axes.get_lines(), *axes.containers)}["untrained"]
        for axes in (probed, per_concept)
    ]
    lines = [getattr(look, "lines", [look])[0] for look in looks]
    for line in lines:
        assert (line.get_color(), line.get_marker()) == (
            ROLES["untrained"]["color"],
            ROLES["untrained"]["marker"],
        )


@pytest.mark.parametrize("name", ["matrix", "figure-3.1-confusion"])
def test_six_names_of_thirty_letters_do_not_overlap(folder, tmp_path, name):
    long = [f"{letter * 20} of number {n}" for n, letter in enumerate("abcdef")]
    rows = [
        {"concept": c, "class": k, "estimate": 0.1 * n, "p_adjusted": 0.5}
        for n, c in enumerate(long)
        for k in long
    ]
    answers = [{"role": "test", "label": c, "predicted": k} for c in long for k in long]
    tables = {"slopes": pd.DataFrame(rows), "predictions": pd.DataFrame(answers)}
    tables["classes"] = corpus_of("folder", long)
    (table,) = [t for key, t in tables.items() if key in STUDY.figures[name].sources[:1]]
    figure = draw(
        folder, STUDY, name, SETTINGS, lambda t: tables["classes"] if isinstance(t, dict) else table
    )
    shown(figure, tmp_path)
    axes = figure.axes[0]
    figure.draw_without_rendering()
    boxes = [label.get_window_extent() for label in axes.get_yticklabels()]
    inside = axes.get_window_extent()
    for one, other in pairwise(boxes):
        assert not one.overlaps(other)
    assert all(box.x0 >= 0 and box.x1 <= inside.x0 + 1 for box in boxes)
    assert inside.height / len(long) > 15 and inside.width / len(long) > 15  # pixels of a cell
    below = axes.get_xticklabels()
    assert {label.get_rotation() for label in below} == {45.0}
    assert all(label.get_window_extent().y0 >= 0 for label in below)


@pytest.mark.filterwarnings("error::UserWarning")
@pytest.mark.parametrize("name", STUDY.figures)
def test_odd_names_are_written_letter_by_letter(folder, tmp_path, name):
    names = renaming([*CLASSES, *CONCEPTS, *LAYERS])
    plain = shown(draw(folder, STUDY, name, SETTINGS), tmp_path)
    odd = draw(folder, STUDY, name, renamed(SETTINGS, names), lambda table: renamed(table, names))
    check_literal(plain, shown(odd, tmp_path), names)
