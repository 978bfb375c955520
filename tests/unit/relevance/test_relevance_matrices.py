"""Figures that are matrices: exchanged subspaces, confusions, separation."""

from math import isnan
from statistics import median

import numpy as np
import pandas as pd
import pytest
from figures_of_relevance import axes_of, figure_of, literal_draws, literal_mean, select
from matplotlib.patches import Rectangle
from tables_of_relevance import OBJECTS

from tonotopy.studies.relevance.figures import confusion

pytestmark = pytest.mark.filterwarnings("error::RuntimeWarning")  # no division by zero


def grid_of(axes, rows, columns):
    texts = [text.get_text() for text in axes.texts]
    assert len(texts) == rows * columns
    return [texts[n : n + columns] for n in range(0, len(texts), columns)]


def outlined(axes):
    cells = {p.get_xy() for p in axes.patches if isinstance(p, Rectangle)}
    return sorted((int(y), int(x)) for x, y in cells)


def names_of(axis):
    return [label.get_text() for label in axis.get_ticklabels()]


def test_gains_stand_by_explained_class_and_subspaces(folder):
    def change(table):  # not symmetric; the own subspaces of two are not the best
        lower = 0.9 * ((table["label"] == "two") & (table["subspaces"] == "two"))
        return table.assign(share=table["share"] - lower)

    table, classes = change(pd.read_parquet(folder / "exchanged.parquet")), ["one", "three", "two"]
    figure = figure_of(folder, "figure-4.10-cross-class", change)
    (axes,) = figure.axes
    assert names_of(axes.yaxis) == names_of(axes.xaxis) == classes
    assert axes.get_ylabel() == "explained class"
    hits = 0
    for label, line in zip(classes, grid_of(axes, 3, 3), strict=True):
        gains = [
            literal_mean(select(table, label=label, subspaces=other), "share") for other in classes
        ]
        hits += gains.index(max(gains)) == classes.index(label)
        expected = [f"{g:.3f}".replace("-", "−") + " •" * (g == max(gains)) for g in gains]
        assert [text.split("\n")[0] for text in line] == expected
    assert outlined(axes) == [(0, 0), (1, 1), (2, 2)] and hits < 3
    title = f"conv3, K = 4: highest on the diagonal in {hits} of 3 rows"
    assert axes.get_title().split("\n")[0] == title


def test_the_error_of_a_gain_is_of_the_groups_of_its_class(folder):
    table = pd.read_parquet(folder / "exchanged.parquet")
    own = select(table, label="one", subspaces="two")

    def literal(counts):
        weights = own["group"].map(counts)
        return (own["share"] * weights).sum() / weights.sum()

    draws = literal_draws(table, literal)
    (axes,) = figure_of(folder, "figure-4.10-cross-class").axes
    assert grid_of(axes, 3, 3)[0][2].split("\n")[1] == f"±{np.std(draws, ddof=1):.3f}"


def test_letters_in_a_matrix_are_white_on_dark_cells_alone(folder):
    (axes,) = figure_of(folder, "figure-4.10-cross-class").axes
    (mesh,) = axes.collections
    mesh.update_scalarmappable()
    for text, shade in zip(axes.texts, mesh.get_facecolors()[:, 0], strict=True):
        linear = shade**2.2
        ratio = (linear + 0.05) / 0.05 if text.get_color() == "black" else 1.05 / (linear + 0.05)
        assert ratio > 4


