"""Score 1 of study 3: do components of relevance tell a clip's objects apart?

T[k, o] is the positive relevance of component k on object o. Each clip's table is normalised, the
tables are averaged, and the score is MI(k; o) / H(o): the share of the uncertainty about the object
that the component removes, 1 where every object has components of its own and 0 where all
components look at the objects alike. (The score is ours; the thesis has none.)
"""

import numpy as np
from scipy.optimize import linear_sum_assignment
from scipy.special import xlogy

from tonotopy.evidence.groups import Groups, Resampled
from tonotopy.evidence.resampling import Bootstrap, Resamples
from tonotopy.relevance.localisation import positive_relevance


def clip_tables(heatmaps: np.ndarray, masks: np.ndarray) -> np.ndarray:
    """Return how each clip's positive relevance is shared out over components and objects.

    Args:
        heatmaps: shape (clips, components, mels, frames).
        masks: ratio masks of the objects, shape (clips, objects, mels, frames); an object that a
            clip lacks is 0 everywhere.

    Returns:
        Shape (clips, components, objects); a clip sums to 1. One without positive relevance on any
        object is 0 everywhere, and counts for nothing.

    Raises:
        InputError: see `localisation.check_grids`.
    """
    tables = positive_relevance(heatmaps, masks)
    totals = tables.sum(axis=(1, 2), keepdims=True)
    return np.divide(tables, totals, out=np.zeros_like(tables), where=totals > 0)


def ceiling_tables(masks: np.ndarray) -> np.ndarray:
    """Return the tables of heatmaps that are the objects' ratio masks themselves.

    Masks overlap, so not even perfect components reach 1.

    Args:
        masks: shape (clips, objects, mels, frames).

    Returns:
        Shape (clips, objects, objects), see `clip_tables`.
    """
    return clip_tables(masks, masks)


def information(tables: np.ndarray) -> np.ndarray:
    """Return MI(k; o) / H(o) of joint tables.

    Args:
        tables: not negative, of any sum, shape (..., components, objects).

    Returns:
        Shape (...), 0 to 1; nan where fewer than two objects have any relevance.
    """
    joint = tables.astype(np.float64)
    totals = joint.sum(axis=(-2, -1), keepdims=True)
    joint = np.divide(joint, totals, out=np.zeros_like(joint), where=totals > 0)
    components, objects = joint.sum(axis=-1), joint.sum(axis=-2)
    objects_entropy = _entropy(objects)
    mutual = _entropy(components) + objects_entropy - _entropy(joint.reshape(*joint.shape[:-2], -1))
    defined = (objects > 0).sum(axis=-1) > 1
    undefined = np.full(objects_entropy.shape, np.nan)
    ratio = np.divide(mutual, objects_entropy, out=undefined, where=defined)
    return np.clip(ratio, 0, 1)  # rounding


def _entropy(shares: np.ndarray) -> np.ndarray:
    """Return the entropy of distributions over the last axis, in nats."""
    return -xlogy(shares, shares).sum(axis=-1)


def disentanglement(tables: np.ndarray, groups: Groups, resamples: Resamples) -> Resampled:
    """Return MI(k; o) / H(o) of the clips' mean table, with its draws over groups of clips.

    Scores that are to be compared take the same resamples.

    Args:
        tables: see `clip_tables`, shape (clips, components, objects).
        groups: of the clips.
        resamples: of the groups, see `Groups.draw`.

    Raises:
        InputError: tables and groups are not of the same clips.
    """
    sums = groups.sums(tables)
    draws = information(resamples.sums(sums))
    return Resampled(float(information(sums.sum(axis=0))), draws, len(groups))


def shuffled_information(tables: np.ndarray, rng: np.random.Generator, shuffles: int) -> np.ndarray:
    """Return the null: the score where each clip's components have random indices.

    A component then is no longer the same in all clips.

    Args:
        tables: see `clip_tables`, shape (clips, components, objects).
        rng: source of the permutations.
        shuffles: how many times.

    Returns:
        Shape (shuffles,).
    """
    clips, components, _ = tables.shape
    start = np.broadcast_to(np.arange(components), (shuffles, clips, components))
    order = rng.permuted(start, axis=-1).transpose(0, 2, 1)
    taken = np.zeros((shuffles, components, clips, components))  # by each component of each clip's
    np.put_along_axis(taken, order[..., None], 1.0, axis=-1)
    mixed = taken.reshape(shuffles * components, -1) @ tables.reshape(clips * components, -1)
    return information(mixed.reshape(shuffles, components, -1))


def matched_objects(table: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the pairing of components and objects that holds most relevance (Hungarian method).

    Args:
        table: shape (components, objects).

    Returns:
        Components and their objects, as many as there are of the fewer.
    """
    return linear_sum_assignment(table, maximize=True)


def purity(tables: np.ndarray, pairs: tuple[np.ndarray, np.ndarray]) -> np.ndarray:
    """Return the share of relevance that lies on paired components and objects.

    Args:
        tables: shape (..., components, objects).
        pairs: see `matched_objects`.

    Returns:
        Shape (...), 0 to 1; nan where a table is 0 everywhere.
    """
    paired = tables[..., pairs[0], pairs[1]].sum(axis=-1)
    totals = tables.sum(axis=(-2, -1))
    return np.divide(paired, totals, out=np.full(np.shape(totals), np.nan), where=totals > 0)


def held_out_purity(
    tables: np.ndarray, groups: Groups, bootstrap: Bootstrap, *names: str | int
) -> Resampled:
    """Return the purity of odd clips, paired on even ones.

    Groups are counted, in the order of the clips, so that none is on both sides. The pairing is
    kept in all resamples, which are of the odd groups.

    Args:
        tables: see `clip_tables`, shape (clips, components, objects).
        groups: of the clips.
        bootstrap: how the run resamples.
        names: tell the random stream from others.

    Raises:
        InputError: tables and groups are not of the same clips.
    """
    sums = groups.sums(tables)
    even, odd = sums[::2], sums[1::2]
    pairs = matched_objects(even.sum(axis=0))
    draws = purity(bootstrap.draw(len(odd), *names).sums(odd), pairs) if len(odd) else np.empty(0)
    return Resampled(float(purity(odd.sum(axis=0), pairs)), draws, len(odd))
