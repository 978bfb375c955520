"""The largest of several: intervals in which neither end is a peak of noise.

Among equals the largest of a resample is larger than any is in truth, and larger again than that of
the data. An interval of it reaches too far up for "all are below" to be claimed lightly, but its
lower end would refute that claim among equals. So the lower half of the draws is of the one that is
the largest in the data, and only the upper half is of the largest anew in each resample. Draws are
sorted for that, and are not of the same resamples as those of other statistics.
"""

import numpy as np

from tonotopy.evidence.claims import NotRun


def highest(values: np.ndarray) -> np.ndarray:
    """Return the largest of several statistics, (1 + resamples, n) to (1 + resamples,).

    Args:
        values: the data in row 0, resamples below it; nan where undefined.

    Returns:
        The data's largest, then its draws; nan for as many resamples as have one.

    Raises:
        NotRun: there is nothing to take the largest of.
    """
    if not values.shape[1]:
        raise NotRun("there is nothing else to compare with")
    data, draws = values[0], values[1:]
    defined = draws[~np.isnan(draws).any(axis=1)]
    out = np.full(len(values), np.nan)
    out[0] = data.max()
    anew, same = np.sort(defined.max(axis=1)), np.sort(defined[:, data.argmax()])
    half = len(defined) // 2
    out[1 : 1 + len(defined)] = np.concatenate([same[:half], anew[half:]])
    return out


def lowest(values: np.ndarray) -> np.ndarray:
    """Return the smallest of several statistics, with draws; see `highest`."""
    return -highest(-values)


def lead(values: np.ndarray, own: int) -> np.ndarray:
    """Return how far one of several is above the largest other, with draws; see `highest`.

    Args:
        values: shape (1 + resamples, n), the data in row 0.
        own: index of the one.
    """
    return lowest(values[:, [own]] - np.delete(values, own, axis=1))


def pairwise_lead(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Return how far the smallest of some is above the largest of others; see `highest`.

    Args:
        first: shape (1 + resamples, n), the data in row 0.
        second: shape (1 + resamples, m), of the same resamples.
    """
    return lowest((first[:, :, None] - second[:, None]).reshape(len(first), -1))
