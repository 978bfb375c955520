"""Excerpts of a sound of any length, each as long as the clips that a network knows.

A study shows what it knows of an excerpt by a module with ``prepare(bundle, known) -> show``, where
``known`` is a `Known` and ``show`` a function from an `Excerpt` to a `Shown`, or to None where it
has nothing to show of it. What is costly and serves all excerpts is done in ``prepare``.
"""

from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from tonotopy.exhibiting import Track
from tonotopy.inference import activated, check_answers
from tonotopy.networks.bundle import Bundle
from tonotopy.networks.containers import logits

BATCH = 16  # windows
STEP = 1 / 32768  # below it is silence: a step of 16 bits


class Excerpt(NamedTuple):
    """A stretch of a sound, heard by a network.

    Attributes:
        sound: shape (samples,), at the network's rate and on its device.
        label: the class that the network takes it for, empty where it has no classes.
    """

    sound: Tensor
    label: str


class Known(NamedTuple):
    """What an instance of a study knows of a network.

    Attributes:
        network: what the instance calls it.
        run: number among the trainings of that name.
        paths: name -> file or folder, as ``listened`` of the study's ``inputs`` names them.
        settings: of the instance, likewise.
        seed: of the run.
    """

    network: str
    run: int
    paths: Mapping[str, str]
    settings: Mapping
    seed: int


class Shown(NamedTuple):
    """What is shown of an excerpt, see `exhibiting.exhibit`.

    Attributes:
        picture: of the excerpt, shape (bands, frames), the lowest band first.
        tracks: the first is the excerpt itself; all sounds are as long as it.
        ticks: of the picture.
        seconds: width of the picture.
        sliders: see `exhibiting.exhibit`.
        facts: name -> value.
    """

    picture: np.ndarray
    tracks: list[Track]
    ticks: list
    seconds: float
    sliders: list[dict] = []  # noqa: RUF012 (never changed)
    facts: dict = {}  # noqa: RUF012 (never changed)


Show = Callable[[Excerpt], Shown | None]


def window_starts(samples: int, length: int) -> np.ndarray:
    """Return the first sample of each window, half a window apart; the last ends with the sound.

    Args:
        samples: of the sound, at least 1.
        length: of a window in samples.
    """
    last = max(0, samples - length)
    starts = np.arange(0, last + 1, max(1, length // 2))
    return starts if starts[-1] == last else np.append(starts, last)


def windows(sound: np.ndarray, length: int) -> np.ndarray:
    """Return the windows of a sound, shape (windows, length); silence follows one that is short."""
    padded = np.pad(sound, (0, max(0, length - len(sound))))
    return np.stack([padded[n : n + length] for n in window_starts(len(sound), length)])


def telling(scores: np.ndarray, starts: np.ndarray, length: int, number: int) -> list[int]:
    """Return the windows with the highest scores of which no two overlap, in the order of time.

    Args:
        scores: shape (windows,); of equals the first is taken.
        starts: first sample of each window.
        length: of a window in samples.
        number: of windows, at most.
    """
    chosen: list[int] = []
    for window in np.argsort(-scores, kind="stable"):
        apart = all(abs(starts[window] - starts[other]) >= length for other in chosen)
        if apart and len(chosen) < number:
            chosen.append(int(window))
    return sorted(chosen)


def audible(cut: np.ndarray) -> np.ndarray:
    """Return which windows (windows, length) are more than silence, bool, shape (windows,)."""
    return np.abs(cut).max(axis=1) >= STEP


@torch.no_grad()
def probabilities(bundle: Bundle, sounds: Tensor, activation: str) -> np.ndarray:
    """Return what a network answers, float32, shape (sounds, classes).

    Args:
        bundle: a network that classifies.
        sounds: shape (sounds, samples), at its rate and on its device.
        activation: see `inference.activated`.

    Raises:
        InputError: the network gives no logits for its classes.
    """
    parts = []
    for batch in sounds.split(BATCH):
        answers = logits(bundle.network(bundle.front_end(batch))).float()
        check_answers(bundle, answers, len(batch))
        parts.append(activated(answers, activation).cpu())
    return torch.cat(parts).numpy()
