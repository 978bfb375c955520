"""What is left of a clip without a sonification, and controls of equal spectrum."""

import numpy as np


def phase_randomised(sounds: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return sounds of the same amplitude spectrum and random phases.

    Args:
        sounds: shape (..., samples).
        rng: source of the phases.
    """
    spectrum = np.fft.rfft(sounds)
    turned = spectrum * np.exp(2j * np.pi * rng.random(spectrum.shape))
    turned[..., 0] = spectrum[..., 0]  # the mean has no phase, nor has the highest frequency
    if sounds.shape[-1] % 2 == 0:
        turned[..., -1] = spectrum[..., -1]
    return np.fft.irfft(turned, n=sounds.shape[-1]).astype(sounds.dtype)


def filtered_like(sounds: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Return sounds with the amplitude spectrum of others and their own phases.

    What remains of a clip loses this much at every frequency: a filter that loses as much, and
    knows nothing of the clip's events.

    Args:
        sounds: shape (..., samples).
        others: same shape.
    """
    own = np.fft.rfft(sounds)
    size = np.abs(own)
    phases = np.divide(own, size, out=np.ones_like(own), where=size > 0)
    filtered = np.abs(np.fft.rfft(others)) * phases
    return np.fft.irfft(filtered, n=sounds.shape[-1]).astype(sounds.dtype)
