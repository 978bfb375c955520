"""What study 3 declares: its needs, what it refuses, its tables, what its rules read."""

import re
from dataclasses import fields
from types import SimpleNamespace

import jsonschema
import pytest
from configs import SCHEMA, changed, default_config

from tonotopy import places, results
from tonotopy.config import check, frozen
from tonotopy.errors import InputError
from tonotopy.relevance.engines import ENGINES
from tonotopy.relevance.subspaces import Ascent
from tonotopy.studies import STUDIES
from tonotopy.studies.relevance import inputs
from tonotopy.studies.relevance.study import (
    ALWAYS,
    STUDY,
    explained_corpus,
    learned_corpus,
    renders,
)
from tonotopy.study import ClassName

ENTRY = {
    "network": "ears",
    "explained": "band",
    "composite": "music",
    "layers": ["conv1", "conv4"],
    "components": [2, 4],
    "shown": {"layer": "conv4", "components": 2},
    "vectors": {"clips": 60, "locations": 40},
    "ascent": {"starts": 3},
    "random": 3,
    "clips": 20,
    "flipping": {"patch": 16, "clips": 10},
    "objects": ["lead", "bass", "drums"],
    "causes": {"lead": ["jazz", "rock"], "drums": ["disco"]},
    "exchanged": ["rock", "disco"],
    "randomised": 1,
    "planted": 4,
    "exhibits": 1,
    "gammas": [0.1, 0.4],
    "folds": {"number": 4, "by": ["group", "clip"]},
}
OWN = {"module": "mine:Net", "front_end": {"kind": "log10_mel"}, "classes": ["loud", "quiet"]}
CONFIG = {
    "seed": 1,
    "corpora": {"songs": {"maker": "planted_music"}, "band": {"parts": True}, "mute": {}},
    "networks": {
        "ears": {
            "architecture": "genre_cnn",
            "corpus": "songs",
            "front_end": {"kind": "log10_mel"},
            "training": {"epochs": 3, "devices": 4},
            "tuning": {"trials": 2},
        },
        "plain": {"architecture": "ast", "corpus": "band", "front_end": {"mels": 8}},
        "own": OWN,
        "bare": {"published": "ast_audioset"},
        "encoder": {"published": "encodec"},
    },
    "relevance": {"music": ENTRY},
}


def entry(**changes):
    return {**ENTRY, **changes}


def refuse(changes, told, config=CONFIG):
    with pytest.raises(InputError, match=f"^{told}"):
        STUDY.check("relevance.music", entry(**changes), config)


# --- the declaration


def test_it_is_among_the_studies_and_says_where_its_parts_are():
    assert STUDIES["relevance"] is STUDY and STUDY.name == "relevance"
    assert STUDY.statistics == "tonotopy.studies.relevance.statistics"
    assert STUDY.exhibits == "tonotopy.studies.relevance.exhibits"
    assert "Harck" in STUDY.source and STUDY.title == "Study 3: relevance"
    shown = STUDY.shown_settings(ENTRY)
    names = ["network", "layers", "components", "shown", "objects", "causes", "exchanged"]
    assert sorted(shown) == sorted(names) and all(shown[name] == ENTRY[name] for name in names)


def test_it_needs_its_network_and_what_is_explained_beside_what_that_learned():
    needs = [(need.section, need.name, need.key) for need in STUDY.needs(ENTRY)]
    assert needs == [("networks", "ears", "network"), ("corpora", "band", "explained")]
    for alone in (entry(explained=None), {k: v for k, v in ENTRY.items() if k != "explained"}):
        assert [need.key for need in STUDY.needs(alone)] == ["network"]
        assert explained_corpus(alone, CONFIG) == learned_corpus(alone, CONFIG) == "songs"
    assert explained_corpus(ENTRY, CONFIG) == "band" and learned_corpus(ENTRY, CONFIG) == "songs"
    own = entry(network="own", explained="mute")
    assert explained_corpus(own, CONFIG) == learned_corpus(own, CONFIG) == "mute"
    found = {name: renders(entry(network=name), CONFIG) for name in CONFIG["networks"]}
    assert found == {"ears": True, "plain": False, "own": True, "bare": False, "encoder": False}


