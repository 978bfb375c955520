"""Features read from layers by held-out probes, and how well the networks know their classes.

The score of a probe is R2: 1 minus the sum of squared errors over the sum of squares about the
training folds' mean, over all clips. Groups of clips are resampled, and copies where there are
three or more. Resampling clips leaves the fitted probes as they are; what these vary by is added,
see `fitting`. A layer is named, or is the ``first`` or the ``deepest`` one; the input is on that
layer's grid.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from tonotopy.evidence import ranges
from tonotopy.evidence.claims import Estimate
from tonotopy.evidence.networks import Means, difference, quotient
from tonotopy.evidence.tables import one_third
from tonotopy.evidence.units import clip_unit, over_means
from tonotopy.studies.similarity.statistics.lone import with_spread
from tonotopy.studies.similarity.statistics.tables import NETWORKS, SimilarityTables


def scores(
    tables: SimilarityTables, network: str, copy: str, target: str, layers: Sequence[str]
) -> Means:
    """Return R2 at layers, (1 + resamples, layers); nan where the target does not vary.

    Raises:
        NotRun: the feature was not read from one of the layers.
    """
    about = {"network": network, "copy": copy, "target": target}
    lost = tables.means(
        "probes",
        lambda rows: rows["error"] / rows["total"],
        "group",
        {"layer": list(layers)},
        weight="total",
        **about,
    )
    rows = tables.rows("probes", **about)
    whole = lost.values[:1]
    wide = fitting(_predictors(tables, network, copy, layers), len(lost.units))
    return lost._replace(
        values=1 - (whole + wide * (lost.values - whole)),
        unit=clip_unit(rows),
        trainings=tables.trained(copy, rows["run"]),
    )


def fitting(predictors: np.ndarray, units: int) -> np.ndarray:
    """Return how much wider intervals are as probes are fitted to few clips.

    The square is 1 + 2 p / n for p predictors and n clips: about by how much the variance of R2
    over runs of a simulation, each with its own clips and fits, exceeds that of resampled clips.

    Args:
        predictors: numbers of them, any shape.
        units: number of groups of clips.
    """
    return np.sqrt(1 + 2 * predictors / units)


def _predictors(
    tables: SimilarityTables, network: str, copy: str, layers: Sequence[str]
) -> np.ndarray:
    """Return from how many numbers of a clip probes tell: maps; of the input, see `probing`."""
    sizes = tables.rows("layers", network=network).set_index("layer").loc[list(layers)]
    numbers = 2 * sizes["input_rows"] if copy == "input" else sizes["maps"]
    return numbers.to_numpy(dtype=float)


def _at(tables: SimilarityTables, network: str, copy: str, target: str, layer: str) -> Means:
    means = scores(tables, network, copy, target, [tables.layer(layer, network)])
    return means._replace(values=means.values[:, 0])


@ranges.at_most_1
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
    return over_means(tables, _at(tables, network, copy, target, layer))


def probe_difference(
    tables: SimilarityTables, network: str, target: str, than: str, layer: str = "deepest"
) -> Estimate:
    """R2 of a feature that is read from a layer of the trained network, minus that of a null.

    Of one or two trainings, the interval is as wide as networks differ, see `lone.with_spread`.

    Args:
        tables: probes.
        network: name of the network.
        target: what is read.
        than: random, unheard or input.
        layer: see above.

    Raises:
        NotRun: the null is another network, and there are fewer than two random copies.
    """
    layers = [tables.layer(layer, network)]
    return _compared(tables, network, target, than, layers, lambda values: values[:, 0])


def probe_deepening(tables: SimilarityTables, network: str, target: str, than: str) -> Estimate:
    """R2 of a feature over that of a null, last third of the layers minus first third (means).

    Deeper layers have fewer columns, to which the feature is averaged, so that it is another one at
    every depth. The null is read on the same grids. Of one or two trainings, the interval is as
    wide as networks differ, see `lone.with_spread`.

    Args:
        tables: probes.
        network: name of the network.
        target: what is read.
        than: random, unheard or input.

    Raises:
        NotRun: the null is another network, and there are fewer than two random copies.
    """

    def change(values: np.ndarray) -> np.ndarray:
        first, last = np.split(values, 2, axis=1)
        return last.mean(axis=1) - first.mean(axis=1)

    layers = tables.layers(network)
    third = one_third(len(layers))
    ends = [*layers[:third], *layers[-third:]]
    return _compared(tables, network, target, than, ends, change)


def _compared(
    tables: SimilarityTables,
    network: str,
    target: str,
    than: str,
    layers: list[str],
    change: Callable[[np.ndarray], np.ndarray],
) -> Estimate:
    """Return what a statistic of R2 at layers, (..., layers) to (...), is more than of a null."""
    own, other = (
        means._replace(values=change(means.values))
        for means in (scores(tables, network, copy, target, layers) for copy in ("trained", than))
    )
    if than in NETWORKS:
        copies = change(_copy_scores(tables, network, target, layers))
        own = with_spread(tables, own, other, copies)
    return difference(tables, own, other)


def _copy_scores(
    tables: SimilarityTables, network: str, target: str, layers: list[str]
) -> np.ndarray:
    """Return R2 of every random copy at layers, (copies, layers)."""
    rows = tables.rows("probes", network=network, copy="random", target=target)
    sums = rows.groupby(["run", "layer"])[["error", "total"]].sum().unstack("layer")
    return 1 - quotient(*(sums[name][layers].to_numpy() for name in ("error", "total")))


@ranges.share
def accuracy(tables: SimilarityTables, network: str, copy: str = "trained") -> Estimate:
    """Share of test clips whose class the network names; groups of clips are resampled.

    To resamples two right and two wrong answers are added (Agresti and Coull, 1998): shares near 1
    would lie beyond a bound too often.

    Args:
        tables: answers.
        network: name of the network.
        copy: trained, on the corpus that is heard, or unheard, on its own.
    """
    about = {"network": network, "copy": copy}
    means = tables.means("answers", lambda rows: rows.predicted == rows.label, "group", **about)
    whole, draws, units = means.values[:1], means.values[1:], len(means.units)
    values = np.concatenate([whole, (draws * units + 2) / (units + 4)])
    unit = clip_unit(tables.rows("answers", **about))
    found = over_means(tables, means._replace(values=values, unit=unit))
    low, high = min(found.low, found.value), max(found.high, found.value)
    return replace(found, low=low, high=high)
