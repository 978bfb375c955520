"""Evidence of study 3 on patch flipping, exchanged subspaces and folds, against plain loops."""

from dataclasses import replace
from functools import cache
from itertools import pairwise
from math import log2

import numpy as np
import pandas as pd
import pytest
from study_tables import changed, shuffle_rows, table_paths, without
from tables_of_relevance import (
    GAMMAS,
    LAYERS,
    RANDOM_DRAWS,
    SETTINGS,
    as_resampled,
    plain_class_mean,
    plain_draws,
    plain_largest,
    plain_mean,
    plain_rows,
    plain_smallest,
    relevance_tables,
)

from tonotopy.evidence.claims import NotRun
from tonotopy.evidence.resampling import Bootstrap
from tonotopy.studies.relevance.statistics import exchanging, flipping, folds
from tonotopy.studies.relevance.statistics.tables import RelevanceTables

BOOTSTRAP = Bootstrap(200, 0.95, 3)
FEW, ALL = 8, 200  # resamples that are compared
GROUPS = 84
LABELS = ("one", "three", "two")
OF_LABEL = {"one": 27, "three": 37, "two": 21}  # groups
AREAS = ("share", "step", "printed")


@pytest.fixture(autouse=True)
def _as_resampled(monkeypatch):
    as_resampled(monkeypatch)


@pytest.fixture(scope="module")
def tables(tmp_path_factory):
    folder = relevance_tables(tmp_path_factory.mktemp("study"), objects=())
    return RelevanceTables(table_paths(shuffle_rows(folder)), SETTINGS, BOOTSTRAP)


def check(found, expected, groups=GROUPS):
    assert found.value == pytest.approx(expected[0]) and found.n == groups
    np.testing.assert_allclose(found.draws[: len(expected) - 1], expected[1:], atol=1e-12)


def check_extreme(found, expected, groups=GROUPS):
    """The draws have an order of their own."""
    assert found.value == pytest.approx(expected[0]) and found.n == groups
    np.testing.assert_allclose(np.sort(found.draws), np.sort(expected[1:]), atol=1e-12)


def read(tables, name, **equal):
    return plain_rows(_table(tables.paths[name]), **equal)


@cache
def _table(path):
    return pd.read_parquet(path)


# ---- patch flipping ------------------------------------------------------------------------------


def class_areas(tables, method, layer="conv3", area="share", components=4, draws=FEW, **flipped):
    """Mean area of each class, over clips, then over draws, [times][label]."""
    if method == "standard":
        layer, components = "", 1
    key = {"method": method, "layer": layer, "components": components}
    rows = read(tables, "aupc", **key, **{"fill": "zero", "order": "most", **flipped})
    assert len({row["draw"] for row in rows}) == (RANDOM_DRAWS if method == "random" else 1)
    own = [[row for row in rows if row["label"] == label] for label in LABELS]
    resamples = plain_draws(rows, BOOTSTRAP, draws)
    return np.array([[plain_mean(part, times, area) for part in own] for times in resamples])


def areas(tables, *args, **kwargs):
    return class_areas(tables, *args, **kwargs).mean(axis=1)


@pytest.mark.parametrize("area", AREAS)
@pytest.mark.parametrize(
    ("first", "second"), [("drsa", "dsa"), ("random", "standard"), ("pca", "drsa")]
)
def test_methods_are_compared_on_the_same_resamples(tables, first, second, area):
    expected = areas(tables, first, "conv2", area) - areas(tables, second, "conv2", area)
    check(flipping.aupc_difference(tables, first, second, "conv2", area), expected)


def test_differences_are_of_the_shown_subspaces_by_share_unless_others_are_named(tables):
    expected = areas(tables, "drsa") - areas(tables, "standard")
    check(flipping.aupc_difference(tables, "drsa", "standard"), expected)
    expected = areas(tables, "drsa", "conv5", components=8) - areas(tables, "standard")
    found = flipping.aupc_difference(tables, "drsa", "standard", layer="conv5", components=8)
    check(found, expected)


