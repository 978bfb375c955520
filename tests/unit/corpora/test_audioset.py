"""GTZANLike and MedleySolosDBLike: exact counts, csv variants, the parquet files, resuming."""

import os
from collections import Counter, defaultdict
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import soundfile
from replicas import audioset_hub

from tonotopy.corpora.audioset import gather as gathering
from tonotopy.corpora.audioset.gather import gather, shards
from tonotopy.corpora.audioset.labels import GENRES, INSTRUMENTS, SEGMENTS, SETS
from tonotopy.corpora.audioset.segments import Reading, read
from tonotopy.corpora.audioset.tables import Rules, Selection, told
from tonotopy.corpora.registry import build
from tonotopy.corpora.schema import Corpus
from tonotopy.errors import InputError

SHARES = {"train": 0.8, "validation": 0.1, "test": 0.1}
BALANCED = Path(__file__).parents[2] / "data/audioset_balanced_18.csv"
# any / one of its own group / one of all eighteen, computed once from the official files
COUNTS = {
    "balanced": """62/52/46 60/59/42 60/55/54 64/60/60 61/57/57 60/50/44 60/45/42 63/48/48 62/59/59
        69/55/54 63/46/46 65/65/55 60/60/60 62/59/57 87/84/79 63/53/49 64/53/50 64/60/50""",
    "eval": """63/48/39 61/60/49 61/54/51 62/49/49 66/57/57 60/54/49 69/46/40 89/71/70 60/49/49
        92/60/56 60/47/47 125/125/102 60/60/56 60/53/52 91/84/81 62/51/49 63/51/47 60/56/53""",
}


def select(path, source="balanced", reading=None, **changes) -> Selection:
    rules = {"exclusive": "all", "per_class": None, "shares": SHARES, "seed": 0, **changes}
    return Selection(Rules(**rules)).add(read(Path(path), source, reading or Reading()))


def check_counts(path, source):
    for kind in ("own", "all"):
        selection = select(path, source, exclusive=kind)
        report = selection.report(selection.clips()).set_index("label")
        for name, counts in zip((*GENRES, *INSTRUMENTS), COUNTS[source].split(), strict=True):
            found = report.loc[name, [f"{source}_any", f"{source}_own", f"{source}_all"]]
            assert "/".join(map(str, found)) == counts, name
            if kind == "all":
                assert report.loc[name, "chosen"] == found.iloc[2]


def test_counts_on_the_balanced_rows():
    check_counts(BALANCED, "balanced")


@pytest.mark.skipif(
    "TONOTOPY_AUDIOSET" not in os.environ,
    reason="set TONOTOPY_AUDIOSET to a folder with AudioSet's balanced and eval csv files",
)
@pytest.mark.parametrize("source", ["balanced", "eval"])
def test_counts_on_the_official_files(source):
    place = Path(os.environ["TONOTOPY_AUDIOSET"]) / Path(SEGMENTS[source].file).name
    if not place.is_file():
        pytest.skip(f"{place} is not there")
    check_counts(place, source)


@pytest.mark.parametrize("exclusive", ["all", "own"])
def test_the_selection_equals_its_definition(exclusive):
    """The rule of the thesis, spelled out over the raw lines."""
    mids = {task: {label.mid: n for n, label in labels.items()} for task, labels in SETS.items()}
    expected = {}
    for line in BALANCED.read_text().splitlines():
        if line.startswith("#"):
            continue
        video, tags = line.split(",")[0], line.split('"')[1].split(",")
        names = {task: [known[t] for t in tags if t in known] for task, known in mids.items()}
        for task, other in (("genre", "instrument"), ("instrument", "genre")):
            alone = len(names[task]) == 1 and (exclusive == "own" or not names[other])
            if alone and video not in expected:
                expected[video] = (task, names[task][0])
    clips = select(BALANCED, exclusive=exclusive).clips()
    found = {r.video: (r.task, r.label) for r in clips.itertuples()}
    assert found == expected and len(found) == len(clips)