def test_confusions_are_in_percent_of_the_true_class_on_the_test_split(folder):
    table = select(pd.read_parquet(folder / "predictions.parquet"), role="test")
    (axes,) = figure_of(folder, "figure-a.2-confusion").axes
    classes = ["one", "three", "two"]
    assert names_of(axes.yaxis) == names_of(axes.xaxis) == classes
    for label, line in zip(classes, grid_of(axes, 3, 3), strict=True):
        own = select(table, label=label)
        counts = [100 * len(select(own, predicted=other)) / len(own) for other in classes]
        assert line == [f"{count:.1f}" if count else "" for count in counts]
    right = (table["label"] == table["predicted"]).astype(float)
    draws = literal_draws(
        table,
        lambda counts: np.average(right, weights=table["group"].map(counts)),
    )
    low, high = np.quantile(draws, [0.025, 0.975])
    interval = f"[{100 * low:.1f}, {100 * high:.1f}]"
    accuracy = f"accuracy {100 * right.mean():.1f} % {interval}, {len(table)} clips"
    assert axes.get_title() == f"test split\n{accuracy}"
    assert axes.get_ylabel() == "true class"
    assert axes.get_xlabel() == "answer (percent of the true class; blank: 0)"


def test_folds_have_a_matrix_for_each_way_of_folding(folder):
    table = pd.read_parquet(folder / "folds.parquet")
    figure = figure_of(folder, "figure-a.2-folds")
    for axes, by, name in zip(
        figure.axes, ("clip", "group"), confusion.PARTS.values(), strict=True
    ):
        rows = select(table, by=by)
        accuracy = 100 * (rows["label"] == rows["predicted"]).mean()
        assert axes.get_title().startswith(f"{name}\naccuracy {accuracy:.1f} % [")
    one = figure_of(folder, "figure-a.2-folds", lambda t: select(t, by="group"))
    assert [axes.get_title().split("\n")[0] for axes in one.axes] == [
        "folds that keep groups whole"
    ]


def genre_answers(names):
    """The first genre is always taken for the last one, the others are told."""
    rows = [
        {
            "clip": f"{n}{i}",
            "group": f"{n}{i}",
            "label": n,
            "predicted": names[-1] if n == names[0] else n,
        }
        for n in names
        for i in range(4)
    ]
    return pd.DataFrame(rows).assign(role="test")


@pytest.mark.parametrize("spelling", ["hiphop", "hip hop", "hip-hop", "Hip_Hop"])
def test_the_thesiss_ten_genres_stand_beside_its_matrix_in_its_order(folder, spelling):
    names = [spelling if g == "hiphop" else g for g in sorted(confusion.GENRES)]
    figure = figure_of(folder, "figure-a.2-confusion", lambda _: genre_answers(names))
    ours, theirs = figure.axes
    order = [spelling if g == "hiphop" else g for g in confusion.GENRES]
    assert names_of(ours.yaxis) == names_of(theirs.yaxis) == names_of(theirs.xaxis) == order
    cells = grid_of(ours, 10, 10)
    blues, rock = order.index("blues"), order.index("rock")
    assert cells[blues] == ["100.0" if n == rock else "" for n in range(10)]
    assert cells[rock] == cells[blues] and cells[0] == ["100.0", *[""] * 9]
    printed = grid_of(theirs, 10, 10)
    assert printed[0] == ["82.6", "0.9", "2.7", "", "1.6", "0.4", "5.6", "3.2", "4.0", ""]
    assert [printed[n][n] for n in range(10)] == [
        *("82.6", "89.5", "79.4", "82.3", "81.3", "95.4", "59.4", "80.1", "83.4", "86.4")
    ]
    assert "82.5 %" in theirs.get_title() and outlined(ours) == [(n, n) for n in range(10)]


def test_the_thesiss_confusions_are_those_printed():
    """Sums of rows and columns of figure A.2, whose rows are rounded percent."""
    table = np.array(confusion.THESIS)
    rows = [101.0, 100.0, 99.6, 99.9, 100.3, 100.1, 100.1, 99.8, 99.5, 100.1]
    columns = [114.9, 104.2, 94.3, 97.5, 97.7, 99.4, 91.6, 94.0, 113.1, 93.7]
    assert table.sum(axis=1).round(1).tolist() == rows
    assert table.sum(axis=0).round(1).tolist() == columns


