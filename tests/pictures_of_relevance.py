"""Examples of relevance that look like the thesis's: tones whose components are known.

Object o of a clip is a tone in a band of its own, which rises with o, and sounds in a rhythm of its
own. A component holds the relevance of one object, and a little of all others; there is some
relevance below zero.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

COLUMNS = ("set", "label", "subspaces", "clip", "layer", "components", "panel", "relevance")


@dataclass(frozen=True)
class Show:
    """What there are examples of.

    Attributes:
        classes: explained classes.
        layers: from input to output.
        numbers: of components.
        layer: that is shown.
        components: number of components that is shown.
        objects: parts of a clip.
        clips: examples of a class.
        mels: bands of a picture.
        frames: of a picture.
        seconds: length of a picture.
        high_hz: upper edge of the highest band.
    """

    classes: Sequence[str] = ("one", "two", "three")
    layers: Sequence[str] = ("conv1", "conv2", "conv3")
    numbers: Sequence[int] = (2, 4, 6)
    layer: str = "conv2"
    components: int = 4
    objects: Sequence[str] = ("object 1", "object 2", "object 3", "object 4")
    clips: int = 3
    mels: int = 16
    frames: int = 24
    seconds: float = 1.5
    high_hz: float = 8000.0


def examples(show: Show | None = None, seed: int = 0) -> pd.DataFrame:
    """Return the table ``examples`` with all its sets.

    Args:
        show: what there is.
        seed: of the clips.
    """
    show, rows = show or Show(), []
    clips = {
        (label, number): _sounds(show, np.random.default_rng([seed, index, number]))
        for index, label in enumerate(show.classes)
        for number in range(show.clips)
    }
    for (label, number), sounds in clips.items():
        key = (label, label, f"{label}-{number}", show.layer, show.components)
        rows += _explained(show, ("own", *key), sounds, 0.1)
        rows += _explained(show, ("random", *key), sounds, 0.9)
        rows += _objects(show, ("own", *key), sounds)
    first, last = show.classes[0], show.classes[-1]
    for number in range(show.clips):
        key = (first, last, f"{first}-{number}", show.layer, show.components)
        rows += _explained(show, ("exchanged", *key), clips[first, number], 0.6)
    key = (last, last, f"{last}-0")
    for depth, layer in enumerate(show.layers):
        mixed = 0.9 - 0.8 * depth / max(len(show.layers) - 1, 1)
        rows += _explained(show, ("layers", *key, layer, show.components), clips[last, 0], mixed)
    for components in show.numbers:
        rows += _explained(show, ("numbers", *key, show.layer, components), clips[last, 0], 0.1)
    grid = {"mels": show.mels, "frames": show.frames}
    about = {"seconds": show.seconds, "high_hz": show.high_hz}
    return pd.DataFrame(rows, columns=[*COLUMNS, "values"]).assign(**grid, **about)


def _sounds(show: Show, rng: np.random.Generator) -> np.ndarray:
    """Magnitude of each object, the lowest first, and of the noise: (objects + 1, mels, frames)."""
    count = len(show.objects)
    sounds = np.full((count + 1, show.mels, show.frames), 1e-4)
    time = np.arange(show.frames) / show.frames
    for index in range(count):
        centre = show.mels * (index + 0.5) / count + rng.uniform(-1, 1) * show.mels / 40
        band = np.exp(-((np.arange(show.mels) - centre) ** 2) / (2 * (show.mels / 50 + 0.4) ** 2))
        beat = np.sin(2 * np.pi * (2 + 3 * index) * time + rng.uniform(0, 6)) > -0.3
        sounds[index] += 10 ** rng.uniform(0, 1.2) * band[:, None] * beat
    sounds[-1] = rng.gamma(2, 0.02, sounds[-1].shape)
    return sounds


def _explained(show: Show, key: tuple, sounds: np.ndarray, mixed: float) -> list[tuple]:
    """Rows of one explanation: input, standard heatmap and components that mix the objects."""
    components = key[-1]
    rng = np.random.default_rng([len(key[0]), components, sum(map(ord, key[3] + key[4]))])
    objects = np.log10(1 + sounds[:-1]) * (1 - 0.15 * np.arange(len(sounds) - 1))[:, None, None]
    weights = np.full((components, len(objects)), mixed / components)
    for index in range(len(objects)):
        weights[index % components, index] += 1 - mixed
    heatmaps = np.tensordot(weights, objects, axes=1)
    heatmaps += rng.normal(0, 0.02, heatmaps.shape)
    heatmaps *= rng.uniform(0.5, 1.5, heatmaps.shape) / heatmaps[0].size * 20
    loud = np.maximum(np.log10(sounds.sum(axis=0)), -4)
    rows = [(*key, "input", np.nan, _cells(loud))]
    rows.append((*key, "standard", heatmaps.sum(), _cells(heatmaps.sum(axis=0))))
    for number, heatmap in enumerate(heatmaps, start=1):
        rows.append((*key, f"component {number}", heatmap.sum(), _cells(heatmap)))
    return rows


def _objects(show: Show, key: tuple, sounds: np.ndarray) -> list[tuple]:
    return [
        (*key, f"object: {name}", np.nan, _cells(np.maximum(np.log10(sound), -4)))
        for name, sound in zip(show.objects, sounds[:-1], strict=True)
    ]


def _cells(image: np.ndarray) -> np.ndarray:
    return image.astype(np.float32).ravel()


def history(epochs: int = 7, **further: float) -> pd.DataFrame:
    """Return a classifier's history of training; ``further`` columns fall to so much.

    Args:
        epochs: number of rows.
        further: column -> its last value.
    """
    ends = {"validation_loss": 0.02, "validation_macro_f1": 0.97, "train_loss": 0.004, **further}
    fall = np.exp(-np.arange(epochs))
    curves = {
        name: end + (-0.4 if end > 0.5 else 0.6) * fall + 0.001 * np.arange(epochs) % 0.003
        for name, end in ends.items()
    }
    return pd.DataFrame({"epoch": np.arange(epochs), **curves})


def histogram(bins: int = 9) -> pd.DataFrame:
    """Return the table ``histogram``: shares fall steeply and sum to 1.

    Args:
        bins: number of rows.
    """
    edges = np.linspace(0, 1, bins + 1)
    share = np.exp(-9 * edges[:-1])
    table = {"low": edges[:-1], "high": edges[1:], "share": share / share.sum()}
    return pd.DataFrame(table).assign(percentile=0.123, mean_plus_std=0.234)
