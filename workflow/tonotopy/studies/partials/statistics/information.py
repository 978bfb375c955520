"""What a code tells of pitch: mutual information of codes and semitones over frames of clips.

A code that lasts tells of a pitch that lasts, by coincidence: what codes of other clips tell is
taken away. The same is done in every resample of groups of clips.
"""

from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy.special import xlogy

from tonotopy.evidence.claims import NotRun

SHUFFLES = 20  # exchanges of codes between clips
ROWS = 512  # resamples at a time: keeps tables small
SMALLEST = 1e-9  # bits: below, rounding of an entropy of 0


class Frames(NamedTuple):
    """Frames of one network, run and book, ordered by clip and time.

    Attributes:
        semitone: number of the semitone, 0 to semitones - 1, shape (frames,).
        code: number of the code, 0 to codes - 1, shape (frames,).
        clip: number of the clip, 0 to clips - 1, shape (frames,).
        group: number of the group of every clip, shape (clips,).
    """

    semitone: np.ndarray
    code: np.ndarray
    clip: np.ndarray
    group: np.ndarray


def frames_of(rows: pd.DataFrame, groups) -> Frames:
    """Return the frames of a table; those without a semitone are left out.

    Args:
        rows: clip, group, frame, code, semitone of one network, run and book.
        groups: all groups, in the order in which they are resampled.

    Raises:
        NotRun: fewer than two clips have frames, so that no codes can be exchanged.
    """
    rows = rows[rows["semitone"].notna()].sort_values(["clip", "frame"])
    clips = rows.drop_duplicates("clip")
    if len(clips) < 2:
        raise NotRun("codes cannot be exchanged between fewer than two clips with a pitch")
    numbers = [np.unique(rows[name], return_inverse=True)[1] for name in ("semitone", "code")]
    clip = pd.Index(clips["clip"]).get_indexer(rows["clip"])
    return Frames(*numbers, clip, pd.Index(groups).get_indexer(clips["group"]))


def exchanges(clips: int, rng: np.random.Generator, count: int = SHUFFLES) -> np.ndarray:
    """Return whose codes each clip gets: (count, clips), random cycles, so never its own."""
    orders = np.array([rng.permutation(clips) for _ in range(count)])
    partners = np.empty_like(orders)
    np.put_along_axis(partners, orders, np.roll(orders, -1, axis=1), axis=1)
    return partners


def exchanged(frames: Frames, partners: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return which frames have a counterpart if clips get the codes of others, and these codes.

    The frames of a clip that lasts longer than its partner have none at its end.

    Args:
        frames: of all clips.
        partners: whose codes each clip gets, shape (clips,).

    Returns:
        Bool, shape (frames,), and the codes of those that have one.
    """
    lengths = np.bincount(frames.clip)
    starts = np.cumsum(lengths) - lengths
    place, partner = np.arange(len(frames.clip)) - starts[frames.clip], partners[frames.clip]
    there = place < lengths[partner]
    return there, frames.code[(starts[partner] + place)[there]]


def information_share(frames: Frames, counts: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return what codes tell of the semitone, as a share of its entropy, in every resample.

    The mean over exchanges of (I - I') / H, where I is the mutual information of code and semitone,
    I' that of the semitones and the codes of another clip, over the same frames, and H the entropy
    of the semitone. Clips that a resample repeats make its information differ from that of as many
    new clips; resamples are moved so that their mean is what the data give.

    Args:
        frames: of all clips.
        counts: how often each group is in the data (first row) and in every resample, shape
            (1 + resamples, groups).
        rng: source of the exchanges.

    Returns:
        Shape (1 + resamples,); nan where only one semitone occurs, or no clip.
    """
    partners = exchanges(len(frames.group), rng)
    parts = [
        _share(frames, rows[:, frames.group].astype(float), partners)
        for rows in np.split(counts, range(ROWS, len(counts), ROWS))
    ]
    shares = np.concatenate(parts)
    drawn = shares[1:]
    if np.isfinite(drawn).any():
        drawn += shares[0] - np.nanmean(drawn)
    return shares


def _share(frames: Frames, weights: np.ndarray, partners: np.ndarray) -> np.ndarray:
    """Return the share of the entropy that codes tell, clips weighted: (rows, clips) to (rows,)."""
    told = np.zeros(len(weights))
    whole = _mutual(weights, frames.clip, frames.semitone, frames.code)
    for partner in partners:
        there, code = exchanged(frames, partner)
        clip, semitone = frames.clip[there], frames.semitone[there]
        own = whole if there.all() else _mutual(weights, clip, semitone, frames.code[there])
        told += (own - _mutual(weights, clip, semitone, code)) / len(partners)
    entropy = _entropy(weights, frames.clip, frames.semitone)
    undefined = np.full(len(weights), np.nan)
    return np.divide(told, entropy, out=undefined, where=entropy > SMALLEST)


def _mutual(weights: np.ndarray, clip, semitone, code) -> np.ndarray:
    both = semitone * (code.max() + 1) + code
    alone = (_entropy(weights, clip, value) for value in (semitone, code))
    return sum(alone) - _entropy(weights, clip, both)


def _entropy(weights: np.ndarray, clip: np.ndarray, value: np.ndarray) -> np.ndarray:
    """Return the entropy in bits of what frames have, clips weighted: (rows, clips) to (rows,)."""
    values, index = np.unique(value, return_inverse=True)
    shape = (weights.shape[1], len(values))
    counts = np.bincount(clip * shape[1] + index, minlength=shape[0] * shape[1]).reshape(shape)
    sums = weights @ counts
    total = sums.sum(axis=1)
    bits = np.log(np.maximum(total, 1)) - xlogy(sums, sums).sum(axis=1) / np.maximum(total, 1)
    return bits / np.log(2)
