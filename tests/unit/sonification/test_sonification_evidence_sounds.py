"""Evidence of study 4 on sounds, shifts, filters and maps, against plain loops."""

from functools import cache
from math import log2

import numpy as np
import pandas as pd
import pytest
from study_tables import changed, shuffle_rows, table_paths
from tables_of_sonification import (
    EVOLVING,
    FILTERS,
    LAYERS,
    NETWORKS,
    SETTINGS,
    plain_draws,
    plain_rows,
    plain_shares,
    plain_trained,
    sonification_tables,
)

from tonotopy.evidence.claims import NotRun
from tonotopy.evidence.resampling import Bootstrap
from tonotopy.studies.sonification.statistics import Tables, exactness, maps, sounds

BOOTSTRAP = Bootstrap(200, 0.95, 3)
FEW = 6  # resamples that are compared
RUNS = {"supervised": 3, "contrastive": 2}
PAIR = ("supervised", "contrastive")


@pytest.fixture(scope="module")
def tables(tmp_path_factory):
    folder = sonification_tables(tmp_path_factory.mktemp("study"), runs=RUNS)
    return Tables(table_paths(shuffle_rows(folder)), SETTINGS, BOOTSTRAP)


def check(found, expected, units):
    """The estimate is the first expected value, its first draws are the others."""
    assert found.value == pytest.approx(expected[0]) and found.n == units
    np.testing.assert_allclose(found.draws[: len(expected) - 1], expected[1:], atol=1e-12)
    assert len(found.draws) == 200
    ends = np.quantile(found.draws, [0.025, 0.975])
    np.testing.assert_allclose((found.low, found.high), ends, atol=1e-12)


@cache
def _table(path):
    return pd.read_parquet(path)


def read(tables, name, **equal):
    return plain_rows(_table(tables.paths[name]), **equal)


def mean(tables, column, network, layer="block11"):
    rows = read(tables, "similarity", network=network, layer=layer)
    return plain_trained(rows, "group", column, BOOTSTRAP, FEW)


def groups(tables):
    return len({row["group"] for row in read(tables, "similarity")})


@pytest.mark.parametrize("network", ["supervised", "contrastive", "untrained"])
@pytest.mark.parametrize(("which", "layer"), [("first", "block1"), ("deepest", "block11")])
def test_levels_are_means_over_clips_drawn_by_group(tables, network, which, layer):
    expected = mean(tables, "density", network, layer)
    check(sounds.level(tables, "density", network, which), expected, groups(tables))
    found = sounds.level(tables, "null_coherence", network, "block4")
    check(found, mean(tables, "null_coherence", network, "block4"), groups(tables))


def test_coherence_is_over_that_with_another_clip(tables):
    """One sonification is silent in some network: it counts in neither mean."""
    for network in PAIR:
        rows = read(tables, "similarity", network=network, layer="block1")
        rows = [{**row, "gain": row["coherence"] - row["null_coherence"]} for row in rows]
        expected = plain_trained(rows, "group", "gain", BOOTSTRAP, FEW)
        check(sounds.coherence_over_null(tables, network, "first"), expected, groups(tables))
    assert pd.read_parquet(tables.paths["similarity"])["coherence"].isna().sum() == 1


@pytest.mark.parametrize("column", ["coherence", "density", "live", "high", "flatness"])
def test_networks_are_compared_on_the_same_clips(tables, column):
    one, other = mean(tables, column, "contrastive"), mean(tables, column, "untrained")
    found = sounds.network_difference(tables, column, "contrastive", "untrained")
    check(found, one - other, groups(tables))
    found = sounds.network_ratio(tables, column, "contrastive", "untrained")
    check(found, one / other, groups(tables))
    one, other = (mean(tables, column, name, "block8") for name in PAIR)
    found = sounds.network_difference(tables, column, *PAIR, layer="block8")
    check(found, one - other, groups(tables))


def test_pairing_makes_intervals_narrow(tables):
    found = sounds.network_difference(tables, "density", "contrastive", "untrained")
    alone = [sounds.level(tables, "density", name, "deepest") for name in NETWORKS[1:]]
    apart = sum((one.high - one.low) ** 2 for one in alone)
    assert (found.high - found.low) ** 2 < 0.7 * apart
    assert found.value == pytest.approx(0.4 - 0.48, abs=0.015)


def change(tables, network, layers, of):
    first, second = (
        np.mean([mean(tables, "flatness", network, layer) for layer in some], axis=0)
        for some in (layers, of)
    )
    return first - second


def test_layers_are_compared_with_layers(tables):
    layers, of = ["block8", "block11"], ["block3", "block4", "block7"]
    expected = change(tables, "supervised", layers, of)
    found = sounds.layers_difference(tables, "flatness", "supervised", layers, of)
    check(found, expected, groups(tables))
    expected = expected - change(tables, "contrastive", layers, of)
    found = sounds.layers_difference(tables, "flatness", *PAIR[:1], layers, of, than="contrastive")
    check(found, expected, groups(tables))
    with pytest.raises(NotRun, match="'similarity' has nothing for layer 'block12'"):
        sounds.layers_difference(tables, "flatness", "supervised", ["block12"], of)


