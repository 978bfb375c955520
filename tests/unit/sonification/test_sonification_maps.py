"""What maps prefer, what networks answer, what first filters let through: one by one."""

from itertools import product

import numpy as np
import pytest
import torch
from sklearn.metrics import average_precision_score, roc_auc_score
from sonified_worlds import (
    BLOCKS,
    CLASSES,
    DEAD,
    HEARD,
    WIDTHS,
    WORDS,
    check_columns,
    exact,
    labels_of,
    one_sound,
    rows_of,
    written,
)
from torch import nn

from tonotopy.ears import Ear
from tonotopy.frontends.waveform import Waveform, WaveformSettings
from tonotopy.networks.bundle import Bundle
from tonotopy.networks.layers import Layer
from tonotopy.studies.sonification.hearing import chosen_clips
from tonotopy.studies.sonification.maps import (
    answer_table,
    favourite_table,
    filter_tables,
    first_filters,
    score_table,
    selection_table,
)

ABOUT = {"network": "O", "run": "i", "layer": "O", "depth": "i"}
SOME = ["block1", "block4", "block9"]


def means(ear, corpus, positions):
    """Mean activation of each layer, clip and map, in float64."""
    passed = [written(ear, corpus, position) for position in positions]
    return {name: np.stack([p.means(BLOCKS.index(name)) for p in passed]) for name in ear.layers}


def area(positive, negative):
    """How often the first is the larger one; ties count half."""
    pairs = list(product(positive, negative))
    return sum((x > y) + 0.5 * (x == y) for x, y in pairs) / len(pairs)


def test_the_map_of_a_class_has_the_largest_area_over_the_drawn_training_clips(world):
    ear = world.ear("contrastive", SOME, run=2)
    table = selection_table(ear, world.events, 11, seed=6)
    check_columns(table, {**ABOUT, "label": "O", "map": "i", "auc": "f"})
    rows = rows_of(table, "layer", "label")
    assert len(rows) == len(SOME) * len(CLASSES) and set(table["run"]) == {2}
    assert table["label"].tolist() == CLASSES * 3
    positions = chosen_clips(world.events, "train", 11, 6)
    own = {
        name: np.array([name in labels_of(world.events, p) for p in positions]) for name in CLASSES
    }
    for layer, values in means(ear, world.events, positions).items():
        for label, has in own.items():
            row = rows[layer, label]
            if not has.any():
                assert label == "rare" and row["map"] == -1 and np.isnan(row["auc"])
                continue
            areas = [area(values[has, m], values[~has, m]) for m in range(values.shape[1])]
            assert row["auc"] == pytest.approx(max(areas), abs=0.02)
            assert areas[row["map"]] == pytest.approx(row["auc"], abs=0.02)
            assert row["depth"] == SOME.index(layer) + 1


def test_the_choice_depends_on_the_seed_but_not_with_all_clips(world):
    ear = world.ear("supervised", ["block3"])
    few = [selection_table(ear, world.events, 6, seed)["auc"].tolist() for seed in range(4)]
    assert len({str(row) for row in few}) > 1
    whole = [selection_table(ear, world.events, None, seed) for seed in (0, 1)]
    assert whole[0].equals(whole[1])
    words = selection_table(ear, world.words, None, 0)
    assert words["label"].tolist() == WORDS and words["auc"].notna().all()


def test_a_class_that_all_clips_have_has_no_map(world):
    ear = world.ear("strided")
    corpus = OneClass(world.words)
    table = selection_table(ear, corpus, None, 0)
    assert (table["map"] == -1).all() and table["auc"].isna().all()


class OneClass:
    """The clips of a corpus that are of its first class."""

    def __init__(self, corpus):
        self._corpus = corpus

    def __getattr__(self, name):
        return getattr(self._corpus, name)

    def indices(self, split):
        positions = self._corpus.indices(split)
        return positions[self._corpus.labels[positions] == 0]


