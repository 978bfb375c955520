"""What is probed with what: folds that keep songs, which rows there are, known references."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch
from torch import nn

from tonotopy.corpora.schema import Corpus
from tonotopy.corpora.writer import CorpusWriter
from tonotopy.errors import InputError
from tonotopy.frontends.log_mel import LogMel, LogMelSettings
from tonotopy.frontends.waveform import Waveform, WaveformSettings
from tonotopy.networks.bundle import Bundle
from tonotopy.networks.layers import Layer
from tonotopy.probes.crossval import linear_predictions
from tonotopy.probes.distances import squared_distances
from tonotopy.probes.folds import folds
from tonotopy.probes.neighbours import correct, shuffled_labels
from tonotopy.seeding import generator
from tonotopy.studies.hierarchy.controls import K, control_table
from tonotopy.studies.hierarchy.probing import (
    ProbeSettings,
    drawn_folds,
    probe_layer,
    probe_task,
)
from tonotopy.studies.hierarchy.summaries import clip_table, fold_row

RATE, CLASSES = 4000, ["a", "b", "c"]


@pytest.fixture(scope="module")
def noise(tmp_path_factory) -> Corpus:
    """Three classes that nothing tells apart, in groups (songs) of three clips."""
    rng, path = np.random.default_rng(3), tmp_path_factory.mktemp("corpora") / "noise"
    with CorpusWriter(path, CLASSES, RATE, 1000) as writer:
        for i in range(90):
            label = CLASSES[i // 3 % 3]
            writer.add(f"c{i}", rng.normal(0, 0.2, 1000).clip(-1, 1), label, "test", f"s{i // 3}")
    return Corpus(path)


def split(fold: np.ndarray, groups: np.ndarray) -> int:
    """Number of groups in more than one fold."""
    return sum(len(set(fold[groups == group])) > 1 for group in set(groups))


@pytest.mark.parametrize("keep_groups", [True, False])
def test_songs_stay_in_one_of_the_paper_s_folds_where_they_are_to(noise, keep_groups):
    settings = ProbeSettings((1,), ("paper", "grouped"), keep_groups=keep_groups, seed=4)
    drawn = drawn_folds(noise, settings)
    assert list(drawn) == ["paper", "grouped"]
    assert split(drawn["grouped"], noise.groups) == 0
    crossing = split(drawn["paper"], noise.groups)
    assert crossing == 0 if keep_groups else crossing > 10
    for kind, fold in drawn.items():
        expected = folds(noise.labels, noise.groups, kind, seed=4, keep_groups=keep_groups)
        np.testing.assert_array_equal(fold, expected)
    other = drawn_folds(noise, ProbeSettings((1,), keep_groups=keep_groups, seed=5))
    assert (other["paper"] != drawn["paper"]).any()


def rows_of(noise, whole: bool, null: bool, **changes):
    vectors = np.random.default_rng(0).normal(size=(90, 12)).astype(np.float32)
    settings = ProbeSettings((1, 5), inverse_penalty=2.0, shuffles=3, seed=4, **changes)
    squared = squared_distances(vectors)
    drawn = drawn_folds(noise, settings)
    return probe_layer(squared, noise, drawn, settings, whole, null), squared, drawn


def keys(rows) -> list[tuple]:
    return [(r["folds"], r["probe"], r["labels"], r["shuffle"], r["k"]) for r in rows]


KNN = [
    ("paper", "knn", "true", 0, 1),
    ("paper", "knn", "true", 0, 5),
    ("grouped", "knn", "true", 0, 1),
    ("grouped", "knn", "true", 0, 5),
]
LINEAR = ("paper", "linear", "true", 0, 0)
SHUFFLED = [("paper", "knn", "shuffled", i, 5) for i in range(3)]


def test_whole_clips_have_a_linear_probe_on_the_first_folds_and_trained_ones_a_null(noise):
    assert keys(rows_of(noise, True, True)[0]) == [*KNN[:2], LINEAR, *KNN[2:], *SHUFFLED]
    assert keys(rows_of(noise, True, False)[0]) == [*KNN[:2], LINEAR, *KNN[2:]]
    assert keys(rows_of(noise, False, False)[0]) == KNN
    assert keys(rows_of(noise, False, True)[0]) == [*KNN, *SHUFFLED]
    without = ProbeSettings((1, 5), inverse_penalty=None, shuffles=0)
    squared = squared_distances(np.random.default_rng(0).normal(size=(90, 4)))
    found = probe_layer(squared, noise, drawn_folds(noise, without), without, True, True)
    assert keys(found) == KNN


def test_rows_are_the_probes_own_answers(noise):
    rows, squared, drawn = rows_of(noise, True, True)
    found = {key: row["correct"] for key, row in zip(keys(rows), rows, strict=True)}
    for kind, fold in drawn.items():
        expected = correct(squared, noise.labels, fold, (1, 5))
        for k, right in zip((1, 5), expected, strict=True):
            np.testing.assert_array_equal(found[kind, "knn", "true", 0, k], right)
    right = linear_predictions(squared, noise.labels, drawn["paper"], 2.0) == noise.labels
    np.testing.assert_array_equal(found[LINEAR], right)
    for shuffle in range(3):
        rng = generator(4, "shuffled labels", "noise", shuffle)
        labels = shuffled_labels(noise.labels, drawn["paper"], rng)
        (right,) = correct(squared, labels, drawn["paper"], (5,))
        np.testing.assert_array_equal(found[SHUFFLED[shuffle]], right)
    assert len({tuple(found[key]) for key in SHUFFLED}) == 3


class Start(nn.Module):
    """Layers of the waveform's beginning and of its end, so that a cut clip shows."""

    layers = {"first": Layer("first"), "last": Layer("last")}  # noqa: RUF012

    def __init__(self):
        super().__init__()
        self.first, self.last = nn.Identity(), nn.Identity()

    def forward(self, waveforms):
        return self.last(self.first(waveforms)[:, -7:])


