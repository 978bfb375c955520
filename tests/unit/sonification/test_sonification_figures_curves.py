"""Curves and points in the figures of study 4: what is drawn is what the tables say."""

from itertools import pairwise
from statistics import fmean

import numpy as np
import pandas as pd
import pytest
from figures_of_relevance import axes_of, bars, bars_of, select
from figures_of_sonification import (
    ABOUT,
    EPOCHS,
    LAYERS,
    RUNS,
    SETTINGS,
    SHOWN,
    figure_of,
    write_tables,
)
from matplotlib import pyplot as plt
from study_tables import shuffle_rows

from tonotopy.drawing import curves
from tonotopy.drawing.style import CHANCE, ROLES
from tonotopy.studies.sonification.figures import printed

pytestmark = pytest.mark.filterwarnings("error::RuntimeWarning")  # no division by zero


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return shuffle_rows(write_tables(tmp_path_factory.mktemp("shuffled")), seed=5)


@pytest.fixture(autouse=True)
def closed():
    yield
    plt.close("all")


def table(folder, name):
    return pd.read_parquet(folder / f"{name}.parquet")


def colour(network):
    return curves.look_of(network, ABOUT)["color"]


def of_colour(axes, network):
    """Drawn data of a network: (x, y, low, high), one array per line with error bars."""
    own = [c for c in axes.containers if c.lines[0].get_color() == colour(network)]
    return [bars_of(container) for container in own]


def check_intervals(drawn):
    assert (drawn[:, 2] <= drawn[:, 1] + 1e-12).all() and (drawn[:, 1] <= drawn[:, 3] + 1e-12).all()
    assert (drawn[:, 3] > drawn[:, 2]).any()


def mean_score(rows):
    """Macro average precision, or accuracy: recalls weighed by clips."""
    weights = rows["clips"] if (rows["measure"] == "recall").all() else [1] * len(rows)
    total = sum(s * w for s, w in zip(rows["score"], weights, strict=True))
    return total / sum(weights)


def test_layer_importance_has_a_curve_and_the_whole_encoder_for_every_network(folder):
    rows = table(folder, "transfers")
    figure = figure_of(folder, "figure-6.1-layer-importance")
    tagging, keywords, keywords_full = axes_of(figure)
    assert [axes.get_ylabel() for axes in axes_of(figure)] == [
        *("tagging\nmAP", "keywords\naccuracy", "")
    ]
    assert [axes.get_title() for axes in axes_of(figure)] == [
        *["classifier alone (fconly)"] * 2,
        "whole network (full)",
    ]
    panels = [(tagging, "tagging", "head"), (keywords, "keywords", "head")]
    for axes, task, learn in [*panels, (keywords_full, "keywords", "all")]:
        for network in RUNS:
            own = select(rows, task=task, learn=learn, network=network)
            layers, whole = of_colour(axes, network)
            names = LAYERS if learn == "head" else ("block4", "block8")
            expected = [mean_score(select(own, layer=layer)) for layer in names]
            assert layers[:, 1] == pytest.approx(expected)
            assert layers[:, 0].round().tolist() == [LAYERS.index(name) for name in names]
            check_intervals(layers)
            value = mean_score(select(own, layer="whole"))
            assert whole[0, 1] == pytest.approx(value) and round(whole[0, 0]) == 11
            dotted = [line for line in axes.lines if line.get_linestyle() == ":"]
            across = [
                line
                for line in dotted
                if line.get_color() == colour(network) and list(line.get_xdata()) == [0, 1]
            ]
            assert across[0].get_ydata()[0] == pytest.approx(value)
        assert [tick.get_text() for tick in axes.get_xticklabels()] == [
            *(str(n) for n in range(1, 12)),
            "whole",
        ]
        assert axes.get_xlabel() == "block"


def test_residuals_and_their_controls_stand_beside_the_whole_clip(folder):
    rows = table(folder, "residuals")
    grid = axes_of(figure_of(folder, "figure-6.2-residuals"))
    words = {"head": "classifier alone (fconly)", "all": "whole network (full)"}
    names = {
        "residual": "without the sonification",
        "phase": "without it, its phases random",
        "filter": "filtered to the same spectrum",
    }
    keys = [(learn, network) for learn in ("head", "all") for network in RUNS]
    for axes, (learn, network) in zip(grid, keys, strict=True):
        assert axes.get_title() == f"{network}\n{words[learn]}"
        own = select(rows, learn=learn, network=network)
        for kind, label in names.items():
            drawn = bars(axes, label)
            expected = [select(own, kind=kind, layer=n)["score"].mean() for n in LAYERS]
            assert drawn[:, 1] == pytest.approx(expected)
            assert drawn[:, 0].round().tolist() == list(range(11))
            check_intervals(drawn)
        (whole,) = [line for line in axes.lines if line.get_label() == "whole clip"]
        original = select(own, kind="original")["score"].mean()
        assert whole.get_ydata()[0] == pytest.approx(original)
        band = axes.patches[0].get_bbox()
        assert band.y0 <= original <= band.y1 and band.y1 > band.y0


