"""Labels as users bring them, through the real command line."""

import numpy as np
import pytest
import soundfile
import yaml
from projects import copy_project

from tonotopy.corpora.schema import Corpus

RATE = 8000
CORPUS = "data/corpora/own/sounds"
STUDY = {
    "networks": ["vggish"],
    "tasks": {"sounds": {"corpus": "sounds", "level": "mid"}},
    "ks": [1, 5],
    "folds": ["paper", "grouped"],
    "second": None,
    "inverse_penalty": 10.0,
    "shuffles": 2,
    "tagging": None,
}


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """A project with a folder of forty sounds, eight of them unreadable, and a table of theirs."""
    project = copy_project(tmp_path_factory.mktemp("labels") / "tonotopy")
    rng = np.random.default_rng(0)
    rows = ["datei;gattung"]
    (project.path / "sounds").mkdir()
    for number in range(40):
        place = project.path / f"sounds/{number:02d}.wav"
        if number % 5 == 4:
            place.write_bytes(b"no sound")
        else:
            soundfile.write(place, rng.uniform(-0.5, 0.5, 800), RATE)
        rows.append(f".\\{place.name};{('Vögel', 'Frösche ')[number % 2]}")
    (project.path / "sounds/labels.csv").write_bytes("\r\n".join(rows).encode("cp1252"))
    return project


def asked(project, **changes):
    """The project with an overlay in which the folder is a task of study 1."""
    label = {"from": "csv", "file": "labels.csv", "key": "datei", "column": "gattung"}
    corpus = {"maker": "folder", "path": "sounds", "rate": RATE, "seconds": 0.1, "label": label}
    settings = yaml.safe_load((project.path / project.scale).read_text())
    settings |= {"scale": "own", "run": ["hierarchy/mine"], "hierarchy": {"mine": STUDY}}
    settings["corpora"] = {**settings["corpora"], "sounds": corpus | changes}
    (project.path / "own.yaml").write_text(yaml.safe_dump(settings, sort_keys=False))
    return project.__class__(project.path, "own.yaml")


def test_a_table_of_a_spreadsheet_gives_every_readable_file_its_class(project):
    told = asked(project, per_class=10).snakemake(target=CORPUS)
    corpus = Corpus(project.path / CORPUS)
    assert corpus.classes == ["Frösche", "Vögel"]
    counts = corpus.info["counts"]
    for label in corpus.classes:
        assert sum(counts[split][label] for split in counts) == 10
        assert all(counts[split][label] for split in counts)
    log = (project.path / "results/own/logs/build_corpus/sounds.log").read_text()
    for line in (
        "note: labels.csv is not UTF-8 and was read as cp1252",
        "note: label 'Frösche ' of 20 clip(s) is read as 'Frösche'",
        "cannot be read as audio",
    ):
        assert line in log, told


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"leave_out": ["Vogel"]}, "corpora.sounds: leave_out: no clip has label 'Vogel'"),
        ({"faults": {"77.wav": "hum"}}, "corpora.sounds: faults: there is no labelled clip '77.wa"),
        ({"group": {"from": "name", "pattern": "(take[0-9])"}}, "no clip has a group by"),
    ],
)
def test_what_labels_contradict_is_told_before_any_job(project, changes, told):
    output = asked(project, **changes).snakemake(target=CORPUS, ok=False)
    assert told in output and "Traceback" not in output and "rule build_corpus" not in output


def test_a_run_that_is_refused_says_why_and_nothing_of_the_rules(project):
    """Before planning and when a run begins."""
    misspelt = asked(project, labels={"from": "folder"}).snakemake("-n", ok=False)
    assert (
        "\nError: configuration: unknown key 'labels' at corpora.sounds (did you mean" in misspelt
    )
    assert "in config.yaml" not in misspelt
    unmet = asked(project, leave_out=["Vogel"]).snakemake(target=CORPUS, ok=False)
    assert "\nError: corpora.sounds: leave_out: no clip has label 'Vogel'" in unmet
    for told in (misspelt, unmet):
        assert "common.smk" not in told and "refusing" not in told and '  File "' not in told
