"""Random bases, which are drawn too: a few of all that there are.

What one scores differs from base to base, often by more than clips make it differ. Comparisons
with random bases are therefore uncertain by that as well: their mean by its standard error; what is
itself one choice of subspaces, by how much one more random base may differ from those that were
drawn.
"""

import numpy as np

from tonotopy.evidence.claims import NotRun
from tonotopy.studies.relevance.statistics.tables import RelevanceTables


def mean_of_bases(
    tables: RelevanceTables, scores: np.ndarray, *names: str, one_more: bool = False
) -> np.ndarray:
    """Return the mean score of random bases and of classes, with draws over clips and bases.

    Args:
        tables: whose random stream is used.
        scores: shape (1 + resamples, classes, bases), the data in row 0; bases of a class are
            independent draws.
        names: tell the random stream from others.
        one_more: whether it is as uncertain as the score of one more base of each class: what is
            compared with it may be no more than that.

    Returns:
        Shape (1 + resamples,).

    Raises:
        NotRun: there is one base, whose spread is not known.
    """
    share = one_more + 1 / scores.shape[2]
    return scores.mean(axis=(1, 2)) + _noise(tables, scores, share, *names)


def best_of_bases(tables: RelevanceTables, scores: np.ndarray, *names: str) -> np.ndarray:
    """Return the mean over classes of each class's best base, with draws; arguments as above.

    The best is chosen anew in each resample, and is as uncertain as the score of one more base of
    each class. No draw is below the mean of the classes' worst bases.
    """
    noise = _noise(tables, scores, 1 + 1 / scores.shape[2], *names)
    return np.maximum(scores.max(axis=2).mean(axis=1) + noise, scores[0].min(axis=1).mean())


def _noise(tables: RelevanceTables, scores: np.ndarray, share: float, *names) -> np.ndarray:
    """Return Student's deviations of the mean over classes, whose variance is a share of bases'."""
    classes, bases = scores.shape[1:]
    if bases < 2:
        raise NotRun("one random base has no spread: two or more are needed")
    variance = scores[0].var(axis=1, ddof=1).sum() / classes**2
    rng = tables.bootstrap.generator("relevance", "bases", *names)
    drawn = rng.standard_t(classes * (bases - 1), len(scores) - 1)
    return np.concatenate([[0.0], np.sqrt(share * variance) * drawn])
