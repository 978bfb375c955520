"""Scripts of study 4, run one after the other with what the rules give them."""

import json
import shutil
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from rules import Rules
from sonified_worlds import SNAPSHOTS, save_network, write_events

from tonotopy.collecting import KEYS, of_network
from tonotopy.corpora.schema import Corpus
from tonotopy.ears import Ear, ears
from tonotopy.networks.bundle import load
from tonotopy.studies.sonification import inputs
from tonotopy.studies.sonification.checks import exactness_table, layer_table, shifted
from tonotopy.studies.sonification.hearing import chosen_clips, geometry
from tonotopy.studies.sonification.maps import (
    answer_table,
    favourite_table,
    filter_tables,
    selection_table,
)
from tonotopy.studies.sonification.matching import match_table
from tonotopy.studies.sonification.picturing import evolution_tables, picture_table, views
from tonotopy.studies.sonification.similarity import similarity_table
from tonotopy.studies.sonification.study import STUDY
from tonotopy.studies.sonification.subtracting import residual_table, targeted_table
from tonotopy.studies.sonification.transferring import answering_ears

SEED = 11
TRAINING = {"epochs": 1, "batch": 7, "learning_rate": 1e-2}
ENTRY = {
    "networks": {"supervised": ["net", "net2"], "contrastive": "contrast"},
    "heard": "events",
    "learned": "lessons",
    "layers": ["block2", "block7"],
    "clips": 6,
    "selecting": 9,
    "coherence": {"segment": 64, "strongest": 3},
    "shifts": {"offsets": [1, 256], "clips": 2},
    "residuals": True,
    "targets": True,
    "matches": True,
    "transfers": {
        "tagging": {"corpus": "lessons", "learn": {"head": [], "all": []}, "training": TRAINING},
        "words": {"corpus": "words", "learn": {"head": ["block3"]}, "training": TRAINING},
    },
    "answers": "tagging",
    "shown": {"layers": ["block7"], "maps": 2},
    "evolution": {"epochs": SNAPSHOTS, "layers": ["block7"], "maps": 1},
    "exhibits": 1,
}
CONFIG = {
    "seed": SEED,
    "accelerator": "cpu",
    "corpora": {"events": {"parts": True}, "lessons": {}, "words": {}},
    "networks": {
        "net": {"corpus": "events"},
        "net2": {"corpus": "events"},
        "contrast": {"corpus": "lessons"},
    },
    "sonification": {"tiny": ENTRY},
}
WILDCARDS = {"scale": "some", "instance": "tiny"}
JOB = SimpleNamespace(**WILDCARDS)
RULES = Rules("sonification", inputs, CONFIG, WILDCARDS)
COLUMNS = [("supervised", 0), ("supervised", 1), ("contrastive", 0), ("untrained", 0)]


@pytest.fixture(scope="module")
def home(world, tmp_path_factory):
    """The folder of a run: corpora and networks, and what maps prefer."""
    folder = tmp_path_factory.mktemp("run")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        corpora, networks = Path("data/corpora/some"), Path("results/some/networks")
        shutil.copytree(world.folder / "events", corpora / "events")
        shutil.copytree(world.folder / "words", corpora / "words")
        write_events(corpora / "lessons", parts=False, seed=5)
        networks.mkdir(parents=True)
        for name, kept in (
            ("net", "supervised"),
            ("contrast", "contrastive"),
            ("net-untrained", "untrained"),
        ):
            shutil.copytree(world.folder / kept, networks / name)
        save_network(networks / "net2", 9, world.events, SNAPSHOTS)
        RULES.run("hear_maps", patch)
    return folder


@pytest.fixture
def ran(home, monkeypatch):
    """Run a rule in that folder."""
    monkeypatch.chdir(home)
    return lambda rule, **options: RULES.run(rule, monkeypatch, **options)


def heard():
    return Corpus("data/corpora/some/events")


def lessons():
    return Corpus("data/corpora/some/lessons")


def networks(layers=ENTRY["layers"]) -> list[Ear]:
    return list(ears(inputs.columns(JOB, CONFIG), layers, "cpu"))


def output(rule: str, name: str) -> pd.DataFrame:
    return pd.read_parquet(RULES.told(rule, "output")[name])


