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
