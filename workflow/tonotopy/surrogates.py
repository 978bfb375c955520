"""Sounds that keep something of others and lose the rest: nulls to compare with."""

import numpy as np


def phase_randomised(sounds: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return sounds of the same amplitude spectrum and random phases.

    What is left is the long-term spectrum; nothing happens at a time. Theiler et al., Testing for
    nonlinearity in time series: the method of surrogate data (1992).

    Args:
        sounds: shape (..., samples).
        rng: source of the phases.

    Returns:
        Shape and type of the sounds. The bins at 0 Hz and half the rate keep their phase.
    """
    spectrum = np.fft.rfft(sounds)
    turned = spectrum * np.exp(2j * np.pi * rng.random(spectrum.shape))
    turned[..., 0] = spectrum[..., 0]  # the mean has no phase, nor has the highest frequency
    if sounds.shape[-1] % 2 == 0:
        turned[..., -1] = spectrum[..., -1]
    return np.fft.irfft(turned, n=sounds.shape[-1]).astype(sounds.dtype)
