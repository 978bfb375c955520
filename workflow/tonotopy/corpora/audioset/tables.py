"""GTZANLike and MedleySolosDBLike as tables: a pure function of AudioSet's csv files.

A clip belongs to a set if it has exactly one of the set's labels (thesis sections 3.2.1 and
3.2.3), read in one of two ways. ``own``: one of its own group, whatever the other group says.
``all``: one of all eighteen labels, which comes closest to the thesis's counts. Labels are taken as
they are: expanding them along the ontology would make every heavy-metal clip a rock clip too.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

import pandas as pd

from tonotopy.corpora.audioset.labels import SETS, TITLES
from tonotopy.corpora.audioset.segments import Segment
from tonotopy.corpora.splitting import balanced, random_splits

CLIP_COLUMNS = ("video", "start_s", "end_s", "source", "task", "label", "split")
READINGS = ("own", "all")
COUNTS = ("any", *READINGS)
REASONS = ("several labels", "video twice", "in the other set", "above the cap")


@dataclass(frozen=True)
class Rules:
    """How clips are chosen.

    Attributes:
        exclusive: "all" or "own", see the module.
        per_class: a seeded draw of at most this many clips of each class; None keeps all.
        shares: share of train, validation and test; videos are drawn class by class.
        seed: seed of draws and splits.
    """

    exclusive: str
    per_class: int | None
    shares: dict[str, float]
    seed: int


class Selection:
    """Gathers segments one by one, then gives the table of clips and the report."""

    def __init__(self, rules: Rules):
        self.rules = rules
        self._chosen: list[tuple] = []
        self._videos: set[str] = set()
        self._read: dict[str, set[str]] = {reading: set() for reading in READINGS}
        self._counts: Counter = Counter()

    def add(self, segments: Iterable[Segment]) -> "Selection":
        """Look at segments; the first segment of a video wins."""
        for segment in segments:
            self._look(segment)
        return self

    def _look(self, segment: Segment) -> None:
        labels_of = {"genre": segment.genres, "instrument": segment.instruments}
        several = len(segment.genres) + len(segment.instruments) > 1
        self._count_readings(segment, labels_of, several)
        repeated = segment.video in self._videos
        for task, labels in labels_of.items():
            alone = len(labels) == 1 and not (several and self.rules.exclusive == "all")
            for label in labels:
                self._count(segment.source, label, len(labels) == 1, not several)
                if not alone:
                    self._counts[label, "several labels"] += 1
            if not alone:
                continue
            if segment.video in self._videos:
                reason = "video twice" if repeated else "in the other set"
                self._counts[labels[0], reason] += 1
            else:
                self._videos.add(segment.video)
                columns = (segment.video, segment.start, segment.end, segment.source)
                self._chosen.append((*columns, task, labels[0]))

    def _count_readings(self, segment: Segment, labels_of: dict, several: bool) -> None:
        """Count what either reading would choose, before any cap; of a video its first clip."""
        for reading, videos in self._read.items():
            for labels in labels_of.values():
                alone = len(labels) == 1 and not (several and reading == "all")
                if alone and segment.video not in videos:
                    videos.add(segment.video)
                    self._counts[labels[0], reading] += 1

    def _count(self, source: str, label: str, own: bool, everything: bool) -> None:
        self._counts[source, label, "any"] += 1
        self._counts[source, label, "own"] += own
        self._counts[source, label, "all"] += everything

    def clips(self) -> pd.DataFrame:
        """Return the chosen clips: columns CLIP_COLUMNS, sorted by task and video."""
        rows = sorted(self._chosen, key=lambda row: (row[4], row[0]))
        labels = [row[5] for row in rows]
        if self.rules.per_class:
            indices = balanced(labels, self.rules.per_class, self.rules.seed)
            self._counts.update(
                (labels[i], "above the cap") for i in set(range(len(rows))) - set(indices)
            )
            rows = [rows[i] for i in indices]
        videos, labels = [row[0] for row in rows], [row[5] for row in rows]
        splits = random_splits(labels, videos, self.rules.shares, self.rules.seed)
        placed = [(*row, split) for row, split in zip(rows, splits, strict=True)]
        return pd.DataFrame(placed, columns=CLIP_COLUMNS)

    def report(self, clips: pd.DataFrame) -> pd.DataFrame:
        """Return one row per class: what was found by source and reading, chosen, dropped.

        Columns task, label, {source}_{any, own, all}, several labels, video twice, in the other
        set, above the cap, own, all (what either reading of "exclusive" gives, before any cap),
        train, validation, test, chosen, thesis.
        """
        sources = sorted({key[0] for key in self._counts if len(key) == 3})
        rows = []
        for task, labels in SETS.items():
            of_task = clips[clips["task"] == task]
            for name, label in labels.items():
                splits = Counter(of_task.loc[of_task["label"] == name, "split"])
                counts = {
                    f"{source}_{kind}": self._counts[source, name, kind]
                    for source in sources
                    for kind in COUNTS
                }
                dropped = {reason: self._counts[name, reason] for reason in REASONS}
                parts = {split: splits[split] for split in self.rules.shares}
                total = {"chosen": sum(splits.values()), "thesis": label.thesis}
                readings = {reading: self._counts[name, reading] for reading in READINGS}
                counts |= dropped | readings | parts | total
                rows.append({"task": task, "label": name, **counts})
        return pd.DataFrame(rows)


def told(report: pd.DataFrame) -> str:
    """Return the report as text: each class beside the thesis's table 3.1, then the totals.

    Both readings of "exclusive" stand side by side, each with its ratio to the thesis's count.
    """
    lines = []
    for task, rows in report.groupby("task", sort=False):
        total = rows.sum(numeric_only=True)
        lines.append(
            f"{TITLES[task]}: {total['chosen']:,} clips, the thesis has {total['thesis']:,}"
        )
        heads = "".join(f"{reading:>8}{'ratio':>7}" for reading in READINGS)
        lines.append(f"  {'class':<12}{'chosen':>8}{'thesis':>8}{heads}  left out")
        for row in rows.to_dict("records"):
            gone = ", ".join(f"{row[reason]} {reason}" for reason in REASONS if row[reason])
            read = "".join(f"{row[r]:>8,}{row[r] / row['thesis']:>7.2f}" for r in READINGS)
            lines.append(
                f"  {row['label']:<12}{row['chosen']:>8,}{row['thesis']:>8,}{read}  {gone}"
            )
        totals = "".join(f"{total[r]:>8,}{total[r] / total['thesis']:>7.2f}" for r in READINGS)
        lines.append(f"  {'all classes':<12}{total['chosen']:>8,}{total['thesis']:>8,}{totals}")
    lines.append("before availability: about 85 % of AudioSet's clips can still be had")
    return "\n".join(lines)
