"""Heatmaps under randomised weights: every clip against scipy, every layer in its turn."""

import numpy as np
import pytest
import torch
from explained_worlds import (
    COMPOSITE,
    OUTPUTS,
    branched,
    check_clips,
    label_of,
    one_input,
    rows_of,
    small_batches,
)
from scipy.stats import spearmanr

from tonotopy.relevance.composites import parse
from tonotopy.relevance.lrp import LRP
from tonotopy.relevance.randomisation import cascade
from tonotopy.relevance.zennit_engine import Zennit
from tonotopy.studies.relevance import randomising
from tonotopy.studies.relevance.explaining import explaining_engine, subject
from tonotopy.studies.relevance.randomising import sensitivity_table

RULES = {"conv": {"gamma": 0.3}, "dense": {"epsilon": 1e-6}}


@pytest.fixture(autouse=True)
def few(monkeypatch):
    """Batches of four clips."""
    monkeypatch.setattr(randomising, "batches", small_batches(4))


def test_heatmaps_are_compared_with_those_of_every_randomised_network(world):
    explained = subject(world.explained.bundle, world.corpus, RULES)
    clips, network = world.test[:7], explained.bundle.network
    before = {name: weights.clone() for name, weights in network.state_dict().items()}
    table = sensitivity_table(explained, RULES, "auto", world.corpus, clips, 3)
    columns = ["step", "layer", "clip", "group", "label", "correlation"]
    assert sorted(table.columns) == sorted(columns)
    check_clips(table, world.corpus)
    assert all(torch.equal(before[name], w) for name, w in network.state_dict().items())
    rows = rows_of(table, "step", "clip")
    layers = ["chain.12", "chain.10", "chain.6", "chain.3", "chain.0"]
    assert len(rows) == 5 * 7
    networks = list(cascade(network, 3, "randomised weights"))
    assert [path for path, _ in networks] == layers
    for position in clips:
        inputs = one_input(explained.bundle.front_end, world.corpus, position)[None]
        target = OUTPUTS.index(label_of(world.corpus, position))
        own = LRP(network, parse(RULES)).explain(inputs).heatmap(target)[0].numpy().ravel()
        for step, (path, other) in enumerate(networks, start=1):
            found = LRP(other, parse(RULES)).explain(inputs).heatmap(target)[0].numpy().ravel()
            row = rows[step, world.corpus.clips[position]]
            assert row["layer"] == path
            if np.ptp(found) == 0:
                assert np.isnan(row["correlation"])
            else:
                expected = spearmanr(own, found).statistic
                assert row["correlation"] == pytest.approx(expected, abs=2e-3)
    assert table["correlation"].abs().max() < 0.999


def test_the_engine_is_the_one_that_is_asked_for(world, monkeypatch):
    asked = []

    def engine(bundle, network, composite, kind):
        asked.append((bundle, network, composite, kind))
        return explaining_engine(bundle, network, composite, kind)

    monkeypatch.setattr(randomising, "explaining_engine", engine)
    explained = subject(world.explained.bundle, world.corpus, COMPOSITE, engine="zennit")
    args = world.corpus, world.test[:2], 3
    table = sensitivity_table(explained, COMPOSITE, "zennit", *args)
    assert [kind for *_, kind in asked] == ["zennit"] * 5
    assert all(bundle is explained.bundle for bundle, *_ in asked)
    assert len({id(network) for _, network, *_ in asked}) == 5
    other = sensitivity_table(world.explained, COMPOSITE, "auto", *args)
    np.testing.assert_allclose(table["correlation"], other["correlation"], atol=1e-3)


def test_another_seed_draws_other_weights(world):
    args = COMPOSITE, "auto", world.corpus, world.test[:3]
    one, same, other = (sensitivity_table(world.explained, *args, seed) for seed in (1, 1, 2))
    assert one.equals(same)
    assert (one["correlation"] - other["correlation"]).abs().max() > 0.05


def test_networks_that_are_no_chain_are_randomised_too(world):
    explained = subject(branched(), world.corpus, COMPOSITE)
    assert isinstance(explained.engine, Zennit)
    table = sensitivity_table(explained, COMPOSITE, "auto", world.corpus, world.test[:5], 0)
    assert table["layer"].drop_duplicates().tolist() == ["last", "beside.0", "first.0"]
    assert table["step"].tolist() == [1] * 5 + [2] * 5 + [3] * 5
    assert np.isfinite(table["correlation"]).all()
