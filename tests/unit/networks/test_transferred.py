"""Classifiers on the layers of an encoder: their logits, what learns, what is kept on disk."""

import pytest
import torch
from literal_deconvnet import SHORT, WIDTHS, sounds
from small_transfers import CLASSES, SIZES, TAPS, transfer
from threads import one_thread  # noqa: F401 (used by every test)
from torch import nn
from torch.nn.functional import binary_cross_entropy_with_logits

from tonotopy.errors import InputError
from tonotopy.frontends import registry as front_ends
from tonotopy.networks.bundle import load, save
from tonotopy.networks.cnn12 import CNN12
from tonotopy.networks.layers import Layer
from tonotopy.networks.registry import build
from tonotopy.networks.transferred import EPSILON, Standardised, Transferred

WAVEFORMS = {"kind": "waveform", "rate": 8000}
TAGS = {"block2": {"path": "features.1", "read": "channels"}, "whole": {"path": "encoder"}}
ARGUMENTS = {
    "encoder": {
        "architecture": "cnn12",
        "arguments": {"widths": list(WIDTHS), "embedding": 6},
        "classes": 7,
    },
    "taps": TAGS,
    "widths": {"block2": WIDTHS[1], "whole": 6},
    "frozen": True,
}


def told_apart(network):
    """Give every classifier weights, and every standard numbers, of its own."""
    rng = torch.Generator().manual_seed(9)
    for tensor in (*network.heads.parameters(), *network.standards.buffers()):
        tensor.data = 0.5 + torch.rand(tensor.shape, generator=rng)
    return network


def test_logits_are_those_of_each_layers_own_classifier():
    network, waveforms = told_apart(transfer(True)).double().eval(), sounds(2, 30)
    found = network(waveforms)
    assert found.shape == (2, 2, CLASSES)
    maps = network.encoder.maps(waveforms[:, None])
    for clip in range(2):
        means = [sum(row) / len(row) for row in maps[clip].tolist()]
        dense = (network.encoder.dense.weight @ torch.tensor(means).double()).tolist()
        dense = [d + b for d, b in zip(dense, network.encoder.dense.bias.tolist(), strict=True)]
        for number, vector in enumerate((means, dense)):
            standard, head = network.standards[number], network.heads[number]
            rows = zip(vector, standard.mean.tolist(), standard.scale.tolist(), strict=True)
            scaled = [(value - mean) / scale for value, mean, scale in rows]
            for label in range(CLASSES):
                weights = head.weight[label].tolist()
                logit = sum(w * s for w, s in zip(weights, scaled, strict=True))
                expected = logit + head.bias[label].item()
                assert found[clip, number, label].item() == pytest.approx(expected)


def test_vectors_are_averaged_over_positions_layer_by_layer():
    network, waveforms = transfer(False).double().eval(), sounds(3, 30)
    maps, dense = network.vectors(waveforms)
    torch.testing.assert_close(maps, network.encoder.maps(waveforms[:, None]).mean(dim=2))
    torch.testing.assert_close(dense, network.encoder.dense(maps))
    assert maps.requires_grad


def test_classifiers_begin_at_0_and_standards_do_nothing():
    network = transfer(True).eval()
    assert not network(sounds(2, 30).float()).any()
    for name, standard, head in zip(TAPS, network.standards, network.heads, strict=True):
        vectors = torch.randn(3, SIZES[name])
        assert torch.equal(standard(vectors), vectors)
        assert head.weight.shape == (CLASSES, SIZES[name])


def test_standards_are_those_of_the_clips():
    vectors = 3 * torch.randn(11, 4, dtype=torch.float64) + torch.arange(4)
    vectors[:, 2] = 7.0  # never varies
    standard = Standardised(4)
    standard.fit(vectors)
    other = torch.randn(2, 4, dtype=torch.float64)
    found = standard(other)
    for number in range(4):
        column = vectors[:, number].tolist()
        mean = sum(column) / 11
        deviation = (sum((x - mean) ** 2 for x in column) / 11) ** 0.5
        for clip in range(2):
            expected = (other[clip, number].item() - mean) / (deviation + EPSILON)
            assert found[clip, number].item() == pytest.approx(expected, rel=1e-9)
    assert set(standard.state_dict()) == {"mean", "scale"} and not list(standard.parameters())


def test_layers_are_paths_inside_the_whole():
    assert transfer(True).layers == {
        "maps": Layer("encoder.maps", "channels"),
        "dense": Layer("encoder.dense"),
    }


