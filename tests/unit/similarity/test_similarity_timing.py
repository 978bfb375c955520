"""Times of positions of networks that hear waveforms: found out, beside those of their filters."""

import numpy as np
import pytest
import torch
from torch import nn

from tonotopy.errors import InputError
from tonotopy.frontends import registry as front_ends
from tonotopy.networks.bundle import Bundle
from tonotopy.networks.codec import Codec
from tonotopy.networks.layers import Layer
from tonotopy.networks.sample_cnn import SampleCNN
from tonotopy.networks.small_codec import SmallCodec
from tonotopy.similarity.placing import placed_layouts

RATE, SAMPLES, MELS = 8000, 6000, 24


def bundle_of(network: nn.Module) -> Bundle:
    front_end = front_ends.build({"kind": "waveform", "rate": RATE})
    return Bundle(network.eval(), front_end, {"classes": []})


def places(network: nn.Module, layers: dict | None = None, **options):
    sound = 0.1 * torch.randn(1, SAMPLES, generator=torch.Generator().manual_seed(3))
    layers = layers or network.layers
    found = placed_layouts(bundle_of(network), layers, sound, MELS, **options)
    for layout in found.values():
        rows, columns = layout.axes
        vectors = torch.zeros(2, layout.extra + rows * columns, layout.maps)
        assert layout.times.number == layout.grid[1] == layout.maps_of(vectors).shape[3]
    return found


def off(times, first: float, step: float) -> float:
    """How far the first and the last position are from where they are, in positions."""
    last = times.number - 1
    ends = (times.first - first, times.first + last * times.step - first - last * step)
    return max(map(abs, ends)) / step


class Filters(nn.Module):
    """Convolutions over time and what may stand behind them; layers are read as a test says."""

    def __init__(self, *modules: nn.Module):
        super().__init__()
        torch.manual_seed(0)
        self.chain = nn.Sequential(*modules)

    def forward(self, waveforms):
        return self.chain(waveforms[:, None])


def convolution(kernel: int, stride: int, padding: int = 0, inside: int = 1) -> nn.Module:
    torch.manual_seed(kernel)
    return nn.Sequential(nn.Conv1d(inside, 6, kernel, stride, padding), nn.Tanh())


class Turned(nn.Module):
    def forward(self, values):
        return values.transpose(1, 2)


class Mixed(nn.Module):
    """Every position is of the whole clip."""

    def forward(self, values):
        return torch.fft.rfft(values).abs()


class WithToken(nn.Module):
    """Tokens after two that belong to no time."""

    def forward(self, values):
        tokens = values.transpose(1, 2)
        return torch.cat([tokens.mean(dim=1, keepdim=True).expand(-1, 2, -1), tokens], dim=1)


@pytest.mark.parametrize(
    "kernel, stride, padding", [(400, 80, 0), (81, 40, 40), (64, 64, 0), (9, 200, 0)]
)
@pytest.mark.parametrize("read", ["channels", "tokens", "all"])
def test_convolutions_are_where_their_windows_are(kernel, stride, padding, read):
    network = Filters(convolution(kernel, stride, padding), *[Turned()] * (read == "tokens"))
    layer = Layer("chain.1" if read == "tokens" else "chain.0", read)
    layout = places(network, {"x": layer})["x"]
    number = (SAMPLES + 2 * padding - kernel) // stride + 1
    assert layout.maps == 6 and layout.grid == (1, number) and layout.bands is None
    assert off(layout.times, (kernel - 1) / 2 - padding, stride) < 0.4


def test_stacks_of_convolutions_and_poolings():
    network = Filters(
        convolution(10, 5), nn.MaxPool1d(4), convolution(5, 2, 0, 6), nn.AvgPool1d(3, 3)
    )
    layers = {f"l{n}": Layer(f"chain.{n}", "channels") for n in range(4)}
    found = places(network, layers)
    steps, hears = (5, 20, 40, 120), (10, 25, 105, 185)
    for layout, step, window in zip(found.values(), steps, hears, strict=True):
        assert off(layout.times, (window - 1) / 2, step) < 0.5


