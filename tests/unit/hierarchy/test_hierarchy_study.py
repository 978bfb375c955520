"""What study 1 declares: its needs, its tables, which figures it draws, what its rules read."""

from types import SimpleNamespace

import pytest
from configs import changed, default_config

from tonotopy.studies.hierarchy import inputs
from tonotopy.studies.hierarchy.families import family
from tonotopy.studies.hierarchy.study import STUDY


@pytest.fixture
def config():
    return default_config()


def job(**wildcards):
    return SimpleNamespace(**{"scale": "mini", "instance": "layers", **wildcards})


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        ({"architecture": "vggish"}, "vggish"),
        ({"architecture": "cnn14"}, "clap"),
        ({"published": "ast_audioset"}, "ast"),
        ({"published": "encodec"}, "other"),
        ({"module": "mine:Net"}, "other"),
    ],
)
def test_families(entry, expected):
    assert family(entry) == expected


def test_it_needs_its_networks_tasks_and_tagging_corpus(config):
    needs = [(n.section, n.key, n.name) for n in STUDY.needs(config["hierarchy"]["layers"])]
    assert needs[0] == ("networks", "networks", "vggish") and len(needs) == 4 + 6 + 1
    assert ("corpora", "tasks.instrument.corpus", "solos") in needs
    assert needs[-1] == ("corpora", "tagging", "events")


def test_without_a_tagging_corpus_there_is_no_table_of_tags(config):
    entry = config["hierarchy"]["layers"]
    assert "tagging" in STUDY.tables(entry)
    entry = {**entry, "tagging": None}
    assert "tagging" not in STUDY.tables(entry)
    assert all(need.key != "tagging" for need in STUDY.needs(entry))


def test_published_weights_are_asked_what_they_hear(config):
    entry = config["hierarchy"]["layers"]
    assert STUDY.judged_tables(entry, config) == STUDY.tables(entry)
    assert inputs.known_answers(job(), config) == []
    config["networks"] |= {"heard": {"published": "clap"}, "unused": {"published": "vggish"}}
    assert STUDY.judged_tables(entry, config) == STUDY.tables(entry)
    entry["networks"] = ["ast", "heard"]
    assert STUDY.judged_tables(entry, config) == [*STUDY.tables(entry), "known_answers"]
    assert inputs.known_answers(job(), config) == ["results/mini/known_answers/heard.parquet"]


def drawable(config, **changes):
    return set(STUDY.drawable({**config["hierarchy"]["layers"], **changes}, config))


def test_it_draws_what_its_settings_allow(config):
    everything = set(STUDY.figures)
    assert drawable(config) == everything
    less = drawable(config, folds=["paper"], second=None, inverse_penalty=None, tagging=None)
    assert everything - less == {"folds", "figure-2.3-beginnings", "linear", "tagging"}


def test_figures_of_networks_that_are_not_there_are_not_drawn(config):
    everything = set(STUDY.figures)
    asts = drawable(config, networks=["ast"])
    assert everything - asts == {"figure-2.1-layers", "figure-2.3-beginnings"}
    assert everything - drawable(config, networks=["clap"]) == {"figure-2.4-ast"}
    own = changed(config, "networks.own", {"module": "mine:Net"})
    assert everything - drawable(own, networks=["own"]) == {"figure-2.4-ast"}
    figure = STUDY.figures["figure-2.3-beginnings"]
    entry = {**config["hierarchy"]["layers"], "second": None}
    assert figure.obstacle(entry, config) == "the entry has no 'second'"
    assert figure.obstacle({**entry, "networks": ["ast"]}, config) == "all networks are ASTs"


def test_its_rules_read_the_folders_of_its_entry(config):
    assert inputs.task_corpus(job(task="instrument"), config) == "data/corpora/mini/solos"
    assert inputs.task_corpora(job(), config)[2] == "data/corpora/mini/keywords"
    assert inputs.task_names(job(), config)[2] == "keyword"
    assert inputs.kept_groups(job(), config) == [False, False, False, True, False, False]
    assert inputs.fold_kinds(job(), config) == ["paper", "grouped"]
    assert inputs.network_families(job(), config)["mobilenet"] == "mobilenet"
    assert inputs.task_levels(job(), config)["speakers"] == "high"
    assert inputs.tagging_corpus(job(), config) == "data/corpora/mini/events"
    settings = inputs.probe_settings(job(task="instrument"), config)
    assert settings["keep_groups"] is True and settings["shuffles"] == 30
    assert inputs.probe_settings(job(task="note"), config)["keep_groups"] is False


def test_its_tables_are_of_every_network_and_task(config):
    paths = inputs.correct_tables(job(scale="mini-seed2"), config)
    assert len(set(paths)) == 24
    assert paths[1] == "results/mini-seed2/hierarchy/layers/correct/vggish.consonant.parquet"


def test_a_network_is_probed_beside_its_baselines(config):
    assert inputs.probed_copies(job(network="ast"), config) == ["trained", "untrained"]
    paths = inputs.probed_networks(job(network="ast"), config)
    assert paths == ["results/mini/networks/ast", "results/mini/networks/ast-untrained"]
    begun = changed(config, "networks.ast.initial_weights", "deit_tiny")
    assert inputs.probed_copies(job(network="ast"), begun)[2:] == ["start"]
    assert inputs.probed_networks(job(network="ast"), begun)[2].endswith("/ast-start")


def test_tagging_compares_each_network_with_its_copy_in_one_order(config):
    networks, names = inputs.tagging_networks(job(), config), inputs.tagged_names(job(), config)
    kinds = inputs.tagged_kinds(job(), config)
    assert len(networks) == 8
    for path, name, kind in zip(networks, names, kinds, strict=True):
        suffix = "-untrained" if kind == "untrained" else ""
        assert path == f"results/mini/networks/{name}{suffix}"
