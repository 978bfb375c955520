"""Figures of scores: curves, areas, histograms equal plain loops."""

from statistics import fmean

import numpy as np
import pandas as pd
import pytest
from drawn import words
from figures_of_relevance import (
    bars,
    bars_of,
    figure_of,
    literal_draws,
    literal_mean,
    select,
    weighted_mean,
)
from pictures_of_relevance import histogram, history
from tables_of_relevance import LAYERS

from tonotopy.drawing.style import ROLES
from tonotopy.studies.relevance.figures import looks

pytestmark = pytest.mark.filterwarnings("error::RuntimeWarning")  # no division by zero


def test_areas_are_drawn_by_method_and_layer_and_written_below(folder):
    table = pd.read_parquet(folder / "aupc.parquet")
    table = select(table, fill="zero", order="most")
    figure = figure_of(folder, "table-4.4-aupc")
    cells = cells_of(figure.axes[4])
    assert cells[0] == ["area", "method", *LAYERS]
    line = 1
    for axes, area in zip(figure.axes[:3], ("share", "step", "printed"), strict=True):
        assert axes.get_title() == f"{looks.AREAS[area]}, K = 4"
        assert [t.get_text() for t in axes.get_xticklabels()] == ["1", "2", "3", "4", "5"]
        assert axes.get_xlabel() == "conv"
        for method, k in METHODS:
            rows = select(table, method=method, components=k)
            means = [
                literal_mean(rows if method == "standard" else select(rows, layer=layer), area)
                for layer in LAYERS
            ]
            if k in (1, 4):
                drawn = bars(axes, looks.NAMES[method])
                assert drawn[:, 1].tolist() == pytest.approx(means)
                assert (drawn[:, 2] < drawn[:, 1]).all() and (drawn[:, 1] < drawn[:, 3]).all()
                assert drawn[:, 0].round().tolist() == [0, 1, 2, 3, 4]
            name = "standard (K = 1)" if k == 1 else f"{looks.NAMES[method]}, K = {k}"
            assert cells[line][:2] == [looks.AREAS[area] * (method == "standard"), name]
            assert [c.split(" ± ")[0] for c in cells[line][2:]] == [f"{m:.3f}" for m in means]
            line += 1
    assert [" ".join(row).lstrip() for row in cells[line:]] == [
        "thesis standard (K = 1) 0.975 0.975 0.975 0.975 0.975",
        "random 0.747 0.702 0.625 0.561 0.538",
        "DSA 0.709 0.613 0.596 0.540 0.523",
        "DRSA 0.696 0.599 0.583 0.537 0.534",
        "largest error ± 0.099 ± 0.092 ± 0.079 ± 0.066 ± 0.062",
    ]


METHODS = (
    *(("standard", 1), ("random", 4), ("pca", 4), ("dsa", 4)),
    *(("drsa", 2), ("drsa", 4), ("drsa", 8)),
)


def cells_of(axes):
    (table,) = axes.tables
    found = {place: cell.get_text().get_text() for place, cell in table.get_celld().items()}
    rows, columns = (max(place[n] for place in found) + 1 for n in (0, 1))
    return [[found[row, column] for column in range(columns)] for row in range(rows)]


def test_the_error_of_an_area_is_that_of_resampled_groups_and_the_best_is_bold(folder):
    table = select(pd.read_parquet(folder / "aupc.parquet"), fill="zero", order="most")
    rows = select(table, method="dsa", layer="conv2")
    draws = literal_draws(rows, lambda counts: weighted_mean(rows, "step", counts))
    figure = figure_of(folder, "table-4.4-aupc")
    error = np.std(draws, ddof=1)
    assert cells_of(figure.axes[4])[7 + 4][3].split(" ± ")[1] == f"{error:.3f}"
    assert bars(figure.axes[1], "DSA")[1, 2:].tolist() == pytest.approx(
        np.quantile(draws, [0.025, 0.975])
    )
    (drawn,) = figure.axes[4].tables
    bold = [
        place for place, cell in drawn.get_celld().items() if cell.get_text().get_weight() == "bold"
    ]
    assert sorted(bold) == [(row, column) for row in (6, 13, 20) for column in range(2, 7)]


def test_the_thesiss_areas_stand_apart_hollow_and_grey_where_a_layer_has_their_name(folder):
    renamed = {"conv1": "conv5", "conv2": "mine", "conv5": "conv1"}

    def change(table):
        return table.assign(layer=table["layer"].replace(renamed))

    figure = figure_of(folder, "table-4.4-aupc", change, layers=["conv5", "mine", "conv3"])
    containers = figure.axes[3].containers
    assert [c.lines[0].get_ydata().tolist() for c in containers] == [
        *([0.975, 0.975], [0.538, 0.625], [0.523, 0.596], [0.534, 0.583])
    ]
    assert all(c.lines[0].get_markerfacecolor() == "white" for c in containers)
    assert np.round(containers[3].lines[0].get_xdata().astype(float)).tolist() == [0, 2]
    (whiskers,) = containers[3].lines[2]
    ends = [segment[:, 1].tolist() for segment in whiskers.get_segments()]
    assert ends == [pytest.approx([0.472, 0.596]), pytest.approx([0.504, 0.662])]
    cells = cells_of(figure.axes[4])
    assert cells[-2:] == [
        ["", "DRSA", "0.534", "-", "0.583"],
        ["", "largest error", "± 0.062", "-", "± 0.079"],
    ]
    own = figure_of(
        folder,
        "table-4.4-aupc",
        lambda t: t.assign(layer=t["layer"].replace("conv2", "x")),
        layers=["x"],
    )
    assert "it has no such layers" in words(own)


