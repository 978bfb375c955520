"""Are subspaces a class's own? Heatmaps of a class split by the subspaces of others (figure 4.10).

Gains are equation 4.5: the area of the standard heatmap minus that of the components, higher is
better; averaged over the clips of the class whose explanation is split, the ``attributed`` one.
"""

import numpy as np

from tonotopy.evidence.claims import Estimate, NotApplicable, NotRun
from tonotopy.studies.relevance.statistics.extremes import highest, lead, pairwise_lead
from tonotopy.studies.relevance.statistics.tables import Clips, RelevanceTables

AGAINST = {"largest": lambda gains: gains, "mean": lambda gains: gains.mean(axis=1, keepdims=True)}


def _gains(tables: RelevanceTables, area: str) -> tuple[Clips, np.ndarray]:
    """Return gains, (1 + resamples, attributed, subspaces): classes in one order twice."""
    clips, values, (subspaces,) = tables.grid("exchanged", area, ("subspaces",), **tables.shown())
    if subspaces != clips.classes:
        raise NotRun("the classes that are split are not those whose subspaces split them")
    return clips, clips.label_means(values)


def _index(clips: Clips, *names: str) -> list[int]:
    missing = [name for name in names if name not in clips.classes]
    if missing:
        raise NotApplicable(f"subspaces of {' and '.join(missing)} are not exchanged")
    return [clips.classes.index(name) for name in names]


def _others(clips: Clips, *indices: int) -> list[int]:
    others = [index for index in range(len(clips.classes)) if index not in indices]
    if not others:
        raise NotRun("no other class is left to compare with")
    return others


def own_over_others(tables: RelevanceTables, attributed: str, area: str = "share") -> Estimate:
    """Gain by a class's own subspaces minus the largest gain by those of another.

    Above 0 where the diagonal is the highest of the row.

    Args:
        tables: exchanged.
        attributed: the class whose heatmaps are split.
        area: share, step or printed.
    """
    clips, gains = _gains(tables, area)
    (own,) = _index(clips, attributed)
    return tables.over(lead(gains[:, own], own), clips, clips.count(clips.of(attributed)))


def largest_own(
    tables: RelevanceTables, classes: list[str], against: str = "largest", area: str = "share"
) -> Estimate:
    """Smallest gain of some classes, each by its own subspaces, minus that of the others.

    Args:
        tables: exchanged.
        classes: that are claimed to gain most.
        against: the ``largest`` gain of the others, or their ``mean``.
        area: share, step or printed.
    """
    clips, gains = _gains(tables, area)
    named, diagonal = _index(clips, *classes), np.diagonal(gains, axis1=1, axis2=2)
    others = AGAINST[against](diagonal[:, _others(clips, *named)])
    return tables.over(pairwise_lead(diagonal[:, named], others), clips)


def own_share(tables: RelevanceTables, attributed: str, area: str = "share") -> Estimate:
    """A class's gain by its own subspaces as a share of the mean gain of other classes by theirs.

    Arguments as for `own_over_others`.

    Raises:
        NotRun: the other classes gain nothing.
    """
    clips, gains = _gains(tables, area)
    (own,) = _index(clips, attributed)
    share = _relative(clips, gains[:, own, own], gains, own)
    return tables.over(share, clips)


def row_share(tables: RelevanceTables, attributed: str, area: str = "share") -> Estimate:
    """Largest gain or loss of a class by any subspaces, as a share as in `own_share`.

    Near 0 where nothing in the class's row improves on its standard heatmap.
    """
    clips, gains = _gains(tables, area)
    (own,) = _index(clips, attributed)
    shares = _relative(clips, np.abs(gains[:, own]), gains, own)
    return tables.over(highest(shares), clips)


def subspaces_difference(
    tables: RelevanceTables,
    attributed: str,
    first: str,
    second: str,
    area: str = "share",
    relative: bool = False,
) -> Estimate:
    """Gain of a class by the subspaces of one class minus that by those of another.

    Args:
        tables: exchanged.
        attributed: the class whose heatmaps are split.
        first: class of the subspaces.
        second: likewise.
        area: share, step or printed.
        relative: whether as a share of the mean gain of other classes by their own subspaces.
    """
    clips, gains = _gains(tables, area)
    own, one, two = _index(clips, attributed, first, second)
    value = gains[:, own, one] - gains[:, own, two]
    if relative:
        return tables.over(_relative(clips, value, gains, own), clips)
    return tables.over(value, clips, clips.count(clips.of(attributed)))


def responds_most(
    tables: RelevanceTables, attributed: str, subspaces: list[str], area: str = "share"
) -> Estimate:
    """Smallest gain of a class by some foreign subspaces minus the largest by the other foreign.

    Above 0 where the named ones serve it best, its own left out.

    Args:
        tables: exchanged.
        attributed: the class whose heatmaps are split.
        subspaces: classes of the subspaces.
        area: share, step or printed.
    """
    clips, named, others = _foreign(tables, attributed, subspaces, area)
    value = pairwise_lead(named, others)
    return tables.over(value, clips, clips.count(clips.of(attributed)))


def responds_least(
    tables: RelevanceTables, attributed: str, subspaces: list[str], area: str = "share"
) -> Estimate:
    """Largest gain of a class by some foreign subspaces minus the smallest by the other foreign.

    Below 0 where the named ones serve it least; arguments as for `responds_most`.
    """
    clips, named, others = _foreign(tables, attributed, subspaces, area)
    value = -pairwise_lead(-named, -others)
    return tables.over(value, clips, clips.count(clips.of(attributed)))


def _foreign(tables, attributed, subspaces, area) -> tuple[Clips, np.ndarray, np.ndarray]:
    clips, gains = _gains(tables, area)
    own, *named = _index(clips, attributed, *subspaces)
    row = gains[:, own]
    return clips, row[:, named], row[:, _others(clips, own, *named)]


def _relative(clips: Clips, value: np.ndarray, gains: np.ndarray, own: int) -> np.ndarray:
    diagonal = np.diagonal(gains, axis1=1, axis2=2)[:, _others(clips, own)].mean(axis=1)
    if diagonal[0] <= 0:
        raise NotRun("other classes gain nothing by their own subspaces")
    usual = diagonal.reshape(-1, *[1] * (value.ndim - 1))
    return np.divide(value, usual, out=np.full(value.shape, np.nan), where=usual > 0)
