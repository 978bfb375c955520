"""The figures of study 3: drawn from tables alone, showing what these hold."""

from math import isnan, log, log10
from statistics import fmean, median

import numpy as np
import pandas as pd
import pytest
from drawn import STATISTICS, check_figure, draw, shown
from matplotlib import pyplot as plt
from matplotlib.patches import Rectangle
from matplotlib.text import Text
from pictures_of_relevance import Show, examples, histogram, history
from scipy.stats import spearmanr
from study_tables import shuffle_rows
from tables_of_relevance import CAUSES, LAYERS, OBJECTS, SETTINGS, relevance_tables

from tonotopy.seeding import generator
from tonotopy.studies.relevance.figures import FIGURES, confusion, looks, scores
from tonotopy.studies.relevance.figures.clip_grid import band_position, image, shortened
from tonotopy.studies.relevance.study import STUDY

pytestmark = pytest.mark.filterwarnings("error::RuntimeWarning")  # no division by zero
ABOUT = {**SETTINGS, **STATISTICS}
SHOW = Show(layers=LAYERS, layer="conv3", objects=OBJECTS, numbers=(2, 4, 6))
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


@pytest.fixture(scope="module")
def ordered(tmp_path_factory):
    root = relevance_tables(tmp_path_factory.mktemp("ordered"))
    examples(SHOW).to_parquet(root / "examples.parquet")
    histogram().to_parquet(root / "histogram.parquet")
    history().to_parquet(root / "history.parquet")
    return root


@pytest.fixture(scope="module")
def folder(ordered, tmp_path_factory):
    """The same tables, their rows shuffled."""
    root = tmp_path_factory.mktemp("shuffled")
    for path in ordered.glob("*.parquet"):
        pd.read_parquet(path).to_parquet(root / path.name)
    return shuffle_rows(root, seed=3)


@pytest.fixture(autouse=True)
def closed():
    yield
    plt.close("all")


def figure_of(folder, name, change=lambda table: table, **settings):
    return draw(folder, STUDY, name, {**SETTINGS, **settings}, change)


def axes_of(figure):
    return [axes for axes in figure.axes if axes.get_visible()]


def words(figure):
    found = figure.findobj(lambda artist: isinstance(artist, Text) and artist.get_visible())
    return [text.get_text() for text in found if text.get_text()]


def bars(axes, label=None):
    """x, y and the ends of the intervals of what is drawn with error bars under a label."""
    (found,) = [c for c in axes.containers if label is None or c.get_label() == label]
    return bars_of(found)


def bars_of(container):
    points, _, (whiskers,) = container.lines
    ends = np.array([segment[:, 1] for segment in whiskers.get_segments()])
    return np.column_stack([points.get_xydata(), ends])


def literal_mean(rows, value):
    """Mean over classes of means over clips of means over a clip's rows; nan is left out."""
    clips, classes = {}, {}
    for row in rows.to_dict("records"):
        if not isnan(row[value]):
            clips.setdefault((row["label"], row["clip"]), []).append(row[value])
    for (label, _), values in clips.items():
        classes.setdefault(label, []).append(fmean(values))
    return fmean(fmean(values) for values in classes.values())


def literal_draws(rows, statistic, resamples=50):
    """A statistic of rows repeated as groups are drawn: groups in the order of sorted clips."""
    clips = sorted({(r["label"], r["clip"], r["group"]) for r in rows.to_dict("records")})
    groups = list(dict.fromkeys(group for *_, group in clips))
    shares = np.full(len(groups), 1 / len(groups))
    counts = generator(0, "figure").multinomial(len(groups), shares, size=resamples)
    return [statistic(dict(zip(groups, row, strict=True))) for row in counts]


# ------------------------------------------------------------------------------------- all figures


def test_every_figure_has_words_to_look_for():
    assert set(TEXT) == set(FIGURES) and STUDY.figures is FIGURES


@pytest.mark.parametrize("name", FIGURES)
def test_every_figure_is_drawn_with_its_words_and_note(folder, tmp_path, name):
    check_figure(folder, tmp_path, STUDY, name, SETTINGS, TEXT[name])


@pytest.mark.parametrize("name", FIGURES)
def test_letters_can_be_read_and_the_order_of_rows_changes_nothing(folder, ordered, name):
    figure = figure_of(folder, name)
    assert words(figure) == words(figure_of(ordered, name))
    assert figure.get_figwidth() <= 7.2 + 1e-9
    for text in figure.findobj(lambda artist: isinstance(artist, Text) and artist.get_text()):
        assert not text.get_visible() or text.get_fontsize() >= 6.5, text


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


# ------------------------------------------------------------------------------- what they share


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


# ------------------------------------------------------------------------------- spectrograms


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


def select(table, **keys):
    for column, value in keys.items():
        table = table[table[column] == value]
    return table


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
    assert grid[0][0].get_ylabel() == "one through three\nconv3, K = 4\nkHz"
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
    names = [row[0].get_ylabel().split("\n")[0] for row in grid]
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


