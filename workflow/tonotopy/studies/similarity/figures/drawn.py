"""Tables that a figure is drawn from, with the statistics of the scorecard."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from tonotopy.drawing.intervals import figure_bootstrap
from tonotopy.drawing.names import literal
from tonotopy.drawing.style import ROLES
from tonotopy.studies.similarity.statistics.tables import SimilarityTables

COPIES = {  # looks of copies; random ones are untrained
    "trained": ROLES["trained"],
    "random": ROLES["untrained"],
    "unheard": ROLES["unheard"],
    "input": ROLES["input"],
}
NAMES = {
    "unheard": "learned no sound",
    "random": "random weights",
}  # of copies, as figures call them
WORDS = {"chroma_stft": "chroma (STFT)", "chroma_cqt": "chroma (CQT)", "rms": "level (RMS)"}
WORDS |= {"onset_rate": "onset rate", "level": "integrated loudness"}  # of features


@dataclass(frozen=True)
class Drawn(SimilarityTables):
    """Tables that have been read: ``paths`` are the tables themselves."""

    def read(self, name: str) -> pd.DataFrame:
        """Return a table."""
        return self.paths[name]

    def layer(self, which: str, network: str) -> str:
        """Return the layer of this name: figures name all of them."""
        return which


def drawn(sources: dict, about: dict) -> Drawn:
    """Return the tables of a figure, resampled as figures are."""
    return Drawn(sources, about, figure_bootstrap(about))


def compared(tables: Drawn, network: str, feature: str) -> bool:
    """Tell whether maps of a network were compared with a feature: not every grid allows it."""
    rows = tables.table("similarities")
    return bool(((rows["network"] == network) & (rows["feature"] == feature)).any())


def spans(
    draws: np.ndarray, tables: Drawn, least: float = -np.inf, most: float = np.inf
) -> tuple[float, float, float]:
    """Return value, low and high of a statistic.

    Args:
        draws: shape (1 + resamples,), the data in row 0.
        tables: that were resampled.
        least: possible value, which no interval leaves; resamples of few units may.
        most: likewise.
    """
    ends = np.clip(tables.bootstrap.interval(draws[1:]), least, most)
    return float(draws[0]), *map(float, ends)


def word(name: str) -> str:
    """Return what a figure calls a feature."""
    return WORDS.get(name, literal(name))
