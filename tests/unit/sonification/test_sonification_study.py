"""What study 4 declares: its needs, what it refuses, its tables, what its rules read."""

from types import SimpleNamespace

import jsonschema
import pytest
from configs import SCHEMA, changed, default_config

from tonotopy import places
from tonotopy.config import check
from tonotopy.entries import first_network, trainings
from tonotopy.errors import InputError
from tonotopy.studies import STUDIES
from tonotopy.studies.sonification import inputs
from tonotopy.studies.sonification.study import (
    ALWAYS,
    STUDY,
    heard_corpus,
    keeps_parts,
    learned_corpus,
)

TRAINING = {"epochs": 2, "batch": 4, "learning_rate": 1e-2}
ENTRY = {
    "networks": {"supervised": ["tagger", "tagger2"], "contrastive": "contrast"},
    "heard": "parted",
    "learned": "lessons",
    "layers": ["block1", "block4"],
    "clips": 20,
    "selecting": 30,
    "coherence": {"segment": 256, "strongest": 5},
    "shifts": {"offsets": [1, 256], "clips": 2},
    "residuals": True,
    "targets": True,
    "matches": True,
    "transfers": {
        "tagging": {"corpus": "events", "learn": {"head": None}, "training": TRAINING},
        "words": {"corpus": "words", "learn": {"all": []}, "labels": 9, "training": TRAINING},
    },
    "answers": "tagging",
    "shown": {"layers": ["block1"], "maps": 2},
    "evolution": {"epochs": [0, 2], "layers": ["block4"], "maps": 1},
    "exhibits": 1,
}
WAVEFORM = {"kind": "waveform", "rate": 8000}


def network(corpus, **training):
    told = {"epochs": 2, "snapshots": [0, 2], **training}
    return {"architecture": "cnn12", "corpus": corpus, "front_end": WAVEFORM, "training": told}


CONFIG = {
    "seed": 1,
    "corpora": {"parted": {"parts": True}, "events": {}, "lessons": {}, "words": {}},
    "networks": {
        "tagger": network("events"),
        "tagger2": network("words"),
        "contrast": network("lessons"),
        "mel": {"architecture": "vggish", "corpus": "events", "front_end": {"kind": "vggish"}},
        "plain": {"architecture": "ast", "corpus": "events", "front_end": {"mels": 64}},
        "own": {"module": "mine:Net", "front_end": WAVEFORM},
    },
    "sonification": {"events": ENTRY},
}


def entry(**changes):
    return {**ENTRY, **changes}


def without(*keys):
    return {key: value for key, value in ENTRY.items() if key not in keys}


def refuse(changes, told, config=CONFIG):
    with pytest.raises(InputError, match=f"^sonification.events.{told}"):
        STUDY.check("sonification.events", entry(**changes), config)


# --- the declaration


def test_it_is_among_the_studies_and_says_where_its_parts_are():
    assert STUDIES["sonification"] is STUDY and STUDY.name == "sonification"
    assert STUDY.statistics == "tonotopy.studies.sonification.statistics"
    assert STUDY.exhibits == "tonotopy.studies.sonification.exhibits"
    assert "Yadav" in STUDY.source and STUDY.title == "Study 4: sonification"
    names = ["networks", "layers", "transfers", "answers", "shown", "evolution", "coherence"]
    shown = STUDY.shown_settings(ENTRY)
    assert sorted(shown) == sorted(names) and all(shown[name] == ENTRY[name] for name in names)


def test_networks_in_their_order_with_the_numbers_of_their_trainings():
    found = [
        ("supervised", 0, "tagger"),
        ("supervised", 1, "tagger2"),
        ("contrastive", 0, "contrast"),
    ]
    assert list(trainings(ENTRY)) == found
    assert first_network(ENTRY) == "tagger"


