"""Frequency axes of pictures: round frequencies, and the heights at which pictures have them."""

from collections.abc import Iterator

import numpy as np

from tonotopy.frontends.bands import band_centres
from tonotopy.frontends.picture import Picture
from tonotopy.frontends.spectrograms import SEGMENT
from tonotopy.frontends.stages import FrontEnd

FEWEST, MOST = 4, 6  # ticks
APART = (0.07, 0.1, 0.14, 0.2)  # of the height, from a tick to the next: the first that leaves few
DIGITS = ((1, 2, 5), (1, 2, 3, 5, 7), range(1, 10))  # of round numbers, coarse to fine
DECADES = range(6)  # of frequencies in Hz


def ticks(front_end: FrontEnd) -> list[list[float]]:
    """Return the frequency axis of a front end's pictures, see `spectrograms.picture`.

    Returns:
        Pairs of a frequency in Hz and its height from the bottom, 0 to 1, ascending; none for
        pictures of no sound.
    """
    if isinstance(front_end, Picture):
        return []
    if front_end.raw:
        return linear_ticks(front_end.settings.rate)
    return ticks_of_bands(band_centres(front_end))


def linear_ticks(rate: float) -> list[list[float]]:
    """Return the frequency axis of `spectrograms.spectrogram` of sounds at a rate in Hz."""
    return ticks_of_bands(np.linspace(0, rate / 2, SEGMENT // 2 + 1))


def ticks_of_bands(centres: np.ndarray) -> list[list[float]]:
    """Return the frequency axis of a picture with a row for each band.

    Args:
        centres: of the bands in Hz, ascending from the bottom; rows at the edges may be repeated.

    Returns:
        See `ticks`; no more than 6, and at least 4 where there are so many round numbers between
        the lowest and the highest centre that do not crowd.
    """
    centres = np.asarray(centres, dtype=np.float64)
    found: list[list[float]] = []
    for numbers in _series(centres):
        inside = [hz for hz in numbers if centres[0] <= hz <= centres[-1]]
        spaced = (_spaced(inside, centres, apart) for apart in APART)
        found = next(kept for kept in spaced if len(kept) <= MOST)
        if len(found) >= FEWEST:
            break
    return found


def _spaced(frequencies: list[float], centres: np.ndarray, apart: float) -> list[list[float]]:
    """Return frequencies and their heights, without those that crowd below another one."""
    rows = np.interp(frequencies, centres, np.arange(len(centres)))
    kept: list[list[float]] = []
    for hz, height in zip(frequencies[::-1], (rows[::-1] + 0.5) / len(centres), strict=True):
        if not kept or kept[-1][1] - height >= apart:
            kept.append([float(hz), round(float(height), 4)])
    return kept[::-1]


def _series(centres: np.ndarray) -> Iterator[list[float]]:
    """Yield round numbers, coarse to fine: evenly spaced ones where bands are."""
    if np.allclose(np.diff(centres, 2), 0):
        for decade in reversed(DECADES):
            for digit in (5, 2, 1):
                step = digit * 10**decade
                yield [step * number for number in range(1, int(centres[-1] // step) + 1)]
    else:
        for digits in DIGITS:
            yield [digit * 10.0**decade for decade in DECADES for digit in digits]
