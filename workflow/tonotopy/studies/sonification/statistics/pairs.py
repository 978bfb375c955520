"""Two classes in one clip: does a class's sonification belong to that class?

Both are beyond the thesis. Every pair of classes of a clip counts; clips are resampled, or their
groups. A share of wins is .5 by chance. A layer is named, or is the ``first`` or ``deepest`` one.
"""

import pandas as pd

from tonotopy.evidence import ranges
from tonotopy.evidence.claims import Estimate
from tonotopy.evidence.networks import Means, difference
from tonotopy.studies.sonification.statistics.tables import SonificationTables

WINS = {"matches": ("own", "crossed"), "targeted": ("drop_target", "drop_other")}


def match_share(
    tables: SonificationTables, network: str, layer: str = "deepest", than: str | None = None
) -> Estimate:
    """Share of pairs where two sonifications match their own events better than each other's.

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
    """Share of pairs where the loss of a class's sonification lowers its logit more than another's.

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
        return ranges.share(tables.of)(own)
    return ranges.signed_share(difference)(tables, own, _wins(tables, name, than, layer))


def _wins(tables: SonificationTables, name: str, network: str, layer: str) -> Means:
    def won(rows: pd.DataFrame) -> pd.Series:
        one, other = (rows[column] for column in WINS[name])
        return (one > other).where(one.notna() & other.notna()).astype(float)

    layer = tables.layer(layer, name, network=network)
    return tables.means(name, won, "group", network=network, layer=layer)
