"""Modules that a pass calls several times: all calls, the first or the last, as the entry says."""

import pytest
import torch
from torch import nn

from tonotopy.errors import InputError
from tonotopy.networks.layers import Layer, describe, parse, with_view
from tonotopy.networks.tracing import read, tensors, trace, writing

X = torch.randn(2, 12, generator=torch.Generator().manual_seed(0))


class PerChunk(nn.Module):
    """Hears a clip in three chunks, one call each."""

    def __init__(self):
        super().__init__()
        torch.manual_seed(0)
        self.stage, self.idle = nn.Linear(4, 5), nn.Linear(1, 1)

    def forward(self, sounds):
        return sum(self.stage(chunk) for chunk in sounds.split(4, dim=1))


class Iterated(nn.Module):
    """Calls a block on its own output."""

    def __init__(self, widths=(6, 6)):
        super().__init__()
        torch.manual_seed(0)
        self.stage = nn.ReLU()
        self.maps = nn.ModuleList([nn.Linear(12, widths[0]), nn.Linear(widths[0], widths[1])])

    def forward(self, sounds):
        for one in self.maps:
            sounds = self.stage(one(sounds))
        return sounds


def by_hand(network) -> list[torch.Tensor]:
    kept = []
    handle = network.stage.register_forward_hook(lambda m, a, output: kept.append(output.detach()))
    network(X)
    handle.remove()
    return kept


@pytest.mark.parametrize("network", [PerChunk(), Iterated()])
def test_calls_are_concatenated_or_one_of_them_is_taken(network):
    expected = by_hand(network)
    for calls, vectors in (
        ("concatenate", torch.stack(expected, dim=1)),
        ("first", expected[0][:, None]),
        ("last", expected[-1][:, None]),
    ):
        layers = {"x": Layer("stage", "tokens", calls=calls)}
        traced, _ = trace(network, layers, X)
        torch.testing.assert_close(traced["x"], vectors)
        means, _ = read(network, layers, X)
        torch.testing.assert_close(means["x"], vectors.mean(dim=1))
        again, _ = read(network, layers, X)  # nothing of the pass before is left
        torch.testing.assert_close(again["x"], means["x"])
    torch.testing.assert_close(tensors(network, layers, X)["x"], expected[0])


@pytest.mark.parametrize("network", [PerChunk(), Iterated()])
def test_without_a_word_several_calls_are_refused_with_the_words(network):
    told = "is called [23] times in a forward pass, expected once.*set 'calls' to concatenate"
    with pytest.raises(InputError, match=told):
        read(network, {"x": Layer("stage")}, X)


def test_none_is_refused_whatever_is_said():
    for calls in ("concatenate", "first", "last"):
        with pytest.raises(InputError, match="is not called in a forward pass, expected at least"):
            read(PerChunk(), {"x": Layer("idle", calls=calls)}, X)


def test_calls_of_other_widths_are_no_positions_of_one_layer():
    network = Iterated((6, 3))
    with pytest.raises(InputError, match=r"2 calls give vectors of different widths \(3, 6\)"):
        read(network, {"x": Layer("stage", calls="concatenate")}, X)
    first, _ = read(network, {"x": Layer("stage", calls="first")}, X)
    assert first["x"].shape == (2, 6)


def test_changes_reach_every_call_or_the_first():
    network = PerChunk()
    calls = by_hand(network)
    with writing(network, {Layer("stage", "tokens", calls="concatenate"): lambda v: 2 * v}):
        torch.testing.assert_close(network(X), 2 * sum(calls))
    with writing(network, {Layer("stage", "tokens", calls="first"): lambda v: 2 * v}):
        torch.testing.assert_close(network(X), 2 * calls[0] + sum(calls[1:]))
    last = {Layer("stage", calls="last"): torch.neg}
    with pytest.raises(InputError, match="'calls: last' can be read and not changed"):  # noqa: SIM117
        with writing(network, last):
            network(X)


def test_the_word_is_parsed_described_and_kept_by_views():
    declared = {"a": {"path": "x", "calls": "last"}, "b": {"path": "x", "calls": "once"}, "c": "x"}
    layers = parse(declared)
    assert [layer.calls for layer in layers.values()] == ["last", "once", "once"]
    assert describe(layers)["a"]["calls"] == "last" and "calls" not in describe(layers)["c"]
    assert parse(describe(layers)) == layers
    assert with_view(layers, "tokens")["a"].calls == "last"
    for wrong in ("lst", 2):
        with pytest.raises(InputError, match=rf"layers\.a\.calls: '{wrong}' is not possible"):
            parse({"a": {"path": "x", "calls": wrong}})
