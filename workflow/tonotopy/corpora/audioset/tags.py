"""AudioSet as a tagging corpus: the clips with all of their 527 labels, as a table.

Training clips are those of the balanced and of the unbalanced table, test clips those of the
evaluation table. A tenth of the training clips, drawn table by table, is for validation (Yadav
2022, section 4.3.3, holds out as many of the unbalanced ones). Labels are taken as they are.
"""

from collections.abc import Iterable

import numpy as np
import pandas as pd

from tonotopy.corpora.audioset.classes import names_by_mid
from tonotopy.corpora.audioset.labels import TAGS, TRAINED
from tonotopy.corpora.audioset.segments import Tagged
from tonotopy.corpora.audioset.tables import CLIP_COLUMNS
from tonotopy.seeding import generator

SEPARATOR = "|"  # between the labels of a clip; no label has it in its name
HELD_OUT = 0.1  # share of the training clips that are for validation


def tag_table(segments: Iterable[Tagged], seed: int) -> pd.DataFrame:
    """Return the clips that have a label: columns CLIP_COLUMNS, sorted by video.

    Args:
        segments: rows of the segment tables; the first segment of a video wins, and labels that are
            none of the 527 are passed over.
        seed: of the draw of validation clips.

    Returns:
        task is "tags", label has the display names of a clip's labels, joined by SEPARATOR.
    """
    names, known = names_by_mid(), {}
    rows = {}
    for segment in segments:
        labels = SEPARATOR.join(names[mid] for mid in segment.mids if mid in names)
        if labels and segment.video not in rows:
            labels = known.setdefault(labels, labels)  # clips share the text of equal labels
            rows[segment.video] = (segment.start, segment.end, segment.source, TAGS, labels)
    videos = sorted(rows)
    table = pd.DataFrame([(v, *rows[v], "test") for v in videos], columns=CLIP_COLUMNS)
    for source in TRAINED:
        places = np.flatnonzero(table["source"] == source)
        order = generator(seed, "validation of AudioSet", source).permutation(places)
        held_out = round(HELD_OUT * len(order))
        table.loc[order[:held_out], "split"] = "validation"
        table.loc[order[held_out:], "split"] = "train"
    return table


def counted(table: pd.DataFrame) -> str:
    """Return how many clips each split has of each source, as text."""
    counts = table.groupby(["split", "source"], sort=False).size()
    return "\n".join(f"{split}: {n:,} clips, {source}" for (split, source), n in counts.items())
