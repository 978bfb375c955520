"""The figures of study 3: drawn from tables alone, with their words, for a reason left out."""

from statistics import fmean

import numpy as np
import pandas as pd
import pytest
from drawn import check_figure, check_letters, shown, words
from figures_of_relevance import ABOUT, THEIRS, figure_of, literal_draws
from odd_names import check_literal, renamed, renaming
from tables_of_relevance import SETTINGS

from tonotopy.studies.relevance.figures import FIGURES, looks, scores
from tonotopy.studies.relevance.study import STUDY

pytestmark = pytest.mark.filterwarnings("error::RuntimeWarning")  # no division by zero
TEXT = {
    "figure-4.1-objects": "object 5",
    "figure-4.3-components": "component 4",
    "figure-4.5-random": "random subspaces",
    "figure-4.8-exchanged": "one through three",
    "figure-c.3-layers": "conv5, K = 4",
    "figure-c.7-components": "conv3, K = 6",
    "table-4.4-aupc": "0.975",
    "figure-4.10-cross-class": "(thesis: in 10 of 10)",
    "figure-a.1-training": "macro-F1",
    "figure-a.2-confusion": "test split",
    "figure-a.2-folds": "folds that keep groups whole",
    "figure-b.1-gammas": "by share: decreasing 0.4",
    "figure-b.2-objectives": "conv3, K = 4",
    "figure-b.3-histogram": "90th percentile, 0.123",
    "disentanglement": "DRSA, untrained network",
    "muting": "clips of classes that the part does not cause",
    "randomisation": "dense3",
    "planted": "width 64, K = 4, 9 draws",
    "separation": "mask of object 5",
}


def test_every_figure_has_words_to_look_for():
    assert set(TEXT) == set(FIGURES) and STUDY.figures is FIGURES


@pytest.mark.parametrize("name", FIGURES)
def test_every_figure_is_drawn_with_its_words_and_note(folder, tmp_path, name):
    check_figure(folder, tmp_path, STUDY, name, {**SETTINGS, **THEIRS}, TEXT[name])


@pytest.mark.parametrize(
    "makers", [{"mine": "folder"}, {"a": "planted_music"}, {}, {"a": "gtzan", "b": "folder"}]
)
@pytest.mark.parametrize(
    "name", ["table-4.4-aupc", "figure-4.10-cross-class", "figure-a.2-confusion"]
)
def test_the_thesiss_numbers_stand_beside_its_own_corpus_alone(folder, tmp_path, name, makers):
    assert "thesis" not in shown(figure_of(folder, name, makers=makers), tmp_path)


@pytest.mark.parametrize("name", FIGURES)
def test_letters_can_be_read_and_the_order_of_rows_changes_nothing(folder, ordered, name):
    check_letters(figure_of(folder, name), figure_of(ordered, name))


@pytest.mark.parametrize("name", ["figure-4.8-exchanged", "table-4.4-aupc", "disentanglement"])
def test_the_same_table_gives_the_same_picture(folder, tmp_path, name):
    pictures = []
    for _ in range(2):
        shown(figure_of(folder, name), tmp_path)
        pictures.append((tmp_path / "f.svg").read_bytes())
    assert pictures[0] == pictures[1]


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("figure-4.1-objects", "no example has its parts apart"),
        ("figure-4.3-components", "there are no examples of the kind 'own'"),
        ("figure-4.5-random", "there are no examples of the kind 'random'"),
        ("figure-4.8-exchanged", "there are no examples of the kind 'exchanged'"),
        ("figure-c.3-layers", "there are no examples of the kind 'layers'"),
        ("figure-c.7-components", "there are no examples of the kind 'numbers'"),
        ("table-4.4-aupc", "no layer has subspaces whose patches were flipped"),
        ("figure-4.10-cross-class", "no class was explained through the subspaces of another"),
        ("figure-a.1-training", "the training has no epochs"),
        ("figure-a.2-confusion", "there are no answers to clips that the network was not trained"),
        ("figure-a.2-folds", "there are no answers to clips that the network was not trained on"),
        ("figure-b.1-gammas", "no gamma was tried"),
        ("figure-b.2-objectives", "no subspaces were fitted at conv3"),
        ("figure-b.3-histogram", "no component has any positive relevance"),
        ("disentanglement", "no relevance was compared with parts"),
        ("muting", "no part was muted"),
        ("randomisation", "no layer was randomised"),
        ("planted", "no subspaces were planted"),
        ("separation", "nothing was rendered"),
    ],
)
def test_a_figure_without_rows_says_so(folder, name, reason):
    (text,) = words(figure_of(folder, name, lambda table: table.iloc[:0]))
    assert text.startswith(reason)


ENTRY = {
    **SETTINGS,
    "gammas": [0.1, 0.4],
    "folds": {"number": 3, "by": ["clip"]},
    "planted": 2,
    "network": "mine",
}
TRAINED = {"networks": {"mine": {"architecture": "genre_cnn"}}}


