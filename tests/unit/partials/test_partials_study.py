"""The declaration of study 6: needs, tables, refusals, schema, what its rules read."""

from types import SimpleNamespace

import jsonschema
import pytest
from configs import SCHEMA, changed, default_config

from tonotopy.config import check
from tonotopy.entries import trainings
from tonotopy.errors import InputError
from tonotopy.studies import STUDIES
from tonotopy.studies.partials import inputs
from tonotopy.studies.partials.study import STUDY, kinds_of, role_of

WAVEFORM = {"kind": "waveform", "rate": 16000}
ENTRY = {
    "networks": {"tagger": ["net", "net2"], "codec": "coder", "bank": "gam", "noise": "white"},
    "expected": {"positive": ["bank"], "negative": ["noise"]},
    "layers": {"tagger": "block2"},
    "heard": "solos",
    "contexts": {"corpus": "notes", "by": "program"},
    "directions": ["unit", "pca", "random"],
    "fitted": 500,
    "tones": {"low": 40, "high": 100, "seconds": 0.5},
    "clips": 20,
    "codes": {"networks": ["tagger", "codec"], "clusters": 8, "books": 2, "clips": 9},
    "limits": [3, 64],
    "exhibits": 1,
}
CONFIG = {
    "seed": 1,
    "corpora": {"solos": {}, "notes": {}, "labels": {}},
    "networks": {
        "net": {"architecture": "sample_cnn", "corpus": "labels", "front_end": WAVEFORM},
        "net2": {"architecture": "sample_cnn", "corpus": "labels", "front_end": WAVEFORM},
        "coder": {"architecture": "small_codec", "corpus": "solos", "front_end": WAVEFORM},
        "gam": {"module": "a:B", "front_end": WAVEFORM},
        "white": {"module": "a:B", "front_end": WAVEFORM},
        "mel": {"architecture": "vggish", "corpus": "labels", "front_end": {"kind": "vggish"}},
        "slow": {"module": "a:B", "front_end": {"kind": "waveform", "rate": 4000}},
    },
    "partials": {"tiny": ENTRY},
}
ALWAYS = ["layers", "filters", "limits", "responses", "directions", "natural"]


def entry(**changes):
    return {**ENTRY, **changes}


def refuse(told, **changes):
    with pytest.raises(InputError, match=f"^partials.tiny.{told}"):
        STUDY.check("partials.tiny", entry(**changes), CONFIG)


def test_it_is_among_the_studies_and_says_where_its_parts_are():
    assert STUDIES["partials"] is STUDY and STUDY.title == "Study 6: partials"
    assert STUDY.statistics == "tonotopy.studies.partials.statistics"
    assert STUDY.exhibits == "tonotopy.studies.partials.exhibits" and "Cosme" in STUDY.source
    names = ["networks", "expected", "directions", "tones", "codes", "limits"]
    assert sorted(STUDY.shown_settings(ENTRY)) == sorted(names)


def test_networks_have_numbers_roles_and_kinds():
    assert list(trainings(ENTRY)) == [
        ("tagger", 0, "net"),
        ("tagger", 1, "net2"),
        ("codec", 0, "coder"),
        ("bank", 0, "gam"),
        ("noise", 0, "white"),
    ]
    roles = {kind: role_of(kind, ENTRY) for kind in ENTRY["networks"]}
    assert roles == {
        "tagger": "studied",
        "codec": "studied",
        "bank": "positive",
        "noise": "negative",
    }
    assert kinds_of("tagger", ENTRY) == ["unit", "pca", "random"]
    assert kinds_of("bank", ENTRY) == kinds_of("noise", ENTRY) == ["unit"]
    for bare in ({}, None):
        assert role_of("bank", entry(expected=bare)) == "studied"


def test_it_needs_its_networks_and_corpora():
    needs = [(need.section, need.name, need.key) for need in STUDY.needs(ENTRY)]
    assert needs == [
        ("networks", "net", "networks.tagger"),
        ("networks", "net2", "networks.tagger"),
        ("networks", "coder", "networks.codec"),
        ("networks", "gam", "networks.bank"),
        ("networks", "white", "networks.noise"),
        ("corpora", "solos", "heard"),
        ("corpora", "notes", "contexts.corpus"),
    ]


def test_its_tables_and_figures():
    every = [*ALWAYS, "codes", "reconstructions", "answers"]
    assert STUDY.tables(ENTRY) == every
    assert STUDY.tables(entry(codes=None)) == ALWAYS
    for figure in STUDY.figures.values():
        assert set(figure.sources) <= set(every)
    drawn = STUDY.drawable(entry(codes=None), CONFIG)
    assert all(set(STUDY.figures[name].sources) <= set(ALWAYS) for name in drawn)
    assert len(drawn) < len(STUDY.drawable(ENTRY, CONFIG)) == len(STUDY.figures)


def test_what_makes_sense_passes():
    for one in (ENTRY, entry(codes=None, expected={}, layers={}), entry(clips=None)):
        STUDY.check("partials.tiny", one, CONFIG)


