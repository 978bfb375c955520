"""Filters, the inputs that maps like best, and how their sonifications change in training."""

import numpy as np
import pandas as pd

from tonotopy.evidence import ranges
from tonotopy.evidence.claims import Estimate, NotRun
from tonotopy.evidence.networks import Means, quotient
from tonotopy.studies.sonification.statistics.tables import SonificationTables


@ranges.signed_share
def selectivity_difference(tables: SonificationTables, network: str, than: str) -> Estimate:
    """Band selectivity of a network's first-layer filters minus that of another's (-1 to 1).

    Selectivity is 1 minus the spectral flatness of the squared response; filters are resampled.

    Args:
        tables: filters.
        network: name of the one.
        than: name of the other.
    """
    return _compared(tables, *(_selectivity(tables, name) for name in (network, than)))


def selectivity_ratio(tables: SonificationTables, network: str, than: str) -> Estimate:
    """Band selectivity of a network's first-layer filters over that of another's."""
    pair = (_selectivity(tables, name) for name in (network, than))
    return _compared(tables, *pair, ratio=True)


def _compared(
    tables: SonificationTables, one: Means, other: Means, ratio: bool = False
) -> Estimate:
    """Return a difference or a ratio of networks that may have different numbers of units."""
    values = quotient(one.values, other.values) if ratio else one.values - other.values
    units = min(len(one.units), len(other.units))
    return tables.over(values, units, one.unit, one.trainings)


def _selectivity(tables: SonificationTables, network: str) -> Means:
    if tables.table("filters").empty:
        raise NotRun("the networks have no first convolution whose filters could be looked at")
    return tables.means("filters", "selectivity", "filter", network=network)


def variety(
    tables: SonificationTables, network: str, than: str, layer: str = "deepest"
) -> Estimate:
    """Entropy of the classes of maps' favourite clips, minus that of another network, in bits.

    Clips are resampled: all maps of a layer are looked at, and many like the same clips.

    Args:
        tables: favourites.
        network: name of the one.
        than: name of the other.
        layer: first, deepest or a name.
    """
    return _compared(tables, *(_entropy(tables, name, layer) for name in (network, than)))


def _entropy(tables: SonificationTables, network: str, layer: str) -> Means:
    layer = tables.layer(layer, "favourites", network=network)
    rows = tables.rows("favourites", network=network, layer=layer)
    training, shares = tables.trainings(rows)
    clips = pd.Index(sorted(set(tables.table("favourites")["clip"])))
    labels, label = np.unique(rows["label"].to_numpy(), return_inverse=True)
    shape = (shares.shape[1], len(clips), len(labels))
    cells = np.ravel_multi_index((training, clips.get_indexer(rows["clip"]), label), shape)
    liked = np.bincount(cells, minlength=int(np.prod(shape))).reshape(shape)
    liked = np.tensordot(tables.counts(len(clips), "clip"), liked, (1, 1))
    all_ = liked.sum(axis=2, keepdims=True)
    share = np.divide(liked, all_, out=np.full(liked.shape, np.nan), where=all_ > 0)
    bits = -(share * np.log2(share, out=np.zeros(share.shape), where=share > 0)).sum(axis=2)
    return Means((shares * bits).sum(axis=1), tuple(clips), "clip", shares.shape[1])


@ranges.signed_share
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
    return _over_maps(tables, _mean(tables, change, "map"), network, len(change))


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
        means.append(_mean(tables, maps, f"{which} map"))
        units.append(len(maps))
    return _over_maps(tables, quotient(*means), network, min(units))


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
        likeness = _checkpoints(tables, "similarity", network, name)["first"].dropna()
        if likeness.empty:
            raise NotRun(f"no map of layer '{name}' has a sonification at both checkpoints")
        means.append(_mean(tables, likeness, f"map of {which}"))
        units.append(len(likeness))
    return _over_maps(tables, means[0] - means[1], network, min(units))


def _mean(tables: SonificationTables, values: pd.Series, kind: str) -> np.ndarray:
    """Return the mean of maps in the data and in every resample: (1 + resamples,)."""
    return tables.widened_counts(len(values), kind) @ values.to_numpy() / len(values)


def _over_maps(
    tables: SonificationTables, values: np.ndarray, network: str | None, maps: int
) -> Estimate:
    keys = {} if network is None else {"network": network}
    trainings = tables.number_of_trainings(tables.rows("evolution", **keys))
    return tables.over(values, maps, "map", trainings)


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
