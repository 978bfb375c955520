"""Do rendered heatmaps sound like the parts that they mark? SI-SDR in dB."""

import numpy as np

from tonotopy.evidence import ranges
from tonotopy.evidence.claims import Estimate, NotRun
from tonotopy.relevance.disentanglement import matched_objects
from tonotopy.relevance.separation import oracle_hits
from tonotopy.studies.relevance.statistics.disentangling import halves, shares
from tonotopy.studies.relevance.statistics.proportions import proportion
from tonotopy.studies.relevance.statistics.tables import RelevanceTables

BOUNDS = (-60.0, 100.0)  # dB, so that means exist: nothing in common, a copy


@ranges.share
def oracle_share(tables: RelevanceTables) -> Estimate:
    """Share of the objects' ratio masks that render to a sound nearest to their own object.

    Of all clips that have the object, 0 to 1; parts that are no objects can be nearest too.
    """
    clips, ratios, (sounds, parts) = _ratios(tables, "oracle")
    objects = sorted(tables.setting("objects"))
    if sounds != objects or not set(objects) <= set(parts):
        raise NotRun("the masks that were rendered are not those of the instance's objects")
    order = [*map(parts.index, objects), *(n for n, p in enumerate(parts) if p not in objects)]
    hits = oracle_hits(ratios[:, :, order])
    return tables.over(proportion(clips, hits), clips, clips.count(~np.isnan(hits).all(axis=1)))


def component_si_sdr(tables: RelevanceTables, lead: bool = False) -> Estimate:
    """SI-SDR of rendered components for the objects that they are paired with, mean over classes.

    The pairs of a class are found by relevance on every other group of its clips; the sounds of
    the groups in between are judged.

    Args:
        tables: renderings and overlaps.
        lead: whether the SI-SDR for the best other part is taken away: above 0 where a component
            is nearest to its own object.
    """
    clips, ratios, (sounds, parts) = _ratios(tables, "component")
    explained, values, (_, numbers, objects) = shares(tables)
    judged = np.full(len(clips.ids), np.nan)
    for label in explained.classes:
        even, odd = halves(tables, label)
        pairs = matched_objects(values[even, 0].sum(axis=0))
        own = clips.ids.isin(explained.ids[odd])
        each = [
            _judged(ratios[own, sounds.index(str(numbers[k]))], parts.index(objects[o]), lead)
            for k, o in zip(*pairs, strict=True)
        ]
        judged[own] = _known_mean(np.stack(each, axis=1))
    return tables.over(clips.over_labels(judged), clips, clips.count(~np.isnan(judged)))


def _ratios(tables: RelevanceTables, kind: str):
    """Return the grid of SI-SDR, (clips, sounds, parts), nan where a clip lacks the part."""
    axes, where = ("sound", "part"), tables.shown()
    grid = tables.grid("renderings", "si_sdr", axes, complete=False, kind=kind, **where)
    return grid._replace(values=np.clip(grid.values, *BOUNDS))


def _judged(ratios: np.ndarray, own: int, lead: bool) -> np.ndarray:
    """Return a sound's SI-SDR for a part, (clips, parts) to (clips,)."""
    if not lead:
        return ratios[:, own]
    others = np.delete(ratios, own, axis=1)
    return ratios[:, own] - np.where(np.isnan(others), BOUNDS[0], others).max(axis=1)


def _known_mean(values: np.ndarray) -> np.ndarray:
    """Return means over the last axis, nan left out; of none nan."""
    known = ~np.isnan(values)
    sums, counts = np.where(known, values, 0).sum(axis=-1), known.sum(axis=-1)
    return np.divide(sums, counts, out=np.full(sums.shape, np.nan), where=counts > 0)