def test_pairing_makes_intervals_narrow(tables):
    found = flipping.aupc_difference(tables, "drsa", "dsa")
    assert found.value == pytest.approx(-0.2, abs=0.01) and found.high - found.low < 0.03


@pytest.mark.parametrize("area", AREAS)
@pytest.mark.parametrize("than", [2, 8])
def test_numbers_of_components_are_compared(tables, than, area):
    expected = areas(tables, "drsa", "conv4", area) - areas(
        tables, "drsa", "conv4", area, components=than
    )
    check(flipping.aupc_by_number(tables, 4, than, layer="conv4", area=area), expected)
    shown = areas(tables, "drsa") - areas(tables, "drsa", components=than)
    check(flipping.aupc_by_number(tables, 4, than), shown)


@pytest.mark.parametrize("method", ["drsa", "random"])
@pytest.mark.parametrize("area", ["share", "printed"])
def test_trends_are_over_all_layers_in_their_order(tables, method, area):
    by_layer = np.array([areas(tables, method, layer, area) for layer in LAYERS]).T
    slopes = [np.polyfit(range(5), row, 1)[0] for row in by_layer]
    check(flipping.aupc_slope(tables, method, area), slopes)
    by_layer = np.array([areas(tables, method, layer, area, draws=ALL) for layer in LAYERS]).T
    rises = plain_largest([[b - a for a, b in pairwise(row)] for row in by_layer])
    check_extreme(flipping.aupc_largest_rise(tables, method, area), rises)
    assert flipping.aupc_slope(tables, method).value == pytest.approx(-0.06, abs=0.01)
    backwards = replace(tables, settings={**SETTINGS, "layers": list(LAYERS[::-1])})
    found = flipping.aupc_slope(backwards, method, area)
    check(found, [-slope for slope in slopes])
    share = flipping.aupc_largest_rise(tables, method)
    assert share.value == flipping.aupc_largest_rise(tables, method, "share").value


def test_one_layer_has_no_trend(tables):
    single = replace(tables, settings={**SETTINGS, "layers": ["conv4"]})
    for call in (flipping.aupc_slope, flipping.aupc_largest_rise):
        with pytest.raises(NotRun, match="one layer has no trend over layers"):
            call(single, "drsa")
    pair = replace(tables, settings={**SETTINGS, "layers": ["conv4", "conv2"]})
    rise = areas(tables, "drsa", "conv2") - areas(tables, "drsa", "conv4")
    check(flipping.aupc_slope(pair, "drsa"), rise)
    assert flipping.aupc_largest_rise(pair, "drsa").value == pytest.approx(rise[0])


def gap(tables, layer, area):
    drsa, random = (areas(tables, method, layer, area) for method in ("drsa", "random"))
    return (random - drsa) / (areas(tables, "standard", area=area) - drsa)


@pytest.mark.parametrize("area", AREAS)
def test_random_bases_stay_behind_by_a_share_of_the_gain(tables, area):
    check(flipping.random_gap(tables, "conv2", area), gap(tables, "conv2", area))
    expected = gap(tables, "conv5", area) - gap(tables, "conv1", area)
    check(flipping.random_gap(tables, "conv5", area, than="conv1"), expected)
    assert flipping.random_gap(tables, "conv2").value == pytest.approx(
        gap(tables, "conv2", "share")[0]
    )


def test_a_share_of_no_gain_is_undefined(tables, tmp_path):
    rows = pd.read_parquet(tables.paths["aupc"])
    worse = rows.assign(share=rows["share"] + 3.0 * (rows["method"] == "drsa"))
    with pytest.raises(NotRun, match="gains nothing on the standard heatmap at layer 'conv2'"):
        flipping.random_gap(changed(tables, tmp_path, aupc=worse), "conv2")


