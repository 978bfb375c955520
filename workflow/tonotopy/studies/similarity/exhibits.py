"""What the study found of clips, to be heard: maps that match features, over the clip's spectrum.

A folder holds ``exhibits.json`` and a folder for each clip, see `tonotopy.exhibiting`: the clip on
which a map matches best, the map over its spectrum, the feature, and where the feature is a part of
the sound (harmonic, percussive), that part. Maps are of the first and the deepest layer.
"""

from collections.abc import Iterable
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import interpolate

from tonotopy.corpora.schema import Corpus
from tonotopy.ears import Ear, first_labels
from tonotopy.exhibiting import INDEX, Track, cells, write_clip
from tonotopy.files import replacing, write_json
from tonotopy.similarity.features import KINDS, SEPARATED, columns_of, separated
from tonotopy.similarity.grids import Layout
from tonotopy.studies.similarity.hearing import Heard, hear, sounds_of
from tonotopy.studies.similarity.picturing import Match, map_on, panels

SHOWN = (*SEPARATED, "chroma_stft")  # features


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
                facts = {
                    "clip": corpus.clips[at[0]],
                    "group": corpus.groups[at[0]],
                    "label": first_labels(corpus, at)[0],
                }
                listed = write_clip(folder, cells(heard.x[0]), tracks, ear.rate)
                entries.append({"folder": folder.name, **facts, "tracks": listed})
        rate = networks[0][0].rate
        scale = {"seconds": corpus.samples.shape[1] / corpus.rate, "high_hz": rate / 2}
        write_json(draft / INDEX, {**about, **scale, "exhibits": entries})


def _wanted(match: Match) -> tuple[str, ...]:
    return ("sounds",) if KINDS[match.feature] == "spectrum" else (match.feature,)


def _tracks(
    ear: Ear, found: dict[str, Layout], heard: Heard, match: Match, sound: np.ndarray
) -> list[Track]:
    """Return the clip, the feature (as a sound where it is one), and the map over the clip."""
    facts = {"network": ear.network, "layer": match.layer, "map": match.map}
    facts |= {"feature": match.feature, "r": round(match.r, 3), "raw": round(match.raw, 3)}
    facts |= {"mean_r": round(match.mean_r, 3)}
    plain = torch.from_numpy(sound)
    name, own = f"{ear.network}, {match.layer}", None
    if match.feature in SEPARATED:
        transform = columns_of(ear.bundle.front_end, heard.grid[1]).transform
        parts = dict(zip(SEPARATED, separated(sound, transform), strict=True))
        own = torch.from_numpy(parts[match.feature])
    feature = cells(_over(heard.values[match.feature][0], heard))
    compared = panels(ear, found, heard, match)
    return [
        Track("original", plain, cells(heard.x[0])),
        Track(f"feature: {match.feature}", own, feature),
        Track(
            f"{name}, map {match.map}",
            None,
            heatmap=_over(_map(ear, found, heard, match), heard),
            facts=facts,
        ),
        Track(f"{match.feature} beyond the input", None, cells(_over(compared["residual"], heard))),
    ]


def _map(ear: Ear, found: dict[str, Layout], heard: Heard, match: Match) -> Tensor:
    values = map_on(ear, found, heard, match)
    return values - values.min()


def _over(map: Tensor, heard: Heard) -> Tensor:
    """Return a map on the cells of the clip's spectrum, each with the value that it lies in."""
    return interpolate(map[None, None], size=heard.grid, mode="nearest-exact")[0, 0]
