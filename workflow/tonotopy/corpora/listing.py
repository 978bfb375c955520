"""What a folder of sound holds: clips with labels, groups and splits, before any sound is read."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from tonotopy.corpora import sources
from tonotopy.corpora.finding import shown
from tonotopy.corpora.keys import forms, normal, normal_path
from tonotopy.corpora.labelling import Found, Reader, reader, split_words, words_of
from tonotopy.corpora.listed import Listed
from tonotopy.corpora.settings import FolderSettings
from tonotopy.errors import InputError, nearest

TOLD = 10  # lines of a kind


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


def listing(root: Path, settings: FolderSettings) -> Listing:
    """Return which clips of a folder are wanted, with labels, groups and named splits.

    Raises:
        InputError: the folder is missing, holds no audio, its labels, groups or splits cannot be
            read, or a setting is about something that no clip has.
    """
    listed = Listing()
    files = _files(root, settings, listed)
    labels = _Words("label", settings.label, root, files, listed)
    if settings.declared is None and settings.unlabelled == "listed" and labels.unmet():
        listed.notes.append(labels.unmet())
    rows = _labelled(files, labels, settings, listed)
    _compare(rows, settings, listed)
    rows = _without_faults(rows, settings, listed)
    rows = _grouped(rows, root, settings, listed)
    if settings.split.get("from") != "random":
        rows = _placed(rows, root, settings, listed)
    numbers = range(settings.slices) if settings.slices else [None]
    listed.rows = [
        Listed(row.file, row.labels, row.group, row.split, number)
        for row in rows
        for number in numbers
    ]
    return listed


def _files(root: Path, settings: FolderSettings, listed: Listing) -> list[Path]:
    """Return the clips of a folder; those whose names are not UTF-8 are dropped."""
    found = sources.clips(root, settings.store)
    listed.notes += found.notes
    listed.files = len(found.files)
    files = []
    for file in found.files:
        if shown(file) == str(file):
            files.append(file)
        else:
            reason = "its name is not UTF-8, in which corpora are written: rename it"
            listed.dropped.append((shown(file), reason))
    return files


class _Words:
    """What clips have by a rule, clip -> `Found`; words that were written otherwise are noted."""

    def __init__(self, what: str, rule: dict, root: Path, files: list[Path], listed: Listing):
        self._reader: Reader = reader(rule, root)
        self.unmet = self._reader.unmet
        found = words_of(self._reader, files)
        self._found = dict(zip((file.as_posix() for file in files), found, strict=True))
        listed.notes += self._reader.notes
        listed.notes += _respelt(what, filter(None, found))

    def get(self, clip: str) -> str:
        """Return a clip's word, "" if it has none."""
        found: Found | None = self._found[clip]
        return found.word if found else ""


def _respelt(what: str, found: Iterable[Found]) -> list[str]:
    """Return lines on words that are written otherwise than they are read."""
    counts = Counter((one.word, one.written) for one in found if one.written != one.word)
    lines = []
    for (word, written), count in sorted(counts.items()):
        there = repr(written) if written.strip() == word else ascii(written)
        lines.append(f"{what} {there} of {count} clip(s) is read as '{word}'")
    more = len(lines) - TOLD
    return lines[:TOLD] + ([f"so are {more} more of the {what}s"] if more > 0 else [])


def _labelled(
    files: list[Path], labels: _Words, settings: FolderSettings, listed: Listing
) -> list[Listed]:
    classes = _Classes(settings)
    rows, left_out = [], Counter()
    for clip in (file.as_posix() for file in files):
        word = labels.get(clip)
        if word:
            wanted = classes.of(clip, word)
            if wanted or settings.tags:
                rows.append(Listed(clip, wanted, clip))
            else:
                left_out[word] += 1
        elif settings.unlabelled == "listed":
            listed.dropped.append((clip, f"no label found by {settings.label}"))
    for word, count in sorted(left_out.items()):
        listed.notes.append(f"left out: {count} clip(s) labelled '{word}'")
    listed.notes += classes.told()
    classes.check()
    return rows


class _Classes:
    """Turns the words of clips into their classes, and tells what of the settings meant nothing."""

    def __init__(self, settings: FolderSettings):
        self._separator, self._declared = settings.tags, settings.declared
        self._names = settings.names and {normal(str(w)): n for w, n in settings.names.items()}
        self._unwanted = {normal(str(name)): None for name in settings.leave_out}
        self._words, self._classes = set(), set()
        self._blanks, self._doubled = [], []

    def of(self, clip: str, word: str) -> tuple[str, ...]:
        words = self._tags(clip, word) if self._separator else [word]
        self._words.update(words)
        if self._names is not None:
            words = [self._names[w] for w in words if w in self._names]
        self._classes.update(words)
        return tuple(w for w in dict.fromkeys(words) if w not in self._unwanted)

    def _tags(self, clip: str, word: str) -> list[str]:
        written = word.split(self._separator)
        words = [tag for tag in map(str.strip, written) if tag]
        if words != written:
            self._blanks.append(f"'{word}' of '{clip}'")
        if len(set(words)) < len(words):
            self._doubled.append(f"'{word}' of '{clip}'")
        return words

    def told(self) -> list[str]:
        """Return lines on tags that were not taken as they are written."""
        kinds = {
            "blanks around tags, or empty tags, which are left out": self._blanks,
            "a tag twice, which counts once": self._doubled,
        }
        return [f"{len(c)} clip(s) have {what}, such as {c[0]}" for what, c in kinds.items() if c]

    def check(self) -> None:
        """Refuse settings about labels that no clip has.

        Raises:
            InputError: the message has the nearest label.
        """
        known = self._words | self._classes | set(map(normal, self._declared or ()))
        check_met("leave_out", self._unwanted, known, "label")
        if self._declared is None:
            check_met("names", self._names or (), self._words, "label")


