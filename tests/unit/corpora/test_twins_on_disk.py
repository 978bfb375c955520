"""Corpora of twins: bases times values, checked before a run, planned and built."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import yaml
from configs import SCHEMA

from tonotopy.config import check
from tonotopy.corpora import registry
from tonotopy.corpora.embedded.music import GENRES, MusicWorld
from tonotopy.corpora.schema import Corpus
from tonotopy.errors import InputError
from tonotopy.planning import needs
from tonotopy.preflight import preflight

ROOT = Path(__file__).parents[3]
CAUSES = {"classical": "violin", "jazz": "saxophone", "rock": "guitar", "metal": "guitar"}
WORLD = MusicWorld(CAUSES, seconds=1.1, piano_share=0.5)

OF = {"causes": CAUSES, "seconds": 0.5, "rate": 22500, "piano_share": 0.4}


def entry(**changed) -> dict:
    leads = ["violin", "flute", "guitar"]
    made = {
        "maker": "planted_twins",
        "of": OF,
        "attribute": "lead",
        "values": leads,
        "clips": {"validation": 2, "test": 11},
    }
    return made | changed


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    path = tmp_path_factory.mktemp("twins") / "tw"
    registry.build(path, entry(parts=True), 6, 2, {})
    return Corpus(path)


def test_rows_are_bases_times_values(corpus):
    assert corpus.faults() == [] and len(corpus) == 13 * 3
    assert corpus.clips[:4].tolist() == [
        "tw-validation-00000-violin",
        "tw-validation-00000-flute",
        "tw-validation-00000-guitar",
        "tw-validation-00001-violin",
    ]
    assert corpus.column("value").tolist() == ["violin", "flute", "guitar"] * 13
    bases = corpus.column("base")
    assert bases[::3].tolist() == bases[1::3].tolist() == bases[2::3].tolist()
    assert len(set(bases)) == 13 and corpus.groups.tolist() == bases.tolist()
    assert corpus.clips.tolist() == [
        f"{b}-{v}" for b, v in zip(bases, corpus.column("value"), strict=True)
    ]
    genres = [GENRES[i] for i in (0, 1)] + [GENRES[i % 10] for i in range(11)]
    assert [corpus.classes[label] for label in corpus.labels[::3]] == genres
    assert corpus.labels[::3].tolist() == corpus.labels[2::3].tolist()
    assert corpus.info["attribute"] == "lead"
    assert corpus.info["values"] == ["violin", "flute", "guitar"]
    assert (corpus.path / "causes.csv").read_text().startswith("concept,label,planted\n")
    assert corpus.words == ["base", "value"]
    with pytest.raises(InputError, match=r"corpus tw has no column 'vale' .did you mean 'value'"):
        corpus.column("vale")


def test_the_bases_are_clips_of_the_planted_world(corpus, tmp_path):
    """A genre corpus of that name and seed has the bases: where a lead is its own, bit by bit."""
    planted = OF | {"maker": "planted_music", "task": "genre", "clips": {"test": 11}}
    registry.build(tmp_path / "tw", planted, 6, 1, {})
    bases, own = Corpus(tmp_path / "tw"), 0
    test = np.flatnonzero(corpus.splits == "test")
    for row in test:
        index = int(corpus.column("base")[row].rsplit("-")[-1])
        same = np.array_equal(corpus.samples[int(row)], bases.samples[index])
        assert corpus.column("base")[row] == bases.clips[index]
        genre = GENRES[index % 10]
        if genre in CAUSES:
            assert same == (CAUSES[genre] == corpus.column("value")[row])
        own += same
    assert own >= 4


def test_parts_of_twins_differ_in_the_lead_alone_but_for_their_level(corpus):
    for first in range(0, len(corpus), 3):
        violin, flute, _ = corpus.parts(np.arange(first, first + 3))
        for name in set(violin) - {"noise"}:
            ratio = (
                violin[name]
                @ flute[name]
                / (np.linalg.norm(violin[name]) * np.linalg.norm(flute[name]))
            )
            assert (ratio > 0.9999) == (name != "lead"), name


def test_workers_and_more_bases_change_no_twin(corpus, tmp_path):
    registry.build(tmp_path / "tw", entry(clips={"test": 3}), 6, 1, {})
    few = Corpus(tmp_path / "tw")
    assert few.part_names == [] and "parts" not in few.info
    rows = np.flatnonzero(np.isin(corpus.clips, few.clips))
    assert corpus.clips[rows].tolist() == few.clips.tolist()
    assert np.array_equal(corpus.samples[rows], few.samples[:])
    registry.build(tmp_path / "other/tw", entry(clips={"test": 3}), 7, 1, {})
    assert not np.array_equal(Corpus(tmp_path / "other/tw").samples[:], few.samples[:])


def test_the_content_hash_sees_the_columns_of_twins(tmp_path):
    hashes = set()
    for values in (["violin"], ["flute"]):
        registry.build(
            tmp_path / values[0] / "tw", entry(values=values, clips={"test": 1}), 6, 1, {}
        )
        hashes.add(Corpus(tmp_path / values[0] / "tw").content_hash())
    made = Corpus(tmp_path / "violin/tw")
    before = made.content_hash()
    made.column = lambda name: np.array(["x"], dtype=object)
    assert len(hashes) == 2 and made.content_hash() != before


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"attribute": "leed"}, "no attribute 'leed'.*'lead'"),
        ({"values": ["violn"]}, "no value 'violn'.*'violin'"),
    ],
)
def test_a_corpus_of_twins_refuses_bad_settings(changed, message, tmp_path):
    with pytest.raises(InputError, match=message):
        registry.build(tmp_path / "tw", entry(**changed), 0, 1, {})
    assert list(tmp_path.iterdir()) == []


# the configuration


@pytest.fixture
def config():
    made = yaml.safe_load((ROOT / "config.yaml").read_text())
    made["corpora"]["genres_unseen"] = entry()
    return made


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"attribute": "leed"}, "corpora.genres_unseen.attribute.*did you mean 'lead'"),
        ({"value": ["violin"]}, "'value' at corpora.genres_unseen.*'values'"),
        ({"of": OF | {"rate": 0}}, "corpora.genres_unseen.of.rate"),
        ({"values": []}, "corpora.genres_unseen.values"),
        ({"parts": "yes"}, "corpora.genres_unseen.parts"),
    ],
)
def test_the_schema_refuses_entries_of_twins(changed, message, config):
    check(config, SCHEMA)
    config["corpora"]["genres_unseen"].update(changed)
    with pytest.raises(InputError, match=message):
        check(config, SCHEMA)


def test_values_are_looked_at_before_anything_runs(config):
    preflight(config)
    config["corpora"]["genres_unseen"]["values"] = ["violn"]
    with pytest.raises(InputError, match="corpora.genres_unseen.values: .*'violn'.*'violin'"):
        preflight(config)
    config["corpora"]["genres_unseen"] |= {
        "attribute": "bass",
        "values": [34],
        "of": OF | {"sounds": "unseen"},
    }
    preflight(config)


def test_the_plan_counts_every_twin(config):
    (need,) = [n for n in needs(config) if n.what == "corpus genres_unseen"]
    assert need.kept == 13 * 3 * 11250 * 2 and need.note == "39 clips"


def test_checks_before_a_run_load_nothing_heavy():
    code = (
        "import sys, tonotopy.corpora.catalogue, tonotopy.corpora.embedded.attributes\n"
        "print([m for m in ('numpy', 'symusic', 'datasets', 'torch') if m in sys.modules])"
    )
    told = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT / "workflow", capture_output=True, text=True
    )
    assert told.stdout == "[]\n", told.stderr
