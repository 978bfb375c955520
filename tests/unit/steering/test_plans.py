"""What is steered with what, and the tables of sweeps, value by value."""

import numpy as np
import pandas as pd
import pytest
import torch
from torch import nn
from worlds import RATE, TONES, tone_corpus

from tonotopy.errors import InputError
from tonotopy.files import read_tensors, write_tensors
from tonotopy.frontends.log_mel import LogMel, LogMelSettings
from tonotopy.frontends.waveform import Waveform, WaveformSettings
from tonotopy.networks.ast import AST
from tonotopy.networks.bundle import Bundle
from tonotopy.networks.layers import Layer
from tonotopy.seeding import generator
from tonotopy.studies.steering import plans
from tonotopy.studies.steering.effects import EACH
from tonotopy.studies.steering.plans import (
    PLANS,
    Answers,
    Plan,
    read_vectors,
    run_plan,
    sweep_table,
    swept_strengths,
    write_vectors,
)
from tonotopy.studies.steering.subsets import chosen_clips
from tonotopy.studies.steering.sweep import collapsed, sweep_ast

CONCEPTS = ["guitar", "piano", "violin", "zither"]
WIDTHS = {"zeta": 4, "alpha": 6, "mid": 4}
COLUMNS = [
    "vectors",
    "layer",
    "concept",
    "strength",
    "clip",
    "label",
    "group",
    "class",
    "probability",
    "collapsed",
]


@pytest.fixture(scope="module")
def vectors():
    rng = np.random.default_rng(0)
    seeds = {"trained": 5, "shuffled": 3, "untrained": 2, "classes": 3, "correlated": 6}
    return {
        kind: {
            layer: rng.normal(size=(count, 4, width)).astype(np.float32)
            for layer, width in WIDTHS.items()
        }
        for kind, count in seeds.items()
    }


def test_vectors_come_back_with_their_layers_in_order(vectors, tmp_path):
    write_vectors(tmp_path / "v.safetensors", vectors, CONCEPTS)
    found, concepts = read_vectors(tmp_path / "v.safetensors")
    assert concepts == CONCEPTS and set(found) == set(vectors)
    for kind, layers in vectors.items():
        assert list(found[kind]) == list(WIDTHS)
        for layer, values in layers.items():
            np.testing.assert_array_equal(found[kind][layer], values)
    tensors, facts = read_tensors(tmp_path / "v.safetensors")
    assert "trained/zeta" in tensors and facts["concepts"] == CONCEPTS


def test_vectors_without_their_concepts_are_damaged(tmp_path):
    write_tensors(tmp_path / "v.safetensors", {"trained/a": np.eye(2)}, {"layers": ["a"]})
    with pytest.raises(InputError, match="v.safetensors: damaged .'concepts'"):
        read_vectors(tmp_path / "v.safetensors")


@pytest.mark.parametrize("name", ["test", "unseen"])
def test_one_to_one_steers_each_layer_with_its_own_mean(vectors, name):
    (plan,) = PLANS[name](vectors, CONCEPTS, ["violin"], 0)
    assert (plan.vectors, plan.layer, plan.names) == ("concept", EACH, CONCEPTS)
    assert list(plan.directions) == list(WIDTHS)
    for layer, found in plan.directions.items():
        np.testing.assert_allclose(found, vectors["trained"][layer].mean(axis=0), rtol=1e-6)


def test_one_to_all_steers_the_layers_of_the_same_width(vectors):
    found = PLANS["layers"](vectors, CONCEPTS, ["violin", "guitar"], 0)
    assert [plan.layer for plan in found] == [0, 1, 2]
    assert [list(p.directions) for p in found] == [["zeta", "mid"], ["alpha"], ["zeta", "mid"]]
    for plan, source in zip(found, WIDTHS, strict=True):
        assert plan.names == ["violin", "guitar"] and plan.vectors == "concept"
        for directions in plan.directions.values():
            expected = vectors["trained"][source].mean(axis=0)[[2, 0]]
            np.testing.assert_allclose(directions, expected, rtol=1e-6)


