"""The configuration: every scale is valid, every mistake is named."""

import datetime

import pytest
import yaml
from configs import ROOT, SCHEMA, changed, default_config, merged

from tonotopy.config import check, frozen
from tonotopy.errors import InputError, nearest
from tonotopy.preflight import check_sources

SCALES = sorted((ROOT / "workflow/scales").glob("*.yaml"))


@pytest.fixture
def config():
    return default_config()


@pytest.mark.parametrize(("maker", "meant"), [("foldr", "folder"), ("gtzn", "gtzan")])
def test_a_misspelt_maker_is_told_before_what_it_lacks(config, maker, meant):
    entry = {"maker": maker, "path": "sounds", "rate": 8000, "seconds": 1.0}
    with pytest.raises(InputError) as told:
        check(merged(config, {"corpora": {"mine": entry}}), SCHEMA)
    expected = f"corpora.mine.maker: '{maker}' is not possible (did you mean '{meant}'?)"
    assert str(told.value) == f"configuration: {expected}"


def test_the_default_is_valid(config):
    check(config, SCHEMA)
    assert config["scale"] == "mini"


@pytest.mark.parametrize("path", SCALES, ids=lambda p: p.stem)
def test_every_scale_is_valid_and_named_like_its_file(config, path):
    scaled = merged(config, yaml.safe_load(path.read_text()))
    check(scaled, SCHEMA)
    assert scaled["scale"] == path.stem


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
        (
            "seed",
            1.0,
            r"seed: 1.0 is not of type 'integer' \(a whole number is expected: write 1\)",
        ),
        ("statistics.resamples", 200.0, r"statistics.resamples: 200.0 .*write 200"),
        ("corpora.genres.seconds", float("inf"), "corpora.genres.seconds is inf, expected a finit"),
        ("steering.world.strengths", [0.1, float("nan")], "strengths.1 is nan, expected a finite"),
        ("networks.genre_ast.training.learning_rate", "7e-4", r"'7e-4'.*write 7.0e-04"),
        ("run", ["steering/wrold"], r"run: 'wrold' is not below 'steering'.*did you mean 'world'"),
        ("run", ["stering/world"], r"run: 'stering/world': .*no study 'stering'.*'steering'"),
        ("run", ["world"], r"run.0: 'world' has another form .* 'hierarchy/layers'"),
        ("run", {"steering": ["world"]}, r"run: .*\(a list of instances, such as \[hierarchy/"),
        ("mirror", True, r"mirror: True is not of type.*put quotes around"),
        ("scale", "my scale", "scale: 'my scale' has another form than is expected, such as 'my_"),
        ("networks.mine", {"module": "a/b.py:C"}, "networks.mine.module: .* 'my_networks.tiny:T"),
        ("corpora.genres.causes", None, "genres.causes: None .*nothing is written behind the key"),
        ("scale", 7, r"scale: 7 is not of type 'string' \(YAML reads.*put quotes around"),
        (
            "steering.world.pairs",
            [{"concept": False, "target": ["rock"]}],
            "pairs.0.concept.*quotes",
        ),
        (
            "corpora.genres.causes",
            {False: "violin"},
            r"corpora.genres.causes has the key False.*quot",
        ),
        ("mirror", datetime.date(2024, 1, 31), r"mirror is 2024-01-31 \(YAML reads.*quotes"),
        ("hierarchy.layers.networks", ["vgish"], r"hierarchy.layers.networks: 'vgish'.*'vggish'"),
        ("hierarchy.layers.tagging", "event", r"hierarchy.layers.tagging: 'event'.*'events'"),
        ("steering.world.network", "genre_as", r"steering.world.network.*'genre_ast'"),
        ("steering.world.concepts", "instrument", r"concepts.*'instruments'"),
        ("networks.genre_ast.corpus", "genre", r"networks.genre_ast.corpus.*'genres'"),
        ("steering.world.unseen", None, r"'unseen' needs a corpus"),
        ("steering.world.slope_range", 0.01, "none lies within slope_range"),
        (
            "networks.genre_ast.augmentation",
            {"noise": {"range": [0, 1], "p": 1}},
            r"networks.genre_ast.augmentation: is a list of transforms, .*\n  - \{transform: ",
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
            r"'vggish' does not have; possible here: noise, relative_noise, gain, background, "
            r"pass_filter, crop, silence, mixup$",
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
        (
            "networks.genre_ast.arguments.patch",
            [200, 4],
            r"arguments.patch: patch \(200, 4\) does not fit into 128 mels x 150 frames",
        ),
    ],
)
def test_mistakes_are_named_with_the_nearest_key(config, path, value, told):
    with pytest.raises(InputError, match=told):
        check(changed(config, path, value), SCHEMA)


OWN = {
    "module": "a.b:C",
    "front_end": {"kind": "waveform", "rate": 8000},
    "layers": {"x": "body.0"},
}
LAYERS = {"x": "body.0", "y": {"path": "body.1", "read": "tokens", "tokens": [0, 1], "part": 0}}


@pytest.mark.parametrize(
    "entry", [OWN, {"published": "vggish"}, {"published": "ast_audioset", "layers": LAYERS}]
)
def test_every_kind_of_network_may_name_its_layers(config, entry):
    check(changed(config, "networks.other", entry), SCHEMA)
    check(changed(config, "networks.other", {**entry, "layers": LAYERS}), SCHEMA)
    check(changed(config, "networks.genre_ast.layers", LAYERS), SCHEMA)