def test_it_needs_its_networks_and_corpora():
    needs = [(need.section, need.name, need.key) for need in STUDY.needs(ENTRY)]
    assert needs == [
        ("networks", "tagger", "networks.supervised"),
        ("networks", "tagger2", "networks.supervised"),
        ("networks", "contrast", "networks.contrastive"),
        ("corpora", "parted", "heard"),
        ("corpora", "lessons", "learned"),
        ("corpora", "events", "transfers.tagging.corpus"),
        ("corpora", "words", "transfers.words.corpus"),
    ]
    for bare in (
        entry(heard=None, learned=None, transfers=None),
        without("heard", "learned", "transfers"),
    ):
        assert {need.section for need in STUDY.needs(bare)} == {"networks"}


def test_corpora_are_by_default_those_of_the_first_network():
    assert heard_corpus(ENTRY, CONFIG) == "parted" and learned_corpus(ENTRY, CONFIG) == "lessons"
    own = entry(heard=None, learned=None)
    assert heard_corpus(own, CONFIG) == learned_corpus(own, CONFIG) == "events"
    assert learned_corpus(without("learned"), CONFIG) == "events"  # not what is heard
    alone = entry(networks={"mine": "own"}, learned=None)
    assert heard_corpus(alone, CONFIG) == learned_corpus(alone, CONFIG) == "parted"
    assert heard_corpus({**alone, "heard": None}, CONFIG) is None
    assert keeps_parts(ENTRY, CONFIG) and not keeps_parts(own, CONFIG)


def test_its_tables_are_those_that_the_entry_asks_for():
    every = [*ALWAYS, "answers", "transfers", "residuals", "targeted", "matches", "evolution"]
    assert STUDY.tables(ENTRY) == every and len(set(every)) == 14
    optional = {
        "transfers": "transfers",
        "residuals": "residuals",
        "targets": "targeted",
        "matches": "matches",
        "evolution": "evolution",
    }
    for key, name in optional.items():
        for bare in (entry(**{key: None}), without(key)):
            assert STUDY.tables(bare) == [table for table in every if table != name]
    lacking = [table for table in every if table not in ("residuals", "targeted")]
    assert STUDY.tables(entry(answers=None)) == lacking


def test_figures_are_drawn_from_its_tables_and_its_network():
    sources = STUDY.sources("mini", ENTRY, CONFIG)
    assert sources == {"network": places.network("mini", "tagger")}
    for figure in STUDY.figures.values():
        for source in figure.sources:
            assert source in (*STUDY.tables(ENTRY), "pictures", "selected", *sources)


# --- what it refuses


def test_what_makes_sense_passes():
    for one in (
        ENTRY,
        entry(layers=None, evolution=None, matches=False, heard="events"),
        entry(transfers=None, answers=None, residuals=False, targets=False),
        entry(networks={"mine": "own", "supervised": "tagger"}),  # has no snapshots, keeps none
        without("learned", "heard", "matches", "evolution"),
    ):
        STUDY.check("sonification.events", one, CONFIG)


def test_the_name_of_the_untrained_copy_is_taken():
    told = "networks.untrained: is the name of the untrained copy, which is always there: choose an"
    refuse({"networks": {"supervised": "tagger", "untrained": "contrast"}}, told)


@pytest.mark.parametrize("name, kind", [("mel", "vggish"), ("plain", "log_mel")])
def test_networks_that_do_not_hear_samples_are_refused(name, kind):
    told = f"networks.contrastive: network '{name}' hears through front end '{kind}'; only networks"
    refuse({"networks": {"supervised": "tagger", "contrastive": ["contrast", name]}}, told)


def test_clips_must_come_from_somewhere():
    told = "heard: network 'own' is not trained here: name the corpus whose clips are sonified$"
    refuse({"networks": {"mine": "own", "supervised": "tagger"}, "heard": None}, told)


def test_parts_must_be_kept():
    told = "matches: corpus 'events' keeps no parts: set 'parts: true' in its entry, or matches: fa"
    refuse({"heard": "events"}, told)


