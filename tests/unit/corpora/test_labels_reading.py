"""What is chosen is chosen of the files that can be read: least numbers, splits, draws, copies."""

import csv
from collections import Counter
from itertools import pairwise

import numpy as np
import pytest
import soundfile
from own_folders import (
    built,
    csv_rule,
    dropped,
    noise,
    notes,
    put,
    put_broken,
    splits,
)

from tonotopy.corpora import decoding, folder
from tonotopy.corpora.schema import SPLITS, Corpus
from tonotopy.corpora.splitting import drawn, quotas
from tonotopy.corpora.spool import Spool
from tonotopy.errors import InputError

BY_NAME = {"from": "name", "pattern": r"(train|validation|test)"}


def named(label: str, **counts) -> list[str]:
    return [f"{label}/{split}_{n:02d}.wav" for split, count in counts.items() for n in range(count)]


@pytest.fixture
def read(monkeypatch):
    """Files in the order in which they were decoded."""
    seen = []

    def decoded(wanted, *rest):
        seen.extend(one.file for one in wanted)
        return decoding.decoded(wanted, *rest)

    monkeypatch.setattr(folder, "decoded", decoded)
    return seen


# --- files that cannot be read are as if they were not there


@pytest.mark.parametrize("per_class", [None, 10])
@pytest.mark.parametrize("slices", [None, 2])
def test_unreadable_files_take_no_place(tmp_path, per_class, slices):
    """Ten good and forty unreadable files in a class, beside one of good files alone."""
    root, changes = tmp_path / "m", {"per_class": per_class, "slices": slices}
    changes |= {"seconds": 0.01} if slices else {}
    put(root, [f"a/{n:02d}.wav" for n in range(0, 50, 5)] + [f"b/{n:02d}.wav" for n in range(20)])
    built(root, tmp_path / "clean", seed=3, **changes)
    put_broken(root, [f"a/{n:02d}.wav" for n in range(50) if n % 5])
    corpora = [
        built(root, tmp_path / f"c{workers}", seed=3, workers=workers, **changes)
        for workers in (1, 2)
    ]
    for corpus in corpora:
        counts = Counter(zip(corpus.labels.tolist(), corpus.splits, strict=True))
        total = per_class or 10 * (slices or 1)
        assert sum(counts[0, split] for split in SPLITS) == total
        assert all(counts[label, split] >= 1 for label in (0, 1) for split in SPLITS)
        assert set(dropped(corpus)) <= {f"a/{n:02d}.wav" for n in range(50) if n % 5}
        if not per_class:
            assert len(dropped(corpus)) == 40
            clean = Corpus(tmp_path / "clean")
            assert corpus.info["content_sha256"] == clean.info["content_sha256"]
    assert corpora[0].info == corpora[1].info | {"name": "c1"}


@pytest.mark.parametrize("slices", [None, 2])
@pytest.mark.parametrize("good", [0, 2])
def test_a_class_that_too_few_readable_files_are_left_of_is_no_class(tmp_path, good, slices):
    put(tmp_path / "m", [f"{label}/{n}.wav" for label in "bc" for n in range(4)])
    put(tmp_path / "m", [f"a/{n}.wav" for n in range(good)])
    put_broken(tmp_path / "m", [f"a/{n}.wav" for n in range(good, 6)])
    changes = {"slices": slices, "seconds": 0.01} if slices else {}
    corpus = built(tmp_path / "m", tmp_path / "c", **changes)
    assert corpus.classes == ["b", "c"] and len(corpus) == 8 * (slices or 1)
    told = dropped(corpus)
    assert sorted(told) == [f"a/{n}.wav" for n in range(6)]
    for n in range(6):
        expected = "label 'a' has 2 clip(s), at least 3 needed" if n < good else "cannot be read"
        assert expected in told[f"a/{n}.wav"]


