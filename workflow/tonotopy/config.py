"""The configuration: checked whole before anything runs, with the key that is wrong named."""

import contextlib
import json
from pathlib import Path

import jsonschema
import yaml

from tonotopy.errors import InputError, nearest
from tonotopy.preflight import preflight
from tonotopy.training.settings import check_training, refuse_old_forms


def read_schema(path: str | Path) -> dict:
    """Read a JSON schema written as YAML."""
    return yaml.safe_load(Path(path).read_text())


def check(config: dict, schema: dict) -> None:
    """Check a configuration against its schema, its own references and for sense.

    Raises:
        InputError: the message names the key by its path, what was expected, and the nearest
            known key or name.
    """
    plain = json.loads(json.dumps(config))
    refuse_old_forms(plain.get("networks"))
    errors = sorted(
        jsonschema.Draft202012Validator(schema).iter_errors(plain), key=lambda e: e.json_path
    )
    if errors:
        raise InputError("configuration: " + "; ".join(_told(error) for error in errors[:5]))
    _check_references(config)
    preflight(config)


_MERGED = (
    "; keys are added to those of an entry of the same name in config.yaml: give one of your own a "
    "name of its own"
)


def _told(error: jsonschema.ValidationError) -> str:
    place = ".".join(map(str, error.absolute_path)) or "top level"
    if error.validator == "additionalProperties" and isinstance(error.instance, dict):
        known = error.schema.get("properties", {})
        unknown = [key for key in error.instance if key not in known]
        told = f"unknown key '{unknown[0]}' at {place}{nearest(unknown[0], known)}"
        return told + (_MERGED if place.startswith(("corpora.", "networks.")) else "")
    if error.validator == "enum":
        hint = nearest(error.instance, error.validator_value)
        return f"{place}: '{error.instance}' is not possible{hint}"
    if error.validator in ("oneOf", "anyOf") and error.context:
        closest = min(error.context, key=lambda e: -len(e.absolute_path))
        return _told(closest)
    hint = ""
    if error.validator == "type" and error.validator_value == "number":
        with contextlib.suppress(TypeError, ValueError):
            hint = f" (YAML takes it for text: write {float(error.instance):.1e})"
    return f"{place}: {error.message}{hint}"


def _check_references(config: dict) -> None:
    _check_networks(config)
    _check_hierarchies(config)
    for name in config["run"]["steering"]:
        study = _known(name, config["steering"], "run.steering", "steering")
        place = f"steering.{name}"
        network = _known(study["network"], config["networks"], f"{place}.network", "networks")
        if network.get("architecture") != "ast":
            raise InputError(f"{place}.network: only an AST that is trained here can be steered")
        classes = _known(
            network["corpus"], config["corpora"], f"networks.{study['network']}.corpus", "corpora"
        )
        named = {"concepts": study["concepts"], "unseen": study["unseen"]}
        for key, corpus in named.items():
            if corpus is not None:
                _known(corpus, config["corpora"], f"{place}.{key}", "corpora")
        if "unseen" in study["sweeps"] and study["unseen"] is None:
            raise InputError(f"{place}.sweeps: 'unseen' needs a corpus in {place}.unseen")
        if not [s for s in study["strengths"] if 0 < abs(s) <= study["slope_range"]]:
            raise InputError(
                f"{place}.strengths: none lies within slope_range {study['slope_range']}"
            )
        _check_rate(network, classes, study["network"])


def _check_networks(config: dict) -> None:
    for name, network in config["networks"].items():
        place = f"networks.{name}"
        if "architecture" in network:
            _known(network["corpus"], config["corpora"], f"{place}.corpus", "corpora")
            training = network["training"]
            if (training.get("objective") == "distil") != ("teacher" in training):
                raise InputError(f"{place}.training: objective 'distil' and 'teacher' go together")
            if "teacher" in training:
                _known(training["teacher"], config["networks"], f"{place}.training.teacher",
                       "networks")  # fmt: skip
            check_training(network, f"{place}.")


def _check_hierarchies(config: dict) -> None:
    for name in config["run"]["hierarchy"]:
        study = _known(name, config["hierarchy"], "run.hierarchy", "hierarchy")
        place = f"hierarchy.{name}"
        for network in study["networks"]:
            _known(network, config["networks"], f"{place}.networks", "networks")
        for task, entry in study["tasks"].items():
            _known(entry["corpus"], config["corpora"], f"{place}.tasks.{task}.corpus", "corpora")
        if study["tagging"] is not None:
            _known(study["tagging"], config["corpora"], f"{place}.tagging", "corpora")


def _check_rate(network: dict, corpus: dict, name: str) -> None:
    hears, has = network["front_end"]["rate"], corpus.get("rate")
    if has is not None and hears != has:
        raise InputError(
            f"networks.{name}.front_end.rate is {hears} Hz, corpora.{network['corpus']}.rate is "
            f"{has} Hz: make them equal"
        )


def _known(name: str, names: dict, place: str, section: str) -> dict:
    if name not in names:
        raise InputError(f"{place}: '{name}' is not below '{section}'{nearest(name, names)}")
    return names[name]


def frozen(value) -> str:
    """Return a value as text that does not depend on the order of keys, for rule parameters."""
    return json.dumps(value, sort_keys=True)