@pytest.mark.parametrize(("second", "lengths"), [(0.1, 2), (None, 1), (0.25, 1), (9.0, 1)])
def test_only_the_trained_copy_hears_cut_clips(noise, tmp_path, second, lengths):
    bundle = Bundle(Start(), Waveform(WaveformSettings(RATE)), {})
    settings = ProbeSettings((1,), ("paper",), second=second, inverse_penalty=None, shuffles=1)
    table = probe_task({"trained": bundle, "untrained": bundle}, noise, settings, tmp_path / "v")
    pairs = table.groupby(["copy", "length"]).size().index.tolist()
    expected = [("trained", "second"), ("trained", "whole"), ("untrained", "whole")]
    assert pairs == (expected if lengths == 2 else expected[1:])
    dims = table.groupby(["length", "layer"])["dims"].first()
    assert dims["whole", "first"] == 1000 and set(dims[:, "last"]) == {7}
    if lengths == 2:
        assert dims["second", "first"] == 400
    assert set(zip(table["layer"], table["position"], strict=True)) == {("first", 0), ("last", 1)}
    shuffled = table[table["labels"] == "shuffled"]
    assert set(zip(shuffled["copy"], shuffled["length"], strict=True)) == {("trained", "whole")}
    assert set(table["classes"]) == {3} and set(table["seconds"]) == {0.25}
    assert not (tmp_path / "v").exists()


def test_a_view_is_probed_as_it_says(noise, tmp_path):
    bundle = Bundle(Start(), Waveform(WaveformSettings(RATE)), {})
    settings = ProbeSettings(
        (1,), ("paper",), None, inverse_penalty=None, shuffles=0, view="channels"
    )
    bundle.network.last = nn.Unflatten(1, (1, 7))
    table = probe_task({"trained": bundle}, noise, settings, tmp_path / "v")
    assert table.set_index("layer")["dims"].to_dict() == {"first": 1000, "last": 1}


def test_the_reference_is_fitted_on_the_other_folds_alone(noise, tmp_path):
    """On labels that mean nothing, a test clip that is its own neighbour would show."""
    table = control_table(noise, "noise", 6, tmp_path / "v")
    identity = table[table["control"] == "identity"]
    front_end = LogMel(LogMelSettings(rate=RATE, n_fft=512, mels=40, frames=64))
    with torch.no_grad():
        mels = front_end(torch.from_numpy(noise.waveforms(slice(None)))).flatten(1).double()
    distances = torch.cdist(mels, mels, compute_mode="donot_use_mm_for_euclid_dist").numpy()
    fold = folds(noise.labels, noise.groups, "paper", seed=6)
    expected = []
    for clip in range(90):
        others = np.flatnonzero(fold != fold[clip])
        near = others[np.argsort(distances[clip, others], kind="stable")[:K]]
        votes = np.bincount(noise.labels[near], minlength=3)
        expected.append(votes.argmax() == noise.labels[clip])
    assert identity["reference"].tolist() == expected
    assert identity["correct"].tolist() == expected
    assert identity["clip"].tolist() == noise.clips.tolist()
    assert 0.1 < np.mean(expected) < 0.55
    constant = table[table["control"] == "constant"]
    assert constant["reference"].isna().all() and set(table["classes"]) == {3}
    assert set(table["task"]) == {"noise"}


def test_folds_are_the_first_kind_alone_where_groups_say_nothing():
    labels = np.repeat([0, 1, 2], 15)
    settings = ProbeSettings((1,), ("grouped", "paper"))
    one = SimpleNamespace(labels=labels, groups=np.arange(45), classes=["a", "b", "c"])
    assert list(drawn_folds(one, settings)) == ["grouped"]


def test_folds_that_the_groups_are_too_few_for_are_left_out():
    labels = np.tile([0, 1, 2], 15)
    few = SimpleNamespace(labels=labels, groups=np.arange(45) % 4, classes=["jazz", "pop", "rock"])
    few.name = "mine"
    assert list(drawn_folds(few, ProbeSettings((1,), ("paper", "grouped")))) == ["paper"]
    why = "class 'jazz' has 4 groups, fewer than the 5 folds: add clips of other groups, or leave"
    named = f"^corpus mine: no grouped folds: {why} .*corpora.mine.leave_out, .*begin with paper"
    with pytest.raises(InputError, match=named):
        drawn_folds(few, ProbeSettings((1,), ("grouped", "paper")))
    named = f"^corpus mine: no paper folds: {why} .*corpora.mine.group, or 'keep_groups' of the"
    with pytest.raises(InputError, match=named):
        drawn_folds(few, ProbeSettings((1,), ("paper",), keep_groups=True))
    told = fold_row(few, "grouped", seed=0, keep_groups=False)
    assert np.isnan(told["split_groups"]) and told["reason"].startswith(why)
    told = fold_row(few, "paper", seed=0, keep_groups=False)
    assert told == {"groups": 4, "split_groups": 4, "reason": ""}


def test_clips_are_listed_with_their_groups_in_the_order_of_the_corpus():
    corpora = {
        "a": SimpleNamespace(clips=np.array(["x", "y"]), groups=np.array(["g", "h"])),
        "b": SimpleNamespace(clips=np.array(["z"]), groups=np.array(["i"])),
    }
    rows = clip_table(corpora)
    assert list(rows) == ["task", "position", "clip", "group"]
    assert rows.values.tolist() == [["a", 0, "x", "g"], ["a", 1, "y", "h"], ["b", 0, "z", "i"]]
