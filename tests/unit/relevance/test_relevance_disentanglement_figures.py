"""Figures of disentanglement and muting equal plain loops."""

from math import log
from statistics import fmean

import numpy as np
import pandas as pd
import pytest
from figures_of_relevance import (
    axes_of,
    bars,
    figure_of,
    literal_draws,
    literal_mean,
    select,
    weighted_mean,
)
from scipy.stats import spearmanr
from tables_of_relevance import CAUSES, LAYERS

pytestmark = pytest.mark.filterwarnings("error::RuntimeWarning")  # no division by zero


def literal_information(tables):
    """MI(k; o) / H(o) of the mean of tables {(component, object): share}."""
    keys = {key for table in tables for key in table}
    total = sum(sum(table.values()) for table in tables)
    joint = {key: sum(table[key] for table in tables) / total for key in keys}
    components, objects = {}, {}
    for (k, o), p in joint.items():
        components[k] = components.get(k, 0) + p
        objects[o] = objects.get(o, 0) + p
    mutual = sum(p * log(p / components[k] / objects[o]) for (k, o), p in joint.items() if p)
    return mutual / -sum(p * log(p) for p in objects.values() if p)


def literal_score(rows):
    """Mean over classes, each of which has components of its own."""
    classes = {}
    for row in rows.to_dict("records"):
        clip = classes.setdefault(row["label"], {}).setdefault(row["clip"], {})
        clip[row["component"], row["object"]] = row["share"]
    return fmean(literal_information(list(clips.values())) for clips in classes.values())


CURVES = {
    "DRSA": {"method": "drsa", "copy": "trained"},
    "DRSA, untrained network": {"method": "drsa", "copy": "untrained"},
    "DSA": {"method": "dsa", "copy": "trained"},
    "PCA": {"method": "pca", "copy": "trained"},
}


def panels_of(figure):
    """Panels by their titles."""
    return {axes.get_title(): axes for axes in axes_of(figure)}


def test_methods_stand_beside_the_first_one_in_panels_of_their_own(folder):
    grid = panels_of(figure_of(folder, "disentanglement"))
    others = ["DRSA, untrained network", "DSA", "random bases", "PCA", "DRSA, shuffled"]
    assert list(grid) == others
    for label, axes in grid.items():
        assert [c.get_label() for c in axes.containers] == ["DRSA", label]
        assert axes.get_ylim() == grid["DSA"].get_ylim() and axes.get_ylim()[0] < 0
        names = [f"conv{tick.get_text()}" for tick in axes.get_xticklabels()]
        assert names == list(LAYERS) and axes.get_xlabel() == "conv"
    (legend,) = figure_of(folder, "disentanglement").legends
    assert legend.get_title().get_text() == "K = 4"
    assert {text.get_text() for text in legend.get_texts()} == {"DRSA", *others, "ceiling"}


def test_disentanglement_is_that_of_the_shown_number_of_components(folder):
    table = pd.read_parquet(folder / "overlaps.parquet")
    grid = panels_of(figure_of(folder, "disentanglement"))
    for label, keys in CURVES.items():
        axes = grid.get(label, grid["DSA"])
        rows = select(table, components=4, **keys)
        expected = [literal_score(select(rows, layer=layer)) for layer in LAYERS]
        drawn = bars(axes, label)
        assert drawn[:, 1].tolist() == pytest.approx(expected)
        assert drawn[:, 0].round().tolist() == [0, 1, 2, 3, 4]
        assert (drawn[:, 2] < drawn[:, 3]).all()


def test_random_bases_have_their_mean_and_range(folder):
    table = select(pd.read_parquet(folder / "overlaps.parquet"), components=4, method="random")
    axes = panels_of(figure_of(folder, "disentanglement"))["random bases"]
    for layer, drawn in zip(LAYERS, bars(axes, "random bases"), strict=True):
        values = [literal_score(select(table, layer=layer, draw=n)) for n in range(6)]
        assert drawn[1:].tolist() == pytest.approx([fmean(values), min(values), max(values)])


