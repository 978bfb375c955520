"""Codes of networks and known ones, reconstructions and answers of small networks."""

import numpy as np
import pytest
import torch
from partials_worlds import CLASSES, CODEC, HEARD, RATE

from tonotopy.corpora.hearing import waveforms_at
from tonotopy.partials.codes import strongest_semitones
from tonotopy.partials.natural import pooled
from tonotopy.studies.partials.coding import (
    Coding,
    answer_table,
    code_table,
    code_tables,
    known_table,
    reconstruction_table,
)
from tonotopy.studies.partials.hearing import activations, listeners
from tonotopy.studies.partials.statistics.information import frames_of, information_share

SETTINGS = {"clusters": 6, "books": 2, "clips": None}
SEED = 5


def ear_of(world, name):
    (ear,) = listeners([[name, 0, str(world.folder / name)]], None, "cpu")
    return ear


def heard(world, clips):
    return torch.from_numpy(waveforms_at(world.phrases, clips, HEARD))


def test_codes_of_a_codec_are_its_own(world):
    ear, clips = ear_of(world, "codec"), world.phrases.indices("test")
    table = code_table(Coding(ear, world.phrases, SETTINGS, SEED), world.phrases, clips)
    network = ear.bundle.network
    with torch.no_grad():
        codes = network.quantise(network.encode(heard(world, clips)), 2).numpy()
    assert codes.shape == (7, 2, 400)  # 2 ms each: five make a frame
    assert table["book"].unique().tolist() == [0, 1] and len(table) == 7 * 2 * 80
    semitones = strongest_semitones(heard(world, clips).numpy(), HEARD, 400, 5)
    for row, clip in enumerate(clips):
        for book in (0, 1):
            own = table[(table["clip"] == world.phrases.clips[clip]) & (table["book"] == book)]
            assert own["frame"].tolist() == list(range(80))
            assert own["code"].tolist() == codes[row, book, 2::5].tolist()
            assert np.array_equal(own["semitone"], semitones[row], equal_nan=True)
            assert set(own["group"]) == {world.phrases.groups[clip]}
    more = {**SETTINGS, "books": 9}
    every = code_table(Coding(ear, world.phrases, more, SEED), world.phrases, clips[:2])
    assert every["book"].max() == CODEC["books"] - 1


def test_codes_of_other_networks_are_the_nearest_clusters(world):
    ear, clips = ear_of(world, "tagger"), world.phrases.indices("test")
    coding = Coding(ear, world.phrases, SETTINGS, SEED)
    table = code_table(coding, world.phrases, clips)
    assert set(table["book"]) == {0} and table["code"].between(0, 5).all()
    vectors = activations(ear, heard(world, clips)).numpy()
    positions = vectors.shape[1]
    frames = pooled(vectors, 10 * positions // 800 or 1) / coding._scale
    centres = coding._means.cluster_centers_
    for row, clip in enumerate(clips):
        own = table[table["clip"] == world.phrases.clips[clip]]["code"].tolist()
        nearest = [int(((frame - centres) ** 2).sum(axis=1).argmin()) for frame in frames[row]]
        assert own == nearest
    assert len(set(table["code"])) > 2


def test_known_codes(world):
    clips = world.phrases.indices("test")
    table = known_table(world.phrases, clips, 6, {"low": 45, "high": 95}, SEED)
    assert set(table["network"]) == {"known"} and set(table["run"]) == {0}
    assert table.groupby("book").size().tolist() == [7 * 32, 7 * 32]  # 25 ms each
    chance = table[table["book"] == 1]
    assert chance.groupby("clip")["code"].nunique().eq(1).all()
    assert chance["code"].nunique() > 1 and chance["code"].between(0, 5).all()
    pitches = strongest_semitones(world.phrases.waveforms(clips), RATE, 32, 1)
    own = table[(table["book"] == 0) & (table["clip"] == world.phrases.clips[clips[3]])]
    assert np.array_equal(own["semitone"], pitches[3], equal_nan=True)
    again = known_table(world.phrases, clips, 6, {"low": 45, "high": 95}, SEED)
    assert table.equals(again)


def share(table):
    """The share of the entropy that codes tell beyond exchanges of whole clips."""
    frames = frames_of(table, sorted(table["group"].unique()))
    weights = np.ones((1, table["group"].nunique()))
    return float(information_share(frames, weights, np.random.default_rng(0))[0])


def test_spectral_codes_tell_of_pitch_and_random_ones_do_not(world):
    clips = np.arange(len(world.phrases))
    table = known_table(world.phrases, clips, 16, {"low": 45, "high": 95}, SEED)
    assert share(table[table["book"] == 0]) > 0.1
    assert abs(share(table[table["book"] == 1])) < 0.05
    frames = table[table["book"] == 1].sort_values(["clip", "frame"])
    # exchanges of frames would credit random codes: they know the clip, and the clip has pitches
    codes, pitches = frames["code"].to_numpy(), frames["semitone"].to_numpy()
    joint = np.unique(np.stack([codes, pitches]), axis=1, return_counts=True)[1]
    alone = [np.unique(values, return_counts=True)[1] for values in (codes, pitches)]

    def entropy(counts):
        return -(counts / counts.sum() * np.log2(counts / counts.sum())).sum()

    assert entropy(alone[0]) + entropy(alone[1]) - entropy(joint) > 0.5  # bits


def test_reconstructions_go_through_all_books(world):
    ear, clips = ear_of(world, "codec"), world.phrases.indices("test")
    table = reconstruction_table(ear, world.phrases, clips)
    network, sounds = ear.bundle.network, heard(world, clips)
    with torch.no_grad():
        codes = network.quantise(network.encode(sounds), 3)
        made = network.decode(network.dequantise(codes), sounds.shape[1])
    for row, clip in enumerate(clips):
        own = table.iloc[row]
        assert own["clip"] == world.phrases.clips[clip]
        assert own["group"] == world.phrases.groups[clip]
        sound, error = sounds[row].double(), (sounds[row] - made[row]).double()
        assert own["signal"] == pytest.approx(float((sound**2).sum()))
        assert own["error"] == pytest.approx(float((error**2).sum()), rel=1e-4)
    assert reconstruction_table(ear_of(world, "tagger"), world.phrases, clips).empty


def test_answers_are_those_of_networks_that_have_learned_labels(world):
    corpora = {"phrases": world.phrases, "notes": world.notes}
    ear, clips = ear_of(world, "tagger"), world.phrases.indices("test")
    table = answer_table(ear, corpora)
    with torch.no_grad():
        logits = ear.bundle.network(heard(world, clips)).numpy()
    assert table["clip"].tolist() == world.phrases.clips[clips].tolist()
    assert table["group"].tolist() == world.phrases.groups[clips].tolist()
    assert table["label"].tolist() == [CLASSES[k] for k in world.phrases.labels[clips]]
    assert table["predicted"].tolist() == [CLASSES[k] for k in logits.argmax(axis=1)]
    assert answer_table(ear, {"notes": world.notes}).empty
    assert answer_table(ear_of(world, "codec"), corpora).empty


def test_tables_of_a_network(world):
    settings = {**SETTINGS, "clips": 3}
    own = {"phrases": world.phrases}
    found = dict(code_tables(ear_of(world, "codec"), world.phrases, own, settings, SEED))
    assert list(found) == ["codes", "reconstructions", "answers"]
    assert found["codes"]["clip"].nunique() == 3 and len(found["reconstructions"]) == 7
