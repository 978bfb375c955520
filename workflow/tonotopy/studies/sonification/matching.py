"""Whether the map of an event finds that event among others (analysis 5)."""

from itertools import combinations

import numpy as np
import pandas as pd

from tonotopy.corpora.hearing import resampled
from tonotopy.corpora.schema import Corpus
from tonotopy.ears import Ear
from tonotopy.studies.sonification.classwise import PairRows, sonified_classes


def match_table(
    ear: Ear, corpus: Corpus, positions: np.ndarray, selected: pd.DataFrame
) -> pd.DataFrame:
    """Return how sonifications correlate with the known parts of clips, pair by pair of classes.

    ``own`` is c(s_X, X) + c(s_Y, Y) and ``crossed`` c(s_X, Y) + c(s_Y, X), where c is the absolute
    correlation of a sonification with the waveform of a part: how loud a part is cancels out.

    Args:
        ear: the network.
        corpus: whose parts are called as its classes.
        positions: of the clips.
        selected: maps of classes, see `maps.selection_table`, of this network.

    Returns:
        Columns network, run, layer, depth, clip, group, first, second, own, crossed; a row for
        every pair of classes that a clip has parts of.
    """
    parts = {int(position): _parts(corpus, position, ear.rate) for position in positions}
    classes = {position: names for position, (names, _) in parts.items()}
    rows = PairRows(ear, corpus, positions)
    for piece in sonified_classes(ear, corpus, classes, selected):
        sonified = piece.sonifications.cpu().numpy()
        for clip in np.flatnonzero(piece.known):
            position = piece.positions[clip]
            names, sounds = parts[position]
            rows.add(piece.layer, position, _pairs(names, correlations(sonified[clip], sounds)))
    return rows.table()


def _parts(corpus: Corpus, position: int, rate: int) -> tuple[list[str], np.ndarray]:
    """Return the classes that a clip has parts of, and these, shape (parts, samples)."""
    parts = corpus.parts([position])[0]
    names = [name for name in corpus.classes if name in parts]
    if not names:
        return [], np.empty((0, 0))
    return names, resampled(np.stack([parts[name] for name in names]), corpus.rate, rate)


def correlations(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Return absolute correlations of signals: (n, samples) and (m, samples) to (n, m).

    0 where a signal does not vary.
    """
    units = []
    for signals in (first, second):
        centred = signals.astype(np.float64)
        centred -= centred.mean(axis=1, keepdims=True)
        size = np.linalg.norm(centred, axis=1, keepdims=True)
        units.append(np.divide(centred, size, out=np.zeros_like(centred), where=size > 0))
    return np.abs(units[0] @ units[1].T)


def _pairs(names: list[str], likeness: np.ndarray):
    """Yield a row for every pair; likeness: (sonification of a class, part of a class)."""
    for x, y in combinations(range(len(names)), 2):
        yield {
            "first": names[x],
            "second": names[y],
            "own": float(likeness[x, x] + likeness[y, y]),
            "crossed": float(likeness[x, y] + likeness[y, x]),
        }
