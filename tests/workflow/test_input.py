"""Bad and own input through the real command line."""

import json
import os
import subprocess

import pytest
import yaml
from own_entries import FOLDER, STEERED, write_tones
from projects import copy_project
from worlds import digits_replica

from tonotopy.activations import array_on_disk
from tonotopy.corpora.catalogue import PUBLIC
from tonotopy.corpora.embedded import planted
from tonotopy.corpora.embedded.music import MusicWorld
from tonotopy.corpora.schema import Corpus
from tonotopy.errors import InputError

CAUSES = {"classical": "violin", "jazz": "saxophone", "rock": "guitar", "metal": "guitar"}


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    return copy_project(tmp_path_factory.mktemp("input") / "tonotopy")


def test_a_misspelt_key_is_refused_before_anything_runs(project):
    told = project.snakemake("-n", "--config", "sede=3", ok=False)
    assert "unknown key 'sede' at top level (did you mean 'seed'?)" in told
    assert "Traceback" not in told


def test_a_missing_mirror_is_named(project):
    told = project.snakemake(
        "--config", "mirror=/no/such/folder", target="data/downloads/free_spoken_digits", ok=False
    )
    assert "error: /no/such/folder: no such folder; check 'mirror'" in told


def test_a_public_corpus_comes_from_a_mirror(tmp_path):
    """A replica of the archive, with its checksums in the place of the official ones."""
    project = copy_project(tmp_path / "tonotopy")
    pocket = project.__class__(project.path, "workflow/scales/pocket.yaml")
    remote = PUBLIC["free_spoken_digits"].remotes[0]
    sums = project.path / "workflow/tonotopy/corpora/checksums" / remote.members
    digits_replica(tmp_path / "mirror" / remote.file, sums)
    pocket.snakemake(
        "--config", f"mirror={tmp_path / 'mirror'}", target="data/corpora/pocket/speakers"
    )
    corpus = Corpus(project.path / "data/corpora/pocket/speakers")
    assert corpus.classes == ["george", "theo"] and len(corpus) == 48
    assert corpus.info["licence"] == "CC BY-SA 4.0"


def own_audio(root, classes):
    write_tones(root, classes)
    (root / list(classes)[-1] / "broken.wav").write_bytes(b"no audio")


def overlay(genres, sounds) -> dict:
    return {
        "scale": "own",
        "controls": "warn",  # what two tones do to such a network is not known
        "run": ["steering/mine"],
        "corpora": {
            "my_music": {**FOLDER, "path": str(genres)},
            "my_sounds": {**FOLDER, "path": str(sounds)},
        },
        "networks": {
            "my_ast": {
                "architecture": "ast",
                "corpus": "my_music",
                "arguments": {
                    "patch": [16, 4],
                    "stride": [16, 4],
                    "width": 16,
                    "depth": 3,
                    "heads": 2,
                },
                "front_end": {"rate": 8000, "n_fft": 256, "hop_ms": 10.0, "mels": 16, "frames": 50},
                "training": {"epochs": 3, "batch": 8, "learning_rate": 3e-3},
            }
        },
        "steering": {
            "mine": {
                **STEERED,
                "network": "my_ast",
                "concepts": "my_sounds",
                "pairs": [{"concept": "hum", "target": ["slow"]}],
            }
        },
        "statistics": {"resamples": 100},
    }


def test_own_music_in_folders_goes_to_the_scorecard(project, tmp_path):
    own_audio(tmp_path / "music", {"slow": 200, "fast": 900})
    own_audio(tmp_path / "sounds", {"hum": 180, "whistle": 1500})
    settings = overlay(tmp_path / "music", tmp_path / "sounds")
    (project.path / "own.yaml").write_text(yaml.safe_dump(settings))
    project.__class__(project.path, "own.yaml").snakemake()
    report = json.loads((project.path / "data/corpora/own/my_music/corpus.json").read_text())
    assert report["report"]["dropped"][0]["clip"] == "fast/broken.wav"
    rows = json.loads((project.path / "results/own/scorecard.json").read_text())
    found = {row["id"]: row["verdict"] for row in rows}
    assert found["steering.pair.mine.hum-slow"] in ("supported", "contradicted", "inconclusive")
    assert "controls" in (project.path / "results/own/verdict.txt").read_text()


def test_a_concept_that_no_corpus_has_is_told_before_training(project, tmp_path):
    own_audio(tmp_path / "music", {"slow": 200, "fast": 900})
    own_audio(tmp_path / "sounds", {"hum": 180, "whistle": 1500})
    settings = overlay(tmp_path / "music", tmp_path / "sounds")
    settings["steering"]["mine"]["pairs"] = [{"concept": "hmu", "target": ["slow"]}]
    (project.path / "names.yaml").write_text(yaml.safe_dump({**settings, "scale": "names"}))
    names = project.__class__(project.path, "names.yaml")
    told = names.snakemake(ok=False)
    assert "steering.mine.pairs.0.concept: corpus my_sounds has no class 'hmu'" in told
    assert "did you mean 'hum'?" in told and "Traceback" not in told
    assert not (project.path / "results/names").exists()
    assert not (project.path / "data/corpora/names").exists()


def test_a_missing_folder_is_named(project, tmp_path):
    settings = overlay(tmp_path / "nowhere", tmp_path / "nowhere")
    (project.path / "gone.yaml").write_text(yaml.safe_dump({**settings, "scale": "gone"}))
    gone = project.__class__(project.path, "gone.yaml")
    told = gone.snakemake(target="data/corpora/gone/my_music", ok=False)
    assert f"corpora.my_music.path: no folder '{tmp_path}/nowhere'" in told
    assert not (project.path / "data/corpora/gone/my_music").exists()
    planned = gone.snakemake("--dry-run", "--quiet")
    assert planned.count("note: a run would be refused: corpora.my_music.path: no folder") == 1
    assert planned.count("note: a run would be refused: corpora.my_sounds.path: no folder") == 1


@pytest.fixture
def small_disk(tmp_path):
    """A file system of 1 MiB."""
    place = tmp_path / "small"
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(place)]
    done = subprocess.run(mount, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"mounting a small file system needs root here: {done.stderr.strip()}")
    yield place
    subprocess.run(["umount", str(place)], check=True)


def test_a_full_disk_is_told_and_leaves_nothing_half_written(small_disk):
    world = MusicWorld(CAUSES, seconds=1.0)
    with pytest.raises(
        InputError, match=f"{small_disk}/genres: cannot be written, the disk is ful"
    ):
        planted.build(small_disk / "genres", "genre", {"train": 300}, world, seed=0)
    assert os.listdir(small_disk) == []


def test_activations_that_do_not_fit_are_told_before_they_are_written(small_disk):
    array_on_disk(small_disk / "fits.npy", (100, 100))[:] = 1
    with pytest.raises(InputError, match=f"{small_disk}/large.npy: cannot be written, the disk is"):
        array_on_disk(small_disk / "large.npy", (1000, 1000))
