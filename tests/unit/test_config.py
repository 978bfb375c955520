"""The configuration: every scale is valid, every mistake is named."""

import copy
from pathlib import Path

import pytest
import yaml

from tonotopy.config import check, frozen, read_schema
from tonotopy.errors import InputError, nearest
from tonotopy.preflight import check_sources

ROOT = Path(__file__).parents[2]
SCHEMA = read_schema(ROOT / "workflow/schemas/config.schema.yaml")
SCALES = sorted((ROOT / "workflow/scales").glob("*.yaml"))


def merged(base: dict, overlay: dict) -> dict:
    """What snakemake does with --configfile: dicts are merged, everything else is replaced."""
    out = dict(base)
    for key, value in overlay.items():
        both = isinstance(value, dict) and isinstance(out.get(key), dict)
        out[key] = merged(out[key], value) if both else value
    return out


@pytest.fixture
def config():
    return yaml.safe_load((ROOT / "config.yaml").read_text())


def test_the_default_is_valid(config):
    check(config, SCHEMA)
    assert config["scale"] == "mini"


@pytest.mark.parametrize("path", SCALES, ids=lambda p: p.stem)
def test_every_scale_is_valid_and_named_like_its_file(config, path):
    scaled = merged(config, yaml.safe_load(path.read_text()))
    check(scaled, SCHEMA)
    assert scaled["scale"] == path.stem


def change(config, path, value):
    changed = copy.deepcopy(config)
    place = changed
    *parents, last = path.split(".")
    for key in parents:
        place = place[key]
    place[last] = value
    return changed


@pytest.mark.parametrize(
    ("path", "value", "told"),
    [
        ("sede", 3, r"unknown key 'sede' at top level \(did you mean 'seed'\?\)"),
        ("networks.genre_ast.training.epoch", 3, r"'epoch' at networks.genre_ast.training.*epochs"),
        ("corpora.genres.cause", {}, r"'cause' at corpora.genres.*causes"),
        ("corpora.genres.maker", "plantd_music", r"maker.*did you mean 'planted_music'"),
        ("steering.world.sweeps", ["test", "layer"], r"sweeps.*'layer'.*'layers'"),
        ("controls", "ignore", "controls: 'ignore' is not possible"),
        ("seed", "zero", r"seed: 'zero' is not of type 'integer'"),
        ("networks.genre_ast.training.learning_rate", "7e-4", r"'7e-4'.*write 7.0e-04"),
        ("run.steering", ["wrold"], r"run.steering: 'wrold'.*did you mean 'world'"),
        ("steering.world.network", "genre_as", r"steering.world.network.*'genre_ast'"),
        ("steering.world.concepts", "instrument", r"concepts.*'instruments'"),
        ("networks.genre_ast.corpus", "genre", r"networks.genre_ast.corpus.*'genres'"),
        ("steering.world.unseen", None, r"'unseen' needs a corpus"),
        ("steering.world.slope_range", 0.01, "none lies within slope_range"),
        ("networks.genre_ast.front_end.rate", 16000, "16000 Hz.*22500 Hz: make them equal"),
        (
            "networks.genre_ast.augmentation",
            {"noise": {"range": [0, 1], "p": 1}},
            r"networks.genre_ast.augmentation: is a list of transforms now.*\n  - \{transform: ",
        ),
        (
            "networks.genre_ast.augmentation",
            [{"transform": "pitchshift", "range": [0, 1], "p": 1}],
            r"genre_ast.augmentation.0.transform: 'pitchshift'.*did you mean 'pitch_shift'",
        ),
        (
            "networks.genre_ast.augmentation",
            [
                {"transform": "time_mask", "range": [0, 1], "p": 1},
                {"transform": "pitch_shift", "range": [0, 1], "p": 1},
            ],
            r"networks.genre_ast.augmentation.1: transform 'pitch_shift' \(log_mel\) stands after "
            r"'time_mask' \(spectrogram\).*waveform, log_mel, spectrogram.*move it up",
        ),
        (
            "networks.vggish.augmentation",
            [{"transform": "pitch_shift", "range": [0, 1], "p": 1}],
            r"networks.vggish.augmentation.0: transform 'pitch_shift' works on log_mel.*front end "
            r"'vggish' does not have; possible here: noise$",
        ),
        (
            "networks.genre_ast.augmentation",
            [{"transform": "noise", "range": [0, 1], "p": 1}],
            r"networks.genre_ast.training.cache: 'cache' and 'noise' exclude each other",
        ),
        (
            "networks.clap.training.objective",
            "contrast",
            "clap.training.objective: .*text_contrast",
        ),
        (
            "networks.genre_ast.training.optimiser",
            "adamv",
            r"optimiser.*mean 'adam' or 'adamw'",
        ),
        ("networks.genre_ast.training.schedule", "cosine", r"schedule.*'warmup_cosine'"),
        ("networks.genre_ast.training.momentum", 0.5, "training.momentum: only optimiser 'sgd'"),
        (
            "networks.genre_ast.training.snapshots",
            [0, 6, 7],
            r"networks.genre_ast.training.snapshots: there is no epoch 7, expected 0.* to 6",
        ),
        ("networks.genre_ast.arguments.heads", 5, r"genre_ast.arguments.heads: width 128.*5 heads"),
        ("networks.genre_ast.arguments.patch", [200, 4], r"arguments.patch: \[200, 4\].*128 mels"),
    ],
)
def test_mistakes_are_named_with_the_nearest_key(config, path, value, told):
    with pytest.raises(InputError, match=told):
        check(change(config, path, value), SCHEMA)


