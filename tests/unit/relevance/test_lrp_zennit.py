"""Chains against zennit in float64, rule by rule; zennit's engine on networks that are no chain."""

import copy

import pytest
import torch
from relevance_loops import SIZE, small_clips, small_network
from torch import nn
from zennit.canonizers import SequentialMergeBatchNorm

from tonotopy.errors import InputError
from tonotopy.networks.layers import Layer
from tonotopy.relevance.attribution import component_heatmaps
from tonotopy.relevance.composites import PRESETS, Rule, parse
from tonotopy.relevance.lrp import LRP
from tonotopy.relevance.zennit_engine import Zennit, hook

TARGETS = torch.tensor([2, 0, 4])
READS = {"conv1": "1", "conv2": "4", "conv3": "7"}
RULES = {
    "flat": "flat",
    "w2": "w2",
    "zero": "zero",
    "gamma": {"gamma": 0.6},
    "epsilon": {"epsilon": 0.02},
}


def both(declared, chain=None, clips=None, reads=READS):
    chain, clips = chain or small_network(), small_clips() if clips is None else clips
    ours = LRP(chain, parse(declared)).explain(clips)
    theirs = Zennit(chain, parse(declared), reads).explain(
        clips[:, None] if clips.ndim == 3 else clips
    )
    return ours, theirs


def check(actual, expected):
    scale = float(expected.abs().max())
    torch.testing.assert_close(actual, expected, rtol=1e-6, atol=1e-6 * scale)
    assert scale > 0


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("layer", ["conv1", "conv2", "dense1", "dense2"])
def test_every_rule_at_every_kind_of_layer(layer, rule):
    declared = {"conv": {"gamma": 0.3}, "dense": {"epsilon": 1e-3}, layer: RULES[rule]}
    ours, theirs = both(declared)
    check(ours.heatmap(TARGETS), theirs.heatmap(TARGETS)[:, 0])


@pytest.mark.parametrize("preset", ["tones", "music"])
def test_both_presets_on_five_blocks(preset):
    torch.manual_seed(1)
    modules, inputs = [], 1
    for filters in (3, 4, 4, 6, 6):
        modules += [nn.Conv2d(inputs, filters, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2)]
        inputs = filters
    head = [nn.Flatten(), nn.Linear(6 * 2 * 3, 8), nn.ReLU(), nn.Linear(8, 5)]
    chain = nn.Sequential(*modules, *head).double().eval()
    clips = torch.randn(3, 64, 96, dtype=torch.float64)
    reads = {f"conv{n + 1}": str(3 * n + 1) for n in range(5)}
    ours, theirs = both(PRESETS[preset], chain, clips, reads)
    torch.testing.assert_close(ours.logits, theirs.logits)
    check(ours.heatmap(TARGETS), theirs.heatmap(TARGETS)[:, 0])
    found, expected = ours.contexts(TARGETS), theirs.contexts(TARGETS)
    torch.testing.assert_close(found.evidence, expected.evidence)
    for layer in reads:
        check(found.relevance[layer], expected.relevance[layer])
        check(found.context[layer], expected.context[layer])
        torch.testing.assert_close(found.activation[layer], expected.activation[layer])
        torch.testing.assert_close(theirs.activation(layer), expected.activation[layer])


@pytest.mark.parametrize("rule", ["flat", "gamma", "epsilon", "w2"])
def test_strides_dilations_groups_and_overlapping_pools(rule):
    """Sizes that a transposed convolution alone does not bring back, and odd ones."""
    torch.manual_seed(2)
    chain = (
        nn.Sequential(
            nn.Conv2d(2, 4, (3, 5), stride=(2, 3), padding=(1, 2)),
            nn.ReLU(),
            nn.MaxPool2d(3, stride=2, padding=1, ceil_mode=True),
            nn.Conv2d(4, 6, 3, padding=2, dilation=2, groups=2),
            nn.ReLU(),
            nn.MaxPool2d((2, 1)),
            nn.Flatten(),
            nn.LazyLinear(5),
        )
        .double()
        .eval()
    )
    clips = torch.randn(3, 2, 20, 29, dtype=torch.float64)
    chain(clips)
    ours, theirs = both({"conv": RULES[rule], "dense": "zero"}, chain, clips, {"conv1": "1"})
    check(ours.heatmap(TARGETS), theirs.heatmap(TARGETS))


@pytest.mark.parametrize("stride", [1, 2])
def test_a_single_channel_goes_by_products_and_shifts(stride):
    torch.manual_seed(3)
    chain = (
        nn.Sequential(
            nn.Conv2d(1, 4, (3, 5), stride=stride, padding=(2, 1), dilation=(1, 2)),
            nn.ReLU(),
            nn.Flatten(),
            nn.LazyLinear(5),
        )
        .double()
        .eval()
    )
    clips = torch.randn(3, 11, 14, dtype=torch.float64)
    chain(clips[:, None])
    for rule in ("w2", "gamma"):
        ours, theirs = both({"conv": RULES[rule], "dense": "zero"}, chain, clips, {"conv1": "1"})
        check(ours.heatmap(TARGETS), theirs.heatmap(TARGETS)[:, 0])