def test_deepening_is_of_thirds(tables):
    ends = LAYERS[-3:], LAYERS[:3]
    expected = change(tables, "contrastive", *ends)
    check(sounds.deepening(tables, "flatness", "contrastive"), expected, groups(tables))
    expected = expected - change(tables, "supervised", *ends)
    found = sounds.deepening(tables, "flatness", "contrastive", "supervised")
    check(found, expected, groups(tables))


def test_slopes_are_fitted_over_all_layers_in_their_order(tables):
    fits = {}
    for network in PAIR:
        levels = np.array([mean(tables, "coherence", network, layer) for layer in LAYERS])
        fits[network] = np.polyfit(np.arange(len(LAYERS)), levels, 1)[0]
        check(sounds.depth_slope(tables, "coherence", network), fits[network], groups(tables))
    found = sounds.depth_slope(tables, "coherence", *PAIR)
    check(found, fits["supervised"] - fits["contrastive"], groups(tables))
    assert found.value == pytest.approx((0.44 - 0.8) / 10, abs=0.004)


# ---- exactness and shifts ------------------------------------------------------------------------


def test_the_largest_error_is_that_of_all_rows_of_a_network(tables, tmp_path):
    rows = pd.read_parquet(tables.paths["exactness"])
    own = np.flatnonzero(rows["network"] == "contrastive")[[4, 7, 9]]
    rows.loc[own[:2], "explicit_error"] = 0.3, -0.4
    rows.loc[own[1:], "length_error"] = 1, -2
    other = changed(tables, tmp_path, exactness=rows)
    found = exactness.explicit_error(other, "contrastive")
    assert found.value == found.low == found.high == 0.4 and found.n == rows["group"].nunique()
    assert exactness.length_error(other, "contrastive").value == 2
    assert exactness.explicit_error(other, "supervised").value < 1e-6
    assert exactness.length_error(other, "supervised").value == 0


def test_a_network_that_is_no_chain_has_no_explicit_form(tables, tmp_path):
    rows = pd.read_parquet(tables.paths["exactness"])
    own = rows["network"] == "supervised"
    rows.loc[own, "explicit_error"] = np.nan
    rows.loc[np.flatnonzero(~own)[3], "explicit_error"] = np.inf
    other = changed(tables, tmp_path, exactness=rows)
    with pytest.raises(NotRun, match="'supervised' is no plain chain"):
        exactness.explicit_error(other, "supervised")
    assert max(exactness.explicit_error(other, n).value for n in ("contrastive", "untrained")) == 1
    with pytest.raises(NotRun, match="no network 'mine'.*supervised, contrastive, untrained"):
        exactness.length_error(other, "mine")


def test_shifts_are_exact_where_they_are_multiples(tables, tmp_path):
    rows = read(tables, "shifts", network="untrained", multiple=True)
    found = exactness.shift_error(tables, "untrained")
    assert found.value == max(row["error"] for row in rows) < 1e-7
    odd = pd.read_parquet(tables.paths["shifts"]).assign(multiple=False)
    with pytest.raises(NotRun, match="no offset is a multiple of a layer's stride"):
        exactness.shift_error(changed(tables, tmp_path, shifts=odd), "untrained")
    even = odd.assign(multiple=True)
    with pytest.raises(NotRun, match="every offset is a multiple of the stride of layer 'block11'"):
        exactness.shift_correlation(changed(tables, tmp_path, shifts=even), "untrained")


def test_shifted_sonifications_are_correlated_at_each_offset_or_over_odd_ones(tables):
    def correlation(offset, layer):
        rows = read(tables, "shifts", network="supervised", layer=layer, offset=offset)
        return plain_trained(rows, "group", "correlation", BOOTSTRAP, FEW)

    units = len({row["group"] for row in read(tables, "shifts")})
    for offset in (37, 256):
        found = exactness.shift_correlation(tables, "supervised", offset)
        check(found, correlation(offset, "block11"), units)
    assert found.value == 1
    expected = np.mean([correlation(n, "block11") for n in (1, 16, 37, 8645)], axis=0)
    check(exactness.shift_correlation(tables, "supervised"), expected, units)
    expected = np.mean([correlation(n, "block1") for n in (1, 37, 8645)], axis=0)
    check(exactness.shift_correlation(tables, "supervised", layer="first"), expected, units)


# ---- filters and maps ----------------------------------------------------------------------------


