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
COLUMNS = ["set", "layer", "feature", "clip", "group", "r", "raw"]


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
    heard: Heard, sounds: np.ndarray, corpus: Corpus, positions: np.ndarray, known: dict, seed: int
) -> pd.DataFrame:
    """Return what hand-made layers of the first network's input match.

    Args:
        heard: what it hears, with spectra and chroma.
        sounds: the clips at its rate, shape (clips, samples).
        corpus: that they are of.
        positions: of the clips.
        known: ``sets`` and ``clips`` of the entry.
        seed: of the run.

    Returns:
        Columns `COLUMNS`: harmonic and percussive of all layers but the chroma bank, whose feature
        is chroma_stft.
    """
    rows, seconds = [], heard.columns.hop / heard.columns.rate
    sets = disjoint_sets(len(positions), known["sets"], known["clips"], seed, corpus.name)
    for number, own in enumerate(sets):
        for index, clip in enumerate(own):
            other = own[(index + 1) % len(own)]
            at = positions[clip]
            about = (number, corpus.clips[at], corpus.groups[at])
            rng = generator(seed, "similarity", "noise", corpus.name, str(corpus.clips[at]))
            x, another = (heard.x[which].cpu().numpy() for which in (clip, other))
            for layer, map in hand_made(x, another, seconds, rng).items():
                rows += _spectral(layer, map, heard, clip, about)
            rows.append(_bank(sounds[clip], heard, clip, about))
    return pd.DataFrame(rows, columns=["set", "clip", "group", "layer", "feature", "r", "raw"])[
        COLUMNS
    ]


def _spectral(layer: str, map: np.ndarray, heard: Heard, clip: int, about: tuple) -> list[tuple]:
    """Return a row for the harmonic and one for the percussive part."""
    beside, cells = heard.beside("spectrum", heard.grid), _cells(map, heard)
    rows = []
    for name in SEPARATED:
        r, raw = (own[beside.names.index(name), clip] for own in (beside.left, beside.raw))
        rows.append((*about, layer, name, float(cells @ r), float(cells @ raw)))
    return rows


def _bank(sound: np.ndarray, heard: Heard, clip: int, about: tuple) -> tuple:
    """Return the row of the chroma bank: raw of all twelve classes, r of those the input has."""
    rate, hop, columns, _ = heard.columns
    bank = fitted(chroma_bank(sound, rate, hop), columns, 0.0)
    bank = np.pad(bank, ((0, 0), heard.sides[:2]), mode="edge")
    raw = _cells(bank, heard) @ unit(heard.values[SOURCE][clip]).flatten()
    beside = heard.beside("chroma", heard.grid)
    left = beside.left[beside.names.index(SOURCE), clip]
    r = _cells(bank[folded_classes(heard.hertz)], heard) @ left
    return (*about, CHROMA_BANK, SOURCE, float(r), float(raw))


def _cells(map: np.ndarray, heard: Heard) -> Tensor:
    return unit(torch.from_numpy(np.ascontiguousarray(map)).to(heard.x)).flatten()