def test_splits_are_shared_out_by_class_and_seeded():
    clips = select(BALANCED).clips()
    assert clips["video"].is_unique
    for _, rows in clips.groupby("label"):
        parts = Counter(rows["split"])
        assert abs(parts["train"] / len(rows) - 0.8) < 0.06 and parts["validation"] >= 3
    pd.testing.assert_frame_equal(clips, select(BALANCED).clips())
    assert not clips.equals(select(BALANCED, seed=1).clips())


def test_a_cap_is_drawn_and_told():
    selection = select(BALANCED, per_class=20)
    clips = selection.clips()
    assert set(Counter(clips["label"]).values()) == {20}
    report = selection.report(clips).set_index("label")
    assert report.loc["piano", "above the cap"] == 59
    assert "59 above the cap" in told(selection.report(clips))
    assert "the thesis has 41,811" in told(report.reset_index())


def test_no_video_is_in_two_splits_sets_or_rows(tmp_path):
    lines = [
        'aaaaaaaaaaa, 0.0, 10.0, "/m/0155w"',
        'aaaaaaaaaaa, 30.0, 40.0, "/m/03_d0"',
        'bbbbbbbbbbb, 0.0, 10.0, "/m/0155w,/m/05r5c"',
    ]
    (tmp_path / "x.csv").write_text("\n".join(lines))
    selection = select(tmp_path / "x.csv", exclusive="own")
    clips = selection.clips()
    assert list(zip(clips["video"], clips["label"], strict=True)) == [
        ("aaaaaaaaaaa", "blues"),
        ("bbbbbbbbbbb", "blues"),
    ]
    report = selection.report(clips).set_index("label")
    assert report.loc["jazz", "video twice"] == 1
    assert report.loc["piano", "in the other set"] == 1


VARIANTS = {
    "respaced": lambda line: line.replace(", ", ","),
    "unquoted": lambda line: line.replace(", ", ",").replace('"', ""),
    "quoted": lambda line: '"' + line.replace(", ", '", "', 2).replace(', "/', '", "/'),
    "semicolons": lambda line: line.replace(", ", ";"),
    "more columns": lambda line: line + ", extra",
}


@pytest.mark.parametrize("variant", VARIANTS)
def test_csv_variants_read_the_same(tmp_path, variant):
    lines = [r for r in BALANCED.read_text().splitlines() if not r.startswith("#")]
    changed = ["YTID,start_seconds,end_seconds,positive_labels", *map(VARIANTS[variant], lines)]
    (tmp_path / "x.csv").write_text("\r\n".join(changed))
    pd.testing.assert_frame_equal(select(tmp_path / "x.csv").clips(), select(BALANCED).clips())


def test_cut_and_mangled_files_are_told(tmp_path):
    lines = BALANCED.read_text().splitlines()[:300]
    path = tmp_path / "cut.csv"
    path.write_text("\n".join([*lines, "#NAME?,0,10,/m/05r5c", "=-1.2E+07,0,10,x"]))
    reading = Reading()
    select(path, reading=reading)
    assert reading.rows == 298 and reading.unread_count == 1
    notes = reading.notes(path)
    assert notes[0] == "cut.csv: 298 rows, its header tells 1,049"
    assert "not understood: =-1.2E+07" in notes[1]
    (tmp_path / "none.csv").write_text("nothing\n")
    with pytest.raises(InputError, match="none.csv: no row of AudioSet segments"):
        select(tmp_path / "none.csv")
    with pytest.raises(InputError, match="missing.csv: cannot be read.*audioset.files"):
        select(tmp_path / "missing.csv")


@pytest.fixture
def hub(tmp_path):
    """A replica of the parquet repository with three of four wanted clips of each class."""
    clips = select(BALANCED, per_class=4).clips()
    missing = set(clips.groupby("label").head(1)["video"])
    broken = next(v for v in clips["video"] if v not in missing)
    held = [v for v in clips["video"] if v not in missing]
    audioset_hub(tmp_path / "hub", held, broken)
    return tmp_path / "hub", clips, missing | {broken}


