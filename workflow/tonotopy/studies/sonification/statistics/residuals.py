"""What is lost when sonifications are taken away from clips (section 6.2, figure 6.2).

A drop is the mean average precision of the clips as they are minus that of the clips without the
sonification of a layer's most active map (``residual``), without the same sonification with random
phases (``phase``), or filtered to the residual's spectrum (``filter``). Classes are resampled.
"""

import numpy as np
import pandas as pd

from tonotopy.evidence.claims import Estimate
from tonotopy.evidence.networks import Means, difference, quotient
from tonotopy.evidence.tables import one_third
from tonotopy.studies.sonification.statistics.tables import SonificationTables

TABLE = "residuals"


def _score(
    tables: SonificationTables, kind: str, network: str, learn: str, layers=None, half=None
) -> Means:
    def score(rows: pd.DataFrame) -> pd.Series:
        classes = sorted(rows["label"].unique())
        named = classes if half is None else classes[half::2]
        return rows["score"].where(rows["label"].isin(named))

    axes = {} if layers is None else {"layer": layers}
    about = {"network": network, "learn": learn, "kind": kind}
    return tables.means(TABLE, score, "label", axes, **about)


def _drops(
    tables: SonificationTables,
    network: str,
    learn: str,
    kind: str,
    layers: list[str] | None = None,
    half: int | None = None,
) -> tuple[Means, np.ndarray]:
    """Return drops at layers, (1 + resamples, layers), and the score that is lost from.

    ``half``: 0 for every other class, 1 for the classes in between, None for all.
    """
    layers = layers or tables.layers(TABLE, network=network, learn=learn, kind=kind)
    whole = _score(tables, "original", network, learn, half=half)
    without = _score(tables, kind, network, learn, layers, half)
    tables.paired(whole, without)
    return without._replace(values=whole.values[:, None] - without.values), whole.values


def drop(
    tables: SonificationTables, network: str, learn: str, layer: str, over: str | None = None
) -> Estimate:
    """Drop at a layer.

    Args:
        tables: residuals.
        network: name of the network.
        learn: which classifier answers: head or all.
        layer: by name.
        over: a kind of control whose drop is taken away: phase or filter.
    """
    kinds = ("residual", over) if over else ("residual",)
    means = [_drops(tables, network, learn, kind, [layer])[0] for kind in kinds]
    means = [one._replace(values=one.values[:, 0]) for one in means]
    if over:
        return difference(tables, *means)
    return tables.of(means[0])


def _lost(tables: SonificationTables, network: str, learn: str) -> Means:
    drops, whole = _drops(tables, network, learn, "residual")
    return drops._replace(values=quotient(drops.values.mean(axis=1), whole))


def share_lost(
    tables: SonificationTables, network: str, learn: str, than: str | None = None
) -> Estimate:
    """Drop as a share of the score, mean over layers.

    Args:
        tables: residuals.
        network: name of the network.
        learn: head or all.
        than: a network whose share is taken away, if any.
    """
    own = _lost(tables, network, learn)
    if than is None:
        return tables.of(own)
    return difference(tables, own, _lost(tables, than, learn))


def spread_difference(tables: SonificationTables, network: str) -> Estimate:
    """Standard deviation of drops over layers: of the head alone minus where all learned.

    That of the drops in truth: their variance is taken to be the covariance, over layers, of the
    drops of every other class and those of the classes in between, whose noise has nothing in
    common. The root of a negative one counts as negative.

    Args:
        tables: residuals.
        network: name of the network.
    """

    def spread(learn: str) -> Means:
        drops = [_drops(tables, network, learn, "residual", half=half)[0] for half in (0, 1)]
        layers = drops[0].values.shape[1]
        one_third(layers)
        one, other = (d.values - d.values.mean(axis=1, keepdims=True) for d in drops)
        variance = (one * other).sum(axis=1) / (layers - 1)
        return drops[0]._replace(values=np.sign(variance) * np.sqrt(np.abs(variance)))

    return difference(tables, spread("head"), spread("all"))


def robustness(tables: SonificationTables, network: str) -> Estimate:
    """Mean drop over layers of the head alone minus that where all learned.

    Above 0 where the network that learned as a whole is more robust.

    Args:
        tables: residuals.
        network: name of the network.
    """
    head, every = (_drops(tables, network, learn, "residual")[0] for learn in ("head", "all"))
    pair = (means._replace(values=means.values.mean(axis=1)) for means in (head, every))
    return difference(tables, *pair)
