"""Which component is about which object of a class (section 4.1.3, appendix C.1).

Components and objects are paired on every other group of a class; the groups in between are judged.
``layer`` and ``components`` are those that the instance shows, unless others are named.
"""

import numpy as np

from tonotopy.evidence import ranges
from tonotopy.evidence.claims import Estimate, NotApplicable, NotRun
from tonotopy.relevance.disentanglement import matched_objects
from tonotopy.studies.relevance.statistics.disentangling import halves, judged_groups, shares
from tonotopy.studies.relevance.statistics.extremes import lead
from tonotopy.studies.relevance.statistics.tables import Clips, RelevanceTables


@ranges.signed_share
def object_found(
    tables: RelevanceTables,
    label: str,
    object: str,
    layer: str | None = None,
    components: int | None = None,
) -> Estimate:
    """Share of a component's relevance on its object minus that on the largest other (-1 to 1).

    The component is the one that the object is paired with; above 0 it is mostly about it.

    Args:
        tables: overlaps.
        label: class whose clips are looked at.
        object: one of the instance's.
        layer: that has the subspaces.
        components: their number.
    """
    pairs, odd, objects, *of = _paired(tables, label, layer, components)
    component = _partner(pairs, objects, object)
    return tables.over(lead(_shares(odd[:, component]), objects.index(object)), *of)


@ranges.signed_share
def object_merged(
    tables: RelevanceTables,
    label: str,
    object: str,
    into: str,
    layer: str | None = None,
    components: int | None = None,
) -> Estimate:
    """Share of an object's relevance in another's component minus that in the largest other one.

    Above 0 where the object is found in the component that is paired with the object ``into``
    rather than in any other; arguments as for `object_found`.
    """
    pairs, odd, objects, *of = _paired(tables, label, layer, components)
    component = _partner(pairs, objects, into)
    if object not in objects:
        raise NotApplicable(f"the instance has no object '{object}'")
    held = _shares(odd[:, :, objects.index(object)])
    return tables.over(lead(held, component), *of)


@ranges.share
def main_component(
    tables: RelevanceTables, layer: str | None = None, components: int | None = None
) -> Estimate:
    """Share of relevance in a class's largest component, 0 to 1, mean over classes.

    Which is the largest is told by every other group.
    """
    clips, values, _ = shares(tables, layer=layer, components=components)
    held = values[:, 0].sum(axis=2)  # by each component
    largest = []
    for label in clips.classes:
        even, odd = halves(tables, label)
        totals = clips.totals(held * odd[:, None])
        largest.append(_shares(totals)[:, held[even].sum(axis=0).argmax()])
    return tables.over(np.mean(largest, axis=0), clips, judged_groups(tables))


def _paired(
    tables, label, layer, components
) -> tuple[dict[int, int], np.ndarray, list[str], Clips, int]:
    """Return object -> component, totals (1 + resamples, components, objects), names, groups.

    The last two are the clips that are resampled and the number of groups that are judged.
    """
    clips, values, (_, _, objects) = shares(tables, layer=layer, components=components)
    even, odd = halves(tables, label)
    found, of = matched_objects(values[even, 0].sum(axis=0))
    totals = clips.totals(values[:, 0] * odd[:, None, None])
    pairs = dict(zip(of.tolist(), found.tolist(), strict=True))
    return pairs, totals, objects, clips, clips.count(odd)


def _partner(pairs: dict[int, int], objects: list[str], name: str) -> int:
    if name not in objects:
        raise NotApplicable(f"the instance has no object '{name}'")
    if objects.index(name) not in pairs:
        raise NotRun(f"no component is left for '{name}': there are more objects than components")
    return pairs[objects.index(name)]


def _shares(totals: np.ndarray) -> np.ndarray:
    whole = totals.sum(axis=1, keepdims=True)
    return np.divide(totals, whole, out=np.full(totals.shape, np.nan), where=whole > 0)