def test_answers_must_be_those_of_a_head():
    refuse(
        {"answers": "taging"}, r"answers: there is no transfer 'taging' \(did you mean 'tagging'"
    )
    refuse({"answers": "words"}, "answers: transfer 'words' does not learn a head: add it$")
    refuse({"answers": "tagging", "transfers": None}, "answers: there is no transfer 'tagging'")
    told = ": needs 'answers', the transfer whose classifiers answer: name it, or set "
    refuse({"answers": None}, f"residuals{told}residuals: false$")
    refuse({"answers": None, "residuals": False}, f"targets{told}targets: false$")


def test_epochs_must_have_snapshots_in_every_network():
    told = "evolution.epochs: network '{}' \\({}\\) keeps no weights after epoch {}: add it to "
    told += "networks.{}.training.snapshots$"
    evolution = {**ENTRY["evolution"], "epochs": [0, 1, 2]}
    refuse({"evolution": evolution}, told.format("tagger", "supervised", 1, "tagger"))
    config = changed(CONFIG, "networks.contrast.training", {"epochs": 2})
    refuse({}, told.format("contrast", "contrastive", 0, "contrast"), config)


def test_trainings_of_transfers_are_checked_as_those_of_networks():
    training = {**TRAINING, "momentum": 0.5}
    transfers = {"tagging": {**ENTRY["transfers"]["tagging"], "training": training}}
    told = "transfers.tagging.training.momentum: only optimiser 'sgd' has it$"
    refuse({"transfers": transfers}, told)
    wrong = {**ENTRY["transfers"]["tagging"], "augmentation": [{"transform": "frequency_mask"}]}
    refuse({"transfers": {"tagging": wrong}}, "transfers.tagging.augmentation")


def test_the_default_configuration_is_checked():
    config = default_config()
    check(config, SCHEMA)
    wrong = changed(config, "sonification.events.answers", "few")
    check(wrong, SCHEMA)  # it has a head too
    wrong = changed(config, "sonification.events.answers", "taggin")
    with pytest.raises(InputError, match="sonification.events.answers: there is no transfer"):
        check(wrong, SCHEMA)


# --- the schema


def schema(one):
    errors = jsonschema.Draft202012Validator(
        {"$defs": SCHEMA["$defs"], "$ref": "#/$defs/sonification"}
    ).iter_errors(one)
    return sorted(f"{error.json_path}: {error.message}" for error in errors)


def test_the_schema_knows_what_the_code_takes():
    assert schema(ENTRY) == []
    declared = SCHEMA["$defs"]["sonification"]["properties"]
    assert set(declared) == set(ENTRY)
    nullable = [key for key in ENTRY if schema(entry(**{key: None})) == []]
    wanted = [
        "heard",
        "learned",
        "layers",
        "clips",
        "selecting",
        "transfers",
        "answers",
        "evolution",
    ]
    assert nullable == wanted
    required = {key for key in ENTRY if schema(without(key))}
    assert required == {
        "networks",
        "clips",
        "selecting",
        "coherence",
        "shifts",
        "shown",
        "exhibits",
    }


def transfers(**changes):
    return {"transfers": {"words": {**ENTRY["transfers"]["words"], **changes}}}


@pytest.mark.parametrize(
    "changes",
    [
        {"networks": {}},
        {"networks": {"Supervised": "tagger"}},
        {"networks": {"a-b": "tagger"}},
        {"networks": {"a": []}},
        {"networks": {"a": ["tagger", "tagger"]}},
        {"layers": []},
        {"clips": 0},
        {"coherence": {"segment": 4, "strongest": 1}},
        {"coherence": {"segment": 64}},
        {"shifts": {"offsets": [0], "clips": 1}},
        {"shifts": {"offsets": [], "clips": 1}},
        {"evolution": {"epochs": [0], "layers": ["a"], "maps": 1}},
        {"evolution": {"epochs": [-1, 2], "layers": ["a"], "maps": 1}},
        {"shown": {"layers": [], "maps": 1}},
        {"exhibits": 0},
        {"residuals": 1},
        {"matches": None},
        transfers(learn={}),
        transfers(learn=["head"]),
        transfers(learn={"tail": None}),
        transfers(learn={"head": ["a", "a"]}),
        transfers(labels=0),
        transfers(runs=0),
        transfers(training={"epochs": 1, "batch": 2}),
        transfers(training={**TRAINING, "objective": "tag"}),
        {"transfers": {"two-words": ENTRY["transfers"]["words"]}},
        {"colour": "red"},
    ],
    ids=str,
)
def test_the_schema_refuses(changes):
    assert schema(entry(**changes))


