"""Grids and matrices in the figures of study 4: the right picture in the right place."""

from math import exp, log, log10

import numpy as np
import pandas as pd
import pytest
from figures_of_relevance import axes_of, select
from figures_of_sonification import (
    EPOCHS,
    LAYERS,
    OFFSETS,
    RUNS,
    SHOWN,
    STRIDES,
    figure_of,
    write_tables,
)
from matplotlib import pyplot as plt
from study_tables import shuffle_rows

from tonotopy.studies.sonification.figures import FIGURES

pytestmark = pytest.mark.filterwarnings("error::RuntimeWarning")  # no division by zero


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return shuffle_rows(write_tables(tmp_path_factory.mktemp("shuffled")), seed=7)


@pytest.fixture(autouse=True)
def closed():
    yield
    plt.close("all")


def table(folder, name):
    return pd.read_parquet(folder / f"{name}.parquet")


def grid_of(figure):
    """Axes of a grid of pictures by row, from the top; invisible ones are None."""
    columns = figure.axes[0].get_subplotspec().get_gridspec().ncols
    flat = [axes if axes.get_visible() else None for axes in figure.axes]
    return [flat[n : n + columns] for n in range(0, len(flat), columns)]


def literal_image(row):
    frames = row["frames"]
    return [
        [float(row["values"][band * frames + frame]) for frame in range(frames)]
        for band in range(row["bands"])
    ]


def the(rows, **keys):
    (record,) = select(rows, **keys).to_dict("records")
    return record


def check_row(axes, records):
    """A row of a grid shows these pictures: the loudest black, 60 dB below it white."""
    for one, record in zip(axes, records, strict=True):
        assert one.images[0].get_array().tolist() == literal_image(record)
        norm = one.images[0].norm
        assert (norm.vmin, norm.vmax, norm.clip) == (-60, 0, True)
        assert one.images[0].cmap.name == "Greys"


def test_low_frequencies_are_at_the_bottom_and_axes_are_linear(folder):
    figure = figure_of(folder, "figure-5.2-band-selectivity")
    figure.draw_without_rendering()
    grid = grid_of(figure)
    for row in grid:
        for axes in row:
            assert axes.images[0].origin == "lower"
            assert axes.get_xlim() == (0, 2) and axes.get_ylim() == (0, 12)
            assert axes.get_yticks().tolist() == [3, 6, 9]
            labels = [t.get_text() for t in axes.get_yticklabels() if t.get_visible()]
            assert labels == ["1", "2", "3"] * (axes is row[0])
            assert axes.get_xlabel() == "s" * (row is grid[-1])


def test_the_most_active_maps_of_a_clip_stand_beside_it(folder):
    rows = select(table(folder, "pictures"), set="active")
    grid = grid_of(figure_of(folder, "figure-5.2-band-selectivity"))
    assert [row[0].get_ylabel() for row in grid] == [f"{layer}\nkHz" for layer in SHOWN]
    sound = select(rows, panel="input").sort_values("network").iloc[0]
    records = select(rows, panel="input", network=sound["network"]).to_dict("records")
    sounds = [literal_image(record) for record in records]
    for layer, row in zip(SHOWN, grid, strict=True):
        assert [axes.get_title() for axes in row] == [
            "clip: rain",
            *(f"{network}, map 7" for network in RUNS),
        ]
        assert row[0].images[0].get_array().tolist() in sounds
        check_row(row[1:], [the(rows, layer=layer, network=n, panel="sonification") for n in RUNS])


@pytest.mark.parametrize("name", ["band-selectivity", "select-supervised", "evolution"])
def test_long_labels_lose_their_middles(folder, name):
    def change(rows):
        return rows.assign(label="Livestock, farm animals") if "label" in rows else rows

    (full,) = [key for key in FIGURES if key.startswith("figure-5.") and key.endswith(name)]
    title = axes_of(figure_of(folder, full, change))[0].get_title()
    assert title.rpartition(": ")[2] == "Livestock… animals"


def test_pictures_are_of_the_first_run(folder):
    def twice(rows):
        if "set" not in rows:
            return rows
        later = rows.assign(values=[values - 90 for values in rows["values"]], clip="a", run=1)
        return pd.concat([later, rows.assign(run=0)])

    for name in ("figure-a.1-contrastive", "figure-5.4-select-contrastive", "figure-5.5-evolution"):
        once, both = figure_of(folder, name), figure_of(folder, name, twice)
        for first, second in zip(axes_of(once), axes_of(both), strict=True):
            pictures = [axes.images[0].get_array().tolist() for axes in (first, second)]
            assert pictures[0] == pictures[1]


def test_layers_that_are_shown_keep_the_order_of_the_entry(folder):
    shown = {"layers": ["block9", "nowhere", "block2"], "maps": 1}
    grid = grid_of(figure_of(folder, "figure-5.2-band-selectivity", shown=shown))
    assert [row[0].get_ylabel() for row in grid] == ["block9\nkHz", "block2\nkHz"]


