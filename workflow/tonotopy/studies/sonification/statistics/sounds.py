"""Sonifications of the most active maps and their inputs: coherence, density and spectrum.

Means are over clips, of which those of a group are resampled together; networks hear the same
clips. A layer is named, or is the ``first`` or the ``deepest`` one that has maps. Columns are those
of the table `similarity`: coherence, density, live, energy, high and flatness.
"""

from collections.abc import Sequence

import numpy as np

from tonotopy.evidence import ranges
from tonotopy.evidence.claims import Estimate
from tonotopy.evidence.networks import Means, difference
from tonotopy.evidence.tables import one_third
from tonotopy.studies.sonification.statistics.tables import SonificationTables

TABLE = "similarity"


def _means(tables: SonificationTables, column, network: str, layers: Sequence[str]) -> Means:
    """Return means of a column at layers, (1 + resamples, layers)."""
    return tables.means(TABLE, column, "group", {"layer": list(layers)}, network=network)


def _at(tables: SonificationTables, column, network: str, layer: str) -> Means:
    """Return the mean of a column at one layer, (1 + resamples,)."""
    layer = tables.layer(layer, TABLE, network=network)
    means = _means(tables, column, network, [layer])
    return means._replace(values=means.values[:, 0])


@ranges.signed_share
def coherence_over_null(tables: SonificationTables, network: str, layer: str) -> Estimate:
    """Coherence of inputs with their sonifications minus that with another clip's (-1 to 1).

    Args:
        tables: similarity.
        network: name of the network.
        layer: see above.
    """
    means = _at(tables, lambda rows: rows["coherence"] - rows["null_coherence"], network, layer)
    return tables.of(means)


def level(tables: SonificationTables, column: str, network: str, layer: str) -> Estimate:
    """Mean of a column.

    Args:
        tables: similarity.
        column: see above, or null_coherence.
        network: name of the network.
        layer: see above.
    """
    means = _at(tables, column, network, layer)
    return tables.of(means)


def network_difference(
    tables: SonificationTables, column: str, network: str, than: str, layer: str = "deepest"
) -> Estimate:
    """Mean of a column in one network minus that in another, on the same clips.

    Args:
        tables: similarity.
        column: see above.
        network: name of the one.
        than: name of the other.
        layer: see above.
    """
    return difference(tables, *(_at(tables, column, name, layer) for name in (network, than)))


def network_ratio(
    tables: SonificationTables, column: str, network: str, than: str, layer: str = "deepest"
) -> Estimate:
    """Mean of a column in one network over that in another; arguments as above."""
    pair = (_at(tables, column, name, layer) for name in (network, than))
    return difference(tables, *pair, ratio=True)


def layers_difference(
    tables: SonificationTables,
    column: str,
    network: str,
    layers: Sequence[str],
    of: Sequence[str],
    than: str | None = None,
) -> Estimate:
    """Mean of a column over some layers minus that over others.

    Args:
        tables: similarity.
        column: see above.
        network: name of the network.
        layers: the ones, by name.
        of: the others, by name.
        than: a network whose difference is taken away, if any.
    """

    def change(name: str) -> Means:
        means = _means(tables, column, name, [*layers, *of])
        first, second = np.split(means.values, [len(layers)], axis=1)
        return means._replace(values=first.mean(axis=1) - second.mean(axis=1))

    return _less(tables, change, network, than)


def deepening(
    tables: SonificationTables, column: str, network: str, than: str | None = None
) -> Estimate:
    """Mean of a column over the last third of the layers minus that over the first third.

    Args:
        tables: similarity.
        column: see above.
        network: name of the network.
        than: a network whose difference is taken away, if any.
    """

    def change(name: str) -> Means:
        layers = tables.layers(TABLE, network=name)
        means, third = _means(tables, column, name, layers), one_third(len(layers))
        values = means.values[:, -third:].mean(axis=1) - means.values[:, :third].mean(axis=1)
        return means._replace(values=values)

    return _less(tables, change, network, than)


def depth_slope(
    tables: SonificationTables, column: str, network: str, than: str | None = None
) -> Estimate:
    """Change of a column's mean from one layer to the next, fitted over all layers with maps.

    Args:
        tables: similarity.
        column: see above.
        network: name of the network.
        than: a network whose slope is taken away, if any.
    """

    def slope(name: str) -> Means:
        layers = tables.layers(TABLE, network=name)
        one_third(len(layers))
        steps = np.arange(len(layers)) - (len(layers) - 1) / 2
        means = _means(tables, column, name, layers)
        return means._replace(values=means.values @ steps / (steps @ steps))

    return _less(tables, slope, network, than)


def _less(tables: SonificationTables, statistic, network: str, than: str | None) -> Estimate:
    own = statistic(network)
    if than is None:
        return tables.of(own)
    return difference(tables, own, statistic(than))