def test_a_method_that_a_layer_lacks_is_left_out_there(folder):
    figure = figure_of(
        folder, "table-4.4-aupc", lambda t: t[(t["method"] != "pca") | (t["layer"] != "conv2")]
    )
    assert bars(figure.axes[0], "PCA")[:, 0].round().tolist() == [0, 2, 3, 4]
    assert cells_of(figure.axes[4])[3][3] == "-"


def test_gammas_are_drawn_in_order_with_the_lowest_ringed(folder):
    table = pd.read_parquet(folder / "gammas.parquet")
    figure = figure_of(folder, "figure-b.1-gammas")
    for axes, area in zip(figure.axes, ("share", "step", "printed"), strict=True):
        lines = {line.get_label(): line for line in axes.lines}
        lowest = []
        for kind in ("uniform", "decreasing"):
            gammas = sorted(set(table.loc[table["kind"] == kind, "gamma"]))
            means = [literal_mean(select(table, kind=kind, gamma=g), area) for g in gammas]
            assert lines[kind].get_xdata().tolist() == gammas
            assert lines[kind].get_ydata().tolist() == pytest.approx(means)
            lowest += [(mean, gamma) for gamma, mean in zip(gammas, means, strict=True)]
        flat = literal_mean(select(table, kind="random"), area)
        assert lines["random order"].get_ydata() == pytest.approx([flat, flat])
        assert lines["random order"].get_linestyle() == ROLES["random"]["linestyle"]
        mean, gamma = min(lowest)
        assert lines["lowest"].get_xydata().tolist() == [[gamma, pytest.approx(mean)]]
        assert axes.get_title() == f"{looks.AREAS[area]}: decreasing {gamma:g}"
        assert len(axes.collections) == 2 and len(axes.patches) == 1  # intervals
        assert bool(axes.get_ylabel()) == (area == "share")


def test_gammas_without_random_order_or_a_kind_are_drawn(folder):
    figure = figure_of(folder, "figure-b.1-gammas", lambda t: select(t, kind="uniform"))
    labels = [line.get_label() for line in figure.axes[0].lines]
    assert labels == ["uniform", "lowest"]


def test_objectives_are_those_of_what_is_shown_with_the_best_start_thick(folder):
    def change(table):
        worse = (table["start"] == 2) & (table["label"] == "two")
        return table.assign(objective=table["objective"] - 0.5 * worse)

    table = change(pd.read_parquet(folder / "objectives.parquet"))
    rows = select(table, layer="conv3", components=4, copy="trained")
    figure = figure_of(folder, "figure-b.2-objectives", change)
    for axes, label in zip(figure.axes, ("one", "three", "two"), strict=True):
        expected, notes = [], []
        for method in ("drsa", "dsa"):
            last = {}
            for start in range(3):
                own = select(rows, label=label, method=method, start=start).sort_values("step")
                expected.append(own["objective"].tolist())
                last[start] = expected[-1][-1]
            spread = 100 * (max(last.values()) - min(last.values())) / max(last.values())
            notes.append(f"{spread:.2g} %")
            best = max(last, key=last.get)
            thick = [line.get_linewidth() > 1 for line in axes.lines[-3:] or axes.lines]
            assert method == "drsa" or thick == [start == best for start in range(3)]
        assert [line.get_ydata().tolist() for line in axes.lines] == expected
        assert axes.lines[0].get_xdata().tolist() == [0, 20, 60, 120, 200]
        assert axes.get_title() == f"{label}\nspread {', '.join(notes)}"


def test_a_start_that_stops_early_is_judged_by_its_last_value(folder):
    rows = pd.DataFrame(
        {
            "copy": "trained",
            "method": "drsa",
            "layer": "conv3",
            "components": 4,
            "label": "one",
            "start": [1, 0, 0, 1, 0],
            "step": [10, 0, 20, 0, 10],
            "objective": [3.0, 1.0, 2.5, 1.5, 2.0],
        }
    )
    (axes,) = figure_of(folder, "figure-b.2-objectives", lambda _: rows).axes
    assert [line.get_xydata().tolist() for line in axes.lines] == [
        [[0, 1], [10, 2], [20, 2.5]],
        [[0, 1.5], [10, 3]],
    ]
    assert [line.get_linewidth() for line in axes.lines] == [0.8, 2]
    assert axes.get_legend_handles_labels() == ([axes.lines[1]], ["DRSA"])
    assert axes.get_title() == "one\nspread 17 %"


