"""The one corpus format: an Arrow dataset on disk and a corpus.json beside it.

A study knows a corpus by these files alone. Columns: ``clip`` (stable id), ``audio`` (mono int16
samples at the corpus's rate), ``label`` (class index, or a list of them in a tagging corpus),
``group`` (what must not be split: song, speaker, video) and ``split`` (train, validation or test).
Where they were asked for, ``parts`` (see `parts`), and further columns of words, such as the
``base`` and ``value`` of twins.
"""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path

import datasets
import numpy as np

from tonotopy.corpora.parts import Parts, parts_feature
from tonotopy.corpora.settings import SPLITS
from tonotopy.errors import InputError, nearest
from tonotopy.files import read_json, reading

COLUMNS = ("clip", "audio", "label", "group", "split", "parts")  # all others hold words
FULL_SCALE = 32768  # int16 samples per unit of amplitude


def features(
    classes: list[str],
    samples: int,
    tags: bool = False,
    part_names: Sequence[str] = (),
    words: Sequence[str] = (),
) -> datasets.Features:
    """Return the columns of a corpus whose clips all have ``samples`` samples.

    Args:
        classes: class names, in label order.
        samples: length of a clip.
        tags: whether a clip has a list of labels instead of one.
        part_names: names that a clip's parts may have; without any there is no column of parts.
        words: names of further columns of words.
    """
    further = {name: datasets.Value("string") for name in words}
    if part_names:
        further["parts"] = parts_feature(part_names, samples)
    label = datasets.ClassLabel(names=list(classes))
    return datasets.Features(
        {
            "clip": datasets.Value("string"),
            "audio": datasets.List(datasets.Value("int16"), length=samples),
            "label": datasets.List(label) if tags else label,
            "group": datasets.Value("string"),
            "split": datasets.Value("string"),
            **further,
        }
    )


class Samples:
    """Rows of int16 samples over several memory-mapped chunks; indexing copies what it returns."""

    def __init__(self, chunks):
        self._parts = [chunk.flatten().to_numpy().reshape(len(chunk), -1) for chunk in chunks]
        self._starts = np.cumsum([0, *map(len, self._parts)])
        self.shape = (int(self._starts[-1]), self._parts[0].shape[1])

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, positions) -> np.ndarray:
        """Return rows: shape (positions, samples), or (samples,) for a single position."""
        rows = np.atleast_1d(np.arange(len(self))[positions])
        where = np.searchsorted(self._starts, rows, side="right") - 1
        out = np.empty((len(rows), self.shape[1]), dtype=np.int16)
        for part in np.unique(where):
            in_part = where == part
            out[in_part] = self._parts[part][rows[in_part] - self._starts[part]]
        return out[0] if np.ndim(positions) == 0 and not isinstance(positions, slice) else out

    def __iter__(self):
        for part in self._parts:
            yield from part


