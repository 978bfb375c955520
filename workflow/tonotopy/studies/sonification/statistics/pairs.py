"""Two classes in one clip: does a class's sonification belong to that class?

Both are beyond the thesis. A pair of classes weighs the product of how often they are drawn. A
clip's share of wins is .5 by chance. A layer is named, or is the ``first`` or ``deepest`` one.
"""

import numpy as np
import pandas as pd

from tonotopy.evidence.claims import Estimate
from tonotopy.evidence.networks import Means, difference
from tonotopy.studies.sonification.statistics.tables import SonificationTables

CLASSES = {"matches": ("first", "second"), "targeted": ("target", "other")}
WINS = {"matches": ("own", "crossed"), "targeted": ("drop_target", "drop_other")}


def match_share(
    tables: SonificationTables, network: str, layer: str = "deepest", than: str | None = None
) -> Estimate:
    """Share of clips where two sonifications match their own events better than each other's.

    Args:
        tables: matches.
        network: name of the network.
        layer: see above.
        than: a network whose share is taken away, if any.
    """
    return _share(tables, "matches", network, layer, than)


def targeted_share(
    tables: SonificationTables, network: str, layer: str = "deepest", than: str | None = None
) -> Estimate:
    """Share of clips where the loss of a class's sonification lowers its logit more than another's.

    Args:
        tables: targeted.
        network: name of the network.
        layer: see above.
        than: a network whose share is taken away, if any.
    """
    return _share(tables, "targeted", network, layer, than)


def _share(tables, name: str, network: str, layer: str, than: str | None) -> Estimate:
    own = _wins(tables, name, network, layer)
    if than is None:
        return tables.over(own.values, len(own.units))
    return difference(tables, own, _wins(tables, name, than, layer))


def _wins(tables: SonificationTables, name: str, network: str, layer: str) -> Means:
    layer = tables.layer(layer, name, network=network)
    rows = tables.rows(name, network=network, layer=layer)
    tables.refuse_twice(name, rows)
    one, other = (rows[column] for column in WINS[name])
    known = one.notna() & other.notna()
    wins = np.where(known, one > other, 0.0)
    classes, index = np.unique(_both(rows, CLASSES[name]), return_inverse=True)
    training, shares = tables.trainings(rows)
    size = len(classes)
    places = (training, *index.reshape(2, -1))
    shape = (shares.shape[1], size, size)
    cells = np.ravel_multi_index(places, shape)
    won, all_ = (
        np.bincount(cells, values, int(np.prod(shape))).reshape(shape)
        for values in (wins, known.to_numpy(dtype=float))
    )
    counts = tables.counts(size, "label")
    won, all_ = (np.einsum("bx,txy,by->bt", counts, v, counts, optimize=True) for v in (won, all_))
    share = np.divide(won, all_, out=np.full(won.shape, np.nan), where=all_ > 0)
    return Means((shares * share).sum(axis=1), tuple(classes))


def _both(rows: pd.DataFrame, columns: tuple[str, str]) -> np.ndarray:
    return np.concatenate([rows[column].to_numpy() for column in columns])
