"""How GTZANLike and MedleySolosDBLike are read from a folder of clips named by their video."""

from pathlib import Path

from tonotopy.corpora.audioset.labels import SETS, TITLES
from tonotopy.corpora.settings import FolderSettings
from tonotopy.errors import InputError, nearest

# names in the wild: ID.flac, YID.wav, ID_30000.wav, ID_30.000_40.000.flac
VIDEO = r"(?:^|/)Y?([A-Za-z0-9_-]{11})(?:_[0-9._]+)?$"


def settings(folder: Path, table: Path, task: str, **changes) -> FolderSettings:
    """Return how to build the corpus of a task.

    Args:
        folder: holds the clips.
        table: the task's rows of `tables.Selection.clips`, as CSV.
        task: "genre" (GTZANLike) or "instrument" (MedleySolosDBLike).
        **changes: fields of `FolderSettings` that differ.

    Raises:
        InputError: there is no such task.
    """
    if task not in SETS:
        raise InputError(f"audioset has no task '{task}'{nearest(task, SETS)}")

    def column(name: str) -> dict:
        rule = {"from": "csv", "file": str(Path(table).absolute()), "key": "video"}
        return {**rule, "column": name, "match": VIDEO}

    about = {
        "source": f"{TITLES[task]}, from AudioSet",
        "task": task,
        "citation": "J. F. Gemmeke et al., Audio Set, ICASSP 2017",
        "licence": "labels CC BY 4.0; the sound belongs to those who uploaded it",
        "keep": "cache only; neither audio nor renderings of it are shipped",
    }
    options = {"rate": 22500, "seconds": 10.0, **changes}
    return FolderSettings(
        path=str(folder),
        label=column("label"),
        group=column("video"),
        split=column("split"),
        unlabelled="ignored",  # the folder holds the other set's clips too
        about=about,
        **options,
    )
