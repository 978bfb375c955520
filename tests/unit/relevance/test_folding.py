"""Cross-validation: no recording or group is heard in training and in its test."""

import numpy as np
import pytest
import torch
from explained_worlds import CLASSES, PITCHES, label_of, one_input, rows_of

from tonotopy.corpora.schema import Corpus
from tonotopy.corpora.writer import CorpusWriter
from tonotopy.errors import InputError
from tonotopy.networks.bundle import load
from tonotopy.studies.relevance import folding
from tonotopy.studies.relevance.folding import (
    fold_numbers,
    fold_predictions,
    fold_units,
    write_fold,
)

RATE, SAMPLES = 4000, 1000
SLICES = {"high": 3, "low": 2, "mid": 1}  # of a recording
SETTINGS = {
    "architecture": "genre_cnn",
    "arguments": {"filters": [3, 4], "dense": [5], "dropout": 0.0},
    "front_end": {
        "kind": "log10_mel",
        "rate": RATE,
        "window": 128,
        "hop": 96,
        "mels": 8,
        "high_hz": 2000.0,
        "frames": 10,
    },
    "training": {"epochs": 2, "batch": 8, "learning_rate": 1e-2},
}


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    """11 recordings of each class, of up to three slices each; their groups hold three of any."""
    rng = np.random.default_rng(0)
    rows = [
        (f"{label} {n} C#4.wav" + (f"#{s}" if SLICES[label] > 1 else ""), label, f"artist {n // 3}")
        for label in CLASSES
        for n in range(11)
        for s in range(SLICES[label])
    ]
    time = np.arange(SAMPLES) / RATE
    path = tmp_path_factory.mktemp("folding") / "songs"
    with CorpusWriter(path, CLASSES, RATE, SAMPLES) as writer:
        for number in rng.permutation(len(rows)):
            clip, label, group = rows[number]
            sound = 0.3 * np.sin(2 * np.pi * PITCHES[label] * time) + rng.normal(0, 0.05, SAMPLES)
            writer.add(clip, sound, label, "train", group)
    return Corpus(path)


def recording(clip):
    name, _, last = clip.rpartition("#")
    return name if last.isdigit() else clip


def test_slices_of_a_recording_or_clips_of_a_group_are_one_unit(corpus):
    assert fold_units(corpus, "group").tolist() == corpus.groups.tolist()
    assert fold_units(corpus, "clip").tolist() == [recording(clip) for clip in corpus.clips]
    assert len(set(fold_units(corpus, "clip"))) == 33


@pytest.mark.parametrize(("by", "number"), [("clip", 4), ("clip", 5), ("group", 3)])
def test_folds_keep_units_together_and_classes_even(corpus, by, number):
    numbers = fold_numbers(corpus, by, number, 1)
    assert sorted(set(numbers)) == list(range(number))
    places = {}
    for position, fold in enumerate(numbers):
        clip, group = corpus.clips[position], corpus.groups[position]
        places.setdefault(group if by == "group" else recording(clip), set()).add(fold)
    assert all(len(folds) == 1 for folds in places.values())
    for label in CLASSES:
        own = [n for p, n in enumerate(numbers) if label_of(corpus, p) == label]
        share = np.bincount(own, minlength=number) / len(own)
        assert share.min() > 0.4 / number and share.max() < 1.9 / number
    assert fold_numbers(corpus, by, number, 1).tolist() == numbers.tolist()
    if by == "clip":
        assert fold_numbers(corpus, by, number, 2).tolist() != numbers.tolist()
        by_group = {}
        for position, fold in enumerate(numbers):
            by_group.setdefault(corpus.groups[position], set()).add(fold)
        assert max(map(len, by_group.values())) > 1


def test_too_many_folds_are_refused(corpus):
    with pytest.raises(
        InputError, match=f"class '{corpus.classes[0]}' has 4 groups, fewer than the 5 folds"
    ):
        fold_numbers(corpus, "group", 5, 0)
    with pytest.raises(InputError, match="has 11 groups, fewer than the 12 folds"):
        fold_numbers(corpus, "clip", 12, 0)