def test_a_folder_of_unreadable_files_alone_says_so(tmp_path):
    put_broken(tmp_path / "m", ["a/0.wav", "a/1.wav", "a/2.wav"])
    for changes in ({}, {"per_class": 2}, {"split": {"from": "folder", "values": {"test": ["a"]}}}):
        with pytest.raises(InputError, match="no clip was kept. a/0.wav: cannot be read as audio"):
            built(tmp_path / "m", tmp_path / "c", **changes)
    assert [path.name for path in tmp_path.iterdir()] == ["m"]


def test_nothing_is_left_beside_a_corpus(tmp_path):
    put(tmp_path / "m", [f"a/{n}.wav" for n in range(4)])
    built(tmp_path / "m", tmp_path / "out/c")
    left = {path.name for path in (tmp_path / "out").iterdir()}
    assert left <= {"c", ".sums"}
    with pytest.raises(InputError, match="leave_out"):
        built(tmp_path / "m", tmp_path / "other/c", leave_out=["b"])
    assert not (tmp_path / "other").exists()


def test_clips_wait_in_sixteen_bits_and_can_be_had_at_any_time(tmp_path):
    with Spool(tmp_path / "out/c", 80) as spool:
        for before, name in (("", "a"), ("a", "b"), ("a", "c"), ("b", "d")):
            if before:
                spool.get(before)
            spool.put(name, noise(name))
        for name in "dacb":
            steps = np.round(noise(name) * 32768)
            np.testing.assert_array_equal(spool.get(name) * 32768, steps)
        spool.put("a again", noise("a"))
        assert spool.digests["a again"] == spool.digests["a"] != spool.digests["b"]
        assert list((tmp_path / "out").iterdir()) == []


def test_a_draw_reads_what_it_needs_and_goes_on_past_bad_files(tmp_path, read):
    names = named("a", train=60, validation=20, test=20)
    put(tmp_path / "m", names)
    first = built(tmp_path / "m", tmp_path / "one", split=BY_NAME, per_class=10)
    assert sorted(read) == sorted(first.clips) and len(read) == 10
    read.clear()
    put_broken(tmp_path / "m", first.clips[:3])
    second = built(tmp_path / "m", tmp_path / "two", split=BY_NAME, per_class=10)
    assert len(read) == 13 and set(first.clips) < set(read) and len(second) == 10
    assert set(dropped(second)) == set(first.clips[:3])
    assert set(first.clips[3:]) < set(second.clips)  # no other clip loses its place
    assert (
        Counter(second.splits) == Counter(first.splits) == {"train": 6, "validation": 2, "test": 2}
    )


def test_a_larger_draw_holds_the_smaller_one(tmp_path):
    put(tmp_path / "m", named("a", train=30, test=10) + named("b", train=7, test=30))
    corpora = [
        built(tmp_path / "m", tmp_path / str(n), seed=1, split=BY_NAME, per_class=n)
        for n in (4, 8, 16)
    ]
    for small, large in pairwise(corpora):
        assert set(small.clips) < set(large.clips)
    other = built(tmp_path / "m", tmp_path / "x", seed=2, split=BY_NAME, per_class=4)
    assert set(other.clips) != set(corpora[0].clips)


# --- draws


@pytest.mark.parametrize(
    ("sizes", "total", "expected"),
    [
        ({"train": 80, "validation": 10, "test": 10}, 20, (16, 2, 2)),
        ({"train": 98, "validation": 1, "test": 1}, 20, (18, 1, 1)),
        ({"train": 5, "validation": 0, "test": 95}, 10, (1, 0, 9)),
        ({"train": 2, "validation": 1, "test": 1}, 9, (2, 1, 1)),
        ({"train": 10, "test": 10}, 1, (1, 0, 0)),
        ({"train": 10, "validation": 10, "test": 10}, 2, (1, 0, 1)),
    ],
)
def test_a_draw_is_divided_over_splits_in_proportion(sizes, total, expected):
    taken = quotas(sizes, total)
    assert tuple(taken.get(split, 0) for split in SPLITS) == expected