def test_controls_are_null_vectors_of_every_kind(vectors):
    found = {plan.vectors: plan for plan in PLANS["controls"](vectors, CONCEPTS, ["violin"], 7)}
    assert list(found) == ["random", "shuffled", "correlated", "untrained"]
    assert all(plan.layer == EACH for plan in found.values())
    assert found["untrained"].names == CONCEPTS
    for layer in WIDTHS:
        mean = vectors["untrained"][layer].mean(axis=0)
        np.testing.assert_allclose(found["untrained"].directions[layer], mean, rtol=1e-6)
        shuffled = found["shuffled"].directions[layer]
        assert len(shuffled) == len(found["shuffled"].names) == 3 * 4
        np.testing.assert_array_equal(shuffled[2 * 4 + 1], vectors["shuffled"][layer][2, 1])
        contrasts = vectors["correlated"][layer][:, 0]
        np.testing.assert_array_equal(found["correlated"].directions[layer], contrasts)
    drawn = generator(7, "random vectors").standard_normal((100, 14))
    random = found["random"].directions
    np.testing.assert_array_equal(random["zeta"], drawn[:, :4])
    np.testing.assert_array_equal(random["alpha"], drawn[:, 4:10])
    np.testing.assert_array_equal(random["mid"], drawn[:, 10:])
    for plan in found.values():
        assert len(set(plan.names)) == len(plan.names) == len(plan.directions["zeta"])
    unseen = PLANS["unseen_controls"](vectors, CONCEPTS, ["violin"], 7)
    assert [plan.vectors for plan in unseen] == ["random", "shuffled"]
    start = {**vectors, "start": vectors["trained"]}
    assert PLANS["controls"](start, CONCEPTS, [], 7)[-1].vectors == "start"


@pytest.mark.parametrize(
    ("strengths", "reach", "expected"),
    [
        ([-0.3, -0.2, -0.1, -0.05, 0.05, 0.1, 0.2, 0.3], 0.2, [-0.1, 0.1]),
        ([-0.2, 0.2, 0.1], 0.2, [-0.2, 0.2]),
        ([-1, 1, -0.1, 0.1, 0.2], 0.5, [-0.1, 0.1]),
    ],
)
def test_null_vectors_are_steered_with_one_strength_of_both_signs(strengths, reach, expected):
    assert swept_strengths("test", strengths, reach) == strengths
    for name in ("controls", "unseen_controls"):
        assert swept_strengths(name, strengths, reach) == expected


def test_clips_are_drawn_by_the_seed_and_as_many_of_every_class(tmp_path):
    corpus = tone_corpus(tmp_path / "tones", (12, 9, 30))
    few, more = (chosen_clips(corpus, "test", count, 3) for count in (6, 15))
    assert set(corpus.splits[more]) == {"test"} and set(few) < set(more)
    assert np.bincount(corpus.labels[few]).tolist() == [2, 2, 2]
    assert (np.diff(few) > 0).all() and few.tolist() != corpus.indices("test")[:6].tolist()
    assert few.tolist() == chosen_clips(corpus, "test", 6, 3).tolist()
    assert few.tolist() != chosen_clips(corpus, "test", 6, 4).tolist()
    everything = corpus.indices("test").tolist()
    for count in (None, 30, 99):
        assert chosen_clips(corpus, "test", count, 3).tolist() == everything


# --- tables ---


@pytest.fixture(scope="module")
def tones(tmp_path_factory):
    return tone_corpus(tmp_path_factory.mktemp("corpora") / "tones", (96, 18, 60))


@pytest.fixture(scope="module")
def bundle():
    torch.manual_seed(0)
    network = AST(3, 16, 20, patch=(16, 4), stride=(16, 4), width=8, depth=2, heads=2)
    for parameter in network.parameters():
        nn.init.normal_(parameter, 0, 0.5)
    front_end = LogMel(LogMelSettings(RATE, 128, 25, 12.5, 16, 20))
    return Bundle(network.eval(), front_end, {"classes": list(TONES)})


@pytest.fixture(scope="module")
def plan(bundle):
    rng = np.random.default_rng(1)
    directions = {name: rng.normal(size=(2, 8)) for name in bundle.network.layers}
    return Plan("random", 4, ["violin", "piano"], directions)


def keyed(table: pd.DataFrame) -> dict:
    keys = table[["concept", "strength", "clip", "class"]].astype(str).apply(tuple, axis=1)
    assert keys.is_unique
    return dict(zip(keys, table["probability"], strict=True))


