"""Score 1: how well components tell the objects of a clip apart, MI(k; o) / H(o) (0 to 1).

Each class has subspaces of its own: it is scored from its own clips, and classes are averaged.
``layer`` and ``components`` are those that the instance shows, unless others are named.
"""

import numpy as np

from tonotopy.evidence.claims import Estimate, NotRun
from tonotopy.relevance.disentanglement import (
    information,
    matched_objects,
    purity,
    shuffled_information,
)
from tonotopy.studies.relevance.statistics.bases import best_of_bases, mean_of_bases
from tonotopy.studies.relevance.statistics.extremes import lead
from tonotopy.studies.relevance.statistics.tables import Clips, Grid, RelevanceTables

SHUFFLES = 1000


def shares(
    tables: RelevanceTables,
    method: str = "drsa",
    layer: str | None = None,
    components: int | None = None,
    copy: str = "trained",
) -> Grid:
    """Return how clips' positive relevance is shared out: (clips, draws, components, objects).

    Args:
        tables: overlaps.
        method: drsa, dsa, pca, random (the only one with several draws) or ceiling, which are the
            objects' own ratio masks.
        layer: that has the subspaces.
        components: their number.
        copy: trained or untrained.
    """
    where = {} if method == "ceiling" else tables.shown(layer, components)
    axes = ("draw", "component", "object")
    return tables.grid("overlaps", "share", axes, copy=copy, method=method, **where)


def _scores(tables: RelevanceTables, **which) -> np.ndarray:
    """Return the score of each class and draw, (1 + resamples, classes, draws)."""
    grid = shares(tables, **which)
    return information(grid.clips.label_totals(grid.values))


def _score(tables: RelevanceTables, **which) -> np.ndarray:
    """Return the mean score of the classes; of random bases, of each class's best one."""
    scores = _scores(tables, **which)
    if which.get("method") == "random":
        return best_of_bases(tables, scores, *_names(which))
    return scores.mean(axis=(1, 2))


def _mean_score(tables: RelevanceTables, **which) -> np.ndarray:
    """Return the mean score of the classes and of random bases."""
    scores = _scores(tables, **which)
    if which.get("method") == "random":
        return mean_of_bases(tables, scores, *_names(which))
    return scores.mean(axis=(1, 2))


def _names(which: dict) -> list[str]:
    return [str(which.get(key)) for key in ("copy", "layer", "components")]


def disentanglement(
    tables: RelevanceTables,
    method: str = "drsa",
    layer: str | None = None,
    components: int | None = None,
    copy: str = "trained",
) -> Estimate:
    """Score of a method, mean over classes (and random bases); arguments as for `shares`."""
    which = {"method": method, "layer": layer, "components": components, "copy": copy}
    return tables.over(_mean_score(tables, **which), _clips(tables))


def disentanglement_ratio(
    tables: RelevanceTables,
    than: dict,
    method: str = "drsa",
    layer: str | None = None,
    components: int | None = None,
) -> Estimate:
    """Score of a method over that of another.

    Args:
        tables: overlaps.
        than: in what the other differs: ``{method: dsa}``, ``{copy: untrained}``; of
            ``{method: random}`` the best base of each class is taken, see `bases.best_of_bases`.
        method: see `shares`.
        layer: see `shares`.
        components: see `shares`.
    """
    which = {"method": method, "layer": layer, "components": components}
    own, other = _score(tables, **which), _score(tables, **{**which, **than})
    ratio = np.divide(own, other, out=np.full(own.shape, np.nan), where=other > 0)
    return tables.over(ratio, _clips(tables))


def disentanglement_difference(
    tables: RelevanceTables,
    than: list[dict],
    layer: str | None = None,
    components: int | None = None,
) -> Estimate:
    """DRSA's score minus the highest of others.

    Args:
        tables: overlaps.
        than: in what each of the others differs, such as ``[{layer: conv1}, {components: 8}]``.
        layer: see `shares`.
        components: see `shares`.
    """
    which = {"layer": layer, "components": components}
    scores = [_score(tables, **{**which, **change}) for change in ({}, *than)]
    return tables.over(lead(np.stack(scores, axis=1), own=0), _clips(tables))


