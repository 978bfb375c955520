"""How like a sonification is to its input, and what its spectrum is like (Welch's method)."""

import numpy as np
from scipy.signal import coherence, welch

TINY = 1e-20


def mean_top_coherence(
    first: np.ndarray, second: np.ndarray, segment: int, strongest: int
) -> np.ndarray:
    """Return the mean magnitude-squared coherence of the most coherent frequencies.

    Study 4, thesis equations 6.1 and 6.2, for one clip each. Where a signal is silent, 0.

    Args:
        first: shape (..., samples).
        second: same shape.
        segment: samples of a segment of Welch's method; segments overlap by half.
        strongest: frequencies that are averaged over.

    Returns:
        Shape (...), 0 to 1.
    """
    with np.errstate(invalid="ignore", divide="ignore"):
        _, values = coherence(
            first.astype(np.float64), second.astype(np.float64), nperseg=segment, axis=-1
        )
    values = np.nan_to_num(values)
    return np.sort(values, axis=-1)[..., -strongest:].mean(axis=-1)


def power_spectrum(signals: np.ndarray, segment: int) -> np.ndarray:
    """Return Welch's power spectra: (..., samples) to (..., segment / 2 + 1)."""
    return welch(signals.astype(np.float64), nperseg=segment, axis=-1)[1]


def flatness(spectrum: np.ndarray) -> np.ndarray:
    """Return the geometric over the arithmetic mean of power spectra: (..., bins) to (...).

    1 for white noise, near 0 for a tone, nan for silence.
    """
    mean = spectrum.mean(axis=-1)
    geometric = np.exp(np.log(spectrum + TINY * mean[..., None] + 1e-300).mean(axis=-1))
    return np.divide(geometric, mean, out=np.full(mean.shape, np.nan), where=mean > 0)


def high_share(spectrum: np.ndarray) -> np.ndarray:
    """Return the share of power above half of the highest frequency: (..., bins) to (...).

    The bin in the middle counts as high; nan for silence.
    """
    total = spectrum.sum(axis=-1)
    high = spectrum[..., spectrum.shape[-1] // 2 :].sum(axis=-1)
    return np.divide(high, total, out=np.full(total.shape, np.nan), where=total > 0)
