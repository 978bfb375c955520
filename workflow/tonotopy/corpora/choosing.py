"""Which clips of a folder become the corpus: least numbers, splits, draws.

All of this is of the clips that are known to be sound: a file that cannot be used is as if it were
not there.
"""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from tonotopy.corpora.copies import copies, joined_groups, told
from tonotopy.corpora.listed import Listed
from tonotopy.corpora.settings import FolderSettings
from tonotopy.corpora.splitting import drawn, leaking, random_splits
from tonotopy.seeding import generator

LEAST_CLIPS = 3  # a class needs one clip in each split


@dataclass
class Choice:
    """The clips of a corpus.

    Attributes:
        rows: they, each with its group and split.
        dropped: (clip, reason) of those that do not get in.
        notes: lines for the build report.
        problem: why there can be no such corpus; "" where there can.
    """

    rows: list[Listed]
    dropped: list[tuple[str, str]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    problem: str = ""


class Chooser:
    """Chooses the clips of a corpus from those that can be used.

    Args:
        settings: how the folder becomes a corpus.
        seed: of random splits and draws.
    """

    def __init__(self, settings: FolderSettings, seed: int):
        self._settings, self._seed = settings, seed
        self._ranks: dict[str, float] = {}

    def choose(self, rows: Sequence[Listed], digests: dict[str, bytes]) -> Choice:
        """Return the choice.

        Args:
            rows: clips that are not known to be unusable.
            digests: of the samples of clips that have been read, by which copies are found.
        """
        choice = Choice(list(rows))
        if not self._settings.tags:
            drop_rare(choice)
        if not choice.rows:
            return choice
        _join_copies(choice, digests)
        if self._settings.split.get("from") == "random":
            self._split(choice)
        else:
            _keep_groups_together(choice)
        if self._settings.per_class:
            self._draw(choice, self._settings.per_class)
        return choice

    def _split(self, choice: Choice) -> None:
        files = {row.file: row for row in choice.rows}
        labels, groups = zip(*((r.first, r.group) for r in files.values()), strict=True)
        splits = random_splits(labels, groups, self._settings.split["shares"], self._seed)
        split_of = dict(zip(files, splits, strict=True))
        choice.rows = [replace(row, split=split_of[row.file]) for row in choice.rows]

    def _draw(self, choice: Choice, per_class: int) -> None:
        labels, splits = zip(*((row.first, row.split) for row in choice.rows), strict=True)
        ranks = [self._rank(row.clip) for row in choice.rows]
        choice.rows = [choice.rows[i] for i in drawn(labels, splits, ranks, per_class)]
        choice.notes.append(
            f"balanced: at most {per_class} clips of each class drawn by seed {self._seed}, from "
            "its splits in proportion"
        )
        for label, count in sorted(Counter(labels).items()):
            if count < per_class:
                choice.notes.append(f"'{label}' has only {count} of {per_class} clips")

    def _rank(self, clip: str) -> float:
        if clip not in self._ranks:
            self._ranks[clip] = float(generator(self._seed, "draw", clip).random())
        return self._ranks[clip]


def drop_rare(choice: Choice) -> None:
    """Drop the classes of which there are too few files."""
    files = defaultdict(set)
    for row in choice.rows:
        files[row.first].add(row.file)
    rare = {label: len(of) for label, of in files.items() if len(of) < LEAST_CLIPS}
    gone = dict.fromkeys((row.file, row.first) for row in choice.rows if row.first in rare)
    choice.dropped += [
        (file, f"label '{label}' has {rare[label]} clip(s), at least {LEAST_CLIPS} needed")
        for file, label in gone
    ]
    choice.rows = [row for row in choice.rows if row.first not in rare]


def _join_copies(choice: Choice, digests: dict[str, bytes]) -> None:
    sets = copies(choice.rows, digests)
    groups = joined_groups(sets)
    choice.rows = [replace(row, group=groups.get(row.group, row.group)) for row in choice.rows]
    choice.notes += told(sets)


def _keep_groups_together(choice: Choice) -> None:
    """Move clips into the split of most of their group, and say so; no split may be emptied."""
    rows = choice.rows
    moved = leaking([row.group for row in rows], [row.split for row in rows])
    by_way = defaultdict(list)
    for i, split in moved.items():
        by_way[rows[i].split, split].append(rows[i])
    choice.rows = [replace(r, split=moved.get(i, r.split)) for i, r in enumerate(rows)]
    left = {row.split for row in choice.rows}
    for (old, new), clips in by_way.items():
        example = f"such as '{clips[0].clip}' of group '{clips[0].group}'"
        if old not in left:
            choice.problem = (
                f"split '{old}' would have no clip: each of its {len(clips)} is of a group, or has "
                f"the sound of a clip, that is mostly in another split, {example} (in {new}); "
                "correct 'split' or 'group' of the corpus, or use {from: random}"
            )
        choice.notes.append(
            f"{len(clips)} clip(s) of split {old} moved to {new}, where most of their group is, "
            f"{example}"
        )