TRAINING = {"epochs": 6, "batch": 4, "learning_rate": 0.1}


@pytest.mark.parametrize(
    ("training", "told"),
    [
        ({"snapshots": [0, 6]}, None),
        ({"snapshots": [7]}, "genre_ast.training.snapshots: there is no epoch 7, .* to 6 "),
        ({"snapshots": [-1]}, "snapshots.0: -1 is less than the minimum of 0"),
        ({"snapshots": [2, 2]}, "training.snapshots: .* non-unique"),
        ({"optimiser": "sgd", "momentum": 0.5}, None),
        ({"optimiser": "adam", "momentum": 0.5}, "genre_ast.training.momentum: only .*'sgd'"),
        ({"optimiser": "sgd", "momentum": 1.0}, "training.momentum: 1.0 is greater than or equal"),
        ({"schedule": "warmup_cosine", "warmup_share": 0.5}, None),
        ({"schedule": "one_cycle", "warmup_share": 0.5}, None),
        ({"schedule": "constant", "warmup_share": 0.5}, "training.warmup_share: .*no warm-up"),
        ({"warmup_share": 0.5}, "genre_ast.training.warmup_share: .*no warm-up"),
    ],
)
def test_settings_of_a_training_fit_each_other(config, training, told):
    changed = change(config, "networks.genre_ast.training", {**TRAINING, **training})
    if told is None:
        assert check(changed, SCHEMA) is None
    else:
        with pytest.raises(InputError, match=told):
            check(changed, SCHEMA)


FOLDER = {"maker": "folder", "path": "sounds", "rate": 22500, "seconds": 2.0}


@pytest.mark.parametrize(
    ("entry", "told"),
    [
        ({"label": {"from": "name", "pattern": "("}}, r"corpora.genres.label: .*in 'pattern'"),
        ({"label": {"from": "name", "pattern": "x"}}, r"label: pattern 'x' needs exactly one"),
        ({"label": {"from": "name"}}, r"corpora.genres.label: .*regular expression in 'pattern'"),
        (
            {"group": {"from": "csv", "file": "here.csv", "match": "["}},
            r"genres.group: .*regular expression in 'match'",
        ),
        (
            {"split": {"from": "random", "shares": {"train": 0.8, "test": 0.1}}},
            r"corpora.genres.split: split shares must sum to 1, not 0.9",
        ),
        (
            {"maker": "free_spoken_digits", "task": "digits", "seconds": 1.0},
            r"genres.task: .*did you mean 'digit'",
        ),
        (
            {"maker": "free_spoken_digits", "task": "digit", "version": "v2"},
            r"corpora.genres.version: .*no version 'v2'",
        ),
    ],
)
def test_entries_that_make_no_sense_are_told_before_anything_runs(config, entry, told):
    check(change(config, "corpora.genres", FOLDER), SCHEMA)
    with pytest.raises(InputError, match=told):
        check(change(config, "corpora.genres", {**FOLDER, **entry}), SCHEMA)
    check(change(config, "corpora.unused", {**FOLDER, **entry}), SCHEMA)


def test_audioset_s_shares_are_checked_where_it_is_used(config):
    config = change(config, "audioset.shares", {"train": 0.5})
    check(config, SCHEMA)
    audioset = {"maker": "audioset", "task": "genre", "rate": 22500}
    with pytest.raises(InputError, match="audioset.shares: .*not 0.5"):
        check(change(config, "corpora.genres", audioset), SCHEMA)


@pytest.mark.parametrize(
    ("entry", "told"),
    [
        ({"path": "/no/such"}, r"corpora.genres.path: no folder '/no/such'"),
        ({"group": {"from": "csv", "file": "a.csv"}}, r"genres.group: .*/a.csv: the file with the"),
        ({"split": {"from": "lists", "lists": {"x": "a"}}}, r"genres.split: .*/a: the file with"),
        ({"maker": "audioset"}, "audioset.path: no folder 'clips'"),
    ],
)
def test_folders_and_files_are_looked_for_when_a_run_begins(config, tmp_path, entry, told):
    config = change(config, "audioset.path", "clips")
    (tmp_path / "here.csv").touch()
    good = {**FOLDER, "path": str(tmp_path), "label": {"from": "csv", "file": "here.csv"}}
    check_sources(["genres"], change(config, "corpora.genres", good))
    config = change(config, "corpora.genres", {**good, **entry})
    check_sources([], config)
    with pytest.raises(InputError, match=told):
        check_sources(["genres"], config)


def test_a_missing_key_is_named(config):
    del config["networks"]["genre_ast"]["training"]["epochs"]
    with pytest.raises(InputError, match="networks.genre_ast.training: 'epochs' is a required"):
        check(config, SCHEMA)


def test_every_key_of_the_default_is_in_the_schema_and_explained(config):
    text = (ROOT / "config.yaml").read_text()
    for key in config:
        assert f"\n{key}:" in f"\n{text}"
        assert key in SCHEMA["properties"]


def test_frozen_does_not_depend_on_order():
    assert frozen({"a": 1, "b": [2]}) == frozen({"b": [2], "a": 1})


def test_hints():
    assert nearest("sede", ["seed", "scale"]) == " (did you mean 'seed'?)"
    assert nearest("zzz", ["seed", "scale"]) == " (known: seed, scale)"
    assert nearest("zzz", []) == ""