def test_the_ceiling_is_dashed_and_shuffled_components_tell_nothing_apart(folder):
    table = pd.read_parquet(folder / "overlaps.parquet")
    axes = panels_of(figure_of(folder, "disentanglement"))["DRSA, shuffled"]
    (line,) = [line for line in axes.lines if line.get_label() == "ceiling"]
    expected = literal_score(select(table, method="ceiling"))
    assert line.get_ydata() == pytest.approx([expected] * 2) and line.get_linestyle() == "--"
    shuffled, found = bars(axes, "DRSA, shuffled"), bars(axes, "DRSA")
    assert (shuffled[:, 1] < 0.03).all() and found[2, 1] > 0.2
    assert (shuffled[:, 2] < shuffled[:, 1]).all() and (shuffled[:, 1] < shuffled[:, 3]).all()


def test_the_interval_of_a_score_is_over_groups_of_all_classes(folder):
    table = pd.read_parquet(folder / "overlaps.parquet")
    rows = select(table, components=4, method="dsa", layer="conv3")
    tables = {}
    for row in rows.to_dict("records"):
        clip = tables.setdefault(row["label"], {}).setdefault((row["clip"], row["group"]), {})
        clip[row["component"], row["object"]] = row["share"]

    def literal(counts):
        return fmean(
            literal_information([t for (_, group), t in own.items() for _ in range(counts[group])])
            for own in tables.values()
        )

    draws = literal_draws(rows, literal)
    axes = panels_of(figure_of(folder, "disentanglement"))["DSA"]
    assert bars(axes, "DSA")[2, 2:].tolist() == pytest.approx(np.quantile(draws, [0.025, 0.975]))


def test_a_single_layer_is_drawn_as_bars(folder):
    table = pd.read_parquet(folder / "overlaps.parquet")
    figure = figure_of(folder, "disentanglement", lambda t: t[t["layer"].isin(["", "conv4"])])
    (axes,) = figure.axes
    names = [t.get_text() for t in axes.get_xticklabels()]
    assert names == [
        "DRSA",
        "DRSA,\nuntrained network",
        "DSA",
        "random bases",
        "PCA",
        "DRSA,\nshuffled",
    ]
    heights = [bar.get_height() for container in axes.containers[::2] for bar in container]
    for name, height, text in zip(names, heights, axes.texts, strict=True):
        assert text.get_text().strip() == f"{height:.2g}"
        keys = CURVES.get(name.replace("\n", " "))
        if keys:
            rows = select(table, components=4, layer="conv4", **keys)
            assert height == pytest.approx(literal_score(rows))
    assert axes.get_title() == "conv4, K = 4"
    assert [line.get_label() for line in axes.lines][-1] == "ceiling"


@pytest.mark.parametrize(
    ("methods", "titles"), [(["drsa", "dsa"], ["DSA", "DRSA, shuffled"]), (["dsa"], ["DSA"])]
)
def test_what_was_not_compared_is_left_out(folder, methods, titles):
    def change(table):
        return table[table["method"].isin(methods) & (table["copy"] == "trained")]

    assert list(panels_of(figure_of(folder, "disentanglement", change))) == titles