def test_quotas_are_within_one_of_their_share_where_every_split_has_one():
    rng = np.random.default_rng(0)
    for _ in range(300):
        sizes = dict(zip(SPLITS, rng.integers(0, 40, 3).tolist(), strict=True))
        total, everything = int(rng.integers(1, 60)), sum(sizes.values())
        taken = quotas(sizes, total)
        assert sum(taken.values()) == min(total, everything)
        more = quotas(sizes, total + 1)
        assert all(taken[split] <= more[split] for split in SPLITS)
        filled = [split for split in SPLITS if sizes[split]]
        for split in filled:
            share = min(total, everything) * sizes[split] / everything
            assert taken[split] <= sizes[split]
            if total >= len(filled):
                assert taken[split] >= 1 and abs(taken[split] - share) < 2


def test_drawn_takes_the_lowest_ranks_of_each_class_and_split():
    labels, parts = list("aabbbaab"), ["train", "test"] * 4
    ranks = [0.9, 0.1, 0.5, 0.2, 0.4, 0.3, 0.8, 0.7]
    assert drawn(labels, parts, ranks, 2) == [1, 3, 4, 6]
    assert drawn(labels, parts, ranks, 4) == list(range(8))


# --- groups that cross splits


def test_clips_move_into_the_split_of_most_of_their_group(tmp_path):
    put(tmp_path / "m", [*named("a", train=4, test=3), *named("b", train=3, validation=2, test=3)])
    rows = ["file,genre"]
    rows += [f"a/{name}.wav,g" for name in ("train_00", "train_01", "test_00")]
    rows += [f"b/{name}.wav,h" for name in ("validation_00", "test_00", "test_01", "train_02")]
    (tmp_path / "m/labels.csv").write_text("\n".join(rows))
    corpus = built(tmp_path / "m", tmp_path / "c", split=BY_NAME, group=csv_rule())
    home = splits(corpus)
    assert len(corpus) == 15 and corpus.faults() == [] and dropped(corpus) == {}
    moved = {clip: split for clip, split in home.items() if split not in clip}
    assert moved == {
        "a/test_00.wav": "train",
        "b/validation_00.wav": "test",
        "b/train_02.wav": "test",
    }
    told = [note for note in notes(corpus) if "moved" in note]
    assert told == [
        "1 clip(s) of split test moved to train, where most of their group is, such as "
        "'a/test_00.wav' of group 'g'",
        "1 clip(s) of split train moved to test, where most of their group is, such as "
        "'b/train_02.wav' of group 'h'",
        "1 clip(s) of split validation moved to test, where most of their group is, such as "
        "'b/validation_00.wav' of group 'h'",
    ]


@pytest.mark.parametrize("emptied", ["test", "validation"])
def test_groups_that_would_empty_a_split_are_an_error(tmp_path, emptied):
    put(tmp_path / "m", [*named("a", train=4, **{emptied: 2}), *named("b", train=4)])
    group = {"from": "folder"}
    told = rf"split '{emptied}' would have no clip: each of its 2 is of a group.*\(in train\); corr"
    with pytest.raises(InputError, match=told):
        built(tmp_path / "m", tmp_path / "c", split=BY_NAME, group=group)
    assert not (tmp_path / "c").exists()


def test_only_readable_clips_say_where_most_of_a_group_is(tmp_path):
    put(tmp_path / "m", [*named("a", test=3), *named("b", train=4)])
    put_broken(tmp_path / "m", named("a", train=4) + named("a", validation=1))
    corpus = built(tmp_path / "m", tmp_path / "c", split=BY_NAME, group={"from": "folder"})
    assert len(dropped(corpus)) == 5 and len(corpus) == 7
    assert set(corpus.splits[corpus.groups == "a"]) == {"test"}


def test_licences_are_a_table_whatever_the_names(tmp_path):
    names = ['a/"0", x.wav', "a/1.wav", "a/2.wav"]
    put(tmp_path / "m", names)
    text = 'file,licence\n"a/""0"", x.wav","CC ""BY"""\n1,CC0\n'
    (tmp_path / "m/labels.csv").write_text(text)
    corpus = built(tmp_path / "m", tmp_path / "c", clip_licence=csv_rule(column="licence"))
    with (corpus.path / "licences.csv").open(newline="") as lines:
        rows = list(csv.reader(lines))
    expected = [[names[0], 'CC "BY"'], [names[1], "CC0"], [names[2], "unknown"]]
    assert rows == [["clip", "licence"], *expected]


