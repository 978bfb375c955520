"""Whether networks have learned: quality of a codec's reconstructions, accuracy of a tagger."""

import numpy as np

from tonotopy.evidence import ranges
from tonotopy.evidence.claims import Estimate
from tonotopy.evidence.networks import quotient
from tonotopy.evidence.trainings import widening
from tonotopy.evidence.units import clip_unit, over_means
from tonotopy.studies.partials.statistics.tables import PartialsTables

DECIBELS = 10 / np.log(10)  # in one unit of a natural logarithm
TINY = 1e-9  # a standard error below is one of rounding


def snr(tables: PartialsTables, network: str) -> Estimate:
    """Energy of clips over that of the errors of their reconstructions, in dB.

    Mean over runs; groups of clips are resampled, and runs where there are three or more. Few
    groups may have most of the errors: the interval of groups is that of studentised resamples,
    as wide as few groups ask for, see `_studentised`.

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
    energies = np.stack(
        [
            np.bincount(cells, rows[name].to_numpy(dtype=float), shape[0] * shape[1]).reshape(shape)
            for name in ("signal", "error")
        ]
    )
    wider = widening(len(groups), tables.bootstrap.confidence)
    of_groups = _studentised(energies, tables.counts(len(groups), "group"), wider)
    of_runs = np.log(quotient(*energies.sum(axis=2)))
    values = DECIBELS * (of_groups + (weights - weights[0]) @ of_runs)
    about = {"unit": clip_unit(rows), "trainings": tables.trained(rows)}
    return tables.over(values, len(groups), **about)


def _studentised(energies: np.ndarray, counts: np.ndarray, wider: float) -> np.ndarray:
    """Return the logarithm of a ratio of sums, mean over runs, and draws for the bootstrap-t.

    Efron and Tibshirani (1993), chapter 12.5: what a resample deviates by, in its own standard
    errors (linearised), is taken from the value in those of the data. Percentiles of these draws
    are the interval's ends.

    Args:
        energies: of signal and error, shape (2, runs, groups).
        counts: how often groups are in the data (row 0) and in every resample, shape
            (1 + resamples, groups).
        wider: factor of the deviations.

    Returns:
        Shape (1 + resamples,); nan where errors are 0.
    """
    sums = energies @ counts.T
    logs = np.log(quotient(*sums)).mean(axis=0)
    signs = np.array([1.0, -1.0])[:, None, None] / energies.shape[1]
    slopes = (signs / np.where(sums > 0, sums, np.nan)).reshape(-1, len(counts))
    flat = energies.reshape(-1, energies.shape[2])
    squares = np.einsum("ig,jg,bg->bij", flat, flat, counts, optimize=True)
    variance = np.einsum("ib,bij,jb->b", slopes, squares, slopes)
    errors = np.sqrt(np.maximum(variance, 0))
    deviations = np.where(errors > TINY, (logs - logs[0]) / np.maximum(errors, TINY), 0.0)
    return np.where(np.isnan(logs), np.nan, logs[0] - wider * errors[0] * deviations)


@ranges.signed_share
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
