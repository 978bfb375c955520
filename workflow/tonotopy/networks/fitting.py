"""Weights of a file under the names, in the sharing and of the types of a module."""

import re
from collections.abc import Iterable, Mapping
from pathlib import Path

import torch
from torch import Tensor, nn

from tonotopy.errors import InputError, nearest

COMPILED = "_orig_mod."  # what torch.compile puts before names, wherever a compiled module stands
FUSED, APART = re.compile(r"qkv|in_proj"), re.compile(r"\b[qkv]_proj|\bquery|\bkey|\bvalue")
# what weight normalisation calls its two parts, before torch 2.1 and since
NORMS = {
    "weight_g": "parametrizations.weight.original0",
    "weight_v": "parametrizations.weight.original1",
}
SHOWN = 3  # names in a message


def tied_names(network: nn.Module) -> list[list[str]]:
    """Return the names of each weight that a module has under several."""
    names: dict[int, list[str]] = {}
    for name, value in network.named_parameters(remove_duplicate=False):
        names.setdefault(id(value), []).append(name)
    return [tied for tied in names.values() if len(tied) > 1]


def renamed(
    state: dict, expected: Mapping[str, Tensor], path: str | Path, tied: Iterable[str] = ()
) -> dict:
    """Return weights under a module's names, where a prefix is all that is different.

    Args:
        state: a state dict.
        expected: the module's own.
        path: of the file, for what is printed.
        tied: names of the module that the file may lack, see `shared`.

    Raises:
        InputError: several prefixes lead to weights of these names and shapes.
    """
    if state.keys() == expected.keys():
        return state
    plain = {name.replace(COMPILED, ""): value for name, value in state.items()}
    if len(plain) == len(state) and plain.keys() != state.keys():
        print(f"note: {path}: '{COMPILED}' is taken out of the names of its weights")
        state = plain
    state = _norms_as_in(state, expected, path)
    if state.keys() == expected.keys():
        return state
    fits = _parts(state, expected, set(tied))
    if not fits:  # of one with the names alone, `check_fit` tells which shapes differ
        named = _parts(state, expected, set(tied), shaped=False)
        fits = named if len(named) == 1 else {}
    if len(fits) > 1:
        raise InputError(
            f"{path}: weights of the module's names stand below several prefixes "
            f"({listed(sorted(prefix for prefix, _ in fits))}): keep in the file those that are "
            "meant"
        )
    for (prefix, own), part in fits.items():
        _tell_prefixes(state, prefix, own, path)
        return part
    return state


def _tell_prefixes(state: dict, prefix: str, own: str, path: str | Path) -> None:
    rest = [name for name in state if not name.startswith(prefix)]
    beside = f"; not read: {listed(rest)}" if rest else ""
    if prefix:
        print(f"note: {path}: the prefix '{prefix}' of its weights is taken off{beside}")
    if own:
        print(f"note: {path}: '{own}' is put before the names of its weights")


def _norms_as_in(state: dict, expected: Mapping[str, Tensor], path: str | Path) -> dict:
    """Return weights with the names of weight normalisation that a module has."""
    for old, new in (*NORMS.items(), *((new, old) for old, new in NORMS.items())):
        given = [name for name in state if name.endswith(f".{old}")]
        if given and any(name.endswith(f".{new}") for name in expected):
            print(f"note: {path}: {listed(given)} is called '{new}' in the module")
            state = {
                name.removesuffix(old) + new if name in given else name: value
                for name, value in state.items()
            }
    return state


def shared(state: dict, network: nn.Module, path: str | Path) -> dict:
    """Return weights with every name of those that a module has under several.

    Args:
        state: a state dict, in which a file may have a shared weight under one of its names.
        network: the module.
        path: of the file, for messages.

    Raises:
        InputError: a file gives one weight several values.
    """
    state = dict(state)
    for tied in tied_names(network):
        given = [name for name in tied if isinstance(state.get(name), Tensor)]
        missing = [name for name in tied if name not in state]
        for name in given[1:]:
            if not torch.equal(state[name], state[given[0]]):
                raise InputError(
                    f"{path}: '{given[0]}' and '{name}' are one weight of the module (tied), and "
                    "differ in the file: make them equal, or untie them in the module"
                )
        if given and missing:
            print(f"note: {path}: {listed(missing)} is tied to '{given[0]}', whose values it gets")
            state |= dict.fromkeys(missing, state[given[0]])
    return state


def check_fit(weights: dict, expected: Mapping[str, Tensor]) -> None:
    """Compare names and shapes of weights, and say briefly what differs.

    Args:
        weights: a state dict.
        expected: the network's own.

    Raises:
        InputError: the first difference of each kind, and how many more there are.
    """
    differences = []
    missing, unexpected = expected.keys() - weights.keys(), weights.keys() - expected.keys()
    for verb, names in (("lacks", missing), ("has", unexpected)):
        if names:
            more = f" and {len(names) - 1} more" if len(names) > 1 else ""
            differences.append(f"it {verb} '{min(names)}'{more}")
    if missing and unexpected:
        differences += _hints(missing, unexpected)
    shapes = [
        f"'{name}' is {_shape(weights[name])}, expected {tuple(value.shape)}"
        for name, value in sorted(expected.items())
        if name in weights and _shape(weights[name]) != tuple(value.shape)
    ]
    if shapes:
        more = f", and {len(shapes) - 1} more are of other shapes" if len(shapes) > 1 else ""
        differences.append(shapes[0] + more)
    if differences:
        raise InputError("; ".join(differences))


