"""What a result was made by: a fingerprint of code that ignores comments and docstrings."""

import ast
import hashlib
from functools import cache
from pathlib import Path

PACKAGE = Path(__file__).parent


def code_hash(script: str | Path, *modules: str) -> str:
    """Return a hash of a script and of every project module it imports, transitively.

    Comments, docstrings and layout do not count; any other edit does. Snakemake sees it as a
    parameter, so that an edit of the package reruns the rules that use it and no others.

    Args:
        script: path of the script.
        modules: further modules (``tonotopy.x.y``) that the script loads by name.
    """
    trees, waiting = {}, [Path(script), *filter(None, map(_module_file, modules))]
    while waiting:
        path = waiting.pop()
        if path not in trees:
            trees[path], imported = _parsed(path, path.stat().st_mtime_ns)
            waiting += imported
    digest = hashlib.sha256()
    for path in sorted(trees):
        digest.update(path.name.encode() + trees[path].encode())
    return digest.hexdigest()[:16]


def own_module(name: str) -> Path | None:
    """Return the file of a user's module, looked for from the working folder, None without one.

    Args:
        name: its import path, such as ``package.module``.
    """
    stem = name.replace(".", "/")
    candidates = (Path(f"{stem}.py"), Path(stem) / "__init__.py")
    return next((path for path in candidates if path.is_file()), None)


def own_hash(name: str) -> str:
    """Return the hash of a user's module, see `code_hash`; empty where it is installed."""
    path = own_module(name.partition(":")[0])
    return code_hash(path) if path else ""


@cache
def _parsed(path: Path, changed: int) -> tuple[str, list[Path]]:
    """Return the normalised syntax of a file and the project files that it imports."""
    tree = ast.parse(path.read_text())
    names = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names += [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
        _drop_docstring(node)
    return ast.dump(tree), [p for p in map(_module_file, names) if p]


def _module_file(name: str) -> Path | None:
    package, _, rest = name.partition(".")
    if package != PACKAGE.name:
        return None
    path = PACKAGE.joinpath(*rest.split(".")) if rest else PACKAGE
    candidates = (path.with_suffix(".py"), path / "__init__.py")
    return next((c for c in candidates if c.is_file()), None)


def _drop_docstring(node: ast.AST) -> None:
    body = getattr(node, "body", None)
    if not isinstance(body, list) or not body or isinstance(node, ast.If | ast.For | ast.While):
        return
    match body[0]:
        case ast.Expr(value=ast.Constant(value=str())):
            node.body = body[1:]
