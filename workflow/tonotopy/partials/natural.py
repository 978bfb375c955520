"""How loud natural sound is at a semitone, frame by frame, and how well directions follow it."""

import numpy as np

from tonotopy.partials.steps import partial_correlations
from tonotopy.partials.stimuli import hertz

SHORTEST = 0.025  # s, of a frame
SILENCE = 1e-8  # power that is added before it is taken in dB: -80 dB of full scale
FEWEST = 8  # frames of a context
DENSE = 8  # values that the power of a frame is averaged over, at least


def pooled(values: np.ndarray, by: int) -> np.ndarray:
    """Return means over so many positions, (..., positions, width); a rest is left out."""
    frames = values.shape[-2] // by
    kept = values[..., : frames * by, :]
    return kept.reshape(*values.shape[:-2], frames, by, values.shape[-1]).mean(axis=-2)


def frame_levels(given: np.ndarray, still: np.ndarray, vectors: np.ndarray, by: int) -> np.ndarray:
    """Return how strongly directions answer, frame by frame.

    The level of a direction is the root mean square, over the positions of a frame, of what it
    gives minus what it gives in silence: activations that swing about a value, as fast as they may,
    do not cancel. Of a single position it is the absolute deviation.

    Args:
        given: activations, shape (..., positions, width).
        still: activations in silence, shape (width,).
        vectors: directions, shape (directions, width).
        by: positions of a frame; a rest is left out.

    Returns:
        Float64, at least 0, shape (..., frames, directions).
    """
    return np.sqrt(pooled(((given - still) @ vectors.T) ** 2, by))


def positions_of_frame(hop: float, rate: float, shortest: float = SHORTEST) -> int:
    """Return how many positions of a layer make a frame.

    Args:
        hop: samples from one position to the next.
        rate: sampling rate in Hz.
        shortest: of a frame, in s.
    """
    return max(1, int(np.ceil(shortest * rate / hop - 1e-9)))


def decibels(powers: np.ndarray) -> np.ndarray:
    """Return powers in dB of full scale, silence at -80."""
    return 10 * np.log10(powers + SILENCE)


def energies(clips: np.ndarray, positions: int, by: int) -> np.ndarray:
    """Return the mean power of each frame in dB.

    Args:
        clips: shape (clips, samples).
        positions: that a layer has over a clip.
        by: positions of a frame.

    Returns:
        Shape (clips, frames).
    """
    samples = clips.shape[1]
    sums = np.concatenate([np.zeros((len(clips), 1)), np.cumsum(clips.astype(float) ** 2, 1)], 1)
    edges = np.round(np.arange(positions // by + 1) * by * samples / positions).astype(int)
    return decibels(np.diff(sums[:, edges], axis=1) / np.diff(edges))


def band_levels(
    clips: np.ndarray, semitones: np.ndarray, rate: float, positions: int, by: int
) -> np.ndarray:
    """Return how loud clips are within a semitone of semitones, frame by frame.

    The band is cut out of the spectrum of the whole clip; the squared modulus of the analytic
    signal that is left, as densely sampled as its band asks for, is averaged over each frame.

    Args:
        clips: shape (clips, samples).
        semitones: MIDI numbers, shape (bands,).
        rate: sampling rate in Hz.
        positions: that a layer has over a clip, evenly spread.
        by: positions of a frame.

    Returns:
        dB of full scale, float32, shape (clips, frames, bands).
    """
    spectra = np.fft.rfft(np.asarray(clips, dtype=np.float64), axis=1)
    samples, frames = clips.shape[1], positions // by
    bins = np.arange(spectra.shape[1]) * rate / samples
    found = np.empty((len(clips), frames, len(semitones)), dtype=np.float32)
    for number, semitone in enumerate(semitones):
        low, high = hertz([semitone - 1, semitone + 1])
        band = spectra[:, (bins >= low) & (bins <= high)]
        # values at each position: twice as many as the squared modulus needs, and some in a frame
        dense = max(-(-DENSE // by), -(-4 * band.shape[1] // positions))
        values = positions * dense
        middles = np.exp(1j * np.pi * np.arange(band.shape[1]) / values)  # half a step later
        analytic = np.fft.ifft(band * middles, values, axis=1) * (values / samples)
        # half of the squared modulus of twice the positive frequencies is the band's power
        powers = 2 * (analytic.real**2 + analytic.imag**2)[:, : frames * by * dense]
        found[:, :, number] = decibels(powers.reshape(len(clips), frames, -1).mean(axis=2))
    return found


def context_correlations(
    activations: np.ndarray,
    levels: np.ndarray,
    bands: np.ndarray,
    energy: np.ndarray,
    contexts: np.ndarray,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return how well directions follow the level at their peak in every context.

    A direction that does not answer at all in a context follows nothing there (0). Where the level
    does not vary, nothing can be said (nan). Contexts of fewer than 8 frames are left out.

    Args:
        activations: levels of directions, see `frame_levels`, shape (clips, frames, directions).
        levels: in dB, shape (clips, frames, bands).
        bands: which of them each direction peaks in, shape (directions,).
        energy: of the frames in dB, shape (clips, frames).
        contexts: of the clips, shape (clips,).

    Returns:
        Names of the contexts, ascending; correlations with the energy partialled out, shape
        (contexts, directions); frames, shape (contexts,).
    """
    names, rows, frames = [], [], []
    for name in np.unique(contexts):
        own = contexts == name
        number = int(own.sum()) * activations.shape[1]
        if number < FEWEST:
            continue
        values = activations[own].reshape(number, -1).T
        level = levels[own].reshape(number, -1)[:, bands].T
        found = partial_correlations(values, level, energy[own].ravel())
        silent = (np.ptp(values, axis=1) == 0) & (np.ptp(level, axis=1) > 0)
        names.append(name)
        rows.append(np.where(silent, 0.0, found))
        frames.append(number)
    shape = (len(rows), activations.shape[2])
    return np.array(names, dtype=object), np.reshape(rows, shape), np.array(frames, dtype=int)