def converted(state: dict, expected: Mapping[str, Tensor], path: str | Path) -> dict:
    """Return weights of a module's types, where that changes none of their values.

    Args:
        state: a state dict that passes `check_fit`.
        expected: the module's own.
        path: of the file, for what is printed.

    Raises:
        InputError: a weight is of a type that the module's cannot hold exactly.
    """
    fitted, widened = {}, {}
    for name, value in state.items():
        wanted = expected[name].dtype
        fitted[name] = value if value.dtype == wanted else _exact(name, value, wanted)
        if value.dtype != wanted:
            widened.setdefault((_called(value.dtype), _called(wanted)), []).append(name)
    for (given, wanted), names in widened.items():
        print(
            f"note: {path}: {len(names)} weights, such as '{names[0]}', are {given} and held as "
            f"{wanted}, which changes no value"
        )
    return fitted


def _exact(name: str, value: Tensor, wanted: torch.dtype) -> Tensor:
    """Return a weight in another type of its own kind that holds all of its values."""
    whole = value.dtype == torch.bool or not (value.is_floating_point() or value.is_complex())
    same_kind = (
        not value.is_quantized
        and (value.dtype == torch.bool) == (wanted == torch.bool)
        and value.is_complex() == wanted.is_complex
        and value.is_floating_point() == wanted.is_floating_point
    )
    if same_kind and (whole or value.dtype.itemsize > 1):
        held = value.to(wanted)
        if torch.allclose(held.to(value.dtype), value, rtol=0, atol=0, equal_nan=True):
            return held
    reason = "would not be held exactly" if same_kind else "are of another kind"
    small = value.dtype.itemsize == 1 and value.dtype != torch.bool
    if value.is_quantized or (small and wanted.is_floating_point):
        reason = "are quantised, and say nothing without their scales"
    raise InputError(
        f"'{name}' is {_called(value.dtype)}, expected {_called(wanted)}: its values {reason}: "
        f"give weights of the module's type"
    )


def listed(names: list[str]) -> str:
    """Return the first of some names, and how many more there are."""
    shown = ", ".join(f"'{name}'" for name in names[:SHOWN])
    return (shown + (f" and {len(names) - SHOWN} more" if len(names) > SHOWN else "")) or "nothing"


def _parts(
    state: dict, expected: Mapping[str, Tensor], tied: set[str], shaped: bool = True
) -> dict[tuple[str, str], dict]:
    """Return (prefix in the file, prefix in the module) -> weights under a module's names.

    Both are prefixes by whose exchange some of a file's weights have exactly the names and shapes
    (names alone unless ``shaped``) of a module's, but for what is tied; of those that choose the
    same weights the first is kept.
    """
    found: dict[tuple[str, ...], tuple[tuple[str, str], dict]] = {}
    for own in _common_prefixes(expected):
        anchor = min((name.removeprefix(own) for name in expected.keys() - tied), default="")
        for name in state:
            prefix = name.removesuffix(anchor)
            if prefix == name or (prefix and not prefix.endswith(".")):
                continue
            chosen = tuple(key for key in state if key.startswith(prefix))
            part = {own + key.removeprefix(prefix): state[key] for key in chosen}
            if _fits(part, expected, tied, shaped):
                found.setdefault(chosen, ((prefix, own), part))
    return dict(found.values())


def _common_prefixes(names: Mapping[str, Tensor]) -> list[str]:
    """Return the dotted prefixes that all names have, the empty one first."""
    prefixes = [""]
    steps = min(names, default="").split(".")[:-1]
    for number in range(1, len(steps) + 1):
        prefix = ".".join(steps[:number]) + "."
        if all(name.startswith(prefix) for name in names):
            prefixes.append(prefix)
    return prefixes


def _fits(part: dict, expected: Mapping[str, Tensor], tied: set[str], shaped: bool) -> bool:
    missing = expected.keys() - part.keys()
    return (
        missing <= tied
        and part.keys() <= expected.keys()
        and all(
            not shaped or _shape(value) == tuple(expected[name].shape)
            for name, value in part.items()
        )
    )


def _hints(missing: set[str], unexpected: set[str]) -> list[str]:
    name = min(missing)
    near = nearest(name, unexpected)
    hints = [f"for '{name}'{near}"] if "did you mean" in near else []
    for fused, apart in ((missing, unexpected), (unexpected, missing)):
        split = any(map(APART.search, apart)) and not any(map(FUSED.search, apart))
        if split and any(map(FUSED.search, fused)):
            hints.append(
                "projections are fused in one of them and apart in the other: split or join them "
                "first"
            )
    return hints


def _shape(value: object) -> tuple[int, ...]:
    return tuple(value.shape) if isinstance(value, Tensor) else ()


def _called(dtype: torch.dtype) -> str:
    return str(dtype).removeprefix("torch.")
