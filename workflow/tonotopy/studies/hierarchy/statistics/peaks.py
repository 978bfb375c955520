"""Statistics of study 1 about the most accurate layers: none is chosen on what it is judged by.

Layers are counted from 1 as the thesis does. Accuracies run from 0 to 1 and are those at the k
whose peak over layers is best (thesis section 2.2.3); see `orders` for the intervals.
"""

import numpy as np

from tonotopy.evidence import ranges
from tonotopy.evidence.claims import Estimate, NotRun
from tonotopy.evidence.orders import Order, best_over_best
from tonotopy.evidence.tables import middle_third
from tonotopy.studies.hierarchy.profiles import relative_depth
from tonotopy.studies.hierarchy.statistics.tables import Decoded, HierarchyTables


@ranges.signed_share
def first_is_best(tables: HierarchyTables, network: str, task: str) -> Estimate:
    """Accuracy of the first layer minus that of the best other one (figures 2.1 and 2.4)."""
    part = tables.profile(network, task, 2)
    return _between(tables, part, slice(0, 1), slice(1, None))


@ranges.signed_share
def last_is_best(tables: HierarchyTables, network: str, task: str, last: int = 1) -> Estimate:
    """Best accuracy of the last layers minus the best of those before (figures 2.1 and 2.4)."""
    part = tables.profile(network, task, last + 1)
    return _between(tables, part, slice(-last, None), slice(None, -last))


@ranges.signed_share
def named_peak(tables: HierarchyTables, network: str, task: str, layer: int) -> Estimate:
    """Accuracy of a layer minus the best of its neighbours and of both ends (2.1 and 2.4).

    Args:
        tables: of the study.
        network: name of the network.
        task: name of the task.
        layer: the layer that the thesis names, counted from 1; no end.
    """
    part = tables.profile(network, task, layer + 1)
    others = sorted({0, layer - 2, layer, len(part.right) - 1})
    return _between(tables, part, [layer - 1], others)


@ranges.signed_share
def later_is_best(tables: HierarchyTables, network: str, task: str) -> Estimate:
    """Best accuracy of the layers beyond half of the depth minus the best of the others."""
    part = tables.profile(network, task, 3)
    later = relative_depth(len(part.right)) > 0.5
    return _between(tables, part, later, ~later)


@ranges.signed_share
def middle_over_ends(tables: HierarchyTables, network: str, task: str) -> Estimate:
    """Accuracy of the best middle-third layer minus that of the better end (figure 2.1)."""
    part = tables.profile(network, task, 3)
    return _between(tables, part, middle_third(len(part.right)), [0, -1])


@ranges.at_least_0
def middle_below_peak(tables: HierarchyTables, network: str, task: str) -> Estimate:
    """By how much the middle third stays below the best layer (figure 2.4).

    Best accuracy of all layers minus the best of the middle third, as a share of what the best
    layer has above chance: 0 to 1.
    """
    part = tables.profile(network, task, 3)
    middle = part.accuracies[:, middle_third(len(part.right))]
    order = best_over_best(middle, part.accuracies, tables.bootstrap.confidence)
    peak = part.accuracies[0].max() - part.chance
    if peak <= 0:
        raise NotRun(f"no layer of {network} is above chance on {task}")
    return tables.ordered(Order(*(-np.array(x) / peak for x in _reversed(order))), part)


@ranges.within(-2, 2)
def largest_rise_at(tables: HierarchyTables, network: str, task: str, layer: int) -> Estimate:
    """Rise of accuracy into a layer minus the largest other rise (section 2.2.3).

    Args:
        tables: of the study.
        network: name of the network.
        task: name of the task.
        layer: that the thesis names, counted from 1; not the first.
    """
    part = tables.profile(network, task, max(layer, 3))
    rises = np.diff(part.accuracies, axis=1)
    own = np.arange(rises.shape[1]) == layer - 2
    return _ordered(tables, rises[:, own], rises[:, ~own], part)


@ranges.signed_share
def peak_difference(
    tables: HierarchyTables, network: str, task: str, than: dict, **keys
) -> Estimate:
    """Best layer's accuracy minus that of the variant ``than``, each at its own best k and layer.

    ``than: {copy: untrained}`` is what training adds.
    """
    parts = tables.decoded(network, task, **keys), tables.decoded(network, task, **than)
    return _ordered(tables, parts[0].accuracies, parts[1].accuracies, *parts)


def _between(tables: HierarchyTables, part: Decoded, layers, others) -> Estimate:
    return _ordered(tables, part.accuracies[:, layers], part.accuracies[:, others], part)


def _ordered(tables, first: np.ndarray, second: np.ndarray, *parts: Decoded) -> Estimate:
    return tables.ordered(best_over_best(first, second, tables.bootstrap.confidence), *parts)


def _reversed(order: Order) -> tuple:
    """The parts of an order whose sign is about to change."""
    return order.value, order.high, order.low, order.draws
