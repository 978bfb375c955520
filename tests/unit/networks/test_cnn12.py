"""CNN12 is that of figure 4.1, and gives what plain one-dimensional convolutions give."""

import pytest
import torch
from literal_deconvnet import SHORT, WIDTHS, blocks_of_cnn12, heard, sounds, tiny_cnn12
from threads import one_thread  # noqa: F401 (used by every test)
from torch import nn

from tonotopy.errors import InputError
from tonotopy.frontends.waveform import WaveformSettings
from tonotopy.networks import cnn12
from tonotopy.networks.cnn12 import CNN12, SHORTEST
from tonotopy.networks.layers import Layer
from tonotopy.networks.lsuv import pink_noise
from tonotopy.networks.registry import build
from tonotopy.networks.tracing import trace

FIGURE = [  # maps, taps, whether a pooling follows
    (64, 7, True),
    (64, 7, True),
    (128, 5, True),
    (128, 5, True),
    (256, 5, True),
    (256, 3, True),
    (512, 3, True),
    (512, 3, True),
    (1024, 3, False),
    (1024, 3, False),
    (2048, 3, False),
]


def whole_size(times: int = 1) -> CNN12:
    with torch.device("meta"):
        widths = tuple(times * maps for maps, _, _ in FIGURE)
        return CNN12(widths=widths, initialiser="torch")


@pytest.mark.parametrize(("times", "millions"), [(1, 14), (2, 53)])
def test_it_is_as_large_as_the_thesis_says(times, millions):
    counted, before = 0, 1
    for maps, taps, _ in FIGURE:
        counted += times * maps * (before * taps + 1)
        before = times * maps
    counted += 512 * (before + 1)
    assert sum(p.numel() for p in whole_size(times).parameters()) == counted
    assert abs(counted / 1e6 - millions) < 0.6


def test_its_blocks_are_those_of_the_figure():
    with torch.device("meta"):  # where there is nothing to initialise
        network = CNN12()
    assert len(network.features) == 11
    before = 1
    for block, (maps, taps, pooled) in zip(network.features, FIGURE, strict=True):
        kinds = [nn.Conv2d, nn.ReLU, nn.MaxPool2d][: 2 + pooled]  # ReLU comes before pooling
        assert [type(module) for module in block] == kinds
        conv = block[0]
        assert (conv.in_channels, conv.out_channels, conv.kernel_size) == (before, maps, (1, taps))
        assert (conv.stride, conv.padding, conv.dilation, conv.groups) == (
            (1, 1),
            (0, 0),
            (1, 1),
            1,
        )
        assert not pooled or (block[2].kernel_size, block[2].stride) == ((1, 2), (1, 2))
        before = maps
    dropout, dense = network.encoder
    assert dropout.p == 0.4 and (dense.in_features, dense.out_features) == (2048, 512)
    assert isinstance(network.head, nn.Identity)


@pytest.mark.parametrize("samples", [SHORTEST, SHORT, 3001])
def test_it_is_the_plain_network_with_the_same_weights(samples):
    network, waveforms = tiny_cnn12(), sounds(2, samples)
    blocks, dense = blocks_of_cnn12(network), network.encoder[1]
    vectors, answers = trace(network, network.layers, waveforms)
    for clip, waveform in enumerate(waveforms):
        for depth in range(1, 12):
            maps, _ = heard(blocks[:depth], waveform)
            found = vectors[f"block{depth}"][clip].T
            torch.testing.assert_close(found, maps[0], rtol=0, atol=1e-6)
        expected = dense.weight @ maps[0].mean(dim=1) + dense.bias
        torch.testing.assert_close(answers[clip], expected, rtol=0, atol=1e-6)
        torch.testing.assert_close(vectors["embedding"][clip, 0], expected, rtol=0, atol=1e-6)
    assert (vectors["block11"] > 0).any() and answers.shape == (2, 6)


def test_single_precision_differs_by_rounding_alone():
    network, waveforms = tiny_cnn12(), sounds(2, SHORT)
    expected = network(waveforms)
    found = network.float()(waveforms.float()).double()
    torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-4)


def test_the_shortest_clip_leaves_one_step_and_shorter_ones_are_refused():
    network = tiny_cnn12()
    vectors, _ = trace(network, network.layers, sounds(3, SHORTEST))
    assert SHORTEST == 2370 and vectors["block11"].shape == (3, 1, WIDTHS[-1])
    steps = SHORTEST
    for number, (_, taps, pooled) in enumerate(FIGURE, start=1):
        steps = (steps - taps + 1) // (2 if pooled else 1)
        assert vectors[f"block{number}"].shape[1] == steps
    for wrong in (sounds(3, SHORTEST - 1), sounds(3, 5000)[None], sounds(1, 5000)[0]):
        shape = str(tuple(wrong.shape)).replace("(", r"\(").replace(")", r"\)")
        told = rf"^expected waveforms of \(clips, 2370 samples or more\), got {shape}$"
        with pytest.raises(ValueError, match=told):
            network(wrong)
    with pytest.raises(RuntimeError, match="size"):  # nothing would be left
        network.features(sounds(1, SHORTEST - 1)[:, None, None])


