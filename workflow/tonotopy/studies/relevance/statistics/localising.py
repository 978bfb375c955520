"""Score 3: does the standard heatmap lie on the part that causes the answer?"""

import numpy as np

from tonotopy.evidence import ranges
from tonotopy.evidence.claims import Estimate, NotApplicable, NotRun
from tonotopy.relevance import stems
from tonotopy.studies.relevance.statistics.extremes import lead
from tonotopy.studies.relevance.statistics.tables import Clips, RelevanceTables


def cause_contrast(tables: RelevanceTables, part: str, measure: str = "lift") -> Estimate:
    """Mean over clips of the classes that a part causes, minus that over clips of all others.

    Args:
        tables: localisation.
        part: one of the instance's causes.
        measure: ``lift`` of relevance on the part, in octaves over its share of the grid; or
            ``drop`` of the class's logit when the part is muted.
    """
    causes = tables.setting("causes")
    if part not in causes:
        raise NotApplicable(f"the part '{part}' is not known to cause a class")
    clips, values = _column(tables, measure, part)
    first = np.isin(clips.labels, list(causes[part]))
    known = ~np.isnan(values)
    for side, which in ((first, "of its classes"), (~first, "of other classes")):
        if not (side & known).any():
            raise NotRun(f"no clip {which} has relevance and '{part}' in it")
    contrast = stems.lift_contrast(values, first, ~first, clips.groups, clips.resamples)
    return tables.estimate(*contrast, unit=clips.unit, trainings=1)


@ranges.signed_share
def muting_correlation(tables: RelevanceTables, parts: str = "causes") -> Estimate:
    """Rank correlation of lift and logit drop, over pairs of a clip and a part that it has.

    Args:
        tables: localisation.
        parts: ``causes``, those that are known to cause classes, or ``all``.
    """
    clips, lift, (names,) = tables.grid("localisation", "lift", ("part",))
    drop = tables.grid("localisation", "drop", ("part",)).values
    if parts == "causes":
        chosen = np.isin(names, list(tables.setting("causes")))
        lift, drop = lift[:, chosen], drop[:, chosen]
    if np.isnan(lift).all():
        raise NotRun("no clip has relevance and a part that sounds")
    correlation = stems.muting_correlation(lift, drop, clips.groups, clips.resamples)
    return tables.estimate(*correlation, unit=clips.unit, trainings=1)


def mean_lift(tables: RelevanceTables, part: str) -> Estimate:
    """Lift of relevance on a part, in octaves over its share of the grid; mean over classes."""
    clips, values = _column(tables, "lift", part)
    return tables.over(clips.over_labels(values), clips, clips.count(~np.isnan(values)))


@ranges.signed_share
def accuracy_over_area(tables: RelevanceTables, object: str, measure: str) -> Estimate:
    """Mass or rank accuracy of Arras and others on an object, minus the object's share of the grid.

    Args:
        tables: localisation.
        object: name of a part.
        measure: ``mass`` or ``rank``.
    """
    clips, values = _column(tables, measure, object)
    gain = values - _column(tables, "area", object)[1]
    return tables.over(clips.over_labels(gain), clips, clips.count(~np.isnan(gain)))


@ranges.signed_share
def least_relevance(tables: RelevanceTables, label: str, object: str) -> Estimate:
    """Share of relevance on an object minus the smallest share on another, in clips of a class.

    Below 0 where no other object gets as little.
    """
    objects = tables.setting("objects")
    if object not in objects:
        raise NotApplicable(f"the instance has no object '{object}'")
    clips, mass, (parts,) = tables.grid("localisation", "mass", ("part",))
    own = clips.of(label)
    means = clips.means(np.where(own[:, None], mass, np.nan))
    indices = [parts.index(name) for name in objects]
    value = -lead(-means[:, indices], objects.index(object))
    return tables.over(value, clips, clips.count(own))


def _column(tables: RelevanceTables, measure: str, part: str) -> tuple[Clips, np.ndarray]:
    """Return a measure of one part, (clips,)."""
    clips, values, _ = tables.grid("localisation", measure, part=part)
    return clips, values