def test_nine_genres_or_other_classes_stand_alone(folder):
    nine = genre_answers(list(confusion.GENRES[1:]))
    assert len(figure_of(folder, "figure-a.2-confusion", lambda _: nine).axes) == 1
    eleven = genre_answers([*confusion.GENRES, "soul"])
    (axes,) = figure_of(folder, "figure-a.2-confusion", lambda _: eleven).axes
    assert names_of(axes.yaxis) == sorted([*confusion.GENRES, "soul"])


def test_a_class_that_is_only_answered_has_an_empty_row(folder):
    rows = genre_answers(["a", "b", "c"])
    (axes,) = figure_of(folder, "figure-a.2-confusion", lambda _: rows[rows["label"] != "c"]).axes
    assert names_of(axes.yaxis) == ["a", "b", "c"]
    assert [text.get_text() for text in axes.texts] == ["", "", "100.0", "", "100.0", ""]


def test_separation_has_components_then_masks_by_part(folder):
    table = pd.read_parquet(folder / "renderings.parquet")
    figure = figure_of(folder, "separation")
    grid = axes_of(figure)
    assert [axes.get_title() for axes in grid] == [
        f"{c}: conv3, K = 4" for c in ("one", "three", "two")
    ]
    parts = [*OBJECTS, "noise", "random"]
    sounds = [("component", str(n)) for n in range(1, 5)] + [("oracle", name) for name in OBJECTS]
    for axes, label in zip(grid, ("one", "three", "two"), strict=True):
        assert names_of(axes.xaxis) == parts
        assert names_of(axes.yaxis) == [
            "1",
            "2",
            "3",
            "4",
            *(f"mask of {name}" for name in OBJECTS),
        ]
        nearest = []
        cells = grid_of(axes, 9, 7)
        for row, (kind, sound) in enumerate(sounds):
            medians = []
            for column, part in enumerate(parts):
                own = select(table, label=label, kind=kind, sound=sound, part=part)["si_sdr"]
                values = sorted(value for value in own if not isnan(value))
                medians.append(median(values))
                quartiles = np.quantile([max(value, -99) for value in values], [0.25, 0.75])
                half = (quartiles[1] - quartiles[0]) / 2
                expected = f"{medians[-1]:.1f}\n±{half:.1f}".replace("-", "−")
                assert cells[row][column] == expected
            nearest.append((row, medians.index(max(medians))))
        assert outlined(axes) == nearest
    assert figure.get_supxlabel() == "part of the clip"


def test_many_classes_have_whole_decibels_and_sounds_without_anything_in_common_count(folder):
    rows = [
        (label, kind, sound, f"{label}{n}", f"{label}{n}", part, value - 3.4 * n)
        for label in "edcba"
        for kind, sound, part, value in (
            ("component", "10", "bass", -8.0),
            ("component", "9", "bass", 2.6),
            ("oracle", "bass", "bass", 12.0),
            ("oracle", "bass", "noise", -np.inf),
            ("component", "9", "noise", np.nan),
        )
        for n in range(3)
    ]
    columns = ["label", "kind", "sound", "clip", "group", "part", "si_sdr"]
    table = pd.DataFrame(rows, columns=columns).assign(layer="conv4", components=10)
    table.loc[table["label"] == "e", "layer"] = "conv2"
    figure = figure_of(folder, "separation", lambda _: table, objects=["lead", "bass"])
    grid = axes_of(figure)
    layers = ["conv4", "conv4", "conv4", "conv4", "conv2"]
    titles = [f"{c}: {layer}, K = 10" for c, layer in zip("abcde", layers, strict=True)]
    assert [axes.get_title() for axes in grid] == titles
    assert names_of(grid[0].yaxis) == ["9", "10", "mask of bass"]
    assert names_of(grid[0].xaxis) == ["bass", "noise"]
    assert [text.get_text() for text in grid[0].texts] == ["−1", "−11", "9", "−99"]
    assert outlined(grid[0]) == [(0, 0), (1, 0), (2, 0)]
    (mesh,) = grid[0].collections
    assert mesh.get_clim() == (-30, pytest.approx(8.6))