def test_layers_are_blocks_read_by_channels_and_the_embedding():
    blocks = {f"block{i}": Layer(f"features.{i - 1}", "channels") for i in range(1, 12)}
    network = tiny_cnn12()
    assert list(network.layers.items()) == [*blocks.items(), ("embedding", Layer("encoder"))]


def test_classes_and_projections_are_heads_on_the_embedding():
    waveforms = sounds(2, SHORT)
    classifier = CNN12(3, WIDTHS, 6).double().eval()
    embedded = classifier.encode(waveforms)
    expected = embedded @ classifier.head.weight.T + classifier.head.bias
    torch.testing.assert_close(classifier(waveforms), expected)
    projector = tiny_cnn12(projection=(7, 4))
    first, _, second = projector.head
    hidden = (projector.encode(waveforms) @ first.weight.T + first.bias).clamp(min=0)
    assert hidden.shape == (2, 7) and (hidden == 0).any()
    expected = hidden @ second.weight.T + second.bias
    torch.testing.assert_close(projector(waveforms), expected)
    assert expected.shape == (2, 4) and embedded.shape == (2, 6)
    plain = tiny_cnn12()
    assert torch.equal(plain(waveforms), plain.encode(waveforms))


def test_dropout_is_before_the_dense_layer_and_in_training_alone():
    network, waveforms = tiny_cnn12(dropout=1.0), sounds(2, SHORT)
    assert not torch.equal(network(waveforms)[0], network.encoder[1].bias)
    network.train()
    torch.testing.assert_close(network(waveforms), network.encoder[1].bias.expand(2, -1))


def outputs_of(network, waveforms):
    """What convolutions and dense layers give, in the order of their use."""
    given, handles = [], []
    for module in network.modules():
        if isinstance(module, (nn.Conv2d, nn.Linear)):
            keep = module.register_forward_hook(lambda m, i, out: given.append(out))
            handles.append(keep)
    network(waveforms)
    for handle in handles:
        handle.remove()
    return given


@pytest.mark.parametrize("options", [{"classes": 4}, {"projection": (5, 7)}])
def test_it_begins_with_unit_variance_on_noise(options):
    widths = (4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14)
    torch.manual_seed(0)
    network = CNN12(widths=widths, embedding=9, **options)
    assert network.training
    torch.manual_seed(1)
    given = outputs_of(network.eval(), pink_noise(6, 8000, 0.1))
    assert len(given) == 11 + 1 + (1 if "classes" in options else 2)
    for number, output in enumerate(given[:11]):
        assert 0.5 < output.var().item() < 2, number
    torch.manual_seed(0)
    plain = CNN12(widths=widths, embedding=9, initialiser="torch", **options).eval()
    assert outputs_of(plain, pink_noise(6, 8000, 0.1))[10].var() < 0.1


def test_the_noise_of_the_beginning_gives_exactly_unit_variance(monkeypatch):
    drawn = []

    def noted(**settings):
        drawn.append(pink_noise(**settings))
        return drawn[0]

    monkeypatch.setattr(cnn12.lsuv, "pink_noise", noted)
    network = CNN12(2, WIDTHS, 5).eval()
    (noise,) = drawn
    assert noise.shape == (4, 4096)
    for output in outputs_of(network, noise):
        assert output.var().item() == pytest.approx(1, abs=0.011)


def test_weights_are_drawn_from_torchs_seed_and_lie_channels_last():
    def weights(seed):
        torch.manual_seed(seed)
        return CNN12(3, WIDTHS, 6).state_dict()

    one, again, other = weights(0), weights(0), weights(1)
    assert all(torch.equal(one[name], again[name]) for name in one)
    assert not any(torch.equal(one[name], other[name]) for name in one if "weight" in name)
    assert not any(one[name].any() for name in one if "bias" in name)
    last = one["features.10.0.weight"]
    assert last.is_contiguous(memory_format=torch.channels_last) and not last.is_contiguous()


REFUSED = [
    ({"widths": (2, 3)}, "widths: 11 numbers are needed, not 2"),
    ({"classes": 2, "projection": (3, 4)}, "projection: is for networks without classes, drop it"),
    ({"projection": (3,)}, "projection: units of the hidden layer and of the output are needed"),
    ({"initialiser": "lsu"}, "initialiser: lsuv or torch is needed, not lsu"),
]


@pytest.mark.parametrize(("arguments", "told"), REFUSED)
def test_wrong_arguments_are_refused(arguments, told):
    arguments = {"widths": WIDTHS, **arguments}
    with pytest.raises(ValueError, match=f"^{told}$"):
        CNN12(**arguments)
    classes = arguments.pop("classes", 0)
    with pytest.raises(InputError, match=f"^network arguments of 'cnn12': {told}$"):
        build("cnn12", arguments, WaveformSettings(8000), classes)


def test_the_registry_builds_it_with_its_classes():
    network = build("cnn12", {"widths": WIDTHS, "embedding": 4}, WaveformSettings(8000), 5)
    assert network(sounds(1, SHORT).float()).shape == (1, 5)
