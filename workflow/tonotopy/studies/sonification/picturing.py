"""Spectrograms of inputs and sonifications for figures 5.2 to 5.5 and A.1 to A.4."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import pandas as pd

from tonotopy.corpora.schema import Corpus
from tonotopy.ears import Ear, first_labels, waveforms
from tonotopy.frontends.spectrograms import SEGMENT, spectrogram
from tonotopy.networks.bundle import load
from tonotopy.seeding import generator
from tonotopy.sonification.deconvnet import scaled
from tonotopy.sonification.shifts import correlation
from tonotopy.sonification.spectra import flatness, power_spectrum
from tonotopy.studies.sonification.hearing import chosen_clips, deconvnet, mean_activations
from tonotopy.studies.sonification.similarity import most_active

DRAWN = 64  # clips that one is taken of whose class's map is active
TOP = 3  # clips of a map (figures A.1 and A.2)
NONE = -1  # where map, rank or epoch do not apply


class View(NamedTuple):
    """A sonification to look at: a map of a layer, of a clip.

    Attributes:
        set: of pictures that belong together.
        layer: of the map.
        map: its number, NONE for the most active one.
        position: of the clip in its corpus.
        rank: of the clip among the map's favourites, or NONE.
        epoch: of the weights, or NONE.
    """

    set: str
    layer: str
    map: int
    position: int
    rank: int = NONE
    epoch: int = NONE


def picture_table(ear: Ear, corpus: Corpus, views: list[View]) -> pd.DataFrame:
    """Return input and sonification of every view as pictures.

    Returns:
        Columns set, network, run, layer, depth, map, rank, epoch, panel (input or sonification),
        clip, label, bands, frames, values (float32, dB, row-major from the lowest band), seconds,
        high_hz.
    """
    rows = []
    for view in views:
        sound = waveforms(ear, corpus, np.array([view.position]))
        sonified, chosen = sonified_view(ear, sound, view)
        about = {
            **ear.about(view.layer),
            "set": view.set,
            "map": chosen,
            "rank": view.rank,
            "epoch": view.epoch,
            "clip": corpus.clips[view.position],
            "label": first_labels(corpus, np.array([view.position]))[0],
            "seconds": sound.shape[1] / ear.rate,
            "high_hz": ear.rate / 2,
        }
        plain = sound[0].cpu().numpy()
        for panel, heard in (("input", plain), ("sonification", sonified)):
            image = spectrogram(heard)
            size = {"bands": image.shape[0], "frames": image.shape[1]}
            rows.append({**about, **size, "panel": panel, "values": image.ravel()})
    return pd.DataFrame(rows)


def sonified_view(ear: Ear, sound, view: View) -> tuple[np.ndarray, int]:
    """Return the scaled sonification (samples,) of one clip (1, samples), and its map."""
    with deconvnet(ear).hear(sound) as heard:
        maps = most_active(heard.activations(view.layer))[:, None]
        if view.map != NONE:
            maps = maps * 0 + view.map
        sonified = scaled(heard.sonify(view.layer, maps)[:, 0], sound)
    return sonified[0].cpu().numpy(), int(maps[0, 0])


def views(
    ear: Ear,
    corpus: Corpus,
    favourites: pd.DataFrame,
    selected: pd.DataFrame,
    shown: dict,
    seed: int,
) -> list[View]:
    """Return what is shown of a network: clips and maps are drawn by the seed, not chosen.

    Args:
        ear: the network.
        corpus: that is heard.
        favourites: see `maps.favourite_table`, of this network.
        selected: see `maps.selection_table`, of this network.
        shown: layers (of the set "active") and maps (per layer, of the set "favourites").
        seed: of the run.
    """
    place = {clip: position for position, clip in enumerate(corpus.clips)}
    one = chosen_clips(corpus, "test", 1, seed)[0]
    layers = [name for name in ear.layers if name in shown["layers"]]
    active = [View("active", layer, NONE, one) for layer in layers]
    return [
        *active,
        *_selective(ear, corpus, selected, seed),
        *(
            View("favourites", layer, map, place[clip], rank)
            for layer in ear.layers
            for map in _drawn_maps(favourites, layer, shown["maps"], seed)
            for rank, clip in _favourites(favourites, layer, map)
        ),
    ]


def _selective(ear: Ear, corpus: Corpus, selected: pd.DataFrame, seed: int) -> Iterator[View]:
    """Yield for every layer a clip and the map that is selective for its class, and active."""
    positions = chosen_clips(corpus, "test", DRAWN, seed)
    activations, _ = mean_activations(ear, corpus, positions)
    labels = first_labels(corpus, positions)
    maps = selected.set_index(["layer", "label"])["map"]
    for layer, values in activations.items():
        for row in generator(seed, "selective", layer).permutation(len(positions)):
            chosen = int(maps.get((layer, labels[row]), NONE))
            if chosen >= 0 and values[row, chosen] > 0:
                yield View("selective", layer, chosen, int(positions[row]))
                break


def _drawn_maps(favourites: pd.DataFrame, layer: str, number: int, seed: int) -> list[int]:
    """Return so many maps of a layer, drawn among those that are ever active."""
    own = favourites[favourites["layer"] == layer]
    live = np.unique(own.loc[own["activation"] > 0, "map"])
    rng = generator(seed, "shown maps", layer)
    return sorted(map(int, rng.choice(live, min(number, len(live)), replace=False)))


def _favourites(favourites: pd.DataFrame, layer: str, number: int) -> list[tuple[int, str]]:
    """Return rank and clip of the first favourites of a map."""
    own = favourites[(favourites["layer"] == layer) & (favourites["map"] == number)]
    first = own[own["rank"] <= TOP].sort_values("rank")
    return list(zip(first["rank"], first["clip"], strict=True))


def evolution_tables(
    ear: Ear,
    folder: str,
    corpus: Corpus,
    favourites: pd.DataFrame,
    settings: dict,
    seed: int,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return how sonifications of some maps came about, and their pictures (thesis section 5.3.3).

    Each map is shown on the clip that it is most active for at the end of the training.

    Args:
        ear: the network as it is in the end.
        folder: of its bundle, which has the snapshots.
        corpus: that is heard.
        favourites: see `maps.favourite_table`, of this network.
        settings: epochs, layers and maps (per layer).
        seed: of the run.

    Returns:
        evolution: columns network, run, layer, depth, map, epoch, clip, similarity (correlation of
        the log spectrogram with that of the last epoch), flatness, peak (largest value before
        scaling) and dead (whether the map is silent at the last epoch); pictures, see
        `picture_table`, in the set "evolution".
    """
    place = {clip: position for position, clip in enumerate(corpus.clips)}
    wanted = [
        View("evolution", layer, number, place[_favourites(favourites, layer, number)[0][1]], 1)
        for layer in settings["layers"]
        for number in _drawn_maps(favourites, layer, settings["maps"], seed)
    ]
    if not wanted:  # the network has no such layers, or no map in them is ever active
        return pd.DataFrame(), pd.DataFrame()
    numbers, pictures = [], []
    for epoch in settings["epochs"]:
        bundle = load(folder, epoch).to(ear.device)
        then = Ear(ear.network, ear.run, bundle, ear.layers)
        for view in wanted:
            numbers.append(_at_epoch(then, corpus, view._replace(epoch=epoch)))
        pictures.append(
            picture_table(then, corpus, [view._replace(epoch=epoch) for view in wanted])
        )
    return _beside_the_last(pd.DataFrame(numbers)), pd.concat(pictures, ignore_index=True)


