"""Which methods there are, and where one of a user's own stands; light, for planning."""

import ast
import importlib.util
from pathlib import Path

from tonotopy.errors import InputError, nearest
from tonotopy.provenance import own_module

PACKAGE = "tonotopy.studies.validity.methods"
NAMES = tuple(sorted(p.stem for p in (Path(__file__).parent / "methods").glob("[a-z]*.py")))
OWN = "package.module:function"


def modules(methods: list[str]) -> list[str]:
    """Return the import paths of the project's own methods among those of an entry."""
    return [f"{PACKAGE}.{name}" for name in methods if ":" not in name]


def check_methods(key: str, methods: list[str]) -> None:
    """Refuse methods that cannot be found, before anything runs.

    Args:
        key: what an error begins with.
        methods: names of modules in `methods`, or functions of a user's own as
            ``package.module:function``, looked for from the working folder.

    Raises:
        InputError: naming the method, and the nearest that there is.
    """
    for name in methods:
        module, _, function = name.partition(":")
        if ":" not in name:
            if name not in NAMES:
                hint = nearest(name, NAMES)
                raise InputError(f"{key}: no method '{name}'{hint}; your own is named {OWN}")
            continue
        if not module or not function:
            raise InputError(f"{key}: '{name}': expected the form {OWN}")
        _check_own(key, module, function)


def _check_own(key: str, module: str, function: str) -> None:
    path = own_module(module)
    if path is None:
        package = module.partition(".")[0]
        if importlib.util.find_spec(package) is None:
            raise InputError(
                f"{key}: module '{module}' cannot be found (looked from {Path.cwd()} and among "
                "installed packages)"
            )
        return  # an installed package: importing it shows what it has
    names = _defined(path)
    if function not in names:
        hint = nearest(function, sorted(names))
        raise InputError(f"{key}: {path} has no function '{function}'{hint}")


def _defined(path: Path) -> set[str]:
    """Return the names that a file defines or imports, without running it."""
    names = set()
    for node in ast.parse(path.read_text()).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            names.add(node.name)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            names |= {(alias.asname or alias.name) for alias in node.names}
        elif isinstance(node, ast.Assign):
            names |= {target.id for target in node.targets if isinstance(target, ast.Name)}
    return names
