"""What study 5 declares: its needs, what it refuses, its tables, what its rules read."""

from types import SimpleNamespace

import jsonschema
import pytest
import yaml
from configs import ROOT, SCHEMA, changed, default_config

from tonotopy.config import check
from tonotopy.entries import first_network, trainings
from tonotopy.errors import InputError
from tonotopy.studies import STUDIES
from tonotopy.studies.similarity import inputs
from tonotopy.studies.similarity.study import STUDY, heard_corpus

VGG = {"architecture": "vgg", "arguments": {"widths": [2, 3]}, "corpus": "tones"}
ENTRY = {
    "networks": {"vgg": ["first", "second"], "other": "small"},
    "heard": None,
    "unheard": {"vgg": "pictures"},
    "random": 2,
    "layers": None,
    "grids": {},
    "seen_through": {},
    "clips": 10,
    "probed": 20,
    "calibrated": 5,
    "folds": 3,
    "known": {"sets": 1, "clips": 4},
    "shown": 1,
    "exhibits": 2,
}
CONFIG = {
    "networks": {
        "first": VGG,
        "second": VGG,
        "small": {"architecture": "genre_cnn", "corpus": "words"},
        "pictures": {**VGG, "corpus": "digits", "front_end": {"kind": "picture"}},
        "samples": {
            "architecture": "cnn12",
            "corpus": "tones",
            "front_end": {"kind": "waveform", "rate": 8000},
        },
        "published": {"published": "vggish"},
        "speech": {"transformers": "a/b", "revision": "v1", "kind": "HubertModel"},
        "patches": {"transformers": "a/c", "revision": "v1", "kind": "ClapAudioModel"},
    },
    "similarity": {"one": ENTRY},
}
JOB = SimpleNamespace(scale="mini", instance="one")


def refused(match: str, config: dict = CONFIG, **keys) -> None:
    with pytest.raises(InputError, match=match):
        STUDY.check("similarity.one", {**ENTRY, **keys}, config)


def test_it_is_known_after_study_4():
    assert STUDIES["similarity"] is STUDY
    assert list(STUDIES).index("similarity") == list(STUDIES).index("sonification") + 1


def test_needs():
    needs = [(need.section, need.name, need.key) for need in STUDY.needs({**ENTRY, "heard": "x"})]
    assert needs == [
        ("networks", "first", "networks.vgg"),
        ("networks", "second", "networks.vgg"),
        ("networks", "small", "networks.other"),
        ("networks", "pictures", "unheard.vgg"),
        ("corpora", "x", "heard"),
    ]
    bare = STUDY.needs({**ENTRY, "unheard": None})
    assert [need.name for need in bare] == ["first", "second", "small"]


def test_tables():
    always = ["clips", "layers", "similarities", "probes", "answers"]
    assert STUDY.tables(ENTRY) == [*always, "known"]
    assert STUDY.tables({**ENTRY, "known": None}) == always


def test_names():
    assert list(trainings(ENTRY)) == [
        ("vgg", 0, "first"),
        ("vgg", 1, "second"),
        ("other", 0, "small"),
    ]
    assert first_network(ENTRY) == "first" and heard_corpus(ENTRY, CONFIG) == "tones"
    assert heard_corpus({**ENTRY, "heard": "x"}, CONFIG) == "x"
    assert STUDY.sources("mini", ENTRY, CONFIG) == {"network": "results/mini/networks/first"}


def test_a_sound_entry_passes():
    STUDY.check("similarity.one", ENTRY, CONFIG)
    STUDY.check("similarity.one", {**ENTRY, "probed": None, "clips": None, "known": None}, CONFIG)
    STUDY.check("similarity.one", {**ENTRY, "unheard": None}, CONFIG)


SEEN = {"kind": "log_mel", "mels": 30}


@pytest.mark.parametrize("name", ["samples", "speech", "patches"])
def test_networks_of_waveforms_pass(name):
    entry = {**ENTRY, "networks": {"x": name}, "heard": "tones", "unheard": None}
    STUDY.check("similarity.one", entry, CONFIG)
    if name != "patches":
        STUDY.check("similarity.one", {**entry, "seen_through": {"x": SEEN}}, CONFIG)


