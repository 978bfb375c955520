"""The configuration: every scale is valid, every mistake is named."""

import copy
from pathlib import Path

import pytest
import yaml

from tonotopy.config import check, frozen, read_schema
from tonotopy.errors import InputError, nearest

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
        ("run.steering", ["wrold"], r"run.steering: 'wrold'.*did you mean 'world'"),
        ("steering.world.network", "genre_as", r"steering.world.network.*'genre_ast'"),
        ("steering.world.concepts", "instrument", r"concepts.*'instruments'"),
        ("networks.genre_ast.corpus", "genre", r"networks.genre_ast.corpus.*'genres'"),
        ("steering.world.unseen", None, r"'unseen' needs a corpus"),
        ("steering.world.slope_range", 0.01, "none lies within slope_range"),
        ("networks.genre_ast.front_end.rate", 16000, "16000 Hz.*22500 Hz: make them equal"),
    ],
)
def test_mistakes_are_named_with_the_nearest_key(config, path, value, told):
    with pytest.raises(InputError, match=told):
        check(change(config, path, value), SCHEMA)


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