@pytest.mark.parametrize("count", [5, 128, 135])
def test_every_probability_is_under_its_own_names(bundle, tones, plan, count):
    """More clips than a batch, in no order, with labels that repeat."""
    positions = np.random.default_rng(2).permutation(len(tones))[:count]
    table = sweep_table(bundle, tones, positions, plan, [0.8, -0.4], Answers())
    assert list(table) == COLUMNS and len(table) == 2 * 3 * count * 3
    assert set(table["vectors"]) == {"random"} and set(table["layer"]) == {4}
    assert sorted(set(table["strength"])) == [-0.4, 0.0, 0.8]
    inputs = bundle.front_end(torch.from_numpy(tones.waveforms(positions)))
    stacked = torch.from_numpy(np.stack(list(plan.directions.values()), axis=1)).float()
    expected = {}
    for c, concept in enumerate(plan.names):
        for strength in (-0.4, 0.0, 0.8):
            found = sweep_ast(bundle.network, inputs, stacked[c : c + 1], torch.tensor([strength]))
            for row, position in enumerate(positions):
                for k, label in enumerate(TONES):
                    key = concept, str(strength), tones.clips[position], label
                    expected[key] = found[0, 0, row, k].item()
    found = keyed(table)
    assert set(found) == set(expected)
    assert max(abs(found[key] - expected[key]) for key in expected) < 1e-5
    assert np.std([found[key] for key in expected if key[3] == "mid"]) > 0.02
    labels = {tones.clips[i]: list(TONES)[tones.labels[i]] for i in range(len(tones))}
    assert (table["label"].astype(str) == table["clip"].astype(str).map(labels)).all()


def test_collapse_is_judged_against_the_unsteered_output(bundle, tones, plan, monkeypatch):
    """Strength 0 is neither the first nor the last; each output is recognised by its values."""
    rng = np.random.default_rng(0)
    outcome = rng.dirichlet(np.full(3, 0.3), size=(2, 3, 10)).astype(np.float32)
    seen = []

    def judge(unsteered, steered, activation):
        seen.append((unsteered.copy(), steered.copy(), activation))
        return len(seen) in (2, 6)

    still = outcome[:1, 1]
    outcome[:, 1] = still  # without steering no direction matters

    def sweep(bundle, layers, inputs, directions, strengths, activation):
        kept = [0, 2] if len(strengths) == 2 else [1]
        return torch.from_numpy(outcome[: len(directions["layer1"]), kept])

    monkeypatch.setattr(plans, "sweep", sweep)
    monkeypatch.setattr(plans, "collapsed", judge)
    positions = np.arange(10)
    table = sweep_table(bundle, tones, positions, plan, [-1.0, 2.0], Answers(activation="sigmoid"))
    assert len(seen) == 6
    for number, (unsteered, steered, activation) in enumerate(seen):
        direction, strength = divmod(number, 3)
        np.testing.assert_array_equal(unsteered, outcome[direction, 1].astype(np.float64))
        np.testing.assert_array_equal(steered, outcome[direction, strength].astype(np.float64))
        assert activation == "sigmoid"
    flagged = table[table["collapsed"]]
    told = set(zip(flagged["concept"], flagged["strength"], strict=True))
    assert told == {("violin", 0.0), ("piano", 2.0)} and len(flagged) == 2 * 10 * 3


class Bands(nn.Module):
    """Five outputs: energies of the spectrum; steered at its hidden layer."""

    def __init__(self):
        super().__init__()
        self.hidden = nn.Identity()
        self.scale = nn.Parameter(torch.tensor(0.1))

    def forward(self, waveforms):
        bands = torch.fft.rfft(waveforms).abs()[:, :500].unflatten(1, (5, 100)).sum(dim=-1)
        return {"logits": self.hidden(self.scale * bands)}


def test_a_strong_push_collapses_and_none_does_not(tones):
    info = {"classes": ["low", "mid", "high", "x", "y"], "layers": {"hidden": {"path": "hidden"}}}
    bundle = Bundle(Bands(), Waveform(WaveformSettings(RATE)), info)
    plan = Plan("concept", EACH, ["violin"], {"hidden": np.array([[0, 0, 0, 0, 1.0]])})
    table = sweep_table(bundle, tones, np.arange(40), plan, [100, 0.001], Answers())
    flags = table.groupby("strength")["collapsed"].agg(["all", "any"])
    assert flags["all"].tolist() == flags["any"].tolist() == [False, False, True]  # 0, 0.001, 100


