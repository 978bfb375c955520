"""An excerpt of a user's own sound, sonified: at every layer the map it excites most."""

from collections.abc import Mapping
from functools import partial

import numpy as np
import pandas as pd
import torch

from tonotopy.collecting import of_network
from tonotopy.ears import Ear, mapped_layers
from tonotopy.excerpts import Excerpt, Known, Show, Shown
from tonotopy.exhibiting import Track
from tonotopy.files import read_table
from tonotopy.frontends.spectrograms import spectrogram
from tonotopy.frontends.ticks import linear_ticks
from tonotopy.networks.bundle import Bundle
from tonotopy.sonification.deconvnet import scaled
from tonotopy.studies.sonification.hearing import deconvnet

Maps = Mapping[str, Mapping[int, list[str]]]  # layer -> map -> classes that it is selective for


def prepare(bundle: Bundle, known: Known) -> Show:
    """Return what sonifies excerpts by the maps that were selected for classes, see `excerpts`.

    Raises:
        InputError: the network has no such layer, or none that has maps.
    """
    layers = mapped_layers(bundle.layers, known.settings["layers"])
    ear = Ear(known.network, known.run, bundle, layers)
    return partial(_show, ear, selected_maps(read_table(known.paths["selected"]), ear))


def selected_maps(table: pd.DataFrame, ear: Ear) -> Maps:
    """Return the maps of a network that are selective for classes, see `maps.selection_table`."""
    rows = of_network(table, ear)
    rows = rows[rows["map"] >= 0]
    maps: dict[str, dict[int, list[str]]] = {name: {} for name in ear.layers}
    for layer, number, label in zip(rows["layer"], rows["map"], rows["label"], strict=True):
        maps[layer].setdefault(int(number), []).append(label)
    return {layer: own for layer, own in maps.items() if own}


def _show(ear: Ear, maps: Maps, excerpt: Excerpt) -> Shown:
    sounds = excerpt.sound[None]
    tracks = [_track("original", sounds[0], "original", {})]
    with deconvnet(ear).hear(sounds) as heard:
        for layer, own in maps.items():
            numbers = torch.tensor(sorted(own))
            levels = heard.activations(layer)[0].mean(dim=0).cpu()[numbers]
            number = int(numbers[levels.argmax()])
            sonified = scaled(heard.sonify(layer, torch.tensor([[number]]))[:, 0], sounds)[0]
            facts = {"layer": layer, "map": number, "selective for": ", ".join(own[number])}
            facts["activation"] = float(levels.max())
            tracks.append(_track(f"layer {layer}", sonified, "sonification", facts))
    seconds = sounds.shape[1] / ear.rate
    picture = tracks[0].picture
    tracks[0] = tracks[0]._replace(picture=None)
    return Shown(picture, tracks, linear_ticks(ear.rate), seconds)


def _track(name: str, sound: torch.Tensor, kind: str, facts: dict) -> Track:
    plain = sound.cpu()
    picture: np.ndarray = spectrogram(plain.numpy())
    return Track(name, plain, picture, kind=kind, facts=facts)
