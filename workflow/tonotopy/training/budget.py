"""Which training clips are learned from where labels are few."""

from collections.abc import Iterator
from itertools import cycle, islice

import numpy as np

from tonotopy.corpora.schema import Corpus
from tonotopy.errors import InputError
from tonotopy.seeding import generator


def budgeted(corpus: Corpus, labels: int | None, seed: int) -> np.ndarray:
    """Return the positions of the training clips that are learned from, ascending.

    They are spread evenly over the classes: round by round every class, in a drawn order, adds the
    next of its clips, in a drawn order, that none has added yet. A class that has no clip left is
    passed over. Clips that have no class count as a class of their own. A smaller number of clips
    is a subset of a larger one.

    Args:
        corpus: with one label or several per clip.
        labels: number of clips; None for all of the training split.
        seed: of the training.

    Returns:
        int64 (labels,).

    Raises:
        InputError: the training split has fewer clips.
    """
    available = corpus.indices("train")
    if labels is None:
        return available
    if labels > len(available):
        raise InputError(
            f"training.labels: {labels} clips are asked for, but the training split of corpus "
            f"{corpus.name} has {len(available)}"
        )
    rng = generator(seed, "labels")
    queues = [iter(rng.permutation(clips)) for clips in _by_class(corpus, available)]
    queues = [queues[i] for i in rng.permutation(len(queues))]
    return np.sort(_round_by_round(queues, labels))


def _by_class(corpus: Corpus, positions: np.ndarray) -> list[np.ndarray]:
    """Return the positions that have each class, and those that have none."""
    member = corpus.targets[positions]
    with_none = np.column_stack([member, ~member.any(axis=1)])
    return [positions[column] for column in with_none.T if column.any()]


def _round_by_round(queues: list[Iterator[int]], count: int) -> np.ndarray:
    """Return ``count`` different clips, one from each queue in turn; the queues have as many."""
    taken: set[int] = set()
    for queue in cycle(queues):
        if len(taken) == count:
            break
        taken.update(islice((int(clip) for clip in queue if clip not in taken), 1))
    return np.fromiter(taken, dtype=np.int64, count=count)
