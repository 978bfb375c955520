"""What is left of a clip without a sonification, and controls of equal spectrum."""

import numpy as np


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