@pytest.mark.parametrize(
    ("gain", "reason"),
    [(-1e-6, "DRSA gains nothing"), (0.0, "DRSA gains nothing"), (1e-6, "undefined in ..% of the")],
)
def test_a_share_of_next_to_no_gain_is_undefined_in_many_resamples(tables, tmp_path, gain, reason):
    """Whether DRSA gains anything is told by the data; a resample without a gain has no share."""
    rows = pd.read_parquet(tables.paths["aupc"])
    drsa, standard = (rows["method"] == m for m in ("drsa", "standard"))
    drsa = drsa & (rows["layer"] == "conv2") & (rows["components"] == 4)
    standard = standard & (rows["fill"] == "zero") & (rows["order"] == "most")
    values = rows["share"].where(~standard, 0.0)
    noise = np.random.default_rng(1).normal(0, 1, drsa.sum())
    labels = rows["label"][drsa].to_numpy()
    for label in LABELS:
        noise[labels == label] -= noise[labels == label].mean()
    values[drsa] = noise.round(9) - gain
    if gain == 0:
        values[drsa] = 0.0
    level = changed(tables, tmp_path, aupc=rows.assign(share=values))
    with pytest.raises(NotRun, match=reason):
        flipping.random_gap(level, "conv2")


@pytest.mark.parametrize("fill", ["zero", "silence"])
@pytest.mark.parametrize("area", ["share", "step"])
def test_relevance_gain_is_least_first_minus_most_first(tables, fill, area):
    least, most = (
        areas(tables, "standard", area=area, fill=fill, order=order) for order in ("least", "most")
    )
    check(flipping.relevance_gain(tables, fill, area), least - most)
    assert flipping.relevance_gain(tables).value == pytest.approx(1.7, abs=0.01)


PRINTED = {"conv1": 1.02, "conv2": 0.87, "conv5": 0.9}
ERRORS = {"conv1": 0.05, "conv2": 0.3, "conv5": 0.11, "conv3": 0.01}


@pytest.mark.parametrize("method", ["drsa", "standard", "random"])
@pytest.mark.parametrize("area", ["share", "step"])
def test_the_largest_distance_from_print_is_in_its_standard_errors(tables, method, area):
    distances = [
        np.abs(areas(tables, method, layer, area, draws=ALL) - value) / ERRORS[layer]
        for layer, value in PRINTED.items()
    ]
    found = flipping.printed_deviation(tables, method, PRINTED, ERRORS, area)
    check_extreme(found, plain_largest(np.transpose(distances)))


def error_bar(tables, layer, area):
    """Largest standard error over three classes."""
    values = []
    for method in ("drsa", "dsa", "random"):
        classes = class_areas(tables, method, layer, area, draws=ALL)
        variance = ((classes - classes.mean(axis=1, keepdims=True)) ** 2).sum(axis=1) / 2
        values.append(np.sqrt(variance / 3))
    return np.max(values, axis=0)


@pytest.mark.parametrize("area", ["share", "step"])
def test_error_bars_are_over_classes(tables, area):
    bars = {layer: error_bar(tables, layer, area) for layer in PRINTED}
    check(flipping.error_bar(tables, "conv2", area), bars["conv2"])
    difference = bars["conv1"] - bars["conv5"]
    check(flipping.error_bar(tables, "conv1", area, than="conv5"), difference)
    octaves = [[abs(log2(b / ERRORS[layer])) for b in bars[layer]] for layer in PRINTED]
    printed = {layer: ERRORS[layer] for layer in PRINTED}
    found = flipping.error_bar_deviation(tables, printed, area)
    check_extreme(found, plain_largest(np.transpose(octaves)))
    drsa, dsa = (areas(tables, method, "conv5", area, draws=ALL) for method in ("drsa", "dsa"))
    found = flipping.difference_in_error_bars(tables, "drsa", "dsa", "conv5", area)
    check(found, np.abs(drsa - dsa) / bars["conv5"])
    if area == "share":
        assert flipping.error_bar(tables, "conv2").value == pytest.approx(bars["conv2"][0])
        assert flipping.error_bar_deviation(tables, printed).value == pytest.approx(
            np.max(octaves, axis=0)[0]
        )
        found = flipping.difference_in_error_bars(tables, "drsa", "dsa", "conv5")
        assert found.value == pytest.approx((np.abs(drsa - dsa) / bars["conv5"])[0])


