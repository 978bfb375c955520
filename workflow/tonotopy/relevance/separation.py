"""How near a rendered component comes to a part of the clip (SI-SDR, Le Roux and others 2019)."""

import numpy as np

from tonotopy.errors import InputError


def si_sdr(sounds: np.ndarray, parts: np.ndarray) -> np.ndarray:
    """Return the scale-invariant signal-to-distortion ratio of every sound for every part.

    With the part scaled to fit best, s = (<x, p> / <p, p>) p, it is 10 log10(|s|^2 / |x - s|^2).

    Args:
        sounds: rendered components, shape (clips, components, samples).
        parts: shape (clips, parts, samples).

    Returns:
        In dB, shape (clips, components, parts): above 100 for a copy at any level or sign, -inf
        where they have nothing in common, nan where one of both is silent.

    Raises:
        InputError: clips or samples differ in number.
    """
    sounds, parts = (np.asarray(x, dtype=np.float64) for x in (sounds, parts))
    if sounds.ndim != 3 or parts.ndim != 3 or _clips(sounds) != _clips(parts):
        raise InputError(
            "expected sounds (clips, components, samples) and parts (clips, parts, samples), "
            f"not {sounds.shape} and {parts.shape}"
        )
    products = np.square(sounds @ parts.swapaxes(1, 2))
    energies = np.square(sounds).sum(axis=2)[:, :, None], np.square(parts).sum(axis=2)[:, None]
    with np.errstate(divide="ignore", invalid="ignore"):
        shared = np.minimum(products / (energies[0] * energies[1]), 1)  # squared cosine
        return 10 * np.log10(shared / (1 - shared))


def _clips(sounds: np.ndarray) -> tuple[int, int]:
    return len(sounds), sounds.shape[2]


def nearest_parts(ratios: np.ndarray) -> np.ndarray:
    """Return which part each sound is nearest to.

    Args:
        ratios: see `si_sdr`, shape (..., parts).

    Returns:
        Indices of parts, shape (...); -1 where a sound has nothing in common with any part.
    """
    known = np.where(np.isnan(ratios), -np.inf, ratios)
    return np.where(known.max(axis=-1) > -np.inf, known.argmax(axis=-1), -1)


def oracle_hits(ratios: np.ndarray) -> np.ndarray:
    """Return whether the ratio mask of each object, taken for a heatmap, renders to that object.

    Args:
        ratios: `si_sdr` of the renderings of the objects' masks, in the order of the parts, shape
            (clips, objects, parts); further parts, such as noise, come last.

    Returns:
        Shape (clips, objects): 1 where object o is nearest to part o, else 0; nan where the clip
        lacks the object.
    """
    objects = np.arange(ratios.shape[1])
    absent = np.isnan(ratios).all(axis=1)[:, objects]
    return np.where(absent, np.nan, nearest_parts(ratios) == objects)
