"""What both signs of lambda do: direction, disturbance, and strengths far from 0."""

import numpy as np
import pandas as pd

from tonotopy.evidence import ranges
from tonotopy.evidence.claims import Estimate, NotRun
from tonotopy.studies.steering.effects import paired_strengths
from tonotopy.studies.steering.statistics.nulls import NULL_UNIT, null_level
from tonotopy.studies.steering.statistics.tables import (
    Clips,
    SteeringTables,
    of_part,
    weighted_means,
)

FAR = 0.3  # |lambda| beyond which steering is called strong


def _parts(tables: SteeringTables, concept, target, sweep: str):
    """Return the clips that are judged, and means of slope, odd and even part, inside and outside.

    Means have the shape (1 + resamples,) each.
    """
    rows = tables.effects(sweep, concept, target)
    clips = Clips.of(rows)
    weights = clips.weights(tables, f"sides {sweep} {concept}", widened=False)
    means = {}
    for part in ("inside", "outside"):
        own = np.flatnonzero(rows["clip"].isin(of_part(rows, target, part)["clip"]))
        if not len(own):
            raise NotRun(f"no clip lies {part} the target")
        columns = rows.iloc[own][["slope", "odd", "even"]].to_numpy()
        means[part] = weighted_means(weights[:, own], columns).T
    return clips, means


def plus_acts_outside(tables: SteeringTables, concept, target, sweep: str = "test") -> Estimate:
    """What adding the vector does to clips of other classes (figures 3.4 and 3.6).

    The smaller of two: their slope minus what 95 % of null vectors reach there, without which it
    is no effect of the direction, and their rise minus that of the target's own clips.
    """
    clips, means = _parts(tables, concept, target, sweep)
    slope = means["outside"][0] - null_level(tables, sweep, target, part="outside")
    rises = {part: odd + even for part, (_, odd, even) in means.items()}
    draws = np.minimum(slope, rises["outside"] - rises["inside"])
    return tables.of(draws, clips, NULL_UNIT.format(clips.unit))


def minus_acts_inside(tables: SteeringTables, concept, target, sweep: str = "test") -> Estimate:
    """What subtracting the vector does to the target's own clips (figures 3.4 and 3.6).

    The smaller of two, as for `plus_acts_outside`: their slope minus that of null vectors there,
    and their fall minus that of the other clips.
    """
    clips, means = _parts(tables, concept, target, sweep)
    slope = means["inside"][0] - null_level(tables, sweep, target, part="inside")
    falls = {part: odd - even for part, (_, odd, even) in means.items()}
    draws = np.minimum(slope, falls["inside"] - falls["outside"])
    return tables.of(draws, clips, NULL_UNIT.format(clips.unit))


def damage(tables: SteeringTables, concept, target, sweep: str = "test") -> Estimate:
    """Size of what both signs do alike, minus what the direction does, at the same strength.

    The target's own clips and the others count as much, so that what saturates at either end of a
    probability cancels.
    """
    clips, means = _parts(tables, concept, target, sweep)
    _, odd, even = (means["inside"] + means["outside"]) / 2
    return tables.of(np.abs(even) - odd, clips)


def _curve(tables: SteeringTables, concept: str, target: list[str]) -> pd.DataFrame:
    """Return probabilities of the target, without collapsed strengths: a row per clip.

    Indexed by clip, label and group; a column per strength.
    """
    rows = tables.table("sweep-test")
    rows = rows[(rows["concept"] == concept) & rows["class"].isin(target) & ~rows["collapsed"]]
    if rows.empty:
        raise tables.absent("test", f"the sweep 'test' of {concept}")
    keys = ["clip", "label", "group", "strength"]
    wide = rows.groupby(keys, observed=True)["probability"].sum().unstack("strength")
    return wide.rename(columns=lambda strength: round(float(strength), 9))


@ranges.within(-np.inf, 0.5)
def far_effect(tables: SteeringTables, concept, target) -> Estimate:
    """Odd part at strengths beyond .3, minus what 95 % of null vectors would reach there.

    Null vectors are steered near 0 alone: their slopes are carried on, which probabilities cannot.
    """
    wide = _curve(tables, concept, target)
    sizes = [size for size in paired_strengths(wide.columns) if size > FAR + 1e-9]
    if not sizes:
        raise NotRun(f"no strength beyond {FAR:g} is left that has not collapsed")
    odd = np.mean([(wide[s] - wide[-s]).to_numpy() / 2 for s in sizes], axis=0)
    clips = Clips.of(wide.index.to_frame(index=False))
    own = weighted_means(clips.weights(tables, f"far {concept}"), odd)
    level = null_level(tables, "test", target) * np.mean(sizes)
    return tables.of(own - level, clips, NULL_UNIT.format(clips.unit))


@ranges.signed_share
def fall_at_both_ends(tables: SteeringTables, target, concept=None) -> Estimate:
    """Change of the target's own clips under the flat concept at either end, the larger one.

    The ends are the largest strength that is there with both signs and has not collapsed; a fall
    at both is a loss of information, no effect of a direction (section 3.3.2).
    """
    flat = tables.settings.get("flat")
    if not flat:
        raise NotRun("no concept is declared flat")
    wide = _curve(tables, flat, target)
    wide = wide[wide.index.get_level_values("label").isin(target)]
    sizes = paired_strengths(wide.columns)
    if not sizes:
        raise NotRun("no strength is left with both signs that has not collapsed")
    changes = np.stack([wide[s] - wide[0.0] for s in (sizes[-1], -sizes[-1])], axis=1)
    clips = Clips.of(wide.index.to_frame(index=False))
    means = weighted_means(clips.weights(tables, f"ends {' '.join(target)}"), changes)
    return tables.of(means.max(axis=1), clips)
