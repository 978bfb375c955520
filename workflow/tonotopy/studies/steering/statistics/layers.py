"""Layers: where vectors steer, and where they are like the vectors of classes."""

import numpy as np

from tonotopy.evidence import ranges
from tonotopy.evidence.claims import Estimate, NotRun
from tonotopy.evidence.orders import over_size
from tonotopy.evidence.tables import one_third
from tonotopy.evidence.trainings import widening
from tonotopy.studies.steering.statistics.slopes import slopes_by_layer
from tonotopy.studies.steering.statistics.tables import (
    TRAININGS,
    SteeringTables,
    weighted_means,
)

SUBSAMPLE = "probe subsample"


def _thirds(tables: SteeringTables, concept, target, name: str):
    """Return clips, and mean slopes of the first and of the last third of layers' vectors."""
    clips, slopes = slopes_by_layer(tables, concept, target)
    third = one_third(slopes.shape[1])
    means = weighted_means(clips.weights(tables, f"{name} {concept}"), slopes)
    return clips, means[:, :third].mean(axis=1), means[:, -third:].mean(axis=1)


def late_over_early(tables: SteeringTables, concept, target) -> Estimate:
    """One-to-all slope of the last third's vectors minus the size of the first third's (fig. 3.8).

    Early vectors that move the class downward move it, too.
    """
    clips, early, late = _thirds(tables, concept, target, "late")
    return tables.ordered(over_size(late, early, tables.bootstrap.confidence), clips)


def early_negligible(tables: SteeringTables, concept, target, share: float = 0.2) -> Estimate:
    """A share of the last third's one-to-all slope minus the size of the first third's (fig. 3.8).

    Above 0 where vectors of early layers move the class, either way, by less than ``share`` of what
    those of late layers raise it: an equivalence test whose bound is the effect itself.
    """
    clips, early, late = _thirds(tables, concept, target, "early")
    return tables.ordered(over_size(share * late, early, tables.bootstrap.confidence), clips)


def _cosines(tables: SteeringTables, concept, target, name: str) -> tuple[int, np.ndarray]:
    """Return the number of probe subsamples and cosines of layers, (1 + resamples, layers).

    Subsamples are drawn from the same clips and overlap: the error of their mean would be that of
    more subsamples of these clips. The spread is that of a single one beside it, which is what
    another draw of clips gives where a subsample holds up to half of them.
    """
    rows = tables.table("cosines")
    rows = rows[(rows["concept"] == concept) & rows["class"].isin(target)]
    if rows.empty:
        raise NotRun(f"there are no cosines of {concept}")
    wide = rows.groupby(["seed", "layer"])["cosine"].mean().unstack().to_numpy()
    seeds = len(wide)
    counts = tables.bootstrap.draw(seeds, "bootstrap", f"{name} cosines {concept}").counts
    mean = wide.mean(axis=0)
    spread = np.sqrt(seeds + 1) * widening(seeds, tables.bootstrap.confidence)
    draws = mean + spread * (counts @ wide / seeds - mean)
    return seeds, np.concatenate([mean[None], draws])


@ranges.within(-2, 2)
def early_cosine(tables: SteeringTables, concept, target) -> Estimate:
    """Cosine of concept and class vectors, first two thirds minus last third (figure 3.9)."""
    seeds, means = _cosines(tables, concept, target, "early")
    third = one_third(means.shape[1])
    draws = means[:, :-third].mean(axis=1) - means[:, -third:].mean(axis=1)
    return tables.estimate(draws[0], draws[1:], seeds, unit=SUBSAMPLE, trainings=TRAININGS)


def _strongest(tables: SteeringTables, concept, target, name: str):
    """Return clips, and the layer whose vectors steer most, in the data and in every resample.

    Raises:
        NotRun: vectors of no layer raise the class.
    """
    clips, slopes = slopes_by_layer(tables, concept, target)
    means = weighted_means(clips.weights(tables, f"{name} slopes {concept}"), slopes)
    if means[0].max() <= 0:
        raise NotRun(f"vectors of {concept} from no layer raise {' and '.join(target)}")
    return clips, means.argmax(axis=1)


def steering_after_cosine(tables: SteeringTables, concept, target) -> Estimate:
    """Layers between the highest cosine and the strongest one-to-all vector (section 3.3.2)."""
    clips, strongest = _strongest(tables, concept, target, "after")
    _, cosines = _cosines(tables, concept, target, "after")
    draws = strongest - cosines.argmax(axis=1)
    return tables.of(draws, clips, f"{clips.unit} and {SUBSAMPLE}")


@ranges.signed_share
def cosine_where_strong(tables: SteeringTables, concept, target) -> Estimate:
    """Cosine of concept and class vectors in the layer whose vectors steer most (section 3.3.2).

    The layer is chosen by slopes, which know nothing of cosines, and anew in every resample.
    """
    clips, strongest = _strongest(tables, concept, target, "where")
    _, cosines = _cosines(tables, concept, target, "where")
    draws = np.take_along_axis(cosines, strongest[:, None], axis=1)[:, 0]
    return tables.of(draws, clips, f"{clips.unit} and {SUBSAMPLE}")