@pytest.mark.parametrize(
    ("entry", "told"),
    [
        ({k: v for k, v in OWN.items() if k != "layers"}, "networks.other: 'layers' is a required"),
        ({**OWN, "layers": ["body.0"]}, r"networks.other.layers: .* is not of type 'object'"),
        ({**OWN, "layers": {}}, "networks.other.layers: expected names of layers"),
        (
            {**OWN, "layers": {"x": {"path": "y", "read": "token"}}},
            r"networks.other.layers.x.read: 'token' is not possible .*'tokens'",
        ),
        (
            {
                "module": "a.b:C",
                "front_end": {"kind": "waveform", "rate": 8000},
                "stages": {"x": "body.0"},
            },
            "networks.other.stages: the key is called 'layers' now",
        ),
        ({"published": "vggish", "stages": {"x": "y"}}, "networks.other.stages: the key is called"),
    ],
)
def test_mistakes_in_layers_are_named(config, entry, told):
    with pytest.raises(InputError, match=told):
        check(changed(config, "networks.other", entry), SCHEMA)
    with pytest.raises(InputError, match="networks.genre_ast.stages: the key is called 'layers'"):
        check(changed(config, "networks.genre_ast.stages", {"x": "y"}), SCHEMA)


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
    settings = changed(config, "networks.genre_ast.training", {**TRAINING, **training})
    if told is None:
        assert check(settings, SCHEMA) is None
    else:
        with pytest.raises(InputError, match=told):
            check(settings, SCHEMA)


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
    unmarked = [name for name in config["run"] if not name.startswith("validity/")]
    sensible = changed(config, "corpora.genres", FOLDER)
    check(changed(sensible, "run", unmarked), SCHEMA)
    with pytest.raises(InputError, match="is no corpus of the planted world"):
        check(sensible, SCHEMA)  # whose twins methods are marked on
    with pytest.raises(InputError, match=told):
        check(changed(config, "corpora.genres", {**FOLDER, **entry}), SCHEMA)
    check(changed(config, "corpora.unused", {**FOLDER, **entry}), SCHEMA)


def test_audioset_s_shares_are_checked_where_it_is_used(config):
    config = changed(config, "audioset.shares", {"train": 0.5})
    check(config, SCHEMA)
    audioset = {"maker": "audioset", "task": "genre", "rate": 22500}
    with pytest.raises(InputError, match="audioset.shares: .*not 0.5"):
        check(changed(config, "corpora.genres", audioset), SCHEMA)


@pytest.mark.parametrize(
    ("entry", "told"),
    [
        ({"path": "/no/such"}, r"corpora.genres.path: no folder '/no/such'"),
        ({"path": "~/no/such"}, r"no folder '~/no/such' .*: '~' is not expanded"),
        ({"group": {"from": "csv", "file": "a.csv"}}, r"genres.group: .*/a.csv: the file with the"),
        ({"split": {"from": "lists", "lists": {"x": "a"}}}, r"genres.split: .*/a: the file with"),
        ({"leave_out": ["rokc"]}, "corpora.genres: leave_out: no clip has label 'rokc'.*'rock'"),
        ({"label": {"from": "csv", "file": "here.csv", "key": "f"}}, "genres: .*no column 'f' for"),
        ({"maker": "audioset"}, "audioset.path: no folder 'clips'"),
    ],
)
def test_folders_and_files_are_looked_for_when_a_run_begins(config, tmp_path, entry, told):
    config = changed(config, "audioset.path", "clips")
    (tmp_path / "here.csv").write_text("file,genre\na.wav,rock\n")
    (tmp_path / "a.wav").touch()
    label = {"from": "csv", "file": "here.csv", "key": "file", "column": "genre"}
    good = {**FOLDER, "path": str(tmp_path), "label": label}
    check_sources(["genres"], changed(config, "corpora.genres", good))
    config = changed(config, "corpora.genres", {**good, **entry})
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


def test_an_overlay_replaces_the_list_of_instances(config):
    overlaid = merged(config, {"run": ["steering/world"]})
    check(overlaid, SCHEMA)
    assert overlaid["run"] == ["steering/world"]


def test_an_entry_that_nothing_runs_may_be_unfinished(config):
    check(
        changed(config, "steering.later", {**config["steering"]["world"], "network": "later"}),
        SCHEMA,
    )
    with pytest.raises(
        InputError, match=r"steering.later.network: 'later' is not below 'networks'"
    ):
        later = changed(
            config, "steering.later", {**config["steering"]["world"], "network": "later"}
        )
        check({**later, "run": ["steering/later"]}, SCHEMA)


def test_frozen_does_not_depend_on_order():
    assert frozen({"a": 1, "b": [2]}) == frozen({"b": [2], "a": 1})


def test_hints():
    assert nearest("sede", ["seed", "scale"]) == " (did you mean 'seed'?)"
    assert nearest("zzz", ["seed", "scale"]) == " (known: seed, scale)"
    assert nearest("zzz", []) == ""


def test_a_key_that_is_left_of_an_entry_of_config_yaml_is_told_and_a_misspelt_one_is_not(tmp_path):
    defaults = tmp_path / "config.yaml"
    defaults.write_text("corpora: {genres: {maker: planted_music, task: genre, clips: {train: 9}}}")
    config = default_config()
    hint = "it stands in the entry of this name in config.yaml"
    config["corpora"]["genres"] = {**FOLDER, "task": "genre"}
    with pytest.raises(InputError, match=f"unknown key 'task' at corpora.genres.*; {hint}"):
        check(config, SCHEMA, defaults)
    for name, key in (("genres", "tsak"), ("mine", "task"), ("mine", "rat")):
        wrong = {**config["corpora"], "genres": FOLDER, name: {**FOLDER, key: "genre"}}
        with pytest.raises(InputError, match=f"unknown key '{key}' at corpora.{name}") as told:
            check({**config, "corpora": wrong}, SCHEMA, defaults)
        assert hint not in str(told.value)