def test_a_frozen_encoder_stays_in_evaluation():
    frozen, free = transfer(True), transfer(False)
    for network, learns in ((frozen, False), (free, True)):
        assert network.train() is network
        assert network.training and all(head.training for head in network.heads)
        modes = {module.training for module in network.encoder.modules()}
        assert modes == {learns}
        assert {p.requires_grad for p in network.encoder.parameters()} == {learns}
        assert all(p.requires_grad for p in network.heads.parameters())
        assert not network.eval().training
        assert not any(module.training for module in network.modules())


@pytest.mark.parametrize("frozen", [True, False])
def test_a_frozen_encoder_is_bit_for_bit_what_it_was(frozen):
    network, waveforms = transfer(frozen).train(), sounds(6, 40).float()
    before = {name: value.clone() for name, value in network.state_dict().items()}
    targets = (torch.rand(6, 2, CLASSES, generator=torch.Generator().manual_seed(2)) < 0.4).float()
    optimiser = torch.optim.AdamW(network.parameters(), lr=0.1, weight_decay=0.5)
    for _ in range(3):
        optimiser.zero_grad()
        binary_cross_entropy_with_logits(network(waveforms), targets).backward()
        optimiser.step()
    changed = {
        name for name, value in network.state_dict().items() if not value.equal(before[name])
    }
    heads = {f"heads.{i}.{kind}" for i in range(2) for kind in ("weight", "bias")}
    encoder = {name for name in before if name.startswith("encoder.")}
    assert "encoder.maps.1.running_mean" in encoder
    assert changed == heads if frozen else changed == heads | encoder


def test_the_registry_builds_the_encoder_inside():
    front_end = front_ends.build(WAVEFORMS)
    torch.manual_seed(3)
    network = build("transferred", ARGUMENTS, front_end.settings, CLASSES)
    assert isinstance(network, Transferred) and isinstance(network.encoder, CNN12)
    assert network.encoder.head.out_features == 7 and network.frozen
    assert network(sounds(2, SHORT).float()).shape == (2, 2, CLASSES)
    assert network.layers["block2"] == Layer("encoder.features.1", "channels")
    wrong = {**ARGUMENTS, "encoder": {**ARGUMENTS["encoder"], "architecture": "cnn21"}}
    with pytest.raises(InputError, match="no architecture 'cnn21'"):
        build("transferred", wrong, front_end.settings, CLASSES)
    with pytest.raises(InputError, match="network arguments of 'transferred': .*'thawed'"):
        build("transferred", {**ARGUMENTS, "thawed": True}, front_end.settings, CLASSES)


def test_an_encoder_that_hears_a_front_end_is_told_its_settings():
    """Bands and frames reach the network inside, which would be of another size."""
    mels = {"kind": "log_mel", "rate": 8000, "n_fft": 256, "hop_ms": 10.0, "mels": 24, "frames": 30}
    inside = {"patch": [8, 2], "stride": [8, 2], "width": 8, "depth": 1, "heads": 2}
    arguments = {
        "encoder": {"architecture": "ast", "arguments": inside, "classes": 3},
        "taps": {"only": {"path": "blocks.0", "read": "tokens"}},
        "widths": {"only": 8},
        "frozen": False,
    }
    network = build("transferred", arguments, front_ends.build(mels).settings, 4)
    assert network(torch.randn(2, 24, 30)).shape == (2, 1, 4)
    alone = build("ast", inside, front_ends.build(mels).settings, 3)
    sizes = [p.shape for p in network.encoder.parameters()]
    assert sizes == [p.shape for p in alone.parameters()]


def test_a_bundle_gives_the_same_logits(tmp_path):
    front_end = front_ends.build(WAVEFORMS)
    network = told_apart(build("transferred", ARGUMENTS, front_end.settings, CLASSES)).eval()
    classes = [f"class {i}" for i in range(CLASSES)]
    info = {"architecture": "transferred", "arguments": ARGUMENTS, "classes": classes}
    save(tmp_path / "net", network, front_end, info)
    bundle, waveforms = load(tmp_path / "net"), sounds(2, SHORT).float()
    with torch.no_grad():
        assert torch.equal(bundle.network(waveforms), network(waveforms))
    assert bundle.layers == network.layers and bundle.classes == classes
    kept = bundle.network.standards[1]
    assert torch.equal(kept.mean, network.standards[1].mean) and kept.mean.any()
    assert not any(p.requires_grad for p in bundle.network.encoder.parameters())
    assert isinstance(bundle.network.heads[0], nn.Linear)
