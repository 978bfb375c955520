"""VGGish against torchvggish on shared weights; stages; captured layers."""

import copy

import pytest
import torch
from torch import nn
from torchvggish.torchvggish import VGG, make_layers

from tonotopy.activations import capture
from tonotopy.errors import InputError
from tonotopy.networks.stages import Staged
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


def test_stages_have_the_published_sizes():
    with torch.device("meta"):
        network = VGGish()
    with capture(network, network.layers) as seen:
        network(torch.empty(1, 1, 96, 64, device="meta"))
    assert {stage: tuple(seen[at].shape[1:]) for stage, at in network.stages.items()} == {
        "conv1": (64, 96, 64), "conv2": (128, 48, 32), "conv3": (256, 24, 16),
        "conv4": (256, 24, 16), "conv5": (512, 12, 8), "conv6": (512, 12, 8), "fc1": (4096,),
    }  # fmt: skip


@torch.no_grad()
def test_captured_layers_equal_those_of_a_twin_without_in_place_operations():
    network, patches = tiny(), torch.randn(2, 3, 32, 16)
    twin = copy.deepcopy(network)
    for module in twin.modules():
        if isinstance(module, nn.ReLU):
            module.inplace = False
    names = [n for n, m in network.named_modules() if n and not list(m.children())]
    with capture(network, names) as seen, capture(twin, names) as expected:
        network(patches)
        twin(patches)
    assert set(seen) == set(names) and (seen["features.0"] < 0).any()
    for name in names:
        torch.testing.assert_close(seen[name], expected[name], rtol=0, atol=0)


@torch.no_grad()
def test_a_clip_s_vector_is_the_concatenation_of_its_chunks_vectors():
    network, patches = tiny(), torch.randn(3, 2, 32, 16)
    with capture(network, network.layers) as seen:
        network(patches)
    alone = [[_captured(network, chunk) for chunk in clip] for clip in patches]
    for stage, at in network.stages.items():
        expected = [torch.cat([chunk[at].flatten() for chunk in clip]) for clip in alone]
        found = network.vector(stage, seen[at], clips=3)
        torch.testing.assert_close(found, torch.stack(expected), rtol=1e-4, atol=1e-5)


def _captured(network: VGGish, chunk: torch.Tensor) -> dict[str, torch.Tensor]:
    with capture(network, network.layers) as seen:
        network(chunk[None, None])
    return dict(seen)


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


def test_unknown_stages_and_broken_batches_are_refused():
    network = tiny()
    with pytest.raises(InputError, match="VGGish has no stage 'conv7'.*'conv6'"):
        network.vector("conv7", torch.zeros(2, 3), clips=2)
    with pytest.raises(InputError, match="a batch of 5 is not 2 clips"):
        network.vector("conv1", torch.zeros(5, 3), clips=2)
    with pytest.raises(NotImplementedError, match="declares no stages"):
        Staged().layers  # noqa: B018
