"""LRP of chains: equations followed neuron by neuron, conservation, contexts, refusals."""

import copy

import numpy as np
import pytest
import torch
from relevance_loops import (
    CLASSES,
    SIZE,
    literal_lrp,
    literal_rules,
    small_clips,
    small_network,
)
from torch import nn

from tonotopy.errors import InputError
from tonotopy.relevance.composites import PRESETS, parse
from tonotopy.relevance.lrp import LRP, Ledger, evidence, ratio

TARGETS = torch.tensor([1, 4, 0])
CONVS = ("conv1", "conv2", "conv3")
COMPOSITES = {
    "tones": PRESETS["tones"],
    "music": {
        "conv1": "w2",
        "conv2": {"gamma": 0.4},
        "conv3": {"gamma": 0.2},
        "dense": {"epsilon": 1e-7},
    },
    "signed gamma": {"conv": {"gamma": 0.5}, "dense1": {"epsilon": 0.3}, "dense2": {"gamma": 0.7}},
    "zero": {"conv": "zero", "dense": "zero"},
    "dead relevance": {
        "conv1": {"gamma": 0.3},
        "conv2": "flat",
        "conv3": "w2",
        "dense1": "flat",
        "dense2": {"epsilon": 0.05},
    },
}


def explained(declared, clips=3, **network):
    chain = small_network(**network)
    return chain, LRP(chain, parse(declared)).explain(small_clips(clips))


def logits_alone(logits, target):
    start = np.zeros(CLASSES)
    start[target] = logits[target]
    return start


@pytest.mark.parametrize("declared", COMPOSITES.values(), ids=COMPOSITES)
def test_heatmaps_relevance_and_ledger_follow_the_equations(declared):
    chain, batch = explained(declared)
    ledger = Ledger()
    heatmaps, found = batch.heatmap(TARGETS, ledger), batch.contexts(TARGETS)
    assert (batch.logits.gather(1, TARGETS[:, None]) < 0).any()  # both signs are explained
    for clip, target in enumerate(TARGETS):
        start = logits_alone(batch.logits[clip].numpy(), target)
        expected, shares = literal_lrp(
            chain, small_clips()[clip : clip + 1], start, literal_rules(declared)
        )
        scale = np.abs(expected["input"]).max()
        np.testing.assert_allclose(
            heatmaps[clip].numpy(), expected["input"][0], rtol=1e-6, atol=1e-8 * scale
        )
        for layer in CONVS:
            np.testing.assert_allclose(
                found.relevance[layer][clip].numpy(), expected[layer], rtol=1e-6, atol=1e-10
            )
        for layer, share in shares.items():
            assert float(ledger.biases[layer][clip, 0]) == pytest.approx(share, rel=1e-6, abs=1e-9)


@pytest.mark.parametrize("layer", CONVS)
@pytest.mark.parametrize("name", ["tones", "signed gamma", "dead relevance"])
def test_maps_descend_as_the_equations_say(layer, name):
    """Any maps, those that lie on silent neurons included."""
    chain, batch = explained(COMPOSITES[name], clips=2)
    activation = batch.activation(layer)
    maps = torch.from_numpy(np.random.default_rng(1).normal(size=(2, 3, *activation.shape[1:])))
    assert (maps * (activation == 0)[:, None]).any()
    heatmaps = batch.descend(layer, maps)
    assert heatmaps.shape == (2, 3, *SIZE)
    for clip, k in ((0, 0), (1, 2)):
        expected, _ = literal_lrp(
            chain,
            small_clips(2)[clip : clip + 1],
            maps[clip, k].numpy(),
            literal_rules(COMPOSITES[name]),
            begin=layer,
        )
        scale = np.abs(expected["input"]).max()
        np.testing.assert_allclose(
            heatmaps[clip, k].numpy(), expected["input"][0], rtol=1e-6, atol=1e-8 * scale
        )