def test_one_class_has_no_error_bar(tables, tmp_path):
    rows = pd.read_parquet(tables.paths["aupc"])
    single = changed(tables, tmp_path, aupc=rows[rows["label"] == "one"])
    with pytest.raises(NotRun, match="one class has no standard error over classes"):
        flipping.error_bar(single, "conv1")
    assert flipping.relevance_gain(single).n == OF_LABEL["one"]


@pytest.mark.parametrize("area", AREAS)
@pytest.mark.parametrize(("kind", "gamma"), [("decreasing", 0.4), ("uniform", 0.25)])
def test_a_gamma_is_compared_with_the_best_of_the_others(tables, kind, gamma, area):
    rows = read(tables, "gammas")
    choices = [(k, g) for k, gammas in GAMMAS.items() for g in gammas] + [("random", None)]
    parts = {
        choice: [r for r in rows if r["kind"] == choice[0] and choice[1] in (None, r["gamma"])]
        for choice in choices
    }
    assert all(len(part) == 133 for part in parts.values())
    behind = []
    for times in plain_draws(rows, BOOTSTRAP, ALL):
        means = {choice: plain_class_mean(part, times, area) for choice, part in parts.items()}
        own = means.pop((kind, gamma))
        behind.append([own - mean for mean in means.values()])
    check_extreme(flipping.gamma_margin(tables, kind, gamma, area), plain_largest(behind))
    best = flipping.gamma_margin(tables, "decreasing", 0.4)
    assert best.high < -0.1 and flipping.gamma_margin(tables, "uniform", 0.4).low > 0


def test_random_order_is_among_the_others(tables, tmp_path):
    rows = pd.read_parquet(tables.paths["gammas"])
    lucky = rows.assign(share=rows["share"] - 3.0 * (rows["kind"] == "random"))
    assert flipping.gamma_margin(changed(tables, tmp_path, gammas=lucky), "decreasing", 0.4).low > 2


# ---- exchanged subspaces -------------------------------------------------------------------------


def gains(tables, area="share"):
    """Mean gain, [times] -> (attributed class, class of the subspaces) -> gain."""
    return _gains(tables.paths["exchanged"], area)


@cache
def _gains(path, area):
    rows = plain_rows(path)
    cells = {(a, b): [] for a in LABELS for b in LABELS}
    for row in rows:
        cells[row["label"], row["subspaces"]].append(row)
    return [
        {cell: plain_mean(part, times, area) for cell, part in cells.items()}
        for times in plain_draws(rows, BOOTSTRAP, ALL)
    ]


@pytest.mark.parametrize("area", AREAS)
@pytest.mark.parametrize("own", LABELS)
def test_a_classs_own_subspaces_are_compared_with_the_best_other(tables, own, area):
    others = [label for label in LABELS if label != own]
    ahead = [[g[own, own] - g[own, o] for o in others] for g in gains(tables, area)]
    check_extreme(
        exchanging.own_over_others(tables, own, area), plain_smallest(ahead), OF_LABEL[own]
    )
    relative = [np.mean([g[o, o] for o in others]) for g in gains(tables, area)]
    share = [g[own, own] / r for g, r in zip(gains(tables, area), relative, strict=True)]
    check(exchanging.own_share(tables, own, area), share)
    row = [
        [abs(g[own, o]) / r for o in LABELS]
        for g, r in zip(gains(tables, area), relative, strict=True)
    ]
    check_extreme(exchanging.row_share(tables, own, area), plain_largest(row))
    first, second = others
    difference = [g[own, first] - g[own, second] for g in gains(tables, area)]
    found = exchanging.subspaces_difference(tables, own, first, second, area)
    check(found, difference, OF_LABEL[own])
    found = exchanging.subspaces_difference(tables, own, own, second, area, relative=True)
    pairs = zip(gains(tables, area), relative, strict=True)
    expected = [(g[own, own] - g[own, second]) / r for g, r in pairs]
    check(found, expected)


