"""How AudioSet's corpora are read from a folder of clips named by their video."""

from collections.abc import Sequence
from pathlib import Path

from tonotopy.corpora.audioset.classes import class_names
from tonotopy.corpora.audioset.labels import SETS, TAGS, TRAINED, source
from tonotopy.corpora.audioset.tags import SEPARATOR
from tonotopy.corpora.settings import FolderSettings
from tonotopy.errors import InputError, nearest

# names in the wild: ID.flac, YID.wav, ID_30000.wav, ID_30.000_40.000.flac
VIDEO = r"(?:^|/)Y?([A-Za-z0-9_-]{11})(?:_[0-9._]+)?$"
RATE, TAGS_RATE = 22500, 8000  # Hz


def settings(
    folder: Path, table: Path, task: str, segments: Sequence[str] = TRAINED, **changes
) -> FolderSettings:
    """Return how to build the corpus of a task.

    ``about`` has how many clips the table wants, for a report of how many are there.

    Args:
        folder: holds the clips.
        table: the task's clips as CSV, see `tables.Selection.clips` and `tags.tag_table`.
        task: "genre" (GTZANLike), "instrument" (MedleySolosDBLike) or "tags" (all labels).
        segments: tables whose clips are for training and validation, where the task is "tags".
        **changes: fields of `FolderSettings` that differ.

    Raises:
        InputError: there is no such task.
    """
    if task not in (*SETS, TAGS):
        raise InputError(f"audioset has no task '{task}'{nearest(task, (*SETS, TAGS))}")
    where = {"where": {"source": [*segments, "eval"]}} if task == TAGS else {}

    def column(name: str) -> dict:
        rule = {"from": "csv", "file": str(Path(table).absolute()), "key": "video"}
        return {**rule, "column": name, "match": VIDEO, **where}

    about = {
        "source": source(task),
        "task": task,
        "citation": "J. F. Gemmeke et al., Audio Set, ICASSP 2017",
        "licence": "labels CC BY 4.0; the sound belongs to those who uploaded it",
        "keep": "cache only; neither audio nor renderings of it are shipped",
    }
    declared = class_names() if task == TAGS else tuple(SETS[task])
    tagged = {"tags": SEPARATOR, "expected": (None, len(class_names()))} if task == TAGS else {}
    if task in SETS:
        with Path(table).open(encoding="utf-8") as lines:
            about["wanted"] = sum(1 for _ in lines) - 1  # below the names of the columns
    options = {"rate": TAGS_RATE if tagged else RATE, "seconds": 10.0, **tagged, **changes}
    return FolderSettings(
        path=str(folder),
        label=column("label"),
        group={"from": "name", "pattern": VIDEO},
        split=column("split"),
        unlabelled="ignored",  # the folder holds other tasks' clips too
        about=about,
        declared=declared,
        **options,
    )
