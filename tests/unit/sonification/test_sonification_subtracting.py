"""What is answered without a sonification: scores class by class, logits pair by pair."""

from itertools import permutations

import numpy as np
import pandas as pd
import pytest
import torch
from sonified_worlds import (
    BLOCKS,
    CLASSES,
    WORDS,
    check_columns,
    exact,
    labels_of,
    loudest_map,
    one_sound,
    rows_of,
    unit_peak,
    written,
)

from tonotopy.ears import Ear, even_batches
from tonotopy.errors import InputError
from tonotopy.networks.bundle import Bundle
from tonotopy.networks.layers import Layer
from tonotopy.networks.transferred import Transferred
from tonotopy.seeding import generator
from tonotopy.studies.sonification import subtracting
from tonotopy.studies.sonification.maps import score_table
from tonotopy.studies.sonification.subtracting import residual_table, targeted_table

SOME = ["block1", "block5", "block10"]
SEED = 8
SCORES = {"label": "O", "measure": "O", "score": "f", "auc": "f", "clips": "i"}
ABOUT = {"network": "O", "run": "i", "layer": "O", "depth": "i"}


def answering(ear: Ear, classes: list[str], seed: int = 5) -> Ear:
    """The encoder with classifiers of two layers, of which the last one answers."""
    torch.manual_seed(seed)
    taps = {"block3": Layer("features.2", "channels"), "whole": Layer("encoder")}
    network = Transferred(ear.bundle.network, taps, {"block3": 5, "whole": 5}, len(classes), True)
    for head, standard in zip(network.heads, network.standards, strict=True):
        torch.nn.init.normal_(head.weight)
        standard.fit(torch.randn(6, 5) * 0.1)
    layers = {
        name: Layer(f"encoder.{layer.path}", layer.read) for name, layer in ear.layers.items()
    }
    bundle = Bundle(network.eval(), ear.bundle.front_end, {"classes": classes})
    return Ear(ear.network, ear.run, bundle, layers)


@pytest.fixture
def ear(world):
    return answering(world.ear("supervised", SOME, run=1), CLASSES)


def logits(ear, sound):
    """What the last classifier answers to one clip, in float64."""
    with torch.no_grad():
        return exact(ear.bundle.network)(torch.from_numpy(sound).double()[None])[0, -1].numpy()


def sonified(ear, corpus, position, layer):
    """Scaled sonification of the most active map of one clip."""
    passed = written(ear, corpus, position)
    block = BLOCKS.index(layer)
    return unit_peak(passed.sonify(block, loudest_map(passed, block)), one_sound(corpus, position))


def altered(ear, corpus, positions, layer, kind):
    """What one clip after the other is made of."""
    for position in positions:
        sound = one_sound(corpus, position).astype(float)
        if kind == "original":
            yield sound
            continue
        residual = sound - sonified(ear, corpus, position, layer)
        if kind == "residual":
            yield residual
            continue
        size, phase = np.abs(np.fft.rfft(residual)), np.angle(np.fft.rfft(sound))
        yield np.fft.irfft(size * np.exp(1j * phase), n=len(sound))


@pytest.fixture
def found(world, ear, monkeypatch):
    monkeypatch.setattr(subtracting, "even_batches", lambda p: even_batches(p, 4))
    return residual_table(ear, world.events, world.test, SEED)


def test_scores_are_those_of_clips_that_were_altered_one_by_one(world, ear, found):
    check_columns(found, {**ABOUT, "kind": "O", **SCORES})
    rows = rows_of(found, "layer", "kind", "label")
    assert len(rows) == len(CLASSES) * (1 + 3 * len(SOME))
    wanted = [
        ("", "original"),
        *((layer, kind) for layer in SOME for kind in ("residual", "filter")),
    ]
    for layer, kind in wanted:
        answers = [
            logits(ear, sound) for sound in altered(ear, world.events, world.test, layer, kind)
        ]
        expected = score_table(np.stack(answers), world.events, world.test)
        for row in expected.to_dict("records"):
            own = rows[layer, kind, row["label"]]
            assert own["score"] == pytest.approx(row["score"], abs=1e-6), (layer, kind)
            assert own["auc"] == pytest.approx(row["auc"], abs=1e-6)
            assert own["clips"] == row["clips"] and own["measure"] == "average precision"
            assert own["depth"] == (SOME.index(layer) + 1 if layer else 0)
            assert own["network"] == "supervised" and own["run"] == 1


