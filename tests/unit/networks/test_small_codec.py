"""The small codec: causal convolutions as plain loops make them, and the interface of EnCodec."""

import math

import numpy as np
import pytest
import torch
from small_batches import noises, rng
from threads import one_thread  # noqa: F401 (used by every test)
from torch import nn
from torch.nn.functional import elu

from tonotopy.errors import InputError
from tonotopy.frontends.waveform import WaveformSettings
from tonotopy.networks.codec import Codec
from tonotopy.networks.layers import with_view
from tonotopy.networks.registry import build
from tonotopy.networks.small_codec import CausalConv, CausalUpsampling, SmallCodec
from tonotopy.networks.tracing import read

SIZES = {"widths": [3, 4, 6], "strides": [2, 5], "latent": 7, "books": 3, "entries": 11}
HOP = 10


def codec(seed: int = 0) -> SmallCodec:
    torch.manual_seed(seed)
    return SmallCodec(**SIZES).double().eval()


@torch.no_grad()
@pytest.mark.parametrize("samples", [12, 13])
@pytest.mark.parametrize(("taps", "stride"), [(5, 1), (6, 3)])
def test_a_convolution_sees_nothing_after_its_step(samples, taps, stride):
    torch.manual_seed(1)
    module = CausalConv(2, 3, taps, stride).double()
    maps = torch.randn(2, 2, samples, dtype=torch.float64)
    found = module(maps)
    steps = math.ceil(samples / stride)
    assert found.shape == (2, 3, steps)
    weight, bias = module.weight.numpy(), module.bias.numpy()
    for clip in range(2):
        for out in range(3):
            for step in range(steps):
                total = bias[out]
                for channel in range(2):
                    for tap in range(taps):
                        at = (step + 1) * stride - taps + tap
                        if 0 <= at < samples:
                            total += weight[out, channel, tap] * float(maps[clip, channel, at])
                assert float(found[clip, out, step]) == pytest.approx(total, abs=1e-12)


@torch.no_grad()
def test_upsampling_gives_each_step_its_samples():
    torch.manual_seed(2)
    taps, stride, steps = 6, 3, 5
    module = CausalUpsampling(2, 4, taps, stride).double()
    maps = torch.randn(1, 2, steps, dtype=torch.float64)
    found = module(maps)
    assert found.shape == (1, 4, steps * stride)
    expected = np.tile(module.bias.numpy()[:, None], (1, steps * stride))
    for step in range(steps):
        for tap in range(taps):
            if step * stride + tap < steps * stride:
                for channel in range(2):
                    expected[:, step * stride + tap] += module.weight[
                        channel, :, tap
                    ].numpy() * float(maps[0, channel, step])
    np.testing.assert_allclose(found[0], expected, atol=1e-12)


@torch.no_grad()
def test_frames_and_samples_know_nothing_of_what_comes_later():
    made, waves = codec(), noises(2, 60)
    changed = waves.clone()
    changed[:, 30:] += 1.0
    frames = (made.encode(waves) - made.encode(changed)).abs().amax(dim=(0, 1))
    assert frames[:3].max() == 0 and frames[3] > 1e-3
    latents = made.encode(waves)
    other = latents.clone()
    other[:, :, 3:] += 1.0
    samples = (made.decode(latents) - made.decode(other)).abs().amax(dim=0)
    assert samples[:30].max() == 0 and samples[30] > 1e-6


@torch.no_grad()
def test_the_encoder_is_its_convolutions_with_elu_between_them():
    made, waves = codec(), noises(2, 37)
    maps = waves[:, None]
    convolutions = [m for m in made.encoder.modules() if isinstance(m, nn.Conv1d)]
    assert [tuple(m.weight.shape) for m in convolutions] == [
        (3, 1, 7),
        (4, 3, 4),
        (6, 4, 10),
        (7, 6, 3),
    ]
    names = ["conv1", "conv2", "conv3", "latents"]
    seen, out = read(made, with_view(made.layers, None), waves)
    assert list(made.layers) == names
    for name, module in zip(names, convolutions, strict=True):
        maps = module(maps) if name == "latents" else elu(module(maps))
        torch.testing.assert_close(seen[name], maps.mean(dim=2))
    torch.testing.assert_close(out, maps)
    backwards = [
        tuple(m.weight.shape)
        for m in made.decoder.modules()
        if isinstance(m, nn.Conv1d | nn.ConvTranspose1d)
    ]
    assert backwards == [(6, 7, 3), (6, 4, 10), (4, 3, 4), (1, 3, 7)]


@torch.no_grad()
@pytest.mark.parametrize("samples", [40, 41, 49])
def test_it_is_used_as_encodec_is(samples):
    made, waves = codec(), noises(3, samples)
    frames = math.ceil(samples / HOP)
    latents = made(waves)
    assert latents.shape == (3, 7, frames) and torch.equal(latents, made.encode(waves))
    assert (made.hop, made.codebooks) == (HOP, 3)
    made.quantiser.start(latents, rng())
    for books in (1, 3):
        codes = made.quantise(latents, books)
        assert codes.shape == (3, books, frames) and 0 <= codes.min() <= codes.max() < 11
        assert made.dequantise(codes).shape == latents.shape
    torch.testing.assert_close(made.dequantise(codes), made.quantiser(latents).latents)
    assert made.decode(latents).shape == (3, frames * HOP)
    assert made.decode(latents, samples).shape == (3, samples)
    shared = {"encode", "decode", "quantise", "dequantise", "hop", "codebooks", "layers"}
    assert shared <= set(vars(Codec)) and shared <= set(vars(SmallCodec))


@torch.no_grad()
def test_the_default_has_frames_of_2_ms_at_8_khz():
    made = build("small_codec", {}, WaveformSettings(8000), classes=0)
    assert (made.hop, made.codebooks) == (16, 4)
    assert made(torch.zeros(1, 8000)).shape == (1, 16, 500)
    assert made.quantiser.entries.shape == (4, 64, 16)
    seen, _ = read(made, made.layers, torch.randn(2, 160))
    assert [seen[name].shape[1] for name in made.layers] == [16, 32, 48, 16]


def test_bad_input_is_refused():
    made = codec()
    for books in (0, 4):
        with pytest.raises(InputError, match=f"codebooks must be from 1 to 3, not {books}"):
            made.quantise(torch.zeros(1, 7, 2, dtype=torch.float64), books)
    with pytest.raises(ValueError, match=r"waveforms must be \(clips, samples\), not \(1, 1, 80\)"):
        made(torch.zeros(1, 1, 80))
    with pytest.raises(InputError, match="'small_codec' does not classify"):
        build("small_codec", {}, WaveformSettings(8000), classes=2)
    for arguments in ({"strides": [2]}, {"strides": [2, 0]}, {"widths": [0, 2, 3]}):
        told = "^network arguments of 'small_codec': strides: one number less than widths"
        with pytest.raises(InputError, match=told):
            build("small_codec", arguments, WaveformSettings(8000), classes=0)
    with pytest.raises(InputError, match="'small_codec': books: expected a number from 1 on"):
        build("small_codec", {"books": 0}, WaveformSettings(8000), classes=0)
    with pytest.raises(InputError, match="'small_codec': .*bandwidth"):
        build("small_codec", {"bandwidth": 6}, WaveformSettings(8000), classes=0)