def test_relevance_that_a_layer_below_gives_to_silent_neurons_goes_on():
    """Maps have none there, but conv2 is flat: conv1's gamma meets outputs of both signs."""
    chain, batch = explained(COMPOSITES["dead relevance"], clips=1)
    maps = batch.activation("conv2")[:, None] * 3
    expected, _ = literal_lrp(
        chain,
        small_clips(1),
        maps[0, 0].numpy(),
        literal_rules(COMPOSITES["dead relevance"]),
        begin="conv2",
    )
    found = batch.descend("conv2", maps)[0, 0].numpy()
    np.testing.assert_allclose(found, expected["input"][0], rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize("declared", COMPOSITES.values(), ids=COMPOSITES)
def test_one_forward_equals_a_pass_for_each_map(declared):
    chain, batch = explained(declared, clips=2)
    maps = torch.randn(2, 4, *batch.activation("conv2").shape[1:], dtype=torch.float64)
    separate = [
        LRP(chain, parse(declared)).explain(small_clips(2)).descend("conv2", maps[:, k : k + 1])
        for k in range(4)
    ]
    torch.testing.assert_close(batch.descend("conv2", maps), torch.cat(separate, dim=1))


@pytest.mark.parametrize("name", ["tones", "music", "zero"])
def test_without_biases_relevance_is_conserved_in_float32(name):
    chain = small_network(bias=False).float()
    batch = LRP(chain, parse(COMPOSITES[name])).explain(small_clips().float())
    found, heatmaps = batch.contexts(TARGETS), batch.heatmap(TARGETS)
    for relevance in (*found.relevance.values(), heatmaps):
        lost = (relevance.flatten(1).sum(dim=1) - found.evidence).abs() / found.evidence.abs()
        assert (lost < 1e-5).all()


@pytest.mark.parametrize("declared", COMPOSITES.values(), ids=COMPOSITES)
def test_the_ledger_accounts_for_all_that_does_not_reach_the_input(declared):
    _, batch = explained(declared)
    ledger = Ledger()
    reached = batch.heatmap(TARGETS, ledger).flatten(1).sum(dim=1)
    start = batch.contexts(TARGETS).evidence
    assert list(ledger.biases) == ["dense2", "dense1", "conv3", "conv2", "conv1"]
    assert not torch.allclose(reached, start, rtol=1e-3)  # biases do take a share
    torch.testing.assert_close(reached + ledger.total()[:, 0], start, rtol=1e-9, atol=1e-10)


def test_the_ledger_of_a_descent_has_a_column_for_each_map():
    _, batch = explained(COMPOSITES["music"], clips=2)
    ledger = Ledger()
    maps = torch.randn(2, 3, 4, 8, 12, dtype=torch.float64) * batch.activation("conv2")[:, None]
    reached = batch.descend("conv2", maps, ledger).flatten(2).sum(dim=2)
    assert list(ledger.stabilisers) == ["conv2", "conv1"] and ledger.total().shape == (2, 3)
    torch.testing.assert_close(reached + ledger.total(), maps.flatten(2).sum(dim=2))


def test_the_ledger_of_contexts_ends_at_the_lowest_layer():
    _, batch = explained(COMPOSITES["music"])
    ledger = Ledger()
    found = batch.contexts(TARGETS, ["conv3"], ledger=ledger)
    assert list(ledger.biases) == ["dense2", "dense1"] and list(found.context) == ["conv3"]
    total = found.relevance["conv3"].flatten(1).sum(dim=1) + ledger.total()[:, 0]
    torch.testing.assert_close(total, found.evidence)


def test_an_epsilon_takes_its_own_share():
    """One neuron of 2 x 0.5 - 0.2, epsilon 0.1: 1.0 goes to the input, -0.2 to the bias."""
    chain = nn.Sequential(nn.Flatten(), nn.Linear(1, 1)).double()
    with torch.no_grad():
        chain[1].weight.fill_(2)
        chain[1].bias.fill_(-0.2)
    ledger, clip = Ledger(), torch.full((1, 1, 1), 0.5, dtype=torch.float64)
    batch = LRP(chain, parse({"dense": {"epsilon": 0.1}})).explain(clip)
    assert float(batch.heatmap(0, ledger)) == pytest.approx(1.0 / 0.9 * 0.8)
    assert float(ledger.biases["dense1"]) == pytest.approx(-0.2 / 0.9 * 0.8)
    assert float(ledger.stabilisers["dense1"]) == pytest.approx(0.1 / 0.9 * 0.8)


@pytest.mark.parametrize(
    ("rule", "expected"),
    [({"epsilon": 0.1}, [10, -10]), ("zero", [0, 0]), ({"gamma": 0.5}, [0, 0])],
)
def test_an_output_of_exactly_0(rule, expected):
    """Epsilon counts as positive there; where nothing can be shared, the ledger has it."""
    chain = nn.Sequential(nn.Flatten(), nn.Linear(2, 1, bias=False)).double()
    with torch.no_grad():
        chain[1].weight.copy_(torch.tensor([[1.0, -1.0]]))
    batch = LRP(chain, parse({"dense": rule})).explain(torch.ones(1, 1, 2, dtype=torch.float64))
    ledger = Ledger()
    relevance = batch.descend("dense1", torch.ones(1, 1, 1, dtype=torch.float64), ledger)
    assert relevance.flatten().tolist() == pytest.approx(expected)
    assert float(ledger.total()) == pytest.approx(1)


def test_a_silent_clip_has_no_relevance_and_nothing_is_undefined():
    chain = small_network(bias=False).float()
    for declared in COMPOSITES.values():
        batch = LRP(chain, parse(declared)).explain(torch.zeros(2, *SIZE))
        found, ledger = batch.contexts(3), Ledger()
        for heatmap in (batch.heatmap(3, ledger), *found.context.values()):
            assert (heatmap == 0).all()
        assert (ledger.total() == 0).all()


def test_contexts_are_relevance_over_activation():
    _, batch = explained(COMPOSITES["music"])
    found = batch.contexts(TARGETS)
    chosen = batch.logits.gather(1, TARGETS[:, None])[:, 0]
    torch.testing.assert_close(found.evidence, chosen)
    assert set(found.relevance) == set(found.context) == set(found.activation) == set(CONVS)
    for layer in CONVS:
        activation = batch.activation(layer)
        assert torch.equal(activation, found.activation[layer]) and (activation >= 0).all()
        torch.testing.assert_close(found.context[layer] * activation, found.relevance[layer])
        assert (found.context[layer][activation == 0] == 0).all()
    assert ratio(torch.tensor([2.0, 3.0, 0.0]), torch.tensor([4.0, 0.0, 0.0])).tolist() == [
        0.5,
        0,
        0,
    ]


@pytest.mark.parametrize("name", ["music", "signed gamma"])
def test_the_modified_gradient_differs_where_neurons_are_silent_alone(name):
    """It is what each neuron would pass on per unit of activation, if it were not silent."""
    _, batch = explained(COMPOSITES[name])
    layers = (*CONVS, "dense1")
    plain = batch.contexts(TARGETS, layers)
    modified = batch.contexts(TARGETS, layers, convention="reference")
    for layer in layers:
        active = batch.activation(layer) > 0
        torch.testing.assert_close(modified.context[layer][active], plain.context[layer][active])
        assert torch.equal(modified.relevance[layer], plain.relevance[layer])
        assert (modified.context[layer][~active] != 0).any()


def test_the_modified_gradient_of_a_dense_layer_is_its_equation():
    chain, batch = explained({"conv": "zero", "dense": {"epsilon": 0.2}})
    found = batch.contexts(TARGETS, ["dense1"], "reference")
    weight = chain[-1].weight.detach()
    for clip, target in enumerate(TARGETS):
        z = batch.logits[clip, target]
        expected = weight[target] * z / (z + 0.2 * z.sign())
        torch.testing.assert_close(found.context["dense1"][clip], expected)


def test_layers_are_read_after_their_relu_and_before_pooling():
    chain, batch = explained(COMPOSITES["music"])
    clips, seen = small_clips()[:, None], {}
    for number, module in enumerate(chain):
        clips = seen[number] = module(clips)
    for layer, number in zip(
        ("conv1", "conv2", "conv3", "dense1", "dense2"), (1, 4, 7, 11, 13), strict=True
    ):
        torch.testing.assert_close(batch.activation(layer), seen[number].detach())
    torch.testing.assert_close(batch.logits, seen[13].detach())
    assert LRP(chain, parse("tones")).layers == ("conv1", "conv2", "conv3", "dense1", "dense2")


def test_a_module_with_a_chain_inner_chains_and_training_mode_are_read_alike():
    class Network(nn.Module):
        def __init__(self, chain):
            super().__init__()
            self.chain = chain

    chain, batch = explained(COMPOSITES["music"])
    inner = nn.Sequential(nn.Sequential(*chain[:4]), nn.Identity(), nn.Sequential(*chain[4:]))
    network = Network(inner).train()
    other = LRP(network, parse(COMPOSITES["music"])).explain(small_clips())
    assert torch.equal(other.heatmap(TARGETS), batch.heatmap(TARGETS))
    assert network.training and not other.heatmap(TARGETS).requires_grad


def test_channels_of_the_input_stay_where_they_are():
    chain = small_network(channels=2)
    batch = LRP(chain, parse(COMPOSITES["music"])).explain(small_clips(channels=2))
    assert batch.heatmap(TARGETS).shape == (3, 2, *SIZE)
    maps = torch.zeros(3, 5, *batch.activation("conv2").shape[1:], dtype=torch.float64)
    assert batch.descend("conv2", maps).shape == (3, 5, 2, *SIZE)


def test_explaining_leaves_network_and_maps_as_they_were():
    chain, batch = explained(COMPOSITES["signed gamma"])
    before = copy.deepcopy(chain.state_dict())
    maps = torch.randn(3, 2, 4, 8, 12, dtype=torch.float64)
    kept = maps.clone()
    first = batch.descend("conv2", maps)
    batch.heatmap(2), batch.contexts(0)
    assert torch.equal(maps, kept) and torch.equal(batch.descend("conv2", maps), first)
    for name, value in chain.state_dict().items():
        assert torch.equal(value, before[name])


@pytest.mark.parametrize(
    ("target", "message"),
    [
        (CLASSES, r"classes go from 0 to 4"),
        (-1, r"classes go from 0 to 4"),
        (torch.tensor([0, 1]), r"one per clip, 3 whole numbers, not shape \(2,\)"),
        (torch.tensor([0.0, 1, 2]), "float"),
    ],
)
def test_targets_that_there_are_not(target, message):
    with pytest.raises(InputError, match=message):
        evidence(torch.zeros(3, CLASSES), target)


def test_the_first_and_the_last_class_are_targets():
    logits = torch.arange(15.0).reshape(3, CLASSES)
    assert evidence(logits, CLASSES - 1)[:, -1].tolist() == [4, 9, 14]
    assert evidence(logits, 0).sum(dim=1).tolist() == [0, 5, 10]
    assert evidence(logits, torch.tensor([2, 0, 3])).sum(dim=1).tolist() == [2, 5, 13]


def test_refusals_of_a_pass():
    _, batch = explained(COMPOSITES["music"])
    with pytest.raises(InputError, match=r"no layer 'conv4' \(did you mean"):
        batch.activation("conv4")
    with pytest.raises(InputError, match="no layers are asked for"):
        batch.contexts(0, [])
    with pytest.raises(InputError, match=r"no convention 'ratios' \(did you mean 'ratio'"):
        batch.contexts(0, convention="ratios")
    with pytest.raises(InputError, match=r"relevance of layer 'conv2' must have shape.*\(3, 4, 8"):
        batch.descend("conv2", torch.zeros(3, 4, 8, 12))
    with pytest.raises(InputError, match="relevance of layer 'conv1' must have shape"):
        batch.descend("conv1", torch.zeros(3, 2, 4, 8, 12))
    _, flat = explained(COMPOSITES["dead relevance"])
    with pytest.raises(InputError, match="'conv3': the layer above has no modified"):
        flat.contexts(0, convention="reference")
    with pytest.raises(InputError, match=r"shape \(clips, mels, frames\), or|not \(16, 24\)"):
        LRP(small_network(), parse("tones")).explain(torch.zeros(SIZE))


@pytest.mark.parametrize(
    ("module", "message"),
    [
        (nn.BatchNorm2d(3), "module '1' of Sequential is BatchNorm2d.*engine 'zennit'"),
        (nn.Conv2d(3, 3, 3, padding=1, padding_mode="circular"), "padded with zeros by a number"),
        (nn.Conv2d(3, 3, 3, padding="same"), "padded with zeros by a number"),
    ],
)
def test_chains_with_something_else_are_refused(module, message):
    with pytest.raises(InputError, match=message):
        LRP(nn.Sequential(nn.Conv2d(1, 3, 3), module), parse("tones"))


def test_networks_without_a_chain_and_composites_that_do_not_fit_are_refused():
    with pytest.raises(InputError, match="Linear is no chain of layers"):
        LRP(nn.Linear(2, 2), parse("tones"))
    with pytest.raises(InputError, match="composite: no layer 'conv4'"):
        LRP(small_network(), parse("music"))
    with pytest.raises(InputError, match="no rule for layer 'dense1'"):
        LRP(small_network(), parse({"conv": "flat"}))
