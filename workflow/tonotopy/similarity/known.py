"""Layers made by hand, for which it is known what they match.

They take the network's own input X, log mel over frames. A median along time keeps what is steady
and a median along frequency what is sudden: so harmonic and percussive parts are told apart
(Fitzgerald 2010), and the layers' names say which of the two each must match. Noise, the input
itself and another clip's must match neither, beyond the input.
"""

import numpy as np
from scipy.ndimage import gaussian_filter, median_filter, uniform_filter1d

MEDIAN_SECONDS = 0.25  # of medians along time
MEDIAN_BANDS = 0.16  # of medians along frequency: share of the bands
SMOOTH_BANDS = 0.16  # of the average along frequency
SMOOTH_CELLS = 3.0  # standard deviation of smooth noise
SPECTRAL = (
    "median_time",
    "difference",
    "median_frequency",
    "smooth_frequency",
    "onset_difference",
    "white_noise",
    "smooth_noise",
    "rectified_input",
    "other_input",
)
CHROMA_BANK = "chroma_bank"
LAYERS = (*SPECTRAL, CHROMA_BANK)
OCTAVES = (36, 96)  # MIDI numbers of the bank: from C2 to below C7
TRANSFORM = 4096  # samples of the bank's spectrum


def _odd(length: float) -> int:
    """Return the odd number nearest to a length, at least 3."""
    return max(3, 2 * round((length - 1) / 2) + 1)


def hand_made(
    input: np.ndarray, other: np.ndarray, seconds: float, rng: np.random.Generator
) -> dict[str, np.ndarray]:
    """Return the maps of hand-made layers of a clip, each of shape (rows, columns).

    Args:
        input: X, shape (rows, columns).
        other: the input of another clip.
        seconds: from column to column.
        rng: random stream, of the noise.
    """
    rows, _ = input.shape
    steady = median_filter(input, (1, _odd(MEDIAN_SECONDS / seconds)), mode="nearest")
    sudden = median_filter(input, (_odd(MEDIAN_BANDS * rows), 1), mode="nearest")
    smooth = uniform_filter1d(input, _odd(SMOOTH_BANDS * rows), axis=0, mode="nearest")
    rising = np.maximum(np.diff(input, axis=1, prepend=input[:, :1]), 0)
    noise = rng.standard_normal(input.shape)
    return {
        "median_time": steady,
        "difference": np.maximum(steady - sudden, 0),
        "median_frequency": sudden,
        "smooth_frequency": smooth,
        "onset_difference": rising,
        "white_noise": noise,
        "smooth_noise": gaussian_filter(rng.standard_normal(input.shape), SMOOTH_CELLS),
        "rectified_input": np.maximum(input - input.mean(), 0),
        "other_input": other,
    }


def chroma_bank(sound: np.ndarray, rate: int, hop: int) -> np.ndarray:
    """Return how loud every pitch class is, by filters a semitone wide, shape (12, frames).

    Triangles over the spectrum's power, from one semitone's neighbour to the other, C2 to C7;
    octaves are added up, and every frame is divided by its largest.

    Args:
        sound: shape (samples,).
        rate: in Hz.
        hop: samples from frame to frame, the first of which is at 0.
    """
    padded = np.pad(sound.astype(np.float64), TRANSFORM // 2)
    frames = np.lib.stride_tricks.sliding_window_view(padded, TRANSFORM)[::hop]
    power = np.abs(np.fft.rfft(frames * np.hanning(TRANSFORM), axis=1)) ** 2
    hertz = np.fft.rfftfreq(TRANSFORM, 1 / rate)[1:]
    pitch = 69 + 12 * np.log2(hertz / 440)
    numbers = np.arange(*OCTAVES)
    triangles = np.maximum(1 - np.abs(pitch - numbers[:, None]), 0)
    bank = triangles @ power[:, 1:].T
    classes = bank.reshape(-1, 12, bank.shape[1]).sum(axis=0)
    return classes / np.maximum(classes.max(axis=0, keepdims=True), np.finfo(float).tiny)
