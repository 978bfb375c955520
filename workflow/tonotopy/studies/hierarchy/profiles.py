"""Layer profiles: what is decoded from each layer, how sure that is, and at which depth it sits.

Intervals are bootstraps over groups of clips (speakers, songs, or clips where these have nothing in
common). All layers, all k and all networks see the same resampled clips of a task
(`clip_groups.clip_resamples`), so that a difference between two of them, or a centre of mass, has
the interval of a paired comparison.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from tonotopy.errors import InputError
from tonotopy.evidence.tables import too_few
from tonotopy.studies.hierarchy.clip_groups import ClipResamples


@dataclass(frozen=True)
class Centre:
    """A depth, or a difference of depths, with its interval.

    Attributes:
        value: relative depth from 0 (first layer) to 1 (last), or a difference from -1 to 1; NaN
            where no layer is above chance.
        low: lower end of the confidence interval; NaN where there is none.
        high: upper end; likewise.
        defined: share of resamples in which some layer is above chance; the interval is over these.
        draws: the value in every resample, NaN where it is not defined, shape (resamples,).
    """

    value: float
    low: float
    high: float
    defined: float
    draws: np.ndarray = field(repr=False, default_factory=lambda: np.empty(0))


def relative_depth(layers: int) -> np.ndarray:
    """Return the depth of each layer: 0 for the first, 1 for the last, evenly spaced."""
    return np.linspace(0, 1, layers)


def centre_of_mass(accuracies: np.ndarray, chance: float) -> float | np.ndarray:
    """Return the centre of mass of the above-chance accuracy over relative depth.

    sum(depth * max(accuracy - chance, 0)) / sum(max(accuracy - chance, 0)). Noise at chance adds a
    little mass everywhere, so a profile near chance is drawn towards the middle.

    Args:
        accuracies: shape (..., layers), from first to last, 0 to 1.
        chance: accuracy of guessing, 0 to 1.

    Returns:
        Shape (...), a float for one profile; NaN where no layer is above chance.
    """
    mass = np.clip(np.asarray(accuracies, dtype=np.float64) - chance, 0, None)
    total = mass.sum(axis=-1)
    above = np.where(total > 0, total, np.nan)
    return (mass @ relative_depth(mass.shape[-1])) / above


def accuracies(correct: Mapping[str, np.ndarray]) -> np.ndarray:
    """Return the accuracy per layer and k, shape (layers, ks).

    Args:
        correct: which clips were classified rightly, layer -> bool (ks, clips), from first to last.
    """
    return _stacked(correct).mean(axis=-1)


def best_k(accuracy: np.ndarray, ks: tuple[int, ...]) -> int:
    """Return the k whose peak over layers is highest, the smallest on a tie (thesis figure 2.1).

    Args:
        accuracy: shape (layers, ks).
        ks: numbers of neighbours, in the order of the columns.
    """
    peaks = np.asarray(accuracy).max(axis=0)
    return min(int(k) for k, peak in zip(ks, peaks, strict=True) if peak == peaks.max())


def profile_table(
    correct: Mapping[str, np.ndarray], ks: tuple[int, ...], chance: float, resamples: ClipResamples
) -> pd.DataFrame:
    """Return the accuracy of every layer at every k with its confidence interval.

    Args:
        correct: which clips were classified rightly, layer -> bool (ks, clips), from first to last.
        ks: numbers of neighbours, in the order of the rows of each array.
        chance: accuracy of guessing, 0 to 1, repeated in every row.
        resamples: of the clips, see `clip_groups.clip_resamples`.

    Returns:
        A row per layer and k: (layer, depth, k, accuracy, low, high, chance, groups, reason). What
        is resampled are groups; where these are too few for an interval, reason says so, and low
        and high are NaN.

    Raises:
        InputError: layers differ in their numbers of ks or clips.
        ValueError: the resamples are of more or fewer clips.
    """
    right = _stacked(correct)
    if right.shape[1] != len(ks):
        raise InputError(f"{right.shape[1]} rows per layer for {len(ks)} ks, expected one each")
    reason = too_few(resamples.units)
    low, high = np.clip(resamples.interval(_draws(right, resamples)), 0, 1)
    if reason:
        low, high = np.full((2, *low.shape), np.nan)
    layers = pd.MultiIndex.from_product([correct, ks], names=["layer", "k"])
    table = pd.DataFrame({"accuracy": right.mean(axis=-1).ravel()}, index=layers).reset_index()
    table.insert(1, "depth", np.repeat(relative_depth(len(right)), len(ks)))
    about = {"chance": chance, "groups": resamples.units, "reason": reason}
    return table.assign(low=low.ravel(), high=high.ravel(), **about)


def centre_interval(correct: np.ndarray, chance: float, resamples: ClipResamples) -> Centre:
    """Return the centre of mass of one profile with its confidence interval.

    The ends are NaN where the groups of clips are too few for an interval.

    Args:
        correct: which clips were classified rightly at the chosen k, bool (layers, clips).
        chance: accuracy of guessing, 0 to 1.
        resamples: of the clips, those of :func:`profile_table`.

    Raises:
        ValueError: the resamples are of more or fewer clips.
    """
    correct = np.asarray(correct)
    value = centre_of_mass(correct.mean(axis=-1), chance)
    centre = _centre(value, centre_of_mass(_draws(correct, resamples), chance), resamples)
    return replace(centre, low=np.nan, high=np.nan) if too_few(resamples.units) else centre


def centre_difference(
    low: Mapping[str, np.ndarray],
    high: Mapping[str, np.ndarray],
    chances: Mapping[str, float],
    resamples: Mapping[str, ClipResamples],
) -> Centre:
    """Return how much deeper low-level tasks sit than high-level ones, with its interval.

    The mean centre of mass over low-level tasks minus that over high-level tasks: below 0 is what
    the hierarchy claims. Clips are resampled per task, independently of other tasks; tasks are
    fixed. The difference is NaN where a task's centre is.

    Args:
        low: low-level tasks, task -> bool (layers, clips) at the chosen k.
        high: high-level tasks, in the same form; numbers of layers and clips may differ.
        chances: task -> accuracy of guessing.
        resamples: task -> resamples of its clips, equally many for all tasks.

    Raises:
        InputError: a side has no task, or a task is on both sides.
        ValueError: the resamples of a task are of more or fewer clips.
    """
    shared = sorted(set(low) & set(high))
    if shared or not low or not high:
        problem = f"'{shared[0]}' is on both sides" if shared else "one side has no task"
        raise InputError(f"low-level against high-level tasks: {problem}; name each task once")
    value, draws = 0.0, 0.0
    for sign, tasks in ((1, low), (-1, high)):
        for task, correct in tasks.items():
            share = sign / len(tasks)
            value += share * centre_of_mass(np.asarray(correct).mean(axis=-1), chances[task])
            draws += share * centre_of_mass(_draws(correct, resamples[task]), chances[task])
    return _centre(value, draws, resamples[next(iter(low))])


def _stacked(correct: Mapping[str, np.ndarray]) -> np.ndarray:
    """Return (layers, ks, clips)."""
    if not correct:
        raise InputError("a profile needs at least one layer")
    first, expected = next((name, np.shape(rows)) for name, rows in correct.items())
    for name, rows in correct.items():
        if np.shape(rows) != expected or len(expected) != 2:
            raise InputError(
                f"layer '{name}' has shape {np.shape(rows)} and layer '{first}' {expected}, "
                "expected the same (ks, clips): use the same ks and clips in all layers"
            )
    return np.stack(list(correct.values()))


def _draws(correct: np.ndarray, resamples: ClipResamples) -> np.ndarray:
    """Return accuracies over resampled clips: (..., clips) to (resamples, ...)."""
    return resamples.means(np.moveaxis(np.asarray(correct, dtype=np.float64), -1, 0))


def _centre(value: float, draws: np.ndarray, resamples: ClipResamples) -> Centre:
    defined = draws[np.isfinite(draws)]
    ends = resamples.interval(defined) if len(defined) and np.isfinite(value) else (np.nan, np.nan)
    low, high = (float(end) for end in ends)
    return Centre(float(value), low, high, len(defined) / len(draws), draws)