def test_favourites_are_the_five_clips_of_the_largest_means(world):
    ear = world.ear("contrastive", SOME, run=1)
    table = favourite_table(ear, world.events, world.test)
    columns = {"map": "i", "rank": "i", "clip": "O", "label": "O", "activation": "f"}
    check_columns(table, {**ABOUT, **columns})
    rows = rows_of(table, "layer", "map", "rank")
    widths = [WIDTHS[BLOCKS.index(layer)] for layer in SOME]
    assert len(rows) == 5 * sum(widths) and set(table["run"]) == {1}
    where = {clip: position for position, clip in enumerate(world.events.clips)}
    for layer, values in means(ear, world.events, world.test).items():
        for number in range(values.shape[1]):
            order = sorted(values[:, number], reverse=True)
            for rank in range(1, 6):
                row = rows[layer, number, rank]
                place = list(world.test).index(where[row["clip"]])
                assert row["activation"] == pytest.approx(order[rank - 1], rel=1e-4, abs=1e-6)
                assert values[place, number] == pytest.approx(row["activation"], rel=1e-4, abs=1e-6)
                assert row["label"] == labels_of(world.events, where[row["clip"]])[0]
                assert row["depth"] == SOME.index(layer) + 1
    dead = table[(table["layer"] == DEAD[1]) & (table["map"] == DEAD[2])]
    assert (dead["activation"] == 0).all()
    assert dead["clip"].tolist() == list(world.events.clips[world.test[:5]])  # ties keep the order


def test_fewer_clips_than_favourites(world):
    table = favourite_table(world.ear("strided", ["stem"]), world.words, np.array([4, 2, 9]))
    assert table["rank"].max() == 3 and len(table) == 3 * 4


# --- answers


def test_scores_of_several_labels_are_average_precisions(world):
    rng = np.random.default_rng(0)
    positions = world.test
    answers = rng.normal(size=(len(positions), len(CLASSES)))
    table = score_table(answers, world.events, positions)
    check_columns(table, {"label": "O", "measure": "O", "score": "f", "auc": "f", "clips": "i"})
    assert table["label"].tolist() == CLASSES and set(table["measure"]) == {"average precision"}
    for index, row in table.iterrows():
        own = [CLASSES[index] in labels_of(world.events, p) for p in positions]
        ranked = [own[i] for i in np.argsort(-answers[:, index])]
        hits = [sum(ranked[: n + 1]) / (n + 1) for n in range(len(ranked)) if ranked[n]]
        assert row["score"] == pytest.approx(np.mean(hits)) and row["clips"] == sum(own)
        assert row["score"] == pytest.approx(average_precision_score(own, answers[:, index]))
        assert row["auc"] == pytest.approx(roc_auc_score(own, answers[:, index]))


def test_scores_of_one_label_are_recalls(world):
    positions = np.random.default_rng(1).permutation(world.words.indices("test"))
    answers = np.random.default_rng(2).normal(size=(len(positions), 3))
    table = score_table(answers, world.words, positions).set_index("label")
    assert list(table.index) == WORDS and set(table["measure"]) == {"recall"}
    assert table["auc"].isna().all()
    for index, label in enumerate(WORDS):
        own = [p for p in range(len(positions)) if labels_of(world.words, positions[p]) == [label]]
        right = [answers[p].argmax() == index for p in own]
        assert table["score"][label] == pytest.approx(np.mean(right))
        assert table["clips"][label] == len(own)


def test_classes_that_nobody_or_everybody_has_are_left_out(world):
    hissing = [p for p in world.test if "hiss" in labels_of(world.events, p)]
    answers = np.random.default_rng(3).normal(size=(len(hissing), len(CLASSES)))
    table = score_table(answers, world.events, np.array(hissing))
    assert table["label"].tolist() == ["buzz", "chirp", "tap"]
    one = np.flatnonzero(world.words.labels == 1)[:2]
    table = score_table(np.array([[0, 1.0, 0], [2.0, 1, 0]]), world.words, one)
    assert table[["label", "score", "clips"]].values.tolist() == [["no", 0.5, 2]]
    assert score_table(np.zeros((0, 3)), world.words, one[:0]).empty


