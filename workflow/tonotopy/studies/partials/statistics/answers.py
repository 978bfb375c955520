"""Whether networks have learned: quality of a codec's reconstructions, accuracy of a tagger."""

import numpy as np

from tonotopy.evidence.claims import Estimate
from tonotopy.evidence.networks import quotient
from tonotopy.evidence.units import clip_unit, over_means
from tonotopy.studies.partials.statistics.tables import PartialsTables


def snr(tables: PartialsTables, network: str) -> Estimate:
    """Energy of clips over that of the errors of their reconstructions, in dB.

    Mean over runs; groups of clips are resampled, and runs where there are three or more.

    Args:
        tables: reconstructions.
        network: name of a network that decodes.
    """
    rows = tables.rows("reconstructions", network=network)
    tables.refuse_twice("reconstructions", rows)
    groups, index = np.unique(rows["group"].to_numpy(), return_inverse=True)
    number, weights = tables.trainings(rows)
    shape = (weights.shape[1], len(groups))
    cells = number * shape[1] + index
    signal, error = (
        tables.counts(len(groups), "group")
        @ np.bincount(cells, rows[name].to_numpy(dtype=float), shape[0] * shape[1]).reshape(shape).T
        for name in ("signal", "error")
    )
    decibels = 10 * np.log10(quotient(signal, error))
    about = {"unit": clip_unit(rows), "trainings": tables.trained(rows)}
    return tables.over((weights * decibels).sum(axis=1), len(groups), **about)


def accuracy_over_chance(tables: PartialsTables, network: str) -> Estimate:
    """Share of clips whose class is named, minus that of the most frequent class, -1 to 1.

    The latter is what one and the same answer gets; groups of clips are resampled.

    Args:
        tables: answers.
        network: name of a network with classes.
    """
    rows = tables.rows("answers", network=network)
    means = tables.means(
        "answers",
        lambda rows: (rows["label"] == rows["predicted"]).astype(float),
        "group",
        network=network,
    )
    chance = rows.drop_duplicates("clip")["label"].value_counts(normalize=True).max()
    over_chance = means._replace(values=means.values - chance, unit=clip_unit(rows))
    return over_means(tables, over_chance)