def test_what_makes_none_is_refused():
    told = "networks.a: network 'mel' hears through front end 'vggish'; partials are looked for"
    refuse(told, networks={**ENTRY["networks"], "a": "mel"})
    told = "networks.a: network 'slow' hears at 4000 Hz; complexes of partials need 5000 Hz$"
    refuse(told, networks={**ENTRY["networks"], "a": "slow"})
    told = "networks.known: is the name of the codes whose answer is known: choose another one$"
    refuse(told, networks={**ENTRY["networks"], "known": "net"})
    told = r"expected.positive: 'bnk' is not among the networks \(did you mean 'bank'"
    refuse(told, expected={"positive": ["bnk"]})
    told = "expected.negative: 'white' is not among the networks"
    refuse(told, expected={"negative": ["white"]})
    told = "expected: 'bank' is both positive and negative$"
    refuse(told, expected={"positive": ["bank"], "negative": ["noise", "bank"]})
    refuse("layers: 'net' is not among the networks", layers={"net": "block1"})
    codes = {**ENTRY["codes"], "networks": ["codec", "coder"]}
    refuse("codes.networks: 'coder' is not among the networks", codes=codes)
    for low, high in ((60, 60), (70, 60)):
        told = rf"tones: low \({low}\) must be below high \({high}\)$"
        refuse(told, tones={"low": low, "high": high, "seconds": 1})


def test_the_default_configuration_is_checked():
    config = default_config()
    check(config, SCHEMA)
    wrong = changed(config, "partials.waveforms.layers", {"taggr": "block1"})
    with pytest.raises(InputError, match="partials.waveforms.layers: 'taggr' is not among"):
        check(wrong, SCHEMA)


# --- the schema


def schema(one):
    errors = jsonschema.Draft202012Validator(
        {"$defs": SCHEMA["$defs"], "$ref": "#/$defs/partials"}
    ).iter_errors(one)
    return sorted(f"{error.json_path}: {error.message}" for error in errors)


def test_the_schema_knows_what_the_code_takes():
    assert schema(ENTRY) == []
    assert set(SCHEMA["$defs"]["partials"]["properties"]) == set(ENTRY)
    assert [key for key in ENTRY if schema(entry(**{key: None})) == []] == ["clips", "codes"]
    optional = [k for k in ENTRY if not schema({n: v for n, v in ENTRY.items() if n != k})]
    assert optional == ["expected", "layers", "codes"]


@pytest.mark.parametrize(
    "changes",
    [
        {"networks": {}},
        {"networks": {"A": "net"}},
        {"networks": {"a": []}},
        {"expected": {"maybe": []}},
        {"expected": {"positive": "bank"}},
        {"layers": {"tagger": 3}},
        {"contexts": {"corpus": "notes"}},
        {"directions": []},
        {"directions": ["nmf"]},
        {"directions": ["unit", "unit"]},
        {"fitted": 10},
        {"tones": {"low": 4, "high": 90, "seconds": 1}},
        {"tones": {"low": 40, "high": 190, "seconds": 1}},
        {"tones": {"low": 40, "high": 90, "seconds": 0}},
        {"clips": 0},
        {"codes": {**ENTRY["codes"], "clusters": 1}},
        {"codes": {**ENTRY["codes"], "networks": []}},
        {"limits": []},
        {"limits": [0]},
        {"exhibits": 0},
        {"colour": "red"},
    ],
    ids=str,
)
def test_the_schema_refuses(changes):
    assert schema(entry(**changes))


# --- what its rules read


def job(**wildcards):
    return SimpleNamespace(**{"scale": "mini", "instance": "tiny", **wildcards})


def test_columns_are_all_trainings():
    folder = "results/mini/networks"
    columns = inputs.columns(job(), CONFIG)
    assert columns == [
        ["tagger", 0, f"{folder}/net"],
        ["tagger", 1, f"{folder}/net2"],
        ["codec", 0, f"{folder}/coder"],
        ["bank", 0, f"{folder}/gam"],
        ["noise", 0, f"{folder}/white"],
    ]
    assert inputs.networks(job(), CONFIG) == [column[2] for column in columns]
    assert inputs.coded_columns(job(), CONFIG) == columns[:3]
    assert inputs.coded(job(), CONFIG) == [column[2] for column in columns[:3]]


def test_corpora_and_tables_of_its_rules():
    corpora = "data/corpora/mini"
    assert inputs.heard(job(), CONFIG) == f"{corpora}/solos"
    assert inputs.contexts(job(), CONFIG) == f"{corpora}/notes"
    assert inputs.own_corpora(job(), CONFIG) == [f"{corpora}/labels", f"{corpora}/solos"]
    alone = changed(CONFIG, "partials.tiny.codes.networks", ["tagger"])
    assert inputs.own_corpora(job(), alone) == [f"{corpora}/labels"]
    assert inputs.codes(job(scale="mini-seed2"), CONFIG) == [
        "results/mini-seed2/partials/tiny/codes.parquet"
    ]
    assert inputs.codes(job(), changed(CONFIG, "partials.tiny.codes", None)) == []


def test_what_is_known_of_networks_and_settings():
    known = inputs.known(job(), CONFIG)
    assert known["codec"] == {"role": "studied", "kinds": ENTRY["directions"]}
    assert known["noise"] == {"role": "negative", "kinds": ["unit"]} and len(known) == 4
    found = inputs.setting("clips", "colour")(job(), CONFIG)
    assert found == {"clips": 20, "colour": None}


def test_the_layer_of_a_network_is_looked_for_where_its_entry_names_all():
    networks = {**CONFIG["networks"], "gam": {**CONFIG["networks"]["gam"], "layers": {"out": "a"}}}
    config = {**CONFIG, "networks": networks}
    STUDY.check("partials.tiny", entry(layers={"bank": "out"}), config)
    told = "partials.tiny.layers.bank: network 'gam' has no layer 'oui' .did you mean 'out'"
    with pytest.raises(InputError, match=told):
        STUDY.check("partials.tiny", entry(layers={"bank": "oui"}), config)