def test_filters_are_compared_by_their_selectivity(tables, tmp_path):
    rows = {name: read(tables, "filters", network=name) for name in ("supervised", "untrained")}
    one, other = (
        plain_trained(some, "filter", "selectivity", BOOTSTRAP, FEW) for some in rows.values()
    )
    check(maps.selectivity_difference(tables, *rows), one - other, FILTERS)
    check(maps.selectivity_ratio(tables, *rows), one / other, FILTERS)
    empty = pd.read_parquet(tables.paths["filters"]).iloc[:0]
    with pytest.raises(NotRun, match="no first convolution"):
        maps.selectivity_ratio(changed(tables, tmp_path, filters=empty), *rows)


def entropy(rows, clips):
    draws = plain_draws(clips, "clip", BOOTSTRAP, FEW)
    out = []
    for times, shares in zip(draws, plain_shares(rows, BOOTSTRAP, FEW), strict=True):
        value = 0.0
        for (run, _), share in shares.items():
            often = {}
            for row in rows:
                if row["run"] == run:
                    often[row["label"]] = often.get(row["label"], 0) + times[row["clip"]]
            total = sum(often.values())
            value -= share * sum(n / total * log2(n / total) for n in often.values() if n)
        out.append(value)
    return np.array(out)


@pytest.mark.parametrize(("which", "layer"), [("deepest", "block11"), ("first", "block1")])
def test_variety_is_the_entropy_of_the_classes_of_favourites(tables, which, layer):
    clips = {row["clip"] for row in read(tables, "favourites")}
    one, other = (entropy(read(tables, "favourites", network=n, layer=layer), clips) for n in PAIR)
    check(maps.variety(tables, *PAIR, layer=which), one - other, len(clips))


def checkpoints(tables, column, **equal):
    by_map = {}
    for row in read(tables, "evolution", **equal):
        key = tuple(row[name] for name in ("network", "run", "layer", "map"))
        by_map.setdefault(key, {})[row["epoch"]] = row[column]
    return [(by_map[key][0], by_map[key][16]) for key in sorted(by_map)]


def map_means(values, kind):
    """The mean of maps, then that of the first resamples."""
    draws = plain_draws(range(len(values)), kind, BOOTSTRAP, FEW, means=True)
    return np.array([sum(t[n] * v for n, v in enumerate(values)) / len(values) for t in draws])


@pytest.mark.parametrize("which", [{}, {"layer": "block5"}, {"network": "contrastive"}])
def test_spectra_are_compared_between_the_ends_of_training(tables, which):
    falls = [a - b for a, b in checkpoints(tables, "flatness", **which) if a == a and b == b]
    check(maps.flatness_fall(tables, **which), map_means(falls, "map"), len(falls))


def test_likeness_to_the_last_checkpoint_is_compared_between_layers(tables):
    means, count = [], []
    for which, layer in (("first", "block1"), ("deepest", "block11")):
        likeness = [a for a, _ in checkpoints(tables, "similarity", layer=layer) if a == a]
        means.append(map_means(likeness, f"map of {which}"))
        count.append(len(likeness))
    assert count == [5 * EVOLVING, 5 * (EVOLVING - 1)]
    check(maps.early_likeness(tables), means[0] - means[1], min(count))


def test_spectra_of_maps_that_die_are_compared_with_the_others(tables, tmp_path):
    rows = pd.read_parquet(tables.paths["evolution"])
    rows["dead"] = rows["dead"] | ((rows["map"] < 4) & (rows["epoch"] == 16))
    other = changed(tables, tmp_path, evolution=rows)
    means, count = [], []
    for which, dead in (("dead", True), ("living", False)):
        died = {}
        for row in plain_rows(rows):
            key = tuple(row[name] for name in ("network", "run", "layer", "map"))
            if row["epoch"] == 0:
                died.setdefault(key, {})["flatness"] = row["flatness"]
            if row["epoch"] == 16:
                died.setdefault(key, {})["dead"] = row["dead"]
        own = [died[key]["flatness"] for key in sorted(died) if died[key]["dead"] == dead]
        means.append(map_means(own, f"{which} map"))
        count.append(len(own))
    assert count == [5 * 3 * 4, 5 * 3 * (EVOLVING - 4)]
    check(maps.dead_flatness(other), means[0] / means[1], min(count))
    living = changed(tables, tmp_path, evolution=rows.assign(dead=False))
    with pytest.raises(NotRun, match="no map is dead at the last checkpoint"):
        maps.dead_flatness(living)


def test_evolution_needs_two_checkpoints_and_living_maps(tables, tmp_path):
    rows = pd.read_parquet(tables.paths["evolution"])
    one = changed(tables, tmp_path, evolution=rows[rows["epoch"] == 16])
    with pytest.raises(NotRun, match="one checkpoint: nothing evolves"):
        maps.flatness_fall(one)
    dead = changed(tables, tmp_path, evolution=rows.assign(similarity=np.nan))
    with pytest.raises(NotRun, match="no map of layer 'block1' has a sonification"):
        maps.early_likeness(dead)