def test_layers_without_a_relu_between_them():
    """Outputs of both signs have relevance then, at a layer that is read as it is."""
    torch.manual_seed(4)
    chain = nn.Sequential(
        nn.Conv2d(1, 3, 3), nn.Conv2d(3, 4, 3), nn.ReLU(), nn.Flatten(), nn.LazyLinear(5)
    ).double()
    clips = torch.randn(3, 9, 10, dtype=torch.float64)
    chain(clips[:, None])
    declared = {"conv": {"gamma": 0.4}, "dense": "zero"}
    ours, theirs = both(declared, chain, clips, {"conv1": "0", "conv2": "2"})
    assert (ours.activation("conv1") < 0).any() and (ours.activation("conv2") >= 0).all()
    check(ours.heatmap(TARGETS), theirs.heatmap(TARGETS)[:, 0])
    found, expected = ours.contexts(TARGETS), theirs.contexts(TARGETS)
    check(found.context["conv1"], expected.context["conv1"])
    with pytest.raises(InputError, match="layer 'conv1': the layer above has no mod"):
        ours.contexts(TARGETS, convention="reference")


def test_maps_descend_alike_in_both_engines():
    ours, theirs = both(PRESETS["tones"])
    maps = torch.randn(3, 4, *ours.activation("conv3").shape[1:], dtype=torch.float64)
    maps[:, 2] = 0
    check(ours.descend("conv3", maps), theirs.descend("conv3", maps)[:, :, 0])
    basis = torch.linalg.qr(torch.randn(6, 6, dtype=torch.float64))[0]
    found = [component_heatmaps(e, "conv3", TARGETS, basis, 3) for e in (ours, theirs)]
    check(found[0], found[1][:, :, 0])


class Averaging(nn.Module):
    """No chain: a forward of its own, with batch normalisation and an average."""

    def __init__(self):
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(1, 6, 3, padding=1), nn.BatchNorm2d(6), nn.ReLU())
        self.block = nn.Sequential(nn.Conv2d(6, 6, 3, padding=1), nn.ReLU(inplace=True))
        self.mean, self.head = nn.AdaptiveAvgPool2d(1), nn.Linear(6, 5)

    def forward(self, clips):
        hidden = self.block(self.stem(clips[:, None]))
        return self.head(self.mean(hidden).flatten(1))


@pytest.fixture
def averaging():
    torch.manual_seed(0)
    network = Averaging().double()
    for _ in range(3):
        network(torch.randn(8, *SIZE, dtype=torch.float64))
    return network.eval()


COMPOSITE = {"conv1": "w2", "block.0": {"gamma": 0.3}, "dense": {"epsilon": 1e-6}}


def test_a_network_that_is_no_chain_is_explained(averaging):
    reads = {"stem": "stem.2", "block": Layer("block.1", "channels")}
    engine = Zennit(averaging, parse(COMPOSITE), reads, [SequentialMergeBatchNorm()])
    assert engine.layers == ("stem", "block")
    batch = engine.explain(small_clips())
    found = batch.contexts(TARGETS)
    expected = averaging(small_clips()).detach()  # zennit merges batch normalisation to 5e-6
    torch.testing.assert_close(batch.logits, expected, rtol=1e-4, atol=1e-5)
    assert found.context["block"].shape == (3, 6, *SIZE)
    torch.testing.assert_close(
        found.context["block"] * found.activation["block"], found.relevance["block"]
    )
    basis = torch.linalg.qr(torch.randn(6, 6, dtype=torch.float64))[0]
    heatmaps = component_heatmaps(batch, "stem", TARGETS, basis, 2)
    assert heatmaps.shape == (3, 2, *SIZE)
    torch.testing.assert_close(heatmaps.sum(dim=1), batch.heatmap(TARGETS))


def test_the_engine_leaves_no_hooks_behind(averaging):
    state = copy.deepcopy(averaging.state_dict())

    def gradient():
        clips = small_clips().requires_grad_()
        return torch.autograd.grad(averaging(clips).sum(), clips)[0]

    before = gradient()
    batch = Zennit(averaging, parse(COMPOSITE), {"stem": "stem.2"}).explain(small_clips())
    batch.heatmap(1)
    with pytest.raises(InputError, match="must have shape"):
        batch.descend("stem", torch.zeros(3, 6, *SIZE))
    assert torch.equal(gradient(), before)
    assert not any(m._forward_hooks or m._forward_pre_hooks for m in averaging.modules())
    for name, value in averaging.state_dict().items():
        assert torch.equal(value, state[name])


def test_refusals(averaging):
    with pytest.raises(InputError, match="Averaging has no layer 'stem.9'"):
        Zennit(averaging, parse(COMPOSITE), {"stem": "stem.9"})
    with pytest.raises(InputError, match=r"no layer 'conv3' \(did you mean"):
        Zennit(averaging, parse({**COMPOSITE, "conv3": "flat"}), {})
    with pytest.raises(InputError, match="no rule for layer 'head'"):
        Zennit(averaging, parse({"conv": "flat"}), {})
    batch = Zennit(averaging, parse(COMPOSITE), {"stem": "stem.2"}).explain(small_clips())
    with pytest.raises(InputError, match=r"no layer 'sten' \(did you mean 'stem'"):
        batch.contexts(0, ["sten"])
    with pytest.raises(InputError, match="'reference' needs a chain of layers"):
        batch.contexts(0, convention="reference")
    with pytest.raises(InputError, match="classes go from 0 to 4"):
        batch.heatmap(5)


def test_squared_biases_are_no_shares():
    """zennit's w2 counts them unless told otherwise; the equation B.1 sums over inputs alone."""
    layer = nn.Linear(2, 1).double()
    with torch.no_grad():
        layer.weight.copy_(torch.tensor([[1.0, 3.0]]))
        layer.bias.fill_(5)
    handles = hook(Rule("w2")).register(layer)
    clip = torch.ones(1, 2, dtype=torch.float64, requires_grad=True)
    (relevance,) = torch.autograd.grad(layer(clip), clip, torch.ones(1, 1, dtype=torch.float64))
    handles.remove()
    torch.testing.assert_close(relevance, torch.tensor([[0.1, 0.9]], dtype=torch.float64))