def test_its_tables_are_those_that_the_entry_asks_for():
    optional = {
        "objects": ["overlaps", "localisation", "renderings"],
        "exchanged": ["exchanged"],
        "planted": ["planted"],
        "gammas": ["gammas"],
        "folds": ["folds"],
    }
    every = [*ALWAYS, *(name for names in optional.values() for name in names)]
    assert STUDY.tables(ENTRY) == every and len(set(every)) == 15
    for key, names in optional.items():
        for empty in (entry(**{key: None}), {k: v for k, v in ENTRY.items() if k != key}):
            assert STUDY.tables(empty) == [name for name in every if name not in names]
    assert STUDY.tables(entry(planted=0)) == [name for name in every if name != "planted"]


def test_classes_that_it_names_must_be_among_those_that_are_explained():
    outputs = {"rock": "loud", "jazz": 1}
    found = STUDY.class_names(entry(outputs=outputs), CONFIG)
    assert found == [
        ClassName("exchanged", "rock", "band"),
        ClassName("exchanged", "disco", "band"),
        ClassName("causes.lead", "jazz", "band"),
        ClassName("causes.lead", "rock", "band"),
        ClassName("causes.drums", "disco", "band"),
        ClassName("outputs", "rock", "band"),
        ClassName("outputs", "jazz", "band"),
    ]
    assert STUDY.class_names(entry(exchanged=None, causes=None), CONFIG) == []
    own = STUDY.class_names(entry(explained=None, causes=None), CONFIG)
    assert {name.corpus for name in own} == {"songs"}


def test_figures_are_drawn_from_its_tables_and_its_network():
    assert STUDY.sources("mini", ENTRY, CONFIG) == {
        "history": places.history("mini", "ears"),
        "network": places.network("mini", "ears"),
    }
    for figure in STUDY.figures.values():
        for source in figure.sources:
            assert source in STUDY.tables(ENTRY) or source in STUDY.sources("mini", ENTRY, CONFIG)


def test_exhibits_are_asked_of_the_studies_that_have_some():
    config = default_config()
    config["run"] = ["hierarchy/layers", "relevance/music", "relevance/tones"]
    assert results.exhibits("mini", config) == [
        "results/mini/relevance/music/exhibits",
        "results/mini/relevance/tones/exhibits",
    ]


# --- what it refuses


def test_what_makes_sense_passes():
    STUDY.check("relevance.music", ENTRY, CONFIG)
    STUDY.check("relevance.music", entry(layers=None), CONFIG)
    STUDY.check("relevance.music", entry(objects=None, causes=None, explained="mute"), CONFIG)
    STUDY.check("relevance.music", entry(causes=None), CONFIG)
    own = {"network": "own", "folds": None, "outputs": {"rock": "loud", "disco": 1}}
    STUDY.check("relevance.music", entry(**own), CONFIG)
    bare = {"network": "bare", "folds": None, "objects": None, "causes": None}
    STUDY.check("relevance.music", entry(**bare), CONFIG)


def test_a_network_that_is_not_trained_here_needs_a_corpus_and_names_of_outputs():
    told = "relevance.music.explained: network 'own' is not trained here: name the corpus whose "
    refuse({"network": "own", "explained": None}, told + "clips it is to be explained on$")
    config = changed(CONFIG, "networks.own.classes", [])
    told = "networks.own.classes: relevance needs the names of its outputs$"
    refuse({"network": "own"}, told, config)
    told = r"relevance.music.outputs: network 'own' has no output 'laud' \(did you mean 'loud'"
    refuse({"network": "own", "outputs": {"rock": "laud"}}, told)
    refuse({"network": "encoder"}, "relevance.music.outputs: network 'encoder' does not classify$")
    told = "relevance.music.folds: network 'own' is not trained here, so that nothing can be trai"
    refuse({"network": "own"}, told + "ned on folds: set folds: null$")