@pytest.mark.parametrize("by", ["clip", "group"])
@pytest.mark.parametrize("fold", [0, 1, 2])
def test_a_fold_is_the_test_and_the_next_one_the_validation(corpus, tmp_path, by, fold):
    numbers = fold_numbers(corpus, by, 3, 0)
    folded = write_fold(corpus, tmp_path / "songs", by, numbers, fold)
    assert folded.name == "songs" and folded.faults() == []
    assert (folded.classes, folded.rate) == (corpus.classes, corpus.rate)
    assert folded.clips.tolist() == corpus.clips.tolist()
    assert folded.labels.tolist() == corpus.labels.tolist()
    assert np.array_equal(folded.samples[:], corpus.samples[:])
    assert folded.groups.tolist() == fold_units(corpus, by).tolist()
    roles = {fold: "test", (fold + 1) % 3: "validation", (fold + 2) % 3: "train"}
    assert folded.splits.tolist() == [roles[n] for n in numbers]


def test_folds_that_there_are_not_are_refused(corpus, tmp_path):
    numbers = fold_numbers(corpus, "clip", 3, 0)
    for fold in (-1, 3):
        with pytest.raises(InputError, match=f"fold {fold}: folds are 0 to 2"):
            write_fold(corpus, tmp_path / "songs", "clip", numbers, fold)
    assert list(tmp_path.iterdir()) == []


@pytest.fixture(scope="module")
def predicted(corpus, tmp_path_factory):
    work, checkpoints = (tmp_path_factory.mktemp(name) for name in ("work", "checkpoints"))
    torch.manual_seed(0)
    table = fold_predictions(corpus, SETTINGS, "clip", 2, 4, work, checkpoints, 6, "cpu")
    return table, work, checkpoints


def test_the_clips_of_a_fold_are_answered_by_what_learned_the_others(corpus, predicted):
    table, work, checkpoints = predicted
    columns = ["by", "fold", "clip", "group", "label", "predicted", "probability"]
    assert sorted(table.columns) == sorted(columns)
    assert set(table["by"]) == {"clip"} and set(table["fold"]) == {2}
    numbers = fold_numbers(corpus, "clip", 4, 6)
    tested = np.flatnonzero(numbers == 2)
    rows = rows_of(table, "clip")
    assert set(rows) == {(corpus.clips[p],) for p in tested}
    bundle = load(work / "network")
    assert bundle.classes == CLASSES and bundle.info["seed"] == 6
    splits = Corpus(work / "songs").splits
    assert [p for p in range(len(corpus)) if splits[p] == "test"] == tested.tolist()
    assert bundle.info["corpus"]["content_sha256"] == Corpus(work / "songs").info["content_sha256"]
    for position in tested:
        row = rows[(corpus.clips[position],)]
        assert (row["group"], row["label"]) == (corpus.groups[position], label_of(corpus, position))
        with torch.no_grad():
            logits = bundle.network(one_input(bundle.front_end, corpus, position)[None])[0]
        values = logits.double().softmax(dim=0)
        assert row["predicted"] == CLASSES[values.argmax()]
        assert row["probability"] == pytest.approx(values.max().item(), rel=1e-4)
    assert len(list(checkpoints.iterdir())) == 1


def test_what_a_fold_is_trained_with_reaches_the_training(corpus, tmp_path, monkeypatch):
    class Told(Exception):
        pass

    asked = []

    def train(*args):
        asked.append(args)
        raise Told

    monkeypatch.setattr(folding, "train", train)
    with pytest.raises(Told):
        fold_predictions(corpus, SETTINGS, "group", 1, 3, tmp_path, "kept", 9, "gpu")
    ((folded, settings, out, checkpoints, logs, seed, accelerator),) = asked
    assert folded.path == tmp_path / "songs" and settings is SETTINGS
    assert (out, checkpoints, logs) == (tmp_path / "network", "kept", tmp_path / "tensorboard")
    assert (seed, accelerator) == (9, "gpu")
    numbers = fold_numbers(corpus, "group", 3, 9)
    assert folded.splits.tolist() == [("train", "test", "validation")[n] for n in numbers]


def test_the_device_of_the_answers_is_that_of_the_run(corpus, tmp_path, monkeypatch):
    class Told(Exception):
        pass

    asked = []

    class Bundle:
        def __init__(self, path):
            asked.append(path)

        def to(self, device):
            asked.append(device)
            raise Told

    monkeypatch.setattr(folding, "train", lambda *args: None)
    monkeypatch.setattr(folding, "load", Bundle)
    monkeypatch.setattr(folding, "pick_device", lambda accelerator: f"device of {accelerator}")
    with pytest.raises(Told):
        fold_predictions(corpus, SETTINGS, "clip", 0, 3, tmp_path, "kept", 9, "gpu")
    assert asked == [tmp_path / "network", "device of gpu"]
