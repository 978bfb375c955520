"""The configuration: checked whole before anything runs, with the key that is wrong named."""

import contextlib
import json
import math
from pathlib import Path

import jsonschema
import yaml

from tonotopy.corpora.catalogue import PUBLIC
from tonotopy.errors import InputError, nearest
from tonotopy.instances import running
from tonotopy.listening import planning as listening
from tonotopy.networks.layers import parse_entry
from tonotopy.preflight import preflight
from tonotopy.studies import STUDIES
from tonotopy.training.settings import check_training, refuse_old_forms

NAME = "^[a-z][a-z0-9_]*$"  # of an instance
_DRAFT = jsonschema.Draft202012Validator
Validator = jsonschema.validators.extend(  # to JSON 1.0 is an integer, to Python it is none
    _DRAFT,
    type_checker=_DRAFT.TYPE_CHECKER.redefine(
        "integer", lambda checker, value: isinstance(value, int) and not isinstance(value, bool)
    ),
)


def read_schema(path: str | Path) -> dict:
    """Read a JSON schema written as YAML."""
    return yaml.safe_load(Path(path).read_text())


def config_schema(folder: str | Path) -> dict:
    """Return the schema of the configuration, with public corpora and a section for each study.

    Args:
        folder: of the schemas: config.schema.yaml, and {study}.schema.yaml for an entry of each
            study, which may refer to the definitions of the first.
    """
    folder = Path(folder)
    schema = read_schema(folder / "config.schema.yaml")
    corpus = schema["properties"]["corpora"]["additionalProperties"]
    makers, public = corpus["properties"]["maker"], corpus["allOf"][-1]["if"]["properties"]["maker"]
    makers["enum"] = [*makers["enum"], *PUBLIC]
    public["enum"] = list(PUBLIC)
    for study in STUDIES:
        schema["$defs"][study] = read_schema(folder / f"{study}.schema.yaml")
        entries = {"additionalProperties": {"$ref": f"#/$defs/{study}"}}
        names = {"propertyNames": {"pattern": NAME}}
        schema["properties"][study] = {"type": "object", **names, **entries}
    return schema


def check(config: dict, schema: dict, defaults: str | Path | None = None) -> None:
    """Check a configuration against its schema, its own references and for sense.

    Args:
        config: the configuration.
        schema: see `config_schema`.
        defaults: config.yaml, whose entries the others' keys are added to; read where a key is
            unknown, to tell whether it may come from there.

    Raises:
        InputError: the message names the key by its path, what was expected, and the nearest
            known key or name.
    """
    _check_values(config, ())
    plain = json.loads(json.dumps(config))
    refuse_old_forms(plain.get("networks"))
    errors = sorted(Validator(schema).iter_errors(plain), key=lambda e: e.json_path)
    if errors:
        told = [_message(error, defaults) for error in errors[:5]]
        raise InputError("configuration: " + "; ".join(told))
    _check_references(config)
    preflight(config)
    _check_studies(config)


_MERGED = (
    "; it stands in the entry of this name in config.yaml, to which keys are added: give an entry "
    "of your own a name of its own"
)
_QUOTES = (
    " (YAML reads yes, no, on and off as true and false, 01 as a number and 2024-01-31 as a date: "
    "put quotes around what is meant as text)"
)


def _check_values(value, path: tuple[str, ...]) -> None:
    """Refuse what YAML makes of unquoted words where JSON has no such thing."""
    key = ".".join(path) or "top level"
    if isinstance(value, dict):
        for inner_key, inner in value.items():
            if not isinstance(inner_key, str):
                raise InputError(f"configuration: {key} has the key {inner_key!r}{_QUOTES}")
            _check_values(inner, (*path, inner_key))
    elif isinstance(value, list | tuple):
        for number, inner in enumerate(value):
            _check_values(inner, (*path, str(number)))
    elif not isinstance(value, str | int | float | bool | None):
        raise InputError(f"configuration: {key} is {value}{_QUOTES}")
    elif isinstance(value, float) and not math.isfinite(value):
        raise InputError(f"configuration: {key} is {value}, expected a finite number")


