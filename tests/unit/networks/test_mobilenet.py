"""MobileNetV3 against torchvision's on shared weights, and EfficientAT's published sizes."""

import math

import pytest
import torch
import torchvision
from torch import nn

from tonotopy.networks.layers import Layer
from tonotopy.networks.mobilenet import MobileNetV3, round_channels
from tonotopy.networks.tracing import read


def randomised(network: nn.Module) -> nn.Module:
    """Give batch normalisation statistics that matter."""
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.running_mean.normal_(0, 0.1)
            module.running_var.uniform_(0.5, 2)
            nn.init.uniform_(module.weight, 0.5, 1.5)
            nn.init.normal_(module.bias, 0, 0.1)
    return network.eval()


def reference(ours: MobileNetV3) -> nn.Module:
    """torchvision's MobileNetV3-Large with our weights, and EfficientAT's sigmoid gates."""
    theirs = torchvision.models.mobilenet_v3_large(num_classes=7).eval()
    weights = {}
    for name, value in ours.state_dict().items():
        if ".conc_se_layers.0." in name:
            name = name.replace(".conc_se_layers.0.", ".")
            value = value[..., None, None] if value.ndim == 2 else value
        name = name.replace("classifier.2.", "classifier.0.")
        name = name.replace("classifier.5.", "classifier.3.")
        if name == "features.0.0.weight":  # colours; ours is the first
            value = torch.cat([value, torch.zeros(len(value), 2, 3, 3)], dim=1)
        weights[name] = value
    theirs.load_state_dict(weights, strict=True)
    for module in theirs.modules():
        if isinstance(module, torchvision.ops.SqueezeExcitation):
            module.scale_activation = nn.Sigmoid()
    return theirs


@torch.no_grad()
def test_logits_equal_torchvision_on_shared_weights():
    torch.manual_seed(0)
    ours = randomised(MobileNetV3(classes=7, width_mult=1.0))
    nn.init.normal_(ours.classifier[5].weight)
    spectrograms = torch.randn(2, 64, 100)
    expected = reference(ours)(spectrograms[:, None].expand(-1, 3, -1, -1))
    assert expected.std() > 0.05  # not vacuous
    torch.testing.assert_close(ours(spectrograms), expected, rtol=1e-4, atol=1e-4)


def test_mn40_has_the_published_parameters_and_shapes():
    with torch.device("meta"):
        network = MobileNetV3(classes=527).eval()
    assert round(sum(p.numel() for p in network.parameters()) / 1e6, 3) == 68.427
    layers = [f"features.{i}" for i in range(17)] + ["classifier.1", "classifier.2"]
    named = {path: Layer(path) for path in layers}
    vectors, logits = read(network, named, torch.empty(1, 128, 1000, device="meta"))
    assert logits.shape == (1, 527)
    sizes = [(64, 64, 500)] * 2 + [(96, 32, 250)] * 2 + [(160, 16, 125)] * 3
    sizes += [(320, 8, 63)] * 4 + [(448, 8, 63)] * 2 + [(640, 4, 32)] * 3 + [(3840, 4, 32)]
    expected = [math.prod(size) for size in [*sizes, (3840,), (5120,)]]
    assert [vector.shape[1] for vector in vectors.values()] == expected
    maps = {path: Layer(path, "channels") for path in layers}
    vectors, _ = read(network, maps, torch.empty(1, 128, 1000, device="meta"))
    channels = [size[0] for size in sizes] + [3840, 5120]
    assert [vector.shape[1] for vector in vectors.values()] == channels


def test_excited_blocks_are_where_efficientat_has_them():
    with torch.device("meta"):
        network = MobileNetV3(classes=1)
    names = [name for name in network.state_dict() if "conc_se_layers.0.fc1.weight" in name]
    assert [int(name.split(".")[1]) for name in names] == [4, 5, 6, 11, 12, 13, 14, 15]


def test_layers_are_those_of_the_study():
    with torch.device("meta"):
        network = MobileNetV3(classes=1, width_mult=0.25)
    assert {name: layer.path for name, layer in network.layers.items()} == {
        "conv1": "features.1",
        "conv2": "features.4",
        "conv3": "features.7",
        "conv4": "features.10",
        "conv5": "features.13",
        "conv6": "features.16",
        "fc1": "classifier.1",
    }


def test_channels_are_rounded_to_eights_without_losing_a_tenth():
    found = [round_channels(c) for c in (1, 11, 12, 16 * 0.1, 18, 19, 36, 64)]
    assert found == [8, 16, 16, 8, 24, 24, 40, 64]


@torch.no_grad()
def test_any_size_is_taken_and_a_wrong_shape_refused():
    network = MobileNetV3(classes=3, width_mult=0.1).eval()
    for frames in (1, 37):
        assert network(torch.zeros(2, 40, frames)).shape == (2, 3)
    with pytest.raises(ValueError, match="clips, mels, frames"):
        network(torch.zeros(2, 1, 40, 40))
    with pytest.raises(ValueError, match="width_mult must be positive"):
        MobileNetV3(classes=3, width_mult=0)
