"""What can be known of a user's own module without importing it, and so before a run begins."""

import ast
import copy
import importlib.util
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from tonotopy.errors import InputError, nearest
from tonotopy.provenance import own_module

Definition = ast.ClassDef | ast.FunctionDef | None  # None: bound in a way that only running tells


def check_network(key: str, entry: Mapping) -> None:
    """Look whether the module and files of a network that others made are there.

    Args:
        key: of its entry in the configuration.
        entry: of a user's own module, or of a network of transformers.

    Raises:
        InputError: naming the key, and what is not there.
    """
    if "transformers" in entry:
        _check_folder(f"{key}.path", entry.get("path"))
        return
    arguments = entry.get("arguments")
    for word in ("module", "untrained"):
        if word in entry:
            try:
                check_module(entry[word], arguments)
            except InputError as error:
                raise InputError(f"{key}.{word}: {error}") from error
    weights = entry.get("weights")
    if weights and not Path(weights).exists():
        raise InputError(f"{key}.weights: no file '{weights}' (looked from {Path.cwd()})")


def check_module(name: str, arguments: Mapping | None = None) -> None:
    """Look whether a module's file defines a class or function, and whether it takes arguments.

    Args:
        name: ``package.module:Class``, looked for from the working folder, then among what is
            installed.
        arguments: that the class or function is going to be called with.

    Raises:
        InputError: no such module, no such name in it, an argument that it does not take or one
            that it needs.
    """
    module, _, own = name.partition(":")
    path = own_module(module) or _installed(module)
    if path is None:
        return
    try:
        body = ast.parse(path.read_text(), str(path)).body
    except (SyntaxError, ValueError) as error:
        raise InputError(f"{path}: is no Python that can be read ({error})") from error
    bound = dict(_bound(body))
    if "*" in bound or "__getattr__" in bound:
        return
    if own not in bound:
        raise InputError(f"{path}: defines no '{own}'{nearest(own, bound)}")
    signature = _signature(bound[own])
    if signature is not None:
        _check_arguments(name, signature, arguments or {})


def _check_folder(key: str, path: str | None) -> None:
    if path is None:
        return
    if not Path(path).is_dir():
        raise InputError(f"{key}: no folder '{path}' (looked from {Path.cwd()})")
    if not (Path(path) / "config.json").is_file() or not list(Path(path).glob("*.safetensors")):
        raise InputError(f"{key}: '{path}' has no config.json, or no *.safetensors beside it")


def _installed(module: str) -> Path | None:
    """Return the file of an installed module; None where it is not Python that can be read."""
    here = str(Path.cwd())
    if here not in sys.path:
        sys.path.insert(0, here)
    try:
        spec = importlib.util.find_spec(module)
    except (ImportError, ValueError, AttributeError) as error:
        raise InputError(f"no module '{module}' from {here} ({error})") from error
    if spec is None:
        raise InputError(
            f"no module '{module}': there is no '{module.replace('.', '/')}.py' in {here}, and "
            "none of this name is installed"
        )
    return Path(spec.origin) if spec.origin and spec.origin.endswith(".py") else None


def _bound(body: list[ast.stmt]) -> Iterator[tuple[str, Definition]]:
    """Yield the names that statements bind, inside conditions too, and what defines them."""
    for statement in body:
        match statement:
            case ast.ClassDef(name=name) | ast.FunctionDef(name=name):
                yield name, statement
            case ast.Import(names=names) | ast.ImportFrom(names=names):
                for alias in names:
                    yield (alias.asname or alias.name).partition(".")[0], None
            case _:
                for node in ast.walk(statement):
                    if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                        yield node.id, None
                    elif isinstance(node, ast.stmt) and node is not statement:
                        yield from _bound([node])


def _signature(definition: Definition) -> ast.arguments | None:
    """Return the arguments of a function or constructor; None where they are not written there."""
    if isinstance(definition, ast.FunctionDef):
        return None if definition.decorator_list else definition.args
    if isinstance(definition, ast.ClassDef) and not definition.decorator_list:
        for statement in definition.body:
            if isinstance(statement, ast.FunctionDef) and statement.name == "__init__":
                own = copy.copy(statement.args)
                own.args = own.args[1:]
                return own
    return None


def _check_arguments(name: str, signature: ast.arguments, given: Mapping) -> None:
    positional = [argument.arg for argument in signature.args]
    named = [argument.arg for argument in signature.kwonlyargs]
    for key in given:
        if key not in (*positional, *named) and signature.kwarg is None:
            raise InputError(f"{name} takes no argument '{key}'{nearest(key, positional + named)}")
    needed = positional[: len(positional) - len(signature.defaults)]
    pairs = zip(named, signature.kw_defaults, strict=True)
    needed += [key for key, default in pairs if default is None]
    for key in needed:
        if key not in given:
            raise InputError(f"{name} needs the argument '{key}': give it in 'arguments'")
