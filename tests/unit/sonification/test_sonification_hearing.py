"""Networks of an instance and the clips that they hear: layers, draws, activations, geometry."""

from collections import Counter

import numpy as np
import pytest
import torch
from sonified_worlds import (
    BLOCKS,
    CLASSES,
    HEARD,
    WORDS,
    Strided,
    exact,
    labels_of,
    one_sound,
    written,
)
from torch import nn

from tonotopy.ears import (
    Ear,
    class_matrix,
    ears,
    even_batches,
    first_labels,
    mapped_layers,
    waveforms,
)
from tonotopy.errors import InputError
from tonotopy.frontends.waveform import Waveform, WaveformSettings
from tonotopy.networks.bundle import Bundle, load
from tonotopy.networks.layers import Layer
from tonotopy.networks.tracing import trace
from tonotopy.seeding import generator
from tonotopy.studies.sonification import hearing
from tonotopy.studies.sonification.hearing import (
    Geometry,
    chosen_clips,
    geometry,
    mean_activations,
    whole,
)

STRIDES = [2, 4, 8, 16, 32, 64, 128, 256, 256, 256, 256]
KERNELS = [7, 7, 5, 5, 5, 3, 3, 3, 3, 3, 3]


def test_networks_come_in_order_each_with_its_own_weights_and_layers(world):
    folders = [world.folder / name for name in ("contrastive", "supervised", "strided")]
    names = ["contrastive", "supervised", "other"]
    columns = [
        [name, run, str(path)] for name, run, path in zip(names, (0, 1, 2), folders, strict=True)
    ]
    found = list(ears(columns, None, "cpu"))
    assert [(ear.network, ear.run) for ear in found] == [(name, i) for i, name in enumerate(names)]
    for ear, folder in zip(found, folders, strict=True):
        weights = load(folder).network.state_dict()
        own = ear.bundle.network.state_dict()
        assert all(torch.equal(own[key], weights[key]) for key in weights)
        assert not ear.bundle.network.training and ear.rate == HEARD
    assert [list(ear.layers) for ear in found[:2]] == [BLOCKS, BLOCKS]
    assert list(found[2].layers) == ["stem", "beside", "down", "gate"]
    (some,) = ears(columns[:1], ["block9", "block2"], "cpu")
    assert list(some.layers) == ["block2", "block9"]  # in the order of the network
    assert some.depths == {"block2": 1, "block9": 2}
    about = {"network": "contrastive", "run": 0, "layer": "block9", "depth": 2}
    assert some.about("block9") == about


def test_layers_that_have_no_maps_are_refused_by_name():
    known = {"body": Layer("a", "channels"), "tokens": Layer("b", "tokens"), "answer": Layer("c")}
    assert list(mapped_layers(known, None)) == ["body", "tokens"]
    assert mapped_layers(known, ["tokens"]) == {"tokens": known["tokens"]}
    told = r"^layers: the network has no layer 'boddy' \(did you mean 'body'"
    with pytest.raises(InputError, match=told):
        mapped_layers(known, ["body", "boddy"])
    told = "^layers: layer 'answer' has no maps: read it by channels or tokens$"
    with pytest.raises(InputError, match=told):
        mapped_layers(known, ["body", "answer"])
    told = "^layers: the network has no layer that is read by channels or tokens$"
    with pytest.raises(InputError, match=told):
        mapped_layers({"answer": Layer("c")}, None)


def test_the_whole_of_a_network_is_its_last_layer(world):
    assert whole(world.ear("supervised", ["block1"]).bundle) == Layer("encoder")
    assert whole(world.ear("strided").bundle) == Layer("last")


def test_clips_are_drawn_by_seed_corpus_and_split(world):
    test = world.events.indices("test")
    for number in (None, len(test), len(test) + 1):
        assert np.array_equal(chosen_clips(world.events, "test", number, 3), test)
    for split in ("test", "train"):
        available = world.events.indices(split)
        rng = generator(3, "sonified clips", world.events.name, split)
        drawn = sorted(rng.choice(available, 5, replace=False))
        found = chosen_clips(world.events, split, 5, 3)
        assert list(found) == drawn and len(set(drawn)) == 5
    draws = {tuple(chosen_clips(world.events, "test", 4, seed)) for seed in range(6)}
    assert len(draws) > 1


