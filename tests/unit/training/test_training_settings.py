"""Settings of a training that fit each other, and those that do not."""

import jsonschema
import pytest
from configs import SCHEMA

from tonotopy.errors import InputError
from tonotopy.training.settings import (
    ContrastSettings,
    ReconstructionSettings,
    TrainingSettings,
    check_training,
)

PLAIN = {"epochs": 3, "batch": 4, "learning_rate": 0.1}
MEL = {"rate": 4000, "n_fft": 128, "mels": 16, "frames": 25}
WAVEFORM = {"kind": "waveform", "rate": 8000}
SIMCLR = {"objective": "simclr", "contrast": {"seconds": 1.0}}
NOISE = {"transform": "noise", "range": [0, 1], "p": 1}
MIXUP = {"transform": "mixup", "alpha": 0.2, "p": 0.5}
OTHERS = [
    {"transform": "crop", "seconds": 1.0},
    {"transform": "silence", "most": 2, "seconds": 0.5, "p": 1.0},
    {"transform": "background", "range": [10, 25], "p": 0.5},
]


def entry(training: dict, front_end=MEL, augmentation=None) -> dict:
    return {
        "architecture": "x",
        "front_end": front_end,
        "training": {**PLAIN, **training},
        "augmentation": augmentation,
    }


@pytest.mark.parametrize(
    ("training", "front_end", "augmentation"),
    [
        (SIMCLR, MEL, OTHERS),
        (SIMCLR, WAVEFORM, OTHERS),
        ({**SIMCLR, "contrast": {}}, MEL, None),
        ({**SIMCLR, "cache": True}, WAVEFORM, [NOISE]),
        ({"cache": True}, WAVEFORM, [NOISE, MIXUP]),
        ({"cache": True, "labels": 40}, MEL, None),
        ({"contrast": None}, MEL, [MIXUP]),
        ({"objective": "tag"}, MEL, [MIXUP]),
        ({"objective": "text_contrast"}, MEL, OTHERS),
        ({"objective": "distil"}, MEL, OTHERS),
    ],
)
def test_what_fits_is_allowed(training, front_end, augmentation):
    assert check_training(entry(training, front_end, augmentation)) is None


@pytest.mark.parametrize(
    ("training", "front_end", "augmentation", "told"),
    [
        ({"cache": True}, MEL, [NOISE], "training.cache: 'cache' and 'noise' exclude each other"),
        ({"cache": True}, MEL, [OTHERS[0]], "training.cache: 'cache' and 'crop' exclude"),
        (
            {**SIMCLR, "cache": True},
            MEL,
            None,
            "training.cache: 'cache' and objective 'simclr' exclude.*front end 'log_mel' keeps",
        ),
        (
            {**SIMCLR, "cache": True},
            {"kind": "panns"},
            None,
            "training.cache: .*front end 'panns' keeps features; drop 'cache'",
        ),
        ({"objective": "simclr"}, MEL, None, "training.contrast: objective 'simclr' needs it, su"),
        ({**SIMCLR, "contrast": None}, MEL, None, "training.contrast: objective 'simclr' needs"),
        ({"contrast": {}}, MEL, None, "training.contrast: only objective 'simclr' has it"),
        (
            {"objective": "tag", "contrast": {"seconds": 1.0}},
            MEL,
            None,
            "training.contrast: only objective 'simclr' has it",
        ),
        (SIMCLR, MEL, [NOISE, MIXUP], "augmentation.1: 'mixup' .*objective 'simclr' does not have"),
        ({"objective": "distil"}, MEL, [MIXUP], "augmentation.0: 'mixup' .*'distil' does not"),
        ({"objective": "text_contrast"}, MEL, [MIXUP], "augmentation.0: .*'text_contrast' does"),
    ],
)
def test_what_does_not_fit_is_told_by_its_key(training, front_end, augmentation, told):
    given = entry(training, front_end, augmentation)
    for prefix in ("", "networks.one."):
        with pytest.raises(InputError, match=f"^{prefix}{told}"):
            check_training(given, prefix)


RECONSTRUCT = {"objective": "reconstruct", "reconstruct": {"unquantised": 0.2}}


def codec(training: dict, front_end=WAVEFORM, augmentation=None) -> dict:
    return {**entry(training, front_end, augmentation), "architecture": "small_codec"}


@pytest.mark.parametrize("given", [RECONSTRUCT, {**RECONSTRUCT, "cache": True}])
def test_a_codec_reconstructs_waveforms(given):
    assert check_training(codec(given, augmentation=[OTHERS[0]])) is None
    assert check_training(codec({**given, "reconstruct": {}})) is None


