"""Statistics of study 1: functions from a study's tables to an estimate with its interval.

Unless a keyword says otherwise they are about the trained network, whole clips, the thesis's folds
and the k-nearest-neighbour probe, at the k whose peak over layers is best (thesis section 2.2.3).
Accuracies run from 0 to 1, depths from 0 (first layer) to 1 (last).
"""

from itertools import combinations

import numpy as np
from scipy.stats import rankdata

from tonotopy.evidence.claims import Estimate, NotRun
from tonotopy.evidence.tables import middle_advantage, middle_third
from tonotopy.studies.hierarchy.profiles import centre_difference, relative_depth
from tonotopy.studies.hierarchy.statistics.tables import Decoded, HierarchyTables

AST_LAYERS = 12
DECIMALS = 12  # beyond them differences of accuracies are rounding errors
RELIABLE = 0.8  # share of a profile's variance over layers that must be more than noise


def first_is_best(tables: HierarchyTables, network: str, task: str, **keys) -> Estimate:
    """Accuracy of the first layer minus that of the best other one (figures 2.1 and 2.4)."""
    return tables.over(
        lambda a: a[:, 0] - a[:, 1:].max(axis=1), _profile(tables, network, task, 2, **keys)
    )


def last_is_best(tables: HierarchyTables, network: str, task: str, last: int = 1) -> Estimate:
    """Best accuracy of the last layers minus the best of those before (figures 2.1 and 2.4)."""
    return tables.over(
        lambda a: a[:, -last:].max(axis=1) - a[:, :-last].max(axis=1),
        _profile(tables, network, task, last + 1),
    )


def depth_trend(tables: HierarchyTables, network: str, task: str) -> Estimate:
    """Rank correlation (Spearman) of accuracy and depth: -1 falls, 1 rises with every layer."""

    def trend(a):
        return correlation(rankdata(a, axis=1), np.arange(a.shape[1])[None])

    return tables.over(trend, _profile(tables, network, task, 3))


def peak_depth(tables: HierarchyTables, network: str, task: str) -> Estimate:
    """Relative depth of the most accurate layer, the first on a tie (figures 2.1 and 2.4)."""
    return tables.over(
        lambda a: relative_depth(a.shape[1])[a.argmax(axis=1)], _profile(tables, network, task, 2)
    )


def middle_over_ends(tables: HierarchyTables, network: str, task: str) -> Estimate:
    """Accuracy of the best middle-third layer minus that of the better end (figure 2.1)."""
    return tables.over(middle_advantage, tables.decoded(network, task))


def middle_below_peak(tables: HierarchyTables, network: str, task: str) -> Estimate:
    """Best accuracy of all layers minus the best of the middle third (figure 2.4)."""
    return tables.over(
        lambda a: a.max(axis=1) - a[:, middle_third(a.shape[1])].max(axis=1),
        _profile(tables, network, task, 3),
    )


def largest_jump(tables: HierarchyTables, network: str, task: str) -> Estimate:
    """Largest rise of accuracy from one layer to the next (section 2.2.3)."""
    return tables.over(lambda a: np.diff(a, axis=1).max(axis=1), _profile(tables, network, task, 2))


def jump_depth(tables: HierarchyTables, network: str, task: str) -> Estimate:
    """Relative depth of the layer that the largest rise of accuracy leads to (section 2.2.3)."""

    def where(a):
        rises = np.diff(a, axis=1).round(DECIMALS)
        return relative_depth(a.shape[1])[1 + rises.argmax(axis=1)]

    return tables.over(where, _profile(tables, network, task, 2))


