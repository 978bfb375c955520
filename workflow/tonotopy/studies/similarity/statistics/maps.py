"""How well single maps match a feature: the best one, and the share of a layer's that beat nulls.

The similarity r is beyond the input, raw is not; both are means over clips, of which groups are
resampled, the same for trained networks and for nulls. A layer is named, or is the ``first`` or the
``deepest`` one. Of shares it may be ``all``, too: every map is judged by the nulls of its own
layer, and the maps of all layers that are compared with the feature are counted together.

A share is a count of maps: its interval is over groups of clips, and over maps as draws of a
binomial (Jeffreys' posterior), because another training would have other maps. The .95 quantile of
n maps of a null is such that one further map lies above it in 1 of 20 cases (rank .95 (n + 1)); of
fewer than 19 maps it is the largest one, and the share that a null reaches 1 / (n + 1). With few
maps and few random copies a share is only as fine as they are: one map of 12 is .083, and the .95
quantile of 60 random maps lies between the third and the second largest of them. Trainings are
resampled where there are three or more, which widens such an interval further.
"""

from dataclasses import replace

import numpy as np
import pandas as pd
from scipy.stats import false_discovery_control, norm

from tonotopy.errors import InputError
from tonotopy.evidence import ranges
from tonotopy.evidence.claims import Estimate, NotApplicable, NotRun
from tonotopy.evidence.groups import Groups
from tonotopy.evidence.networks import Means, difference
from tonotopy.evidence.units import clip_unit, over_means
from tonotopy.studies.similarity.statistics.lone import with_spread
from tonotopy.studies.similarity.statistics.tables import NETWORKS, Maps, SimilarityTables

QUANTILE = 0.95  # of a null's maps
LEVEL = 0.05  # of false discoveries among maps and features of a layer
EFFECT = 0.1  # r that a match must exceed: significance is no size
NULLS = ("random", "other clips", "phase", "unheard")


@ranges.signed_share
def best_raw(
    tables: SimilarityTables,
    network: str,
    feature: str,
    layer: str = "deepest",
    copy: str = "trained",
) -> Estimate:
    """Mean raw similarity of a layer's best map with a feature (-1 to 1).

    The map is chosen on one half of the groups and measured on the other. Each copy has its own
    best map. Choosing on either half in turn would use all clips, but both values are large where
    the same map is chosen twice, and intervals that take the choice as given are then too narrow.

    Args:
        tables: similarities, clips.
        network: name of the network.
        feature: its name.
        layer: see above.
        copy: trained, phase, random, unheard or input.

    Raises:
        NotRun: there is only one group.
    """
    return over_means(tables, _best(tables, network, feature, layer, copy))


@ranges.within(-2, 2)
def best_raw_difference(
    tables: SimilarityTables, network: str, feature: str, than: str, layer: str = "deepest"
) -> Estimate:
    """Raw similarity of the best map of the trained network minus that of a null's best map.

    Of one or two trainings, the interval is as wide as networks differ, see `lone.with_spread`.

    Args:
        tables: similarities, clips.
        network: name of the network.
        feature: its name.
        than: phase, random, unheard or input.
        layer: see above.

    Raises:
        NotRun: the null is another network, and there are fewer than two random copies.
    """
    about = (tables, network, feature, layer)
    own, other = (_best(*about, copy) for copy in ("trained", than))
    if than in NETWORKS:
        own = with_spread(tables, own, other, _bests(*about, "random")[1][0])
    return difference(tables, own, other)


def _best(tables: SimilarityTables, network: str, feature: str, layer: str, copy: str) -> Means:
    """Return the best map's similarity, (1 + resamples,), over the groups it is measured on."""
    runs, means, groups = _bests(tables, network, feature, layer, copy)
    values = (means * tables.copy_shares(runs, network, copy)).sum(axis=1)
    unit = clip_unit(tables.rows("clips"))
    return Means(values, tuple(range(groups)), unit, tables.trained(copy, runs))


def _bests(
    tables: SimilarityTables, network: str, feature: str, layer: str, copy: str
) -> tuple[np.ndarray, np.ndarray, int]:
    """Return runs, the similarity of each one's best map, (1 + resamples, runs), and groups."""
    maps = tables.maps(network, copy, tables.layer(layer, network), feature, "raw")
    half = _half(tables)
    groups = Groups(tables.groups.index[~half])
    runs, judged = np.unique(maps.runs), []
    for run in runs:
        own = maps.values[maps.runs == run]
        judged.append(own[own[:, half].mean(axis=1).argmax(), ~half])
    return runs, tables.clip_means(np.array(judged).T, groups), len(groups)


