"""Figures of clips and heatmaps: the right way up, in the right order, on one scale."""

from math import log10

import numpy as np
import pandas as pd
import pytest
from figures_of_relevance import axes_of, figure_of, select
from pictures_of_relevance import Show, examples
from tables_of_relevance import LAYERS, OBJECTS

from tonotopy.studies.relevance.figures.clip_grid import band_position, image

pytestmark = pytest.mark.filterwarnings("error::RuntimeWarning")  # no division by zero


def rows_of_axes(figure):
    """Axes of a grid of pictures by row, from the top; invisible ones are None."""
    columns = figure.axes[0].get_subplotspec().get_gridspec().ncols
    flat = [axes if axes.get_visible() else None for axes in figure.axes]
    return [flat[n : n + columns] for n in range(0, len(flat), columns)]


def literal_image(row):
    return [
        [float(row["values"][mel * row["frames"] + frame]) for frame in range(row["frames"])]
        for mel in range(row["mels"])
    ]


def content(axes):
    return axes.images[0].get_array().tolist()


def test_pictures_have_low_frequencies_at_the_bottom_and_early_frames_at_the_left(folder):
    def marked(table):
        grid = np.zeros((16, 24), dtype=np.float32)
        grid[:2, :4] = 1.0  # low and early
        return table.assign(values=[grid.ravel()] * len(table))

    figure = figure_of(folder, "figure-4.3-components", marked)
    figure.canvas.draw()
    pixels = np.asarray(figure.canvas.buffer_rgba())[::-1, :, 0] / 255.0  # from the bottom
    for axes in axes_of(figure):
        x, y = axes.transData.transform([(0.05, 0.5), (1.45, 15.5)]).round().astype(int).T
        assert pixels[y[0], x[0]] < 0.3 and pixels[y[1], x[1]] > 0.9
        assert pixels[y[0], x[1]] > 0.9 and pixels[y[1], x[0]] > 0.9


def test_axes_are_in_seconds_and_kilohertz_and_labelled_at_the_edge_alone(folder):
    figure = figure_of(folder, "figure-4.3-components")
    figure.draw_without_rendering()
    grid = rows_of_axes(figure)
    kilohertz = (0.5, 1, 2, 4, 8)
    heights = [16 * log10(1 + f / 0.7) / log10(1 + 8 / 0.7) for f in kilohertz]
    for row in grid:
        for axes in row:
            left, below = axes is row[0], row is grid[-1]
            assert axes.get_xlim() == (0, 1.5) and axes.get_ylim() == (0, 16)
            assert axes.get_yticks().tolist() == pytest.approx(heights)
            assert axes.get_xticks().tolist() == [0, 0.75, 1.5]
            assert visible(axes.yaxis) == [f"{f:g}" for f in kilohertz] * left
            assert visible(axes.xaxis) == ["0", "0.75", "1.5"] * below
            assert bool(axes.get_ylabel()) == left and axes.get_xlabel() == "s" * below
    assert grid[0][0].get_ylabel() == "one\nconv3, K = 4\nkHz"


def visible(axis):
    return [label.get_text() for label in axis.get_ticklabels() if label.get_visible()]


def test_frequencies_above_the_low_edge_stand_on_htks_scale():
    def mel(hz):
        return 2595 * log10(1 + hz / 700)

    expected = (mel(1000) - mel(50)) / (mel(6000) - mel(50))
    assert band_position(1000, 50, 6000) == pytest.approx(expected)
    assert (band_position(50, 50, 6000), band_position(6000, 50, 6000)) == (0, 1)


def test_a_low_edge_and_a_lower_high_edge_move_the_ticks(folder):
    figure = figure_of(
        folder, "figure-4.1-objects", lambda t: t.assign(low_hz=500.0, high_hz=4000.0)
    )
    axes = axes_of(figure)[0]
    assert [t.get_text() for t in axes.get_yticklabels()] == ["1", "2", "4"]
    assert axes.get_yticks()[-1] == 16 and axes.get_yticks()[0] > 0


