"""What a run says of AudioSet: both readings, the thesis's counts, what is missing."""

import re
from pathlib import Path

import pytest
from configs import changed, default_config

from tonotopy import results
from tonotopy.corpora.audioset import corpus as audioset
from tonotopy.corpora.audioset import extent
from tonotopy.corpora.audioset.labels import SETS, TITLES, source, thesis_counts
from tonotopy.corpora.audioset.segments import Segment
from tonotopy.corpora.audioset.tables import READINGS, Rules, Selection, told

SHARES = {"train": 0.8, "validation": 0.1, "test": 0.1}
SEGMENTS = [  # video, genres, instruments
    ("a", ["blues"], []),
    ("a", ["jazz"], []),  # a video twice
    ("b", ["blues"], ["piano"]),  # one of its own group, two of all
    ("c", ["rock", "metal"], []),
    ("d", [], ["piano"]),
    ("e", ["rock", "metal"], ["piano"]),
    ("f", ["jazz"], ["piano", "violin"]),
    ("g", ["hip hop"], []),
]


def selected(exclusive: str, per_class: int | None = None) -> Selection:
    segments = (
        Segment(video.ljust(11, "x"), 0.0, 10.0, "eval", genres, instruments)
        for video, genres, instruments in SEGMENTS
    )
    return Selection(Rules(exclusive, per_class, SHARES, 0)).add(segments)


@pytest.mark.parametrize("exclusive", READINGS)
def test_both_readings_are_counted_whichever_is_chosen(exclusive):
    selection = selected(exclusive)
    report = selection.report(selection.clips()).set_index("label")
    for reading in READINGS:
        alone = selected(reading)
        chosen = alone.clips()["label"].value_counts()
        for label in report.index:
            assert report.loc[label, reading] == chosen.get(label, 0)
    assert list(report.loc[["blues", "jazz", "piano", "hip hop"], "own"]) == [2, 1, 2, 1]
    assert list(report.loc[["blues", "jazz", "piano", "hip hop"], "all"]) == [1, 0, 1, 1]
    assert (report["chosen"] == report[exclusive]).all()


def test_a_cap_takes_nothing_from_the_readings():
    selection = selected("own", per_class=1)
    report = selection.report(selection.clips()).set_index("label")
    assert report.loc["blues", "chosen"] == 1 and report.loc["blues", "own"] == 2


def test_the_text_has_them_side_by_side_with_their_ratios():
    selection = selected("all")
    text = told(selection.report(selection.clips()))
    heads = [line for line in text.splitlines() if line.startswith("  class ")]
    assert [head.split() for head in heads] == [
        ["class", "chosen", "thesis", "own", "ratio", "all", "ratio", "left", "out"]
    ] * 2
    (row,) = (line for line in text.splitlines() if line.startswith("  blues"))
    assert row.split()[1:7] == ["1", "3,469", "2", "0.00", "1", "0.00"]
    totals = [line.split()[2:] for line in text.splitlines() if line.startswith("  all classes")]
    assert totals[0] == ["2", "41,811", "4", "0.00", "2", "0.00"]


def test_only_the_thesis_s_two_corpora_have_its_counts(tmp_path):
    for task, labels in SETS.items():
        (tmp_path / "clips.csv").write_text("video,label\na,b\nc,d\n")
        about = audioset.settings(tmp_path, tmp_path / "clips.csv", task).about
        assert about["source"] == source(task) and about["wanted"] == 2
        spelt = {**about, "classes": list(labels)}
        counts = thesis_counts(spelt, "audioset")
        assert counts == {name: label.thesis for name, label in labels.items()}
        assert TITLES[task] in about["source"]
    genres = {"source": source("genre"), "classes": ["rock", "Hip-Hop", "hip_hop", "polka"]}
    assert thesis_counts(genres, "audioset") == {"rock": 5170, "Hip-Hop": 5952, "hip_hop": 5952}
    for maker in ("folder", "gtzan", None):
        assert thesis_counts(genres, maker) == {}
    for other in ("planted world", "gtzan", source("tags"), None):
        assert thesis_counts({**genres, "source": other}, "audioset") == {}


def with_audioset(**settings) -> tuple[dict, list[str]]:
    config = default_config()
    whole = {"segments": ["balanced", "unbalanced", "eval"], "path": None}
    whole |= {"shards": None, "per_class": None}
    config = changed(config, "audioset", {**config["audioset"], **whole, **settings})
    entry = {"maker": "audioset", "task": "genre"}
    return changed(config, "corpora.gtzanlike", entry), ["genres", "gtzanlike"]


def test_a_run_on_all_or_none_of_audioset_says_nothing():
    assert extent.notes(*with_audioset()) == []
    config, _ = with_audioset(shards=3)
    assert extent.notes(config, ["genres"]) == []
    assert results.notes(default_config()) == []


@pytest.mark.parametrize(
    ("settings", "part"),
    [
        ({"shards": 3}, "at most 3 parquet files of each table"),
        ({"segments": ["eval", "balanced"]}, "the balanced and eval tables, 42,531 of 2,084,320"),
        ({"segments": ["eval"]}, "the eval table, 20,371 of 2,084,320 clips"),
        ({"per_class": 1200}, "at most 1,200 clips of each class"),
        ({"path": "/data/clips"}, "those clips that a folder of the user's holds"),
    ],
)
def test_a_part_of_audioset_is_told(settings, part):
    (note,) = extent.notes(*with_audioset(**settings))
    assert re.fullmatch(r"A part of AudioSet is used: .*\.", note) and part in note
    assert "/data" not in note


def test_a_cap_of_one_corpus_is_told_by_its_name():
    config, names = with_audioset(shards=2, per_class=5)
    config = changed(config, "corpora.gtzanlike.per_class", 30)
    (note,) = extent.notes(config, names)
    assert note.endswith("; at most 30 clips of each class in corpus gtzanlike.")
    assert note.count(";") == 2


def test_every_rule_of_pages_hands_the_notes_on():
    rules = Path(__file__).parents[3] / "workflow/rules"
    for file, rule in (
        ("report", "judge_claims"),
        ("report", "build_front_page"),
        ("listen", "build_room"),
    ):
        text = (rules / f"{file}.smk").read_text()
        body = text[text.index(f"rule {rule}:") :].partition("\nrule ")[0]
        assert "notes=results.notes(config)" in body
