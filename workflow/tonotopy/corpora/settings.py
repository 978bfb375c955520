"""How a folder of audio becomes a corpus, as plain settings that load nothing heavy."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from tonotopy.errors import InputError

SPLITS = ("train", "validation", "test")


@dataclass(frozen=True)
class FolderSettings:
    """How a folder becomes a corpus.

    Attributes:
        path: the folder, searched with its sub-folders.
        rate: sampling rate of the corpus in Hz; files of another rate are resampled.
        seconds: length of a clip in s; longer files give their middle, shorter are padded.
        slices: clips that every file gives instead of its middle, evenly over it from its beginning
            (see `audio.slice_spans`); they share its label, group and split.
        peak: whether each clip is scaled to unit peak; otherwise it is only limited to it.
        label: where labels are, see `labelling.reader`.
        group: where groups are, likewise; None makes every file its own group.
        split: ``{from: random, shares: {train: .8, ...}}`` or as for
            `labelling.reader`, with ``values: {test: [WORD, ...]}`` where other words than train,
            validation and test stand for them, and ``rest``: the split of all others.
        pad: where silence goes, "right" or "both".
        about: citation, licence and the like for corpus.json.
        names: word found -> class name; None takes the words as they are. Clips with another word
            are left out and counted.
        leave_out: classes that are not wanted.
        per_class: a seeded draw of at most this many clips of each class, from its splits in
            proportion; None keeps all.
        tags: what separates the labels of a clip that has several, such as ","; None for one label.
        faults: known faulty clips (path, name or stem) -> what is wrong with them.
        unlabelled: whether files without a label are "listed" as dropped or "ignored".
        clip_licence: where each clip's licence is, kept beside the corpus as licences.csv.
        declared: classes that the corpus is known to have, of which a folder may hold a part; None
            for a user's own folder, where a word that no clip has is a mistake.
        expected: number of audio files of a complete folder, and of its classes, where they are
            known; a difference is noted.
        store: what the folder holds: "audio" (see `formats`) or "pcvc" (MATLAB matrices).

    Raises:
        InputError: fewer than one slice, or no path.
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
    names: dict[str, str] | None = None
    leave_out: Sequence[str] = ()
    per_class: int | None = None
    tags: str | None = None
    faults: dict[str, str] = field(default_factory=dict)
    unlabelled: str = "listed"
    clip_licence: dict | None = None
    declared: Sequence[str] | None = None
    expected: tuple[int | None, int | None] = (None, None)
    store: str = "audio"
    slices: int | None = None
    peak: bool = False

    def __post_init__(self):
        if not self.path.strip():
            raise InputError("path: expected the folder of the audio, not an empty text")
        if self.slices is not None and self.slices < 1:
            raise InputError(f"slices: expected at least 1 clip of every file, not {self.slices}")


def check_shares(shares: dict[str, float]) -> None:
    """Refuse shares of splits that do not sum to 1.

    Raises:
        InputError: the message has their sum.
    """
    if abs(sum(shares.values()) - 1) > 1e-6:
        raise InputError(f"split shares must sum to 1, not {sum(shares.values()):g}: {shares}")
