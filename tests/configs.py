"""The configuration as tests need it: the default, overlays, single changes."""

import copy
from pathlib import Path

import yaml

from tonotopy.config import config_schema

ROOT = Path(__file__).parents[1]
SCHEMA = config_schema(ROOT / "workflow/schemas")


def default_config() -> dict:
    """Return config.yaml."""
    return yaml.safe_load((ROOT / "config.yaml").read_text())


def merged(base: dict, overlay: dict) -> dict:
    """What snakemake does with --configfile: dicts are merged, everything else is replaced."""
    out = dict(base)
    for key, value in overlay.items():
        both = isinstance(value, dict) and isinstance(out.get(key), dict)
        out[key] = merged(out[key], value) if both else value
    return out


def scale(name: str) -> dict:
    """Return the configuration of one of the project's scales."""
    return merged(
        default_config(), yaml.safe_load((ROOT / f"workflow/scales/{name}.yaml").read_text())
    )


def changed(config: dict, path: str, value) -> dict:
    """Return a configuration with one key, given as ``a.b.c``, set to a value."""
    out = copy.deepcopy(config)
    place = out
    *parents, last = path.split(".")
    for key in parents:
        place = place[key]
    place[last] = value
    return out
