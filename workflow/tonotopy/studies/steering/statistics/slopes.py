"""Slopes of pairs: against null vectors, the flat concept, another corpus, and the plant."""

import numpy as np
import pandas as pd
from scipy.stats import rankdata

from tonotopy.evidence import ranges
from tonotopy.evidence.claims import Estimate, NotApplicable, NotRun
from tonotopy.evidence.networks import quotient
from tonotopy.evidence.numbers import number
from tonotopy.studies.steering.effects import EACH
from tonotopy.studies.steering.nulls import UNRELATED
from tonotopy.studies.steering.statistics.nulls import NULL_UNIT, null_level
from tonotopy.studies.steering.statistics.tables import (
    TRAININGS,
    Clips,
    SteeringTables,
    weighted_means,
)


def _over(tables: SteeringTables, concept, target, sweep: str, kinds) -> Estimate:
    rows = tables.effects(sweep, concept, target)
    clips = Clips.of(rows)
    own = weighted_means(clips.weights(tables, f"{sweep} {concept}"), rows["slope"].to_numpy())
    level = null_level(tables, sweep, target, kinds)
    return tables.of(own - level, clips, NULL_UNIT.format(clips.unit))


def pair_effect(tables: SteeringTables, concept, target, sweep: str = "test") -> Estimate:
    """Slope of the target over lambda minus what 95 % of vectors of no concept reach (fig. 3.4)."""
    return _over(tables, concept, target, sweep, UNRELATED)


def over_control(tables: SteeringTables, concept, target, vectors: str) -> Estimate:
    """Slope of a pair minus what 95 % of null vectors of one kind reach on the same target."""
    return _over(tables, concept, target, "test", (vectors,))


def flat_ratio(tables: SteeringTables, concept, target, sweep: str = "test") -> Estimate:
    """Slope of the flat concept on a pair's target, as a share of the pair's own slope.

    Raises:
        NotRun: the pair's own slope is not above 0, so that nothing is a share of it.
    """
    flat = tables.settings.get("flat")
    if not flat:
        raise NotRun("no concept is declared flat")
    causal, still = (tables.effects(sweep, name, target) for name in (concept, flat))
    clips = Clips.of(causal)
    values = np.stack([causal["slope"], still.set_index("clip").loc[causal["clip"], "slope"]], 1)
    means = weighted_means(clips.weights(tables, f"flat {sweep} {concept}"), values)
    own = means[:, 0]
    _refuse_no_rise(own, concept, target, tables.bootstrap.confidence)
    return tables.of(quotient(means[:, 1], own), clips)


def _refuse_no_rise(slopes: np.ndarray, concept, target, confidence: float) -> None:
    """Refuse a pair's slope, (1 + resamples,), of which nothing can be a share.

    Raises:
        NotRun: it is not above 0 in the data, or in too many resamples.
    """
    classes, slope = " and ".join(target), number(slopes[0])
    if slopes[0] <= 0:
        raise NotRun(f"{concept} does not raise {classes} (slope {slope}): no share of it is told")
    fails = (slopes[1:] <= 0).mean()
    if fails > 1 - confidence:
        raise NotRun(
            f"it is not certain that {concept} raises {classes} (slope {slope}, not above 0 in "
            f"{fails:.0%} of the resamples): no share of it is told"
        )


def unseen_gain(tables: SteeringTables, concept, target) -> Estimate:
    """Slope on the unseen corpus minus the size of that on the test split (section 3.3.2).

    Every class that both have counts as much, however many clips it has.
    """
    rows = {sweep: tables.effects(sweep, concept, target) for sweep in ("unseen", "test")}
    clips = {sweep: Clips.of(part) for sweep, part in rows.items()}
    both = sorted(set(clips["unseen"].labels) & set(clips["test"].labels))
    if not both:
        raise NotRun("the corpora have no class in common")
    draws = {}
    for sweep, own in clips.items():
        weights = own.weights(tables, f"gain {sweep} {concept}", widened=False)
        values = rows[sweep]["slope"].to_numpy()
        members = [own.labels == label for label in both]
        with np.errstate(invalid="ignore"):
            means = [weighted_means(weights[:, m], values[m]) for m in members]
        draws[sweep] = np.mean(means, axis=0)
    groups = sum(len(own.groups) for own in clips.values())
    gain = draws["unseen"] - np.abs(draws["test"])
    unit = clips["unseen"].unit
    return tables.estimate(gain[0], gain[1:], groups, unit=unit, trainings=TRAININGS)


@ranges.share
def planted_auroc(tables: SteeringTables) -> Estimate:
    """AUROC of the one-to-one slopes for planted against unplanted pairs, over the matrix."""
    matrix = tables.table("slopes")
    if "planted" not in matrix:
        raise NotApplicable("the corpus has no planted causes to compare with")
    rows = tables.table("clip_slopes")
    rows = rows[(rows["sweep"] == "test") & (rows["layer"] == EACH)]
    wide = rows.pivot_table(
        index=["clip", "group"], columns=["concept", "class"], values="slope", observed=True
    )
    if wide.empty:
        raise tables.absent("test", "the sweep 'test'")
    is_planted = matrix.set_index(["concept", "class"])["planted"]
    planted = np.array([bool(is_planted[tuple(map(str, column))]) for column in wide.columns])
    clips = Clips.of(wide.index.to_frame(index=False))
    weights = clips.weights(tables, "auroc", widened=False)
    return tables.of(auroc(planted, weighted_means(weights, wide.to_numpy())), clips)


def auroc(positive: np.ndarray, scores: np.ndarray) -> np.ndarray:
    """Return the share of (positive, other) whose scores are in order; ties count half.

    Args:
        positive: bool, shape (items,).
        scores: shape (draws, items).
    """
    ranks = rankdata(scores, axis=1)[:, positive].sum(axis=1)
    count = positive.sum()
    return (ranks - count * (count + 1) / 2) / (count * (~positive).sum())


def slopes_by_layer(tables: SteeringTables, concept, target) -> tuple[Clips, np.ndarray]:
    """Return the clips of the one-to-all sweep and their slopes, (clips, layers).

    Raises:
        NotRun: the run has no such sweep, or the output has collapsed under the vectors of a layer.
    """
    rows = tables.table("clip_slopes")
    rows = rows[(rows["sweep"] == "layers") & (rows["concept"] == concept)]
    layers = tables.layers()
    if lost := len(set(layers) - set(rows["layer"])):
        some = "" if lost == len(layers) else f" from {lost} of {len(layers)} layers"
        raise tables.absent("layers", f"one-to-all steering with {concept}{some}")
    parts = [tables.effects("layers", concept, target, layer) for layer in layers]
    wide = pd.concat([part.set_index("clip")["slope"] for part in parts], axis=1)
    return Clips.of(parts[0]), wide.loc[parts[0]["clip"]].to_numpy()