# --- copies


@pytest.mark.parametrize("slices", [None, 2])
def test_copies_are_told_and_kept_in_one_split(tmp_path, slices):
    """Ten sounds under two classes, among others."""
    root = tmp_path / "m"
    changes = {"slices": slices, "seconds": 0.01} if slices else {}
    put(root, [f"{label}/own {n}.wav" for label in "ab" for n in range(10)])
    for n in range(10):
        put(root, [f"a/{n}.wav", f"b/{n}.wav"], sound=str(n))
    put(root, ["a/0 again.flac.wav"], sound="0")
    corpus = built(root, tmp_path / "c", seed=5, **changes)
    home = {clip.split("#")[0]: split for clip, split in splits(corpus).items()}
    assert len(home) == 41 and corpus.faults() == [] and set(home.values()) == set(SPLITS)
    for n in range(10):
        assert home[f"a/{n}.wav"] == home[f"b/{n}.wav"]
    assert home["a/0 again.flac.wav"] == home["a/0.wav"]
    group = dict(zip(corpus.clips, corpus.groups, strict=True))
    assert len(set(group.values())) == 30
    (note,) = [note for note in notes(corpus) if "same sound" in note]
    assert note.startswith("11 file(s) have the same sound as another, 10 of them under other lab")
    assert "'b/1.wav' (b) as 'a/1.wav' (a); " in note and note.endswith(" and 1 more")


def test_copies_join_groups_one_with_another(tmp_path):
    root = tmp_path / "m"
    put(root, [f"{label}/song{n}_{take}.wav" for label in "ab" for n in range(6) for take in "xy"])
    pairs = (("a/song0_x", "a/song2_x"), ("a/song1_y", "a/song2_y"), ("a/song1_x", "b/song4_x"))
    for pair in pairs:
        put(root, [f"{name}.wav" for name in pair], sound=pair[0])
    rule = {"from": "name", "pattern": r"([ab]/song\d)"}
    corpus = built(root, tmp_path / "c", group=rule)
    assert len(corpus) == 24 and len(set(corpus.groups)) == 9 and corpus.faults() == []
    group = dict(zip(corpus.clips, corpus.groups, strict=True))
    joined = {clip[:7] for clip, name in group.items() if name == group["a/song1_x.wav"]}
    assert joined == {"a/song0", "a/song1", "a/song2", "b/song4"}


def test_a_copy_in_another_given_split_moves_to_the_first(tmp_path):
    root = tmp_path / "m"
    put(root, named("a", train=4, validation=3, test=3))
    put(root, ["a/train_00.wav", "a/test_01.wav"], sound="same")
    corpus = built(root, tmp_path / "c", split=BY_NAME)
    assert splits(corpus)["a/test_01.wav"] == "train" and len(corpus) == 10
    assert any(note.startswith("1 clip(s) of split test moved to train") for note in notes(corpus))
    put(root, ["a/test_00.wav", "a/test_02.wav"], sound="same")
    with pytest.raises(InputError, match="split 'test' would have no clip: each of its 3 .*sound"):
        put(root, ["a/train_01.wav", "a/train_02.wav", "a/train_03.wav"], sound="same")
        built(root, tmp_path / "d", split=BY_NAME)


def test_equal_slices_of_one_file_are_no_copies(tmp_path):
    for n in range(4):
        samples = np.tile(noise(str(n)), 2)
        (tmp_path / "m/a").mkdir(parents=True, exist_ok=True)
        soundfile.write(tmp_path / f"m/a/{n}.wav", samples, 4000)
    corpus = built(tmp_path / "m", tmp_path / "c", slices=2)
    assert len(corpus) == 8 and not any("same sound" in note for note in notes(corpus))
