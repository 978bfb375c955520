"""What a public corpus is made of: where it comes from, how it is checked, how it is read."""

from dataclasses import dataclass, field, fields, replace
from pathlib import Path

from tonotopy.corpora.remote import Remote
from tonotopy.corpora.settings import FolderSettings
from tonotopy.errors import InputError, nearest

RANDOM_SPLIT = {"from": "random", "shares": {"train": 0.8, "validation": 0.1, "test": 0.1}}


@dataclass(frozen=True)
class Task:
    """One labelling of a corpus.

    Attributes:
        label: where the label is read (see `labelling.reader`).
        names: word found -> class name, or None.
        tags: what separates several labels of a clip, or None.
        classes: number of classes of a complete download.
        class_names: what they are called, where that is declared.
    """

    label: dict
    classes: int
    names: dict[str, str] | None = None
    tags: str | None = None
    class_names: tuple[str, ...] = ()


@dataclass(frozen=True)
class PublicCorpus:
    """A public corpus, declared.

    Attributes:
        name: its name in config.yaml (``maker``) and below data/downloads.
        title: its name in prose.
        citation: how its authors want it cited.
        licence: licence of the audio.
        keep: what may be kept or shipped.
        tasks: the labellings that it offers.
        rate: sampling rate of the recordings in Hz.
        seconds: length of a clip in s.
        clips: number of audio files of a complete download; None where nobody has published it.
        verified: what of this was checked, and what was not, for the table in docs/corpora.md.
        remotes: the files to download; none if the user has to get the corpus.
        root: folder of the audio inside the unpacked download.
        unpacked_bytes: size of the unpacked download in bytes, for planning.
        group: where the group is read, or None.
        split: where the official split is read, or a drawn one.
        pad: where silence goes, "right" or "both".
        faults: known faulty clips -> what is wrong.
        clip_licence: where each clip's own licence is read, or None.
        store: see `FolderSettings`.
        versions: name -> attributes that differ.
    """

    name: str
    title: str
    citation: str
    licence: str
    keep: str
    tasks: dict[str, Task]
    rate: int
    seconds: float
    clips: int | None
    verified: str
    remotes: tuple[Remote, ...] = ()
    root: str = "."
    unpacked_bytes: int = 0
    group: dict | None = None
    split: dict = field(default_factory=lambda: RANDOM_SPLIT)
    pad: str = "right"
    faults: dict[str, str] = field(default_factory=dict)
    clip_licence: dict | None = None
    store: str = "audio"
    versions: dict[str, dict] = field(default_factory=dict)

    def version(self, name: str | None) -> "PublicCorpus":
        """Return a version of the corpus; None is the default.

        Raises:
            InputError: there is no such version.
        """
        if name is None:
            return self
        if name not in self.versions:
            raise InputError(
                f"corpus {self.name} has no version '{name}'{nearest(name, self.versions)}"
            )
        return replace(self, **self.versions[name], versions={})

    def source(self, version: str | None) -> str:
        """Return the name of a version's download: versions may share one."""
        apart = version is not None and "remotes" in self.versions.get(version, {})
        return f"{self.name}-{version}" if apart else self.name

    def task(self, name: str) -> Task:
        """Return one of the labellings.

        Raises:
            InputError: the corpus has no such task.
        """
        if name not in self.tasks:
            raise InputError(f"corpus {self.name} has no task '{name}'{nearest(name, self.tasks)}")
        return self.tasks[name]

    def settings(self, folder: Path, task: str, **changes) -> FolderSettings:
        """Return how to build the corpus for a task.

        Args:
            folder: the unpacked download, or a user's folder in the same layout.
            task: one of the tasks.
            **changes: fields of `FolderSettings` that differ.

        Raises:
            InputError: the corpus has no such task.
        """
        definition = self.task(task)
        shared = {f.name for f in fields(FolderSettings)} & {f.name for f in fields(self)}
        own = {n: getattr(self, n) for n in shared}
        about = {"source": self.name, "task": task}
        about |= {n: getattr(self, n) for n in ("citation", "licence", "keep")}
        read = {"label": definition.label, "names": definition.names, "tags": definition.tags}
        read["expected"] = (self.clips, definition.classes)
        read["declared"] = definition.class_names
        root = Path(folder) / self.root
        path = root if root.is_dir() else Path(folder)
        return FolderSettings(**{**own, **read, "path": str(path), "about": about, **changes})