def test_front_ends_that_inputs_are_seen_through():
    refused(
        r"similarity.one.seen_through: there is no network 'vg' \(did you mean 'vgg'\?\)",
        seen_through={"vg": SEEN},
    )
    refused(
        r"similarity.one.seen_through.vgg: network 'first' hears through front end 'log_mel', "
        "whose output is what its maps are compared with: leave it out",
        seen_through={"vgg": SEEN},
    )
    patches = {"networks": {"x": "patches"}, "heard": "tones", "unheard": None}
    refused(
        r"similarity.one.seen_through.x: network 'patches' \(ClapAudioModel\) has patches on a "
        "spectrogram of its own",
        **patches,
        seen_through={"x": SEEN},
    )


def test_a_corpus_is_needed():
    refused(
        r"similarity.one.heard: network 'published' is not trained here: name the corpus",
        networks={"vgg": "published"},
    )


def test_unheard_networks_stand_beside_a_known_one_of_their_kind():
    refused(
        r"similarity.one.unheard: there is no network 'vg' \(did you mean 'vgg'\?\)",
        unheard={"vg": "pictures"},
    )
    refused(
        r"similarity.one.unheard.vgg: network 'small' has another 'architecture' than 'first' "
        r"\(genre_cnn, expected vgg\)",
        unheard={"vgg": "small"},
    )
    wider = changed(CONFIG, "networks.pictures.arguments", {"widths": [4, 5]})
    refused(r"network 'pictures' has another 'arguments' than 'first'", wider)


def test_numbers():
    refused(r"similarity.one.random: 1 random copies are too few: at least 2", random=1)
    refused(r"similarity.one.folds: 2 are too few: at least 3", folds=2)
    refused(r"similarity.one.clips: 21 are more than the 20 of 'probed'", clips=21)
    refused(r"similarity.one.clips: all are more than the 20 of 'probed'", clips=None)


def test_the_schema():
    schema = yaml.safe_load((ROOT / "workflow/schemas/similarity.schema.yaml").read_text())
    assert set(ENTRY) == set(schema["properties"])
    config = default_config()
    check(config, SCHEMA)
    for key, value in (
        ("random", 0),
        ("grids", {"x": [1]}),
        ("known", {"sets": 2}),
        ("seen_through", {"vgg": {"mels": 30}}),
        ("seen_through", {"vgg": {"kind": "waveform"}}),
        ("seen_through", {"vgg": {"kind": "log_mel", "mel": 30}}),
        ("seen_through", {"vgg": {"kind": "log_mel", "rate": 8000}}),
        ("networks", {}),
        ("nothing", 1),
    ):
        with pytest.raises((InputError, jsonschema.ValidationError)):
            check(changed(config, f"similarity.instruments.{key}", value), SCHEMA)


def test_what_the_rules_read():
    place = "results/mini/networks"
    assert inputs.columns(JOB, CONFIG) == [
        ["vgg", 0, f"{place}/first"],
        ["vgg", 1, f"{place}/second"],
        ["other", 0, f"{place}/small"],
    ]
    assert inputs.networks(JOB, CONFIG) == [f"{place}/{n}" for n in ("first", "second", "small")]
    assert inputs.unheard_columns(JOB, CONFIG) == [["vgg", 0, f"{place}/pictures"]]
    assert inputs.unheard_networks(JOB, CONFIG) == [f"{place}/pictures"]
    assert inputs.heard(JOB, CONFIG) == "data/corpora/mini/tones"
    assert inputs.unheard_corpora(JOB, CONFIG) == ["data/corpora/mini/digits"]
    foreign = changed(CONFIG, "networks.pictures", {"published": "vggish"})
    assert inputs.unheard_corpora(JOB, foreign) == []
    bare = changed(CONFIG, "similarity.one.unheard", None)
    assert inputs.unheard_columns(JOB, bare) == inputs.unheard_corpora(JOB, bare) == []
    assert inputs.setting("clips", "colour")(JOB, CONFIG) == {"clips": 10, "colour": None}


@pytest.mark.parametrize("known", [{"early": "a.0", "late": "a.1"}, ["early", "late"]])
def test_layers_that_an_entry_names_are_looked_for_in_each_network(known):
    networks = {**CONFIG["networks"], "second": {**VGG, "layers": known}}
    config = {**CONFIG, "networks": networks}
    STUDY.check("similarity.one", {**ENTRY, "layers": ["late", "early"]}, config)
    told = (
        r"^similarity.one.layers: network 'second' has no layer 'erly' \(did you mean 'early'\?\)"
    )
    refused(told, config, layers=["late", "erly"])
