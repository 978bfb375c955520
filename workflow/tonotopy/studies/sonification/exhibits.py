"""What the study found of clips, to be heard: sonifications beside the clip and its events.

A folder holds ``exhibits.json`` and a folder for each clip, see `tonotopy.exhibiting`: the clip,
its parts if they are known, for every network and layer the sonification of the map that is
selective for the clip's class, and for networks with snapshots how the deepest layer's came about.
"""

from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
import torch

from tonotopy.corpora.hearing import resampled
from tonotopy.corpora.schema import Corpus
from tonotopy.ears import Column, Ear, first_labels, waveforms
from tonotopy.exhibiting import INDEX, Track, write_clip
from tonotopy.files import replacing, write_json
from tonotopy.networks.bundle import load
from tonotopy.studies.sonification.picturing import View, sonified_view, spectrogram


class Clip(NamedTuple):
    """A clip, and how all that is heard of it is written.

    Attributes:
        corpus: that it is of.
        position: in the corpus.
        rate: of the tracks, in Hz; networks may hear at another one.
        samples: of each track.
    """

    corpus: Corpus
    position: int
    rate: int
    samples: int


def write_exhibits(
    path: str | Path,
    networks: list[tuple[Column, Ear]],
    corpus: Corpus,
    positions: np.ndarray,
    selected: pd.DataFrame,
    epochs: list[int],
    about: dict,
) -> None:
    """Write the exhibits of clips, the whole folder or nothing.

    Args:
        path: of the folder.
        networks: the first of each kind, and where it lies.
        corpus: that is heard.
        positions: of the clips.
        selected: maps of classes, see `maps.selection_table`.
        epochs: whose snapshots are shown; none for no evolution.
        about: what the index says of all exhibits: study, instance, scale.
    """
    rate = networks[0][1].rate
    with replacing(path) as draft:
        draft.mkdir()
        entries = []
        for number, position in enumerate(positions):
            sound = waveforms(networks[0][1], corpus, np.array([position]))
            label = first_labels(corpus, np.array([position]))[0]
            clip = Clip(corpus, position, rate, sound.shape[1])
            tracks = [_track("original", sound[0]), *_parts(clip)]
            for column, ear in networks:
                maps = _maps(selected, ear, label)
                tracks += _layers(ear, clip, maps)
                tracks += _evolution(column, ear, clip, maps, epochs)
            folder = draft / str(number)
            facts = {
                "clip": corpus.clips[position],
                "group": corpus.groups[position],
                "label": label,
            }
            picture = spectrogram(sound[0].cpu().numpy())
            listed = write_clip(folder, picture, tracks, rate)
            entries.append({"folder": folder.name, **facts, "tracks": listed})
        seconds = corpus.samples.shape[1] / corpus.rate
        scale = {"seconds": seconds, "high_hz": rate / 2}
        write_json(draft / INDEX, {**about, **scale, "exhibits": entries})


def _track(name: str, sound: torch.Tensor, **facts) -> Track:
    plain = sound.cpu()
    return Track(name, plain, spectrogram(plain.numpy()), facts=facts)


def _maps(selected: pd.DataFrame, ear: Ear, label: str) -> dict[str, int]:
    """Return the map of each layer that is selective for a class, as far as one is known."""
    own = selected[(selected["network"] == ear.network) & (selected["run"] == ear.run)]
    own = own[(own["label"] == label) & (own["map"] >= 0)]
    return {layer: int(number) for layer, number in zip(own["layer"], own["map"], strict=True)}


def _layers(ear: Ear, clip: Clip, maps: dict[str, int]) -> list[Track]:
    """Return a track for each layer of a network."""
    return [
        _sonified(ear, clip, layer, maps[layer], f"{ear.network}, {layer}")
        for layer in ear.layers
        if layer in maps
    ]


def _sonified(ear: Ear, clip: Clip, layer: str, number: int, name: str, **facts) -> Track:
    sound = waveforms(ear, clip.corpus, np.array([clip.position]))
    view = View("exhibits", layer, number, clip.position)
    sonified, _ = sonified_view(ear, sound, view)
    facts = {"network": ear.network, "layer": layer, "map": number, **facts}
    return _track(name, _written(sonified, ear.rate, clip), **facts)


def _written(sound: np.ndarray, rate: int, clip: Clip) -> torch.Tensor:
    """Return a sound at the rate and in the length of a clip's tracks."""
    heard = resampled(sound[None], rate, clip.rate)[0, : clip.samples]
    return torch.from_numpy(np.pad(heard, (0, clip.samples - len(heard))))


def _evolution(
    column: Column, ear: Ear, clip: Clip, maps: dict[str, int], epochs: list[int]
) -> list[Track]:
    """Return a track for each epoch of the deepest layer that has a map for the clip's class."""
    layers = [layer for layer in ear.layers if layer in maps]
    if not layers or "snapshots" not in ear.bundle.info:
        return []
    tracks = []
    for epoch in epochs:
        bundle = load(column.folder, epoch).to(ear.device)
        then = Ear(ear.network, ear.run, bundle, ear.layers)
        name = f"{ear.network}, {layers[-1]}, epoch {epoch}"
        tracks.append(_sonified(then, clip, layers[-1], maps[layers[-1]], name, epoch=epoch))
    return tracks


def _parts(clip: Clip) -> list[Track]:
    """Return a track for each known part of a clip that is one of its classes."""
    if not clip.corpus.part_names:
        return []
    parts = clip.corpus.parts([clip.position])[0]
    return [
        _track(f"event: {name}", _written(part, clip.corpus.rate, clip))
        for name, part in parts.items()
        if name in clip.corpus.classes
    ]