@pytest.mark.parametrize("area", AREAS)
def test_the_smallest_of_some_is_compared_with_the_rest(tables, area):
    diagonals = [[g[label, label] for label in LABELS] for g in gains(tables, area)]
    ahead = plain_smallest([[one - two, three - two] for one, three, two in diagonals])
    check_extreme(exchanging.largest_own(tables, ["one", "three"], area=area), ahead)
    ahead = plain_smallest([[two - one, two - three] for one, three, two in diagonals])
    check_extreme(exchanging.largest_own(tables, ["two"], "largest", area), ahead)
    ahead = plain_smallest([[two - (one + three) / 2] for one, three, two in diagonals])
    check_extreme(exchanging.largest_own(tables, ["two"], "mean", area), ahead)


@pytest.mark.parametrize("area", AREAS)
def test_foreign_subspaces_are_compared_among_themselves(tables, area):
    ahead = [[g["two", "one"] - g["two", "three"]] for g in gains(tables, area)]
    expected = plain_smallest(ahead)
    found = exchanging.responds_most(tables, "two", ["one"], area)
    check_extreme(found, expected, OF_LABEL["two"])
    found = exchanging.responds_least(tables, "two", ["one"], area)
    check_extreme(found, expected, OF_LABEL["two"])


def test_several_foreign_subspaces_must_all_be_at_the_end(tmp_path):
    """A row of five classes: of named ones and others those that are nearest are compared."""
    clips = dict(zip("abcde", (30, 26, 28, 27, 25), strict=True))
    folder = relevance_tables(tmp_path, clips=clips, exchanged=tuple(clips), objects=())
    tables = RelevanceTables(table_paths(folder), SETTINGS, BOOTSTRAP)
    rows = read(tables, "exchanged", label="b")
    ahead = []
    for times in plain_draws(read(tables, "exchanged"), BOOTSTRAP, ALL):
        own = {n: [row for row in rows if row["subspaces"] == n] for n in "acde"}
        mean = {name: plain_mean(part, times, "share") for name, part in own.items()}
        ahead.append([mean[named] - mean[other] for named in "ce" for other in "ad"])
    found = exchanging.responds_most(tables, "b", ["c", "e"])
    check_extreme(found, plain_smallest(ahead), found.n)
    assert found.high < 0
    found = exchanging.responds_least(tables, "b", ["c", "e"])
    check_extreme(found, plain_largest(ahead), found.n)
    assert found.low > 0


def test_gains_are_by_share_unless_another_area_is_named(tables):
    for name, arguments in (
        ("own_over_others", {"attributed": "one"}),
        ("own_share", {"attributed": "two"}),
        ("row_share", {"attributed": "two"}),
        ("largest_own", {"classes": ["one"]}),
        ("subspaces_difference", {"attributed": "one", "first": "one", "second": "two"}),
        ("responds_most", {"attributed": "two", "subspaces": ["three"]}),
        ("responds_least", {"attributed": "two", "subspaces": ["three"]}),
    ):
        statistic = getattr(exchanging, name)
        values = [statistic(tables, **arguments, area=area).value for area in AREAS]
        assert statistic(tables, **arguments).value == values[0] and len(set(values)) == 3


def test_only_the_shown_subspaces_are_compared(tables, tmp_path):
    rows = pd.read_parquet(tables.paths["exchanged"])
    other = rows.assign(layer="conv1", share=9.0)
    fewer = rows.assign(components=2, share=7.0)
    both = changed(tables, tmp_path, exchanged=pd.concat([fewer, rows, other]))
    expected = exchanging.own_over_others(tables, "one")
    found = exchanging.own_over_others(both, "one")
    np.testing.assert_array_equal(found.draws, expected.draws)