def test_the_most_that_a_transfer_may_say():
    how = {"learn": {"head": None, "all": ["block4"]}, "runs": 3, "table": "4.2", "labels": None}
    assert (
        schema(entry(**transfers(**how, augmentation=[{"transform": "crop", "seconds": 1.0}])))
        == []
    )


# --- what its rules read


def job(**wildcards):
    return SimpleNamespace(**{"scale": "mini", "instance": "events", **wildcards})


def test_columns_are_all_trainings_and_the_untrained_copy_of_the_first():
    folder = "results/mini/networks"
    assert inputs.columns(job(), CONFIG) == [
        ["supervised", 0, f"{folder}/tagger"],
        ["supervised", 1, f"{folder}/tagger2"],
        ["contrastive", 0, f"{folder}/contrast"],
        ["untrained", 0, f"{folder}/tagger-untrained"],
    ]
    assert inputs.networks(job(), CONFIG) == [column[2] for column in inputs.columns(job(), CONFIG)]


def test_corpora_of_its_rules():
    corpora = "data/corpora/mini"
    assert inputs.heard(job(), CONFIG) == f"{corpora}/parted"
    assert inputs.learned(job(), CONFIG) == f"{corpora}/lessons"
    assert inputs.own_corpora(job(), CONFIG) == [
        f"{corpora}/{n}" for n in ("events", "words", "lessons")
    ]
    twice = changed(CONFIG, "networks.tagger2.corpus", "events")
    assert inputs.own_corpora(job(), twice) == [f"{corpora}/events", f"{corpora}/lessons"]
    own = changed(CONFIG, "sonification.events.networks", {"mine": "own"})
    assert inputs.own_corpora(job(), own) == []
    assert inputs.heard(job(scale="mini-seed2"), CONFIG) == "data/corpora/mini-seed2/parted"


def test_transfers_of_its_rules():
    one = job(task="words", taught="supervised", run="1")
    assert inputs.transferred(one, CONFIG) == "results/mini/networks/tagger2"
    bare = job(task="words", taught="untrained", run="0")
    assert inputs.transferred(bare, CONFIG) == "results/mini/networks/tagger-untrained"
    assert inputs.task(one, CONFIG) == ENTRY["transfers"]["words"]
    assert inputs.task_corpus(one, CONFIG) == "data/corpora/mini/words"
    place = "results/mini/sonification/events"
    columns = ["supervised-0", "supervised-1", "contrastive-0", "untrained-0"]
    assert inputs.transfer_tables(job(), CONFIG) == [
        f"{place}/transfer-{task}-{column}.parquet"
        for task in ("tagging", "words")
        for column in columns
    ]
    assert inputs.answering(job(), CONFIG) == [
        places.transfer("mini", "sonification", "events", "tagging", *column.split("-"))
        for column in columns
    ]
    assert len(set(inputs.answering(job(), CONFIG))) == 4


def test_checkpoints_of_two_transfers_are_never_the_same():
    other = {**CONFIG, "sonification": {"events": ENTRY, "more": ENTRY}}
    found = {
        inputs.transfer_checkpoints(job(instance=name, task=task, taught=taught, run=run), other)
        for name in ("events", "more")
        for task in ("tagging", "words")
        for taught, run in (("supervised", "0"), ("supervised", "1"), ("untrained", "0"))
    }
    assert len(found) == 12 and all(p.startswith("results/mini/checkpoints/tagger") for p in found)


def test_settings_are_null_where_there_are_none():
    found = inputs.setting("clips", "colour", "evolution")(job(), CONFIG)
    assert found == {"clips": 20, "colour": None, "evolution": ENTRY["evolution"]}
