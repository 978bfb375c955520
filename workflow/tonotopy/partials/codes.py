"""Discrete codes of frames, and the semitone of the strongest partial beside them."""

import numpy as np
from scipy.signal.windows import hann
from sklearn.cluster import MiniBatchKMeans

from tonotopy.partials.stimuli import TOP, midi
from tonotopy.seeding import generator

WINDOW = 0.128  # s, of the spectrum around a frame
LOWEST = 60.0  # Hz, of the strongest partial
QUIET = 1e-4  # of the loudest frame's power (-40 dB): frames below have no pitch
CHUNK = 32  # clips at a time


def strongest_semitones(clips: np.ndarray, rate: float, positions: int, by: int) -> np.ndarray:
    """Return the semitone nearest to the strongest partial of every frame.

    The spectrum is that of a Hann window of 128 ms around the frame's middle; its largest value
    from 60 Hz to .45 of the rate is interpolated by a parabola through its logarithm.

    Args:
        clips: shape (clips, samples).
        rate: sampling rate in Hz.
        positions: that a layer has over a clip, evenly spread.
        by: positions of a frame.

    Returns:
        MIDI numbers, float64, shape (clips, frames); nan in frames 40 dB below the clip's loudest.
    """
    samples, width = clips.shape[1], 2 * round(WINDOW * rate / 2)
    frames = positions // by
    middles = (np.arange(frames) + 0.5) * by * samples / positions
    size = 4 * width
    low = int(np.ceil(LOWEST * size / rate))
    high = int(TOP * size)
    parts = []
    for start in range(0, len(clips), CHUNK):
        padded = np.pad(clips[start : start + CHUNK].astype(np.float32), ((0, 0), (width, width)))
        places = np.round(middles).astype(int)[:, None] + np.arange(width) + width // 2
        windowed = padded[:, places] * hann(width, sym=False).astype(np.float32)
        parts.append(_semitones(windowed, size, low, high, rate))
    return np.concatenate(parts)


def _semitones(windowed: np.ndarray, size: int, low: int, high: int, rate: float) -> np.ndarray:
    powers = np.abs(np.fft.rfft(windowed, size, axis=2)).astype(np.float64) ** 2
    bins = powers[:, :, low : high + 1].argmax(axis=2) + low
    around = np.take_along_axis(powers, bins[:, :, None] + np.arange(-1, 2), axis=2)
    left, middle, right = np.moveaxis(np.log(around + np.finfo(float).tiny), 2, 0)
    curve = left - 2 * middle + right
    shift = np.divide(left - right, 2 * curve, out=np.zeros(curve.shape), where=curve < 0)
    semitones = np.rint(midi((bins + shift.clip(-0.5, 0.5)) * rate / size))
    total = (windowed.astype(np.float64) ** 2).sum(axis=2)
    heard = total > QUIET * total.max(axis=1, keepdims=True)
    return np.where(heard, semitones, np.nan)


def clusters(fitted: np.ndarray, number: int, seed: int, name: str) -> MiniBatchKMeans:
    """Return clusters of vectors by k-means, whose ``predict`` gives codes.

    Args:
        fitted: shape (frames, width); each column is scaled to unit variance beforehand by who asks
            for that.
        number: of clusters; fewer if there are fewer frames.
        seed: of the run.
        name: tells the start from others.
    """
    start = int(generator(seed, "clusters", name).integers(2**31))
    means = MiniBatchKMeans(min(number, len(fitted)), n_init=3, batch_size=1024, random_state=start)
    return means.fit(np.ascontiguousarray(fitted, dtype=np.float64))


def assigned(means: MiniBatchKMeans, vectors: np.ndarray) -> np.ndarray:
    """Return the cluster of every vector, (..., width) to (...)."""
    rows = np.ascontiguousarray(vectors.reshape(-1, vectors.shape[-1]), dtype=np.float64)
    return means.predict(rows).reshape(vectors.shape[:-1])


def information_of_codes(codes: np.ndarray, semitones: np.ndarray) -> dict[int, float]:
    """Return how many bits of the semitone each code tells; their sum is the mutual information.

    Args:
        codes: of frames, shape (frames,).
        semitones: of the same, nan where there is none, shape (frames,).
    """
    heard = ~np.isnan(semitones)
    own, rows = np.unique(codes[heard], return_inverse=True)
    pitches, columns = np.unique(semitones[heard], return_inverse=True)
    joint = np.zeros((len(own), len(pitches)))
    np.add.at(joint, (rows, columns), 1 / max(1, len(rows)))
    expected = joint.sum(axis=1, keepdims=True) * joint.sum(axis=0)
    bits = joint * np.log2(np.divide(joint, expected, out=np.ones(joint.shape), where=joint > 0))
    return dict(zip(own.tolist(), bits.sum(axis=1).tolist(), strict=True))