def test_batches_are_of_even_sizes_and_keep_the_order():
    for number in (1, 2, 15, 16, 17, 31, 32, 33, 50):
        positions = np.random.default_rng(number).permutation(number)
        batches = even_batches(positions)
        assert np.array_equal(np.concatenate(batches), positions)
        sizes = [len(batch) for batch in batches]
        assert max(sizes) <= 16 and max(sizes) - min(sizes) <= 1
        assert len(sizes) == -(-number // 16) and (number == 1 or min(sizes) > 1)
    assert even_batches(np.array([], dtype=int)) == []
    assert [len(batch) for batch in even_batches(np.arange(7), 3)] == [3, 2, 2]


def test_clips_are_heard_at_the_rate_of_the_network(world):
    ear = world.ear("supervised")
    found = waveforms(ear, world.events, world.test).numpy()
    assert found.dtype == np.float32 and found.shape == (9, 4000)
    for sound, position in zip(found, world.test, strict=True):
        np.testing.assert_allclose(sound, one_sound(world.events, position), atol=1e-6)
    words = waveforms(ear, world.words, [3, 1]).numpy()
    assert np.array_equal(words, world.words.waveforms([3, 1]))


def test_classes_of_clips_in_the_order_of_the_classes(world):
    for corpus, classes in ((world.events, CLASSES), (world.words, WORDS)):
        positions = np.random.default_rng(2).permutation(len(corpus))
        matrix = class_matrix(corpus)
        assert matrix.dtype == bool and matrix.shape == (len(corpus), len(classes))
        first = first_labels(corpus, positions)
        for label, position in zip(first, positions, strict=True):
            names = labels_of(corpus, position)
            assert label == names[0]
            assert [classes[i] for i in np.flatnonzero(matrix[position])] == names
    assert max(Counter(class_matrix(world.events).sum(axis=1))) == 3


def test_means_of_maps_and_answers_are_those_of_each_clip_alone(world, monkeypatch):
    monkeypatch.setattr(hearing, "even_batches", lambda positions: even_batches(positions, 4))
    ear = world.ear("supervised", ["block2", "block11"])
    means, answers = mean_activations(ear, world.events, world.test)
    assert list(means) == ["block2", "block11"] and means["block2"].dtype == np.float32
    network = exact(ear.bundle.network)
    for row, position in enumerate(world.test):
        passed = written(ear, world.events, position)
        np.testing.assert_allclose(means["block2"][row], passed.means(1), rtol=1e-4, atol=1e-6)
        np.testing.assert_allclose(means["block11"][row], passed.means(10), rtol=1e-4, atol=1e-6)
        sound = torch.from_numpy(one_sound(world.events, position)).double()[None]
        with torch.no_grad():
            np.testing.assert_allclose(answers[row], network(sound)[0], rtol=1e-4, atol=1e-5)


class Pair(nn.Module):
    """A network whose answer is no tensor."""

    def __init__(self):
        super().__init__()
        self.first = nn.Conv1d(1, 2, 5)

    def forward(self, sounds):
        return {"maps": self.first(sounds[:, None])}


def test_an_answer_that_is_no_tensor_is_none(world):
    bundle = Bundle(Pair(), Waveform(WaveformSettings(HEARD)), {"classes": []})
    ear = Ear("pair", 0, bundle, {"first": Layer("first", "channels")})
    means, answers = mean_activations(ear, world.words, np.arange(3))
    assert answers is None and means["first"].shape == (3, 2)


def test_stride_and_reach_of_every_block_are_those_of_its_kernels(world):
    found = geometry(world.ear("contrastive"))
    assert list(found) == BLOCKS
    assert [place.stride for place in found.values()] == STRIDES
    reach, stride = 1, 1
    for number, place in enumerate(found.values()):
        reach += (KERNELS[number] - 1) * stride
        if number < 8:
            reach, stride = reach + stride, 2 * stride
        assert reach <= place.reach < reach + stride  # what the last stride leaves over is counted


def test_a_layer_that_depends_on_the_whole_clip_has_no_reach(world):
    found = geometry(world.ear("strided"))
    assert found["stem"] == Geometry(4, 8)
    assert found["beside"] == Geometry(4, 24)  # its padding hides that from the strides
    assert found["down"].stride == 12 and 36 <= found["down"].reach < 48
    assert found["gate"] == Geometry(12, -1)


class Fixed(nn.Module):
    """As many positions for a clip of any length."""

    def __init__(self):
        super().__init__()
        self.first = nn.Conv1d(1, 3, 9)
        self.few = nn.AdaptiveAvgPool1d(5)

    def forward(self, sounds):
        return self.few(self.first(sounds[:, None]))


def test_a_layer_of_fixed_size_has_the_clip_as_its_stride():
    bundle = Bundle(Fixed(), Waveform(WaveformSettings(HEARD)), {"classes": []})
    layers = {name: Layer(name, "channels") for name in ("first", "few")}
    found = geometry(Ear("fixed", 0, bundle, layers), samples=600)
    assert found == {"first": Geometry(1, 9), "few": Geometry(600, -1)}


def test_the_strided_network_is_what_it_says():
    torch.manual_seed(0)
    network = Strided()
    vectors, _ = trace(network, network.layers, torch.randn(2, 500))
    assert [value.shape[1] for value in vectors.values()] == [124, 124, 41, 41, 1]
