"""What the thesis prints of its networks (tables 4.2, 4.4, 4.7 and 4.9), as shares of 1."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Printed:
    """A table of the thesis.

    Attributes:
        corpus: that was learned.
        maker: of that corpus.
        scores: (network before learning, what was learned) -> score and half of its interval;
            the untrained network is the one "without pretraining".
    """

    corpus: str
    maker: str
    scores: dict[tuple[str, str], tuple[float, float]]


TABLES = {
    "4.2": Printed(
        "AudioSet",
        "audioset",
        {
            ("contrastive", "head"): (0.197, 0.003),
            ("contrastive", "all"): (0.327, 0.009),
            ("untrained", "all"): (0.299, 0.001),
        },
    ),
    "4.4": Printed(
        "FSD50K",
        "fsd50k",
        {
            ("supervised", "head"): (0.463, 0.002),
            ("contrastive", "head"): (0.306, 0.007),
            ("supervised", "all"): (0.448, 0.004),
            ("contrastive", "all"): (0.424, 0.004),
            ("untrained", "all"): (0.362, 0.006),
        },
    ),
    "4.7": Printed(
        "Speech Commands v2",
        "speech_commands",
        {
            ("supervised", "head"): (0.360, 0.014),
            ("contrastive", "head"): (0.295, 0.006),
            ("supervised", "all"): (0.929, 0.007),
            ("contrastive", "all"): (0.934, 0.007),
            ("untrained", "all"): (0.923, 0.005),
        },
    ),
    "4.9": Printed(
        "VoxCeleb1",
        "voxceleb1",
        {
            ("contrastive", "head"): (0.2045, 0.001),
            ("contrastive", "all"): (0.3246, 0.002),
            ("untrained", "all"): (0.1553, 0.005),
        },
    ),
}
USER = "folder"  # maker of a user's own corpora
OF_TASKS = {"tagging": "4.2", "few": "4.4", "keywords": "4.7", "speakers": "4.9"}


def table_of(task: str, transfer: dict, maker: str | None) -> str | None:
    """Return which of the thesis's tables a task is compared with, None for none.

    Args:
        task: its name, see `OF_TASKS`.
        transfer: its settings; ``table`` asks for one, or None for none.
        maker: of the corpus that is learned. Unless asked, a table stands beside its own corpus
            alone, and none stands beside a user's.
    """
    name, asked = str(transfer.get("table", OF_TASKS.get(task))), "table" in transfer
    if name not in TABLES or maker == USER:
        return None
    return name if asked or TABLES[name].maker == maker else None
