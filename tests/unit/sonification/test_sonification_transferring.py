"""Other tasks: what is frozen stays, what is taught answers, scores are those of every clip."""

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch
from sonified_worlds import (
    BLOCKS,
    CLASSES,
    WIDTHS,
    WORDS,
    check_columns,
    exact,
    one_sound,
)

from tonotopy.networks.bundle import load
from tonotopy.networks.layers import Layer
from tonotopy.seeding import generator
from tonotopy.studies.sonification import transferring
from tonotopy.studies.sonification.hearing import deconvnet
from tonotopy.studies.sonification.maps import score_table
from tonotopy.studies.sonification.transferring import Task, answering_ears, transfer_table
from tonotopy.training.budget import budgeted

SEED = 3
TRAINING = {"epochs": 2, "batch": 4, "learning_rate": 3e-2, "cache": True}
SETTINGS = {"learn": {"head": ["block2", "block7"], "all": ["block4"]}, "training": TRAINING}
COLUMNS = {"network": "O", "run": "i", "repeat": "i", "learn": "O", "layer": "O", "depth": "i",
           "label": "O", "measure": "O", "score": "f", "auc": "f", "clips": "i"}  # fmt: skip


@pytest.fixture(scope="module")
def taught(world, tmp_path_factory):
    """Teach the supervised network something, once for each of different settings."""
    kept = {}

    def teach(corpus, network="supervised", run=0, seed=SEED, layers=None, **settings):
        key = json.dumps([corpus.name, network, run, seed, settings], sort_keys=True)
        if key not in kept:
            folder = tmp_path_factory.mktemp("taught")
            (folder / "bundles").mkdir()
            task = Task(corpus, {**SETTINGS, **settings}, seed, "cpu", folder / "c", folder / "l")
            ear = world.ear(network, run=run)
            source = str(world.folder / network)
            table = transfer_table(ear, source, task, folder / "bundles")
            kept[key] = table, folder / "bundles", ear
        return kept[key]

    return teach


@pytest.fixture(scope="module")
def events(world, taught):
    return taught(world.events)


def answers(network, corpus, positions):
    """Logits of all classifiers, one clip after the other, in float64."""
    own = exact(network)
    with torch.no_grad():
        sounds = [torch.from_numpy(one_sound(corpus, p)).double()[None] for p in positions]
        return np.concatenate([own(sound).numpy() for sound in sounds])


def weights(bundle, inside=""):
    state = bundle.network.state_dict()
    return {k.removeprefix(inside): v for k, v in state.items() if k.startswith(inside)}


def test_a_head_leaves_the_encoder_as_it_was_to_the_bit_and_all_does_not(world, events):
    _, folder, _ = events
    source = weights(load(world.folder / "supervised"))
    head, whole = (weights(load(folder / learn), "encoder.") for learn in ("head", "all"))
    assert set(head) == set(whole) == set(source) and len(source) > 20
    assert all(torch.equal(head[key], value) for key, value in source.items())
    encoder = [key for key in source if not key.startswith("head.")]
    assert all(not torch.equal(whole[key], source[key]) for key in encoder)
    for learn in ("head", "all"):
        for classifier in load(folder / learn).network.heads:
            assert classifier.weight.abs().max() > 0


def test_columns_layers_and_depths(events):
    table, folder, _ = events
    check_columns(table.reset_index(drop=True), COLUMNS)
    rows = table[["learn", "layer", "depth"]].drop_duplicates().values.tolist()
    assert rows == [
        ["head", "block2", 2], ["head", "block7", 7], ["head", "whole", 12],
        ["all", "block4", 4], ["all", "whole", 12],
    ]  # fmt: skip
    assert table["label"].tolist() == CLASSES * 5 and set(table["repeat"]) == {0}
    assert sorted(path.name for path in folder.glob("[!.]*")) == ["all", "head"]


