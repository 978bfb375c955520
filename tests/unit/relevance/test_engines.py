"""Which engine explains which network."""

import pytest
import torch
from relevance_loops import SIZE, small_clips, small_network
from torch import nn

from tonotopy.errors import InputError
from tonotopy.networks.layers import Layer
from tonotopy.relevance.composites import parse
from tonotopy.relevance.engines import explainer
from tonotopy.relevance.lrp import LRP
from tonotopy.relevance.zennit_engine import Zennit

COMPOSITE = parse({"conv": {"gamma": 0.2}, "dense": {"epsilon": 1e-6}})


class Network(nn.Module):
    """A chain behind a channel axis."""

    def __init__(self, chain):
        super().__init__()
        self.chain = chain
        self.layers = {"conv2": Layer("chain.4", "channels")}

    def forward(self, clips):
        return self.chain(clips[:, None])


def test_a_chain_has_its_own_engine_and_others_have_zennit():
    chain = Network(small_network()).eval()
    with_norm = Network(nn.Sequential(nn.BatchNorm2d(1), *small_network())).double().eval()
    assert isinstance(explainer(chain, COMPOSITE), LRP)
    assert isinstance(explainer(chain, COMPOSITE, "chain"), LRP)
    assert isinstance(explainer(chain, COMPOSITE, "zennit"), Zennit)
    assert isinstance(explainer(with_norm, COMPOSITE), Zennit)
    with pytest.raises(InputError, match="explain it with the engine 'zennit'"):
        explainer(with_norm, COMPOSITE, "chain")
    with pytest.raises(InputError, match=r"engine: 'zenit' .*did you mean 'zennit'"):
        explainer(chain, COMPOSITE, "zenit")


def test_engines_agree_and_take_the_same_inputs():
    network = Network(small_network()).eval()
    batches = [explainer(network, COMPOSITE, e).explain(small_clips()) for e in ("auto", "zennit")]
    heatmaps = [batch.heatmap(torch.tensor([0, 4, 1])) for batch in batches]
    assert heatmaps[0].shape == (3, *SIZE)
    torch.testing.assert_close(*heatmaps)
    torch.testing.assert_close(
        *(batch.contexts(2, ["conv2"]).context["conv2"] for batch in batches)
    )


def test_zennit_reads_the_networks_own_layers_or_those_it_is_told():
    network = Network(small_network()).eval()
    assert explainer(network, COMPOSITE, "zennit").layers == ("conv2",)
    other = explainer(network, COMPOSITE, "zennit", {"last": "chain.7"})
    assert other.layers == ("last",)
    assert other.explain(small_clips()).activation("last").shape == (3, 6, 4, 6)
    assert explainer(small_network(), COMPOSITE, "zennit").layers == ()


def test_canonizers_reach_zennit():
    told = []

    class Told:
        def apply(self, network):
            told.append(network)
            return []

    network = Network(small_network()).eval()
    explainer(network, COMPOSITE, "zennit", canonizers=[Told()]).explain(small_clips()).heatmap(0)
    assert told == [network]


def test_a_chain_that_reads_the_layers_elsewhere_is_left_to_zennit():
    network = Network(small_network()).eval()
    same = {"conv1": "chain.1", "conv3": Layer("chain.7", "channels")}
    assert isinstance(explainer(network, COMPOSITE, layers=same), LRP)
    assert isinstance(explainer(network, COMPOSITE, layers={}), LRP)
    for other in (
        {"conv1": "chain.1", "conv3": "chain.6"},  # before the ReLU
        {"conv1": "chain.4"},
        {"conv2": Layer("chain.5", "channels")},
        {"second": "chain.4", "conv1": "chain.1"},
    ):
        found = explainer(network, COMPOSITE, layers=other)
        assert isinstance(found, Zennit) and found.layers == tuple(other)
        assert isinstance(explainer(network, COMPOSITE, "chain", other), LRP)
    with pytest.raises(InputError, match="Network has no layer 'chain.77'"):
        explainer(network, COMPOSITE, layers={"conv3": "chain.77"})


def test_a_composite_that_names_modules_is_left_to_zennit():
    network = Network(small_network()).eval()
    by_path = parse({"chain.0": "flat", "conv": {"gamma": 0.2}, "dense": {"epsilon": 1e-6}})
    assert isinstance(explainer(network, by_path), Zennit)
    with pytest.raises(InputError, match="composite: no layer 'chain.0'"):
        explainer(network, by_path, "chain")
    lacking = parse({"conv": {"gamma": 0.2}})
    for engine in ("auto", "chain", "zennit"):
        with pytest.raises(InputError, match="composite has no rule for layer '"):
            explainer(network, lacking, engine)


def test_layers_are_read_at_the_modules_after_their_relu():
    network = Network(small_network()).eval()
    chain, zennit = (explainer(network, COMPOSITE, engine) for engine in ("chain", "zennit"))
    modules = network.chain
    assert chain.module("conv2") is modules[4] is zennit.module("conv2")
    assert chain.module("dense1") is modules[11]
    assert chain.module("dense2") is modules[-1]  # nothing follows it
    with pytest.raises(InputError, match="the chain has no layer 'conv4' .*'conv"):
        chain.module("conv4")