def test_a_composite_that_is_none_is_refused():
    refuse({"composite": "musik"}, r"relevance.music.composite: no preset 'musik'.*'music'")
    told = r"relevance.music.composite.conv: expected flat, w2, zero, .*did you mean 'gamma'"
    refuse({"composite": {"conv": {"gama": 1.0}}}, told)


def test_what_is_shown_must_have_been_fitted():
    told = "relevance.music.shown.layer: 'con4' is not among the layers .did you mean 'conv4'"
    refuse({"shown": {"layer": "con4", "components": 2}}, told)
    told = "relevance.music.shown.components: 3 is not among the numbers of components, 2, 4$"
    refuse({"shown": {"layer": "conv4", "components": 3}}, told)
    free = {"layers": None, "shown": {"layer": "any", "components": 4}}
    STUDY.check("relevance.music", entry(**free), CONFIG)


def test_parts_need_a_corpus_that_keeps_them_and_a_front_end_that_hears_them():
    told = "relevance.music.objects: corpus 'mute' keeps no parts: set 'parts: true' in its entry, "
    refuse({"explained": "mute"}, told + "or objects: null$")
    told = "relevance.music.causes: corpus 'mute' keeps no parts: .* or causes: null$"
    refuse({"explained": "mute", "objects": None}, told)
    told = "relevance.music.objects: parts are compared on the mel spectrogram of a front end of "
    told += "kind log10_mel, which network 'plain' does not have: set objects: null$"
    refuse({"network": "plain"}, told)
    refuse({"objects": None}, "relevance.music.causes: needs objects, which parts are among: name")
    told = r"relevance.music.causes: 'drum' is not among the objects \(did you mean 'drums'"
    refuse({"causes": {"lead": ["rock"], "drum": ["disco"]}}, told)


# --- the schema


def schema(one):
    errors = jsonschema.Draft202012Validator(
        {"$defs": SCHEMA["$defs"], "$ref": "#/$defs/relevance"}
    ).iter_errors(one)
    return sorted(f"{error.json_path}: {error.message}" for error in errors)


def test_the_schema_knows_what_the_code_takes():
    assert schema(ENTRY) == []
    declared = SCHEMA["$defs"]["relevance"]["properties"]
    assert set(declared["ascent"]["properties"]) == {field.name for field in fields(Ascent)}
    assert declared["engine"]["enum"] == list(ENGINES)
    assert set(declared) == {*ENTRY, "engine", "outputs"}
    nullable = [key for key in ENTRY if schema(entry(**{key: None})) == []]
    assert nullable == ["layers", "objects", "causes", "exchanged", "gammas", "folds"]
    optional = {key for key in ENTRY if not schema({k: v for k, v in ENTRY.items() if k != key})}
    assert optional == {*nullable, "explained"}


@pytest.mark.parametrize(
    "changes",
    [
        {"folds": {"number": 2, "by": ["clip"]}},
        {"folds": {"number": 3, "by": ["artist"]}},
        {"folds": {"number": 3, "by": []}},
        {"planted": -1},
        {"random": 0},
        {"exhibits": 0},
        {"gammas": [0.1]},
        {"gammas": [-0.1, 0.2]},
        {"exchanged": ["rock"]},
        {"exchanged": ["rock", "rock"]},
        {"causes": {"lead": ["rock"]}},
        {"objects": ["lead"]},
        {"components": []},
        {"components": [2, 2]},
        {"components": [0]},
        {"layers": []},
        {"shown": {"layer": "conv4"}},
        {"vectors": {"clips": 2}},
        {"ascent": {"starts": 0}},
        {"ascent": {"step": 0}},
        {"ascent": {"stpes": 3}},
        {"flipping": {"patch": 0, "clips": 3}},
        {"engine": "own"},
        {"outputs": {}},
        {"outputs": {"rock": -1}},
        {"colour": "red"},
    ],
    ids=str,
)
def test_the_schema_refuses(changes):
    assert schema(entry(**changes))


