"""Probes: where concepts are told, and whether their vectors agree.

Probes of one concept are fitted to overlapping subsamples of the same clips, so that their number
is no number of observations. What is resampled is the test clips, permutations of labels, or
concepts.
"""

import numpy as np
import pandas as pd

from tonotopy.evidence import ranges
from tonotopy.evidence.claims import Estimate, NotRun
from tonotopy.evidence.tables import middle_third, one_third
from tonotopy.evidence.trainings import widening
from tonotopy.studies.steering.statistics.tables import (
    TRAININGS,
    Clips,
    SteeringTables,
    weighted_means,
)

CHANCE = 0.5  # of a probe that tells one concept from the rest, on as many clips of both


def middle_over_ends(scores: np.ndarray) -> np.ndarray:
    """Return the middle third of layers minus the first, or the last, third: the smaller of both.

    Means are compared, no layer is chosen: (n, layers) to (n,).

    Raises:
        NotRun: fewer than three layers have no middle.
    """
    layers = scores.shape[1]
    third = one_third(layers)
    middle = scores[:, middle_third(layers)].mean(axis=1)
    ends = scores[:, :third].mean(axis=1), scores[:, -third:].mean(axis=1)
    return np.minimum(middle - ends[0], middle - ends[1])


@ranges.signed_share
def multiclass_middle_peak(tables: SteeringTables) -> Estimate:
    """Accuracy of the middle third of layers over both outer thirds (figure 3.2)."""
    rows = tables.table("probe_predictions")
    rows = rows[rows["vectors"] == "trained"]
    right = rows.assign(right=rows["label"].astype(str) == rows["predicted"].astype(str))
    wide = right.pivot(index=["clip", "group"], columns="layer", values="right")
    clips = Clips.of(wide.index.to_frame(index=False))
    weights = clips.weights(tables, "multiclass")
    means = weighted_means(weights, wide.to_numpy().astype(float))
    return tables.of(middle_over_ends(means), clips)


def _balanced(rows, clips: Clips, weights: np.ndarray) -> np.ndarray:
    """Return the accuracy of binary probes, (draws, concepts, layers); both sides count half."""
    position = {name: k for k, name in enumerate(clips.names)}
    scores = []
    for _, part in rows.groupby("concept", observed=True):
        wide = part.pivot(index=["clip", "positive"], columns="layer", values="right")
        sides = []
        for side in (True, False):
            own = wide[wide.index.get_level_values("positive") == side]
            columns = [position[str(clip)] for clip in own.index.get_level_values("clip")]
            with np.errstate(invalid="ignore", divide="ignore"):
                sides.append(weighted_means(weights[:, columns], own.to_numpy(dtype=float)))
        scores.append(np.mean(sides, axis=0))
    return np.stack(scores, axis=1)


def _binary(tables: SteeringTables, *kinds: str) -> tuple[Clips, list]:
    """Return all test clips that probes of some kinds are judged on, and each kind's rows."""
    rows = tables.table("probe_clips")
    parts = [rows[rows["vectors"] == kind] for kind in kinds]
    if any(part.empty for part in parts):
        raise NotRun(f"there are no probes of {' or '.join(kinds)}")
    unique = pd.concat(parts)[["clip", "group"]].drop_duplicates().sort_values("clip")
    return Clips.of(unique), parts


@ranges.signed_share
def binary_middle_peak(tables: SteeringTables) -> Estimate:
    """Accuracy of binary probes in the middle third of layers over both outer ones (fig. 3.3)."""
    clips, (rows,) = _binary(tables, "trained")
    weights = clips.weights(tables, "binary", widened=False)
    return tables.of(middle_over_ends(_balanced(rows, clips, weights).mean(axis=1)), clips)


@ranges.signed_share
def emergence(tables: SteeringTables, baseline: str = "untrained") -> Estimate:
    """Accuracy of the best layer's binary probes minus that of a copy's best layer.

    The best layer of either is chosen on one half of the test clips and judged on the other, and
    the other way round, in every resample.
    """
    clips, parts = _binary(tables, "trained", baseline)
    order = tables.bootstrap.generator("halves of test clips").permutation(len(clips.groups))
    first = (order % 2 == 0)[clips.groups.index]
    weights = clips.weights(tables, "emergence", widened=False)
    gains = 0.0
    for chosen, judged in ((first, ~first), (~first, first)):
        best = []
        for rows in parts:
            with np.errstate(invalid="ignore"):
                by_layer, held_out = (
                    _balanced(rows, clips, weights * half).mean(axis=1) for half in (chosen, judged)
                )
            layer = by_layer.argmax(axis=1)[:, None]
            best.append(np.take_along_axis(held_out, layer, axis=1)[:, 0])
        gains = gains + (best[0] - best[1]) / 2
    return tables.of(gains, clips)


@ranges.within(0, 2)
def shuffled_probe(tables: SteeringTables) -> Estimate:
    """Binary macro-F1 of probes on shuffled labels, as a multiple of chance."""
    rows = tables.table("probe_scores")
    rows = rows[rows["vectors"] == "shuffled"]
    values = rows.groupby(["seed", "concept"], observed=True)["macro_f1"].mean() / CHANCE
    return tables.mean(values, "shuffled", unit="label permutation", trainings=TRAININGS)


def _agreements(tables: SteeringTables) -> np.ndarray:
    """Return the mean pairwise cosine of every concept, over layers: (concepts,)."""
    rows = tables.table("agreement")
    rows = rows[rows["vectors"] == "trained"]
    return rows.groupby("concept", observed=True)["cosine"].mean().to_numpy()


@ranges.signed_share
def vector_agreement(tables: SteeringTables) -> Estimate:
    """Mean pairwise cosine of vectors over subsamples and layers, averaged over concepts."""
    values = _agreements(tables)
    count = len(values)
    draws = tables.weights(count, "agreement") @ values
    draws = values.mean() + widening(count, tables.bootstrap.confidence) * (draws - values.mean())
    return tables.estimate(values.mean(), draws, count, unit="concept", trainings=TRAININGS)


@ranges.signed_share
def least_agreement(tables: SteeringTables) -> Estimate:
    """The same of the least consistent concept: a count over these vectors, without error."""
    values = _agreements(tables)
    draws = np.full(tables.bootstrap.resamples, values.min())
    return tables.estimate(
        values.min(), draws, len(values), exact=True, unit="concept", trainings=TRAININGS
    )
