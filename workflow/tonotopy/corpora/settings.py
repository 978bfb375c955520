"""How a folder of audio becomes a corpus, as plain settings that load nothing heavy."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class FolderSettings:
    """How a folder becomes a corpus.

    Attributes:
        path: the folder, searched with its sub-folders for wav, flac, ogg and mp3.
        rate: sampling rate of the corpus in Hz; files of another rate are resampled.
        seconds: length of a clip in s; longer files give their middle, shorter are padded.
        label: where labels are, see `labelling.reader`.
        group: where groups are, likewise; None makes every file its own group.
        split: ``{from: random, shares: {train: .8, ...}}`` or as in `labelling.named_splits`.
        pad: where silence goes, "right" or "both".
        about: citation, licence and the like for corpus.json.
    """

    path: str
    rate: int
    seconds: float
    label: dict = field(default_factory=lambda: {"from": "folder"})
    group: dict | None = None
    split: dict = field(
        default_factory=lambda: {
            "from": "random",
            "shares": {"train": 0.8, "validation": 0.1, "test": 0.1},
        }
    )
    pad: str = "right"
    about: dict = field(default_factory=dict)