def share_of_gain(
    tables: RelevanceTables, layer: str, of: str, components: int | None = None
) -> Estimate:
    """What DRSA gains over random bases at a layer, as a share of what it gains at another.

    Args:
        tables: overlaps.
        layer: the one.
        of: the other.
        components: see `shares`.

    Raises:
        NotRun: DRSA gains nothing at the other.
    """
    gains = []
    for name in (layer, of):
        which = {"layer": name, "components": components}
        gains.append(_score(tables, **which) - _mean_score(tables, method="random", **which))
    if gains[1][0] <= 0:
        raise NotRun(f"DRSA gains nothing over random bases at layer '{of}'")
    share = np.divide(*gains, out=np.full(gains[0].shape, np.nan), where=gains[1] > 0)
    return tables.over(share, _clips(tables))


def shuffled_disentanglement(
    tables: RelevanceTables, layer: str | None = None, components: int | None = None
) -> Estimate:
    """Score of DRSA's components in random order in every clip; the interval is over orders."""
    grid = shares(tables, layer=layer, components=components)
    scores = []
    for label in grid.clips.classes:
        rng = tables.bootstrap.generator("relevance", "shuffled", label)
        own = grid.values[grid.clips.of(label), 0]
        scores.append(shuffled_information(own, rng, SHUFFLES))
    draws = np.mean(scores, axis=0)
    return tables.estimate(draws.mean(), draws, SHUFFLES, unit="random order", trainings=1)


def held_out_purity(
    tables: RelevanceTables,
    method: str = "drsa",
    layer: str | None = None,
    components: int | None = None,
    than: str | None = None,
) -> Estimate:
    """Share of relevance on each component's own object, 0 to 1.

    Components and objects are paired on every other group of a class; the other groups are scored.

    Args:
        tables: overlaps.
        method: see `shares`.
        layer: see `shares`.
        components: see `shares`.
        than: a method whose purity is taken away; that of random bases is their mean, and as
            uncertain as the purity of one more of them.
    """
    where = {"layer": layer, "components": components}
    value = _purity(tables, method=method, **where)
    if than:
        value = value - _purity(tables, method=than, **where)
    return tables.over(value, _clips(tables), judged_groups(tables))


def _purity(tables: RelevanceTables, **which) -> np.ndarray:
    clips, values, (draws, *_) = shares(tables, **which)
    scores = []
    for label in clips.classes:
        even, odd = halves(tables, label)
        for draw in range(len(draws)):
            pairs = matched_objects(values[even, draw].sum(axis=0))
            scores.append(purity(clips.totals(values[:, draw] * odd[:, None, None]), pairs))
    scores = np.reshape(scores, (len(clips.classes), len(draws), -1)).transpose(2, 0, 1)
    if which["method"] == "random":
        return mean_of_bases(tables, scores, "purity", *_names(which), one_more=True)
    return scores.mean(axis=(1, 2))


def halves(tables: RelevanceTables, label: str) -> tuple[np.ndarray, np.ndarray]:
    """Return every other group of a class and the groups in between: two times bool (clips,).

    Raises:
        NotRun: the class has one group.
    """
    clips = tables.clips("overlaps")
    even = clips.even(label)
    odd = clips.of(label) & ~even
    if not odd.any():
        raise NotRun(f"class '{label}' has one group of clips: none is left to be judged by")
    return even, odd


def judged_groups(tables: RelevanceTables) -> int:
    """Return the number of groups that are judged where every other one is not, all classes."""
    clips = tables.clips("overlaps")
    return sum(clips.count(halves(tables, label)[1]) for label in clips.classes)


def _clips(tables: RelevanceTables) -> Clips:
    return tables.clips("overlaps")
