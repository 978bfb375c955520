"""The network of study 3: its chain against plain functions, its sizes, and that it learns."""

import math

import pytest
import torch
from torch import nn
from torch.nn.functional import conv2d, max_pool2d
from worlds import NETWORK, TONES, tone_corpus

from tonotopy.inference import prediction_table
from tonotopy.networks.bundle import load
from tonotopy.networks.genre_cnn import GenreCNN
from tonotopy.networks.tracing import read
from tonotopy.training.fit import train

SMALL = {"classes": 3, "mels": 12, "frames": 17, "filters": [2, 5], "dense": [7, 4]}
PLAIN = (nn.Conv2d, nn.ReLU, nn.MaxPool2d, nn.Flatten, nn.Linear, nn.Dropout)


def small(**changes) -> GenreCNN:
    torch.manual_seed(0)
    return GenreCNN(**{**SMALL, **changes}).eval()


@torch.no_grad()
def test_it_is_blocks_and_dense_layers_as_written_out():
    network, x = small(), torch.randn(6, 12, 17)
    for module in network.chain:  # biases are 0 at first
        if isinstance(module, nn.Conv2d | nn.Linear):
            nn.init.normal_(module.bias)
    w = iter(network.parameters())
    maps, expected = x[:, None], {}
    for name in ("conv1", "conv2"):
        maps = conv2d(maps, next(w), next(w), padding=1).clamp(min=0)
        expected[name] = maps.mean(dim=(2, 3))
        maps = max_pool2d(maps, 2)
    hidden = maps.reshape(6, 5 * 3 * 4)
    for _ in range(2):
        hidden = (hidden @ next(w).T + next(w)).clamp(min=0)
    logits = hidden @ next(w).T + next(w)
    torch.testing.assert_close(network(x), logits, rtol=1e-4, atol=1e-5)
    assert logits.shape == (6, 3) and next(w, None) is None
    vectors, _ = read(network, network.layers, x)
    assert list(vectors) == ["conv1", "conv2"]
    for name, vector in vectors.items():
        torch.testing.assert_close(vector, expected[name], rtol=1e-4, atol=1e-5)


@torch.no_grad()
def test_the_vectors_of_a_layer_are_those_of_its_channels_at_each_place():
    network, x = small(), torch.randn(2, 12, 17)
    layer = network.layers["conv2"]
    maps = network.chain[:5](x[:, None])
    assert layer.path == "chain.4" and maps.shape == (2, 5, 6, 8) and maps.min() == 0
    vectors = layer.vectors(maps, 2)
    assert vectors.shape == (2, 6 * 8, 5)
    assert torch.equal(vectors[1, 2 * 8 + 3], maps[1, :, 2, 3])


def test_the_chain_is_plain_and_used_once():
    network = small(dropout=0.3)
    assert isinstance(network.chain, nn.Sequential)
    assert all(type(module) in PLAIN for module in network.chain)
    assert len({id(module) for module in network.chain}) == len(network.chain) == 14
    assert not any(m.inplace for m in network.chain if isinstance(m, nn.ReLU | nn.Dropout))
    dropped = [type(m) for m in network.chain[7:]]
    expected = [nn.Linear, nn.ReLU, nn.Dropout, nn.Linear, nn.ReLU, nn.Dropout, nn.Linear]
    assert dropped == expected and {network.chain[9].p, network.chain[12].p} == {0.3}
    assert not any(isinstance(m, nn.Dropout) for m in small(dropout=0.0).chain)
    names = [name for name, _ in network.named_children()]
    assert names == ["chain"]


def test_without_biases_the_answer_is_homogeneous():
    x = torch.randn(4, 12, 17)
    network = small(bias=False)
    assert all(name.endswith("weight") for name, _ in network.named_parameters())
    torch.testing.assert_close(network(3 * x), 3 * network(x), rtol=1e-4, atol=1e-5)
    assert len(list(small().parameters())) == 2 * len(list(network.parameters())) == 10