def test_ways_of_learning_that_were_not_tried_have_no_panels(folder):
    def without(rows):
        lost = (rows["network"] == "untrained") & (rows["learn"] == "all")
        return rows[~lost]

    titles = [
        axes.get_title() for axes in axes_of(figure_of(folder, "figure-6.2-residuals", without))
    ]
    assert len(titles) == 5 and "untrained\nwhole network (full)" not in titles

    def head_alone(rows):
        return rows[rows["learn"] == "head"] if "learn" in rows else rows

    assert len(axes_of(figure_of(folder, "figure-6.1-layer-importance", head_alone))) == 2


def test_coherence_has_a_null_for_every_network(folder):
    rows = table(folder, "similarity")
    (axes,) = axes_of(figure_of(folder, "figure-6.3-coherence"))
    for network in RUNS:
        own = select(rows, network=network)
        (drawn,) = of_colour(axes, network)
        assert drawn[:, 1] == pytest.approx(
            [select(own, layer=layer)["coherence"].mean() for layer in LAYERS]
        )
        check_intervals(drawn)
    nulls = [c for c in axes.containers if c.lines[0].get_color() == ROLES["other"]["color"]]
    assert len(nulls) == 3 and len(axes.containers) == 6
    for network, null in zip(curves.networks_of(rows, ABOUT), nulls, strict=True):
        own = select(rows, network=network)
        drawn = bars_of(null)
        assert drawn[:, 1] == pytest.approx(
            [select(own, layer=layer)["null_coherence"].mean() for layer in LAYERS]
        )
        check_intervals(drawn)
    low, high = axes.get_ylim()
    assert low < 0 and 1 < high < 1.05


def test_activity_has_a_panel_per_measure(folder):
    rows = table(folder, "similarity")
    grid = axes_of(figure_of(folder, "activity"))
    measures = ("density", "live", "energy", "high", "flatness")
    words = ("positive activations", "ever positive", "energy / energy", "upper half", "flatness")
    for axes, measure, word in zip(grid, measures, words, strict=True):
        assert word in axes.get_title()
        highest = 0.0
        for network in RUNS:
            (drawn,) = of_colour(axes, network)
            own = select(rows, network=network)
            expected = [select(own, layer=layer)[measure].mean() for layer in LAYERS]
            assert drawn[:, 1] == pytest.approx(expected)
            highest = max(highest, drawn[:, 3].max())
        assert -0.1 * highest < axes.get_ylim()[0] < 0 and axes.get_ylim()[1] > highest


@pytest.mark.parametrize(
    ("name", "larger", "smaller"),
    [("matches", "own", "crossed"), ("targeted", "drop_target", "drop_other")],
)
def test_shares_are_of_rows_in_which_the_right_number_is_larger(folder, name, larger, smaller):
    rows = table(folder, name)
    (axes,) = axes_of(figure_of(folder, name))
    for network in RUNS:
        (drawn,) = of_colour(axes, network)
        own = select(rows, network=network)
        expected = [
            fmean(
                float(row[larger] > row[smaller])
                for row in select(own, layer=layer).to_dict("records")
            )
            for layer in LAYERS
        ]
        assert drawn[:, 1] == pytest.approx(expected)
        check_intervals(drawn)
    (chance,) = [line for line in axes.lines if list(line.get_ydata()) == [0.5, 0.5]]
    assert chance.get_linestyle() == CHANCE["linestyle"]


def test_equal_numbers_are_no_win_and_unknown_ones_count_for_nothing(folder):
    def change(rows):
        equal = rows.assign(own=0.5, crossed=0.5)
        unknown = rows.assign(own=np.nan)
        return pd.concat([equal, unknown, rows.assign(own=2.0)[rows["layer"] == "block3"]])

    (axes,) = axes_of(figure_of(folder, "matches", change))
    for network in RUNS:
        (drawn,) = of_colour(axes, network)
        assert drawn[:, 1].tolist() == [0.5 * (layer == "block3") for layer in LAYERS]