def test_own_answers_are_scored_on_the_test_clips_of_the_own_corpus(world):
    ear = world.ear("supervised", ["block1"], run=4)
    table = answer_table(ear, {"words": world.words, "events": world.events})
    columns = {"label": "O", "measure": "O", "score": "f", "auc": "f", "clips": "i"}
    check_columns(table, {**columns, "network": "O", "run": "i"})
    network = exact(ear.bundle.network)
    positions = world.events.indices("test")
    sounds = np.stack([one_sound(world.events, p) for p in positions])
    with torch.no_grad():
        answers = network(torch.from_numpy(sounds).double()).numpy()
    expected = score_table(answers, world.events, positions)
    np.testing.assert_allclose(table["score"], expected["score"], atol=1e-6)
    assert set(table["network"]) == {"supervised"} and set(table["run"]) == {4}


def test_networks_without_answers_for_the_corpus_have_no_rows(world):
    corpora = {"events": world.events, "words": world.words}
    for name in ("contrastive", "untrained", "strided"):
        assert answer_table(world.ear(name), corpora).empty
    ear = world.ear("supervised")
    assert answer_table(ear, {"words": world.words}).empty  # its corpus is not among them
    info = {**ear.bundle.info, "classes": CLASSES[::-1]}
    other = Ear("supervised", 0, Bundle(ear.bundle.network, ear.bundle.front_end, info), ear.layers)
    assert answer_table(other, corpora).empty


# --- first filters


def response(taps, hz):
    """Squared size of a filter's response to a tone, over samples of the networks' rate."""
    return abs(sum(tap * np.exp(-2j * np.pi * hz / HEARD * n) for n, tap in enumerate(taps))) ** 2


def test_filters_and_their_responses_frequency_by_frequency(world):
    ear = world.ear("contrastive", run=3)
    filters, responses = filter_tables(ear)
    about = {"network": "O", "run": "i", "filter": "i"}
    check_columns(filters, {**about, "selectivity": "f", "peak_hz": "f"})
    check_columns(responses, {**about, "hz": "f", "power": "f"})
    weights = ear.bundle.network.features[0][0].weight.detach().double().numpy()[:, 0, 0]
    grid = np.linspace(0, HEARD / 2, 513)
    assert filters["filter"].tolist() == [0, 1, 2] and set(filters["run"]) == {3}
    for row in filters.to_dict("records"):
        power = np.array([response(weights[row["filter"]], hz) for hz in grid])
        flat = np.exp(np.log(power).mean()) / power.mean()
        assert row["selectivity"] == pytest.approx(1 - flat, abs=1e-6)
        assert row["peak_hz"] == pytest.approx(grid[power.argmax()])
        own = responses[responses["filter"] == row["filter"]]
        np.testing.assert_allclose(own["hz"], grid[::8])
        np.testing.assert_allclose(own["power"], power[::8] / power.max(), atol=1e-9)


def ear_of(network, **layers):
    front_end = Waveform(WaveformSettings(HEARD))
    return Ear("some", 0, Bundle(network, front_end, {"classes": []}), layers)


def test_a_network_that_begins_otherwise_has_no_filters(world):
    first = Layer("0", "channels")
    for network in (nn.Sequential(nn.Conv1d(2, 3, 4)), nn.Sequential(nn.Linear(3, 2))):
        assert first_filters(ear_of(network, first=first)) is None
        assert all(table.empty for table in filter_tables(ear_of(network, first=first)))
    strided = world.ear("strided")
    assert first_filters(strided).shape == (4, 8)
    assert len(filter_tables(strided)[0]) == 4


@pytest.mark.filterwarnings("error")
def test_a_filter_of_zeros_has_no_response(world):
    network = nn.Sequential(nn.Conv1d(1, 2, 5))
    nn.init.zeros_(network[0].weight[:1].detach())
    filters, responses = filter_tables(ear_of(network, first=Layer("0", "channels")))
    assert np.isnan(filters["selectivity"][0]) and filters["selectivity"][1] > 0
    own = responses.groupby("filter")["power"]
    assert own.max()[1] == pytest.approx(1, abs=0.05) and own.max()[0] == 0
