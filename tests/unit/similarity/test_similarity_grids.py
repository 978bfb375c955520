"""Maps on grids of frequency and time, of networks with any order of axes."""

import numpy as np
import pytest
import torch
from torch import nn

from tonotopy.errors import InputError
from tonotopy.frontends import registry as front_ends
from tonotopy.networks.ast import AST
from tonotopy.networks.bundle import Bundle
from tonotopy.networks.cnn14 import CNN14
from tonotopy.networks.genre_cnn import GenreCNN
from tonotopy.networks.layers import Layer
from tonotopy.networks.tracing import trace
from tonotopy.networks.vggish import VGGish
from tonotopy.similarity.grids import input_grid, layouts, rows_come_first

RATE = 8000
FREQUENCY_FIRST = {"kind": "log_mel", "rate": RATE, "n_fft": 256, "hop_ms": 10.0, "mels": 24,
                   "frames": 60}  # fmt: skip
PATCHES = {"kind": "vggish", "rate": RATE, "mels": 32, "frames": 48, "high_hz": 3500.0}


def bundle_of(network: nn.Module, settings: dict) -> Bundle:
    torch.manual_seed(0)
    return Bundle(network.eval(), front_ends.build(settings), {"classes": []})


def heard(bundle: Bundle, clips: int = 1, seconds: float = 1.2) -> torch.Tensor:
    torch.manual_seed(1)
    return bundle.front_end(0.1 * torch.randn(clips, round(seconds * RATE)))


class TimeFirst(nn.Module):
    """Convolutions over (time, frequency), as networks after torchlibrosa have them."""

    def __init__(self, stride=(1, 1)):
        super().__init__()
        self.one = nn.Conv2d(1, 5, 3, padding=1, stride=stride)
        self.two = nn.Conv2d(5, 4, 3, padding=1)
        self.layers = {"one": Layer("one"), "two": Layer("two", "channels")}

    def forward(self, spectrograms):
        return self.two(self.one(spectrograms[:, None].transpose(2, 3)).relu()).mean(dim=(2, 3))


def maps(bundle: Bundle, inputs: torch.Tensor, **options):
    found = layouts(bundle, bundle.network.layers, inputs[:1], **options)
    traced, _ = trace(bundle.network, {n: own.layer for n, own in found.items()}, inputs)
    return found, {name: found[name].maps_of(values) for name, values in traced.items()}


def test_convolutions_over_frequency_and_time():
    network = GenreCNN(3, mels=24, frames=60, filters=(4, 5), dense=(7,))
    bundle = bundle_of(network, FREQUENCY_FIRST)
    inputs = heard(bundle, 3)
    found, own = maps(bundle, inputs)
    assert {n: (own.maps, own.grid) for n, own in found.items()} == {
        "conv1": (4, (24, 60)),
        "conv2": (5, (12, 30)),
    }
    first = network.chain[1](network.chain[0](inputs[:, None]))
    torch.testing.assert_close(own["conv1"], first)
    torch.testing.assert_close(
        own["conv2"], network.chain[4](network.chain[3](network.chain[2](first)))
    )
    torch.testing.assert_close(input_grid(inputs, True), inputs)


@pytest.mark.parametrize("mels, frames", [(24, 60), (60, 24), (40, 40)])
def test_convolutions_over_time_and_frequency(mels, frames):
    bundle = bundle_of(TimeFirst(), {**FREQUENCY_FIRST, "mels": mels, "frames": frames})
    inputs = heard(bundle, 2)
    found, own = maps(bundle, inputs)
    assert {own.grid for own in found.values()} == {(mels, frames)}
    expected = bundle.network.one(inputs[:, None].transpose(2, 3)).transpose(2, 3)
    torch.testing.assert_close(own["one"], expected)


def test_axes_are_told_where_a_layer_is_wider_than_high():
    """A stride that turns the proportions around: only what moves where tells the axes."""
    bundle = bundle_of(TimeFirst(stride=(5, 1)), {**FREQUENCY_FIRST, "mels": 24, "frames": 60})
    found, _ = maps(bundle, heard(bundle, 1))
    assert {own.grid for own in found.values()} == {(24, 12)}


