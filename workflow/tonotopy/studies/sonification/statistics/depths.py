"""Layer importance: how well a classifier does after every layer (section 6.1, figure 6.1).

Scores are those of `transfers.scores`, at the layers that have maps, from input to output.
"""

import numpy as np
from scipy.stats import rankdata

from tonotopy.evidence import ranges
from tonotopy.evidence.claims import Estimate, NotRun
from tonotopy.evidence.networks import Means, difference
from tonotopy.evidence.tables import middle_third, one_third
from tonotopy.studies.sonification.statistics.tables import DEPTHS, WHOLE, SonificationTables
from tonotopy.studies.sonification.statistics.transfers import scores


def _layers(tables: SonificationTables, task: str, network: str, learn: str) -> list[str]:
    return tables.layers("transfers", task=task, network=network, learn=learn)


@ranges.signed_share
def depth_correlation(tables: SonificationTables, task: str, network: str, learn: str) -> Estimate:
    """Rank correlation of a layer's depth and the score after it, -1 to 1.

    Args:
        tables: transfers.
        task: name of the transfer.
        network: name of the network.
        learn: head or all.
    """
    layers = _layers(tables, task, network, learn)
    one_third(len(layers))
    means = scores(tables, task, network, learn, layers)
    depth = np.arange(len(layers)) - (len(layers) - 1) / 2
    ranks = rankdata(means.values, axis=1) - (len(layers) + 1) / 2
    norms = np.sqrt((ranks**2).sum(axis=1) * (depth @ depth))
    values = np.divide(ranks @ depth, norms, out=np.full(norms.shape, np.nan), where=norms > 0)
    return tables.of(means._replace(values=values))


def _gap(
    tables: SonificationTables, task: str, network: str, than: str, learn: str, depths: str
) -> Means:
    """Return the mean over layers of a network's score minus another's, (1 + resamples,)."""
    first, second = (_at(tables, task, name, learn, depths) for name in (network, than))
    tables.paired(first, second)
    return first._replace(values=(first.values - second.values).mean(axis=1))


def _at(tables: SonificationTables, task: str, network: str, learn: str, depths: str) -> Means:
    layers = _layers(tables, task, network, learn)
    one_third(len(layers))
    return scores(tables, task, network, learn, layers[DEPTHS[depths](len(layers))])


def depth_difference(
    tables: SonificationTables, task: str, network: str, than: str, learn: str, depths: str
) -> Estimate:
    """Score of a network minus that of another, mean over some layers.

    Args:
        tables: transfers.
        task: name of the transfer.
        network: name of the one.
        than: name of the other.
        learn: head or all.
        depths: which layers: first, middle or last third, all but the final two, final two.
    """
    means = _gap(tables, task, network, than, learn, depths)
    return tables.of(means)


def depth_rise(
    tables: SonificationTables, task: str, network: str, learn: str, depths: str, of: str
) -> Estimate:
    """Score of a network, mean over some layers minus mean over others.

    Args:
        tables: transfers.
        task: name of the transfer.
        network: name of the network.
        learn: head or all.
        depths: the ones, see `depth_difference`.
        of: the others.
    """
    pair = (_at(tables, task, network, learn, which) for which in (depths, of))
    return difference(tables, *(m._replace(values=m.values.mean(axis=1)) for m in pair))


def depth_difference_by_learning(
    tables: SonificationTables, task: str, network: str, than: str, depths: str
) -> Estimate:
    """What `depth_difference` is larger by where the head alone learns than where all does."""
    pair = (_gap(tables, task, network, than, learn, depths) for learn in ("head", "all"))
    return difference(tables, *pair)


@ranges.signed_share
def layer_difference(
    tables: SonificationTables, task: str, network: str, than: str, learn: str, layer: str
) -> Estimate:
    """Score of a network after one layer minus that of another; arguments as above."""
    first, second = (scores(tables, task, name, learn, [layer]) for name in (network, than))
    pair = (means._replace(values=means.values[:, 0]) for means in (first, second))
    return difference(tables, *pair)


@ranges.signed_share
def whole_over_middle(
    tables: SonificationTables, task: str, network: str, learn: str = "head"
) -> Estimate:
    """Score after the whole encoder minus that after the best layer of the middle third.

    The layer is chosen on every other class and judged on the classes in between, and the other way
    round; the two differences are averaged by the number of their classes.

    Args:
        tables: transfers.
        task: name of the transfer.
        network: name of the network.
        learn: head or all.
    """
    layers = _layers(tables, task, network, learn)
    one_third(len(layers))
    middle = layers[middle_third(len(layers))]
    classes = sorted(tables.rows("transfers", task=task, network=network, learn=learn)["label"])
    classes = list(dict.fromkeys(classes))
    if len(classes) < 2:
        raise NotRun("one class cannot both choose a layer and judge it")
    halves = classes[::2], classes[1::2]
    judged = []
    for chosen_on, judged_on in (halves, halves[::-1]):
        chooses = scores(tables, task, network, learn, middle, labels=chosen_on)
        best = middle[int(np.argmax(chooses.values[0]))]
        ends = scores(tables, task, network, learn, [WHOLE, best], labels=judged_on)
        judged.append((ends.values[:, 0] - ends.values[:, 1]) * len(judged_on) / len(classes))
    return tables.over(sum(judged), len(classes), ends.unit, ends.trainings)
