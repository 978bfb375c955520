"""What a public corpus is made of: where it comes from, how it is checked, how it is read."""

from dataclasses import dataclass
from pathlib import Path

from tonotopy.corpora.remote import Remote
from tonotopy.corpora.settings import FolderSettings
from tonotopy.errors import InputError, nearest


@dataclass(frozen=True)
class PublicCorpus:
    """A public corpus, declared.

    Attributes:
        name: its name in config.yaml (``maker``) and below data/downloads.
        citation: how its authors want it cited.
        licence: licence of the audio, and what may be kept or shipped.
        remotes: the files to download, with checksums.
        root: folder of the audio inside the unpacked download.
        tasks: task -> where its label is read (see `labelling.reader`).
        group: where the group is read, or None.
        split: where the official split is read.
        rate: sampling rate of the recordings in Hz.
        seconds: length of a clip in s.
        clips: number of clips of a complete download.
    """

    name: str
    citation: str
    licence: str
    remotes: tuple[Remote, ...]
    root: str
    tasks: dict[str, dict]
    split: dict
    rate: int
    seconds: float
    clips: int
    group: dict | None = None
    pad: str = "right"

    def settings(self, downloads: Path, task: str, **changes) -> FolderSettings:
        """Return how to build the corpus for a task from its unpacked download.

        Raises:
            InputError: the corpus has no such task.
        """
        if task not in self.tasks:
            raise InputError(f"corpus {self.name} has no task '{task}'{nearest(task, self.tasks)}")
        about = {"source": self.name, "citation": self.citation, "licence": self.licence}
        chosen = {"rate": self.rate, "seconds": self.seconds, "split": self.split, **changes}
        return FolderSettings(
            path=str(Path(downloads) / self.root),
            label=self.tasks[task],
            group=self.group,
            pad=self.pad,
            about=about,
            **chosen,
        )
