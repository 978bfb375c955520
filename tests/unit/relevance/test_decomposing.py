"""Components, their sums, what relevance is lost on its way, and how it is distributed."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from explained_worlds import (
    CHOICES,
    CLASSES,
    COMPOSITE,
    OUTPUTS,
    branched,
    check_clips,
    exact,
    label_of,
    one_heatmap,
    one_input,
    one_pass,
    one_split,
    rows_of,
    small_batches,
)

from tonotopy.relevance.attribution import component_heatmaps
from tonotopy.relevance.lrp import Ledger
from tonotopy.relevance.subspaces import Ascent
from tonotopy.studies.relevance import decomposing
from tonotopy.studies.relevance.decomposing import (
    BINS,
    conservation_table,
    decompose,
    histogram_table,
    standard_heatmaps,
    sum_table,
)
from tonotopy.studies.relevance.explaining import batches, subject
from tonotopy.studies.relevance.fitting import collect, fit_all


@pytest.fixture
def few(monkeypatch):
    """Batches of four clips."""
    monkeypatch.setattr(decomposing, "batches", small_batches(4))


def near(found, expected, share=2e-4):
    scale = abs(expected).max()
    np.testing.assert_allclose(found, expected, atol=share * scale, rtol=1e-3)


def test_standard_heatmaps_are_of_each_clips_own_class(world):
    for batch in batches(world.explained, world.corpus, world.test, 5):
        for heatmap, position in zip(
            standard_heatmaps(world.explained, batch), batch.positions, strict=True
        ):
            near(heatmap, one_heatmap(world.explained, world.corpus, position))


def test_components_are_split_by_the_subspaces_of_each_clips_class(world):
    keys = [
        world.key(),
        world.key("random", "conv1", 2, draw=1),
        world.key("pca", "conv2", 2),
        world.key("dsa", "conv3", 4),
        world.key("drsa", "conv1", 4),
    ]
    (batch,) = batches(world.explained, world.corpus, world.test[:6], 6)
    assert len(set(batch.labels)) == 3
    found = list(decompose(world.explained, batch, world.fitted, iter(keys)))
    assert [key for key, _ in found] == keys
    for key, heatmaps in found:
        assert heatmaps.shape == (6, key.components, 16, 24) and not heatmaps.requires_grad
        for clip, position in enumerate(batch.positions):
            near(heatmaps[clip], one_split(world, position, key))


def test_components_may_be_those_of_other_classes(world):
    (batch,) = batches(world.explained, world.corpus, world.test[:6], 6)
    classes = np.array([CLASSES[(CLASSES.index(c) + 1) % 3] for c in batch.labels], dtype=object)
    ((_, heatmaps),) = decompose(world.explained, batch, world.fitted, [world.key()], classes)
    for clip, position in enumerate(batch.positions):
        expected = one_split(world, position, world.key(), classes[clip])
        near(heatmaps[clip], expected)
        own = one_split(world, position, world.key())
        assert abs(own - expected).max() > 0.02 * abs(expected).max()


def test_the_untrained_copy_has_subspaces_of_its_own(world):
    key = world.key(copy="untrained")
    (batch,) = batches(world.untrained, world.corpus, world.test[:3], 3)
    ((_, heatmaps),) = decompose(world.untrained, batch, world.fitted, [key])
    for clip, position in enumerate(batch.positions):
        near(heatmaps[clip], one_split(world, position, key, explained=world.untrained))


def test_one_forward_pass_and_one_way_back_serve_all_subspaces(world, monkeypatch):
    (batch,) = batches(world.explained, world.corpus, world.test[:2])
    passes, explain = [], world.explained.engine.explain

    class Engine:
        def explain(self, inputs):
            passes.append(explain(inputs))
            asked, contexts = [], passes[-1].contexts
            passes[-1].contexts = lambda t, layers: asked.append(layers) or contexts(t, layers)
            passes[-1].asked = asked
            return passes[-1]

    other = replace(world.explained, engine=Engine())
    keys = [world.key("dsa"), world.key(), world.key("pca", "conv1", 2)]
    assert len(list(decompose(other, batch, world.fitted, keys))) == 3
    assert [one.asked for one in passes] == [[["conv3", "conv1"]]]


# --- sums


def literal_error(standard, components):
    worst = largest = 0.0
    for mel, frame in np.ndindex(standard.shape):
        total = sum(float(component[mel, frame]) for component in components)
        worst = max(worst, abs(total - float(standard[mel, frame])))
        largest = max(largest, abs(float(standard[mel, frame])))
    return worst / largest


def test_sums_miss_the_standard_heatmap_by_rounding(world, few):
    keys = [world.key(), world.key("random", "conv1", 2, draw=1)]
    table = sum_table(world.explained, world.corpus, world.test, world.fitted, keys)
    columns = ["copy", "method", "draw", "layer", "components", "label", "clip", "group", "error"]
    assert sorted(table.columns) == sorted(columns)
    check_clips(table, world.corpus)
    assert table["error"].max() < 1e-5
    rows = rows_of(table, "clip", *keys[0]._fields)
    assert set(rows) == {(world.corpus.clips[p], *key) for p in world.test for key in keys}


def test_errors_of_sums_are_measured_cell_by_cell(world, few, monkeypatch):
    """Component heatmaps that are off by a known noise."""
    rng, off = np.random.default_rng(0), {}

    def noisy(explained, batch, fitted, keys):
        for key, heatmaps in decompose(explained, batch, fitted, keys):
            noise = torch.from_numpy(rng.normal(0, 0.01, heatmaps.shape)).float()
            for clip, position in enumerate(batch.positions):
                off[world.corpus.clips[position], key.method] = heatmaps[clip] + noise[clip]
            yield key, heatmaps + noise

    monkeypatch.setattr(decomposing, "decompose", noisy)
    keys = [world.key("pca"), world.key("dsa")]
    table = sum_table(world.explained, world.corpus, world.test[:7], world.fitted, keys)
    rows = rows_of(table, "clip", "method")
    for position in world.test[:7]:
        standard = one_heatmap(world.explained, world.corpus, position)
        for key in keys:
            name = (world.corpus.clips[position], key.method)
            expected = literal_error(standard, off[name].numpy())
            assert expected > 1e-3
            assert rows[name]["error"] == pytest.approx(expected, rel=1e-2)


# --- conservation


def test_nothing_is_lost_that_biases_and_stabilisers_did_not_take(world, few):
    table = conservation_table(world.explained, COMPOSITE, world.corpus, world.test)
    numbers = ["evidence", "reached", "biases", "stabilisers", "error"]
    assert sorted(table.columns) == sorted(["network", "clip", "group", "label", *numbers])
    check_clips(table, world.corpus)
    rows = rows_of(table, "network", "clip")
    assert len(rows) == 2 * len(world.test)
    plain = exact(world.explained)
    for step in plain._chain.steps:
        if getattr(step.module, "bias", None) is not None:
            step.module.bias.data.zero_()
    for position in world.test:
        clip, target = world.corpus.clips[position], OUTPUTS.index(label_of(world.corpus, position))
        inputs = one_input(world.explained.bundle.front_end, world.corpus, position).double()[None]
        for network, passed in (
            ("whole", one_pass(world.explained, world.corpus, position)),
            ("bias-free", plain.explain(inputs)),
        ):
            row, ledger = rows[network, clip], Ledger()
            heatmap = passed.heatmap(target, ledger)[0].numpy()
            mass = abs(heatmap).sum()
            expected = {
                "evidence": passed.logits[0, target].item(),
                "reached": heatmap.sum(),
                "biases": sum(taken.item() for taken in ledger.biases.values()),
                "stabilisers": sum(taken.item() for taken in ledger.stabilisers.values()),
            }
            for name, value in expected.items():
                assert row[name] == pytest.approx(value, rel=1e-3, abs=1e-4 * mass), name
            missing = row["evidence"] - row["reached"] - row["biases"] - row["stabilisers"]
            assert row["error"] == pytest.approx(abs(missing) / mass, rel=1e-3, abs=1e-9)
            assert row["error"] < 1e-5
    bias_free, whole = (table[table["network"] == n] for n in ("bias-free", "whole"))
    assert (bias_free["biases"] == 0).all() and (whole["biases"].abs() > 0.01).all()
    kept = [m.bias for m in world.explained.bundle.network.chain if hasattr(m, "bias")]
    assert len(kept) == 5 and all(bias.abs().max() > 0 for bias in kept)


def test_an_error_is_what_is_missing_over_all_relevance(world, monkeypatch):
    """A pass whose heatmap and ledger are known: 5 - 2 - 1 - 0.5 of 8."""

    class Known:
        logits = torch.tensor([[9.0, 9, 9, 9]]).expand(3, 4).clone()

        def heatmap(self, targets, ledger):
            ledger.biases.update(a=torch.tensor([[0.75]] * 3), b=torch.tensor([[0.25]] * 3))
            ledger.stabilisers.update(a=torch.tensor([[0.5]] * 3))
            heatmap = torch.zeros(3, 2, 2)
            heatmap[:, 0, 0], heatmap[:, 1, 0] = 5.0, -3.0
            return heatmap

    class Engine(type(world.explained.engine)):
        def __init__(self):
            pass

        def explain(self, inputs):
            known = Known()
            known.logits[torch.arange(3), targets] = 5.0
            return known

    (batch,) = batches(world.explained, world.corpus, world.test[:3], 3)
    targets = batch.targets
    found = decomposing._balance(Engine(), batch)
    assert {name: values.tolist() for name, values in found.items()} == {
        "evidence": [5] * 3,
        "reached": [2] * 3,
        "biases": [1] * 3,
        "stabilisers": [0.5] * 3,
        "error": [1.5 / 8] * 3,
    }


def test_what_networks_that_are_no_chain_take_is_not_known(world):
    other = subject(branched(), world.corpus, COMPOSITE)
    table = conservation_table(other, COMPOSITE, world.corpus, world.test[:10])
    assert set(table["network"]) == {"whole"} and len(table) == 10
    assert table[["biases", "stabilisers", "error"]].isna().all().all()
    rows = rows_of(table, "clip")
    for position in world.test[:10]:
        inputs = one_input(other.bundle.front_end, world.corpus, position)
        target = OUTPUTS.index(label_of(world.corpus, position))
        passed = other.engine.explain(inputs[None])
        row = rows[(world.corpus.clips[position],)]
        assert row["evidence"] == pytest.approx(passed.logits[0, target].item(), rel=1e-4)
        expected = passed.heatmap(target).sum().item()
        assert row["reached"] == pytest.approx(expected, rel=1e-3, abs=1e-4)


def test_the_bias_free_network_has_the_rules_of_the_composite(world):
    rules = {"conv": "flat", "dense": "zero"}
    other = subject(world.explained.bundle, world.corpus, rules)
    table = conservation_table(other, rules, world.corpus, world.test[:2])
    position = world.test[1]
    row = rows_of(table, "network", "clip")["whole", world.corpus.clips[position]]
    expected = one_heatmap(other, world.corpus, position, composite=rules).sum()
    assert row["reached"] == pytest.approx(expected, rel=1e-4)
    plain = exact(other, rules)
    for step in plain._chain.steps:
        if getattr(step.module, "bias", None) is not None:
            step.module.bias.data.zero_()
    inputs = one_input(other.bundle.front_end, world.corpus, position).double()[None]
    target = OUTPUTS.index(label_of(world.corpus, position))
    row = rows_of(table, "network", "clip")["bias-free", world.corpus.clips[position]]
    ledger = Ledger()
    plain.explain(inputs).heatmap(target, ledger)
    expected = sum(taken.item() for taken in ledger.stabilisers.values())
    assert row["stabilisers"] == pytest.approx(expected, rel=1e-3, abs=1e-6)
    logit = plain.explain(inputs).logits[0, target].item()
    assert row["evidence"] == pytest.approx(logit, rel=1e-4)


# --- the histogram


def test_the_histogram_is_over_cells_of_rectified_heatmaps_divided_by_their_maximum(world, few):
    key, clips = world.key(), world.test[:9]
    table = histogram_table(world.explained, world.corpus, clips, world.fitted, key)
    assert list(table.columns) == ["low", "high", "share", "percentile", "mean_plus_std"]
    assert len(table) == BINS
    np.testing.assert_allclose(table["low"], [i / BINS for i in range(BINS)], atol=1e-12)
    np.testing.assert_allclose(table["high"], [(i + 1) / BINS for i in range(BINS)], atol=1e-12)
    counts, percentiles, spreads = [0] * BINS, [], []
    for position in clips:
        for heatmap in one_split(world, position, key):
            cells = np.maximum(heatmap, 0).ravel()
            cells = cells / cells.max()
            for cell in cells:
                counts[min(int(cell * BINS), BINS - 1)] += 1
            percentiles.append(np.percentile(cells, 90))
            mean = sum(cells) / len(cells)
            spreads.append(mean + np.sqrt(sum((c - mean) ** 2 for c in cells) / len(cells)))
    expected = np.array(counts) / sum(counts)
    np.testing.assert_allclose(table["share"], expected, atol=3e-4)
    assert table["share"].sum() == pytest.approx(1)
    assert expected[-1] >= 1 / (16 * 24) and 0 < expected[20:30].sum() < expected[0]
    assert table["percentile"].unique() == pytest.approx([np.mean(percentiles)], rel=1e-3)
    assert table["mean_plus_std"].unique() == pytest.approx([np.mean(spreads)], rel=1e-3)


def test_heatmaps_without_positive_relevance_are_left_out(world, monkeypatch):
    def fixed(explained, batch, fitted, keys):
        heatmaps = torch.full((len(batch.positions), 2, 1, 4), -1.0)
        heatmaps[0, 1, 0] = torch.tensor([4.0, 2.0, -8.0, 1.0]) * emptiness
        yield keys[0], heatmaps

    monkeypatch.setattr(decomposing, "decompose", fixed)
    emptiness, args = 1.0, (world.explained, world.corpus, world.test[:3], world.fitted)
    table = histogram_table(*args, world.key())
    told = {row["low"]: row["share"] for row in table.to_dict("records") if row["share"]}
    assert {round(low, 9): share for low, share in told.items()} == {
        0.0: 0.25,
        0.24: 0.25,
        0.5: 0.25,
        0.98: 0.25,
    }
    assert table["percentile"][0] == pytest.approx(0.85)  # of 0, 0.25, 0.5 and 1
    assert table["mean_plus_std"][0] == pytest.approx(0.4375 + np.std([0, 0.25, 0.5, 1]))
    emptiness = 0.0
    table = histogram_table(*args, world.key())
    assert (table["share"] == 0).all() and table[["percentile", "mean_plus_std"]].isna().all().all()


FEW = replace(CHOICES, clips=2, locations=3, components=(2,), random=1, ascent=Ascent(1, 1, 2))


def test_a_network_that_is_no_chain_is_split_too(world):
    other = subject(branched(), world.corpus, COMPOSITE)
    vectors = collect(other, world.corpus, FEW, 0)
    fitted = dict(fit_all(vectors, CLASSES, FEW, 0, "trained"))

    class Kept:
        def bases(self, key, labels):
            return fitted[key].bases[[CLASSES.index(label) for label in labels]]

    keys = [key for key in fitted if key.method == "drsa"]
    assert [key.layer for key in keys] == ["entry", "branch"]
    (batch,) = batches(other, world.corpus, world.test[:5], 5)
    found = dict(decompose(other, batch, Kept(), keys))
    for key, heatmaps in found.items():
        for clip, label in enumerate(batch.labels):
            passed = other.engine.explain(batch.inputs[clip : clip + 1])
            basis = fitted[key].bases[CLASSES.index(label)]
            target = OUTPUTS.index(label)
            expected = component_heatmaps(passed, key.layer, target, basis, 2)[0]
            near(heatmaps[clip], expected.numpy())
    table = sum_table(other, world.corpus, world.test[:5], Kept(), keys)
    rows = rows_of(table, "layer", "clip")
    for clip, position in enumerate(batch.positions):
        passed = other.engine.explain(batch.inputs[clip : clip + 1])
        standard = passed.heatmap(OUTPUTS.index(batch.labels[clip]))[0].numpy()
        for key in keys:
            expected = literal_error(standard, found[key][clip].numpy())
            error = rows[key.layer, world.corpus.clips[position]]["error"]
            assert error == pytest.approx(expected, rel=1e-3)