def test_a_share_of_what_others_do_not_gain_is_undefined(tables, tmp_path):
    rows = pd.read_parquet(tables.paths["exchanged"])
    lost = changed(tables, tmp_path, exchanged=rows.assign(share=-rows["share"].abs()))
    for call in (exchanging.own_share, exchanging.row_share):
        with pytest.raises(NotRun, match="other classes gain nothing by their own subspaces"):
            call(lost, "one")


@pytest.mark.parametrize(
    ("gain", "reason"),
    [
        (-1e-6, "other classes gain nothing"),
        (0.0, "other classes gain nothing"),
        (1e-6, "undefined in ..% of the resamples"),
    ],
)
def test_a_share_of_next_to_no_gain_of_others_is_undefined(tables, tmp_path, gain, reason):
    rows = pd.read_parquet(tables.paths["exchanged"])
    values, labels = np.zeros(len(rows)), rows["label"].to_numpy()
    if gain:
        values = np.random.default_rng(2).normal(0, 1, len(rows))
        for cell in rows.groupby(["label", "subspaces"]).indices.values():
            values[cell] -= values[cell].mean()
        values = values.round(9) + gain
    values[labels == "one"] = 1.0
    level = changed(tables, tmp_path, exchanged=rows.assign(share=values))
    for call in (exchanging.own_share, exchanging.row_share):
        with pytest.raises(NotRun, match=reason):
            call(level, "one")


# ---- folds ---------------------------------------------------------------------------------------


def answers(tables, by, label=None):
    rows = read(tables, "folds", by=by)
    rows = rows if label is None else [row for row in rows if row["label"] == label]
    return [{**row, "right": float(row["label"] == row["predicted"])} for row in rows]


def recalls(tables, by):
    """Share of right answers, [times] -> label -> share."""
    rows = {label: answers(tables, by, label) for label in LABELS}
    draws = plain_draws(answers(tables, by), BOOTSTRAP, ALL)
    return [{la: plain_mean(part, times, "right") for la, part in rows.items()} for times in draws]


@pytest.mark.parametrize("by", ["clip", "group"])
def test_accuracies_of_folds_are_over_clips_with_groups_drawn_whole(tables, by):
    rows = answers(tables, by)
    expected = [plain_mean(rows, times, "right") for times in plain_draws(rows, BOOTSTRAP, FEW)]
    check(folds.fold_accuracy(tables, by), expected)
    for label in LABELS:
        expected = [recall[label] for recall in recalls(tables, by)]
        check(folds.class_accuracy(tables, label, by), expected, OF_LABEL[label])


def test_folds_are_by_clip_unless_by_group_is_named(tables):
    printed = {"one": 0.9, "two": 0.7, "three": 0.66}
    for name, arguments in (
        ("fold_accuracy", {}),
        ("class_accuracy", {"label": "three"}),
        ("class_accuracy_margin", {"label": "three", "side": "below"}),
        ("class_accuracy_deviation", {"printed": printed}),
    ):
        statistic = getattr(folds, name)
        clip, group = (statistic(tables, **arguments, by=by).value for by in ("clip", "group"))
        assert statistic(tables, **arguments).value == clip != group


def test_what_groups_on_both_sides_gain_is_paired_by_clip(tables):
    by_group = {row["clip"]: row["right"] for row in answers(tables, "group")}
    rows = answers(tables, "clip")
    rows = [{**row, "gain": row["right"] - by_group[row["clip"]]} for row in rows]
    draws = plain_draws(rows, BOOTSTRAP, FEW)
    found = folds.fold_leak(tables)
    check(found, [plain_mean(rows, times, "gain") for times in draws])
    assert found.low > 0


def test_folds_that_are_the_same_do_not_tell_of_a_leak(tables, tmp_path):
    rows = pd.read_parquet(tables.paths["folds"])
    fold_of = rows[rows["by"] == "clip"].set_index("clip")["fold"]
    same = changed(tables, tmp_path, folds=rows.assign(fold=rows["clip"].map(fold_of)))
    with pytest.raises(NotRun, match="both kinds of folds keep the same clips together"):
        folds.fold_leak(same)


