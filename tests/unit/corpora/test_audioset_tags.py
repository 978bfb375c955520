"""AudioSet with all of its labels: clips, splits, the parquet files, the corpus."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import soundfile
from configs import SCHEMA, changed, default_config
from replicas import audioset_hub

from tonotopy import places
from tonotopy.config import check
from tonotopy.corpora import inputs
from tonotopy.corpora.audioset import gather as gathering
from tonotopy.corpora.audioset.classes import class_names, names_by_mid
from tonotopy.corpora.audioset.gather import gather
from tonotopy.corpora.audioset.segments import Reading, Tagged, read_tagged
from tonotopy.corpora.audioset.tags import SEPARATOR, counted, tag_table
from tonotopy.corpora.registry import build
from tonotopy.corpora.schema import Corpus
from tonotopy.errors import InputError
from tonotopy.instances import used
from tonotopy.planning import needs
from tonotopy.preflight import preflight

MIDS = list(names_by_mid())
HEAD = "# Segments csv\n# num_ytids={}\n# YTID, start_seconds, end_seconds, positive_labels\n"


def video(number: int) -> str:
    return f"-{number:010d}"


def labels(number: int) -> list[str]:
    """One to three labels of a clip."""
    return [MIDS[(7 * number + 11 * k) % 40] for k in range(1 + number % 3)]


def segments(root, sources: dict[str, range]) -> dict:
    """Tables of segments as they are published."""
    paths = {}
    for source, numbers in sources.items():
        rows = [f'{video(n)}, 0.000, 10.000, "{",".join(labels(n))}"' for n in numbers]
        paths[source] = root / f"{source}.csv"
        paths[source].write_text(HEAD.format(len(rows)) + "\n".join(rows) + "\n")
    return paths


SOURCES = {"balanced": range(40), "unbalanced": range(40, 240), "eval": range(240, 270)}


@pytest.fixture
def table(tmp_path):
    return tag_table(tagged(segments(tmp_path, SOURCES)), seed=0)


def tagged(paths):
    for source, path in paths.items():
        reading = Reading()
        yield from read_tagged(path, source, reading)
        assert reading.notes(path) == []


def test_every_clip_has_all_of_its_labels_by_name(table):
    assert len(class_names()) == len(MIDS) == len(set(class_names())) == 527
    assert not any(SEPARATOR in name for name in class_names())
    assert list(table["video"]) == sorted(map(video, range(270)))
    names = names_by_mid()
    for number, text in enumerate(table.sort_values("video")["label"]):
        assert text.split(SEPARATOR) == [names[mid] for mid in labels(number)]


def test_a_tenth_of_the_training_clips_is_held_out_and_evaluation_clips_are_the_test(table):
    counts = table.groupby(["source", "split"]).size().to_dict()
    assert counts == {
        ("balanced", "train"): 36,
        ("balanced", "validation"): 4,
        ("unbalanced", "train"): 180,
        ("unbalanced", "validation"): 20,
        ("eval", "test"): 30,
    }
    assert "train: 180 clips, unbalanced" in counted(table)


def test_splits_are_drawn_by_the_seed(tmp_path, table):
    paths = segments(tmp_path, SOURCES)
    pd.testing.assert_frame_equal(tag_table(tagged(paths), seed=0), table)
    assert not tag_table(tagged(paths), seed=1).equals(table)


def test_unknown_labels_and_second_segments_are_passed_over():
    rows = [
        Tagged(video(1), 0, 10, "balanced", ("/m/unknown", MIDS[0])),
        Tagged(video(2), 0, 10, "balanced", ("/m/unknown",)),
        Tagged(video(1), 30, 40, "eval", (MIDS[1],)),
    ]
    table = tag_table(rows, 0)
    assert table[["video", "source", "label"]].to_numpy().tolist() == [
        [video(1), "balanced", class_names()[0]]
    ]


# the clips


def test_all_clips_are_gathered_and_no_sound_is_read_twice(tmp_path, table, monkeypatch):
    clips = table[table["source"] == "balanced"]
    audioset_hub(tmp_path / "hub", list(clips["video"])[:-2], broken=clips["video"].iloc[0])
    found = gather(clips, str(tmp_path / "hub"), "main", None, tmp_path / "clips")
    assert (found["file"] == "").sum() == 3
    asked = []
    monkeypatch.setattr(gathering, "_rows", lambda shard, videos: asked.append(videos) or [])
    monkeypatch.setattr(gathering, "_videos", None)
    more = pd.concat([clips, clips.assign(video=clips["video"].str.replace("-", "x"))])
    gather(more, str(tmp_path / "hub"), "main", None, tmp_path / "clips")
    assert asked == []  # what shards hold is known, and none of it is missing


def test_clips_that_are_wanted_later_are_found_in_shards_that_were_read(tmp_path, table):
    clips = table[table["source"] == "balanced"]
    audioset_hub(tmp_path / "hub", list(clips["video"]))
    arguments = (str(tmp_path / "hub"), "main", None, tmp_path / "clips")
    assert (gather(clips.iloc[::2], *arguments)["file"] != "").all()
    assert len(list((tmp_path / "clips").glob("*.flac"))) == 20
    assert (gather(clips, *arguments)["file"] != "").all()


# the corpus


@pytest.fixture
def clips(tmp_path, table):
    """The folder of clips, a tenth of a second long, and their table."""
    folder = tmp_path / "clips"
    folder.mkdir()
    for number, name in enumerate(table["video"]):
        tone = 0.2 * np.sin(0.1 * np.arange(800) + number)
        soundfile.write(folder / f"{name}.flac", tone, 8000)
    table.to_csv(tmp_path / "tags.csv", index=False)
    return {"clips": str(folder), "table": str(tmp_path / "tags.csv")}


def test_a_corpus_of_all_labels(tmp_path, table, clips):
    settings = {"maker": "audioset", "task": "tags", "seconds": 0.2}
    build(tmp_path / "all", settings, 0, 1, clips)
    corpus = Corpus(tmp_path / "all")
    assert corpus.tags and corpus.rate == 8000 and corpus.faults() == []
    assert corpus.info["report"]["dropped"] == []
    names = {name for text in table["label"] for name in text.split(SEPARATOR)}
    assert set(corpus.classes) == names and len(corpus.classes) == len(names)
    assert f"{len(names)} classes were found, a complete folder has 527" in "".join(
        corpus.info["report"]["notes"]
    )
    expected = {r.video: (set(r.label.split(SEPARATOR)), r.split) for r in table.itertuples()}
    for group, targets, split in zip(corpus.groups, corpus.targets, corpus.splits, strict=True):
        found = {corpus.classes[i] for i in np.flatnonzero(targets)}
        assert expected.pop(group) == (found, split)
    assert not expected
    padded = corpus.waveforms(slice(None))
    assert np.abs(padded[:, :800]).max() > 0.1 and not padded[:, 800:].any()


def test_the_balanced_subset_has_the_same_test_clips(tmp_path, table, clips):
    settings = {"maker": "audioset", "task": "tags", "seconds": 0.1, "segments": ["balanced"]}
    build(tmp_path / "few", settings, 0, 1, clips)
    corpus = Corpus(tmp_path / "few")
    rows = table[table["source"] != "unbalanced"]
    found = dict(zip(corpus.groups, corpus.splits, strict=True))
    assert found == dict(zip(rows["video"], rows["split"], strict=True))


# the workflow


def entry(task: str, **changes) -> dict:
    return {"maker": "audioset", "task": task, "rate": 8000, "seconds": 10.0, **changes}


def configured(**corpora) -> dict:
    """The default steering study with other corpora."""
    config = changed(default_config(), "run", ["steering/world"])
    for name, settings in corpora.items():
        config = changed(config, f"corpora.{name}", settings)
    return config


def test_clips_of_all_tables_are_gathered_at_once_where_a_run_has_tags():
    sets = configured(genres=entry("genre"), tagged=entry("tags"))
    both = configured(genres=entry("genre"), instruments=entry("tags"))

    def sources(config, corpus):
        return inputs.sources(SimpleNamespace(corpus=corpus), config, used(config)[0])

    def audioset(name):
        return places.audioset("mini", name)

    assert sources(sets, "genres") == [audioset("genre"), audioset("gathered")]
    assert sources(sets, "tagged") == [audioset("tags"), audioset("gathered_tags")]
    assert sources(both, "genres") == [audioset("genre"), audioset("gathered_tags")]
    tables = inputs.tables_to_gather(SimpleNamespace(gathered="gathered_tags"), both)
    assert tables == [audioset(task) for task in ("genre", "instrument", "tags")]
    tables = inputs.tables_to_gather(SimpleNamespace(gathered="gathered"), sets)
    assert tables == [audioset(task) for task in ("genre", "instrument")]


def test_all_of_audioset_is_planned():
    config = configured(genres=entry("tags"), instruments=entry("tags", segments=["balanced"]))
    planned = {item.what: item for item in needs(config)}
    assert planned["AudioSet clips"].note.startswith("2,084,320 clips")
    assert 2.3e12 < planned["AudioSet clips"].fetched < 2.6e12
    assert planned["corpus genres"].note == "2,084,320 clips"
    assert planned["corpus instruments"].note == "42,531 clips"
    assert planned["corpus instruments"].kept == 42_531 * 2 * 80_000


def test_segments_belong_to_tags_and_must_be_read(tmp_path):
    with pytest.raises(InputError, match="task"):
        check(configured(genres=entry("genre", segments=["balanced"])), SCHEMA)
    few = configured(genres=entry("tags", segments=["unbalanced"]))
    check(few, SCHEMA)
    few["audioset"]["segments"] = ["balanced", "eval"]
    message = (
        r"corpora.genres.segments: 'unbalanced' is not in audioset.segments \(balanced, eval\)"
    )
    with pytest.raises(InputError, match=message):
        preflight(few)
    with pytest.raises(InputError, match="audioset has no task 'tag'.*'tags'"):
        build(tmp_path / "x", entry("tag"), 0, 1, {"clips": str(tmp_path), "table": "x.csv"})
