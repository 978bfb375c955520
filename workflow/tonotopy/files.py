"""Files that are whole or absent: written beside their place, then renamed into it.

What stands in its place has checksums (see `sums`), and the functions that read files refuse
whatever differs from them.
"""

import contextlib
import errno
import json
import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from tonotopy import sums
from tonotopy.errors import InputError

DRAFT = ".draft-"  # begins the name of the folder that something is written in


@contextlib.contextmanager
def replacing(path: str | Path, checksums: bool = True) -> Iterator[Path]:
    """Yield a temporary path that takes the place of ``path`` once the block ends well.

    The block may create a file or a folder there. After an error nothing is left behind and
    whatever stood at ``path`` is untouched; after a power loss it is the old or the new content.

    Args:
        path: file or folder.
        checksums: whether to write down its checksums; parts of a draft never get any.

    Raises:
        InputError: the disk is full or the folder is read-only; the message names the file.
    """
    path = Path(path)
    with naming(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        holder = Path(tempfile.mkdtemp(prefix=f"{DRAFT}{path.name}.", dir=path.parent))
    try:
        with naming(path):
            yield holder / path.name
            _exchange(holder / path.name, path)
            if checksums and not any(part.startswith(DRAFT) for part in path.parts):
                sums.record(path)
    finally:
        shutil.rmtree(holder, ignore_errors=True)


def _exchange(draft: Path, path: Path) -> None:
    for file in draft.rglob("*") if draft.is_dir() else [draft]:
        if file.is_file():
            with file.open("rb") as content:
                sums.settle(content)
    sums.forget(path)
    if path.is_dir() and draft.is_dir():
        shutil.rmtree(path)
    os.replace(draft, path)


@contextlib.contextmanager
def naming(path: Path) -> Iterator[None]:
    """Turn errors of the disk inside the block into messages that name ``path``."""
    try:
        yield
    except Exception as error:
        advice = {
            errno.ENOSPC: "the disk is full: free space or move the folder, then run again",
            errno.EDQUOT: "the quota is used up: free space, then run again",
            errno.EROFS: "the file system is read-only: choose another folder",
            errno.EACCES: "no permission to write: choose another folder or change its owner",
        }.get(_number(error))
        if advice is None:
            raise
        raise InputError(f"{path}: cannot be written, {advice}") from error


def _number(error: Exception) -> int | None:
    """Return the errno of an error; libraries written in Rust tell it in their message alone."""
    match = re.search(r"\(os error (\d+)\)", str(error))
    return int(match.group(1)) if match else getattr(error, "errno", None)


def write_json(path: str | Path, content, checksums: bool = True) -> None:
    """Write indented UTF-8 JSON, whole or not at all."""
    with replacing(path, checksums) as draft:
        draft.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n")


def read_json(path: str | Path) -> dict:
    """Read JSON.

    Raises:
        InputError: the file is missing or damaged; the message names it.
    """
    with reading(path):
        return json.loads(Path(path).read_text())


def write_table(path: str | Path, table) -> None:
    """Write a pandas table as Parquet (or CSV, by the file's ending), whole or not at all."""
    with replacing(path) as draft:
        if Path(path).suffix == ".csv":
            table.to_csv(draft, index=False)
        else:
            table.to_parquet(draft, index=False)


def read_table(path: str | Path):
    """Read a pandas table from Parquet (or CSV, by the file's ending).

    Raises:
        InputError: the file is missing or damaged; the message names it.
    """
    import pandas as pd  # here, because Snakemake itself imports this module and needs no tables

    with reading(path):
        return pd.read_csv(path) if Path(path).suffix == ".csv" else pd.read_parquet(path)


def write_tensors(path: str | Path, tensors: dict, facts: dict) -> None:
    """Write tensors and what is told about them as safetensors, whole or not at all.

    Equal content makes equal files: the facts are one entry of the metadata, because safetensors
    writes several in an order drawn by chance.

    Args:
        path: file.
        tensors: name -> numpy array.
        facts: whatever JSON can hold.
    """
    import numpy as np  # here, because Snakemake itself imports this module and needs no tensors
    from safetensors.numpy import save_file

    whole = {name: np.asarray(values, order="C") for name, values in tensors.items()}
    with replacing(path) as draft:
        save_file(whole, draft, metadata={"facts": json.dumps(facts, ensure_ascii=False)})


def read_tensors(path: str | Path) -> tuple[dict, dict]:
    """Return the tensors (name -> numpy array) and the facts that `write_tensors` wrote.

    Raises:
        InputError: the file is missing, damaged or without facts; the message names it.
    """
    from safetensors import SafetensorError, safe_open

    with reading(path, SafetensorError), safe_open(str(path), "np") as file:
        facts = (file.metadata() or {}).get("facts")
        if facts is None:
            raise ValueError("no facts about its tensors")
        tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        return tensors, json.loads(facts)


@contextlib.contextmanager
def reading(path: str | Path, *damage: type[Exception]) -> Iterator[None]:
    """Check a file or folder against its checksums, and name it if the block cannot read it.

    Args:
        path: what the block reads.
        damage: what the block's reader raises on damaged content, beside ValueError and OSError.

    Raises:
        InputError: it is missing or damaged; the message names it.
    """
    sums.check(path)
    try:
        yield
    except FileNotFoundError as error:
        raise InputError(f"{path}: file not found; it is made by an earlier step") from error
    except (ValueError, EOFError, OSError, *damage) as error:
        raise InputError(f"{path}: damaged ({error}); delete it and run again") from error
