"""Filters, the inputs that maps like best, and how their sonifications change in training."""

import numpy as np
import pandas as pd

from tonotopy.evidence.claims import Estimate, NotRun
from tonotopy.evidence.networks import quotient
from tonotopy.studies.sonification.statistics.tables import SonificationTables


def selectivity_difference(tables: SonificationTables, network: str, than: str) -> Estimate:
    """Band selectivity of a network's first-layer filters minus that of another's (-1 to 1).

    Selectivity is 1 minus the spectral flatness of the squared response; filters are resampled.

    Args:
        tables: filters.
        network: name of the one.
        than: name of the other.
    """
    (one, first), (other, second) = (_selectivity(tables, name) for name in (network, than))
    return tables.over(one - other, min(first, second))


def selectivity_ratio(tables: SonificationTables, network: str, than: str) -> Estimate:
    """Band selectivity of a network's first-layer filters over that of another's."""
    (one, first), (other, second) = (_selectivity(tables, name) for name in (network, than))
    return tables.over(quotient(one, other), min(first, second))


def _selectivity(tables: SonificationTables, network: str) -> tuple[np.ndarray, int]:
    if tables.table("filters").empty:
        raise NotRun("the networks have no first convolution whose filters could be looked at")
    means = tables.means("filters", "selectivity", "filter", network=network)
    return means.values, len(means.units)


def variety(
    tables: SonificationTables, network: str, than: str, layer: str = "deepest"
) -> Estimate:
    """Entropy of the classes of maps' favourite clips, minus that of another network, in bits.

    Maps are resampled.

    Args:
        tables: favourites.
        network: name of the one.
        than: name of the other.
        layer: first, deepest or a name.
    """
    (one, first), (other, second) = (_entropy(tables, name, layer) for name in (network, than))
    return tables.over(one - other, min(first, second))


def _entropy(tables: SonificationTables, network: str, layer: str) -> tuple[np.ndarray, int]:
    layer = tables.layer(layer, "favourites", network=network)
    rows = tables.rows("favourites", network=network, layer=layer)
    training, shares = tables.trainings(rows)
    maps, unit = np.unique(rows["map"].to_numpy(), return_inverse=True)
    labels, label = np.unique(rows["label"].to_numpy(), return_inverse=True)
    shape = (shares.shape[1], len(maps), len(labels))
    cells = np.ravel_multi_index((training, unit, label), shape)
    liked = np.bincount(cells, minlength=int(np.prod(shape))).reshape(shape)
    liked = np.tensordot(tables.counts(len(maps), "map"), liked, (1, 1))
    share = liked / liked.sum(axis=2, keepdims=True)
    bits = -(share * np.log2(share, out=np.zeros(share.shape), where=share > 0)).sum(axis=2)
    return (shares * bits).sum(axis=1), len(maps)


def flatness_fall(
    tables: SonificationTables, network: str | None = None, layer: str | None = None
) -> Estimate:
    """Spectral flatness of sonifications at the first checkpoint minus that at the last (-1 to 1).

    Mean over maps, which are resampled; maps that are dead at the last one are left out.

    Args:
        tables: evolution.
        network: name of the network; all if None.
        layer: by name; all if None.
    """
    change = _checkpoints(tables, "flatness", network, layer)
    change = (change["first"] - change["last"]).dropna()
    return tables.mean(change, "sonification flatness")


def dead_flatness(tables: SonificationTables, network: str | None = None) -> Estimate:
    """Spectral flatness at the first checkpoint of maps that die, over that of the others.

    Maps are resampled, those that die and the others apart.

    Args:
        tables: evolution.
        network: name of the network; all if None.
    """
    first = _checkpoints(tables, "flatness", network, None)["first"]
    dead = _checkpoints(tables, "dead", network, None)["last"].astype(bool)
    means, units = [], []
    for which, maps in (("dead", first[dead].dropna()), ("living", first[~dead].dropna())):
        if maps.empty:
            raise NotRun(f"no map is {which} at the last checkpoint")
        weights = tables.weights(len(maps), f"sonification {which}")
        means.append(np.concatenate([[maps.mean()], weights @ maps.to_numpy()]))
        units.append(len(maps))
    return tables.over(quotient(*means), min(units))


def early_likeness(
    tables: SonificationTables,
    network: str | None = None,
    layer: str = "first",
    of: str = "deepest",
) -> Estimate:
    """How much more a layer's sonifications are alike over training than those of another layer.

    Likeness of the first checkpoint to the last is the correlation of log spectrograms, -1 to 1;
    means are over maps, which are resampled within their layers.

    Args:
        tables: evolution.
        network: name of the network; all if None.
        layer: first, deepest or a name.
        of: likewise; what is taken away.
    """
    means, units = [], []
    about = {} if network is None else {"network": network}
    for which in (layer, of):
        name = tables.layer(which, "evolution", **about)
        likeness = _checkpoints(tables, "similarity", network, name)["first"].dropna().to_numpy()
        if not len(likeness):
            raise NotRun(f"no map of layer '{name}' has a sonification at both checkpoints")
        weights = tables.weights(len(likeness), f"sonification likeness {which}")
        means.append(np.concatenate([[likeness.mean()], weights @ likeness]))
        units.append(len(likeness))
    return tables.over(means[0] - means[1], min(units))


def _checkpoints(
    tables: SonificationTables, column: str, network: str | None, layer: str | None
) -> pd.DataFrame:
    """Return a column at the ``first`` and the ``last`` checkpoint, one row for every map."""
    keys = {"network": network, "layer": layer}
    rows = tables.rows("evolution", **{k: v for k, v in keys.items() if v is not None})
    by_map = rows.pivot(index=["network", "run", "layer", "map"], columns="epoch", values=column)
    if by_map.shape[1] < 2:
        raise NotRun("there is one checkpoint: nothing evolves")
    by_map = by_map.sort_index(axis=1)
    return pd.DataFrame({"first": by_map.iloc[:, 0], "last": by_map.iloc[:, -1]}).sort_index()