def check_met(key: str, words: Iterable[str], seen: Iterable[str], what: str) -> None:
    """Refuse words of a setting that no clip has.

    Raises:
        InputError: the message has the nearest word that there is.
    """
    for word in words:
        if word not in seen:
            raise InputError(f"{key}: no clip has {what} '{word}'{nearest(word, sorted(seen))}")


def _without_faults(rows: list[Listed], settings: FolderSettings, listed: Listing) -> list[Listed]:
    if not settings.faults:
        return rows
    faults = {normal_path(name): text for name, text in settings.faults.items()}
    kept, met = [], set()
    for row in rows:
        names = [form for form in forms(normal_path(row.file)) if form in faults]
        met.update(names)
        if names:
            listed.dropped.append((row.file, f"known fault: {faults[names[0]]}"))
        else:
            kept.append(row)
    if settings.declared is None:
        for name in sorted(faults.keys() - met):
            known = [forms(normal_path(row.file))[-1] for row in rows]
            raise InputError(f"faults: there is no labelled clip '{name}'{_near(name, known)}")
    return kept


def _near(name: str, known: list[str]) -> str:
    hint = nearest(name, known)
    return hint if hint.startswith(" (did") else ""  # a list of all clips would be no help


def _grouped(
    rows: list[Listed], root: Path, settings: FolderSettings, listed: Listing
) -> list[Listed]:
    """Give clips their groups; those without one are groups of their own, which is noted.

    Raises:
        InputError: no clip has a group, so that nothing would be kept together.
    """
    if not settings.group or not rows:
        return rows
    files = [Path(row.file) for row in rows]
    groups = _Words("group", settings.group, root, files, listed)
    ungrouped = [row.file for row in rows if not groups.get(row.file)]
    if len(ungrouped) == len(rows):
        raise InputError(
            f"{root}: no clip has a group by {settings.group}, for instance not '{ungrouped[0]}': "
            "correct 'group' of the corpus, or leave it out if clips have nothing in common"
        )
    if ungrouped:
        listed.notes.append(
            f"{len(ungrouped)} clip(s) have no group by {settings.group} and are on their own, "
            f"such as '{ungrouped[0]}'"
        )
    return [Listed(row.file, row.labels, groups.get(row.file) or row.file) for row in rows]


def _compare(rows: list[Listed], settings: FolderSettings, listed: Listing) -> None:
    """Note where a folder is not the complete corpus."""
    files, expected_classes = settings.expected
    classes = {label for row in rows for label in row.labels}
    if files is not None and listed.files != files:
        listed.notes.append(f"the folder holds {listed.files} clips, a complete one {files}")
    if expected_classes is not None and len(classes) != expected_classes:
        listed.notes.append(
            f"{len(classes)} classes were found, a complete folder has {expected_classes}"
        )


def _placed(
    rows: list[Listed], root: Path, settings: FolderSettings, listed: Listing
) -> list[Listed]:
    """Give clips the splits that are written somewhere; those without one are dropped."""
    rule = settings.split
    stands_for, rest = split_words(rule), rule.get("rest")
    words = _Words("split", rule, root, [Path(row.file) for row in rows], listed)
    placed, others = [], Counter()
    for row in rows:
        word = words.get(row.file)
        split = stands_for.get(word) or rest
        if word and word not in stands_for:
            others[word] += 1
        if split:
            placed.append(Listed(row.file, row.labels, row.group, split))
        else:
            known = nearest(word, stands_for)
            told = f"its split '{word}' is none of the known ones{known}" if word else None
            listed.dropped.append((row.file, told or f"no split found by {rule}"))
    for word, count in sorted(others.items()) if rest else ():
        listed.notes.append(f"split '{word}' of {count} clip(s) counts as the rest: {rest}")
    if settings.declared is None:
        seen = {words.get(row.file) for row in rows} - {""}
        given = [normal(str(w)) for ws in rule.get("values", {}).values() for w in _listed(ws)]
        check_met("split.values", given, seen, "split")
    return placed


def _listed(words) -> list:
    return words if isinstance(words, list) else [words]
