"""Real corpora and a user's own network through the workflow, on replicas in their layouts."""

import json
import re
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import soundfile
import yaml
from replicas import audioset_hub

from tonotopy.corpora.archives import member_sums
from tonotopy.corpora.embedded.music import MusicWorld
from tonotopy.corpora.schema import Corpus
from tonotopy.probes.folds import folds
from tonotopy.seeding import generator

BALANCED = Path(__file__).parents[1] / "data/audioset_balanced_18.csv"
CAUSES = {"classical": "violin", "jazz": "saxophone", "rock": "guitar", "metal": "guitar"}


@pytest.fixture
def copied(finished, tmp_path):
    """A copy of the finished project, with a function that adds an overlay to it."""
    shutil.copytree(finished.path, tmp_path / "tonotopy")

    def overlaid(settings: dict):
        text = (tmp_path / "tonotopy" / finished.scale).read_text()
        merged = yaml.safe_load(text) | settings
        ordered = yaml.safe_dump(merged, sort_keys=False)  # layers are shown in the file's order
        (tmp_path / "tonotopy/overlay.yaml").write_text(ordered)
        return finished.__class__(tmp_path / "tonotopy", "overlay.yaml")

    return overlaid


def gtzan_mini(root: Path) -> None:
    """The hundred clips' names and format; the sound is the planted world's."""
    world = MusicWorld(CAUSES, sounds="unseen", seconds=2.0, rate=22050)
    for number, name in enumerate(member_sums("gtzan-mini.sha256")):
        genre = Path(name).parent.name.replace("hiphop", "hip hop")
        rng = generator(0, "gtzan", number)
        place = root / name
        place.parent.mkdir(parents=True, exist_ok=True)
        soundfile.write(place, world.render(world.genre_score(genre, rng), rng), 22050)


def test_gtzans_hundred_clips_are_steered_as_the_unseen_corpus(copied, tmp_path):
    gtzan_mini(tmp_path / "own")
    smoke = yaml.safe_load((Path(__file__).parents[2] / "workflow/scales/smoke.yaml").read_text())
    gtzan = {
        "maker": "gtzan",
        "version": "mini",
        "task": "genre",
        "path": str(tmp_path / "own"),
        "rate": 22500,
        "seconds": 1.5,
        "split": {"from": "random", "shares": {"train": 0.0, "validation": 0.0, "test": 1.0}},
    }
    corpora = {**smoke["corpora"], "gtzan": gtzan}
    steering = {**smoke["steering"], "world": {**smoke["steering"]["world"], "unseen": "gtzan"}}
    project = copied({"corpora": corpora, "steering": steering})
    sweep = "results/smoke/steering/world/sweep-unseen.parquet"
    project.snakemake(target=sweep)
    corpus = Corpus(project.path / "data/corpora/smoke/gtzan")
    assert len(corpus) == 100 and corpus.faults() == [] and set(corpus.splits) == {"test"}
    assert corpus.info["checksums"].startswith("0 of 100 files equal the published ones; 100 diff")
    drawn = folds(corpus.labels, corpus.groups, "paper", seed=0)
    for fold in range(5):
        assert np.bincount(corpus.labels[drawn == fold]).tolist() == [2] * 10
    steered = pd.read_parquet(project.path / sweep)
    assert set(steered["clip"]) <= set(corpus.clips) and steered["clip"].nunique() == 40
    assert steered["probability"].between(0, 1).all()


