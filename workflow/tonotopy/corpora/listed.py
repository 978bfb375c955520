"""A clip of a folder, before any sound is read."""

from dataclasses import dataclass


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
