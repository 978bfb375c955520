"""What codes tell of pitch, by codebook, beside codes whose answer is known."""

import numpy as np

from tonotopy.errors import InputError
from tonotopy.evidence import ranges
from tonotopy.evidence.claims import Estimate
from tonotopy.evidence.networks import Means, difference
from tonotopy.evidence.units import clip_unit, over_means
from tonotopy.studies.partials.statistics.information import frames_of, information_share
from tonotopy.studies.partials.statistics.tables import PartialsTables


@ranges.signed_share
def information(tables: PartialsTables, network: str, book: int = 0) -> Estimate:
    """Information of a code on the semitone of the strongest partial, as a share of its entropy.

    Less that of codes of other clips, see `information.information_share`; groups of clips are
    resampled, and runs where there are three or more.

    Args:
        tables: codes.
        network: name of the network; ``known``: codes whose answer is known.
        book: number of the codebook; of ``known`` 0 is clusters of spectra in semitones, 1 one
            random code for every clip.
    """
    return over_means(tables, _information(tables, network, book))


@ranges.within(-2, 2)
def information_difference(tables: PartialsTables, network: str, book: int) -> Estimate:
    """`information` of a codebook minus that of the one before it."""
    return difference(tables, *(_information(tables, network, n) for n in (book, book - 1)))


@ranges.within(-2, 2)
def information_fall(tables: PartialsTables, network: str) -> Estimate:
    """`information` of the first codebook minus that of the last one."""
    last = int(tables.rows("codes", network=network)["book"].max())
    return difference(tables, *(_information(tables, network, n) for n in (0, last)))


def _information(tables: PartialsTables, network: str, book: int) -> Means:
    if (network, book) not in tables.informations:
        tables.informations[network, book] = _computed(tables, network, book)
    return tables.informations[network, book]


def _computed(tables: PartialsTables, network: str, book: int) -> Means:
    rows = tables.rows("codes", network=network, book=book)
    tables.refuse_twice("codes", rows)
    if (rows.groupby("clip")["group"].nunique() > 1).any():
        raise InputError(f"{tables.paths['codes']}: a clip is in two groups; make the table again")
    groups = np.unique(rows["group"].to_numpy())
    counts = tables.counts(len(groups), "group")
    number, weights = tables.trainings(rows)
    told = np.stack(
        [
            information_share(
                frames_of(rows[number == run], groups),
                counts,
                tables.bootstrap.generator(tables.STREAM, "exchanges"),
            )
            for run in range(weights.shape[1])
        ],
        axis=1,
    )
    values = (weights * told).sum(axis=1)
    return Means(values, tuple(groups), clip_unit(rows), tables.trained(rows))


@ranges.at_least_0
def used_codes(tables: PartialsTables, network: str, book: int = 0) -> Estimate:
    """Number of a codebook's codes that occur, of the run with the fewest.

    Args:
        tables: codes.
        network: name of the network.
        book: number of the codebook.
    """
    rows = tables.rows("codes", network=network, book=book)
    fewest = rows.groupby("run")["code"].nunique().min()
    about = {"unit": clip_unit(rows), "trainings": tables.trained(rows)}
    return tables.exact(fewest, rows["group"].nunique(), **about)
