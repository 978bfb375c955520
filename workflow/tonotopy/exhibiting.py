"""What studies found of clips, to be heard and seen: the files of one clip, for every study.

A clip has a folder with a WAV file (16 bits) per track and PNG pictures: spectrograms in grey, and
for heatmaps an overlay whose opacity is its positive part. All tracks of a clip are equally loud.
Files are named by number and kind alone.
"""

from pathlib import Path
from typing import NamedTuple

import matplotlib.image
import numpy as np
import soundfile
import torch
from torch import Tensor

from tonotopy.frontends.loudness import equally_loud

INDEX = "exhibits.json"
INK = (0.82, 0.29, 0.36)  # of heatmaps over the grey spectrogram
SCALE = 4  # pixels per cell


class Track(NamedTuple):
    """Something of a clip that can be heard, or seen, or both.

    Attributes:
        name: as the listener reads it.
        sound: shape (samples,), or None where there is none.
        picture: spectrogram of its own, shape (bands, frames), the lowest band first; None for that
            of the clip.
        heatmap: over the clip's spectrogram, same shape as it, or None.
        facts: further entries of the index.
    """

    name: str
    sound: Tensor | None
    picture: np.ndarray | None = None
    heatmap: Tensor | None = None
    facts: dict = {}  # noqa: RUF012 (never changed)


def cells(values: Tensor) -> np.ndarray:
    """Return a spectrogram on any device as an array."""
    return values.detach().float().cpu().numpy()


def write_clip(folder: Path, picture: np.ndarray, tracks: list[Track], rate: int) -> list[dict]:
    """Write the files of a clip into a new folder.

    Args:
        folder: of the clip.
        picture: its spectrogram, shape (bands, frames), the lowest band first.
        tracks: the first is the clip itself.
        rate: of the sounds, in Hz.

    Returns:
        What the index says of each track: name, picture, audio (file names, or None), overlay if it
        has one, and its facts.
    """
    folder.mkdir()
    _write_picture(folder / "input.png", picture)
    heard = [track for track in tracks if track.sound is not None]
    levelled = iter(equally_loud(torch.stack([track.sound for track in heard]).cpu(), rate))
    listed = []
    for number, track in enumerate(tracks):
        entry = {"name": track.name, "picture": "input.png", "audio": None}
        if track.sound is not None:
            entry["audio"] = f"{number}.wav"
            soundfile.write(folder / entry["audio"], next(levelled).numpy(), rate, "PCM_16")
        if track.picture is not None:
            entry["picture"] = f"picture{number}.png"
            _write_picture(folder / entry["picture"], track.picture)
        if track.heatmap is not None:
            entry["overlay"] = f"{number}.png"
            _write_overlay(folder / entry["overlay"], cells(track.heatmap))
        listed.append({**entry, **track.facts})
    return listed


def _enlarged(values: np.ndarray) -> np.ndarray:
    """Return cells as squares of pixels, the lowest band at the bottom."""
    return np.repeat(np.repeat(values[::-1], SCALE, axis=0), SCALE, axis=1)


def _write_picture(path: Path, values: np.ndarray) -> None:
    matplotlib.image.imsave(path, _enlarged(values), cmap="gray_r")


def _write_overlay(path: Path, heatmap: np.ndarray) -> None:
    positive = _enlarged(heatmap.clip(min=0))
    opacity = positive / max(positive.max(), np.finfo(np.float32).tiny)
    ink = np.broadcast_to(np.array(INK), (*opacity.shape, 3))
    matplotlib.image.imsave(path, np.concatenate([ink, np.sqrt(opacity)[..., None]], axis=2))
