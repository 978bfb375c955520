"""Statistics of study 1 about accuracies over layers: functions from tables to an estimate.

Unless a keyword says otherwise they are about the trained network, whole clips, the thesis's folds
and the k-nearest-neighbour probe, at the k whose peak over layers is best (thesis section 2.2.3).
Accuracies run from 0 to 1, layers are counted from 1.
"""

import numpy as np
from scipy.stats import rankdata

from tonotopy.evidence import ranges
from tonotopy.evidence.claims import Estimate, NotRun
from tonotopy.evidence.orders import kth_largest, least, over_size
from tonotopy.studies.hierarchy.statistics.centres import CNNS
from tonotopy.studies.hierarchy.statistics.tables import Decoded, HierarchyTables

AST_LAYERS = 12


@ranges.signed_share
def depth_trend(tables: HierarchyTables, network: str, task: str) -> Estimate:
    """Rank correlation (Spearman) of accuracy and depth: -1 falls, 1 rises with every layer.

    Noise draws it towards 0: the interval errs to that side.
    """

    def trend(a):
        ranks = rankdata(a.round(12), axis=1)
        depths = np.arange(a.shape[1]) - (a.shape[1] - 1) / 2
        ranks -= ranks.mean(axis=1, keepdims=True)
        scale = np.sqrt((ranks**2).sum(axis=1) * (depths**2).sum())
        return (ranks @ depths) / np.where(scale > 0, scale, np.nan)

    return tables.over(trend, tables.profile(network, task, 3))


@ranges.signed_share
def rise(tables: HierarchyTables, network: str, task: str, layer: int) -> Estimate:
    """Accuracy of a layer that the thesis names minus that of the one before (section 2.2.3)."""
    part = tables.profile(network, task, layer)
    return tables.over(lambda a: a[:, layer - 1] - a[:, layer - 2], part)


@ranges.within(-1, np.inf)
def early_above_chance(tables: HierarchyTables, network: str, task: str) -> Estimate:
    """Mean accuracy of the first third of the layers over chance, minus 1: 0 is at chance."""
    part = tables.profile(network, task, 3)
    return tables.over(lambda a: a[:, : a.shape[1] // 3].mean(axis=1) / part.chance - 1, part)


@ranges.within(-1, np.inf)
def worst_above_chance(tables: HierarchyTables, network: str, task: str) -> Estimate:
    """Accuracy of the least accurate layer over chance, minus 1: 0 is at chance (2.3.3)."""
    part = tables.decoded(network, task)
    order = least(part.accuracies / part.chance - 1, tables.bootstrap.confidence)
    return tables.ordered(order, part)


@ranges.within(-2, 1)
def flatter_than_cnns(
    tables: HierarchyTables, network: str, task: str, share: float = 0.5
) -> Estimate:
    """A share of the CNNs' rise over depth minus the network's, whichever way it goes (2.3.3).

    The rise is the mean accuracy of the last third of the layers minus that of the first; the CNNs'
    is the mean over them. Above 0 where the network's, in either direction, is less than ``share``
    of it: an equivalence test whose bound is the CNNs' effect.
    """
    cnns = [name for name in tables.networks(list(CNNS)) if name != network]
    parts = [tables.profile(name, task, 3) for name in (network, *cnns)]
    own, *theirs = (_late_minus_early(part.accuracies) for part in parts)
    bound = share * np.mean(theirs, axis=0)
    return tables.ordered(over_size(bound, own, tables.bootstrap.confidence), *parts)


@ranges.signed_share
def dip(tables: HierarchyTables, network: str, task: str) -> Estimate:
    """The lower of layers 7 and 10 minus the mean of layers 8 and 9 of an AST (figure 2.4).

    Above 0 where accuracy falls into layers 8 and 9 and rises out of them.
    """
    part = _twelve_layers(tables, network, task)
    return tables.ordered(least(_sides_of_dip(part), tables.bootstrap.confidence), part)


@ranges.signed_share
def recovery(tables: HierarchyTables, network: str, task: str) -> Estimate:
    """Mean accuracy of layers 10 to 12 minus that of layers 8 and 9 of an AST (figure 2.4)."""
    return tables.over(
        lambda a: a[:, 9:].mean(axis=1) - a[:, 7:9].mean(axis=1),
        _twelve_layers(tables, network, task),
    )


@ranges.signed_share
def dip_on_most(tables: HierarchyTables, network: str) -> Estimate:
    """The dip of the middle task: above 0 where more than half of the tasks dip (2.3.3).

    The k-th largest `dip` of n tasks, where k is the least number above n / 2.
    """
    parts = [_twelve_layers(tables, network, task) for task in tables.tasks()]
    dips = np.stack([_sides_of_dip(part).min(axis=1) for part in parts], axis=1)
    order = kth_largest(dips, len(parts) // 2 + 1, tables.bootstrap.confidence)
    return tables.ordered(order, *parts)


def share_lost(tables: HierarchyTables, network: str, task: str, **keys) -> Estimate:
    """Share of the accuracy above chance that a variant named by ``keys`` loses (below 1).

    Means over layers. ``length: second`` is figure 2.3; ``folds: grouped`` is what the thesis's
    folds gain by a speaker, song or artist on both sides.
    """
    parts = tables.decoded(network, task), tables.decoded(network, task, **keys)

    def lost(whole, other):
        above = whole.mean(axis=1) - parts[0].chance
        return (whole - other).mean(axis=1) / np.where(above > 0, above, np.nan)

    return tables.over(lost, *parts)


@ranges.within(-2, 2)
def truncation_saturation(tables: HierarchyTables, network: str, task: str) -> Estimate:
    """Loss by truncation in the last third of the layers minus that in the first (figure 2.3)."""
    parts = tables.profile(network, task, 3), tables.decoded(network, task, length="second")
    return tables.over(lambda whole, second: _late_minus_early(whole - second), *parts)


def _late_minus_early(a: np.ndarray) -> np.ndarray:
    third = a.shape[1] // 3
    return a[:, -third:].mean(axis=1) - a[:, :third].mean(axis=1)


def _sides_of_dip(part: Decoded) -> np.ndarray:
    return part.accuracies[:, [6, 9]] - part.accuracies[:, 7:9].mean(axis=1, keepdims=True)


def _twelve_layers(tables, network: str, task: str) -> Decoded:
    part = tables.decoded(network, task)
    if len(part.right) != AST_LAYERS:
        raise NotRun(f"{network} has {len(part.right)} layers, not the AST's {AST_LAYERS}")
    return part
