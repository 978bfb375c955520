"""CNN14 against its definition written out in float64; CLAP's checkpoint."""

import pytest
import torch
from torch import Tensor
from torch.nn.functional import conv2d

from tonotopy.errors import InputError
from tonotopy.networks.cnn14 import CNN14, from_clap
from tonotopy.networks.tracing import read

SIZES = {"widths": (2, 3, 4, 5, 6, 8), "fc": 7, "mels": 32}


def tiny(**changes) -> CNN14:
    """A small CNN14 whose every weight and statistic is random."""
    torch.manual_seed(0)
    network = CNN14(**{**SIZES, "projection": 5, **changes}).eval()
    for name, value in network.state_dict().items():
        if value.is_floating_point():
            value.normal_(0, 0.5)
        if name.endswith("running_var"):
            value.abs_().add_(0.1)
    return network


def literal(weights: dict[str, Tensor], spectrogram: Tensor) -> Tensor:
    """Embedding (fc,) of one clip (mels, frames), step by step in float64."""
    w = {k.removeprefix("base."): v.double() for k, v in weights.items()}

    def normalised(x: Tensor, name: str) -> Tensor:
        """Batch normalisation over the first axis of x with stored statistics."""
        parts = (w[f"{name}.{p}"] for p in ("running_mean", "running_var", "weight", "bias"))
        mean, variance, scale, shift = (p.reshape(-1, *[1] * (x.ndim - 1)) for p in parts)
        return (x - mean) / (variance + 1e-5).sqrt() * scale + shift

    x = normalised(spectrogram.double(), "bn0").T[None]  # (1, frames, mels)
    for i in range(1, 7):
        for j in (1, 2):
            kernel = w[f"conv_block{i}.conv{j}.weight"]
            x = normalised(conv2d(x[None], kernel, padding=1)[0], f"conv_block{i}.bn{j}").relu()
        if i < 6:
            rows, columns = x.shape[1] // 2 * 2, x.shape[2] // 2 * 2
            x = x[:, :rows, :columns]
            x = (x[:, ::2, ::2] + x[:, 1::2, ::2] + x[:, ::2, 1::2] + x[:, 1::2, 1::2]) / 4
    over_time = x.mean(dim=2)
    pooled = over_time.max(dim=1).values + over_time.mean(dim=1)
    return (w["fc1.weight"] @ pooled + w["fc1.bias"]).relu()


def literal_projection(w: dict[str, Tensor], x: Tensor) -> Tensor:
    w = {k.removeprefix("projection."): v.double() for k, v in w.items()}
    first = w["linear1.weight"] @ x
    gelu = first * (1 + torch.erf(first / 2**0.5)) / 2
    total = first + w["linear2.weight"] @ gelu
    centred = total - total.mean()
    scaled = centred / (centred.square().mean() + 1e-5).sqrt()
    return scaled * w["layer_norm.weight"] + w["layer_norm.bias"]


@torch.no_grad()
@pytest.mark.parametrize("frames", [32, 70])
def test_projection_equals_its_definition(frames):
    network, spectrograms = tiny(), torch.randn(3, 32, frames)
    weights = network.state_dict()
    expected = torch.stack(
        [literal_projection(weights, literal(weights, clip)) for clip in spectrograms]
    )
    assert expected.std() > 0.1  # not vacuous
    torch.testing.assert_close(network(spectrograms).double(), expected, rtol=1e-4, atol=1e-4)


@torch.no_grad()
def test_logits_equal_their_definition():
    network, spectrograms = tiny(projection=0, classes=4), torch.randn(2, 32, 40)
    head = network.base.fc_audioset.double()
    expected = torch.stack([head(literal(network.state_dict(), clip)) for clip in spectrograms])
    head.float()
    torch.testing.assert_close(network(spectrograms).double(), expected, rtol=1e-4, atol=1e-4)


def test_paper_size_has_the_published_number_of_parameters():
    with torch.device("meta"):
        panns, clap = CNN14(classes=527), CNN14(projection=1024)
    assert sum(p.numel() for p in panns.parameters()) == 80_753_615
    head, projection = 527 * 2049, 1024 * (2048 + 1024 + 2)
    assert sum(p.numel() for p in clap.parameters()) == 80_753_615 - head + projection


def test_layers_of_five_seconds_have_the_sizes_that_five_poolings_leave():
    with torch.device("meta"):
        network = CNN14(projection=1024)
    vectors, answer = read(network, network.layers, torch.empty(1, 64, 690, device="meta"))
    assert answer.shape == (1, 1024)
    assert {name: vector.shape[1] for name, vector in vectors.items()} == {
        "conv1": 64 * 345 * 32,
        "conv2": 128 * 172 * 16,
        "conv3": 256 * 86 * 8,
        "conv4": 512 * 43 * 4,
        "conv5": 1024 * 21 * 2,
        "conv6": 2048 * 21 * 2,
        "fc1": 2048,
    }
    assert {name: layer.path for name, layer in network.layers.items()} == {
        **{f"conv{i}": f"base.conv_block{i}" for i in range(1, 7)},
        "fc1": "base.fc1",
    }


def test_dropout_acts_in_training_alone():
    network, spectrograms = tiny(), torch.randn(2, 32, 40)
    torch.testing.assert_close(network(spectrograms), network(spectrograms), rtol=0, atol=0)
    network.train()
    assert not torch.equal(network(spectrograms), network(spectrograms))


def test_a_clap_checkpoint_is_taken_apart_explicitly():
    network = tiny()
    inside = {f"audio_encoder.{k}": v for k, v in network.state_dict().items()}
    inside["audio_encoder.base.spectrogram_extractor.stft.conv_real.weight"] = torch.zeros(1)
    inside["audio_encoder.base.logmel_extractor.melW"] = torch.zeros(1)
    inside["audio_encoder.base.fc_audioset.weight"] = torch.zeros(1)
    inside["caption_encoder.base.embeddings.word_embeddings.weight"] = torch.zeros(1)
    inside["logit_scale"] = torch.zeros(())
    again = tiny()
    again.load_state_dict(from_clap({"model": inside}), strict=True)
    assert all(torch.equal(again.state_dict()[k], v) for k, v in network.state_dict().items())
    extra = {**inside, "audio_encoder.base.conv_block7.conv1.weight": torch.zeros(1)}
    with pytest.raises(RuntimeError, match="conv_block7"):
        again.load_state_dict(from_clap({"model": extra}), strict=True)
    with pytest.raises(InputError, match="not a CLAP checkpoint"):
        from_clap({"model": {"conv.weight": torch.zeros(1)}})


def test_sizes_that_do_not_fit_are_refused():
    with pytest.raises(ValueError, match="6 blocks"):
        tiny(widths=(2, 3))
    with pytest.raises(ValueError, match="at least 32 mels"):
        tiny(mels=20)
    for both in ({"classes": 3}, {"projection": 0}):
        with pytest.raises(ValueError, match="either classes or a projection"):
            tiny(**both)
    for shape in ((1, 64, 40), (1, 32, 31), (32, 40)):
        with pytest.raises(ValueError, match="clips, 32, 32 or more"):
            tiny()(torch.zeros(shape))