def test_long_names_of_clips_keep_their_ends():
    assert shortened("a" * 18) == "a" * 18
    assert shortened("genres/test/rock-0123") == "…es/test/rock-0123"


def test_an_image_is_read_band_by_band():
    row = pd.Series({"values": np.arange(6), "mels": 2, "frames": 3})
    assert image(row).tolist() == [[0, 1, 2], [3, 4, 5]]


# --------------------------------------------------------------------------- scores as curves


def test_areas_are_drawn_by_method_and_layer_and_written_below(folder):
    table = pd.read_parquet(folder / "aupc.parquet")
    table = select(table, fill="zero", order="most")
    figure = figure_of(folder, "table-4.4-aupc")
    cells = cells_of(figure.axes[4])
    assert cells[0] == ["area", "method", *LAYERS]
    line = 1
    for axes, area in zip(figure.axes[:3], ("share", "step", "printed"), strict=True):
        assert axes.get_title() == f"{looks.AREAS[area]}, K = 4"
        assert [t.get_text() for t in axes.get_xticklabels()] == list(LAYERS)
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


def weighted_mean(rows, value, counts):
    """`literal_mean` where every clip counts as often as its group is drawn."""
    means = []
    for _, own in rows.groupby("label"):
        weights = own["group"].map(counts)
        means += [(own[value] * weights).sum() / weights.sum()] if weights.sum() else []
    return fmean(means)


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
        assert lines["random order"].get_linestyle() == "--"
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
    assert [axes.get_title() for axes in figure.axes] == ["one", "three", "two"]
    for axes, label in zip(figure.axes, ("one", "three", "two"), strict=True):
        expected, notes = [], []
        for method in ("drsa", "dsa"):
            last = {}
            for start in range(3):
                own = select(rows, label=label, method=method, start=start).sort_values("step")
                expected.append(own["objective"].tolist())
                last[start] = expected[-1][-1]
            spread = 100 * (max(last.values()) - min(last.values())) / max(last.values())
            notes.append(f"{method.upper()}: spread {spread:.2g} %")
            best = max(last, key=last.get)
            thick = [line.get_linewidth() > 1 for line in axes.lines[-3:] or axes.lines]
            assert method == "drsa" or thick == [start == best for start in range(3)]
        assert [line.get_ydata().tolist() for line in axes.lines] == expected
        assert axes.lines[0].get_xdata().tolist() == [0, 20, 60, 120, 200]
        assert axes.texts[0].get_text() == "\n".join(notes)


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
    assert axes.texts[0].get_text() == "DRSA: spread 17 %"


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
    assert [axes.get_ylim()[1] == 1.02 for axes in figure.axes] == [True, False]
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


# ------------------------------------------------------------------------------- disentanglement


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


def test_disentanglement_is_that_of_the_shown_number_of_components(folder):
    table = pd.read_parquet(folder / "overlaps.parquet")
    (axes,) = figure_of(folder, "disentanglement").axes
    for label, keys in CURVES.items():
        rows = select(table, components=4, **keys)
        expected = [literal_score(select(rows, layer=layer)) for layer in LAYERS]
        drawn = bars(axes, label)
        assert drawn[:, 1].tolist() == pytest.approx(expected)
        assert drawn[:, 0].round().tolist() == [0, 1, 2, 3, 4]
        assert (drawn[:, 2] < drawn[:, 3]).all()
    assert [t.get_text() for t in axes.get_xticklabels()] == list(LAYERS)
    assert axes.get_title() == "K = 4" and axes.get_xlabel() == "layer"
    assert axes.get_ylim()[0] == 0


def test_random_bases_have_their_mean_and_range(folder):
    table = select(pd.read_parquet(folder / "overlaps.parquet"), components=4, method="random")
    (axes,) = figure_of(folder, "disentanglement").axes
    for layer, drawn in zip(LAYERS, bars(axes, "random bases"), strict=True):
        values = [literal_score(select(table, layer=layer, draw=n)) for n in range(6)]
        assert drawn[1:].tolist() == pytest.approx([fmean(values), min(values), max(values)])


def test_the_ceiling_is_dashed_and_shuffled_components_tell_nothing_apart(folder):
    table = pd.read_parquet(folder / "overlaps.parquet")
    (axes,) = figure_of(folder, "disentanglement").axes
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
    (axes,) = figure_of(folder, "disentanglement").axes
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


def test_what_was_not_compared_is_left_out(folder):
    (axes,) = figure_of(
        folder,
        "disentanglement",
        lambda t: t[t["method"].isin(["drsa", "dsa"]) & (t["copy"] == "trained")],
    ).axes
    assert [c.get_label() for c in axes.containers] == ["DRSA", "DSA", "DRSA, shuffled"]


# ------------------------------------------------------------------------------- muting


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


# ------------------------------------------------------------------------------- matrices


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
    assert (
        axes.get_title() == f"test split\naccuracy {100 * right.mean():.1f} % {interval}, 150 clips"
    )
    assert axes.get_ylabel() == "true class" and axes.get_xlabel() == "answer"


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


@pytest.mark.parametrize("spelling", ["hiphop", "hip hop", "hip-hop"])
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
