"""What is explained: a network with its layers and outputs; which clips, in which order."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
import torch
from explained_worlds import (
    CLASSES,
    COMPOSITE,
    COUNTS,
    HEARD,
    OUTPUTS,
    PARTS,
    RATE,
    SAMPLES,
    branched,
    check_clips,
    heard_corpus,
    label_of,
    one_heatmap,
    one_input,
    one_part,
    one_sound,
    rows_of,
)
from torch import nn

from tonotopy.corpora.writer import CorpusWriter
from tonotopy.errors import InputError
from tonotopy.frontends.waveform import Waveform, WaveformSettings
from tonotopy.networks.bundle import Bundle
from tonotopy.networks.layers import Layer, describe
from tonotopy.relevance.composites import parse
from tonotopy.relevance.lrp import LRP
from tonotopy.relevance.zennit_engine import Zennit
from tonotopy.seeding import generator
from tonotopy.studies.relevance import explaining
from tonotopy.studies.relevance.explaining import (
    CPU_BATCH,
    batches,
    chosen_clips,
    clip_columns,
    load_subject,
    part_sounds,
    predictions,
    subject,
    waveforms,
)

FLAT = {"conv": "flat", "dense": "zero"}


# --- the subject


def test_its_layers_go_from_input_to_output_however_they_are_named(world):
    bundle = world.explained.bundle
    everything = subject(bundle, world.corpus, COMPOSITE)
    assert everything.layers == ("conv1", "conv2", "conv3")
    assert subject(bundle, world.corpus, COMPOSITE, ["conv3", "conv1"]).layers == ("conv1", "conv3")
    with pytest.raises(InputError, match="layers: the network has no layer 'con2' .*'conv2'"):
        subject(bundle, world.corpus, COMPOSITE, ["conv1", "con2"])


def test_each_class_has_the_output_of_its_name_or_the_one_that_it_is_given(world):
    bundle, corpus = world.explained.bundle, world.corpus
    found = subject(bundle, corpus, COMPOSITE)
    assert found.classes == CLASSES and list(found.outputs) == CLASSES
    assert dict(found.outputs) == {"high": 3, "low": 0, "mid": 2}
    given = {"mid": 1, "high": "low", "low": "high"}
    other = subject(bundle, corpus, COMPOSITE, outputs=given)
    assert dict(other.outputs) == {"high": 0, "low": 3, "mid": 1} and other.classes == CLASSES
    with pytest.raises(InputError, match="outputs: class 'low' of corpus parted has no output"):
        subject(bundle, corpus, COMPOSITE, outputs={"mid": 1, "high": 0})


def test_rules_and_engine_are_those_that_are_asked_for(world):
    bundle, corpus = world.explained.bundle, world.corpus
    assert isinstance(world.explained.engine, LRP)
    assert isinstance(subject(bundle, corpus, COMPOSITE, engine="zennit").engine, Zennit)
    assert isinstance(subject(bundle, corpus, COMPOSITE, engine="chain").engine, LRP)
    with pytest.raises(InputError, match="engine: 'chian'"):
        subject(bundle, corpus, COMPOSITE, engine="chian")
    with pytest.raises(InputError, match="composite: no preset 'tone'"):
        subject(bundle, corpus, "tone")
    other, position = subject(bundle, corpus, FLAT), 3
    (batch,) = batches(other, corpus, np.array([position]))
    found = other.engine.explain(batch.inputs).heatmap(batch.targets)[0]
    expected = one_heatmap(other, corpus, position, composite=FLAT)
    np.testing.assert_allclose(found, expected, atol=1e-5 * abs(expected).max())
    assert abs(expected - one_heatmap(other, corpus, position)).max() > 0.1 * abs(expected).max()


def test_layers_of_a_network_that_is_no_chain_are_those_that_its_bundle_names(world):
    bundle = branched()
    found = subject(bundle, world.corpus, COMPOSITE)
    assert isinstance(found.engine, Zennit) and found.layers == ("entry", "branch")
    named = {"outer": Layer("beside.1", "channels"), "inner": Layer("first.1", "channels")}
    info = {"classes": OUTPUTS, "layers": describe(named)}
    other = subject(replace(bundle, info=info), world.corpus, COMPOSITE, ["inner"])
    assert other.layers == ("inner",) and other.engine.layers == ("outer", "inner")


class Normalised(nn.Module):
    """A convolution with batch normalisation after it."""

    def __init__(self):
        super().__init__()
        self.conv, self.norm = nn.Conv2d(1, 4, 3, padding=1), nn.BatchNorm2d(4)
        self.relu, self.last = nn.ReLU(), nn.Linear(4, 4)
        for values in (self.norm.weight, self.norm.running_var):
            nn.init.uniform_(values, 0.3, 2.0)
        for values in (self.norm.bias, self.norm.running_mean):
            nn.init.normal_(values)
        self.layers = {"entry": Layer("relu", "channels")}

    def forward(self, spectrograms):
        maps = self.relu(self.norm(self.conv(spectrograms[:, None])))
        return self.last(maps.mean(dim=(2, 3)))


def test_batch_normalisation_is_merged_into_the_convolution_before_it(world):
    torch.manual_seed(3)
    network = Normalised().eval()
    merged = Normalised().eval()
    merged.load_state_dict(network.state_dict())
    with torch.no_grad():
        gain = network.norm.weight / (network.norm.running_var + network.norm.eps).sqrt()
        merged.conv.weight.mul_(gain[:, None, None, None])
        merged.conv.bias.sub_(network.norm.running_mean).mul_(gain).add_(network.norm.bias)
        merged.norm = nn.Identity()
    bundle = replace(world.explained.bundle, network=network, info={"classes": OUTPUTS})
    found = subject(bundle, world.corpus, COMPOSITE)
    (batch,) = batches(found, world.corpus, world.test[:3])
    heatmaps = found.engine.explain(batch.inputs).heatmap(batch.targets)
    other = Zennit(merged, parse(COMPOSITE), merged.layers)
    expected = other.explain(batch.inputs).heatmap(batch.targets)
    torch.testing.assert_close(heatmaps, expected, rtol=1e-3, atol=1e-5)
    without = Zennit(network, parse(COMPOSITE), network.layers).explain(batch.inputs)
    assert (without.heatmap(batch.targets) - expected).abs().max() > 0.1 * expected.abs().max()


def test_a_subject_on_disk_is_explained_as_its_settings_say(world, monkeypatch):
    settings = {"composite": FLAT, "layers": ["conv2"], "engine": "zennit", "outputs": None}
    found = load_subject(str(world.folder / "network"), world.corpus, settings, "cpu")
    assert found.layers == ("conv2",) and isinstance(found.engine, Zennit)
    assert found.device == torch.device("cpu") and not found.bundle.network.training
    for name, weights in world.explained.bundle.network.state_dict().items():
        assert torch.equal(found.bundle.network.state_dict()[name], weights)
    asked = []
    monkeypatch.setattr(explaining, "pick_device", lambda a: asked.append(a) or "meta")
    elsewhere = load_subject(str(world.folder / "network"), world.corpus, settings, "gpu")
    assert asked == ["gpu"] and elsewhere.device == torch.device("meta")
    assert elsewhere.bundle.front_end.window.device == torch.device("meta")


# --- its clips


def drawn(corpus, split, per_class, seed):
    """Positions of each class's clips in an order that the class's name decides."""
    chosen = []
    for name in corpus.classes:
        of_split = [p for p in range(len(corpus)) if corpus.splits[p] == split]
        own = [p for p in of_split if label_of(corpus, p) == name]
        order = generator(seed, "explained clips", split, name).permutation(len(own))
        chosen += [own[i] for i in order[:per_class]]
    return sorted(chosen)


@pytest.mark.parametrize(("split", "per_class"), [("test", 3), ("train", 6), ("test", 1)])
def test_clips_are_drawn_by_seed_split_and_class(world, split, per_class):
    found = chosen_clips(world.corpus, split, per_class, 4)
    assert found.tolist() == drawn(world.corpus, split, per_class, 4)
    counts = {name: min(per_class, COUNTS[split][name]) for name in CLASSES}
    labels = [label_of(world.corpus, p) for p in found]
    assert {name: labels.count(name) for name in CLASSES} == counts
    assert found.tolist() != chosen_clips(world.corpus, split, per_class, 5).tolist()


def test_fewer_clips_are_among_more_and_a_class_gives_all_it_has(world):
    sets = [set(chosen_clips(world.corpus, "test", n, 0).tolist()) for n in range(1, 10)]
    assert all(few < more for few, more in pairwise(sets[:8]))
    assert sets[7] == sets[8] == set(world.corpus.indices("test").tolist())
    with pytest.raises(InputError, match="corpus parted: no clip in split 'tset'"):
        chosen_clips(world.corpus, "tset", 2, 0)


def test_clips_with_several_labels_are_refused(tmp_path):
    with CorpusWriter(tmp_path / "tagged", CLASSES, RATE, 50, tags=True) as writer:
        writer.add("a", np.full(50, 0.3), ["low", "mid"], "test")
    corpus = explaining.Corpus(tmp_path / "tagged")
    with pytest.raises(InputError, match="corpus tagged: clips have several labels, one is needed"):
        chosen_clips(corpus, "test", 1, 0)


def test_what_is_told_of_clips(world):
    table = clip_columns(world.corpus, world.test)
    assert list(table.columns) == ["clip", "group", "label"]
    assert table["clip"].tolist() == [world.corpus.clips[p] for p in world.test]
    check_clips(table, world.corpus)
    assert len(set(table["group"])) not in (len(table), len(set(table["label"])))


@pytest.mark.parametrize("size", [1, 5, 7, None])
def test_batches_keep_clips_labels_targets_and_inputs_together(world, size):
    options = {} if size is None else {"size": size}
    found = list(batches(world.explained, world.corpus, world.test, **options))
    size = size or CPU_BATCH
    assert [len(b.inputs) for b in found] == [size] * (18 // size) + [18 % size] * (18 % size > 0)
    assert np.concatenate([b.positions for b in found]).tolist() == world.test.tolist()
    for batch in found:
        for row, position in enumerate(batch.positions):
            assert batch.labels[row] == label_of(world.corpus, position)
            assert batch.targets[row] == OUTPUTS.index(batch.labels[row])
            expected = one_input(world.explained.bundle.front_end, world.corpus, position)
            torch.testing.assert_close(batch.inputs[row], expected, rtol=1e-5, atol=1e-5)
        assert batch.targets.dtype == torch.int64 and not batch.inputs.requires_grad


def test_targets_are_the_outputs_that_a_subject_has(world):
    outputs = {"mid": 1, "high": 3, "low": 2}
    other = replace(world.explained, outputs=outputs)
    (batch,) = batches(other, world.corpus, world.test, 18)
    assert batch.targets.tolist() == [outputs[label] for label in batch.labels]


class Answering(nn.Module):
    """Answers whatever it is told to."""

    def __init__(self, answer):
        super().__init__()
        self.answer, self.scale = answer, nn.Parameter(torch.ones(1))

    def forward(self, inputs):
        return self.answer(inputs)


def test_what_gives_no_spectrograms_or_logits_is_refused(world):
    def first(network, front_end=world.explained.bundle.front_end, classes=OUTPUTS):
        bundle = Bundle(network, front_end, {"classes": classes})
        next(batches(replace(world.explained, bundle=bundle), world.corpus, world.test, 4))

    heard = Waveform(WaveformSettings(HEARD.rate))
    told = r"relevance is shown on spectrograms \(clips, mels, frames\), and the network's front "
    with pytest.raises(InputError, match=told + r"end gives \(4, 1200\): choose one that"):
        first(Answering(lambda inputs: torch.zeros(4, 4)), heard)
    with pytest.raises(InputError, match="Answering returns dict: let it return logits .clips"):
        first(Answering(lambda inputs: {"logits": torch.zeros(4, 4)}))
    for shape in ((4, 5), (4,), (3, 4)):
        with pytest.raises(InputError, match=r"Answering answers with shape .*expected \(4, 4\)"):
            first(Answering(lambda inputs, shape=shape: torch.zeros(shape)))
    first(Answering(lambda inputs: torch.zeros(4, 9)), classes=[])


def test_sounds_are_heard_at_the_rate_of_the_front_end(world):
    found = waveforms(world.explained, world.corpus, world.test)
    assert found.shape == (18, SAMPLES * HEARD.rate // RATE) and found.dtype == torch.float32
    for sound, position in zip(found, world.test, strict=True):
        expected = one_sound(world.corpus.waveforms([position])[0])
        np.testing.assert_array_equal(sound, expected)


@pytest.mark.parametrize("names", [["tone", "click"], ["noise"], PARTS])
def test_parts_are_those_of_their_names_and_silent_where_a_clip_lacks_them(world, names):
    found = part_sounds(world.explained, world.corpus, world.test, names)
    assert found.shape == (18, len(names), 1200)
    lacking = 0
    for row, position in enumerate(world.test):
        for column, name in enumerate(names):
            expected = one_part(world.corpus, position, name)
            np.testing.assert_allclose(found[row, column], expected, atol=1e-7)
            lacking += not expected.any()
    assert lacking or names == ["noise"]
    if names == PARTS:
        sums = found.sum(dim=1)
        torch.testing.assert_close(
            sums, waveforms(world.explained, world.corpus, world.test), atol=1e-4, rtol=0
        )


def test_parts_that_there_are_not_are_refused(world, tmp_path):
    with pytest.raises(InputError, match="objects: corpus parted has no part 'clik' .*'click'"):
        part_sounds(world.explained, world.corpus, world.test, ["tone", "clik"])
    plain = heard_corpus(tmp_path / "plain", {"test": {"high": 1, "low": 1, "mid": 1}}, False)
    with pytest.raises(InputError, match="corpus plain has no parts: set 'parts: true'"):
        part_sounds(world.explained, plain, np.array([0]), ["tone"])


# --- its answers


@pytest.mark.parametrize("outputs", [None, {"mid": "mid", "high": 1, "low": "high"}])
def test_answers_stand_beside_their_clips(world, outputs):
    bundle, corpus = world.explained.bundle, world.corpus
    table = predictions(bundle, corpus, "explained", outputs)
    columns = ["clip", "group", "label", "role", "predicted", "probability"]
    assert sorted(table.columns) == sorted(columns) and set(table["role"]) == {"explained"}
    check_clips(table, corpus)
    names = {o: o for o in OUTPUTS} if outputs is None else {"mid": "mid", "other": "high"}
    names |= {} if outputs is None else {"high": "low"}
    rows = rows_of(table, "clip")
    assert len(rows) == len(corpus.indices("test"))
    for position in corpus.indices("test"):
        inputs = one_input(bundle.front_end, corpus, position)
        with torch.no_grad():
            values = bundle.network(inputs[None])[0].double().softmax(dim=0)
        known = {name: values[OUTPUTS.index(output)].item() for output, name in names.items()}
        row = rows[(corpus.clips[position],)]
        assert row["predicted"] == max(known, key=known.get)
        assert row["probability"] == pytest.approx(max(known.values()), rel=1e-4)
    assert len(set(table["predicted"])) >= 3


def test_a_composite_may_be_a_preset(world):
    found = subject(world.explained.bundle, world.corpus, "tones")
    (batch,) = batches(found, world.corpus, world.test[:2])
    other = LRP(world.explained.bundle.network, parse("tones"))
    expected = other.explain(batch.inputs).heatmap(batch.targets)
    torch.testing.assert_close(found.engine.explain(batch.inputs).heatmap(batch.targets), expected)