def early_above_chance(tables: HierarchyTables, network: str, task: str) -> Estimate:
    """Mean accuracy of the first third of the layers minus chance (figure 2.1)."""
    part = _profile(tables, network, task, 3)
    return tables.over(lambda a: a[:, : a.shape[1] // 3].mean(axis=1) - part.chance, part)


def worst_above_chance(tables: HierarchyTables, network: str, task: str) -> Estimate:
    """Accuracy of the least accurate layer minus chance (section 2.3.3)."""
    part = tables.decoded(network, task)
    return tables.over(lambda a: a.min(axis=1) - part.chance, part)


def flatness(tables: HierarchyTables, network: str, task: str) -> Estimate:
    """Accuracy of the best layer minus that of the worst: 0 is flat (figure 2.4).

    The two layers are chosen once, from all clips: chosen anew in every resample they would add its
    noise to the difference.
    """

    def spread(a):
        return a[:, a[0].argmax()] - a[:, a[0].argmin()]

    return tables.over(spread, _profile(tables, network, task, 2))


def dip(tables: HierarchyTables, network: str, task: str) -> Estimate:
    """Mean accuracy of layers 7 and 10 minus that of layers 8 and 9 of an AST (figure 2.4)."""
    return tables.over(_dip, _twelve_layers(tables, network, task))


def recovery(tables: HierarchyTables, network: str, task: str) -> Estimate:
    """Best accuracy of layers 10 to 12 minus the mean of layers 8 and 9 of an AST (figure 2.4)."""
    return tables.over(
        lambda a: a[:, 9:].max(axis=1) - a[:, 7:9].mean(axis=1),
        _twelve_layers(tables, network, task),
    )


def dip_share(tables: HierarchyTables, network: str) -> Estimate:
    """Share of tasks, 0 to 1, in which layers 8 and 9 are below layers 7 and 10 (figure 2.4)."""
    parts = [_twelve_layers(tables, network, task) for task in tables.tasks()]
    dips = np.mean([_dip(part.accuracies) > 0 for part in parts], axis=0)
    return tables.estimate(dips[0], dips[1:], sum(part.clips for part in parts))


def k_agreement(tables: HierarchyTables, network: str, task: str) -> Estimate:
    """Correlation (Pearson) of the profiles of two ks, mean over all pairs of ks (figure 2.2).

    Resampling adds noise, which lowers a correlation: the interval errs to the low side.
    """
    part = _trend(tables, network, task)
    if len(part.ks) < 2:
        raise NotRun("one k agrees with itself")
    by_k = np.moveaxis(part.over_resamples(part.right), -1, 0)
    values = np.mean([correlation(a, b) for a, b in combinations(by_k, 2)], axis=0)
    return tables.estimate(values[0], values[1:], part.clips)


def profile_agreement(tables: HierarchyTables, network: str, task: str, **keys) -> Estimate:
    """Correlation (Pearson) over layers of the profile and its variant named by ``keys``.

    ``length: second`` is figure 2.3; ``probe: linear`` and ``folds: grouped`` go beyond the thesis.
    As for `k_agreement` the interval errs to the low side.
    """
    parts = tables.decoded(network, task, **keys), _trend(tables, network, task)
    return tables.over(correlation, *parts)


def truncation_loss(tables: HierarchyTables, network: str, task: str) -> Estimate:
    """Accuracy on whole clips minus that on their first second, mean over layers (figure 2.3)."""
    parts = tables.decoded(network, task), tables.decoded(network, task, length="second")
    return tables.over(lambda whole, second: (whole - second).mean(axis=1), *parts)


def truncation_saturation(tables: HierarchyTables, network: str, task: str) -> Estimate:
    """Loss by truncation in the last third of the layers minus that in the first (figure 2.3)."""

    def later(whole, second):
        loss, third = whole - second, whole.shape[1] // 3
        return loss[:, -third:].mean(axis=1) - loss[:, :third].mean(axis=1)

    parts = _profile(tables, network, task, 3), tables.decoded(network, task, length="second")
    return tables.over(later, *parts)


def peak_difference(tables: HierarchyTables, network: str, task: str, than: dict) -> Estimate:
    """Best layer's accuracy minus that of the variant ``than``, each at its own best k and layer.

    ``than: {copy: untrained}`` is what training adds.
    """
    parts = tables.decoded(network, task), tables.decoded(network, task, **than)
    return tables.over(lambda a, b: a.max(axis=1) - b.max(axis=1), *parts)


def centre_low_minus_high(tables: HierarchyTables, network: str, **keys) -> Estimate:
    """Mean centre of mass of low-level tasks minus that of high-level tasks.

    The hierarchy in one number: depths from -1 to 1, below 0 where low-level tasks sit earlier.
    """
    low, high = (
        {t: tables.decoded(network, t, **keys) for t in tables.tasks(levels=[level])}
        for level in ("low", "high")
    )
    parts = {**low, **high}
    difference = centre_difference(
        {task: part.best for task, part in low.items()},
        {task: part.best for task, part in high.items()},
        {task: part.chance for task, part in parts.items()},
        {task: part.resamples for task, part in parts.items()},
    )
    return tables.estimate(
        difference.value, difference.draws, sum(part.clips for part in parts.values())
    )


def centre_gap_over_cnns(tables: HierarchyTables, network: str) -> Estimate:
    """A network's centre_low_minus_high minus its mean over the three CNNs (figure 2.4).

    Above 0 where the hierarchy is less pronounced than in the CNNs.
    """
    cnns = tables.networks(["vggish", "clap", "mobilenet"])
    own = centre_low_minus_high(tables, network)
    theirs = [centre_low_minus_high(tables, name) for name in cnns]
    if any(len(estimate.draws) < tables.bootstrap.resamples for estimate in (own, *theirs)):
        raise NotRun("some resamples have no centre of mass")
    value = own.value - np.mean([estimate.value for estimate in theirs])
    return tables.estimate(value, own.draws - np.mean([f.draws for f in theirs], axis=0), own.n)


def vggish_exception(tables: HierarchyTables, task: str) -> Estimate:
    """Correlation of CLAP's and MobileNetV3's profiles minus VGGish's mean one with the two.

    Above 0 where VGGish is the odd one out (section 2.2.3).
    """
    families = ("clap", "mobilenet", "vggish")
    names = [tables.networks([family])[0] for family in families]
    parts = [_trend(tables, names[0], task), _trend(tables, names[1], task)]
    parts.append(tables.decoded(names[2], task))
    if len({part.right.shape[0] for part in parts}) > 1:
        raise NotRun("the networks differ in their number of layers")

    def odd(clap, mobilenet, vggish):
        with_vggish = correlation(clap, vggish) + correlation(mobilenet, vggish)
        return correlation(clap, mobilenet) - with_vggish / 2

    return tables.over(odd, *parts)


def correlation(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Return Pearson's correlation over the last axis; NaN where one side does not vary.

    Raises:
        NotRun: the sides differ in their number of layers.
    """
    if first.shape[-1] != second.shape[-1]:
        raise NotRun("the profiles differ in their number of layers")
    a, b = (x - x.mean(axis=-1, keepdims=True) for x in (first, second))
    scale = np.sqrt((a**2).sum(axis=-1) * (b**2).sum(axis=-1))
    # a flat profile leaves rounding errors, not zeros
    return (a * b).sum(axis=-1) / np.where(scale > 1e-12, scale, np.nan)


def _dip(a: np.ndarray) -> np.ndarray:
    return (a[:, [6, 9]].mean(axis=1) - a[:, [7, 8]].mean(axis=1)).round(DECIMALS)


def _profile(tables, network: str, task: str, layers: int, **keys) -> Decoded:
    """The profile of at least so many layers."""
    part = tables.decoded(network, task, **keys)
    if len(part.right) < layers:
        raise NotRun(f"{len(part.right)} layers are too few, {layers} are needed")
    return part


def _trend(tables, network: str, task: str) -> Decoded:
    """A profile whose layers differ by more than the noise of the clips, so that it can agree.

    The variance over layers is compared with what resampling alone puts there.
    """
    part = _profile(tables, network, task, 3)
    data, draws = part.accuracies[0], part.accuracies[1:]
    centred = draws - draws.mean(axis=1, keepdims=True)
    noise = centred.var(axis=0).sum() / (len(data) - 1)
    if noise > (1 - RELIABLE) * data.var(ddof=1):
        raise NotRun(f"the layers of {network} differ too little on {task} to show a trend")
    return part


def _twelve_layers(tables, network: str, task: str) -> Decoded:
    part = tables.decoded(network, task)
    if len(part.right) != AST_LAYERS:
        raise NotRun(f"{network} has {len(part.right)} layers, not the AST's {AST_LAYERS}")
    return part