def _half(tables: SimilarityTables) -> np.ndarray:
    """Return which clips are in the half of the groups that maps are chosen on, bool, (clips,)."""
    groups = tables.groups
    if len(groups) < 2:
        raise NotRun("one group of clips cannot both choose a map and judge it")
    order = tables.bootstrap.generator(tables.STREAM, "halves").permutation(len(groups))
    return np.isin(groups.index, order[: len(groups) // 2])


@ranges.signed_share
def share_above_random(
    tables: SimilarityTables, network: str, feature: str, layer: str = "deepest"
) -> Estimate:
    """Share of maps with r above the .95 quantile of random maps, minus that of random networks.

    The quantile is of the pooled maps of all random copies. The share of random networks is the
    mean of theirs, each against the quantile of the others. Both are found anew in every resample.

    Args:
        tables: similarities, clips.
        network: name of the network.
        feature: its name.
        layer: see above.

    Raises:
        NotRun: there are fewer than two random copies.
    """
    own, maps = share_draws(tables, network, feature, layer, "random")
    null = random_share(tables, network, feature, layer)
    return _estimate(tables, network, own - null, maps)


@ranges.signed_share
def share_beyond_clips(
    tables: SimilarityTables, network: str, feature: str, layer: str = "deepest"
) -> Estimate:
    """Share of maps that match their own clip more than other clips, minus that of random networks.

    Maps count whose p is below .05, corrected over the maps and features of the layer of each
    training and each random copy. The share of random networks is the mean over copies.

    Args:
        tables: similarities, clips.
        network: name of the network.
        feature: its name.
        layer: see above.
    """
    copies = ("trained", "random")
    (own, maps), (null, _) = (
        share_draws(tables, network, feature, layer, "other clips", copy) for copy in copies
    )
    return _estimate(tables, network, own - null, maps)


@ranges.share
def share_beating_all(
    tables: SimilarityTables, network: str, feature: str, layer: str = "deepest"
) -> Estimate:
    """Share of maps that beat every null with r above .1; arguments as for `share_beating`."""
    return share_beating(tables, network, feature, "all", layer)


@ranges.share
def share_beating(
    tables: SimilarityTables, network: str, feature: str, null: str, layer: str = "deepest"
) -> Estimate:
    """Share of maps of the trained network that beat a null.

    Without a match .05 of them or fewer do: of random and unheard .05, of phase .025, of other
    clips and all of them less.

    Args:
        tables: similarities, clips.
        network: name of the network.
        feature: its name.
        null: ``random``, r is above the .95 quantile of the maps of random copies; ``unheard``, of
            the maps of the network that learned no sound; ``other clips``, p is below .05,
            corrected over maps and features of the layer; ``phase``, the interval of the difference
            to phase-randomised audio lies above 0; ``all``, all that there are, and r is above .1.
        layer: see above.

    Raises:
        NotRun: the instance does not have the null.
    """
    share, maps = share_draws(tables, network, feature, layer, null)
    return _estimate(tables, network, share, maps)


def nulls(tables: SimilarityTables, network: str) -> list[str]:
    """Return the nulls that a network is compared with."""
    heard_all = network not in (tables.settings.get("unheard") or {})
    return [null for null in NULLS if not (null == "unheard" and heard_all)]


def random_share(tables: SimilarityTables, network: str, feature: str, layer: str) -> np.ndarray:
    """Return the share of a random copy's maps above the quantile of the others', (1 + resamples,).

    Args:
        tables: similarities, clips.
        network: name of the network.
        feature: its name.
        layer: see above.

    Raises:
        NotRun: there are fewer than two copies.
    """
    beats, all_runs = [], []
    for part in _layers(tables, network, feature, layer):
        maps, means = tables.map_means(network, "random", part, feature)
        if len(np.unique(maps.runs)) < 2:
            raise NotRun("one random copy has no other that it could be compared with")
        for run in np.unique(maps.runs):
            own = maps.runs == run
            beats.append(means[:, own] > _quantile(means[:, ~own]))
            all_runs.append(maps.runs[own])
    whole, runs = np.concatenate(beats, axis=1), np.concatenate(all_runs)
    shares = [whole[:, runs == run].mean(axis=1) for run in np.unique(runs)]
    weights = tables.copy_shares(np.unique(runs), network, "random")
    return (np.array(shares).T * weights).sum(axis=1)


def _layers(tables: SimilarityTables, network: str, feature: str, layer: str) -> list[str]:
    """Return the layers whose maps are counted."""
    if layer != "all":
        return [tables.layer(layer, network)]
    found = tables.compared_layers(network, feature)
    if not found:
        raise NotApplicable(f"no layer of network '{network}' is compared with feature '{feature}'")
    return found


def _quantile(means: np.ndarray) -> np.ndarray:
    return np.quantile(means, QUANTILE, axis=1, keepdims=True, method="weibull")


def share_draws(
    tables: SimilarityTables,
    network: str,
    feature: str,
    layer: str,
    null: str,
    copy: str = "trained",
) -> tuple[np.ndarray, int]:
    """Return the share that beats a null, (1 + resamples,), and how many maps a training has.

    Resamples against a quantile of few maps vary by as much as the quantile does.

    Args:
        tables: similarities, clips.
        network: name of the network.
        feature: its name.
        layer: see above.
        null: see `share_beating`.
        copy: whose maps they are; ``random`` have other clips alone as a null.

    Raises:
        NotRun: the instance does not have the null.
    """
    beats, all_runs, excess = [], [], np.zeros(1 + tables.bootstrap.resamples)
    for part in _layers(tables, network, feature, layer):
        beats.append(_beats(tables, network, part, feature, null, copy))
        all_runs.append(tables.map_means(network, copy, part, feature)[0].runs)
        if null in ("random", "unheard"):
            excess[1:] += len(all_runs[-1]) * _excess(tables, network, part, feature, null)
    whole, runs = np.concatenate(beats, axis=1), np.concatenate(all_runs)
    numbers, shares = np.unique(runs), []
    for run in numbers:
        own = whole[:, runs == run]
        won, count = own.sum(axis=1), own.shape[1]
        rng = tables.bootstrap.generator(tables.STREAM, "maps", copy, int(run))
        drawn = rng.beta(won[1:] + 0.5, count - won[1:] + 0.5)
        shares.append(np.concatenate([won[:1] / count, drawn]))
    weights = tables.copy_shares(numbers, network, copy)
    share = (np.array(shares).T * weights).sum(axis=1)
    return share - excess / len(runs), len(runs) // len(numbers)


def _excess(tables: SimilarityTables, network: str, layer: str, feature: str, null: str):
    """Return draws of what a further map of a null lies above its quantile by more than .05.

    The share above the k-th of n maps is Beta(n + 1 - k, k), whatever their distribution.
    """
    count = len(tables.map_means(network, null, layer, feature)[0].runs)
    rank = min(QUANTILE * (count + 1), count)
    rng = tables.bootstrap.generator(tables.STREAM, "quantile", null, layer)
    return rng.beta(count + 1 - rank, rank, tables.bootstrap.resamples) - (1 - QUANTILE)


def _beats(
    tables: SimilarityTables, network: str, layer: str, feature: str, null: str, copy: str
) -> np.ndarray:
    """Return which maps beat a null, bool, (1 + resamples, maps)."""
    where = (network, layer, feature)
    maps, means = tables.map_means(network, copy, layer, feature)
    if null == "all":
        parts = [_beats(tables, *where, part, copy) for part in nulls(tables, network)]
        return np.all([*parts, means > EFFECT], axis=0)
    if null == "other clips":
        family = tables.rows("similarities", network=network, copy=copy, layer=layer)
        return _beats_other_clips(maps, means, family)
    other, other_means = tables.map_means(network, null, layer, feature)
    if null != "phase":
        return means > _quantile(other_means)
    keys = ["run", "map"]
    if not np.array_equal(maps.rows[keys].to_numpy(), other.rows[keys].to_numpy()):
        raise InputError(
            f"{tables.paths['similarities']}: copies trained and phase have other maps; make the "
            "table again"
        )
    gain = means - other_means
    low, _ = tables.bootstrap.interval(gain[1:])
    return gain - (gain[0] - low) > 0  # resamples move the interval, not its width


def _beats_other_clips(maps: Maps, means: np.ndarray, family: pd.DataFrame) -> np.ndarray:
    """Return which maps are significant; resamples move z, not the largest p that is."""
    sd = maps.rows["null_sd"].to_numpy(float)
    moved = np.divide(means - means[0], sd, out=np.zeros(means.shape), where=sd > 0)
    p = norm.sf(maps.rows["z"].to_numpy(float) + moved)
    p[0] = maps.rows["p"].to_numpy(float)
    beats = np.empty(p.shape, dtype=bool)
    for run in np.unique(maps.runs):
        own, all_p = maps.runs == run, family.loc[family["run"] == run, "p"].to_numpy(float)
        found = all_p[false_discovery_control(all_p) < LEVEL]
        beats[:, own] = p[:, own] <= found.max(initial=-1.0)
    return beats


def _estimate(tables: SimilarityTables, network: str, share: np.ndarray, maps: int) -> Estimate:
    """Return the estimate of a share; its interval holds it where no map or every one wins."""
    runs = tables.rows("similarities", network=network, copy="trained")["run"]
    about = {"unit": f"map and {clip_unit(tables.rows('clips'))}", "trainings": runs.nunique()}
    found = tables.over(share, min(maps, len(tables.groups)), **about)
    low, high = min(found.low, found.value), max(found.high, found.value)
    return replace(found, low=low, high=high)
