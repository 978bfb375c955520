"""The column of a corpus that holds what its clips are the sums of.

A clip has a list of parts, as many as it is made of. Each has a name (a ClassLabel, the names are
in corpus.json), a scale (float32, its peak) and int16 samples that fill the range at that scale:

    part = scale * samples / 32767

So a part louder than 1, as there may be where parts cancel, is not cut off, and a faint one keeps
its 16 bits. The error of a stored part is at most its peak / 65534.
"""

from collections.abc import Mapping, Sequence

import datasets
import numpy as np
import pyarrow as pa

from tonotopy.errors import InputError, nearest

TOP = 32767  # the int16 sample that stands for a part's peak
TOLERANCE = 1 / 32768  # by how much a clip may differ from the sum of its parts
Stored = tuple[int, np.float32, np.ndarray]  # name's index, scale, int16 samples


def parts_feature(names: Sequence[str], samples: int) -> datasets.List:
    """Return the type of the column for clips of ``samples`` samples."""
    return datasets.List(
        {
            "name": datasets.ClassLabel(names=list(names)),
            "scale": datasets.Value("float32"),
            "samples": datasets.List(datasets.Value("int16"), length=samples),
        }
    )


def stored(parts: Mapping[str, np.ndarray], names: Sequence[str]) -> list[Stored]:
    """Return a clip's parts as they are stored.

    Args:
        parts: sounds by name, float, shape (samples,), of any peak.
        names: the names that a corpus's parts may have.
    """
    rows = []
    for name, sound in parts.items():
        scale = np.float32(np.abs(sound).max(initial=0))
        whole = np.round(sound * (TOP / scale)) if scale > 0 else np.zeros(len(sound))
        rows.append((names.index(name), scale, np.clip(whole, -TOP, TOP).astype(np.int16)))
    return rows


def check_parts(parts: Mapping[str, np.ndarray], names: Sequence[str], clip: np.ndarray) -> None:
    """Refuse parts that a clip is not the sum of.

    Args:
        parts: sounds by name.
        names: the names that a corpus's parts may have.
        clip: their sum, shape (samples,).

    Raises:
        InputError: a name is unknown, a part has another length or is not finite, or the sum is off
            by more than a step of 16 bits.
    """
    for name, sound in parts.items():
        if name not in names:
            raise InputError(f"has a part '{name}'{nearest(name, names)}")
        if sound.shape != clip.shape:
            raise InputError(f"has a part '{name}' of {sound.shape} samples, expected {clip.shape}")
        if not np.isfinite(sound).all():
            raise InputError(f"has a part '{name}' with values that are not finite")
    off = np.abs(sum(sound.astype(np.float64) for sound in parts.values()) - clip)
    if np.max(off) > TOLERANCE:
        raise InputError(
            f"differs from the sum of its parts by {off.max():.2g} at sample {off.argmax()}, "
            f"expected at most {TOLERANCE:.2g}"
        )


def column(rows: Sequence[Sequence[Stored]], samples: int, kind: pa.DataType) -> pa.Array:
    """Return the column of several clips.

    Args:
        rows: parts per clip.
        samples: length of a clip.
        kind: Arrow type of the column.
    """
    starts = np.cumsum([0, *map(len, rows)], dtype=np.int32)
    names, scales, sounds = zip(*[part for row in rows for part in row], strict=True)
    flat = pa.array(np.concatenate(sounds), type=pa.int16())
    columns = {
        "name": pa.array(names, pa.int64()),
        "scale": pa.array(scales, pa.float32()),
        "samples": pa.FixedSizeListArray.from_arrays(flat, samples),
    }
    fields = list(kind.value_type)
    values = pa.StructArray.from_arrays([columns[field.name] for field in fields], fields=fields)
    return pa.ListArray.from_arrays(pa.array(starts), values, type=kind)


class Parts:
    """The column of a corpus on disk, over several memory-mapped chunks.

    Args:
        chunks: Arrow arrays of `parts_feature`'s type.
        names: the names that parts may have.
    """

    def __init__(self, chunks, names: Sequence[str]):
        self.names = list(names)
        self._chunks = [_Chunk(chunk) for chunk in chunks]
        self._starts = np.cumsum([0, *(len(chunk) for chunk in chunks)])

    def __len__(self) -> int:
        return int(self._starts[-1])

    def stored(self, row: int) -> list[Stored]:
        """Return a clip's parts as they are stored."""
        position = range(len(self))[row]
        chunk = int(np.searchsorted(self._starts, position, side="right")) - 1
        return self._chunks[chunk].row(position - int(self._starts[chunk]))

    def __getitem__(self, row: int) -> dict[str, np.ndarray]:
        """Return a clip's parts by name: float32, shape (samples,)."""
        return {
            self.names[name]: sound.astype(np.float32) * (scale / np.float32(TOP))
            for name, scale, sound in self.stored(row)
        }


class _Chunk:
    """One record batch: which of the parts that lie one after the other belong to which clip."""

    def __init__(self, chunk: pa.ListArray):
        starts = chunk.offsets.to_numpy()
        self._starts = starts - starts[0]
        values = chunk.flatten()
        self._names = values.field("name").to_numpy()
        self._scales = values.field("scale").to_numpy()
        flat = values.field("samples").flatten().to_numpy()
        self._samples = flat.reshape(len(self._names), -1)

    def row(self, position: int) -> list[Stored]:
        indices = range(self._starts[position], self._starts[position + 1])
        return [(int(self._names[i]), self._scales[i], self._samples[i]) for i in indices]
