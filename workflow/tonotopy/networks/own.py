"""A user's own torch module: imported by name, and used as it is."""

import importlib
import sys
from collections.abc import Callable
from pathlib import Path

from torch import nn

from tonotopy.errors import InputError, nearest


def own(module: str, arguments: dict | None = None, classes: int = 0) -> nn.Module:
    """Return a user's module, as its constructor makes it.

    Args:
        module: ``package.module:Class``; the working folder is looked into as well.
        arguments: of the class.
        classes: number of outputs whose names are known; the class itself decides how many it has.

    Raises:
        InputError: nothing can be imported by that name, or it makes no torch module.
    """
    network = imported(module)(**(arguments or {}))
    if not isinstance(network, nn.Module):
        raise InputError(f"{module} makes a {type(network).__name__}, not a torch module")
    return network


def imported(name: str, kind: str = "class") -> Callable:
    """Return the class or function that ``package.module:Class`` names.

    Args:
        name: where it stands.
        kind: what it is, for the message: class or function.

    Raises:
        InputError: the name has another form, or cannot be imported; the message says why.
    """
    module_name, _, own_name = name.partition(":")
    if not own_name:
        raise InputError(f"module '{name}': expected the form package.module:{kind.title()}")
    here = str(Path.cwd())
    if here not in sys.path:
        sys.path.insert(0, here)
    try:
        module = importlib.import_module(module_name)
    except Exception as error:  # whatever stands in a user's module
        told = str(error) if isinstance(error, ImportError) else f"{type(error).__name__}: {error}"
        raise InputError(
            f"module '{module_name}' cannot be imported from {here} ({told})"
        ) from error
    if not hasattr(module, own_name):
        known = [n for n, v in vars(module).items() if callable(v) and not n.startswith("_")]
        hint = nearest(own_name, known)
        raise InputError(f"module '{module_name}' has no {kind} '{own_name}'{hint}")
    return getattr(module, own_name)