def _at_epoch(ear: Ear, corpus: Corpus, view: View) -> dict:
    sound = waveforms(ear, corpus, np.array([view.position]))
    with deconvnet(ear).hear(sound) as heard:
        maps = most_active(heard.activations(view.layer))[:, None] * 0 + view.map
        plain = heard.sonify(view.layer, maps)[0, 0].cpu().numpy()
    return {
        **ear.about(view.layer),
        "map": view.map,
        "epoch": view.epoch,
        "clip": corpus.clips[view.position],
        "flatness": float(flatness(power_spectrum(plain, SEGMENT))),
        "peak": float(np.abs(plain).max()),
        "picture": spectrogram(plain).ravel(),
    }


def _beside_the_last(table: pd.DataFrame) -> pd.DataFrame:
    """Compare every epoch's picture with that of the last epoch."""
    last = table[table["epoch"] == table["epoch"].max()].set_index(["layer", "map"])
    keys = list(zip(table["layer"], table["map"], strict=True))
    pairs = [
        (own, last.loc[key, "picture"]) for own, key in zip(table["picture"], keys, strict=True)
    ]
    similarity = [float(correlation(*(x - x.mean() for x in pair))) for pair in pairs]
    dead = [last.loc[key, "peak"] == 0 for key in keys]
    return table.drop(columns="picture").assign(similarity=similarity, dead=dead)
