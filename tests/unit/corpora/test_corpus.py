"""The corpus format: what goes in comes out, and nothing half-written or wrong gets in."""

import numpy as np
import pytest
from tiny_corpora import tone, write

from tonotopy.corpora.schema import FULL_SCALE, Corpus
from tonotopy.corpora.writer import BATCH, CorpusWriter
from tonotopy.errors import InputError


def test_what_goes_in_comes_out(tmp_path):
    corpus = write(tmp_path / "tiny")
    assert (corpus.name, corpus.rate, corpus.classes, len(corpus)) == ("tiny", 8000, ["a", "b"], 12)
    assert list(corpus.clips) == [f"c{i}" for i in range(12)]
    assert list(corpus.labels) == [i % 2 for i in range(12)]
    expected = np.stack([tone(i) for i in range(12)])
    np.testing.assert_allclose(corpus.waveforms(slice(None)), expected, atol=1 / FULL_SCALE)
    assert corpus.info["counts"]["train"] == {"a": 3, "b": 3}
    assert corpus.info["report"]["dropped"] == [{"clip": "broken", "reason": "cannot be read"}]
    assert (corpus.path / "facts.csv").read_text() == "x\n1\n"
    assert corpus.faults() == []


def test_rows_are_gathered_across_record_batches(tmp_path):
    corpus = write(tmp_path / "long", clips=2 * BATCH + 3, splits=["train"] * (2 * BATCH + 3))
    chosen = np.array([2 * BATCH, 0, BATCH, BATCH - 1, 0])
    expected = np.stack([np.round(tone(i) * FULL_SCALE) for i in chosen])
    np.testing.assert_array_equal(corpus.samples[chosen], expected)
    np.testing.assert_array_equal(corpus.samples[int(chosen[0])], expected[0])
    assert sum(1 for _ in corpus.samples) == len(corpus)


def test_split_indices_and_class_balanced_limits(tmp_path):
    corpus = write(tmp_path / "c", clips=40)
    train = corpus.indices("train")
    assert (corpus.splits[train] == "train").all() and len(train) == 20
    few = corpus.indices("train", at_most=6)
    assert sorted(corpus.labels[few]) == [0, 0, 0, 1, 1, 1]
    with pytest.raises(InputError, match="no clip in split 'tset'.*'test'"):
        corpus.indices("tset")


def test_content_hash_sees_audio_labels_and_splits(tmp_path):
    first = write(tmp_path / "a").content_hash()
    assert first == write(tmp_path / "b").content_hash()
    assert first != write(tmp_path / "c", clips=11).content_hash()
    assert first != write(tmp_path / "d", splits=["train"] * 12).content_hash()


def test_leaking_groups_and_repeated_ids_are_refused_and_nothing_appears(tmp_path):
    with pytest.raises(InputError, match="corpus leak: group g is in several splits: test, train"):
        write(tmp_path / "leak", groups=["g"] * 12)
    with (
        pytest.raises(InputError, match="clip id c occurs 2 times"),
        CorpusWriter(tmp_path / "twice", ["a"], 8000, 50) as writer,
    ):
        writer.add("c", tone(1), "a", "train")
        writer.add("c", tone(2), "a", "train")
    assert list(tmp_path.iterdir()) == []


def test_changed_content_is_a_fault(tmp_path):
    corpus = write(tmp_path / "c")
    assert corpus.faults() == []
    corpus.info["content_sha256"] = "0"
    assert corpus.faults() == ["the content differs from corpus.json's hash"]


@pytest.mark.parametrize(
    ("samples", "label", "split", "told"),
    [
        (np.zeros(50), "a", "train", "silent"),
        (np.full(50, np.nan), "a", "train", "not finite"),
        (np.full(50, 1.5), "a", "train", "peaks at 1.5"),
        (np.ones(49), "a", "train", r"\(49,\) samples"),
        (np.ones(50), "c", "train", "label 'c'"),
        (np.ones(50), "a", "dev", "split 'dev'"),
    ],
)
def test_a_bad_clip_is_refused_by_name_and_no_corpus_appears(tmp_path, samples, label, split, told):
    writing = CorpusWriter(tmp_path / "bad", ["a"], 8000, 50)
    with pytest.raises(InputError, match=f"clip c7.*{told}"), writing as writer:
        writer.add("c7", samples, label, split)
    assert list(tmp_path.iterdir()) == []


def test_a_corpus_without_clips_is_refused_with_the_reasons(tmp_path):
    with (
        pytest.raises(InputError, match="no clip was kept.*x.wav: is silent"),
        CorpusWriter(tmp_path / "none", ["a"], 8000, 50) as writer,
    ):
        writer.drop("x.wav", "is silent")
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_no_corpus_is_named(tmp_path):
    with pytest.raises(InputError, match="no corpus here"):
        Corpus(tmp_path)
    corpus = write(tmp_path / "c")
    data = next((corpus.path / "clips").glob("*.arrow"))
    data.write_bytes(b"damaged")
    with pytest.raises(InputError, match=r"clips/.*\.arrow: .*damaged after it was written"):
        Corpus(corpus.path)


def test_a_tagging_corpus_has_lists_of_labels(tmp_path):
    tags = [["b", "a"], [], ["b"]]
    with CorpusWriter(tmp_path / "t", ["a", "b"], 8000, 50, tags=True) as writer:
        for i, labels in enumerate(tags):
            writer.add(f"c{i}", tone(i), labels, "train")
        with pytest.raises(InputError, match="clip x has label 'c'"):
            writer.add("x", tone(0), ["a", "c"], "train")
        with pytest.raises(InputError, match="a label twice"):
            writer.add("x", tone(0), ["a", "a"], "train")
    corpus = Corpus(tmp_path / "t")
    assert corpus.tags and corpus.classes == ["a", "b"] and corpus.faults() == []
    assert corpus.targets.tolist() == [[True, True], [False, False], [False, True]]
    assert corpus.info["counts"]["train"] == {"a": 1, "b": 2} and corpus.info["clips"] == 3
    assert list(corpus.indices("train", at_most=2)) == [0, 1]
    with pytest.raises(InputError, match="several labels"):
        _ = corpus.labels
