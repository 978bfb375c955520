"""The eighteen AudioSet labels behind GTZANLike and MedleySolosDBLike (thesis table 3.1)."""

import re
from dataclasses import dataclass

from tonotopy.corpora.remote import Remote

HOST = "storage.googleapis.com/us_audioset/youtube_corpus/v1/csv"


@dataclass(frozen=True)
class Label:
    """A label: machine id, name in class_labels_indices.csv, clips in the thesis's table 3.1."""

    mid: str
    display_name: str
    thesis: int


GENRES = {
    "blues": Label("/m/0155w", "Blues", 3469),
    "classical": Label("/m/0ggq0m", "Classical music", 4126),
    "country": Label("/m/01lyv", "Country", 4317),
    "disco": Label("/m/026z9", "Disco", 3097),
    "hip hop": Label("/m/0glt670", "Hip hop music", 5952),
    "jazz": Label("/m/03_d0", "Jazz", 3169),
    "metal": Label("/m/03lty", "Heavy metal", 3591),
    "pop": Label("/m/064t9", "Pop music", 6589),
    "reggae": Label("/m/06cqb", "Reggae", 2331),
    "rock": Label("/m/06by7", "Rock music", 5170),
}
INSTRUMENTS = {
    "clarinet": Label("/m/01wy6", "Clarinet", 1340),
    "guitar": Label("/m/02sgy", "Electric guitar", 9786),
    "singing": Label("/t/dd00004", "Female singing", 6743),
    "flute": Label("/m/0l14j_", "Flute", 3599),
    "piano": Label("/m/05r5c", "Piano", 8436),
    "saxophone": Label("/m/06ncr", "Saxophone", 1814),
    "trumpet": Label("/m/07gql", "Trumpet", 2740),
    "violin": Label("/m/07y_7", "Violin, fiddle", 23175),
}
TAGS = "tags"  # the task with all 527 labels, see `tags`
SETS = {"genre": GENRES, "instrument": INSTRUMENTS}
TITLES = {"genre": "GTZANLike", "instrument": "MedleySolosDBLike"}


def source(task: str) -> str:
    """Return what corpus.json says where a corpus of a task comes from."""
    return f"{TITLES.get(task, 'all labels')}, from AudioSet"


MAKER = "audioset"  # of the thesis's corpora


def plain(name: str) -> str:
    """Return a class's name without what spellings differ in: hip hop, Hip-Hop and hiphop."""
    return re.sub(r"[\W_]", "", name).casefold()


def thesis_counts(corpus: dict, maker: str | None) -> dict[str, int]:
    """Return the thesis's clips per class (table 3.1) where a corpus is one of its two.

    Args:
        corpus: its corpus.json.
        maker: of the corpus, see `catalogue`; None where it is not known.

    Returns:
        Class, as the corpus spells it -> clips; empty for any other corpus, whose classes may have
        the same names.
    """
    tasks = {source(task): labels for task, labels in SETS.items()}
    labels = tasks.get(corpus.get("source"), {}) if maker == MAKER else {}
    counts = {plain(name): label.thesis for name, label in labels.items()}
    return {name: counts[plain(name)] for name in corpus["classes"] if plain(name) in counts}


TRAINED = ("balanced", "unbalanced")  # tables of training clips, where all labels are used
ROWS = {"balanced": 22_160, "unbalanced": 2_041_789, "eval": 20_371}  # clips in each table
SEGMENTS = {
    "balanced": Remote(
        "audioset/balanced_train_segments.csv",
        (f"https://{HOST}/balanced_train_segments.csv",),
        "sha256:3b83e5ff9ed72cfda37d4e36ce08250e107c1ea70f109f6ab6668ac200db5e94",
        bytes=1_211_931,
    ),
    "unbalanced": Remote(  # no checksum of this one was ever seen: its header's count is compared
        "audioset/unbalanced_train_segments.csv",
        (f"https://{HOST}/unbalanced_train_segments.csv",),
        approximate_bytes=101_000_000,
    ),
    "eval": Remote(
        "audioset/eval_segments.csv",
        (f"https://{HOST}/eval_segments.csv",),
        "sha256:f7055f53935f70e74e39494a5c8c4c78f1700fce275028bd36e31186f33d45db",
        bytes=1_143_389,
    ),
}
