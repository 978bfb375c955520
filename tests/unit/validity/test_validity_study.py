"""What study 7 declares: its needs, what it refuses, what its rules read."""

from types import SimpleNamespace

import pytest
from configs import SCHEMA, changed, default_config, merged, scale

from tonotopy.config import check
from tonotopy.errors import InputError
from tonotopy.studies.validity import inputs
from tonotopy.studies.validity.study import STUDY


@pytest.fixture
def config():
    return default_config()


def job(instance="world", scale="mini"):
    return SimpleNamespace(scale=scale, instance=instance)


def refuse(config, told, name="world"):
    with pytest.raises(InputError, match=told):
        STUDY.check(f"validity.{name}", config["validity"][name], config)


@pytest.mark.parametrize("name", ["mini", "smoke"])
def test_both_worlds_pass(name, config):
    own = config if name == "mini" else scale(name)
    check(own, SCHEMA)
    for instance, entry in own["validity"].items():
        STUDY.check(f"validity.{instance}", entry, own)


def test_its_needs_are_the_network_and_all_twins(config):
    needs = {(n.section, n.key, n.name) for n in STUDY.needs(config["validity"]["counterfactual"])}
    assert needs == {
        ("networks", "network", "genre_ast_swapped"),
        ("corpora", "twins.lead", "lead_twins_swapped"),
        ("corpora", "parts", "lead_parts_swapped"),
    }
    without = {**config["validity"]["counterfactual"], "parts": None}
    assert "parts" not in {need.key for need in STUDY.needs(without)}


@pytest.mark.parametrize(
    ("key", "value", "told"),
    [
        ("validity.world.steering", "wrold", r"validity.world.steering: 'wrold' is not .*'world'"),
        ("run", ["validity/world"], "'steering/world' is not in 'run': add it"),
        ("validity.world.network", "genre_cnn", "'genre_cnn' is not the network of steering.world"),
        ("validity.world.attribute", "leed", r"no twins of 'leed' in .*did you mean 'lead'"),
        ("validity.world.twins", {"lead": "genres"}, r"twins.lead: corpus 'genres' has no twins"),
        ("validity.world.twins.lead", "rhythm_twins", "differ in 'rhythm', not in 'lead'"),
        (
            "validity.world.twins.lead",
            "lead_twins_swapped",
            "other causes than corpus 'genres'",
        ),
        ("validity.world.twins", {"lead": "lead_twins", "led": "lead_twins"}, "no attribute 'led'"),
        ("validity.world.parts", "lead_twins", "keeps no parts: set 'parts: true' there"),
        ("corpora.lead_parts.values", ["violin", "guitar"], "has other values of 'lead'"),
        ("corpora.lead_twins.values", ["violin"], "corpus 'lead_twins' has a single value"),
        (
            "validity.world.attribute",
            "rhythm",
            "value 'blues' of 'rhythm' is no class of corpus",
        ),
        ("validity.world.methods", ["tcaf"], r"validity.world.methods: no method 'tcaf' .*'tcav'"),
        (
            "steering.world.classes",
            "solos",
            "corpus solos, which is no corpus of the planted w",
        ),
    ],
)
def test_entries_that_make_no_sense_are_refused(config, key, value, told):
    own = changed(config, key, value)
    if key == "validity.world.attribute" and value == "rhythm":
        own["validity"]["world"]["parts"] = None
    refuse(own, told)


def test_unknown_keys_and_names_are_told_with_their_place(config):
    with pytest.raises(InputError, match="validity.world.twins.lead: 'leads' is not below 'corp"):
        check(changed(config, "validity.world.twins.lead", "leads"), SCHEMA)
    with pytest.raises(InputError, match=r"unknown key 'nuls' at validity.world \(did you mean"):
        check(changed(config, "validity.world.nuls", 3), SCHEMA)


def test_what_rules_read(config):
    place, results = "data/corpora/mini", "results/mini"
    assert inputs.network()(job(), config) == f"{results}/networks/genre_ast"
    assert inputs.network("untrained")(job(), config) == f"{results}/networks/genre_ast-untrained"
    assert inputs.classes(job("counterfactual"), config) == f"{place}/genres_swapped"
    assert inputs.concepts(job(), config) == f"{place}/instruments"
    assert inputs.twins(job(), config) == f"{place}/lead_twins"
    assert inputs.parts(job(), config) == [f"{place}/lead_parts"]
    activations = f"{results}/activations/genre_ast/instruments.apart.default"
    assert inputs.activations(job(), config) == activations
    vectors = inputs.steering_table("vectors", "safetensors")
    assert vectors(job("counterfactual"), config) == (
        f"{results}/steering/counterfactual/vectors.safetensors"
    )
    config["validity"]["world"]["attribute"] = "pad"
    names = inputs.attributes(job(), config)
    assert names[0] == "pad" and sorted(names) == sorted(config["validity"]["world"]["twins"])
    assert inputs.all_twins(job(), config)[:2] == [f"{place}/pad_twins", f"{place}/lead_twins"]
    config["validity"]["world"]["parts"] = None
    assert inputs.parts(job(), config) == []
    config["steering"]["world"] |= {"read": "tokens", "outputs": {"rock": 1}}
    assert inputs.activations(job(), config).endswith("instruments.apart.tokens")
    assert inputs.answers(job(), config) == {
        "outputs": {"rock": 1},
        "activation": "softmax",
        "read": "tokens",
        "patched": 30,
    }
    told = inputs.method_settings(job(), config)
    assert told["strengths"] == config["steering"]["world"]["strengths"] and told["nulls"] == 13


def test_own_methods_are_hashed(config, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    config["validity"]["world"]["methods"] = ["tcav", "mine:loud"]
    assert inputs.own_methods(job(), config) == {"mine:loud": ""}
    (tmp_path / "mine.py").write_text("def loud(bench):\n    return 1\n")
    first = inputs.own_methods(job(), config)
    (tmp_path / "mine.py").write_text("def loud(bench):\n    return 2\n")
    assert inputs.own_methods(job(), config) != first != {"mine:loud": ""}
    assert inputs.method_modules(job(), config) == ["tonotopy.studies.validity.methods.tcav"]


def test_validation_compares_all_running_instances_over_five_seeds(config):
    rows = inputs.validation_rows(job(), config)
    assert len(rows) == 10
    assert rows[0] == {"instance": "world", "scale": "mini", "steering": "world"}
    assert {row["scale"] for row in rows} == {"mini", *(f"mini-seed{n}" for n in range(1, 5))}
    marks = inputs.validation_tables("marks")(job(), config)
    slopes = inputs.validation_slopes(job(), config)
    for row, mark, slope in zip(rows, marks, slopes, strict=True):
        assert mark == f"results/{row['scale']}/validity/{row['instance']}/marks.parquet"
        assert slope == f"results/{row['scale']}/steering/{row['steering']}/slopes.parquet"
    own = merged(config, {"run": ["steering/world", "validity/world"]})
    assert inputs.validated(own) == ["world"]


def test_figures_find_the_steering_instances_slopes(config):
    sources = STUDY.sources("mini", config["validity"]["counterfactual"], config)
    expected = "results/mini/steering/counterfactual/clip_slopes.parquet"
    assert sources["steering_slopes"] == expected
