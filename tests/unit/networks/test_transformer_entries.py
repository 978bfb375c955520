"""Networks of transformers in the configuration: which studies take them, and which say why not."""

import pytest
from configs import SCHEMA, changed, default_config, merged

from tonotopy.config import check
from tonotopy.errors import InputError
from tonotopy.listening.planning import activation, classifies, clip_seconds

SPEECH = {"transformers": "someone/speech", "revision": "v1", "kind": "HubertModel"}
TAGGER = {
    "transformers": "MIT/ast-finetuned-audioset-10-10-0.4593",
    "revision": "f826b80d28226b62986cc218e5cec390b1096902",
    "kind": "ASTForAudioClassification",
    "layers": ["hidden_1", "hidden_12"],
}
NETWORKS = {"networks": {"speech": SPEECH, "tagger": TAGGER}}


def run(instance: str, **changes):
    config = merged(merged(default_config(), NETWORKS), {"run": [instance]})
    for path, value in changes.items():
        config = changed(config, f"{instance.replace('/', '.')}.{path}", value)
    return config


@pytest.mark.parametrize(
    ("instance", "changes"),
    [
        ("hierarchy/layers", {"networks": ["speech", "tagger"], "tagging": None}),
        ("partials/waveforms", {"networks": {"speech": "speech"}, "expected": {}, "codes": None}),
        (
            "similarity/instruments",
            {
                "networks": {"one": "tagger", "two": "speech"},
                "unheard": {},
                "heard": "instruments",
                "seen_through": {"two": {"kind": "log_mel", "mels": 40}},
            },
        ),
        (
            "steering/world",
            {
                "network": "tagger",
                "classes": "genres",
                "outputs": {"rock": 3},
                "activation": "sigmoid",
            },
        ),
    ],
)
def test_studies_that_ask_for_layers_alone_take_them(instance, changes):
    config = run(instance, **changes)
    if instance == "partials/waveforms":
        config["partials"]["waveforms"]["codes"] = {
            **default_config()["partials"]["waveforms"]["codes"],
            "networks": ["speech"],
        }
    assert check(config, SCHEMA) is None
    assert classifies(config["networks"]["tagger"]) and not classifies(SPEECH)
    assert activation("speech", config) is None and clip_seconds("speech", config) > 0


@pytest.mark.parametrize(
    ("instance", "changes", "told"),
    [
        ("steering/world", {"network": "speech", "classes": "genres"}, "'speech' is a HubertModel"),
        (
            "relevance/tones",
            {"network": "tagger"},
            "relevance.tones.network: network 'tagger' hears through a feature extractor of trans",
        ),
        (
            "sonification/events",
            {"networks": {"one": "speech"}},
            "'speech' hears through a feature extractor of transformers, which no gradient passes",
        ),
    ],
)
def test_others_say_what_they_lack(instance, changes, told):
    with pytest.raises(InputError, match=told):
        check(run(instance, **changes), SCHEMA)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"kind": "HubertModle"}, "networks.x.kind: 'HubertModle' .*did you mean 'HubertModel'"),
        ({"kind": "BertModel"}, "networks.x.kind: 'BertModel' is not possible"),
        ({"revision": ""}, "networks.x.revision"),
        ({"transformers": "a/b/c"}, "networks.x.transformers"),
        ({"transformers": "../b"}, "networks.x.transformers"),
        ({"revison": "v1"}, "unknown key 'revison' at networks.x .did you mean 'revision'"),
        ({"layers": "hidden"}, "networks.x.layers: 'hidden' is not possible"),
        ({"layers": []}, "networks.x.layers: expected different hidden states"),
        ({"path": ""}, "networks.x.path"),
    ],
)
def test_mistakes_are_named_by_their_key(change, told):
    entry = {"networks": {"x": {**SPEECH, **change}}}
    with pytest.raises(InputError, match=told):
        check(merged(default_config(), entry), SCHEMA)


@pytest.mark.parametrize("key", ["revision", "kind"])
def test_revision_and_kind_must_be_said(key):
    entry = {name: value for name, value in SPEECH.items() if name != key}
    with pytest.raises(InputError, match=f"networks.x: '{key}' is a required property"):
        check(merged(default_config(), {"networks": {"x": entry}}), SCHEMA)