def test_audiosets_sets_from_csv_and_parquet_to_corpora(copied, tmp_path):
    settings = {
        "segments": ["balanced"],
        "files": {"balanced": str(BALANCED)},
        "per_class": 5,
        "repository": str(tmp_path / "hub"),
    }
    short = {"maker": "audioset", "rate": 8000, "seconds": 0.2}
    corpora = {
        "gtzanlike": {**short, "task": "genre"},
        "medleysolosdblike": {**short, "task": "instrument"},
    }
    project = copied({"audioset": settings, "corpora": corpora, "scale": "real"})
    told = project.snakemake(target="audioset_tables")
    assert "GTZANLike: 50 clips, the thesis has 41,811" in told
    clips = pd.concat(
        pd.read_csv(project.path / f"data/audioset/real/{task}.csv")
        for task in ("genre", "instrument")
    )
    assert set(clips["label"].value_counts()) == {5}
    videos = list(clips["video"])
    audioset_hub(tmp_path / "hub", videos[:-1])
    told = project.snakemake(target="data/corpora/real/gtzanlike")
    assert "89 clips are there, 1 are missing" in told
    corpus = Corpus(project.path / "data/corpora/real/gtzanlike")
    assert len(corpus) == 50 and set(corpus.groups) <= set(videos) and corpus.faults() == []


def test_the_plan_is_told_before_anything_is_fetched(finished):
    paper = finished.__class__(finished.path, "workflow/scales/paper.yaml")
    told = paper.snakemake(target="plan")
    for expected in (
        "genres.tar.gz",
        "1.23 GB",
        "corpus gtzanlike",
        "41,811 clips",
        "free on this disk",
    ):
        assert expected in told
    jobs, rules = re.search(r"(\d+) jobs: (.+)", told).groups()
    assert sum(int(count) for count in re.findall(r"(\d+) \w+", rules)) == int(jobs) > 200
    assert not (finished.path / "data/downloads").exists()


OWN = """
import torch
from torch import nn


class TinyNet(nn.Module):
    def __init__(self, width):
        super().__init__()
        convolution = nn.Conv1d(1, width, 8, stride=4)
        self.body = nn.Sequential(convolution, nn.ReLU(), nn.AdaptiveAvgPool1d(1))
        self.head = nn.Linear(width, 3)

    def forward(self, waveforms):
        return self.head(self.body(waveforms[:, None]).flatten(1))
"""


def test_a_users_own_network_gets_its_curves_by_its_entry_alone(copied, tmp_path):
    entry = {
        "module": "nets.tiny:TinyNet",
        "arguments": {"width": 4},
        "classes": ["a", "b", "c"],
        "layers": {"pooling": "body.2", "activated": {"path": "body.1", "read": "channels"}},
        "front_end": {"kind": "waveform", "rate": 8000},
    }
    study = {
        "networks": ["mine"],
        "ks": [1, 5],
        "folds": ["paper", "grouped"],
        "second": None,
        "tasks": {
            "note": {"corpus": "notes", "level": "low"},
            "speakers": {"corpus": "voices", "level": "high"},
        },
        "inverse_penalty": None,
        "shuffles": 2,
        "tagging": None,
    }
    settings = {"networks": {"mine": entry}, "hierarchy": {"own": study}, "run": ["hierarchy/own"]}
    project = copied(settings)
    (project.path / "nets").mkdir()
    (project.path / "nets/tiny.py").write_text(OWN)
    project.snakemake()
    results = project.path / "results/smoke"
    described = json.loads((results / "networks/mine/network.json").read_text())
    assert list(described["layers"].items()) == [  # in the order of config.yaml
        ("pooling", {"path": "body.2", "read": "all"}),
        ("activated", {"path": "body.1", "read": "channels"}),
    ]
    assert described["classes"] == ["a", "b", "c"] and not described["trained"]
    curves = pd.read_parquet(results / "hierarchy/own/profiles.parquet")
    assert set(curves["layer"]) == {"pooling", "activated"} and set(curves["family"]) == {"other"}
    assert set(curves["task"]) == {"note", "speakers"}
    assert (results / "figures/hierarchy/own/figure-2.1-layers.png").is_file()
    rows = json.loads((results / "scorecard.json").read_text())
    assert any(row["id"].startswith("hierarchy.centre.own") for row in rows)
    entry["layers"]["pooling"] = "body.3"
    project = copied(settings)
    told = project.snakemake(target="results/smoke/networks/mine", ok=False)
    assert "error: TinyNet has no layer 'body.3' (did you mean 'body.2'" in told
