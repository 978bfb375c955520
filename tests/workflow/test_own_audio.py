"""A folder of one's own sound through the command line: built again when its content changes."""

import json
import shutil

import numpy as np
import pytest
import yaml
from odd_sounds import noise, put
from projects import Project, copy_project

from tonotopy.corpora.schema import Corpus

CORPUS = "data/corpora/changing/mine"


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """A project with a corpus of a folder, labelled by a csv that lies outside it."""
    root = tmp_path_factory.mktemp("changing")
    project = Project(copy_project(root / "tonotopy").path, "own.yaml")
    for n in range(8):
        put(root, f"sounds/{n}.wav", noise(4000, n))
    stereo = np.stack([noise(4000, 50), -noise(4000, 50)], axis=1)
    put(root, "sounds/opposite.wav", stereo)
    put(root, "sounds/._0.wav", noise(4000))
    rows = [f"{n},{'xy'[n % 2]}" for n in (*range(8),)] + ["opposite,x"]
    (root / "labels.csv").write_text("\n".join(["file,class", *rows]) + "\n")
    configure(project, str(root / "sounds"), str(root / "labels.csv"))
    project.snakemake(target=CORPUS)
    return project, root


def configure(project, path: str, labels: str) -> None:
    label = {"from": "csv", "file": labels, "key": "file", "column": "class"}
    entry = {"maker": "folder", "path": path, "rate": 8000, "seconds": 0.25, "label": label}
    overlay = {"scale": "changing", "corpora": {"mine": entry}}
    (project.path / project.scale).write_text(yaml.safe_dump(overlay))


def planned(project) -> bool:
    told = project.snakemake("-n", target=CORPUS)
    return "build_corpus" in told


def test_silence_and_strays_are_told_in_the_report(built):
    project, _ = built
    report = json.loads((project.path / CORPUS / "corpus.json").read_text())["report"]
    (dropped,) = report["dropped"]
    assert dropped["clip"] == "opposite.wav" and "channels cancel" in dropped["reason"]
    assert any("1 file(s) that are hidden" in note for note in report["notes"])


def test_nothing_is_done_for_what_is_no_content(built):
    project, root = built
    assert not planned(project)
    (root / "sounds/.DS_Store").write_bytes(b"x")
    (root / "sounds/readme.txt").write_text("x")
    shutil.copy(root / "sounds/0.wav", root / "sounds/copy")
    (root / "sounds/copy").replace(root / "sounds/0.wav")
    assert not planned(project)
    for path, labels in (
        (f"{root}/sounds/", f"{root}/labels.csv"),
        ("../sounds", "../labels.csv"),
        ("../sounds/", f"../../{root.name}/labels.csv"),
    ):
        configure(project, path, labels)
        assert not planned(project), path


def test_sounds_and_labels_that_change_are_built_again(built):
    project, root = built
    before = Corpus(project.path / CORPUS).info["content_sha256"]
    put(root, "sounds/3.wav", noise(4000, 90))
    assert planned(project)
    project.snakemake(target=CORPUS)
    between = Corpus(project.path / CORPUS).info["content_sha256"]
    assert before != between and not planned(project)
    labels = root / "labels.csv"
    labels.write_text(
        labels.read_text().replace("0,x", "0,?").replace("1,y", "1,x").replace("?", "y")
    )
    project.snakemake(target=CORPUS)
    corpus = Corpus(project.path / CORPUS)
    assert corpus.info["content_sha256"] != between and not planned(project)
    assert corpus.classes[corpus.labels[list(corpus.clips).index("0.wav")]] == "y"
