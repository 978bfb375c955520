"""Heatmaps of a network whose layers are randomised one by one."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd
from torch import nn

from tonotopy.corpora.schema import Corpus
from tonotopy.relevance.randomisation import cascade
from tonotopy.relevance.sensitivity import randomisation_table
from tonotopy.studies.relevance.decomposing import standard_heatmaps
from tonotopy.studies.relevance.explaining import (
    Subject,
    batches,
    clip_columns,
    explaining_engine,
)


def sensitivity_table(
    explained: Subject,
    composite: str | dict,
    engine: str,
    corpus: Corpus,
    positions: np.ndarray,
    seed: int,
) -> pd.DataFrame:
    """Return how alike heatmaps are to those of networks with randomised layers.

    Args:
        explained: the trained network.
        composite: its LRP rules.
        engine: see `engines.explainer`.
        corpus: that is explained.
        positions: of the clips.
        seed: of the run.

    Returns:
        Columns step (1 is the output layer), layer, of `clip_columns`, and correlation
        (Spearman's, over cells).
    """
    heatmaps = _heatmaps(explained, corpus, positions)
    networks = cascade(explained.bundle.network, seed, "randomised weights")
    table = randomisation_table(
        heatmaps(explained.bundle.network), networks, _with(heatmaps, explained, composite, engine)
    )
    about = clip_columns(corpus, positions)
    rows = about.iloc[table["clip"]].reset_index(drop=True)
    return pd.concat([table.drop(columns="clip"), rows], axis=1)


def _heatmaps(explained: Subject, corpus: Corpus, positions: np.ndarray):
    """Return a function from a network, and what explains it, to its heatmaps of the clips."""

    def of(network: nn.Module, engine=None) -> np.ndarray:
        bundle = replace(explained.bundle, network=network)
        other = replace(explained, bundle=bundle, engine=engine or explained.engine)
        found = [standard_heatmaps(other, b) for b in batches(other, corpus, positions)]
        return np.concatenate([heatmap.cpu().numpy() for heatmap in found])

    return of


def _with(heatmaps: Callable, explained: Subject, composite: str | dict, engine: str) -> Callable:
    def of(network: nn.Module) -> np.ndarray:
        return heatmaps(network, explaining_engine(explained.bundle, network, composite, engine))

    return of