def test_components_stand_in_order_beside_their_clip_and_standard_heatmap(folder):
    table = pd.read_parquet(folder / "examples.parquet")
    grid = rows_of_axes(figure_of(folder, "figure-4.3-components"))
    assert len(grid) == 6  # three classes of two clips each; there are three
    clips = [f"{label}-{n}" for label in ("one", "three", "two") for n in (0, 1)]
    panels = ["input", "standard", *(f"component {n}" for n in range(1, 5))]
    for clip, row in zip(clips, grid, strict=True):
        own = select(table, set="own", clip=clip)
        positive, previous = [], None
        for panel, axes in zip(panels, row, strict=True):
            (record,) = select(own, panel=panel).to_dict("records")
            cells = literal_image(record)
            assert content(axes) == cells
            if panel == "input":
                assert axes.get_title() == f"clip\n{clip}"
                norm = axes.images[0].norm
                assert (norm.vmin, norm.vmax) == (min(map(min, cells)), max(map(max, cells)))
                continue
            negative = sum(v for line in cells for v in line if v < 0)
            title = f"{panel}\nR {record['relevance']:.3g} ({negative:.3g})".replace("-", "−")
            assert axes.get_title() == title
            positive += [v for line in cells for v in line if v > 0]
            norm = axes.images[0].norm
            assert previous in (None, norm.vmax)  # one scale for a clip
            previous = norm.vmax
            assert (norm.vmin, norm.gamma, norm.clip) == (0, 0.5, True)
        assert previous == pytest.approx(np.percentile(positive, 99.5))
        assert row[0].get_ylabel().startswith(clip[:-2])


def test_both_colour_maps_begin_with_white_and_darken_steadily(folder):
    figure = figure_of(folder, "figure-4.3-components")
    for axes in axes_of(figure)[:2]:
        colours = axes.images[0].cmap(np.linspace(0, 1, 40))[:, :3]
        lightness = colours @ [0.2126, 0.7152, 0.0722]
        assert lightness[0] > 0.99 and lightness[-1] < 0.05 and (np.diff(lightness) < 0).all()


@pytest.mark.parametrize(("cell", "title"), [(1, "R 5"), (-1, "R 5 (−384)"), (0, "R 5")])
def test_a_heatmap_without_negative_or_positive_parts_is_drawn_too(folder, cell, title):
    def constant(table):
        return table.assign(
            values=[np.full(16 * 24, cell, dtype=np.float32)] * len(table), relevance=5.0
        )

    heatmap = axes_of(figure_of(folder, "figure-4.5-random", constant))[1]
    assert heatmap.get_title() == f"standard\n{title}"
    assert heatmap.images[0].norm.vmax == 1


def test_many_classes_have_one_clip_each(folder):
    five = examples(Show(classes=tuple("edcba"), layers=("conv1",), layer="conv1"))
    grid = rows_of_axes(figure_of(folder, "figure-4.3-components", lambda _: five))
    assert [row[0].get_ylabel().split("\n")[0] for row in grid] == list("abcde")
    assert {row[0].get_title() for row in grid} == {f"clip\n{c}-0" for c in "abcde"}
    four = examples(Show(classes=tuple("dcba"), layers=("conv1",), layer="conv1"))
    assert len(rows_of_axes(figure_of(folder, "figure-4.3-components", lambda _: four))) == 8


def test_exchanged_subspaces_are_named(folder):
    grid = rows_of_axes(figure_of(folder, "figure-4.8-exchanged"))
    table = pd.read_parquet(folder / "examples.parquet")
    assert [row[0].get_title() for row in grid] == ["clip\none-0", "clip\none-1"]
    assert grid[0][0].get_ylabel() == "one\nthrough three\nconv3, K = 4\nkHz"
    (record,) = select(table, set="exchanged", clip="one-1", panel="component 3").to_dict("records")
    assert content(grid[1][4]) == literal_image(record)


def test_a_class_through_several_others_has_its_clips_for_each(folder):
    def change(table):
        rows = select(table, set="exchanged")
        twice = rows.assign(subspaces="two", values=rows["values"] * 2)
        back = rows.assign(subspaces="two", label="three", clip=rows["clip"] + "b")
        return pd.concat([back, twice, rows])

    table = pd.read_parquet(folder / "examples.parquet")
    (record,) = select(table, set="exchanged", clip="one-0", panel="component 1").to_dict("records")
    grid = rows_of_axes(figure_of(folder, "figure-4.8-exchanged", change))
    names = [" ".join(row[0].get_ylabel().split("\n")[:2]) for row in grid]
    assert (
        names[::2] == names[1::2] == ["one through three", "one through two", "three through two"]
    )
    assert [row[0].get_title()[5:] for row in grid] == [
        *("one-0", "one-1", "one-0", "one-1", "one-0b", "one-1b")
    ]
    assert content(grid[0][2]) == literal_image(record)
    assert np.array_equal(content(grid[2][2]), 2 * np.array(literal_image(record)))