def check(found: pd.DataFrame, parts: list[pd.DataFrame]) -> None:
    """A table is that of all networks, one after the other; lists are compared by value."""
    expected = pd.concat([part for part in parts if len(part)], ignore_index=True)
    assert set(found.columns) == set(expected.columns) and len(found) == len(expected)
    for name in expected:
        if expected[name].dtype.kind == "f":
            np.testing.assert_allclose(found[name], expected[name], rtol=1e-5, atol=1e-7)
        else:
            same = zip(found[name], expected[name], strict=True)
            assert all(np.array_equal(first, second) for first, second in same), name


def test_maps_are_heard_by_every_network(home, monkeypatch):
    monkeypatch.chdir(home)
    own, test = {"events": heard(), "lessons": lessons()}, heard().indices("test")
    listed = networks()
    assert [(ear.network, ear.run) for ear in listed] == COLUMNS
    favourites = output("hear_maps", "favourites")
    check(favourites, [favourite_table(ear, heard(), test) for ear in listed])
    selected = [selection_table(ear, lessons(), 9, SEED) for ear in listed]
    check(output("hear_maps", "selected"), selected)
    assert selected[0]["auc"].tolist() != selected[1]["auc"].tolist()
    answers = output("hear_maps", "answers")
    check(answers, [answer_table(ear, own) for ear in listed])
    assert set(zip(answers["network"], answers["run"], strict=True)) == {
        ("supervised", 0),
        ("supervised", 1),
    }
    for index, name in enumerate(("filters", "responses")):
        check(output("hear_maps", name), [filter_tables(ear)[index] for ear in listed])


def test_clips_are_sonified_by_every_network(ran):
    ran("sonify_clips")
    clips, few = (chosen_clips(heard(), "test", number, SEED) for number in (6, 2))
    assert len(clips) == 6 and len(few) == 2
    places = [geometry(ear) for ear in networks()]
    pairs = list(zip(networks(), places, strict=True))
    moved = [shifted(ear, heard(), few, [1, 256], place) for ear, place in pairs]
    wanted = {
        "layers": [layer_table(ear, place) for ear, place in pairs],
        "similarity": [similarity_table(ear, heard(), clips, 64, 3) for ear in networks()],
        "exactness": [exactness_table(ear, heard(), few) for ear in networks()],
        "shifts": [one.table for one in moved],
        "excerpts": [one.excerpts for one in moved],
    }
    for name, parts in wanted.items():
        check(output("sonify_clips", name), parts)


def test_parts_are_matched_by_the_maps_of_each_network(ran):
    (path,) = ran("match_parts")
    clips, selected = chosen_clips(heard(), "test", 6, SEED), output("hear_maps", "selected")
    parts = [match_table(ear, heard(), clips, of_network(selected, ear)) for ear in networks()]
    check(pd.read_parquet(path), parts)


def test_pictures_are_of_the_first_training_of_each_kind(ran):
    ran("picture_maps")
    favourites, selected = (output("hear_maps", name) for name in ("favourites", "selected"))
    pictures, numbers = [], []
    for (_, run, folder), ear in zip(inputs.columns(JOB, CONFIG), networks(), strict=True):
        if run == 1:
            continue
        own, chosen = of_network(favourites, ear), of_network(selected, ear)
        seen = views(ear, heard(), own, chosen, ENTRY["shown"], SEED)
        pictures.append(picture_table(ear, heard(), seen))
        if ear.network == "supervised":
            told = evolution_tables(ear, folder, heard(), own, ENTRY["evolution"], SEED)
            numbers.append(told[0])
            pictures.append(told[1])
    check(output("picture_maps", "pictures"), pictures)
    check(output("picture_maps", "evolution"), numbers)
    assert set(output("picture_maps", "pictures")["network"]) == {
        "supervised",
        "contrastive",
        "untrained",
    }