def test_the_histogram_has_all_bins_and_both_marks(folder):
    table = histogram()
    (axes,) = figure_of(folder, "figure-b.3-histogram").axes
    (steps,) = axes.patches
    assert steps.get_data().values.tolist() == table["share"].tolist()
    assert steps.get_data().edges.tolist() == [*table["low"], 1.0] and steps.get_fill()
    assert [line.get_xdata()[0] for line in axes.lines] == [0.123, 0.234]
    assert [line.get_label() for line in axes.lines] == [
        *("90th percentile, 0.123", "mean + standard deviation, 0.234")
    ]
    assert axes.get_yscale() == "log" and axes.get_xlim() == (0, 1)


def test_training_shows_all_that_was_kept_in_the_order_of_epochs(folder):
    def change(_):
        return history(5, train_macro_f1=0.99).iloc[[3, 0, 4, 1, 2]]

    table = history(5, train_macro_f1=0.99)
    figure = figure_of(folder, "figure-a.1-training", change)
    assert [axes.get_ylabel() for axes in figure.axes] == ["macro-F1", "loss"]
    for axes, kind in zip(figure.axes, ("macro_f1", "loss"), strict=True):
        assert axes.get_title() == "tones_cnn"
        for line, split in zip(axes.lines, ("train", "validation"), strict=True):
            assert line.get_label() == split
            assert line.get_xdata().tolist() == [1, 2, 3, 4, 5]
            assert line.get_ydata().tolist() == table[f"{split}_{kind}"].tolist()
    assert [axes.get_yscale() for axes in figure.axes] == ["linear", "log"]
    assert figure.axes[0].get_ylim() == pytest.approx((-0.04, 1.04))
    zero = figure_of(folder, "figure-a.1-training", lambda t: t.assign(train_loss=0.0))
    assert zero.axes[1].get_yscale() == "linear" and len(zero.axes[0].lines) == 1


def test_randomisation_begins_with_the_trained_network(folder):
    table = pd.read_parquet(folder / "randomisation.parquet")
    (axes,) = figure_of(folder, "randomisation").axes
    means = [literal_mean(select(table, step=step), "correlation") for step in range(1, 9)]
    assert axes.lines[0].get_xdata().tolist() == axes.get_xticks().tolist() == list(range(9))
    assert axes.lines[0].get_ydata().tolist() == pytest.approx([1, *means])
    assert axes.lines[1].get_linestyle() == "None" and axes.lines[-1].get_ydata() == [0, 0]
    drawn = bars(axes)
    assert drawn[:, :2].tolist() == [[n, pytest.approx(m)] for n, m in enumerate(means, start=1)]
    assert (drawn[:, 2] < drawn[:, 1]).all() and (drawn[:, 1] < drawn[:, 3]).all()
    names = ["none", "dense3", "dense2", "dense1", *LAYERS[::-1]]
    assert [label.get_text() for label in axes.get_xticklabels()] == names


def test_a_layer_without_any_correlation_leaves_a_gap(folder):
    (axes,) = figure_of(
        folder,
        "randomisation",
        lambda t: t.assign(correlation=t["correlation"].where(t["step"] != 4)),
    ).axes
    assert np.isnan(axes.lines[0].get_ydata()).tolist() == [n == 4 for n in range(9)]


def test_planted_subspaces_have_a_panel_per_size_and_a_line_per_draw(folder):
    table = pd.read_parquet(folder / "planted.parquet")
    figure = figure_of(folder, "planted")
    titles = [f"width {width}, K = 4, 9 draws" for width in (16, 64)]
    assert [axes.get_title() for axes in figure.axes] == titles
    assert [bool(axes.get_ylabel()) for axes in figure.axes] == [True, False]
    for axes, width in zip(figure.axes, (16, 64), strict=True):
        assert axes.get_xlim() == (-0.5, 2.5)
        assert [t.get_text() for t in axes.get_xticklabels()] == ["DRSA", "DSA", "PCA"]
        rows = select(table, width=width)
        for n in range(9):
            cosines = [
                select(rows, draw=n, method=m)["cosine"].item() for m in ("drsa", "dsa", "pca")
            ]
            assert axes.lines[n].get_ydata().tolist() == cosines
        for n, (method, container) in enumerate(
            zip(("drsa", "dsa", "pca"), axes.containers, strict=True)
        ):
            values = select(rows, method=method)["cosine"].tolist()
            x, mean = container.lines[0].get_xydata()[0]
            assert (round(x), mean) == (n, pytest.approx(fmean(values)))
            assert min(values) < bars_of(container)[0, 2] < mean < bars_of(container)[0, 3]
            assert container.lines[0].get_marker() == looks.LOOKS[method]["marker"]
            assert sorted(axes.lines[9 + 4 * n].get_ydata()) == sorted(values)


def test_a_single_draw_of_planted_subspaces_is_drawn(folder):
    (axes,) = figure_of(folder, "planted", lambda t: select(t, draw=0, width=64)).axes
    assert axes.get_title() == "width 64, K = 4, 1 draws"
