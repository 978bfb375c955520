"""Features read from layers by held-out probes, and how well the networks know their classes.

The score of a probe is R2: 1 minus the sum of squared errors over the sum of squares about the
training folds' mean, over all clips. Groups of clips are resampled, and copies where there are
three or more. A layer is named, or is the ``first`` or the ``deepest`` one; the input is on that
layer's grid.
"""

from collections.abc import Sequence

import numpy as np

from tonotopy.evidence.claims import Estimate
from tonotopy.evidence.networks import Means, difference, quotient
from tonotopy.evidence.tables import one_third
from tonotopy.studies.similarity.statistics.tables import SimilarityTables


def scores(
    tables: SimilarityTables, network: str, copy: str, target: str, layers: Sequence[str]
) -> Means:
    """Return R2 at layers, (1 + resamples, layers); nan where the target does not vary.

    Raises:
        NotRun: the feature was not read from one of the layers.
    """
    about = {"network": network, "copy": copy, "target": target}
    axes = {"layer": list(layers)}
    error, total = (
        tables.means("probes", column, "group", axes, **about) for column in ("error", "total")
    )
    return error._replace(values=1 - quotient(error.values, total.values))


def _at(tables: SimilarityTables, network: str, copy: str, target: str, layer: str) -> Means:
    means = scores(tables, network, copy, target, [tables.layer(layer, network)])
    return means._replace(values=means.values[:, 0])


def probe_score(
    tables: SimilarityTables,
    network: str,
    target: str,
    layer: str = "deepest",
    copy: str = "trained",
) -> Estimate:
    """R2 of a feature that is read from a layer.

    Args:
        tables: probes.
        network: name of the network.
        target: what is read.
        layer: see above.
        copy: trained, random, unheard or input.
    """
    means = _at(tables, network, copy, target, layer)
    return tables.over(means.values, len(means.units))


def probe_difference(
    tables: SimilarityTables, network: str, target: str, than: str, layer: str = "deepest"
) -> Estimate:
    """R2 of a feature that is read from a layer of the trained network, minus that of a null.

    Args:
        tables: probes.
        network: name of the network.
        target: what is read.
        than: random, unheard or input.
        layer: see above.
    """
    pair = (_at(tables, network, copy, target, layer) for copy in ("trained", than))
    return difference(tables, *pair)


def probe_deepening(tables: SimilarityTables, network: str, target: str, than: str) -> Estimate:
    """R2 of a feature over that of a null, last third of the layers minus first third (means).

    Deeper layers have fewer columns, to which the feature is averaged, so that it is another one at
    every depth. The null is read on the same grids.

    Args:
        tables: probes.
        network: name of the network.
        target: what is read.
        than: random, unheard or input.
    """

    def change(copy: str) -> Means:
        layers = tables.layers(network)
        third = one_third(len(layers))
        means = scores(tables, network, copy, target, [*layers[:third], *layers[-third:]])
        first, last = np.split(means.values, 2, axis=1)
        return means._replace(values=last.mean(axis=1) - first.mean(axis=1))

    return difference(tables, change("trained"), change(than))


def accuracy(tables: SimilarityTables, network: str, copy: str = "trained") -> Estimate:
    """Share of test clips whose class the network names; groups of clips are resampled.

    Args:
        tables: answers.
        network: name of the network.
        copy: trained, on the corpus that is heard, or unheard, on its own.
    """
    about = {"network": network, "copy": copy}
    means = tables.means("answers", lambda rows: rows.predicted == rows.label, "group", **about)
    return tables.over(means.values, len(means.units))