def test_scores_are_those_of_each_classifier_on_the_test_clips(world, events):
    table, folder, _ = events
    positions = world.events.indices("test")
    for learn, layers in (("head", ["block2", "block7", "whole"]), ("all", ["whole"])):
        found = answers(load(folder / learn).network, world.events, positions)
        assert found.shape == (9, len(layers), len(CLASSES))
        for number, layer in enumerate(layers):
            expected = score_table(found[:, number], world.events, positions)
            own = table[(table["learn"] == learn) & (table["layer"] == layer)]
            for name in ("score", "auc", "clips"):
                np.testing.assert_allclose(own[name], expected[name], atol=1e-6)
            assert own["label"].tolist() == expected["label"].tolist()


def seed_of(corpus, run=0, repeat=0, seed=SEED):
    return int(generator(seed, "transfer", corpus.name, run, repeat).integers(2**31))


@pytest.mark.parametrize("labels", [None, 6])
def test_inputs_are_standardised_by_the_clips_that_are_learned_from_alone(world, taught, labels):
    learn = {"head": ["block2"]}
    _, folder, ear = taught(world.events, labels=labels, learn=learn)
    network = load(folder / "head").network
    positions = budgeted(world.events, labels, seed_of(world.events))
    assert len(positions) == (labels or 14)
    assert set(world.events.splits[positions]) == {"train"}
    own = exact(ear.bundle.network)
    with torch.no_grad():
        sounds = [torch.from_numpy(one_sound(world.events, p)).double()[None] for p in positions]
        vectors = {
            "block2": [own.features[:2](s[:, None, None]).mean(dim=(2, 3))[0] for s in sounds],
            "whole": [own.encode(s)[0] for s in sounds],
        }
    for standard, rows in zip(network.standards, vectors.values(), strict=True):
        values = torch.stack(rows).numpy()
        np.testing.assert_allclose(standard.mean, values.mean(axis=0), rtol=1e-4, atol=1e-6)
        np.testing.assert_allclose(standard.scale, values.std(axis=0), rtol=1e-3, atol=2e-6)


def test_no_other_clips_are_heard_in_training_than_the_budget_allows(world, taught, monkeypatch):
    from tonotopy.training import learner

    heard = set()
    plain = learner.CorpusBatches.__getitem__

    def noted(self, positions):
        heard.update(map(int, positions))
        return plain(self, positions)

    monkeypatch.setattr(learner.CorpusBatches, "__getitem__", noted)
    taught(world.events, labels=5, learn={"head": []}, training={**TRAINING, "cache": False})
    assert heard == set(map(int, budgeted(world.events, 5, seed_of(world.events))))


def test_the_same_seed_gives_equal_tables_and_another_one_other_weights(world, taught, tmp_path):
    learn = {"head": []}
    first, folder, ear = taught(world.events, learn=learn)
    tables, heads = [], []
    for seed in (SEED, SEED + 1):
        task = Task(
            world.events, {**SETTINGS, "learn": learn}, seed, "cpu", tmp_path / "c", tmp_path / "l"
        )
        out = tmp_path / str(seed)
        out.mkdir()
        tables.append(transfer_table(ear, str(world.folder / "supervised"), task, out))
        heads.append(load(out / "head").network.heads[0].weight)
    pd.testing.assert_frame_equal(tables[0], first)
    assert torch.equal(heads[0], load(folder / "head").network.heads[0].weight)
    assert not torch.equal(*heads)