@pytest.mark.parametrize(
    ("name", "network", "layers"),
    [
        ("figure-5.3-select-supervised", "supervised", LAYERS[2:7]),
        ("figure-5.4-select-contrastive", "contrastive", ("block8", "block11")),
    ],
)
def test_clips_stand_above_sonifications_at_the_layers_of_the_thesis(folder, name, network, layers):
    rows = select(table(folder, "pictures"), set="selective", network=network)
    figure = figure_of(folder, name)
    grid = grid_of(figure)
    assert [row[0].get_ylabel() for row in grid] == ["clip\nkHz", "sonification\nkHz"] * 3
    assert figure.get_suptitle() == network
    for place, (label, number) in enumerate((("bell", 10), ("engine", 12), ("siren", 14))):
        titles = (f": {label}", f", map {number}")
        for row, panel, title in zip(
            grid[2 * place : 2 * place + 2], ("input", "sonification"), titles, strict=True
        ):
            assert [axes.get_title() for axes in row] == [layer + title for layer in layers]
            check_row(row, [the(rows, layer=n, map=number, panel=panel) for n in layers])


def test_a_network_with_other_depths_shows_its_last_layers(folder):
    def few(rows):
        return rows[rows["layer"].isin(["block1", "block2", "block9", "block10"])]

    grid = grid_of(figure_of(folder, "figure-5.4-select-contrastive", few))
    titles = [axes.get_title() for axes in grid[0]]
    assert titles == ["block2: bell", "block9: bell", "block10: bell"]


def test_a_layer_with_fewer_clips_leaves_places_blank(folder):
    def few(rows):
        return rows[(rows["layer"] != "block8") | (rows["map"] == 12)] if "map" in rows else rows

    grid = grid_of(figure_of(folder, "figure-5.4-select-contrastive", few))
    titles = [[axes and axes.get_title() for axes in row] for row in grid[::2]]
    assert titles == [
        ["block8: engine", "block11: bell"],
        [None, "block11: engine"],
        [None, "block11: siren"],
    ]


@pytest.mark.parametrize(
    ("name", "network", "maps"),
    [
        ("figure-5.5-evolution", "contrastive", (2,)),
        ("figure-a.3-evolution-contrastive", "contrastive", (2, 5)),
        ("figure-a.4-evolution-supervised", "supervised", (2, 5)),
    ],
)
def test_maps_evolve_from_left_to_right(folder, name, network, maps):
    rows = select(table(folder, "pictures"), set="evolution", network=network)
    grid = grid_of(figure_of(folder, name))
    keys = [(layer, number) for layer in SHOWN for number in maps]
    for (layer, number), row in zip(keys, grid, strict=True):
        own = select(rows, layer=layer, map=number)
        assert row[0].get_ylabel() == f"{layer}\nmap {number}\nkHz"
        epochs = [the(own, epoch=epoch, panel="sonification") for epoch in EPOCHS]
        check_row(row, [the(own, panel="input"), *epochs])
        assert row[0].get_title() == "dog"
    assert [axes.get_title() for axes in grid[0][1:]] == [f"epoch {e}" for e in EPOCHS]


def test_without_a_contrastive_network_the_first_one_evolves(folder):
    settings = {"networks": {"supervised": "tagger"}}
    figure = figure_of(folder, "figure-5.5-evolution", **settings)
    assert figure.get_suptitle() == "supervised"


@pytest.mark.parametrize(
    ("name", "network"),
    [
        ("figure-a.1-contrastive", "contrastive"),
        ("figure-a.2-supervised", "supervised"),
        ("figure-a-untrained", "untrained"),
    ],
)
def test_favourites_stand_left_of_their_sonifications(folder, name, network):
    rows = select(table(folder, "pictures"), set="favourites", network=network)
    grid = grid_of(figure_of(folder, name))
    keys = [(layer, number) for layer in SHOWN for number in (2, 5)]
    for (layer, number), row in zip(keys, grid, strict=True):
        assert row[0].get_ylabel() == f"{layer}\nmap {number}\nkHz"
        for place, title in enumerate(("1: dog", "2: engine", "3: rain")):
            own = select(rows, layer=layer, map=number, rank=place + 1)
            pair = (row[place], row[place + 3])
            check_row(pair, [the(own, panel=panel) for panel in ("input", "sonification")])
            assert [axes.get_title() for axes in pair] == [title] * 2


def test_filters_stand_in_the_order_of_their_peaks(folder):
    filters, responses = table(folder, "filters"), table(folder, "responses")
    *images, selectivity = axes_of(figure_of(folder, "filters"))
    hz = sorted(set(responses["hz"]))
    for axes, network in zip(images, RUNS, strict=True):
        assert axes.get_title() == network
        own = select(filters, network=network, run=0).to_dict("records")
        order = [row["filter"] for row in sorted(own, key=lambda row: row["peak_hz"])]
        power = {
            (row["filter"], row["hz"]): row["power"]
            for row in select(responses, network=network, run=0).to_dict("records")
        }
        expected = [[10 * log10(max(power[f, h], 1e-3)) for f in order] for h in hz]
        assert axes.images[0].get_array().tolist() == [pytest.approx(row) for row in expected]
        assert (axes.images[0].norm.vmin, axes.images[0].norm.vmax) == (-30, 0)
        assert axes.images[0].get_extent() == pytest.approx([0.5, 8.5, -0.1, 4.1])
        assert axes.images[0].origin == "lower"
    for line, network in zip(selectivity.lines, RUNS, strict=True):
        values = sorted(select(filters, network=network)["selectivity"])
        assert line.get_xdata()[1:].tolist() == values
        shares = [(n + 1) / len(values) for n in range(len(values))]
        assert line.get_ydata()[1:].tolist() == pytest.approx(shares)