def test_evolution_has_a_curve_per_layer_and_a_column_per_network(folder):
    rows = table(folder, "evolution")
    grid = axes_of(figure_of(folder, "evolution"))
    keys = [(m, n) for m in ("similarity", "flatness") for n in ("supervised", "contrastive")]
    assert [axes.get_title() for axes in grid] == ["supervised", "contrastive", "", ""]
    assert [axes.get_xlabel() for axes in grid] == ["", "", "epoch", "epoch"]
    for axes, (measure, network) in zip(grid, keys, strict=True):
        own = select(rows, network=network)
        assert [c.get_label() for c in axes.containers] == list(SHOWN)
        for layer in SHOWN:
            drawn = bars(axes, layer)
            at = [select(own, layer=layer, epoch=epoch)[measure].mean() for epoch in EPOCHS]
            assert drawn[:, 1] == pytest.approx(at)
            assert drawn[:, 0].round().tolist() == [0, 1, 2, 3]
            check_intervals(drawn)
        ticks = [tick.get_text() for tick in axes.get_xticklabels() if tick.get_visible()]
        assert ticks == [str(e) for e in EPOCHS] * (measure == "flatness")


def test_layers_in_evolution_grow_lighter_with_depth(folder):
    axes = axes_of(figure_of(folder, "evolution"))[0]
    colours = [np.array(c.lines[0].get_color())[:3] for c in axes.containers]
    lightness = [colour @ [0.2126, 0.7152, 0.0722] for colour in colours]
    assert all(b > a + 0.1 for a, b in pairwise(lightness)) and lightness[-1] < 0.75


def test_transfers_stand_beside_the_printed_numbers(folder):
    rows = select(table(folder, "transfers"), layer="whole")
    grid = axes_of(figure_of(folder, "tables-4.2-4.9-transfer"))
    titles = [axes.get_title() for axes in grid]
    assert titles == [
        "tagging (events)\nthesis table 4.2: AudioSet",
        "few (events)\nthesis table 4.4: FSD50K",
        "keywords (words)\nthesis table 4.7: Speech Commands v2",
        "speakers (talkers)",
    ]
    order = [(network, learn) for learn in ("head", "all") for network in RUNS]
    names = [f"{n}, {'fconly' if way == 'head' else 'full'}" for n, way in order]
    assert [tick.get_text() for tick in grid[0].get_yticklabels()] == names
    assert grid[0].get_ylim() == (5.5, -0.5)  # the first row on top
    tables = ("4.2", "4.4", "4.7", None)
    for axes, task, printed_table in zip(grid, SETTINGS["transfers"], tables, strict=True):
        points = {
            (c.lines[0].get_marker(), round(y)): (x, c)
            for c in axes.containers
            for x, y in c.lines[0].get_xydata()
        }
        for place, (network, learn) in enumerate(order):
            own = select(rows, task=task, network=network, learn=learn)
            assert (("o", place) in points) == (len(own) > 0)
            if len(own):
                x, container = points["o", place]
                assert x == pytest.approx(mean_score(own))
                ((low, _), (high, _)) = container.lines[2][0].get_segments()[0]
                assert low < x < high
            scores = {} if printed_table is None else printed.TABLES[printed_table].scores
            assert (("D", place) in points) == ((network, learn) in scores)
            if (network, learn) in scores:
                x, container = points["D", place]
                ((low, _), (high, _)) = container.lines[2][0].get_segments()[0]
                value, half = scores[network, learn]
                assert (x, low, high) == pytest.approx((value, value - half, value + half))
        text = [float(t.get_text()) for t in axes.texts]
        assert text == pytest.approx(
            [points["o", n][0] for n in range(6) if ("o", n) in points], abs=0.0051
        )
    assert [axes.get_xlabel() for axes in grid] == ["mAP", "mAP", "accuracy", "accuracy"]


def test_another_table_of_the_thesis_can_be_named_or_none(folder):
    transfers = {"few": {"corpus": "c", "table": "4.9"}, "tagging": {"table": None}}
    grid = axes_of(figure_of(folder, "tables-4.2-4.9-transfer", transfers=transfers))
    assert [axes.get_title() for axes in grid] == [
        *("few (c)\nthesis table 4.9: VoxCeleb1", "tagging")
    ]