def test_every_layer_is_shown_from_the_input_on(folder, ordered):
    table = pd.read_parquet(folder / "examples.parquet")
    grid = rows_of_axes(figure_of(folder, "figure-c.3-layers"))
    assert [row[0].get_ylabel() for row in grid] == [f"three\n{n}, K = 4\nkHz" for n in LAYERS]
    for layer, row in zip(LAYERS, grid, strict=True):
        (record,) = select(table, set="layers", layer=layer, panel="component 2").to_dict("records")
        assert content(row[3]) == literal_image(record)
    unnamed = rows_of_axes(figure_of(ordered, "figure-c.3-layers", layers=None))
    assert [row[0].get_ylabel().split(",")[0] for row in unnamed] == [f"three\n{n}" for n in LAYERS]


def test_more_than_four_components_go_on_below(folder):
    figure = figure_of(folder, "figure-c.7-components")
    grid = rows_of_axes(figure)
    titles = [[axes and axes.get_title().split("\n")[0] for axes in row] for row in grid]
    first = ["clip", "standard"]
    assert titles == [
        [*first, "component 1", "component 2", None, None],
        [*first, *(f"component {n}" for n in (1, 2, 3, 4))],
        [*first, *(f"component {n}" for n in (1, 2, 3, 4))],
        [None, None, "component 5", "component 6", None, None],
    ]
    names = [row[0].get_ylabel() for row in grid[:3]]
    assert names == [f"three\nconv3, K = {k}\nkHz" for k in (2, 4, 6)]
    table = pd.read_parquet(folder / "examples.parquet")
    keys = {"set": "numbers", "components": 6, "panel": "component 6"}
    (record,) = select(table, **keys).to_dict("records")
    assert content(grid[3][3]) == literal_image(record)


def test_one_clip_of_as_many_classes_as_fit_is_shown_at_all_layers(folder):
    def of_all(table):
        rows = select(table, set="layers")
        return pd.concat(
            [rows.assign(label=c, subspaces=c, clip=f"{c}{n}") for c in "cab" for n in "21"]
        )

    grid = rows_of_axes(figure_of(folder, "figure-c.3-layers", of_all))
    assert [row[0].get_title() for row in grid] == ["clip\na1"] * 5 + ["clip\nb1"] * 5


def test_ten_components_are_in_numerical_order(folder):
    ten = examples(Show(numbers=(10,), layers=("conv1",), layer="conv1"))
    grid = rows_of_axes(figure_of(folder, "figure-c.7-components", lambda _: ten))
    titles = [axes.get_title().split("\n")[0] for row in grid for axes in row[2:] if axes]
    assert titles == [f"component {n}" for n in range(1, 11)]


def test_a_clip_stands_beside_its_parts_on_one_scale(folder):
    table = pd.read_parquet(folder / "examples.parquet")
    grid = rows_of_axes(figure_of(folder, "figure-4.1-objects"))
    for label, row in zip(("one", "three", "two"), grid, strict=True):
        titles = [f"clip {label}-0", *OBJECTS]
        panels = ["input", *(f"object: {name}" for name in OBJECTS)]
        own = select(table, set="own", clip=f"{label}-0")
        values = []
        for axes, title, panel in zip(row, titles, panels, strict=True):
            (record,) = select(own, panel=panel).to_dict("records")
            assert content(axes) == literal_image(record) and axes.get_title() == title
            values += [v for line in literal_image(record) for v in line]
        limits = {(axes.images[0].norm.vmin, axes.images[0].norm.vmax) for axes in row}
        assert limits == {(min(values), max(values))} and row[0].get_ylabel() == f"{label}\nkHz"


def test_parts_stand_in_the_order_of_the_entry_and_absent_ones_are_left_blank(folder):
    def without(table):
        return table[(table["label"] != "one") | (table["panel"] != "object: object 2")]

    grid = rows_of_axes(figure_of(folder, "figure-4.1-objects", without, objects=OBJECTS[::-1]))
    titles = [[axes and axes.get_title() for axes in row[1:]] for row in grid]
    assert titles[1] == list(OBJECTS[::-1])
    assert titles[0] == ["object 5", "object 4", "object 3", None, "object 1"]


def test_an_image_is_read_band_by_band():
    row = pd.Series({"values": np.arange(6), "mels": 2, "frames": 3})
    assert image(row).tolist() == [[0, 1, 2], [3, 4, 5]]