def test_networks_that_come_with_the_workflow():
    torch.manual_seed(1)
    found = places(SampleCNN(2, widths=(4, 4, 6, 6), embedding=8))
    for number, name in enumerate(("block1", "block2", "block3", "block4"), start=1):
        step = 3**number
        assert found[name].grid == (1, SAMPLES // step) and found[name].maps in (4, 6)
        assert off(found[name].times, (step - 1) / 2, step) < 0.5
    codec = places(SmallCodec(widths=(4, 6, 8), strides=(4, 8), latent=6, books=2, entries=8))
    assert codec["latents"].grid[1] == pytest.approx(SAMPLES / 32, abs=1)
    assert codec["latents"].times.step == pytest.approx(32, rel=0.01)
    whole = places(Codec(rate=RATE, filters=2, latent=6, ratios=(4, 2), codebook=8))
    assert whole["latents"].times.step == pytest.approx(8, rel=0.01)  # read whole: axes are tried
    assert whole["latents"].maps == 6


def test_causal_filters_hear_the_past():
    padded = Filters(nn.ConstantPad1d((60, 0), 0.0), convolution(64, 16))
    times = places(padded, {"x": Layer("chain.1", "channels")})["x"].times
    assert off(times, 31.5 - 60, 16) < 1 or times.first >= -4  # those before the clip are left out
    assert times.first == pytest.approx((31.5 - 60) % 16, abs=4)


def test_tokens_of_no_time_are_left_out_where_a_grid_says_so():
    network = Filters(convolution(100, 100), WithToken())
    layers = {"x": Layer("chain.1", "tokens", tokens=(0,))}
    layout = places(network, layers, grids={"x": [1, 60]})["x"]
    assert layout.extra == 2 and layout.grid == (1, 60)
    assert off(layout.times, 49.5, 100) < 0.4
    vectors = torch.arange(62.0)[None, :, None].expand(1, 62, 6)
    assert layout.maps_of(vectors)[0, 4, 0].tolist() == list(range(2, 62))


class Rows(nn.Module):
    """Tokens on a grid of four rows, row by row."""

    def forward(self, values):
        return torch.cat([(row + 1) * values for row in range(4)], dim=2).transpose(1, 2)


def test_rows_of_a_named_grid_share_the_bands_evenly():
    network = Filters(convolution(150, 150), Rows())
    layout = places(network, {"x": Layer("chain.1", "tokens")}, grids={"x": [4, 40]})["x"]
    assert layout.grid == (4, 40) and layout.bands == (2.5, 6.0, 4)
    assert off(layout.times, 74.5, 150) < 0.4


@pytest.mark.parametrize(
    ("modules", "read", "why"),
    [
        ([convolution(80, 80), nn.Flatten()], "all", r"it gives \(1, 450\)"),
        ([convolution(80, 80), Mixed()], "channels", "is not where it changes"),
        ([convolution(6000, 1)], "channels", "it has one position for a whole clip"),
        (
            [convolution(80, 80), nn.Unflatten(1, (2, 3))],
            "channels",
            r"it gives \(1, 2, 3, 75\), and of which frequencies its rows are is not known",
        ),
        ([convolution(80, 80), nn.Threshold(9.0, 0.0)], "channels", "hardly any change of the"),
    ],
)
def test_what_has_no_place_is_left_out_or_refused(modules, read, why, capsys):
    network = Filters(*modules)
    layers = {"x": Layer(f"chain.{len(modules) - 1}", read)}
    first = {"first": Layer("chain.0", "channels")} if len(modules) > 1 else {}
    with pytest.raises(InputError, match=rf"layers: layer 'x' has no maps over time, .*{why}"):
        places(network, {**first, **layers}, strict=True)
    with pytest.raises(
        InputError, match=rf"no layer of the network has maps over time: 'x'.*{why}"
    ):
        places(network, layers)
    if first:
        capsys.readouterr()
        assert list(places(network, {**first, **layers})) == ["first"]
        told = capsys.readouterr().out
        assert "note: layer 'x' has no maps over time" in told and "left out" in told


def test_grids_that_do_not_fit_are_refused():
    network = Filters(convolution(100, 100))
    layers = {"x": Layer("chain.0", "channels")}
    with pytest.raises(InputError, match=r"grids.x: 2 rows of 40 columns are more than the 60 tok"):
        places(network, layers, grids={"x": [2, 40]})
    with pytest.raises(InputError, match=r"grids: there is no layer 'y'"):
        places(network, layers, grids={"y": [1, 60]})


def test_times_are_the_same_when_they_are_found_again():
    network = Filters(convolution(100, 50))
    first, again = (places(network, {"x": Layer("chain.0", "channels")})["x"] for _ in range(2))
    assert first == again and np.isfinite(first.times.first)