@pytest.mark.parametrize(
    ("change", "lost"),
    [
        ({}, {}),
        ({"layers": None}, {}),
        (
            {"objects": None},
            dict.fromkeys(
                ["figure-4.1-objects", "disentanglement", "separation"],
                "the entry has no 'objects'",
            ),
        ),
        (
            {"exchanged": None},
            dict.fromkeys(
                ["figure-4.8-exchanged", "figure-4.10-cross-class"],
                "the entry has no 'exchanged'",
            ),
        ),
        ({"causes": None}, {"muting": "the entry has no 'causes'"}),
        ({"planted": 0}, {"planted": "the entry has no 'planted'"}),
        ({"gammas": None}, {"figure-b.1-gammas": "the entry has no 'gammas'"}),
        ({"folds": None}, {"figure-a.2-folds": "the entry has no 'folds'"}),
        ({"layers": ["conv3"]}, {"figure-c.3-layers": "the entry has one layer"}),
        (
            {"components": [4]},
            {"figure-c.7-components": "the entry has one number of components"},
        ),
        ({"network": "theirs"}, {"figure-a.1-training": "the network was not trained here"}),
    ],
)
def test_a_figure_is_left_out_for_a_reason(change, lost):
    config = {"networks": {**TRAINED["networks"], "theirs": {"module": "my.networks"}}}
    entry = {**ENTRY, **change}
    reasons = {name: figure.obstacle(entry, config) for name, figure in FIGURES.items()}
    assert {name: reason for name, reason in reasons.items() if reason} == lost


@pytest.mark.parametrize("key", ["objects", "exchanged", "causes", "planted", "gammas", "folds"])
def test_a_key_that_an_entry_lacks_is_as_good_as_null(key):
    entry = {name: value for name, value in ENTRY.items() if name != key}
    reasons = [figure.obstacle(entry, TRAINED) for figure in FIGURES.values()]
    assert f"the entry has no '{key}'" in reasons


def test_means_are_of_classes_with_intervals_over_groups():
    rows = pd.DataFrame(
        [
            ("a", "c1", "g1", "x", 1.0),
            ("a", "c1", "g1", "x", 3.0),
            ("a", "c2", "g1", "x", 7.0),
            ("a", "c3", "g2", "x", np.nan),
            ("b", "c4", "g2", "x", 10.0),
            ("b", "c5", "g3", "x", 20.0),
            ("c", "c6", "g4", "x", 40.0),
            ("a", "c1", "g1", "y", 5.0),
            ("b", "c4", "g2", "y", 6.0),
        ],
        columns=["label", "clip", "group", "kind", "score"],
    ).sample(frac=1, random_state=1)
    found = scores.class_means(rows, "score", ["kind"], {"resamples": 200, "confidence": 0.8})
    assert found.loc["x", "value"] == pytest.approx((4.5 + 15 + 40) / 3)
    assert found.loc["y", "value"] == pytest.approx(5.5)
    clips = {"c1": ("a", 2.0, "g1"), "c2": ("a", 7.0, "g1"), "c4": ("b", 10.0, "g2")}
    clips |= {"c5": ("b", 20.0, "g3"), "c6": ("c", 40.0, "g4")}

    def literal(counts):
        means = []
        for label in "abc":
            drawn = [
                value
                for own, value, group in clips.values()
                for _ in range(counts[group])
                if own == label
            ]
            means += [fmean(drawn)] if drawn else []
        return fmean(means) if means else None

    draws = [value for value in literal_draws(rows, literal, 200) if value is not None]
    assert found.loc["x", "error"] == pytest.approx(np.std(draws, ddof=1))
    assert found.loc["x", ["low", "high"]].tolist() == pytest.approx(np.quantile(draws, [0.1, 0.9]))


def test_what_no_clip_has_is_nan_without_a_warning():
    rows = pd.DataFrame({"label": ["a", "b"], "clip": ["1", "2"], "group": ["g", "h"], "kind": "x"})
    rows = pd.concat([rows.assign(score=np.inf), rows.assign(score=[1.0, 2.0], kind="y")])
    found = scores.class_means(rows, "score", ["kind"], ABOUT)
    assert found.loc["x"].isna().all() and found.loc["y", "value"] == 1.5


def test_intervals_never_reach_to_the_wrong_side():
    assert looks.arms([2, 2, 5], [1, 3, 5 + 1e-16], [4, 5, 4]).tolist() == [[1, 0, 0], [2, 3, 0]]
    assert looks.arms(2, 1.5, 3).tolist() == [[0.5], [1]]


def test_no_two_methods_look_alike_even_without_colours():
    assert looks.LOOKS.keys() == looks.NAMES.keys()
    for key in ("color", "marker"):
        assert len({look[key] for look in looks.LOOKS.values()}) == 5


def test_numbers_have_a_proper_minus_sign():
    assert [looks.number(x) for x in (-0.12345, 3.0, 0.0, -0.0, 12345.0)] == [
        *("−0.123", "3", "0", "0", "1.23e+04")
    ]
    assert [looks.fixed(x, 1) for x in (-1.25, -0.04, 0.96, 0)] == ["−1.2", "0.0", "1.0", "0.0"]


def test_layers_come_from_the_settings_or_else_in_the_order_of_the_table():
    table = pd.DataFrame({"layer": ["", "conv9", "conv10", "conv9", "conv1"]})
    assert looks.layers_of(table, {"layers": None}) == ["conv9", "conv10", "conv1"]
    assert looks.layers_of(table, {"layers": ["conv1", "x", "conv9"]}) == ["conv1", "conv9"]


@pytest.mark.filterwarnings("error::UserWarning")
@pytest.mark.parametrize("name", FIGURES)
def test_odd_names_are_written_letter_by_letter(folder, tmp_path, name):
    names = renaming(["one", "two", "three", "conv1", "conv3", "conv5"])
    plain = shown(figure_of(folder, name), tmp_path)
    odd = figure_of(folder, name, lambda table: renamed(table, names), **renamed(SETTINGS, names))
    check_literal(plain, shown(odd, tmp_path), names)
