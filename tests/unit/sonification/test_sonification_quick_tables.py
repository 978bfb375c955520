"""Simulated tables of study 4 look rows up once: their means are those of the study's own."""

from types import MappingProxyType

import numpy as np
import pytest
import simulated_sounds as worlds
from simulations import in_memory

from tonotopy.studies.sonification.statistics import STATISTICS
from tonotopy.studies.sonification.statistics.tables import SonificationTables

LEVELS = MappingProxyType({"coherence": 0.5, "null_coherence": 0.1})


def similar(rng, sizes=worlds.SONGS):
    return worlds.similar(rng, lambda *_: LEVELS, sizes)


def transfers(rng, runs=3):
    return worlds.transfers(rng, lambda *_: 0.5, "keywords", runs, training=0.05)


def plain(quick):
    """The same run, whose means are those of `NetworkTables`."""
    frames = {name: table.frame() for name, table in quick.paths.items()}
    return in_memory(SonificationTables, frames, quick.settings, quick.bootstrap)


CASES = {
    "clips": (similar, {"name": "similarity", "column": "coherence", "unit": "group"}),
    "layers": (
        similar,
        {
            "name": "similarity",
            "column": lambda rows: rows["coherence"] - rows["null_coherence"],
            "unit": "group",
            "axes": {"layer": ["block5", "block2"]},
        },
    ),
    "classes": (
        transfers,
        {
            "name": "transfers",
            "column": "score",
            "unit": "label",
            "weight": "clips",
            "axes": {"depth": [1, 4]},
            "learn": "head",
        },
    ),
    "one training": (
        lambda rng: transfers(rng, 1),
        {"name": "transfers", "column": "score", "unit": "label", "layer": "whole"},
    ),
    "filters": (
        lambda rng: worlds.filters(rng, dict.fromkeys(worlds.NETWORKS, 0.5)),
        {"name": "filters", "column": "selectivity", "unit": "filter"},
    ),
}


@pytest.mark.parametrize("make, asked", CASES.values(), ids=CASES)
def test_means_are_those_of_network_tables(make, asked):
    for seed in range(2):  # the second run finds its rows where the first looked them up
        quick = make(np.random.default_rng(seed))
        for network in ("contrastive", "supervised"):
            found, expected = (t.means(network=network, **asked) for t in (quick, plain(quick)))
            np.testing.assert_allclose(found.values, expected.values, rtol=1e-12)
            assert found[1:] == expected[1:]
            assert np.ptp(found.values) > 0


def test_values_that_are_missing_are_left_out_alike():
    quick = similar(np.random.default_rng(3))
    quick.paths["similarity"].values["coherence"][::7] = np.nan
    asked = {**CASES["layers"][1], "network": "supervised"}
    found, expected = (tables.means(**asked) for tables in (quick, plain(quick)))
    np.testing.assert_allclose(found.values, expected.values, rtol=1e-12)


def test_statistics_of_both_agree():
    arguments = {"column": "coherence", "network": "contrastive", "than": "supervised"}
    quick = similar(np.random.default_rng(4))
    found, expected = (
        STATISTICS["network_difference"](tables, **arguments) for tables in (quick, plain(quick))
    )
    assert found.value == pytest.approx(expected.value) and found.unit == expected.unit
    np.testing.assert_allclose(found.draws, expected.draws, atol=1e-12)
    assert (found.n, found.trainings) == (expected.n, expected.trainings)
