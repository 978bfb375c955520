"""One training is one observation: how much networks differ that nothing but chance tells apart.

Where a network has fewer trainings than a spread is known from, that of networks with random
weights stands for it: without it, every second random network would differ from the others beyond
an interval over clips alone.
"""

import numpy as np
from scipy.stats import norm, t

from tonotopy.evidence.claims import NotRun
from tonotopy.evidence.networks import Means
from tonotopy.evidence.trainings import FEWEST
from tonotopy.studies.similarity.statistics.tables import SimilarityTables


def with_spread(tables: SimilarityTables, first: Means, second: Means, copies: np.ndarray) -> Means:
    """Return the first of two means that are compared, its resamples moved as trainings would.

    For each of the two that comes from fewer than `trainings.FEWEST` trainings, resamples are moved
    by normal deviates with the standard deviation of random copies, as a mean of so many trainings
    has it, and widened as Student's distribution asks for with so few copies.

    Args:
        tables: source of the random stream.
        first: of the trained network.
        second: of what it is compared with; random copies themselves have no trainings.
        copies: the same of every random copy, from the data, shape (copies,).

    Raises:
        NotRun: there are fewer than two random copies.
    """
    if len(copies) < 2:
        raise NotRun("one random copy does not tell how much networks differ from one another")
    counts = [m.trainings for m in (first, second) if m.trainings and m.trainings < FEWEST]
    tail = 0.5 + tables.bootstrap.confidence / 2
    student = t.ppf(tail, len(copies) - 1) / norm.ppf(tail)
    scale = student * np.std(copies, ddof=1) * np.sqrt(sum(1 / count for count in counts))
    rng = tables.bootstrap.generator(tables.STREAM, "lone")
    moved = scale * rng.standard_normal(tables.bootstrap.resamples)
    return first._replace(values=first.values + np.concatenate([[0.0], moved]))
