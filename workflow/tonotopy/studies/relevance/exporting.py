"""Relevance maps for use elsewhere: one array, and what each of its maps is of."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from tonotopy.errors import InputError
from tonotopy.files import write_tensors

AXES = ["map", "band", "frame"]  # bands from the lowest frequency, frames from the first
UNITS = "share of the explained output (logit) that a cell of the input is found to cause; signed"
KEYS = ("set", "clip", "label", "subspaces", "layer", "components", "panel", "relevance")
SOUNDS = ("input", "object: ")  # beginnings of panels that are no relevance


def write_maps(path: str | Path, examples: pd.DataFrame, about: Mapping) -> None:
    """Write the maps among examples as safetensors: ``maps``, float32 (maps, bands, frames).

    The facts (`files.read_tensors`) have axes, units, seconds and the range in Hz of every map,
    for each map a row of `KEYS`, and what ``about`` says.

    Args:
        path: file.
        examples: see `picturing.example_table`.
        about: what they come from: network, corpus, composite and seed.

    Raises:
        InputError: maps differ in their sizes.
    """
    rows = examples[~examples["panel"].astype(str).str.startswith(SOUNDS)]
    sizes = sorted({*zip(rows["mels"], rows["frames"], strict=True)}) or [(0, 0)]
    if len(sizes) > 1:
        raise InputError(f"{path}: maps of {len(sizes)} sizes, expected one; run the rule again")
    shape = (len(rows), *map(int, sizes[0]))
    values = np.concatenate([np.zeros(0), *rows["values"]]).astype(np.float32).reshape(shape)
    extent = {key: _single(rows, key) for key in ("seconds", "low_hz", "high_hz")}
    keys = [key for key in KEYS if key in rows]
    listed = [dict(zip(keys, row, strict=True)) for row in _plain(rows[keys])]
    facts = {"axes": AXES, "units": UNITS, **extent, **about, "rows": listed}
    write_tensors(path, {"maps": values}, facts)


def _single(rows: pd.DataFrame, key: str) -> float | None:
    return float(rows[key].iloc[0]) if key in rows and len(rows) else None


def _plain(rows: pd.DataFrame) -> list[tuple]:
    """Return rows as JSON can hold them."""
    columns = [rows[c].astype(str) if rows[c].dtype.kind not in "if" else rows[c] for c in rows]
    return list(zip(*(column.tolist() for column in columns), strict=True))