def _message(error: jsonschema.ValidationError, defaults: str | Path | None) -> str:
    key = ".".join(map(str, error.absolute_path)) or "top level"
    if error.validator == "additionalProperties" and isinstance(error.instance, dict):
        allowed = error.schema.get("properties", {})
        unknown = [unknown_key for unknown_key in error.instance if unknown_key not in allowed]
        text = f"unknown key '{unknown[0]}' at {key}{nearest(unknown[0], allowed)}"
        inherited = defaults and _holds(defaults, (*error.absolute_path, unknown[0]))
        return text + (_MERGED if inherited else "")
    if error.validator == "enum":
        hint = nearest(error.instance, error.validator_value)
        return f"{key}: '{error.instance}' is not possible{hint}"
    if error.validator == "pattern" and error.schema.get("examples"):
        example = error.schema["examples"][0]
        return f"{key}: '{error.instance}' has another form than is expected, such as '{example}'"
    if error.validator in ("oneOf", "anyOf") and error.context:
        closest = min(error.context, key=lambda e: -len(e.absolute_path))
        return _message(closest, defaults)
    return f"{key}: {error.message}{_type_hint(key, error)}"


def _holds(defaults: str | Path, keys: tuple) -> bool:
    """Tell whether a file of YAML has a key, at its path."""
    value = yaml.safe_load(Path(defaults).read_text())
    for key in keys:
        if not isinstance(value, dict) or key not in value:
            return False
        value = value[key]
    return True


def _type_hint(key: str, error: jsonschema.ValidationError) -> str:
    """Return what may have been meant by a value of the wrong type."""
    if error.validator != "type":
        return ""
    if key == "run":
        return " (a list of instances, such as [hierarchy/layers, steering/world])"
    if key == "audio":
        return """ (YAML does not read it as text: write --config 'audio="path/to/sounds"')"""
    expected, value = error.validator_value, error.instance
    wants_text = "string" in ([expected] if isinstance(expected, str) else expected)
    if wants_text and isinstance(value, bool | int | float):
        return _QUOTES
    if value is None:
        return " (nothing is written behind the key: give a value, or leave the key out)"
    if expected == "integer" and isinstance(value, float) and value.is_integer():
        return f" (a whole number is expected: write {value:.0f})"
    if expected == "number":
        with contextlib.suppress(TypeError, ValueError):
            return f" (YAML takes it for text: write {float(value):.1e})"
    return ""


def _check_references(config: dict) -> None:
    _check_networks(config)
    for one in running(config):
        for need in one.study.needs(one.entry):
            _require(need.name, config[need.section], f"{one.place}.{need.key}", need.section)


def _check_studies(config: dict) -> None:
    """Ask the studies, once corpora and networks are known to make sense."""
    for one in running(config):
        one.study.check(one.place, one.entry, config)
    listening.check(config)


def _check_networks(config: dict) -> None:
    for name, network in config["networks"].items():
        path = f"networks.{name}"
        parse_entry(network, path)
        if "architecture" in network:
            _require(network["corpus"], config["corpora"], f"{path}.corpus", "corpora")
            training = network["training"]
            if (training.get("objective") == "distil") != ("teacher" in training):
                raise InputError(f"{path}.training: objective 'distil' and 'teacher' go together")
            if "teacher" in training:
                teacher, key = training["teacher"], f"{path}.training.teacher"
                _require(teacher, config["networks"], key, "networks")
            check_training(network, f"{path}.")


def _require(name: str, names: dict, key: str, section: str) -> dict:
    if name not in names:
        raise InputError(f"{key}: '{name}' is not below '{section}'{nearest(name, names)}")
    return names[name]


def frozen(value) -> str:
    """Return a value as text that does not depend on the order of keys, for rule parameters.

    A network's layers keep their order, as pairs (see `layers.parse`): it is from input to output.
    """
    if isinstance(value, dict) and isinstance(value.get("layers"), dict):
        value = {**value, "layers": list(value["layers"].items())}
    return json.dumps(value, sort_keys=True)