@pytest.mark.parametrize("activation", ["softmax", "sigmoid"])
def test_a_map_of_outputs_keeps_the_mapped_ones_of_all_probabilities(tones, activation):
    info = {"classes": [], "layers": {"hidden": {"path": "hidden"}}}
    bundle = Bundle(Bands(), Waveform(WaveformSettings(RATE)), info)
    direction = np.array([[3.0, 0, 0, -4.0, 0]])
    plan = Plan("concept", EACH, ["violin"], {"hidden": direction})
    positions, chosen = np.array([30, 4, 17]), {"mid": 3, "high": 0, "low": 4}
    answers = Answers(chosen, activation)
    table = run_plan([plan], bundle, tones, positions, [0.5], answers)
    assert list(table["class"].cat.categories) == sorted(chosen)
    logits = bundle.network(torch.from_numpy(tones.waveforms(positions)))["logits"].double()
    norms = logits.norm(dim=1, keepdim=True)
    steered = logits + 0.5 * torch.tensor([0.6, 0, 0, -0.8, 0]) * norms
    found = keyed(table)
    assert len(found) == 2 * 3 * 3
    for strength, values in ((0.0, logits), (0.5, steered)):
        values = values.softmax(dim=1) if activation == "softmax" else values.sigmoid()
        for row, position in enumerate(positions):
            for label, output in chosen.items():
                p = found["violin", str(strength), tones.clips[position], label]
                assert p == pytest.approx(values[row, output].item(), abs=1e-5)


def test_collapse_is_judged_by_all_outputs_though_some_are_kept(tones, monkeypatch):
    info = {"classes": [], "layers": {"hidden": {"path": "hidden"}}}
    bundle = Bundle(Bands(), Waveform(WaveformSettings(RATE)), info)
    widths = []

    def judge(unsteered, steered, activation):
        widths.append((unsteered.shape, steered.shape))
        return collapsed(unsteered, steered, activation)

    monkeypatch.setattr(plans, "collapsed", judge)
    plan = Plan("concept", EACH, ["violin"], {"hidden": np.ones((1, 5))})
    answers = Answers({"low": 1, "mid": 2, "high": 3})
    sweep_table(bundle, tones, np.arange(4), plan, [0.1], answers)
    assert set(widths) == {((4, 5), (4, 5))}


def test_the_view_of_the_vectors_is_the_view_that_is_steered(bundle, tones, monkeypatch):
    seen = []

    def sweep(bundle, layers, inputs, directions, strengths, activation):
        seen.append(layers)
        return torch.full((1, len(strengths), len(inputs), 3), 1 / 3)

    monkeypatch.setattr(plans, "sweep", sweep)
    plan = Plan("concept", EACH, ["violin"], {"layer1": np.ones((1, 8))})
    for view in (None, "channels"):
        sweep_table(bundle, tones, np.arange(3), plan, [0.1], Answers(view=view))
    assert seen[0] == bundle.network.layers
    assert seen[1] == seen[0] and seen[2] == seen[3]
    assert seen[2]["layer2"] == Layer("blocks.1", "channels")


def test_outputs_that_are_not_there_are_refused(bundle, tones, plan):
    answers = Answers({"low": "low", "mid": "mid", "high": 9})
    with pytest.raises(InputError, match=r"outputs\.high: no output 9"):
        sweep_table(bundle, tones, np.arange(3), plan, [0.1], answers)


def test_clips_of_a_class_that_the_network_does_not_name_are_steered(bundle, tones, plan):
    positions = np.arange(len(tones))
    other = Bundle(bundle.network, bundle.front_end, {"classes": ["low", "middle", "high"]})
    table = sweep_table(other, tones, positions, plan, [0.5], Answers())
    known = sweep_table(bundle, tones, positions, plan, [0.5], Answers())
    assert list(table["class"].unique()) == ["low", "middle", "high"]
    assert set(table["label"]) == set(TONES)
    np.testing.assert_array_equal(table["probability"], known["probability"])


def test_plans_are_run_one_after_the_other(bundle, tones, plan):
    other = Plan("concept", EACH, ["violin", "piano"], plan.directions)
    table = run_plan([plan, other], bundle, tones, np.arange(4), [0.3])
    assert len(table) == 2 * 2 * 2 * 4 * 3 and list(table.index) == list(range(len(table)))
    assert table.groupby("vectors", observed=True)["layer"].unique().map(list).to_dict() == {
        "random": [4],
        "concept": [EACH],
    }
