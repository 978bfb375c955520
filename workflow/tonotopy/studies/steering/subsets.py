"""Which clips a sweep steers: drawn by the seed, equally many of every class."""

import numpy as np

from tonotopy.corpora.schema import Corpus
from tonotopy.seeding import generator


def chosen_clips(corpus: Corpus, split: str, at_most: int | None, seed: int) -> np.ndarray:
    """Return the positions of a split's clips, or of a class-balanced draw of them, ascending.

    A smaller draw is part of every larger one of the same seed, so that sweeps of different sizes
    share their clips.

    Args:
        corpus: with one label per clip.
        split: train, validation or test.
        at_most: about how many, at least one of every class; None for all.
        seed: seed of the run.

    Raises:
        InputError: the corpus has no clip in that split.
    """
    indices = corpus.indices(split)
    if at_most is None or at_most >= len(indices):
        return indices
    order = generator(seed, "steered clips", corpus.name, split).permutation(indices)
    labels = corpus.labels[order]
    share = max(1, at_most // len(np.unique(labels)))
    return np.sort(np.concatenate([order[labels == c][:share] for c in np.unique(labels)]))
