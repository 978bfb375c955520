"""What the study found of clips, to be heard: sonifications beside the clip and its events.

See `tonotopy.exhibiting`. A clip has its parts if they are known; layer by layer, the networks side
by side, the sonification of the map that is selective for the clip's class; what the deepest
layer's sonification leaves of the clip; and for networks with snapshots how it came about.
"""

from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
import torch

from tonotopy.corpora.hearing import resampled
from tonotopy.corpora.schema import Corpus
from tonotopy.ears import Column, Ear, first_labels, waveforms
from tonotopy.exhibiting import Track, exhibit, write_clip, write_index
from tonotopy.files import replacing
from tonotopy.frontends.spectrograms import spectrogram
from tonotopy.frontends.ticks import linear_ticks
from tonotopy.networks.bundle import load
from tonotopy.studies.sonification.picturing import View, sonified_view

NOTE = "Sonifications of the maps that are selective for the clip's class, from input to output."


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
            tracks = [
                Track("original", sound[0]),
                *_parts(clip),
                *_sonifications(networks, clip, selected, label, epochs),
            ]
            folder = draft / str(number)
            picture = spectrogram(sound[0].cpu().numpy())
            entries.append(
                exhibit(
                    folder.name,
                    f"{corpus.clips[position]}, {label}",
                    write_clip(folder, picture, tracks, rate),
                    sound.shape[1] / rate,
                    linear_ticks(rate),
                    label=label,
                    facts={"group": corpus.groups[position]},
                )
            )
        write_index(draft, about, entries, NOTE)


def _track(name: str, sound: torch.Tensor, kind: str, **facts) -> Track:
    plain = sound.cpu()
    return Track(name, plain, spectrogram(plain.numpy()), kind=kind, facts=facts)


def _sonifications(
    networks: list[tuple[Column, Ear]],
    clip: Clip,
    selected: pd.DataFrame,
    label: str,
    epochs: list[int],
) -> list[Track]:
    """Return the tracks of all networks: layers, what they leave, and epochs."""
    heard = [(column, ear, _maps(selected, ear, label)) for column, ear in networks]
    layers = dict.fromkeys(layer for _, ear, _ in heard for layer in ear.layers)
    tracks = [
        _sonified(ear, clip, layer, maps[layer])
        for layer in layers
        for _, ear, maps in heard
        if layer in maps
    ]
    for _, ear, maps in heard:
        tracks += _residual(ear, clip, maps)
    for column, ear, maps in heard:
        tracks += _evolution(column, ear, clip, maps, epochs)
    return tracks


def _maps(selected: pd.DataFrame, ear: Ear, label: str) -> dict[str, int]:
    """Return the map of each layer that is selective for a class, as far as one is known."""
    own = selected[(selected["network"] == ear.network) & (selected["run"] == ear.run)]
    own = own[(own["label"] == label) & (own["map"] >= 0)]
    return {layer: int(number) for layer, number in zip(own["layer"], own["map"], strict=True)}


def _deepest(ear: Ear, maps: dict[str, int]) -> str | None:
    """Return the deepest layer that has a map for a clip's class."""
    return next((layer for layer in reversed(ear.layers) if layer in maps), None)


def _sonified(ear: Ear, clip: Clip, layer: str, number: int, epoch: int | None = None) -> Track:
    sonified = _sonification(ear, clip, layer, number)[1]
    name, kind = f"{ear.network}, {layer}", "sonification"
    if epoch is not None:
        name, kind = f"{name}, epoch {epoch}", "epoch"
    facts = {"network": ear.network, "layer": layer, "map": number, "epoch": epoch}
    return _track(name, _written(sonified, ear.rate, clip), kind, **facts)


def _sonification(ear: Ear, clip: Clip, layer: str, number: int) -> tuple[np.ndarray, np.ndarray]:
    """Return a clip as a network hears it, and the sonification of one of its maps."""
    sound = waveforms(ear, clip.corpus, np.array([clip.position]))
    sonified, _ = sonified_view(ear, sound, View("exhibits", layer, number, clip.position))
    return sound[0].cpu().numpy(), sonified


def _residual(ear: Ear, clip: Clip, maps: dict[str, int]) -> list[Track]:
    """Return a track of the clip without the sonification of the deepest layer (section 6.2)."""
    layer = _deepest(ear, maps)
    if layer is None:
        return []
    sound, sonified = _sonification(ear, clip, layer, maps[layer])
    left = _written(sound - sonified, ear.rate, clip)
    facts = {"network": ear.network, "layer": layer, "map": maps[layer]}
    return [_track(f"clip without {ear.network}, {layer}", left, "residual", **facts)]


def _written(sound: np.ndarray, rate: int, clip: Clip) -> torch.Tensor:
    """Return a sound at the rate and in the length of a clip's tracks."""
    heard = resampled(sound[None], rate, clip.rate)[0, : clip.samples]
    return torch.from_numpy(np.pad(heard, (0, clip.samples - len(heard))))


def _evolution(
    column: Column, ear: Ear, clip: Clip, maps: dict[str, int], epochs: list[int]
) -> list[Track]:
    """Return a track for each epoch of the deepest layer that has a map for the clip's class."""
    layer = _deepest(ear, maps)
    if layer is None or "snapshots" not in ear.bundle.info:
        return []
    tracks = []
    for epoch in epochs:
        bundle = load(column.folder, epoch).to(ear.device)
        then = Ear(ear.network, ear.run, bundle, ear.layers)
        tracks.append(_sonified(then, clip, layer, maps[layer], epoch))
    return tracks


def _parts(clip: Clip) -> list[Track]:
    """Return a track for each known part of a clip that is one of its classes."""
    if not clip.corpus.part_names:
        return []
    parts = clip.corpus.parts([clip.position])[0]
    return [
        _track(f"event: {name}", _written(part, clip.corpus.rate, clip), "part")
        for name, part in parts.items()
        if name in clip.corpus.classes
    ]
