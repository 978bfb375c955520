"""Three steps that tell directions that stabilise a partial from those that seem to (ours).

All functions take responses of many directions at once; none goes through directions or tones. A
response is a level, see `natural.frame_levels`: at least 0, whatever the sign of a direction.

1. Sweep: the answer to pure tones is narrow, and falls on both sides: high-pass filters answer
   narrowly where the tones end, but fall on one side alone (`sweep`).
2. Contexts: in complexes of several partials the answer still follows the level at that semitone
   (`rank_correlations`).
3. Natural sound: so it does there, whatever the energy of the frame (`partial_correlations`).
"""

from typing import NamedTuple

import numpy as np
from scipy.stats import rankdata

NEAR = 2  # semitones on either side of a peak that count as the peak
FLANK = 5  # semitones from a peak to where the answer must have fallen
FALLEN = 0.5  # of the peak's answer
VARIED = 5  # complexes that reach a band: with fewer their ranks say nothing
NARROW = 0.5  # share of the squared answer that lies near the peak
FOLLOWS = 0.3  # correlation above which an answer follows a level
PITCH = 0.5  # of the answer to a tone: more to a missing fundamental follows the pitch


class Sweep(NamedTuple):
    """What a sweep of pure tones says of directions, each shape (directions,).

    Attributes:
        median: of the responses.
        peak: index of the tone that is answered most strongly.
        height: the answer to it, over the median.
        share: of the squared answers that lies within 2 semitones of the peak; 0 where nothing is
            answered.
        low_flank: answer 5 semitones below the peak over that at the peak; nan outside the range.
        high_flank: the same above.
        narrow: whether the share is above .5 and both flanks below .5. Where the range ends too
            soon for a flank nothing is known: a high-pass filter would pass.
    """

    median: np.ndarray
    peak: np.ndarray
    height: np.ndarray
    share: np.ndarray
    low_flank: np.ndarray
    high_flank: np.ndarray
    narrow: np.ndarray


def sweep(responses: np.ndarray) -> Sweep:
    """Return what a sweep says of directions.

    Args:
        responses: levels of directions, to tones one semitone apart, shape (directions, tones).
    """
    median = np.median(responses, axis=1)
    answers = responses - median[:, None]
    tones = np.arange(responses.shape[1])
    peak = answers.argmax(axis=1)
    height = answers.max(axis=1)
    squares = np.maximum(answers, 0) ** 2
    near = np.abs(tones - peak[:, None]) <= NEAR
    sums = squares.sum(axis=1)
    share = np.divide((squares * near).sum(axis=1), sums, out=np.zeros(len(sums)), where=sums > 0)
    flanks = [_relative(answers, peak + side * FLANK, height) for side in (-1, 1)]
    narrow = (share > NARROW) & (flanks[0] < FALLEN) & (flanks[1] < FALLEN)
    return Sweep(median, peak, height, share, *flanks, narrow)


def _relative(answers: np.ndarray, places: np.ndarray, heights: np.ndarray) -> np.ndarray:
    """Return each direction's answer at a place over its height, nan where there is none."""
    tones = answers.shape[1]
    found = answers[np.arange(len(places)), places.clip(0, tones - 1)]
    inside = (places >= 0) & (places < tones) & (heights > 0)
    return np.divide(found, heights, out=np.full(len(places), np.nan), where=inside)


def correlations(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Return Pearson's correlation of rows; nan where one of the two does not vary.

    Args:
        first: shape (rows, observations).
        second: same shape.
    """
    deviations = [_centred(np.asarray(values, dtype=float)) for values in (first, second)]
    products = (deviations[0] * deviations[1]).sum(axis=1)
    norms = np.sqrt(np.prod([(values**2).sum(axis=1) for values in deviations], axis=0))
    return np.divide(products, norms, out=np.full(len(norms), np.nan), where=norms > 0)


def _centred(values: np.ndarray) -> np.ndarray:
    """Return rows minus their means; what is left of rows that do not vary is 0."""
    centred = values - values.mean(axis=1, keepdims=True)
    level = np.finfo(float).eps * 16 * np.abs(values).max(axis=1, keepdims=True, initial=0)
    return np.where(np.abs(centred).max(axis=1, keepdims=True) <= level, 0.0, centred)


def rank_correlations(responses: np.ndarray, levels: np.ndarray) -> np.ndarray:
    """Return Spearman's correlation of rows; ties share their mean rank.

    Args:
        responses: of directions to complexes, shape (directions, complexes).
        levels: at the peak of each direction, same shape.

    Returns:
        Shape (directions,); nan where fewer than 5 of the levels are above the lowest; 0 where
        responses do not vary: they follow nothing.
    """
    found = correlations(rankdata(responses, axis=1), rankdata(levels, axis=1))
    found = np.where(np.ptp(responses, axis=1) == 0, 0.0, found)
    reaching = (levels > levels.min(axis=1, keepdims=True)).sum(axis=1)
    return np.where(reaching < VARIED, np.nan, found)


def partial_correlations(
    activations: np.ndarray, levels: np.ndarray, energies: np.ndarray
) -> np.ndarray:
    """Return correlations of activations and levels with the energy partialled out of both.

    Args:
        activations: levels of directions, shape (directions, frames).
        levels: in dB, at the peak of each direction, same shape.
        energies: of the frames, in dB, shape (frames,).

    Returns:
        Shape (directions,); nan where one of the two does not vary beside the energy.
    """
    by = _centred(energies[None])[0]
    power = by @ by
    left = []
    for values in (activations, levels):
        centred = _centred(values)
        rest = centred - np.outer(centred @ by / power, by) if power > 0 else centred
        nothing = (rest**2).sum(axis=1) <= 1e-20 * (centred**2).sum(axis=1)
        left.append(np.where(nothing[:, None], 0.0, rest))
    return correlations(*left)


def least(contexts: np.ndarray) -> np.ndarray:
    """Return the smallest correlation over contexts, (contexts, directions) to (directions,).

    Contexts in which the level cannot vary (nan) say nothing; without any other it is nan.
    """
    smallest = np.where(np.isnan(contexts), np.inf, contexts).min(axis=0)
    return np.where(np.isinf(smallest), np.nan, smallest)


def missing_ratios(found: Sweep, missing: np.ndarray, places: np.ndarray) -> np.ndarray:
    """Return the answer to complexes whose missing fundamental is the peak, over that to the tone.

    Args:
        found: of the sweep.
        missing: responses to such complexes, shape (directions, complexes).
        places: which of the complexes is built on each direction's peak, shape (directions,), -1
            where none is.

    Returns:
        Shape (directions,); nan where there is no such complex.
    """
    answers = missing - found.median[:, None]
    return _relative(answers, places, found.height)
