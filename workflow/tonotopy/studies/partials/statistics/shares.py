"""Shares of directions that isolate a band, after each of three steps, and what they follow.

Steps: ``narrow``, on a sweep of pure tones; ``kept``, also in four kinds of complexes of partials;
``stable``, also in natural sound. Every statistic is over directions of one or more kinds; of None,
over all that are learned (units and combinations of them). Random directions of the same network
are their null.
"""

import pandas as pd

from tonotopy.evidence import ranges
from tonotopy.evidence.claims import Estimate, NotApplicable, NotRun
from tonotopy.evidence.networks import Means
from tonotopy.evidence.tables import FEWEST
from tonotopy.evidence.units import over_means
from tonotopy.studies.partials.statistics.tables import RANDOM, PartialsTables

Kinds = str | list[str] | None


@ranges.share
def share_after(tables: PartialsTables, network: str, step: str, kind: Kinds = None) -> Estimate:
    """Share of directions that pass a step and those before it, 0 to 1.

    Args:
        tables: directions.
        network: name of the network.
        step: narrow, kept or stable.
        kind: of directions.
    """
    return over_means(tables, _after(tables, network, step, kind))


def _after(tables: PartialsTables, network: str, step: str, kind: Kinds) -> Means:
    rows = _directions(tables, network, kind)
    return _share(tables, rows[step].astype(bool), rows, network, kind, step)


@ranges.share
def share_lost(
    tables: PartialsTables, network: str, kind: Kinds = None, of: str | None = None
) -> Estimate:
    """Share of directions that pass the first step and not the second, 0 to 1.

    Args:
        tables: directions.
        network: name of the network.
        kind: of directions.
        of: narrow: the share of those that pass the first step; of all directions if None.

    Raises:
        NotRun: no direction passes the first step, and the share is of those.
    """
    rows = _directions(tables, network, kind)
    narrow = rows["narrow"].astype(bool)
    lost = narrow & ~rows["kept"].astype(bool)
    if of is not None:
        if not narrow.any():
            raise NotRun(f"no direction of network '{network}' isolates a band on tones")
        rows, lost = rows[narrow], lost[narrow]
    return over_means(tables, _share(tables, lost, rows, network, kind, "lost"))


@ranges.signed_share
def share_difference(
    tables: PartialsTables,
    network: str,
    step: str,
    kind: Kinds = None,
    than: str | None = None,
    than_kind: Kinds = None,
) -> Estimate:
    """Share of directions that pass a step, minus that of other directions, -1 to 1.

    Args:
        tables: directions.
        network: name of the network.
        step: narrow, kept or stable.
        kind: of its directions.
        than: name of the other network; the same one if None.
        than_kind: kind of the other directions.
    """
    first = _after(tables, network, step, kind)
    second = _after(tables, than or network, step, than_kind)
    units = min(len(first.units), len(second.units))
    about = {"unit": first.unit, "trainings": first.trainings}
    return tables.over(first.values - second.values, units, **about)


@ranges.share
def follows_share(
    tables: PartialsTables, network: str, follows: str, kind: Kinds = None
) -> Estimate:
    """Share of directions that follow the pitch of a complex, or a partial of it, 0 to 1.

    Of those that were tested: they isolate a band on pure tones, and a complex is built on it.

    Args:
        tables: directions.
        network: name of the network.
        follows: pitch or partial.
        kind: of directions.

    Raises:
        NotRun: fewer than 8 directions were tested.
    """
    rows = _directions(tables, network, kind)
    rows = rows[rows["follows"] != "none"]
    if len(rows) < FEWEST:
        raise NotRun(
            f"{len(rows)} directions of network '{network}' isolate a band that complexes are "
            f"built on: too few for an interval ({FEWEST} are needed)"
        )
    inside = rows["follows"] == follows
    return over_means(tables, _share(tables, inside, rows, network, kind, follows))


@ranges.at_least_0
def centre_error(tables: PartialsTables, network: str) -> Estimate:
    """Largest distance of a peak of the sweep from the known centre of a filter, in semitones.

    Of filters whose centres lie within the sweep.

    Args:
        tables: directions, responses.
        network: name of a filter bank.

    Raises:
        NotRun: the network has no centres, or none within the sweep.
    """
    rows = tables.rows("directions", network=network, kind="unit")
    if rows["centre"].isna().all():
        raise NotApplicable(f"network '{network}' has no known centres")
    swept = tables.rows("responses", network=network, stimulus="tone")["semitone"]
    rows = rows[rows["centre"].between(swept.min(), swept.max())]
    if rows.empty:
        raise NotRun(f"no centre of network '{network}' lies within the sweep")
    largest = (rows["semitone"] - rows["centre"]).abs().max()
    return tables.exact(largest, len(rows), unit="filter", trainings=tables.trained(rows))


def _directions(tables: PartialsTables, network: str, kind: Kinds) -> pd.DataFrame:
    if isinstance(kind, str):
        return tables.rows("directions", network=network, kind=kind)
    rows = tables.rows("directions", network=network)
    rows = rows[rows["kind"] != RANDOM] if kind is None else rows[rows["kind"].isin(kind)]
    if rows.empty:
        raise NotApplicable(
            f"network '{network}' has no directions of kind {' or '.join(kind or [])}"
        )
    return rows


def _share(
    tables: PartialsTables, inside: pd.Series, rows: pd.DataFrame, network: str, kind, what: str
) -> Means:
    """Return a share of directions; two shares are drawn independently."""
    kinds = [kind] if isinstance(kind, str) else kind or ["learned"]
    return tables.share("directions", inside, rows, "direction", network, *kinds, what)
