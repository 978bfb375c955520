"""Files that are whole or absent: written beside their place, then renamed into it."""

import contextlib
import errno
import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from tonotopy.errors import InputError


@contextlib.contextmanager
def replacing(path: str | Path) -> Iterator[Path]:
    """Yield a temporary path that takes the place of ``path`` once the block ends well.

    The block may create a file or a folder there. After an error nothing is left behind and
    whatever stood at ``path`` is untouched.

    Raises:
        InputError: the disk is full or the folder is read-only; the message names the file.
    """
    path = Path(path)
    with naming(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        holder = Path(tempfile.mkdtemp(prefix=f".{path.name}.", dir=path.parent))
    try:
        with naming(path):
            yield holder / path.name
            if path.is_dir() and (holder / path.name).is_dir():
                shutil.rmtree(path)
            os.replace(holder / path.name, path)
    finally:
        shutil.rmtree(holder, ignore_errors=True)


@contextlib.contextmanager
def naming(path: Path) -> Iterator[None]:
    """Turn errors of the disk inside the block into messages that name ``path``."""
    try:
        yield
    except OSError as error:
        advice = {
            errno.ENOSPC: "the disk is full: free space or move the folder, then run again",
            errno.EDQUOT: "the quota is used up: free space, then run again",
            errno.EROFS: "the file system is read-only: choose another folder",
            errno.EACCES: "no permission to write: choose another folder or change its owner",
        }.get(error.errno)
        if advice is None:
            raise
        raise InputError(f"{path}: cannot be written, {advice}") from error


def write_json(path: str | Path, content) -> None:
    """Write indented UTF-8 JSON, whole or not at all."""
    with replacing(path) as draft:
        draft.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n")


def read_json(path: str | Path) -> dict:
    """Read JSON.

    Raises:
        InputError: the file is missing or damaged; the message names it.
    """
    try:
        return json.loads(Path(path).read_text())
    except FileNotFoundError as error:
        raise InputError(f"{path}: file not found; it is made by an earlier step") from error
    except ValueError as error:
        raise InputError(f"{path}: damaged ({error}); delete it and run again") from error


def write_table(path: str | Path, table) -> None:
    """Write a pandas table as Parquet (or CSV, by the file's ending), whole or not at all."""
    with replacing(path) as draft:
        if Path(path).suffix == ".csv":
            table.to_csv(draft, index=False)
        else:
            table.to_parquet(draft, index=False)