def test_excerpts_are_of_a_multiple_and_of_an_odd_offset_at_the_deepest_layer(folder):
    rows = select(table(folder, "excerpts"), network="supervised", layer="block11")
    figure = figure_of(folder, "figure-5.1-time-invariance")
    for axes, offset in zip(axes_of(figure)[:2], (1024, 8645), strict=True):
        own = select(rows, offset=offset).sort_values("sample")
        for line, column in zip(axes.lines, ("original", "shifted"), strict=True):
            assert line.get_xdata().tolist() == own["seconds"].tolist()
            assert line.get_ydata().tolist() == own[column].tolist()
    titles = [axes.get_title() for axes in axes_of(figure)[:2]]
    assert titles == [
        "supervised, block11: 1024 samples = 4 × the stride",
        "supervised, block11: 8645 samples, odd",
    ]


def test_correlations_over_offsets_frame_the_multiples_of_the_stride(folder):
    rows = table(folder, "shifts")
    axes = axes_of(figure_of(folder, "figure-5.1-time-invariance"))[2:]
    order = [1, 37, 8645, 16, 128, 256, 1024]
    assert sorted(order) == sorted(OFFSETS)
    for one, network in zip(axes, RUNS, strict=True):
        own = select(rows, network=network)
        expected = [
            [select(own, layer=n, offset=o)["correlation"].mean() for o in order] for n in LAYERS
        ]
        drawn = one.collections[0].get_array().reshape(11, 7)
        assert drawn.tolist() == [pytest.approx(row) for row in expected]
        text = [t.get_text() for t in one.texts]
        flat = [value for row in expected for value in row]
        assert text == ["1" if v > 0.995 else f"{v:.2f}"[1:] for v in flat]
        assert [t.get_text() for t in one.get_xticklabels()] == [str(o) for o in order]
        assert one.get_title() == network
        edges = {
            tuple(sorted(map(tuple, path.vertices.astype(int).tolist())))
            for path in one.collections[1].get_paths()
        }
        assert edges == literal_frame(order)
    assert [t.get_text() for t in axes[0].get_yticklabels()] == list(LAYERS)


def literal_frame(order):
    """Sides that only one of two neighbouring cells' multiples have."""
    sides = []
    for row, layer in enumerate(LAYERS):
        for column, offset in enumerate(order):
            if offset % STRIDES[layer] == 0:
                x, y = column, row
                sides += [((x, y), (x + 1, y)), ((x, y + 1), (x + 1, y + 1))]
                sides += [((x, y), (x, y + 1)), ((x + 1, y), (x + 1, y + 1))]
    return {side for side in sides if sides.count(side) == 1}


def test_networks_whose_clips_were_not_kept_have_no_excerpts(folder):
    def without(rows):
        return rows.iloc[:0] if "sample" in rows else rows

    figure = figure_of(folder, "figure-5.1-time-invariance", without)
    assert [axes.get_title() for axes in axes_of(figure)] == list(RUNS)


def test_labels_of_favourites_are_of_the_deepest_layer(folder):
    rows = select(table(folder, "favourites"), layer="block11")
    (axes,) = axes_of(figure_of(folder, "variety"))
    shares = {}
    for network in RUNS:
        labels = select(rows, network=network)["label"].tolist()
        shares[network] = {name: labels.count(name) / len(labels) for name in set(labels)}
    names = [tick.get_text() for tick in axes.get_yticklabels()]
    totals = [sum(own.get(name, 0) for own in shares.values()) for name in names]
    assert set(names) == set(rows["label"]) and totals == sorted(totals, reverse=True)
    drawn = axes.collections[0].get_array().reshape(len(names), 3)
    for column, (network, own) in enumerate(shares.items()):
        assert drawn[:, column].tolist() == pytest.approx([100 * own.get(n, 0) for n in names])
        effective = exp(-sum(share * log(share) for share in own.values()))
        text = axes.get_xticklabels()[column].get_text()
        assert text == f"{network}\nblock11: {effective:.1f}"


def test_rare_labels_are_one_row(folder):
    def many(rows):
        return rows.assign(label=[f"l{n % 20:02d}" for n in range(len(rows))])

    (axes,) = axes_of(figure_of(folder, "variety", many))
    names = [tick.get_text() for tick in axes.get_yticklabels()]
    assert len(names) == 15 and names[-1] == "all others (6)"
    drawn = np.asarray(axes.collections[0].get_array()).reshape(15, 3)
    assert drawn.sum(axis=0).tolist() == pytest.approx([100] * 3)
