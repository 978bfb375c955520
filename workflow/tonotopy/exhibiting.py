"""What studies found of clips, to be heard and seen: one format for every study.

A study's folder has ``exhibits.json`` and a folder for each exhibit, which holds a WAV file (16
bits) per track and PNG pictures: spectrograms in grey, and for heatmaps an overlay whose opacity is
its positive part. All tracks of an exhibit are equally loud. Files are named by number and kind
alone.
"""

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import matplotlib.image
import numpy as np
import soundfile
import torch
from torch import Tensor

from tonotopy.errors import InputError
from tonotopy.files import write_json
from tonotopy.frontends.loudness import equally_loud
from tonotopy.places import EXHIBITS

INK = (0.82, 0.29, 0.36)  # of heatmaps over the grey spectrogram
SCALE = 4  # pixels per cell, as far as the picture is no larger than
PIXELS = 1024  # on its longer side; at least one pixel per cell
KINDS = tuple("original component sonification part feature map residual excerpt epoch".split())


class Track(NamedTuple):
    """Something of a clip that can be heard, or seen, or both.

    Attributes:
        name: as the listener reads it.
        sound: shape (samples,), or None where there is none.
        picture: spectrogram of its own, shape (bands, frames), the lowest band first; None for that
            of the clip.
        heatmap: over the clip's spectrogram, same shape as it, or None.
        kind: one of `KINDS`.
        ticks: of a picture that has other bands than the clip's, see `frontends.ticks`.
        facts: name -> number, text or truth value; None and nan are left out.
    """

    name: str
    sound: Tensor | None
    picture: np.ndarray | None = None
    heatmap: Tensor | None = None
    kind: str = "original"
    ticks: list | None = None
    facts: dict = {}  # noqa: RUF012 (never changed)


def cells(values: Tensor) -> np.ndarray:
    """Return a spectrogram on any device as an array."""
    return values.detach().float().cpu().numpy()


def write_clip(
    folder: Path,
    picture: np.ndarray,
    tracks: list[Track],
    rate: int,
    seconds: float | None = None,
) -> list[dict]:
    """Write the files of a clip into a new folder.

    Args:
        folder: of the clip.
        picture: its spectrogram, shape (bands, frames), the lowest band first.
        tracks: the first is the clip itself.
        rate: of the sounds, in Hz.
        seconds: width of the picture: what sounds after it, the network does not hear, and is cut
            off; None for sounds as long as the picture.

    Returns:
        What the index says of each track: name, kind, audio and picture (file names, or None),
        overlay and ticks where it has them, facts.

    Raises:
        InputError: a track is of no known kind.
    """
    _check_kinds(tracks)
    folder.mkdir()
    _write_picture(folder / "input.png", picture)
    heard = [track for track in tracks if track.sound is not None]
    sounds = torch.stack([track.sound.cpu() for track in heard])
    if seconds is not None:
        sounds = sounds[:, : round(seconds * rate)]
    levelled = iter(equally_loud(sounds, rate))
    listed = []
    for number, track in enumerate(tracks):
        entry = {"name": track.name, "kind": track.kind, "audio": None, "picture": "input.png"}
        if track.sound is not None:
            entry["audio"] = f"{number}.wav"
            soundfile.write(folder / entry["audio"], next(levelled).numpy(), rate, "PCM_16")
        if track.picture is not None:
            entry["picture"] = f"picture{number}.png"
            _write_picture(folder / entry["picture"], track.picture)
        if track.heatmap is not None:
            entry["overlay"] = f"{number}.png"
            _write_overlay(folder / entry["overlay"], cells(track.heatmap))
        if track.ticks is not None:
            entry["ticks"] = track.ticks
        listed.append({**entry, "facts": _plain(track.facts)})
    return listed


def exhibit(
    folder: str,
    title: str,
    tracks: list[dict],
    seconds: float,
    ticks: list,
    network: str = "",
    label: str = "",
    facts: Mapping | None = None,
    sliders: Sequence[dict] = (),
    timelines: Sequence[dict] = (),
) -> dict:
    """Return what the index says of an exhibit.

    Args:
        folder: of its files, beside the index.
        title: as the listener reads it.
        tracks: see `write_clip`.
        seconds: width of every picture, and of the players' time axis.
        ticks: frequency axis of the pictures, see `frontends.ticks`; empty where it is not known.
        network: that it is of; empty for none or several.
        label: class of the clip; empty for none.
        facts: see `Track`.
        sliders: each with name, values, start (index of 0), note and curves (name and values).
        timelines: each with name, seconds (centre of each window) and curves.
    """
    return {
        "folder": folder,
        "title": title,
        "network": network,
        "label": label,
        "facts": _plain(facts or {}),
        "seconds": float(seconds),
        "ticks": ticks,
        "tracks": tracks,
        "sliders": list(sliders),
        "timelines": list(timelines),
    }


def write_index(draft: Path, about: Mapping, exhibits: list[dict], note: str = "") -> None:
    """Write the index of a study's exhibits into their folder.

    Args:
        draft: the folder.
        about: study, instance and scale.
        exhibits: see `exhibit`.
        note: what is shown, in a sentence.
    """
    write_json(draft / EXHIBITS, {**about, "note": note, "exhibits": exhibits})


def _plain(facts: Mapping) -> dict:
    """Return facts as JSON holds them, without those that are not known."""
    values = {
        name: value.item() if isinstance(value, np.generic) else value
        for name, value in facts.items()
    }
    return {
        name: value
        for name, value in values.items()
        if value is not None and not (isinstance(value, float) and math.isnan(value))
    }


def _check_kinds(tracks: list[Track]) -> None:
    for track in tracks:
        if track.kind not in KINDS:
            raise InputError(
                f"track '{track.name}': kind '{track.kind}', expected {', '.join(KINDS)}"
            )


def _enlarged(values: np.ndarray) -> np.ndarray:
    """Return cells as squares of pixels, the lowest band at the bottom."""
    side = min(SCALE, max(1, PIXELS // max(values.shape)))
    return np.repeat(np.repeat(values[::-1], side, axis=0), side, axis=1)


def _write_picture(path: Path, values: np.ndarray) -> None:
    matplotlib.image.imsave(path, _enlarged(values), cmap="gray_r")


def _write_overlay(path: Path, heatmap: np.ndarray) -> None:
    positive = _enlarged(heatmap.clip(min=0))
    opacity = positive / max(positive.max(), np.finfo(np.float32).tiny)
    ink = np.broadcast_to(np.array(INK), (*opacity.shape, 3))
    matplotlib.image.imsave(path, np.concatenate([ink, np.sqrt(opacity)[..., None]], axis=2))