def test_panns_hears_time_first():
    settings = {"kind": "panns", "rate": RATE, "n_fft": 256, "hop": 80, "mels": 32,
                "high_hz": 4000.0}  # fmt: skip
    network = CNN14(classes=3, mels=32, widths=(2, 3, 2, 3, 2, 4), fc=5)
    bundle = bundle_of(network, settings)
    inputs = heard(bundle, 2)
    layers = {
        "block1": Layer(
            "base.conv_block1"
            if hasattr(network, "base")
            else next(n for n, _ in network.named_modules() if "conv_block1" in n)
        )
    }
    found = layouts(bundle, layers, inputs[:1])
    assert found["block1"].grid == (16, inputs.shape[2] // 2)


def test_chunks_of_a_clip_are_further_columns():
    network = VGGish(2, mels=32, frames=48, widths=(2, 3, 4, 3, 5, 4), hidden=6, embedding=5)
    bundle = bundle_of(network, PATCHES)
    inputs = heard(bundle, 3, seconds=2.2)
    clips, chunks = inputs.shape[:2]
    assert chunks >= 2
    found, own = maps(bundle, inputs)
    assert "fc1" not in found
    assert found["conv1"].grid == (32, 48 * chunks) and found["conv2"].grid == (16, 24 * chunks)
    laid = input_grid(inputs, rows_come_first(bundle.front_end, inputs[:1]))
    assert laid.shape == (clips, 32, 48 * chunks)
    for clip in range(clips):
        for chunk in range(chunks):
            columns = slice(48 * chunk, 48 * (chunk + 1))
            torch.testing.assert_close(laid[clip, :, columns], inputs[clip, chunk].T)
            expected = network.features[1](network.features[0](inputs[clip, chunk][None, None]))
            torch.testing.assert_close(own["conv1"][clip, :, :, columns], expected[0].mT)


def test_tokens_lie_on_the_grid_of_patches_after_the_class_tokens():
    network = AST(3, mels=24, frames=60, patch=(6, 10), stride=(6, 10), width=8, depth=3, heads=2)
    bundle = bundle_of(network, FREQUENCY_FIRST)
    inputs = heard(bundle, 2)
    found, own = maps(bundle, inputs)
    assert {(o.grid, o.maps, o.extra) for o in found.values()} == {((4, 6), 8, 2)}
    tokens = network.embed(inputs)
    for number, block in enumerate(network.blocks, start=1):
        tokens = block(tokens)
        for row in range(4):
            for column in range(6):
                expected = tokens[:, 2 + 6 * row + column]
                torch.testing.assert_close(own[f"layer{number}"][:, :, row, column], expected)


class Tokens(nn.Module):
    """A network of tokens whose grid it does not tell."""

    def __init__(self):
        super().__init__()
        self.mix = nn.Linear(60, 7)
        self.layers = {"mix": Layer("mix", "tokens"), "mean": Layer("mean")}
        self.mean = nn.Identity()

    def forward(self, spectrograms):
        return self.mean(self.mix(spectrograms).mean(dim=1))


def test_a_grid_that_nobody_knows_is_asked_for(capsys):
    bundle = bundle_of(Tokens(), FREQUENCY_FIRST)
    inputs = heard(bundle, 2)
    with pytest.raises(InputError, match=r"layer 'mix' gives \(1, 24, 7\).*say so in 'grids'"):
        maps(bundle, inputs)
    found, own = maps(bundle, inputs, grids={"mix": [5, 4]})
    assert found["mix"].grid == (5, 4) and found["mix"].extra == 4
    torch.testing.assert_close(own["mix"][1, :, 2, 3], bundle.network.mix(inputs)[1, 4 + 2 * 4 + 3])
    assert "layer 'mean' gives (1, 7), no maps on a grid: it is left out" in capsys.readouterr().out
    with pytest.raises(InputError, match=r"grids.mix: 5 rows of 5 columns are more than the 24"):
        maps(bundle, inputs, grids={"mix": [5, 5]})
    with pytest.raises(InputError, match=r"grids: there is no layer 'mux' \(did you mean 'mix'"):
        maps(bundle, inputs, grids={"mux": [5, 4]})
    with pytest.raises(InputError, match=r"layer 'mean' gives \(1, 7\), no maps: leave it out"):
        maps(bundle, inputs, grids={"mix": [5, 4]}, strict=True)


def test_no_layer_with_maps_is_refused():
    bundle = bundle_of(Tokens(), FREQUENCY_FIRST)
    with pytest.raises(InputError, match="no layer of the network has maps on a grid"):
        layouts(bundle, {"mean": Layer("mean")}, heard(bundle))


def test_an_input_without_a_grid_is_refused():
    with pytest.raises(InputError, match=r"the front end gives shape \(2, 900\), expected"):
        input_grid(torch.zeros(2, 900), True)
    bundle = bundle_of(Tokens(), FREQUENCY_FIRST)
    with pytest.raises(InputError, match=r"shape \(1, 7, 9\), and no axis of its 24 mel bands"):
        rows_come_first(bundle.front_end, torch.zeros(1, 7, 9))


def test_square_inputs_are_told_by_a_tone():
    first = bundle_of(Tokens(), {**FREQUENCY_FIRST, "mels": 40, "frames": 40})
    assert rows_come_first(first.front_end, heard(first)) is True
    last = bundle_of(Tokens(), {**PATCHES, "mels": 48, "frames": 48})
    assert rows_come_first(last.front_end, heard(last)) is False
    assert not np.allclose(heard(last)[0, 0], heard(last)[0, 0].T)
