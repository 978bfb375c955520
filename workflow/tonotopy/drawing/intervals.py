"""Intervals of what figures show: resamples of groups of clips, and what their draws span."""

import numpy as np

from tonotopy.evidence.resampling import Bootstrap, Resamples, interval


def resampled_clips(groups, about: dict) -> tuple[Resamples, np.ndarray]:
    """Return resamples of groups, and how often each clip is in them: (resamples, clips).

    Args:
        groups: which clips belong together (`evidence.groups.Groups`).
        about: resamples and confidence.
    """
    resamples = groups.draw(figure_bootstrap(about), "figure")
    return resamples, groups.clip_counts(resamples)


def figure_bootstrap(about: dict) -> Bootstrap:
    """Return how figures resample: as the run does, by a seed of their own."""
    return Bootstrap(about["resamples"], about["confidence"], 0)


def mean_of_known(values: np.ndarray) -> np.ndarray:
    """Return the mean over the first axis of what is not nan; nan where all is."""
    known = np.isfinite(values)
    sums, undefined = np.where(known, values, 0).sum(axis=0), np.full(values.shape[1:], np.nan)
    return np.divide(sums, known.sum(axis=0), out=undefined, where=known.any(axis=0))


def spread(draws: np.ndarray, confidence: float) -> np.ndarray:
    """Return standard error, low and high of draws, shape (3, columns).

    A resample that lacks a class altogether has no value; nan where fewer than two have one.

    Args:
        draws: shape (resamples, columns).
        confidence: level of the interval.
    """
    columns = []
    for column in draws.T:
        known = column[np.isfinite(column)]
        if len(known) < 2:
            columns.append((np.nan,) * 3)
        else:
            columns.append((known.std(ddof=1), *interval(known, confidence)))
    return np.array(columns).T
