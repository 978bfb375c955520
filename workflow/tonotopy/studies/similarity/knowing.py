"""Table of study 5's known answers: layers made by hand beside harmonic and percussive parts."""

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from tonotopy.corpora.schema import Corpus
from tonotopy.seeding import generator
from tonotopy.similarity.features import SEPARATED, fitted
from tonotopy.similarity.known import CHROMA_BANK, chroma_bank, hand_made
from tonotopy.similarity.measure import folded_classes, unit
from tonotopy.studies.similarity.hearing import Heard

SOURCE = "chroma_stft"  # what the chroma bank is compared with
COLUMNS = ["set", "layer", "feature", "clip", "group", "r", "raw", "phase"]


def disjoint_sets(clips: int, sets: int, size: int, seed: int, name: str) -> list[np.ndarray]:
    """Return numbers of clips in sets that share none, each of at most so many, as even as can be.

    Args:
        clips: their number.
        sets: how many.
        size: of a set; where clips are too few, sets are smaller.
        seed: of the run.
        name: of the corpus.
    """
    rng = generator(seed, "similarity", "known", name)
    return [own for own in np.array_split(rng.permutation(clips)[: sets * size], sets) if len(own)]


def known_table(
    heard: Heard,
    phases: Tensor,
    sounds: np.ndarray,
    corpus: Corpus,
    positions: np.ndarray,
    known: dict,
    seed: int,
) -> pd.DataFrame:
    """Return what hand-made layers of the first network's input match.

    Args:
        heard: what it hears, with spectra and chroma.
        phases: its input of the same clips with random phases, shape (clips, rows, columns).
        sounds: the clips at its rate, shape (clips, samples).
        corpus: that they are of.
        positions: of the clips.
        known: ``sets`` and ``clips`` of the entry.
        seed: of the run.

    Returns:
        Columns `COLUMNS`: harmonic and percussive of all layers but the chroma bank, whose feature
        is chroma_stft; ``phase`` is r of the layer made of the clip with random phases.
    """
    rows, seconds = [], heard.columns.hop / heard.columns.rate
    sets = disjoint_sets(len(positions), known["sets"], known["clips"], seed, corpus.name)
    for number, own in enumerate(sets):
        for index, clip in enumerate(own):
            other = own[(index + 1) % len(own)]
            at = positions[clip]
            about = (number, corpus.clips[at], corpus.groups[at])
            own_maps, turned = (
                hand_made(
                    input[clip].cpu().numpy(),
                    input[other].cpu().numpy(),
                    seconds,
                    generator(seed, "similarity", "noise", corpus.name, str(corpus.clips[at])),
                )
                for input in (heard.x, phases)
            )
            for layer, map in own_maps.items():
                rows += _spectral(layer, (map, turned[layer]), heard, clip, about)
            rows.append(_bank(sounds[clip], heard, clip, about))
    names = ["set", "clip", "group", "layer", "feature", "r", "raw", "phase"]
    return pd.DataFrame(rows, columns=names)[COLUMNS]


def _spectral(
    layer: str, maps: tuple[np.ndarray, np.ndarray], heard: Heard, clip: int, about: tuple
) -> list[tuple]:
    """Return a row for the harmonic and one for the percussive part, of a map and its null."""
    beside = heard.beside("spectrum", heard.whole)
    cells, turned = (_cells(map, heard) for map in maps)
    rows = []
    for name in SEPARATED:
        r, raw = (own[beside.names.index(name), clip] for own in (beside.left, beside.raw))
        values = (float(cells @ r), float(cells @ raw), float(turned @ r))
        rows.append((*about, layer, name, *values))
    return rows


def _bank(sound: np.ndarray, heard: Heard, clip: int, about: tuple) -> tuple:
    """Return the row of the chroma bank: raw of all twelve classes, r of those the input has."""
    rate, hop, columns, _ = heard.columns
    bank = fitted(chroma_bank(sound, rate, hop), columns, 0.0)
    bank = np.pad(bank, ((0, 0), heard.sides[:2]), mode="edge")
    raw = _cells(bank, heard) @ unit(heard.values[SOURCE][clip]).flatten()
    beside = heard.beside("chroma", heard.whole)
    left = beside.left[beside.names.index(SOURCE), clip]
    r = _cells(bank[folded_classes(heard.hertz)], heard) @ left
    return (*about, CHROMA_BANK, SOURCE, float(r), float(raw), np.nan)


def _cells(map: np.ndarray, heard: Heard) -> Tensor:
    return unit(torch.from_numpy(np.ascontiguousarray(map)).to(heard.x)).flatten()