def test_lift_stands_against_the_drop_with_a_panel_per_part(folder):
    table = pd.read_parquet(folder / "localisation.parquet")
    figure = figure_of(folder, "muting")
    parts = [*CAUSES, "object 3", "object 4", "object 5", "noise", "random"]
    grid = axes_of(figure)
    assert [axes.get_title().split("\n")[0] for axes in grid] == parts
    for axes, part in zip(grid, parts, strict=True):
        rows = select(table, part=part).dropna(subset=["lift"])
        caused = CAUSES.get(part, [])
        clouds = [rows[~rows["label"].isin(caused)], *(select(rows, label=c) for c in caused)]
        drawn = [c for c in axes.collections if c.get_offsets().size and hasattr(c, "get_sizes")]
        drawn = [c for c in drawn if len(c.get_offsets()) > 1]
        for cloud, own in zip(drawn, clouds, strict=True):
            assert points(cloud.get_offsets()) == points(own[["lift", "drop"]].to_numpy())
        rho = spearmanr(rows["lift"], rows["drop"]).statistic
        assert axes.get_title().split("\n")[1].startswith(f"rank correlation {rho:.2f} [0.")
    assert grid[0].get_xlabel() == "lift (octaves)"
    assert [bool(axes.get_ylabel()) for axes in grid] == [n % 3 == 0 for n in range(7)]


def points(array):
    return sorted((float(x), float(y)) for x, y in array)


def test_caused_classes_have_means_with_intervals_in_both_directions(folder):
    table = pd.read_parquet(folder / "localisation.parquet")
    first, second = axes_of(figure_of(folder, "muting"))[:2]
    assert [c.get_label() for c in first.containers] == ["one", "three"]
    assert [c.get_label() for c in second.containers] == ["two"]
    looks_of = set()
    for axes, part, label in (
        (first, "object 1", "three"),
        (second, "object 2", "two"),
        (first, "object 1", "one"),
    ):
        (container,) = [c for c in axes.containers if c.get_label() == label]
        rows = select(table, part=part, label=label)
        marker = container.lines[0]
        looks_of.add((marker.get_color(), marker.get_marker()))
        mean = marker.get_xydata()[0]
        assert mean.tolist() == pytest.approx(
            [literal_mean(rows, "lift"), literal_mean(rows, "drop")]
        )
        for axis, (whiskers, column) in enumerate(
            zip(container.lines[2], ("lift", "drop"), strict=True)
        ):
            draws = literal_draws(rows, lambda c, r=rows, n=column: weighted_mean(r, n, c))
            ends = whiskers.get_segments()[0][:, axis].tolist()
            assert ends == pytest.approx(np.quantile(draws, [0.025, 0.975]))
    assert len(looks_of) == 3


def test_the_interval_of_a_rank_correlation_is_over_groups(folder):
    table = pd.read_parquet(folder / "localisation.parquet")
    rows = select(table, part="object 4").sort_values(["label", "clip"])

    def literal(counts):
        drawn = rows.loc[rows.index.repeat(rows["group"].map(counts))]
        return spearmanr(drawn["lift"], drawn["drop"]).statistic

    low, high = np.quantile(literal_draws(rows, literal), [0.025, 0.975])
    panel = axes_of(figure_of(folder, "muting"))[3]
    assert panel.get_title().endswith(f" [{low:.2f}, {high:.2f}]")


def test_ten_caused_classes_look_different(folder):
    classes = list("abcdefghij")
    rows = pd.DataFrame(
        [
            (c, f"{c}{n}", f"{c}{n}", "lead", n + i, n * i)
            for i, c in enumerate(classes)
            for n in range(3)
        ],
        columns=["label", "clip", "group", "part", "lift", "drop"],
    ).astype({"lift": float, "drop": float})
    figure = figure_of(
        folder, "muting", lambda _: rows, causes={"lead": classes[::-1]}, objects=None
    )
    (axes,) = figure.axes
    marks = {(c.lines[0].get_color(), c.lines[0].get_marker()) for c in axes.containers}
    assert len(marks) == 10
    names = [text.get_text() for text in figure.legends[0].get_texts()]
    assert names == [*classes, "clips of classes that the part does not cause"]


def test_a_part_that_is_lifted_alike_in_all_clips_has_no_rank_correlation(folder):
    (axes,) = axes_of(
        figure_of(folder, "muting", lambda t: select(t, part="object 2").assign(lift=1.0))
    )
    assert axes.get_title() == "object 2\nrank correlation undefined"
