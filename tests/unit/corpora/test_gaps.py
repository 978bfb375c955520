"""Splits that lack a class, because groups are few or splits are written otherwise."""

import pytest
from own_folders import built, notes, put, settings

from tonotopy.corpora.gaps import about_class, gap_notes
from tonotopy.corpora.listed import Listed

GROUP = {"from": "name", "pattern": r"(\w+)_"}
RANDOM = {"from": "random", "shares": {"train": 0.8, "validation": 0.1, "test": 0.1}}


def songs(root, **groups):
    """Four clips of each song, so many songs of each class."""
    put(
        root, [f"{c}/{c}{s}_{n}.wav" for c, k in groups.items() for s in range(k) for n in range(4)]
    )


@pytest.mark.parametrize(("groups", "missing"), [(1, "validation or test"), (2, "validation")])
def test_a_class_of_few_groups_is_told_with_its_groups_and_what_to_set(tmp_path, groups, missing):
    songs(tmp_path / "f", jazz=groups, rock=3)
    corpus = built(tmp_path / "f", tmp_path / "takes", group=GROUP)
    told = [note for note in notes(corpus) if "split" in note]
    if groups == 2:  # which of both splits is empty, the draw decides
        missing = "test" if corpus.info["counts"]["validation"]["jazz"] else "validation"
    assert told == [
        f"class 'jazz' has no clip in split {missing}: its {4 * groups} clip(s) are of {groups} "
        "group(s), and a group is drawn into one split whole: give the class 3 groups of its own "
        "or more, say the splits yourself ('split' of corpora.takes), or leave 'group' out if "
        "clips have nothing in common"
    ]


def test_enough_groups_and_splits_that_are_not_wanted_lack_nothing(tmp_path):
    songs(tmp_path / "f", jazz=3, rock=3)
    corpus = built(tmp_path / "f", tmp_path / "c", group=GROUP)
    assert notes(corpus) == []
    split = {"from": "random", "shares": {"train": 0.5, "test": 0.5}}
    songs(tmp_path / "two", jazz=2, rock=2)
    assert notes(built(tmp_path / "two", tmp_path / "d", group=GROUP, split=split)) == []
    shares = {"train": 1.0, "validation": 0.0, "test": 0.0}
    only = {"from": "random", "shares": shares}
    assert notes(built(tmp_path / "two", tmp_path / "e", group=GROUP, split=only)) == []


def test_many_classes_are_told_in_one_line():
    rows = [Listed(f"{n}.wav", (f"c{n:02}",), "g", "train") for n in range(13)]
    lines = gap_notes(rows, [f"c{n:02}" for n in range(13)], RANDOM, "c")
    assert len(lines) == 11 and lines[-1] == "so it is with 3 more classes: c10, c11, c12"


def test_the_line_on_a_class_and_split_is_found(tmp_path):
    rule = settings(tmp_path).split
    rows = [Listed("a.wav", ("a b",), "g", "train"), Listed("b.wav", ("a",), "h", "test")]
    lines = gap_notes(rows, ["a", "a b"], rule, "c")
    assert about_class("a", "train", lines) == lines[0] and about_class("a", "test", lines) is None
    assert about_class("a b", "test", lines) == lines[1]
    assert about_class("b", "test", lines) is None
    rows = [Listed("a.wav", ("jazz: live",), "g", "train")]
    lines = gap_notes(rows, ["jazz: live"], RANDOM, "c")
    assert about_class("jazz: live", "test", lines) == lines[0]
    assert about_class("jazz: live", "train", lines) is None