def test_phases_are_drawn_by_seed_and_batch_and_amplitudes_are_kept(world, ear, monkeypatch):
    heard = {}
    batch = world.test[:3]

    def noted(network, sounds):
        heard.setdefault(len(heard), sounds.numpy())
        return np.zeros((len(sounds), len(CLASSES)))

    monkeypatch.setattr(subtracting, "answers", noted)
    residual_table(ear, world.events, batch, SEED)
    original, residual, phase, filtered = (heard[i] for i in range(4))  # of the first layer
    own = original - residual
    turned = original - phase
    before, after = np.fft.rfft(own), np.fft.rfft(turned)
    np.testing.assert_allclose(np.abs(after), np.abs(before), rtol=1e-3, atol=1e-4)
    rng = generator(SEED, "phases", "events", int(batch[0]))
    turns = np.exp(2j * np.pi * rng.random(before.shape))
    inside = slice(1, before.shape[1] - 1)
    np.testing.assert_allclose(after[:, inside], (before * turns)[:, inside], atol=1e-2)
    size = np.abs(np.fft.rfft(residual))
    np.testing.assert_allclose(np.abs(np.fft.rfft(filtered)), size, rtol=1e-3, atol=1e-3)
    assert {sounds.dtype for sounds in heard.values()} == {np.dtype("float32")}
    assert len(heard) == 1 + 3 * len(SOME)


def test_a_run_again_gives_the_same_and_other_phases_with_another_seed(world, ear):
    again = [residual_table(ear, world.events, world.test[:6], seed) for seed in (1, 1, 2)]
    assert again[0].equals(again[1])
    kinds = again[0]["kind"] == "phase"
    assert again[0][~kinds].equals(again[2][~kinds])


def test_clips_of_one_label_are_scored_by_recall(world):
    ear = answering(world.ear("contrastive", ["block2"]), WORDS)
    positions = world.words.indices("test")
    table = residual_table(ear, world.words, positions, SEED)
    assert set(table["measure"]) == {"recall"} and table["auc"].isna().all()
    original = table[table["kind"] == "original"].set_index("label")["score"]
    for index, word in enumerate(WORDS):
        own = [p for p in positions if labels_of(world.words, p) == [word]]
        right = [logits(ear, one_sound(world.words, p)).argmax() == index for p in own]
        assert original[word] == pytest.approx(np.mean(right))


# --- the sonification of one of several classes


def selected(**maps) -> pd.DataFrame:
    """A map for every class and layer, in no order."""
    rows = [
        {"layer": layer, "label": label, "map": maps.get(label, (2 * index + depth) % 3)}
        for depth, layer in enumerate(SOME)
        for index, label in enumerate(CLASSES)
    ]
    return pd.DataFrame(rows).sample(frac=1, random_state=3)


def test_every_ordered_pair_of_classes_of_every_clip(world, ear):
    maps = selected()
    table = targeted_table(ear, world.events, world.test, maps)
    pair = {"target": "O", "other": "O", "drop_target": "f", "drop_other": "f"}
    check_columns(table, {**ABOUT, "clip": "O", "group": "O", **pair})
    rows = rows_of(table, "layer", "clip", "target", "other")
    chosen, seen = maps.set_index(["layer", "label"])["map"], 0
    for position in world.test:
        names = labels_of(world.events, position)
        sound = one_sound(world.events, position).astype(float)
        passed = written(ear, world.events, position)
        before = logits(ear, sound)
        for layer in SOME:
            for target, other in permutations(names, 2):
                own = passed.sonify(BLOCKS.index(layer), chosen[layer, target])
                after = logits(ear, sound - unit_peak(own, sound))
                row = rows[layer, world.events.clips[position], target, other]
                for column, name in (("drop_target", target), ("drop_other", other)):
                    drop = before[CLASSES.index(name)] - after[CLASSES.index(name)]
                    assert row[column] == pytest.approx(drop, rel=1e-3, abs=1e-4)
                assert row["group"] == world.events.groups[position]
                assert row["depth"] == SOME.index(layer) + 1 and row["run"] == 1
                seen += 1
    assert seen == len(rows) == 3 * 2 * (5 + 3)


def test_clips_with_a_class_that_has_no_map_or_without_others_are_left_out(world, ear):
    table = targeted_table(ear, world.events, world.test, selected(rare=-1))
    assert len(table) == 3 * 2 * 7 and "rare" not in set(table["target"])
    unknown = selected()[lambda rows: rows["label"] != "rare"]  # classes of another corpus
    pd.testing.assert_frame_equal(targeted_table(ear, world.events, world.test, unknown), table)
    alone = [p for p in world.test if len(labels_of(world.events, p)) == 1]
    assert targeted_table(ear, world.events, alone, selected()).empty
    words = answering(world.ear("contrastive", SOME), WORDS)
    assert targeted_table(words, world.words, world.words.indices("test"), selected()).empty


def test_classifiers_of_other_classes_are_refused(world, ear):
    told = (
        "^answers: the classifiers tell .*yes.* apart, but clips of corpus events have the classes"
    )
    other = answering(world.ear("contrastive", SOME), WORDS)
    for judge in (
        lambda: residual_table(other, world.events, world.test, SEED),
        lambda: targeted_table(other, world.events, world.test, selected()),
    ):
        with pytest.raises(InputError, match=told):
            judge()


def test_the_last_classifier_answers(world, ear):
    sounds = np.stack([one_sound(world.events, p) for p in world.test[:3]])
    found = subtracting.answers(ear.bundle.network, torch.from_numpy(sounds))
    for row, sound in zip(found, sounds, strict=True):
        np.testing.assert_allclose(row, logits(ear, sound.astype(float)), rtol=1e-3, atol=1e-4)
