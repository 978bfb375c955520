"""The 527 classes of AudioSet (Gemmeke et al. 2017), in the order of a published network's outputs.

``lists/audioset-classes.csv`` is AudioSet's class_labels_indices.csv as Google publishes it
(https://storage.googleapis.com/us_audioset/youtube_corpus/v1/csv/class_labels_indices.csv):
columns index, mid, display_name. Its names are those of AudioSet's ontology, CC BY-SA 4.0
(https://github.com/audioset/ontology); AudioSet's label files are CC BY 4.0.
"""

import csv
from pathlib import Path

LIST = Path(__file__).parents[1] / "lists/audioset-classes.csv"


def class_names() -> list[str]:
    """Return the display names of all classes, by index."""
    with LIST.open(encoding="utf-8", newline="") as file:
        return [row["display_name"] for row in csv.DictReader(file)]


def names_by_mid() -> dict[str, str]:
    """Return the display names of all classes by the machine ids that segment tables have."""
    with LIST.open(encoding="utf-8", newline="") as file:
        return {row["mid"]: row["display_name"] for row in csv.DictReader(file)}