class Corpus:
    """A corpus on disk, memory-mapped.

    Args:
        path: the corpus's folder.

    Raises:
        InputError: the folder is no corpus; the message names it and says what is missing.
    """

    def __init__(self, path: str | Path):
        self.path = Path(path)
        if not (self.path / "corpus.json").is_file():
            raise InputError(
                f"{self.path}: no corpus here (corpus.json is missing); build it first"
            )
        self.info = read_json(self.path / "corpus.json")
        with reading(self.path / "clips"):
            self._data = datasets.load_from_disk(str(self.path / "clips"))

    def __len__(self) -> int:
        return len(self._data)

    @property
    def name(self) -> str:
        return self.info["name"]

    @property
    def rate(self) -> int:
        """Sampling rate in Hz."""
        return self.info["rate"]

    @property
    def tags(self) -> bool:
        """Whether a clip has a list of labels (a tagging corpus) instead of one."""
        return isinstance(self._data.features["label"], datasets.List)

    @property
    def classes(self) -> list[str]:
        column = self._data.features["label"]
        return (column.feature if self.tags else column).names

    @cached_property
    def clips(self) -> np.ndarray:
        """Clip ids, shape (clips,)."""
        return np.array(self._data.data.column("clip").to_pylist(), dtype=object)

    @cached_property
    def labels(self) -> np.ndarray:
        """Class indices, int64, shape (clips,).

        Raises:
            InputError: the corpus has lists of labels.
        """
        if self.tags:
            raise InputError(f"corpus {self.name}: clips have several labels, one is needed here")
        return self._data.data.column("label").to_numpy()

    @cached_property
    def targets(self) -> np.ndarray:
        """Which classes a clip has, bool, shape (clips, classes)."""
        column = self._data.data.column("label").to_pylist()
        targets = np.zeros((len(self), len(self.classes)), dtype=bool)
        for row, labels in enumerate(column):
            targets[row, labels] = True
        return targets

    @cached_property
    def groups(self) -> np.ndarray:
        return np.array(self._data.data.column("group").to_pylist(), dtype=object)

    @cached_property
    def splits(self) -> np.ndarray:
        return np.array(self._data.data.column("split").to_pylist(), dtype=object)

    @cached_property
    def samples(self) -> "Samples":
        """All clips as int16, read from the memory-mapped files as they are asked for."""
        return Samples(self._data.data.column("audio").chunks)

    def waveforms(self, indices) -> np.ndarray:
        """Return clips as float32 in [-1, 1), shape (indices, samples)."""
        clips = self.samples[indices].astype(np.float32)
        clips /= FULL_SCALE
        return clips

    @property
    def part_names(self) -> list[str]:
        """Names that a clip's parts may have; empty where the corpus has no parts."""
        column = self._data.features.get("parts")
        return [] if column is None else column.feature["name"].names

    def parts(self, indices) -> list[dict[str, np.ndarray]]:
        """Return what clips are the sums of: per clip, float32 of shape (samples,) by name.

        A part that a clip does not have is absent. Parts lie in [-1, 1], but where some cancel each
        other they may exceed it.

        Args:
            indices: positions of clips, as for `waveforms`; one position gives a list of one.

        Raises:
            InputError: the corpus was made without parts.
        """
        rows = np.atleast_1d(np.arange(len(self))[indices])
        return [self._parts[int(row)] for row in rows]

    @cached_property
    def _parts(self) -> Parts:
        if not self.part_names:
            raise InputError(
                f"corpus {self.name} has no parts: set 'parts: true' in its entry in the "
                "configuration (makers planted_music, planted_twins and embedded)"
            )
        return Parts(self._data.data.column("parts").chunks, self.part_names)

    @property
    def words(self) -> list[str]:
        """Names of the further columns of words."""
        return [name for name in self._data.features if name not in COLUMNS]

    def column(self, name: str) -> np.ndarray:
        """Return a further column of words, such as the ``base`` of twins, shape (clips,).

        Raises:
            InputError: the corpus has no such column.
        """
        if name not in self.words:
            raise InputError(
                f"corpus {self.name} has no column '{name}'{nearest(name, self.words)}"
            )
        return np.array(self._data.data.column(name).to_pylist(), dtype=object)

    def indices(self, split: str, at_most: int | None = None) -> np.ndarray:
        """Return the positions of a split's clips, ascending.

        Args:
            split: train, validation or test.
            at_most: if given, keep about this many, spread evenly over the classes (the first
                clips of each class in corpus order; of a tagging corpus the first clips).

        Raises:
            InputError: the corpus has no clip in that split.
        """
        indices = np.flatnonzero(self.splits == split)
        if not len(indices):
            hint = nearest(split, sorted(set(self.splits)))
            raise InputError(f"corpus {self.name}: no clip in split '{split}'{hint}")
        if at_most is None or at_most >= len(indices):
            return indices
        if self.tags:
            return indices[:at_most]
        share = max(1, at_most // len(set(self.labels[indices])))
        first_of_class = [
            indices[self.labels[indices] == c][:share] for c in range(len(self.classes))
        ]
        return np.sort(np.concatenate(first_of_class))

    def content_hash(self) -> str:
        """Return the sha256 over ids, labels, groups, splits and audio, in order.

        Parts and further columns are part of it where the corpus has them.
        """
        digest = hashlib.sha256(repr((self.rate, self.classes)).encode())
        labels = self._data.data.column("label").to_pylist()
        rows = zip(self.clips, labels, self.groups, self.splits, strict=True)
        for row, samples in zip(rows, self.samples, strict=True):
            digest.update(repr(row).encode())
            digest.update(np.ascontiguousarray(samples).tobytes())
        for name in self.words:
            digest.update(repr((name, self.column(name).tolist())).encode())
        if self.part_names:
            for row in range(len(self)):
                for name, scale, samples in self._parts.stored(row):
                    digest.update(repr((row, self.part_names[name], float(scale))).encode())
                    digest.update(np.ascontiguousarray(samples).tobytes())
        return digest.hexdigest()

    def faults(self) -> list[str]:
        """Return what breaks the format's promises; an empty list means a valid corpus."""
        faults = []
        for clip, count in Counter(self.clips).items():
            if count > 1:
                faults.append(f"clip id {clip} occurs {count} times")
        in_splits = defaultdict(set)
        for group, split in zip(self.groups, self.splits, strict=True):
            in_splits[group].add(split)
        for group, splits in in_splits.items():
            if len(splits) > 1:
                faults.append(f"group {group} is in several splits: {', '.join(sorted(splits))}")
        faults += [f"unknown split '{s}'" for s in sorted(set(self.splits) - set(SPLITS))]
        if self.content_hash() != self.info["content_sha256"]:
            faults.append("the content differs from corpus.json's hash")
        return faults
