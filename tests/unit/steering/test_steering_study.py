"""What study 2 declares: its needs, what it refuses, its figures, what its rules read."""

from types import SimpleNamespace

import pytest
from configs import changed, default_config

from tonotopy.errors import InputError
from tonotopy.studies.steering import inputs
from tonotopy.studies.steering.study import STUDY, class_corpus

EVERY_SWEEP = ["test", "unseen", "layers", "controls"]
OWN = {
    "module": "mine:Net",
    "layers": {"a": "b"},
    "front_end": {"kind": "waveform", "rate": 8000},
    "classes": ["loud", "quiet", "still"],
}


@pytest.fixture
def config():
    return default_config()


def world(config, **changes):
    return {**config["steering"]["world"], **changes}


def refuse(entry, config, told):
    with pytest.raises(InputError, match=told):
        STUDY.check("steering.mine", entry, config)


def test_its_class_corpus_is_what_the_network_learned_unless_one_is_named(config):
    assert class_corpus(world(config), config) == "genres"
    assert class_corpus(world(config, classes="genre_clips"), config) == "genre_clips"
    needs = {(need.key, need.name) for need in STUDY.needs(world(config, classes="genre_clips"))}
    assert needs == {
        ("network", "genre_ast"),
        ("classes", "genre_clips"),
        ("concepts", "instruments"),
        ("unseen", "genres_unseen"),
    }
    needs = {need.key for need in STUDY.needs(world(config, unseen=None))}
    assert needs == {"network", "concepts"}


def test_a_network_that_is_not_trained_here_needs_classes_and_outputs(config):
    config["networks"]["own"] = OWN
    entry = world(config, network="own")
    refuse(
        entry, config, r"steering.mine.classes: network 'own' is not trained here: name the corp"
    )
    entry["classes"] = "genres"
    STUDY.check("steering.mine", entry, config)
    entry["outputs"] = {"rock": "laud"}
    refuse(entry, config, r"steering.mine.outputs: network 'own' has no output 'laud'.*'loud'")
    entry["outputs"] = {"rock": 3}
    refuse(entry, config, r"steering.mine.outputs: network 'own' has no output '3'")
    STUDY.check("steering.mine", {**entry, "outputs": {"rock": 2, "jazz": "loud"}}, config)
    config["networks"]["own"] = {k: v for k, v in OWN.items() if k != "classes"}
    refuse(entry, config, r"networks.own.classes: steering needs the names of its outputs")


def test_a_published_network_without_classes_cannot_be_steered(config):
    config["networks"]["published"] = {"published": "encodec"}
    entry = world(config, network="published", classes="genres")
    refuse(entry, config, r"steering.mine.outputs: network 'published' does not classify")
    config["networks"]["published"] = {"published": "ast_audioset"}
    STUDY.check("steering.mine", entry, config)


def test_its_tables_are_those_of_its_sweeps(config):
    entry = world(config, sweeps=["test", "controls"])
    assert STUDY.tables(entry)[-3:] == ["slopes", "sweep-test", "sweep-controls"]
    assert STUDY.tables(world(config, sweeps=["test"])) == STUDY.tables(entry)  # always there
    assert len(STUDY.tables(world(config))) == 8 + 5


def test_it_draws_what_its_sweeps_and_network_allow(config):
    everything = STUDY.drawable(world(config, sweeps=EVERY_SWEEP), config)
    assert everything == list(STUDY.figures)
    fewer = STUDY.drawable(world(config, sweeps=["test"], flat=None), config)
    of_sweeps = {"figure-3.6-steering-unseen", "figure-3.8-one-to-all"}
    of_flat = {"figure-3.5-flat", "figure-3.7-flat-unseen"}
    assert set(everything) - set(fewer) == of_sweeps | of_flat
    config["networks"]["own"] = OWN
    own = STUDY.drawable(world(config, network="own", sweeps=EVERY_SWEEP), config)
    assert set(everything) - set(own) == {"table-3.2-augmentation"}
    reasons = {
        STUDY.figures[name].obstacle(world(config, sweeps=["test"]), config)
        for name in ("figure-3.8-one-to-all", "figure-3.6-steering-unseen")
    }
    assert reasons == {"the entry has no sweep 'layers'", "the entry has no sweep 'unseen'"}


def job(**wildcards):
    return SimpleNamespace(**{"scale": "mini", "instance": "world", **wildcards})


def test_its_rules_read_the_folders_of_its_entry(config):
    assert inputs.network(job(), config) == "results/mini/networks/genre_ast"
    assert inputs.classes(job(), config) == "data/corpora/mini/genres"
    assert inputs.concepts(job(), config) == "data/corpora/mini/instruments"
    assert inputs.unseen(job(), config) == ["data/corpora/mini/genres_unseen"]
    assert inputs.unseen(job(instance="counterfactual"), config) == []
    assert inputs.steered_corpus(job(sweep="unseen"), config) == "data/corpora/mini/genres_unseen"
    for sweep in ("test", "layers", "controls"):
        assert inputs.steered_corpus(job(sweep=sweep), config) == "data/corpora/mini/genres"
    assert inputs.clips(job(sweep="layers"), config) == 100
    assert inputs.paired_concepts(job(), config) == ["guitar", "saxophone", "violin"]
    assert inputs.setting("slope_range")(job(), config) == 0.2


def test_activations_are_told_apart_by_corpus_part_copy_and_view(config):
    place = "results/mini/activations"
    trained = inputs.activations("concepts", "all")
    assert trained(job(), config) == f"{place}/genre_ast/instruments.all.default"
    untrained = inputs.activations("concepts", "all", "untrained")
    assert untrained(job(), config) == f"{place}/genre_ast-untrained/instruments.all.default"
    config = changed(config, "steering.world.read", "channels")
    classes = inputs.activations("classes", "validation")
    assert classes(job(), config) == f"{place}/genre_ast/genres.validation.channels"


def test_a_probability_is_a_softmax_unless_the_entry_says_otherwise(config):
    assert inputs.activation(job(), config) == "softmax"
    assert inputs.optional("outputs")(job(), config) is None
    config = changed(config, "steering.world.activation", "sigmoid")
    assert inputs.activation(job(), config) == "sigmoid"


def test_another_seed_runs_the_sweep_behind_the_matrix_alone(config):
    assert inputs.sweep_names(job(), config) == [*EVERY_SWEEP, "unseen_controls"]
    assert inputs.clips(job(sweep="unseen_controls"), config) == 20
    unseen = inputs.steered_corpus(job(sweep="unseen_controls"), config)
    assert unseen == "data/corpora/mini/genres_unseen"
    assert inputs.sweep_names(job(scale="mini-seed3"), config) == ["test"]
    assert inputs.sweeps(job(scale="mini-seed3"), config) == [
        "results/mini-seed3/steering/world/sweep-test.parquet"
    ]
