"""Accuracy, conservation, planted subspaces, randomised weights: is the method what it seems?"""

import numpy as np

from tonotopy.evidence import ranges
from tonotopy.evidence.claims import Estimate, NotApplicable
from tonotopy.evidence.trainings import widening
from tonotopy.studies.relevance.statistics.proportions import proportion
from tonotopy.studies.relevance.statistics.tables import RelevanceTables

ENDS = {"first": min, "last": max}


@ranges.share
def accuracy(tables: RelevanceTables, role: str = "test") -> Estimate:
    """Share of clips that the network answers rightly, 0 to 1.

    Args:
        tables: predictions.
        role: ``test`` clips, or those ``explained``.
    """
    clips = tables.clips("predictions", role=role)
    grid = tables.grid("predictions", "right", clips=clips, role=role)
    return tables.over(proportion(clips, grid.values), clips)


def conservation_error(tables: RelevanceTables, network: str) -> Estimate:
    """Largest share of relevance that is lost or made on the way to the input, over all clips.

    Args:
        tables: conservation.
        network: ``bias-free``, or ``whole``, where what biases and stabilisers took is added.
    """
    rows = tables.rows("conservation", network=network)
    if rows["biases"].isna().all():
        raise NotApplicable("the network is no chain of layers: what its biases took is not known")
    return _largest(tables, rows)


def sums_error(tables: RelevanceTables) -> Estimate:
    """Largest difference of summed components from the standard heatmap, over its largest cell.

    Of all clips, methods, layers and numbers of components (equation 4.3).
    """
    return _largest(tables, tables.table("sums"))


def _largest(tables: RelevanceTables, rows) -> Estimate:
    """Return the largest error; one that is not finite counts as 1, all of the relevance."""
    errors = rows["error"].to_numpy(dtype=float)
    return tables.exact(np.where(np.isfinite(errors), errors, 1.0).max(), rows["group"].nunique())


@ranges.share
def planted_cosine(tables: RelevanceTables, method: str = "drsa", width: int = 64) -> Estimate:
    """Mean cosine of the principal angles between known subspaces and those found, 0 to 1.

    Args:
        tables: planted.
        method: drsa, dsa or pca.
        width: number of channels.
    """
    rows = tables.rows("planted", method=method, width=width)
    cosines = rows.groupby("draw")["cosine"].mean().to_numpy()
    deviations = tables.weights(len(cosines), "planted") @ cosines - cosines.mean()
    draws = cosines.mean() + widening(len(cosines), tables.bootstrap.confidence) * deviations
    return tables.estimate(cosines.mean(), draws, len(cosines), unit="planted subspace")


@ranges.signed_share
def heatmap_correlation(
    tables: RelevanceTables, step: str = "last", than: str | None = None
) -> Estimate:
    """Rank correlation of heatmaps with those of a network whose weights are random, -1 to 1.

    Mean over clips, of which there may be one of each class.

    Args:
        tables: randomisation.
        step: ``first``: the output layer is random; ``last``: all layers are.
        than: another step, whose correlation is taken away.
    """
    steps = tables.table("randomisation")["step"]
    means = []
    for end in (step, than) if than else (step,):
        grid = tables.grid("randomisation", "correlation", step=ENDS[end](steps))
        means.append(grid.clips.means(grid.values))
    value = means[0] - means[1] if than else means[0]
    return tables.over(value, grid.clips)
