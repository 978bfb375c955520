import pytest
import torch
from torch import nn

from tonotopy.activations import capture, class_token_means, edit
from tonotopy.errors import InputError
from tonotopy.networks.ast import AST


def hooks(network) -> int:
    return sum(len(m._forward_hooks) for m in network.modules())


def test_captured_activations_are_copies_that_in_place_operations_cannot_change():
    network = nn.Sequential(nn.Linear(3, 4), nn.ReLU(inplace=True))
    x = torch.randn(5, 3)
    with capture(network, ["0"]) as seen:
        network(x)
    torch.testing.assert_close(seen["0"], network[0](x))
    assert (seen["0"] < 0).any()


def test_edits_replace_outputs_inside_the_block_alone():
    network, x = nn.Sequential(nn.Linear(3, 4), nn.ReLU()), torch.randn(2, 3)
    plain = network(x)
    with edit(network, {"0": lambda h: h + 1, "1": lambda h: 2 * h}):
        steered = network(x)
    torch.testing.assert_close(steered, 2 * torch.relu(network[0](x) + 1))
    torch.testing.assert_close(network(x), plain)


def test_hooks_are_removed_after_an_error_too():
    network = nn.Sequential(nn.Linear(3, 4))
    with pytest.raises(RuntimeError), capture(network, ["0"]), edit(network, {"0": torch.relu}):
        network(torch.zeros(1, 99))
    assert hooks(network) == 0


def test_a_wrong_layer_lists_the_nearest_and_leaves_no_hook():
    network = AST(2, mels=16, frames=16, width=8, depth=2, heads=2)
    with (
        pytest.raises(InputError, match=r"no layer 'blocks.7'.*blocks\.[01]"),
        capture(network, ["blocks.0", "blocks.7"]),
    ):
        pass
    assert hooks(network) == 0


@torch.no_grad()
def test_class_tokens_are_averaged_after_every_block():
    network = AST(2, mels=16, frames=32, width=8, depth=3, heads=2).eval()
    x = torch.randn(4, 16, 32)
    tokens, expected = network.embed(x), []
    for block in network.blocks:
        tokens = block(tokens)
        expected.append((tokens[:, 0] + tokens[:, 1]) / 2)
    torch.testing.assert_close(class_token_means(network, x), torch.stack(expected, dim=1))
