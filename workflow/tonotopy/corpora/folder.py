"""A corpus from a folder of sound: a user's own, or an unpacked download."""

import re
from collections import Counter
from dataclasses import dataclass, field, replace
from itertools import groupby
from pathlib import Path

from tonotopy.corpora import sources
from tonotopy.corpora.decoding import Wanted, decoded
from tonotopy.corpora.labelling import reader
from tonotopy.corpora.schema import SPLITS
from tonotopy.corpora.settings import FolderSettings
from tonotopy.corpora.splitting import balanced, leaking, named_splits, random_splits
from tonotopy.corpora.writer import CorpusWriter
from tonotopy.errors import InputError

LEAST_CLIPS = 3  # a class needs one clip in each split


@dataclass(frozen=True)
class Listed:
    """A clip that is wanted.

    Attributes:
        file: its path.
        labels: one, unless the corpus has tags.
        group: what must not be split.
        split: train, validation or test; "" before it is known.
        slice: its number among the clips of its file, from 0; None where the file is one clip.
    """

    file: str
    labels: tuple[str, ...]
    group: str
    split: str = ""
    slice: int | None = None

    @property
    def clip(self) -> str:
        """Its id."""
        return self.file if self.slice is None else f"{self.file}#{self.slice}"

    @property
    def first(self) -> str:
        """The label that splits and draws go by."""
        return self.labels[0] if self.labels else ""