def test_repeats_have_seeds_of_their_own_and_the_first_is_kept(world, taught, monkeypatch):
    seeds, plain = [], transferring.train

    def noted(corpus, settings, out, checkpoints, logs, seed, *args, **options):
        seeds.append(
            (seed, checkpoints.name, "training" in settings and settings["training"]["keep"])
        )
        return plain(corpus, settings, out, checkpoints, logs, seed, *args, **options)

    monkeypatch.setattr(transferring, "train", noted)
    table, folder, _ = taught(world.words, run=2, runs=3, learn={"head": [], "all": []})
    assert table["repeat"].unique().tolist() == [0, 1, 2] and set(table["run"]) == {2}
    wanted = [seed_of(world.words, 2, repeat) for repeat in range(3) for _ in ("head", "all")]
    assert [seed for seed, _, _ in seeds] == wanted and len(set(wanted)) == 3
    assert len({name for _, name, _ in seeds}) == 6 and {keep for *_, keep in seeds} == {"last"}
    head = load(folder / "head")
    positions = world.words.indices("test")
    expected = score_table(
        answers(head.network, world.words, positions)[:, 0], world.words, positions
    )
    own = table[(table["repeat"] == 0) & (table["learn"] == "head")]
    np.testing.assert_allclose(own["score"], expected["score"])
    assert own["label"].tolist() == WORDS == head.classes and set(own["measure"]) == {"recall"}


def test_labels_of_one_class_are_taught_to_a_network_of_another_kind(world, taught):
    table, folder, _ = taught(world.words, network="strided", learn={"head": None})
    assert table["layer"].unique().tolist() == ["stem", "beside", "down", "gate", "whole"]
    assert table["depth"].unique().tolist() == [1, 2, 3, 4, 5]
    head = load(folder / "head")
    source = weights(load(world.folder / "strided"))
    own = weights(head, "encoder.")
    assert all(torch.equal(own[key], value) for key, value in source.items())
    positions = world.words.indices("test")
    found = answers(head.network, world.words, positions)
    expected = score_table(found[:, 2], world.words, positions)
    np.testing.assert_allclose(table[table["layer"] == "down"]["score"], expected["score"])


def test_a_frozen_encoder_is_trained_beside_in_evaluation(world):
    """Else its dropout would thin what heads learn from, and its averages would move."""
    ear, source = world.ear("supervised"), str(world.folder / "supervised")
    for learn, training in (("head", False), ("all", True)):
        taps = {"whole": Layer("encoder")}
        network = transferring._start(source, ear, taps, learn, world.words, None, 1).network
        assert {module.training for module in network.encoder.modules()} == {training}
        assert network.training and network.heads.training


def test_checkpoints_of_other_layers_are_not_gone_on_from(world, tmp_path):
    """Names of folders are cut off: what tells two trainings apart is more than these."""
    ear, source = world.ear("supervised"), str(world.folder / "supervised")
    starts = [
        transferring._start(source, ear, taps, learn, world.words, None, 1).digest
        for learn in ("head", "all")
        for taps in (
            {"block2": Layer("features.1", "channels")},
            {"block3": Layer("features.2", "channels")},
        )
    ]
    assert len(set(starts)) == 4
    other = transferring._start(
        str(world.folder / "untrained"), ear, {"block2": Layer("features.1", "channels")}, "head",
        world.words, None, 1,
    )  # fmt: skip
    assert other.digest not in starts


def test_transferred_networks_answer_with_the_maps_of_their_encoder(world, events, tmp_path):
    _, folder, ear = events
    some = replace(ear, layers={name: ear.layers[name] for name in ("block3", "block8")}, run=4)
    found = dict(answering_ears(str(folder), some))
    assert list(found) == ["head", "all"]
    for learn, own in found.items():
        assert (own.network, own.run, list(own.layers)) == ("supervised", 4, ["block3", "block8"])
        assert own.layers["block3"] == Layer("encoder.features.2", "channels")
        state, kept = own.bundle.network.state_dict(), load(folder / learn).network.state_dict()
        assert all(torch.equal(state[key], kept[key]) for key in kept)
        sound = torch.from_numpy(one_sound(world.events, 0))[None]
        with deconvnet(own).hear(sound) as heard:
            assert heard.activations("block3").shape[2] == WIDTHS[2]
    assert list(answering_ears(str(tmp_path), ear)) == []
    assert list(ear.layers) == BLOCKS