@pytest.mark.parametrize("by", ["clip", "group"])
@pytest.mark.parametrize("label", LABELS)
def test_a_class_is_compared_with_the_next_one(tables, label, by):
    others = [other for other in LABELS if other != label]
    below = plain_smallest([[r[o] - r[label] for o in others] for r in recalls(tables, by)])
    check_extreme(folds.class_accuracy_margin(tables, label, "below", by), below)
    above = plain_smallest([[r[label] - r[o] for o in others] for r in recalls(tables, by)])
    check_extreme(folds.class_accuracy_margin(tables, label, "above", by), above)


def test_the_largest_distance_from_printed_accuracies_is_of_any_class(tables):
    printed = {"two": 0.86, "three": 0.66, "one": 0.9}
    distances = [[abs(r[la] - printed[la]) for la in LABELS] for r in recalls(tables, "clip")]
    check_extreme(folds.class_accuracy_deviation(tables, printed), plain_largest(distances))


# ---- refusals ------------------------------------------------------------------------------------


def test_what_cannot_be_judged_says_why(tables, tmp_path):
    rows = pd.read_parquet(tables.paths["exchanged"])
    one = rows[(rows["label"] == "one") & (rows["subspaces"] == "one")]
    alone = changed(tables, tmp_path, exchanged=one)
    (tmp_path / "other").mkdir()
    part = changed(tables, tmp_path / "other", exchanged=rows[rows["label"] != "two"])
    answered = pd.read_parquet(tables.paths["folds"])
    (tmp_path / "one").mkdir()
    single = changed(tables, tmp_path / "one", folds=answered[answered["label"] == "two"])
    for message, call in {
        "'aupc' has nothing for method 'drsa', layer 'conv9', components '4', fill 'zero'": (
            lambda: flipping.aupc_difference(tables, "drsa", "dsa", "conv9")
        ),
        "'aupc' has nothing for method 'dsa', layer 'conv3', components '2'": (
            lambda: flipping.aupc_difference(tables, "dsa", "drsa", components=2)
        ),
        "fill 'water', order 'least'": lambda: flipping.relevance_gain(tables, fill="water"),
        r"gamma 0.3, uniform, was not tried \(there are decreasing 0.1, .*, random, uniform 0.1": (
            lambda: flipping.gamma_margin(tables, "uniform", 0.3)
        ),
        "the table 'gammas' is not part": lambda: flipping.gamma_margin(
            without(tables, "gammas"), "uniform", 0.4
        ),
        "the table 'aupc' is not part": lambda: flipping.relevance_gain(without(tables, "aupc")),
        "the table 'exchanged' is not part": lambda: exchanging.row_share(
            without(tables, "exchanged"), "one"
        ),
        "the table 'folds' is not part": lambda: folds.fold_leak(without(tables, "folds")),
        "subspaces of four are not exchanged": lambda: exchanging.own_share(tables, "four"),
        "subspaces of four and five are not exchanged": lambda: exchanging.largest_own(
            tables, ["one", "four", "five"]
        ),
        "nothing else to compare with": lambda: exchanging.own_over_others(alone, "one"),
        "no other class is left to compare with": lambda: exchanging.own_share(alone, "one"),
        "no other class is left": lambda: exchanging.responds_most(tables, "one", ["two", "three"]),
        "split are not those whose subspaces": lambda: exchanging.own_over_others(part, "one"),
        "'folds' has nothing for by 'artist'": lambda: folds.fold_accuracy(tables, "artist"),
        r"no clip of class 'rock' \(there are one, three, two\)": (
            lambda: folds.class_accuracy(tables, "rock")
        ),
        "no clip of class 'pop'": lambda: folds.class_accuracy_margin(tables, "pop", "above"),
        "there is nothing else": lambda: folds.class_accuracy_margin(single, "two", "above"),
        "the classes are not those of the printed confusions": (
            lambda: folds.class_accuracy_deviation(tables, {"one": 0.5, "two": 0.5})
        ),
    }.items():
        with pytest.raises(NotRun, match=message):
            call()
