"""VGGish against torchvggish on shared weights; what its layers give."""

import copy

import pytest
import torch
from torch import nn
from torchvggish.torchvggish import VGG, make_layers

from tonotopy.networks.layers import Layer
from tonotopy.networks.tracing import read
from tonotopy.networks.vggish import VGGish

SIZES = {"widths": (4, 4, 8, 8, 8, 8), "hidden": 12, "embedding": 6}


def tiny(**changes) -> VGGish:
    torch.manual_seed(0)
    return VGGish(**{**SIZES, "mels": 16, "frames": 32, **changes}).eval()


@torch.no_grad()
def test_embeddings_equal_torchvggish_on_shared_weights():
    torch.manual_seed(0)
    ours = VGGish().eval()
    with torch.device("meta"):
        theirs = VGG(make_layers(), postprocess=False).eval()
    theirs.load_state_dict(ours.state_dict(), strict=True, assign=True)
    patches = torch.randn(2, 2, 96, 64)
    expected = torch.stack([theirs(clip[:, None]).mean(dim=0) for clip in patches])
    assert expected.std() > 1e-3  # not vacuous
    torch.testing.assert_close(ours(patches), expected, rtol=1e-4, atol=1e-4)
    assert sum(p.numel() for p in ours.parameters()) == 72_141_184


def test_layers_have_the_published_sizes():
    with torch.device("meta"):
        network = VGGish()
    vectors, _ = read(network, network.layers, torch.empty(1, 1, 96, 64, device="meta"))
    assert {name: vector.shape[1] for name, vector in vectors.items()} == {
        "conv1": 64 * 96 * 64,
        "conv2": 128 * 48 * 32,
        "conv3": 256 * 24 * 16,
        "conv4": 256 * 24 * 16,
        "conv5": 512 * 12 * 8,
        "conv6": 512 * 12 * 8,
        "fc1": 4096,
    }
    assert {layer.path for layer in network.layers.values()} == {
        *(f"features.{i}" for i in (1, 4, 7, 9, 12, 14)),
        "embeddings.1",
    }


@torch.no_grad()
def test_captured_layers_equal_those_of_a_twin_without_in_place_operations():
    network, patches = tiny(), torch.randn(2, 3, 32, 16)
    twin = copy.deepcopy(network)
    for module in twin.modules():
        if isinstance(module, nn.ReLU):
            module.inplace = False
    names = [n for n, m in network.named_modules() if n and not list(m.children())]
    layers = {name: Layer(name) for name in names}
    seen, expected = read(network, layers, patches)[0], read(twin, layers, patches)[0]
    assert list(seen) == names and (seen["features.0"] < 0).any()
    for name in names:
        torch.testing.assert_close(seen[name], expected[name], rtol=0, atol=0)


@torch.no_grad()
def test_a_clip_s_vector_is_the_concatenation_of_its_chunks_vectors():
    network, patches = tiny(), torch.randn(3, 2, 32, 16)
    seen, _ = read(network, network.layers, patches)
    alone = [
        [read(network, network.layers, chunk[None, None])[0] for chunk in clip] for clip in patches
    ]
    for name, vectors in seen.items():
        expected = [torch.cat([chunk[name][0] for chunk in clip]) for clip in alone]
        torch.testing.assert_close(vectors, torch.stack(expected), rtol=1e-4, atol=1e-5)


@torch.no_grad()
def test_a_head_turns_mean_embeddings_into_logits():
    plain, network = tiny(), tiny(classes=5)
    network.load_state_dict({**network.state_dict(), **plain.state_dict()})
    patches = torch.randn(2, 3, 32, 16)
    torch.testing.assert_close(network(patches), network.classifier(plain(patches)))
    assert network(patches).shape == (2, 5)


def test_sizes_that_do_not_fit_are_refused():
    with pytest.raises(ValueError, match="6 convolutions"):
        tiny(widths=(4, 4))
    with pytest.raises(ValueError, match="smaller than 16 x 16"):
        tiny(mels=15)
    for shape in ((2, 32, 16), (2, 1, 32, 20)):
        with pytest.raises(ValueError, match="clips, chunks, 32, 16"):
            tiny()(torch.zeros(shape))
