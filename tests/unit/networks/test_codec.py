"""The codec against transformers' EncodecModel on shared weights."""

import math

import pytest
import torch
from safetensors.torch import save_file
from transformers import EncodecConfig, EncodecModel

from tonotopy.errors import InputError
from tonotopy.networks.codec import Codec, from_hub
from tonotopy.networks.layers import with_view
from tonotopy.networks.tracing import read

SIZES = {
    "rate": 800,
    "filters": 4,
    "latent": 8,
    "ratios": (4, 2),
    "codebook": 16,
    "bandwidths": (0.4, 0.8, 2.0),
    "lstm": 1,
}
CONFIG = EncodecConfig(
    sampling_rate=800,
    num_filters=4,
    hidden_size=8,
    upsampling_ratios=[4, 2],
    codebook_size=16,
    target_bandwidths=[0.4, 0.8, 2.0],
    num_lstm_layers=1,
)


@pytest.fixture(scope="module")
def pair() -> tuple[Codec, EncodecModel]:
    """Ours with random codebooks of the latents' size, and transformers' with the same weights."""
    torch.manual_seed(0)
    ours, theirs = Codec(**SIZES).eval(), EncodecModel(CONFIG).eval()
    with torch.no_grad():
        heard = ours(torch.randn(1, 800))[0].T[::6][:16]  # 16 frames as the first codebook
    for i, layer in enumerate(ours.model.quantizer.layers):
        layer.codebook.embed.normal_(0, heard.std(dim=0).mean() / 2**i)
    ours.model.quantizer.layers[0].codebook.embed.copy_(heard)
    theirs.load_state_dict(
        {k.removeprefix("model."): v for k, v in ours.state_dict().items()}, strict=True
    )
    return ours, theirs


@torch.no_grad()
@pytest.mark.parametrize(("codebooks", "bandwidth"), [(1, 0.4), (2, 0.8), (5, 2.0)])
def test_codes_and_waveforms_equal_transformers(pair, codebooks, bandwidth):
    ours, theirs = pair
    waves = 0.3 * torch.randn(3, 203)
    encoded = theirs.encode(waves[:, None], bandwidth=bandwidth)
    latents = ours(waves)
    assert latents.shape == (3, 8, math.ceil(203 / 8))
    codes = ours.quantise(latents, codebooks)
    assert codes.shape[1] == codebooks and codes.unique().numel() > 3
    assert torch.equal(codes, encoded.audio_codes[0])
    expected = theirs.decode(encoded.audio_codes, encoded.audio_scales).audio_values[:, 0]
    found = ours.decode(ours.dequantise(codes))
    torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-4)
    assert ours.decode(ours.dequantise(codes), samples=203).shape == (3, 203)


@torch.no_grad()
def test_the_default_is_the_published_24_khz_model():
    with torch.device("meta"):
        codec = Codec()
    assert codec.model.config.to_dict() == EncodecConfig().to_dict()
    assert (codec.hop, codec.codebooks) == (320, 32)
    # the number that model cards give: everything stored in the file
    assert sum(v.numel() for v in codec.state_dict().values()) == 23_273_218
    assert codec.layers["latents"].path == "model.encoder.layers.15"
    assert codec.layers["lstm"].path == "model.encoder.layers.13"


@torch.no_grad()
def test_a_second_has_75_frames_of_128():
    codec = Codec(filters=2, lstm=1, bandwidths=(1.5,)).eval()
    assert codec.encode(torch.zeros(1, 24000)).shape == (1, 128, 75)


@torch.no_grad()
def test_the_last_layer_is_what_encode_returns(pair):
    codec, waves = pair[0], torch.randn(2, 100)
    seen, latents = read(codec, codec.layers, waves)
    assert list(seen) == ["conv1", "down1", "down2", "lstm", "latents"]
    torch.testing.assert_close(seen["latents"], latents.flatten(1))
    torch.testing.assert_close(latents, codec.encode(waves))
    channels, _ = read(codec, with_view(codec.layers, "channels"), waves)
    frames = [seen[name].shape[1] / channels[name].shape[1] for name in seen]
    assert frames == [100, 50, 13, 13, 13]


@torch.no_grad()
def test_the_published_file_s_older_names_load_as_transformers_loads_them(pair, tmp_path):
    ours, theirs = pair
    weights = {
        name.replace("parametrizations.weight.original0", "weight_g").replace(
            "parametrizations.weight.original1", "weight_v"
        ): value
        for name, value in theirs.state_dict().items()
    }
    assert "encoder.layers.0.conv.weight_g" in weights
    again = Codec(**SIZES).eval()
    again.load_state_dict(from_hub(weights), strict=True)
    CONFIG.save_pretrained(tmp_path)
    save_file(weights, tmp_path / "model.safetensors", metadata={"format": "pt"})
    loaded = EncodecModel.from_pretrained(tmp_path).eval()
    waves = torch.randn(2, 80)
    torch.testing.assert_close(again(waves), ours(waves))
    torch.testing.assert_close(again(waves), loaded.encoder(waves[:, None]))


def test_bad_input_is_refused(pair):
    with pytest.raises(InputError, match="from 1 to 5, not 6"):
        pair[0].quantise(torch.zeros(1, 8, 3), 6)
    with pytest.raises(ValueError, match="clips, samples"):
        pair[0](torch.zeros(1, 1, 80))
    with pytest.raises(ValueError, match="power of 2"):
        Codec(**{**SIZES, "codebook": 12})
    with pytest.raises(ValueError, match="sampling_rate"):
        Codec(**{**SIZES, "rate": "fast"})
