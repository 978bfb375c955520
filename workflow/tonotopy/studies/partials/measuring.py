"""First-layer filters: how much of their energy lies in one band, and how much could."""

from collections.abc import Iterable, Mapping

import numpy as np
import pandas as pd

from tonotopy.ears import Ear
from tonotopy.partials.filters import concentrations, limits, random_filters, third_octaves
from tonotopy.partials.first_layer import first_filters
from tonotopy.seeding import generator

RANDOM = 64  # random filters beside a network's own, at least


def filter_table(ear: Ear, known: Mapping, seed: int) -> pd.DataFrame:
    """Return the filters of a network in their best bands, and random ones of the same length.

    Args:
        ear: the network.
        known: its ``role``.
        seed: of the run.

    Returns:
        Columns network, run, role, copy (own or random), filter, taps, rate, centre_hz (of the band
        that holds most), concentration and limit (of that band); no rows, and a line in the log,
        where a network does not begin with a convolution. Filters that are 0 are left out.
    """
    own = first_filters(ear.bundle.network)
    if own is None:
        kind = type(ear.bundle.network).__name__
        print(f"note: {ear.network} ({kind}) has no convolution over one channel", flush=True)
        return pd.DataFrame()
    taps = own.shape[1]
    rng = generator(seed, "random filters", ear.network, ear.run)
    copies = {"own": own, "random": random_filters(max(RANDOM, len(own)), taps, rng)}
    highest, (centres, _) = limits(taps, ear.rate), third_octaves(ear.rate)
    parts = []
    for copy, filters in copies.items():
        found = concentrations(filters, ear.rate)
        numbers = np.flatnonzero(~np.isnan(found[:, 0]))
        bands = found[numbers].argmax(axis=1)
        told = {
            "copy": copy,
            "filter": numbers,
            "taps": taps,
            "rate": ear.rate,
            "centre_hz": centres[bands],
            "concentration": found[numbers, bands],
            "limit": highest[bands],
        }
        about = {"network": ear.network, "run": ear.run, "role": known["role"]}
        parts.append(pd.DataFrame({**about, **told}))
    return pd.concat(parts, ignore_index=True)


def limit_table(
    filters: pd.DataFrame, lengths: Iterable[int], rates: Iterable[int]
) -> pd.DataFrame:
    """Return how much of a filter's energy a band can hold at most.

    Args:
        filters: see `filter_table`, of all networks; their lengths are added at their own rates.
        lengths: in taps, wanted at every rate.
        rates: of the networks, in Hz.

    Returns:
        Columns taps, rate, centre_hz and limit.
    """
    wanted = {(taps, rate) for taps in lengths for rate in rates}
    if len(filters):
        wanted |= set(zip(filters["taps"].tolist(), filters["rate"].tolist(), strict=True))
    parts = []
    for taps, rate in sorted(wanted):
        centres, _ = third_octaves(rate)
        told = {"taps": taps, "rate": rate, "centre_hz": centres, "limit": limits(taps, rate)}
        parts.append(pd.DataFrame(told))
    return pd.concat(parts, ignore_index=True)
