"""Tensors inside what a module returns: tuples, lists, dicts, transformers' ModelOutputs."""

import copy
from collections.abc import Mapping
from typing import Any

from torch import Tensor

from tonotopy.errors import InputError, nearest

Keys = tuple[int | str, ...]
PREFERRED = "last_hidden_state"  # what transformers calls a layer's output


def locate(output: Any, part: int | str | None = None) -> Keys:
    """Return the keys and indices that lead to a tensor inside a module's output.

    Args:
        output: a tensor, or tuples, lists and mappings of tensors, nested as an LSTM's are.
        part: index or key of the tensor; of nested containers a path such as ``1.0``. An index into
            a mapping counts its entries. Without it: the tensor itself, ``last_hidden_state``, or
            the first tensor.

    Raises:
        InputError: there is no such part, or no tensor.
    """
    keys: Keys = ()
    for step in _steps(output, part):
        keys += (_key(pick(output, keys), step, part),)
    inside = _first(pick(output, keys))
    if inside is None:
        container = f"part '{part}' of a {type(output).__name__}" if keys else type(output).__name__
        raise InputError(f"{container} holds no tensor: choose another module or part")
    return keys + inside


def pick(output: Any, keys: Keys) -> Any:
    """Return what keys lead to."""
    for key in keys:
        output = output[key]
    return output


def exchange(output: Any, keys: Keys, tensor: Tensor) -> Any:
    """Return a copy of an output, of the same type, in which one tensor is another.

    Args:
        output: see `locate`; neither it nor its tensors are changed.
        keys: of the tensor, see `locate`.
        tensor: what takes its place.
    """
    if not keys:
        return tensor
    inside = exchange(output[keys[0]], keys[1:], tensor)
    if isinstance(output, Mapping):
        copied = copy.copy(output)
        copied[keys[0]] = inside
        return copied
    entries = [inside if i == keys[0] else entry for i, entry in enumerate(output)]
    return type(output)(*entries) if hasattr(output, "_fields") else type(output)(entries)


def logits(output: Any) -> Tensor:
    """Return what a classifier answers: a tensor, ``logits`` of a mapping, or the first of a tuple.

    Raises:
        InputError: a mapping of several tensors, none of them called logits, or no tensor at all.
    """
    if isinstance(output, Mapping):
        if isinstance(output.get("logits"), Tensor):
            return output["logits"]
        tensors = [key for key, value in output.items() if isinstance(value, Tensor)]
        if len(tensors) > 1:
            raise InputError(
                f"the network returns a {type(output).__name__} of {', '.join(map(str, tensors))}: "
                "call its class scores 'logits'"
            )
    return pick(output, locate(output))


def _steps(output: Any, part: int | str | None) -> list[int | str]:
    if part is None:
        return []
    if isinstance(part, int) or (isinstance(output, Mapping) and part in output):
        return [part]
    return [int(step) if step.isdecimal() else step for step in part.split(".")]


def _key(container: Any, step: int | str, part: int | str) -> int | str:
    """Return the key or index of a container that a step of a part means."""
    keys = list(container) if isinstance(container, Mapping) else []
    if isinstance(container, tuple | list):
        keys = list(range(len(container)))
        fields = getattr(container, "_fields", ())
        step = fields.index(step) if step in fields else step
    if step in keys:
        return step
    if isinstance(container, Mapping) and isinstance(step, int) and step < len(keys):
        return keys[step]
    kind = type(container).__name__
    raise InputError(f"part '{part}': a {kind} has no '{step}'{nearest(str(step), keys)}")


def _first(output: Any) -> Keys | None:
    """Return the keys of the first tensor, those on the outside before those that are nested."""
    if isinstance(output, Tensor):
        return ()
    if isinstance(output, Mapping):
        entries = sorted(output.items(), key=lambda entry: entry[0] != PREFERRED)
    elif isinstance(output, tuple | list):
        entries = list(enumerate(output))
    else:
        return None
    for key, value in entries:
        if isinstance(value, Tensor):
            return (key,)
    for key, value in entries:
        inside = _first(value)
        if inside is not None:
            return (key, *inside)
    return None