def test_weights_keep_the_variance_through_relus():
    for module in GenreCNN(classes=10).chain:
        if isinstance(module, nn.Conv2d | nn.Linear):
            fan = module.weight[0].numel()
            assert module.weight.std().item() == pytest.approx(math.sqrt(2 / fan), rel=0.15)
            assert not module.bias.any()


@pytest.mark.parametrize(
    ("arguments", "shape", "dense", "parameters"),
    [
        ({"classes": 10}, (128, 128), [128, 128, 10], 418_922),
        (
            {
                "classes": 2,
                "mels": 64,
                "frames": 64,
                "filters": [8, 8, 16, 16, 16],
                "dense": [20, 20],
                "dropout": 0.0,
            },
            (64, 64),
            [20, 20, 2],
            8_234,
        ),
    ],
    ids=["music", "tones"],
)
def test_the_thesis_s_sizes(arguments, shape, dense, parameters):
    network = GenreCNN(**arguments)
    linear = [m.out_features for m in network.chain if isinstance(m, nn.Linear)]
    assert linear == dense and list(network.layers) == [f"conv{i}" for i in range(1, 6)]
    assert network.eval()(torch.zeros(2, *shape)).shape == (2, dense[-1])
    assert sum(p.numel() for p in network.parameters()) == parameters


def test_any_number_of_dense_layers():
    network = small(dense=[], filters=[3])
    assert [type(m) for m in network.chain] == [*PLAIN[:5]]
    assert network.chain[-1].in_features == 3 * 6 * 8


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"classes": 0}, "classes: at least 1 is needed, not 0"),
        ({"filters": []}, "at least one block"),
        ({"mels": 7, "filters": [2, 2, 2]}, "7 mels x 17 frames is smaller than 8 x 8, which 3"),
        ({"frames": 3}, "12 mels x 3 frames is smaller than 4 x 4"),
    ],
)
def test_sizes_that_do_not_fit_are_refused(changes, message):
    with pytest.raises(ValueError, match=message):
        small(**changes)


def test_the_smallest_input_and_other_shapes():
    assert small(mels=4, frames=4)(torch.zeros(1, 4, 4)).shape == (1, 3)
    for shape in ((2, 17, 12), (2, 1, 12, 17), (2, 12, 18)):
        with pytest.raises(ValueError, match=r"\(clips, 12, 17\), got"):
            small()(torch.zeros(shape))


def test_it_learns_tones_through_its_front_end_and_augmentation(tmp_path):
    settings = {
        **NETWORK,
        "architecture": "genre_cnn",
        "arguments": {"filters": [4, 8], "dense": [12], "dropout": 0.1},
        "front_end": {
            "kind": "log10_mel",
            "rate": 4000,
            "window": 128,
            "hop": 40,
            "mels": 16,
            "high_hz": 2000.0,
            "frames": 24,
        },
        "augmentation": [
            {"transform": "gain", "range": [-6, 3], "p": 0.5},
            {"transform": "pass_filter", "highpass": [100, 200], "lowpass": [1700, 1900], "p": 0.3},
            {"transform": "relative_noise", "range": [0.001, 0.1], "p": 0.3},
            {"transform": "pitch_shift", "range": [-1, 1], "p": 0.3},
            {"transform": "time_stretch", "range": [0.8, 1.2], "p": 1.0},
            {"transform": "pitch_mask", "range": [1, 3], "p": 1.0},
            {"transform": "time_mask", "range": [1, 4], "p": 1.0},
        ],
    }
    corpus = tone_corpus(tmp_path / "tones")
    history = train(corpus, settings, *(tmp_path / n for n in ("net", "c", "l")), 0, "cpu")
    bundle = load(tmp_path / "net")
    table = prediction_table(bundle, corpus, "test", "test")
    assert (table["label"] == table["predicted"]).mean() > 0.9
    assert len(history) == 4 and bundle.classes == list(TONES)
    assert bundle.layers == bundle.network.layers
    assert bundle.front_end.settings.frames == 24