@dataclass
class Listing:
    """What a folder holds, before any sound is read.

    Attributes:
        rows: clips that are wanted, in the order of their files' names and of their numbers.
        dropped: (clip, reason) of those that cannot be used.
        notes: lines for the build report.
        files: number of clips that the folder holds.
    """

    rows: list[Listed] = field(default_factory=list)
    dropped: list[tuple[str, str]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    files: int = 0

    def keep(self, indices, reason=None) -> None:
        """Keep the rows at these positions; the others are dropped if there is a reason."""
        indices = set(indices)
        if reason:
            gone = [i for i in range(len(self.rows)) if i not in indices]
            self.dropped += [(self.rows[i].clip, reason(i)) for i in gone]
        self.rows = [row for i, row in enumerate(self.rows) if i in indices]


def build(path, settings: FolderSettings, seed: int = 0, workers: int = 1) -> None:
    """Build a corpus from a folder; broken files are listed in its build report.

    Args:
        path: folder of the new corpus.
        settings: how to read labels, groups, splits and audio.
        seed: seed of random splits and draws.
        workers: processes that decode; the corpus does not depend on it.

    Raises:
        InputError: the folder is missing, holds no audio, or no clip could be kept.
    """
    root = Path(settings.path)
    listed = listing(root, settings, seed)
    classes = sorted({label for row in listed.rows for label in row.labels}, key=_natural)
    length = round(settings.seconds * settings.rate)
    about = {"source": "folder", **settings.about}
    about |= {key: getattr(settings, key) for key in ("slices", "peak") if getattr(settings, key)}
    tags = settings.tags is not None
    with CorpusWriter(path, classes, settings.rate, length, about, tags) as writer:
        for clip, reason in listed.dropped:
            writer.drop(clip, reason)
        for text in listed.notes:
            writer.note(text)
        _add_clips(writer, listed.rows, root, settings, workers)
        _note_gaps(writer, classes)
        if settings.clip_licence:
            writer.attach("licences.csv", _licences(listed.rows, root, settings))


def _add_clips(
    writer: CorpusWriter, rows: list[Listed], root: Path, settings: FolderSettings, workers: int
) -> None:
    """Add the clips whose sound can be used, drop the others; a useless file is dropped once."""
    files = [(file, list(clips)) for file, clips in groupby(rows, key=lambda row: row.file)]
    numbers = [tuple(row.slice for row in clips) if settings.slices else None for _, clips in files]
    wanted = [Wanted(file, those) for (file, _), those in zip(files, numbers, strict=True)]
    sounds_of = decoded(wanted, root, settings, workers)
    for (file, clips), sounds in zip(files, sounds_of, strict=True):
        if isinstance(sounds, str):
            writer.drop(file, sounds)
            continue
        for row, sound in zip(clips, sounds, strict=True):
            if isinstance(sound, str):
                writer.drop(row.clip, sound)
            else:
                label = row.labels if writer.tags else row.first
                writer.add(row.clip, sound, label, row.split, row.group)


def labels_of(settings: FolderSettings) -> list[str]:
    """Return the classes of a folder, by its labels alone.

    Raises:
        InputError: the folder is missing, or its labels or groups cannot be read.
    """
    listed = _labelled(Path(settings.path), settings)
    _drop_faults(listed, settings)
    if not settings.tags:
        _drop_rare(listed)
    return sorted({label for row in listed.rows for label in row.labels}, key=_natural)


def listing(root: Path, settings: FolderSettings, seed: int) -> Listing:
    """Return which clips of a folder are wanted, with labels, groups and splits."""
    listed = _labelled(root, settings)
    _compare(listed, settings)
    _drop_faults(listed, settings)
    if not settings.tags:
        _drop_rare(listed)
    _split(listed, root, settings, seed)
    _drop_leaks(listed)
    if settings.slices:
        listed.rows = [replace(r, slice=n) for r in listed.rows for n in range(settings.slices)]
    if settings.per_class:
        _balance(listed, settings.per_class, seed)
    return listed


def _labelled(root: Path, settings: FolderSettings) -> Listing:
    label_of = reader(settings.label, root)
    group_of = reader(settings.group, root) if settings.group else Path.as_posix
    listed, left_out, ungrouped = Listing(), Counter(), []
    for file in sources.clips(root, settings.store):
        listed.files += 1
        clip, word = file.as_posix(), label_of(file)
        if word:
            labels = _classes(word, settings)
            if labels or settings.tags:
                group = group_of(file)
                listed.rows.append(Listed(clip, labels, group or clip))
                if not group:
                    ungrouped.append(clip)
            else:
                left_out[word] += 1
        elif settings.unlabelled == "listed":
            listed.dropped.append((clip, f"no label found by {settings.label}"))
    for word, count in sorted(left_out.items()):
        listed.notes.append(f"left out: {count} clip(s) labelled '{word}'")
    _check_groups(listed, ungrouped, root, settings)
    return listed


def _check_groups(listed: Listing, ungrouped: list[str], root: Path, settings) -> None:
    """Refuse a rule for groups that no clip fits; note the clips that it does not fit.

    Raises:
        InputError: every clip would be a group of its own, so that nothing is kept together.
    """
    if not ungrouped:
        return
    if len(ungrouped) == len(listed.rows):
        raise InputError(
            f"{root}: no clip has a group by {settings.group}, for instance not '{ungrouped[0]}': "
            "correct 'group' of the corpus, or leave it out if clips have nothing in common"
        )
    listed.notes.append(
        f"{len(ungrouped)} clip(s) have no group by {settings.group} and are on their own, such as "
        f"'{ungrouped[0]}'"
    )


def _compare(listed: Listing, settings: FolderSettings) -> None:
    """Note where a folder is not the complete corpus."""
    files, expected_classes = settings.expected
    classes = {label for row in listed.rows for label in row.labels}
    if files is not None and listed.files != files:
        listed.notes.append(f"the folder holds {listed.files} clips, a complete one {files}")
    if expected_classes is not None and len(classes) != expected_classes:
        listed.notes.append(
            f"{len(classes)} classes were found, a complete folder has {expected_classes}"
        )


def _classes(word: str, settings: FolderSettings) -> tuple[str, ...]:
    words = word.split(settings.tags) if settings.tags else [word]
    if settings.names is not None:
        words = [settings.names[w] for w in words if w in settings.names]
    return tuple(w for w in words if w not in settings.leave_out)


def _drop_faults(listed: Listing, settings: FolderSettings) -> None:
    def fault(i):
        path = Path(listed.rows[i].file)
        names = (path.as_posix(), path.name, path.stem)
        return next((settings.faults[n] for n in names if n in settings.faults), None)

    sound = [i for i in range(len(listed.rows)) if fault(i) is None]
    listed.keep(sound, lambda i: f"known fault: {fault(i)}")


def _drop_rare(listed: Listing) -> None:
    counts = Counter(row.first for row in listed.rows)
    common = [i for i, row in enumerate(listed.rows) if counts[row.first] >= LEAST_CLIPS]

    def reason(i):
        label = listed.rows[i].first
        return f"label '{label}' has {counts[label]} clip(s), at least {LEAST_CLIPS} needed"

    listed.keep(common, reason)


def _split(listed: Listing, root: Path, settings: FolderSettings, seed: int) -> None:
    rows = listed.rows
    if settings.split.get("from") == "random":
        labels, groups = [row.first for row in rows], [row.group for row in rows]
        splits = random_splits(labels, groups, settings.split["shares"], seed)
    else:
        split_of = named_splits(settings.split, root)
        splits = [split_of(Path(row.file)) for row in rows]
    listed.rows = [replace(row, split=split or "") for row, split in zip(rows, splits, strict=True)]
    placed = [i for i, split in enumerate(splits) if split]
    listed.keep(placed, lambda i: f"no split found by {settings.split}")


def _drop_leaks(listed: Listing) -> None:
    leaks = leaking([row.group for row in listed.rows], [row.split for row in listed.rows])
    listed.keep([i for i in range(len(listed.rows)) if i not in leaks], leaks.get)


def _balance(listed: Listing, per_class: int, seed: int) -> None:
    counts = Counter(row.first for row in listed.rows)
    listed.keep(balanced([row.first for row in listed.rows], per_class, seed))
    listed.notes.append(f"balanced: at most {per_class} clips of each class drawn by seed {seed}")
    for label, count in sorted(counts.items()):
        if count < per_class:
            listed.notes.append(f"'{label}' has only {count} of {per_class} clips")


def _note_gaps(writer: CorpusWriter, classes) -> None:
    for split in SPLITS:
        missing = [c for c in classes if not writer.count(split, c)]
        if missing:
            writer.note(f"no clip in split {split} for: {', '.join(missing)}")


def _licences(rows, root: Path, settings: FolderSettings) -> str:
    licence_of = reader(settings.clip_licence, root)
    lines = ["clip,licence"]
    for row in rows:
        licence = (licence_of(Path(row.file)) or "unknown").replace('"', "'")
        lines.append(f'"{row.clip}","{licence}"')
    return "\n".join(lines) + "\n"


def _natural(name: str) -> list:
    """Sorting key by which class 10 comes after class 9."""
    return [(int(p), "") if p.isdigit() else (-1, p) for p in re.split(r"(\d+)", name) if p]