def test_the_smallest_that_the_schema_takes():
    least = {"folds": {"number": 3, "by": ["clip"]}, "planted": 0, "random": 1, "gammas": [0, 0.5]}
    least |= {"engine": "zennit", "outputs": {"rock": 0, "disco": "x"}, "ascent": {}}
    assert schema(entry(**least)) == []


def test_the_default_configuration_refuses_classes_that_there_are_not():
    config = default_config()
    check(config, SCHEMA)
    wrong = changed(config, "relevance.music.shown.layer", "conv5")
    with pytest.raises(InputError, match="relevance.music.shown.layer: 'conv5' is not among"):
        check(wrong, SCHEMA)


# --- what its rules read


def job(**wildcards):
    return SimpleNamespace(**{"scale": "mini", "instance": "music", **wildcards})


def test_its_rules_read_the_folders_of_its_entry():
    assert inputs.network(job(), CONFIG) == "results/mini/networks/ears"
    assert inputs.untrained(job(), CONFIG) == "results/mini/networks/ears-untrained"
    assert inputs.explained(job(), CONFIG) == "data/corpora/mini/band"
    assert inputs.learned(job(scale="mini-seed2"), CONFIG) == "data/corpora/mini-seed2/songs"
    assert inputs.subspaces(job(), CONFIG) == "results/mini/relevance/music/subspaces"
    own = changed(CONFIG, "relevance.music.network", "own")
    assert inputs.learned(job(), own) == "data/corpora/mini/band"
    alone = changed(CONFIG, "relevance.music.explained", None)
    assert inputs.explained(job(), alone) == inputs.learned(job(), alone)
    assert inputs.explained(job(), alone) == "data/corpora/mini/songs"


def test_its_rules_read_settings_and_null_where_there_are_none():
    found = inputs.setting("clips", "outputs", "gammas")(job(), CONFIG)
    assert found == {"clips": 20, "outputs": None, "gammas": [0.1, 0.4]}
    assert inputs.explaining(job(), CONFIG) == {
        "composite": "music",
        "layers": ["conv1", "conv4"],
        "outputs": None,
        "engine": "auto",
    }
    other = changed(CONFIG, "relevance.music.engine", "zennit")
    other = changed(other, "relevance.music.outputs", {"rock": 1})
    assert inputs.explaining(job(), other)["engine"] == "zennit"
    assert inputs.explaining(job(), other)["outputs"] == {"rock": 1}
    assert frozen(inputs.explaining(job(), CONFIG)).count("music") == 1
    assert inputs.rendered_objects(job(), CONFIG) == ["lead", "bass", "drums"]
    plain = changed(CONFIG, "relevance.music.network", "plain")
    assert inputs.rendered_objects(job(), plain) is None
    without = changed(CONFIG, "relevance.music.objects", None)
    assert inputs.rendered_objects(job(), without) is None


def test_folds_are_trained_as_the_network_is_each_with_checkpoints_of_its_own():
    assert inputs.training(job(), CONFIG) == {
        "architecture": "genre_cnn",
        "corpus": "songs",
        "front_end": {"kind": "log10_mel"},
        "training": {"epochs": 3},
    }
    found = {
        inputs.fold_checkpoints(job(by=by, fold=fold, instance=name), config)
        for name, config in {
            "music": CONFIG,
            "other": {**CONFIG, "relevance": {"other": ENTRY}},
        }.items()
        for by in ("clip", "group")
        for fold in ("0", "1")
    }
    assert len(found) == 8
    pattern = r"results/mini/checkpoints/ears-(music|other)-(clip|group)-[01]"
    assert all(re.fullmatch(pattern, place) for place in found)
    place = "results/mini/relevance/music/fold-"
    assert inputs.fold_tables(job(), CONFIG) == [
        f"{place}{by}-{fold}.parquet" for by in ("group", "clip") for fold in range(4)
    ]