TOGETHER = (
    r"training.objective: 'reconstruct' and an architecture that reconstructs \(small_codec\)"
)


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (entry(RECONSTRUCT, WAVEFORM), TOGETHER),
        (codec({}), TOGETHER),
        (codec(SIMCLR), TOGETHER),
        (
            {k: v for k, v in entry(RECONSTRUCT, WAVEFORM).items() if k != "architecture"},
            TOGETHER,
        ),
        (
            codec(RECONSTRUCT, MEL),
            "front_end.kind: objective 'reconstruct' needs 'waveform', not 'log_mel'",
        ),
        (codec({"objective": "reconstruct"}), "training.reconstruct: objective .* needs it, such"),
        (codec({**RECONSTRUCT, "reconstruct": None}), "training.reconstruct: objective .* needs"),
        (
            entry({"reconstruct": {}}),
            "training.reconstruct: only objective 'reconstruct' has it",
        ),
        (codec(RECONSTRUCT, augmentation=[MIXUP]), "augmentation.0: .*'reconstruct' does not"),
    ],
)
def test_what_is_no_reconstruction_is_told_by_its_key(given, told):
    for prefix in ("", "networks.one."):
        with pytest.raises(InputError, match=f"^{prefix}{told}"):
            check_training(given, prefix)


def test_a_reconstruction_may_be_given_as_a_mapping():
    given = {"unquantised": 0.1, "windows": [32, 64]}
    settings = TrainingSettings(**PLAIN, objective="reconstruct", reconstruct=given)
    assert settings.reconstruct == ReconstructionSettings(0.1, 0.25, 1.0, (32, 64))
    again = TrainingSettings(**PLAIN, reconstruct=settings.reconstruct)
    assert (
        again.reconstruct is settings.reconstruct and TrainingSettings(**PLAIN).reconstruct is None
    )


def test_a_contrast_may_be_given_as_a_mapping():
    settings = TrainingSettings(**PLAIN, objective="simclr", contrast={"decoupled": True})
    assert settings.contrast == ContrastSettings(2.5, False, 0.1, True)
    assert TrainingSettings(**PLAIN, contrast=settings.contrast).contrast is settings.contrast
    plain = TrainingSettings(**PLAIN)
    assert plain.contrast is None and plain.labels is None
    assert (plain.keep, plain.gradient_clip, plain.run) == ("best", 1.0, 0)


KEYS = SCHEMA["$defs"]["network"]["properties"]["training"]
VALIDATOR = jsonschema.Draft202012Validator({**KEYS, "$defs": SCHEMA["$defs"]})


@pytest.mark.parametrize(
    "training",
    [
        {"labels": 1},
        {"labels": None},
        {"keep": "last"},
        {"gradient_clip": None},
        {"gradient_clip": 0.5},
        {"run": 2},
        {"contrast": None},
        {"contrast": {"seconds": 1, "overlapping": True, "temperature": 0.2, "decoupled": True}},
        {"reconstruct": None},
        {"reconstruct": {"unquantised": 0, "commitment": 0, "spectral": 0, "windows": [4]}},
    ],
)
def test_the_schema_knows_the_keys(training):
    assert VALIDATOR.is_valid({**PLAIN, **training})


@pytest.mark.parametrize(
    "training",
    [
        {"labels": 0},
        {"keep": "first"},
        {"gradient_clip": 0},
        {"run": -1},
        {"contrast": {"second": 1}},
        {"contrast": {"seconds": 0}},
        {"contrast": {"temperature": 0}},
        {"reconstruct": {"quantised": 0.5}},
        {"reconstruct": {"unquantised": 1}},
        {"reconstruct": {"commitment": -1}},
        {"reconstruct": {"spectral": -1}},
        {"reconstruct": {"windows": []}},
        {"reconstruct": {"windows": [64, 3]}},
    ],
)
def test_the_schema_refuses_other_values(training):
    assert not VALIDATOR.is_valid({**PLAIN, **training})


LIST = jsonschema.Draft202012Validator(
    {**SCHEMA["$defs"]["augmentation"], "$defs": SCHEMA["$defs"]}
)


def test_the_schema_knows_the_transforms():
    assert LIST.is_valid([*OTHERS, MIXUP])
    for given in (*OTHERS, MIXUP):
        for key in set(given) - {"transform"}:
            assert not LIST.is_valid([{k: v for k, v in given.items() if k != key}])
        assert not LIST.is_valid([{**given, "more": 1}])
    wrong = [{**OTHERS[1], "most": 0}, {**OTHERS[0], "seconds": 0}, {**MIXUP, "alpha": 0}]
    assert not any(LIST.is_valid([given]) for given in wrong)
