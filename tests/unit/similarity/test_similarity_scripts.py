"""Scripts of study 5, run one after the other with what the rules give them."""

import json
import shutil
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from rules import Rules
from similar_worlds import save_vgg

from tonotopy.corpora.schema import Corpus
from tonotopy.studies.similarity import inputs
from tonotopy.studies.similarity.assembling import Job, compared_tables, probed_table
from tonotopy.studies.similarity.study import STUDY

SEED = 7
ENTRY = {
    "networks": {"vgg": ["net", "net2"]},
    "heard": None,
    "unheard": {"vgg": "pictures"},
    "random": 2,
    "layers": ["block2"],
    "grids": {},
    "clips": 6,
    "probed": 12,
    "calibrated": 5,
    "folds": 3,
    "known": {"sets": 1, "clips": 4},
    "shown": 1,
    "exhibits": 3,
}
CONFIG = {
    "seed": SEED,
    "accelerator": "cpu",
    "corpora": {"tones": {}, "lessons": {}},
    "networks": {
        "net": {"corpus": "tones"},
        "net2": {"corpus": "tones"},
        "pictures": {"corpus": "lessons"},
    },
    "similarity": {"tiny": ENTRY},
}
WILDCARDS = {"scale": "some", "instance": "tiny"}
JOB = SimpleNamespace(**WILDCARDS)
RULES = Rules("similarity", inputs, CONFIG, WILDCARDS)


@pytest.fixture(scope="module")
def home(tones, tmp_path_factory):
    """The folder of a run, and its tables."""
    folder = tmp_path_factory.mktemp("run")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        corpora, networks = Path("data/corpora/some"), Path("results/some/networks")
        for name in ("tones", "lessons"):
            shutil.copytree(tones.folder / "tones", corpora / name)
        networks.mkdir(parents=True)
        for name in ("net", "net2"):
            shutil.copytree(tones.folder / name, networks / name)
        save_vgg(networks / "pictures", 3, Corpus(corpora / "lessons").classes)
        for rule in ("compare_maps", "probe_features", "render_matches"):
            RULES.run(rule, patch)
    return folder


def equal(found: pd.DataFrame, expected: pd.DataFrame) -> None:
    assert list(found) == list(expected) and len(found) == len(expected)
    for name in expected:
        for own, other in zip(found[name], expected[name], strict=True):
            if isinstance(other, str):
                assert own == other, name
            else:
                np.testing.assert_allclose(own, other, rtol=1e-3, atol=1e-4)


def test_tables_are_those_of_the_entry(home, monkeypatch):
    monkeypatch.chdir(home)
    corpus, lessons = (Corpus(f"data/corpora/some/{name}") for name in ("tones", "lessons"))
    columns, beside = inputs.columns(JOB, CONFIG), inputs.unheard_columns(JOB, CONFIG)
    tables = compared_tables(columns, beside, corpus, [lessons], ENTRY, Job(SEED, "cpu", 1))
    outputs = RULES.told("compare_maps", "output")
    assert set(outputs) == set(tables)
    for name, path in outputs.items():
        equal(pd.read_parquet(path), tables[name])
    assert set(tables["answers"]["copy"]) == {"trained", "unheard"}
    assert set(tables["similarities"]["layer"]) == {"block2"}
    (path,) = RULES.told("probe_features", "output")
    equal(pd.read_parquet(path), probed_table(columns, beside, corpus, ENTRY, Job(SEED, "cpu", 1)))


def test_exhibits_are_the_best_maps_on_their_clips(home, monkeypatch):
    monkeypatch.chdir(home)
    (folder,) = RULES.told("render_matches", "output")
    index = json.loads((Path(folder) / "exhibits.json").read_text())
    assert (index["study"], index["instance"], index["scale"]) == ("similarity", "tiny", "some")
    assert index["note"]
    pictures = pd.read_parquet("results/some/similarity/tiny/pictures.parquet")
    corpus = Corpus("data/corpora/some/tones")
    best = pictures[(pictures["rank"] == 1) & (pictures["panel"] == "map")].set_index("feature")
    features = ("harmonic", "percussive", "chroma_stft")
    for entry, feature in zip(index["exhibits"], features, strict=True):
        clip = best.loc[feature, "clip"]
        label = corpus.classes[corpus.labels[corpus.clips.tolist().index(clip)]]
        assert entry["title"] == f"{feature} in {clip}, {label}" and entry["label"] == label
        assert entry["network"] == "vgg" and len(entry["ticks"]) >= 4
        assert entry["seconds"] == pytest.approx(0.8, abs=0.02)
        original, part, map, rest = entry["tracks"]
        kinds = [track["kind"] for track in entry["tracks"]]
        assert kinds == ["original", "feature", "map", "residual"]
        assert original["name"] == "original" and part["name"] == f"feature: {feature}"
        assert map["facts"]["map"] == best.loc[feature, "map"]
        assert map["facts"]["layer"] == "block2" and "ticks" not in map
        for track in (part, rest):  # pitch classes have no axis in Hz
            assert track.get("ticks") == ([] if feature == "chroma_stft" else None)
        assert map["facts"]["r"] == pytest.approx(best.loc[feature, "r"], abs=2e-3)
        assert map["audio"] is None and rest["audio"] is None and "overlay" in map
        assert (part["audio"] is None) == (feature == "chroma_stft")
        for track in (original, part)[: 1 if feature == "chroma_stft" else 2]:
            assert (Path(folder) / entry["folder"] / track["audio"]).is_file()
        for track in entry["tracks"]:
            assert (Path(folder) / entry["folder"] / track["picture"]).is_file()


def test_exhibits_are_equal_bytes_again(home, monkeypatch):
    monkeypatch.chdir(home)
    (folder,) = map(Path, RULES.told("render_matches", "output"))
    before = {path: path.read_bytes() for path in folder.rglob("*.*")}
    RULES.run("render_matches", monkeypatch)
    assert {path: path.read_bytes() for path in folder.rglob("*.*")} == before and len(before) > 10


def test_every_table_of_the_study_is_made_by_a_rule():
    made = set(RULES.told("compare_maps", "output")) | {"probes"}
    assert made == {*STUDY.tables(ENTRY), "pictures"}
    assert set(RULES.names) == {"compare_maps", "probe_features", "render_matches"}
