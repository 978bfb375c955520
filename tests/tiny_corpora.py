"""Corpora of a few short clips, for tests of the format and of checksums."""

import numpy as np

from tonotopy.corpora.schema import Corpus
from tonotopy.corpora.writer import CorpusWriter


def tone(clip: int, samples: int = 50) -> np.ndarray:
    return 0.5 * np.sin(0.1 * (clip + 1) * np.arange(samples))


def write(path, clips=12, groups=None, splits=None):
    with CorpusWriter(path, ["a", "b"], 8000, 50, {"licence": "none"}) as writer:
        for i in range(clips):
            split = splits[i] if splits else ("train", "train", "validation", "test")[i % 4]
            writer.add(f"c{i}", tone(i), "ab"[i % 2], split, groups[i] if groups else None)
        writer.drop("broken", "cannot be read")
        writer.attach("facts.csv", "x\n1\n")
    return Corpus(path)
