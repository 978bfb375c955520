"""How much of a first-layer filter's energy lies within a band, and how much can at its length."""

import numpy as np
import pandas as pd

from tonotopy.evidence import ranges
from tonotopy.evidence.claims import Estimate, NotRun
from tonotopy.evidence.networks import Means
from tonotopy.evidence.units import over_means
from tonotopy.studies.partials.statistics.tables import PartialsTables

HIGHEST = 4186.0  # Hz, of the piano's last key: above it nobody hears partials as notes
EDGE = 1 / 6  # octaves from the centre of a band of a third of an octave to its edges


@ranges.signed_share
def over_limit(tables: PartialsTables, network: str) -> Estimate:
    """Largest concentration of a filter minus the limit of its length and band; silent ones aside.

    Args:
        tables: filters, those of the network and random ones.
        network: name of the network.
    """
    rows = _filters(tables, network)
    most = (rows["concentration"] - rows["limit"]).max()
    return tables.exact(most, len(rows), unit="filter", trainings=tables.trained(rows))


@ranges.share
def limit_at(tables: PartialsTables, taps: int, hz: float, rate: int | None = None) -> Estimate:
    """Largest share of a filter's energy in the band of a third of an octave around a frequency.

    Args:
        tables: limits.
        taps: length of the filter.
        hz: frequency within the band.
        rate: sampling rate in Hz; the largest limit of all rates if None.

    Raises:
        NotRun: there are no filters of that length and rate, or no such band.
    """
    rows = tables.rows("limits", taps=taps, **({} if rate is None else {"rate": rate}))
    octaves = np.abs(np.log2(hz / rows["centre_hz"].to_numpy(dtype=float)))
    if octaves.min() > EDGE:
        raise NotRun(f"no band holds {hz} Hz")
    return tables.exact(rows["limit"][octaves <= EDGE].max(), len(rows), unit="band")


def limit_ratio(tables: PartialsTables, network: str) -> Estimate:
    """Concentration over its limit: mean of a network's filters minus that of random ones.

    Filters of both kinds are resampled.

    Args:
        tables: filters.
        network: name of the network.
    """
    rows = _filters(tables, network)
    own, random = (_used(tables, network, copy) for copy in ("own", "random"))
    filters = min(len(own.units), len(random.units))
    about = {"unit": "filter", "trainings": tables.trained(rows)}
    return tables.over(own.values - random.values, filters, **about)


def _filters(tables: PartialsTables, network: str) -> pd.DataFrame:
    """Return the filters of a network, random ones among them.

    Raises:
        NotRun: it does not begin with a convolution.
    """
    if network in tables.setting("networks") and network not in set(
        tables.table("filters")["network"]
    ):
        raise NotRun(f"network '{network}' does not begin with a convolution of the samples")
    return tables.rows("filters", network=network)


def _used(tables: PartialsTables, network: str, copy: str) -> Means:
    return tables.means(
        "filters",
        lambda rows: rows["concentration"] / rows["limit"],
        "filter",
        network=network,
        copy=copy,
    )


@ranges.share
def isolating_filters(tables: PartialsTables, network: str, share: float = 0.5) -> Estimate:
    """Share of a network's filters that have most of their energy in one band of the musical range.

    Args:
        tables: filters, limits.
        network: name of the network.
        share: of the energy that the best band holds more than.

    Raises:
        NotRun: whatever they are, filters of that length cannot: their limits say so.
    """
    rows = _filters(tables, network)
    rows = rows[rows["copy"] == "own"]
    _refuse_short(tables, rows, share)
    inside = (rows["concentration"] > share) & (rows["centre_hz"] <= HIGHEST)
    return over_means(tables, tables.share("filters", inside, rows, "filter", network))


def _refuse_short(tables: PartialsTables, rows: pd.DataFrame, share: float) -> None:
    """Raise NotRun if no band of the musical range can hold more than a share at these lengths."""
    lengths = rows[["taps", "rate"]].drop_duplicates().to_dict("records")
    bands = pd.concat([tables.rows("limits", **length) for length in lengths])
    most = bands.loc[bands["centre_hz"] <= HIGHEST, "limit"].max()
    if not most > share:
        taps = " or ".join(str(length["taps"]) for length in lengths)
        raise NotRun(
            f"filters of {taps} taps cannot hold more than {most:.2f} of their energy in a band up "
            f"to {HIGHEST:g} Hz, whatever is learned"
        )