def test_exhibits_are_of_the_first_training_of_each_kind(ran):
    (folder,) = ran("render_sonifications")
    index = json.loads((Path(folder) / "exhibits.json").read_text())
    assert (
        index["study"] == "sonification"
        and index["instance"] == "tiny"
        and index["scale"] == "some"
    )
    (entry,) = index["exhibits"]
    (position,) = chosen_clips(heard(), "test", 1, SEED)
    assert entry["title"] == f"{heard().clips[position]}, {entry['label']}"
    tracks = [track["facts"] for track in entry["tracks"] if track["facts"]]
    names = {track["network"] for track in tracks}
    assert names == {"supervised", "contrastive", "untrained"}
    epochs = [track["epoch"] for track in tracks if "epoch" in track]
    assert epochs == SNAPSHOTS
    selected = output("hear_maps", "selected")
    first = selected[selected["run"] == 0].set_index(["network", "layer", "label"])["map"]
    for track in tracks:
        assert track["map"] == first[track["network"], track["layer"], entry["label"]]


@pytest.fixture(scope="module")
def taught(home):
    """All transfers, and what is answered by them."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(home)
        for task in ENTRY["transfers"]:
            for kind, run in COLUMNS:
                RULES.run("transfer_network", patch, task=task, taught=kind, run=str(run))
        RULES.run("collect_transfers", patch)
        RULES.run("subtract_sonifications", patch)
        RULES.run("subtract_classes", patch)


def test_every_network_is_taught_every_task(home, taught, monkeypatch):
    monkeypatch.chdir(home)
    table = pd.read_parquet(RULES.told("collect_transfers", "output")[0])
    rows = table[["task", "network", "run", "learn", "layer"]].drop_duplicates().values.tolist()
    learned = [
        ("tagging", "head", ["whole"]),
        ("tagging", "all", ["whole"]),
        ("words", "head", ["block3", "whole"]),
    ]
    assert sorted(rows) == sorted(
        [task, kind, run, learn, layer]
        for task, learn, layers in learned
        for layer in layers
        for kind, run in COLUMNS
    )
    for name, one in (
        ("net", "supervised-0"),
        ("net2", "supervised-1"),
        ("net-untrained", "untrained-0"),
    ):
        source = load(f"results/some/networks/{name}").network.state_dict()
        path = Path(inputs.answering(JOB, CONFIG)[COLUMNS.index((one[:-2], int(one[-1])))])
        own = load(path / "head").network.encoder.state_dict()
        assert all((own[key] == value).all() for key, value in source.items())
        assert load(path / "head").classes == lessons().classes


def test_answers_without_sonifications_are_those_of_each_network_s_own_classifiers(
    home, taught, monkeypatch
):
    monkeypatch.chdir(home)
    clips, selected = chosen_clips(heard(), "test", 6, SEED), output("hear_maps", "selected")
    residuals, targeted = [], []
    for ear, folder in zip(networks(), inputs.answering(JOB, CONFIG), strict=True):
        for learn, answering in answering_ears(folder, ear):
            residuals.append(residual_table(answering, heard(), clips, SEED).assign(learn=learn))
            if learn == "head":
                targeted.append(
                    targeted_table(answering, heard(), clips, of_network(selected, ear))
                )
    found = output("subtract_sonifications", 0)
    check(found, residuals)
    assert set(found["learn"]) == {"head", "all"} and set(found["kind"]) >= {"original", "filter"}
    check(output("subtract_classes", 0), targeted)


def test_what_is_not_asked_for_is_an_empty_table(home, taught, monkeypatch):
    monkeypatch.chdir(home)
    config = {**CONFIG, "sonification": {"tiny": {**ENTRY, "evolution": None}}}
    for rule, names in (("picture_maps", ["evolution"]),):
        kept = {path: Path(path).read_bytes() for path in RULES.told(rule, "output").values()}
        RULES.run(rule, monkeypatch, config=config)
        for name in names:
            assert tuple(output(rule, name).columns) == KEYS and output(rule, name).empty
        for path, content in kept.items():
            Path(path).write_bytes(content)


def test_every_table_of_the_study_is_made_by_a_rule():
    made = {"transfers", "matches", "residuals", "targeted"}
    for rule in ("hear_maps", "sonify_clips", "picture_maps"):
        made |= set(RULES.told(rule, "output"))
    assert {
        name for table in (STUDY.tables(ENTRY), ["pictures", "selected"]) for name in table
    } == made
    ran = {"transfer_network", "collect_transfers", "match_parts", "render_sonifications"}
    assert set(RULES.names) == ran | {
        "hear_maps",
        "sonify_clips",
        "subtract_sonifications",
        "subtract_classes",
        "picture_maps",
    }