def test_clips_come_from_the_parquet_files_and_missing_ones_are_listed(tmp_path, hub, monkeypatch):
    repository, clips, missing = hub
    found = gather(clips, str(repository), "main", None, tmp_path / "clips")
    assert set(found.loc[found["file"] == "", "video"]) == missing
    held = {p.name for p in (tmp_path / "clips").iterdir() if p.suffix != ".json"}
    assert held == set(found["file"]) - {""} and not any("unwanted" in n for n in held)
    samples, rate = soundfile.read(tmp_path / "clips" / min(held))
    assert rate in (44100, 48000) and len(samples) == rate // 4

    def never(*arguments):
        raise AssertionError("a shard was read twice")

    monkeypatch.setattr(gathering, "_rows", never)
    again = gather(clips, str(repository), "main", None, tmp_path / "clips")
    pd.testing.assert_frame_equal(again, found)


def test_gathering_goes_on_where_it_stopped(tmp_path, hub, monkeypatch):
    repository, clips, _ = hub
    whole = gather(clips, str(repository), "main", None, tmp_path / "whole")
    keep, count = gathering._keep, [0]

    def break_off(*arguments):
        count[0] += 1
        if count[0] == 20:
            raise ConnectionError("the line went dead")
        return keep(*arguments)

    monkeypatch.setattr(gathering, "_keep", break_off)
    with pytest.raises(ConnectionError):
        gather(clips, str(repository), "main", None, tmp_path / "clips")
    resumed = gather(clips, str(repository), "main", None, tmp_path / "clips")
    pd.testing.assert_frame_equal(resumed, whole)
    assert count[0] < 20 + len(clips), "what was there was fetched again"


def test_shards_are_limited_named_and_found_on_the_hub(tmp_path, hub, monkeypatch):
    repository, clips, _ = hub
    few = gather(clips, str(repository), "main", 1, tmp_path / "few")
    assert 0 < (few["file"] != "").sum() < len(few) / 2
    with pytest.raises(InputError, match="no parquet file in data/eval"):
        shards(str(repository), "main", "eval")
    names = ["data/eval/01.parquet", "data/eval/00.parquet", "data/bal_train/00.parquet", "x.md"]
    monkeypatch.setattr(gathering.HfApi, "list_repo_files", lambda self, *a, **k: names)
    assert shards("owner/name", "abc", "eval") == [
        f"hf://datasets/owner/name@abc/data/eval/0{i}.parquet" for i in (0, 1)
    ]


def test_corpora_from_clips_named_in_any_of_the_ways(tmp_path):
    clips = select(BALANCED, per_class=6).clips()
    names = ("{}.flac", "Y{}.wav", "{}_30000.wav", "{}_30.000_40.000.flac")
    folder = tmp_path / "clips"
    folder.mkdir()
    for number, video in enumerate(clips["video"]):
        tone = 0.2 * np.sin(0.1 * np.arange(800 + number))
        soundfile.write(folder / names[number % 4].format(video), tone, 8000)
    groups = defaultdict(set)
    for task, labels in SETS.items():
        rows = clips[clips["task"] == task]
        rows.to_csv(tmp_path / f"{task}.csv", index=False)
        sources = {"clips": str(folder), "table": str(tmp_path / f"{task}.csv")}
        settings = {"maker": "audioset", "task": task, "rate": 8000, "seconds": 0.1}
        build(tmp_path / task, settings, 0, 1, sources)
        corpus = Corpus(tmp_path / task)
        assert corpus.faults() == [] and corpus.info["report"]["dropped"] == []
        assert sorted(corpus.classes) == sorted(labels) and len(corpus) == 6 * len(labels)
        expected = {r.video: (r.label, r.split) for r in rows.itertuples()}
        for group, label, split in zip(corpus.groups, corpus.labels, corpus.splits, strict=True):
            assert expected[group] == (corpus.classes[label], split)
        groups[task] = set(corpus.groups)
    assert not groups["genre"] & groups["instrument"]
