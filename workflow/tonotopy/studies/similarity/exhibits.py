"""What the study found of clips, to be heard: maps that match features, over the clip's spectrum.

See `tonotopy.exhibiting`. An exhibit has the clip on which a map matches best, the map over its
spectrum, the feature, and where the feature is a part of the sound (harmonic, percussive), that
part. Maps are of the first and the deepest layer.
"""

from collections.abc import Iterable
from pathlib import Path

import numpy as np
import torch

from tonotopy.corpora.schema import Corpus
from tonotopy.ears import Ear, first_labels
from tonotopy.exhibiting import Track, cells, exhibit, write_clip, write_index
from tonotopy.files import replacing
from tonotopy.frontends.spectrograms import width
from tonotopy.frontends.ticks import ticks_of_bands
from tonotopy.similarity.features import KINDS, SEPARATED, separated
from tonotopy.similarity.grids import Layout
from tonotopy.studies.similarity.hearing import Heard, hear, sounds_of
from tonotopy.studies.similarity.picturing import Match, map_on, panels

SHOWN = (*SEPARATED, "chroma_stft")  # features
NOTE = "Maps that match a feature best, on the clip where they do best: the best of many."


def shown_matches(matches: Iterable[Match], ear: Ear, number: int) -> list[Match]:
    """Return the best maps of the first and of the deepest layer, feature by feature, so many.

    Args:
        matches: see `picturing.best_matches`.
        ear: the network.
        number: of matches.
    """
    first, deepest = next(iter(ear.layers)), list(ear.layers)[-1]
    best = [match for match in matches if match.feature in SHOWN and match.rank == 1]
    listed = [
        match
        for feature in SHOWN
        for layer in dict.fromkeys((first, deepest))
        for match in best
        if (match.layer, match.feature) == (layer, feature)
    ]
    return listed[:number]


def write_exhibits(
    path: str | Path,
    networks: list[tuple[Ear, dict[str, Layout], list[Match]]],
    corpus: Corpus,
    positions: np.ndarray,
    about: dict,
) -> None:
    """Write the exhibits of matches, the whole folder or nothing.

    Args:
        path: of the folder.
        networks: each with where its layers lie and the matches that are shown.
        corpus: that is heard.
        positions: of the clips that the matches number.
        about: what the index says of all exhibits: study, instance, scale.
    """
    with replacing(path) as draft:
        draft.mkdir()
        entries = []
        for ear, found, matches in networks:
            for match in matches:
                at = positions[match.clip : match.clip + 1]
                sound = sounds_of(corpus, at, ear.rate)
                heard = hear(ear, sound, _wanted(match), workers=1)
                tracks = _tracks(ear, found, heard, match._replace(clip=0), sound[0])
                folder = draft / str(len(entries))
                label = first_labels(corpus, at)[0]
                seconds = width(ear.eye, heard.grid[1], sound.shape[1])
                entries.append(
                    exhibit(
                        folder.name,
                        f"{match.feature} in {corpus.clips[at[0]]}, {label}",
                        write_clip(folder, cells(heard.x[0]), tracks, ear.rate, seconds),
                        seconds,
                        ticks_of_bands(heard.hertz.cpu().numpy()),
                        ear.network,
                        label,
                        {"group": corpus.groups[at[0]], "feature": match.feature},
                    )
                )
        write_index(draft, about, entries, NOTE)


def _wanted(match: Match) -> tuple[str, ...]:
    return ("sounds",) if KINDS[match.feature] == "spectrum" else (match.feature,)


def _tracks(
    ear: Ear, found: dict[str, Layout], heard: Heard, match: Match, sound: np.ndarray
) -> list[Track]:
    """Return the clip, the feature (as a sound where it is one), and the map over the clip."""
    facts = {"network": ear.network, "layer": match.layer, "map": match.map}
    facts |= {"feature": match.feature, "r": match.r, "raw": match.raw, "mean_r": match.mean_r}
    plain, own = torch.from_numpy(sound), None
    if match.feature in SEPARATED:
        parts = separated(sound, heard.columns.transform)
        parts = dict(zip(SEPARATED, parts, strict=True))
        own = torch.from_numpy(parts[match.feature])
    shown, cells_of_map = heard.meeting(heard.whole), heard.meeting(found[match.layer].place)
    feature = shown.over(heard.values[match.feature][0])
    compared = panels(ear, found, heard, match)
    axis = None if KINDS[match.feature] == "spectrum" else []  # chroma and curves have no Hz
    heatmap = cells_of_map.over(cells_of_map.maps(map_on(ear, found, heard, match)))
    heatmap = heatmap - heatmap.min()
    name, beyond = f"feature: {match.feature}", f"{match.feature} beyond the input"
    left = cells(cells_of_map.over(compared["residual"]))
    return [
        Track("original", plain),
        Track(name, own, cells(feature), kind="feature", ticks=axis),
        Track(f"{match.layer}, map {match.map}", None, heatmap=heatmap, kind="map", facts=facts),
        Track(beyond, None, left, kind="residual", ticks=axis),
    ]
