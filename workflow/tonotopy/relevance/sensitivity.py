"""Score 4 of study 3: do heatmaps depend on what the network has learned?

Model parameter randomisation test of Adebayo and others (2018), Quantus' ``MPRT`` with
``layer_order="top_down"`` and ``correlation_spearman``: heatmaps of the trained network are
compared with those of networks whose layers are randomised one after the other from the output.
"""

from collections.abc import Callable, Iterable

import numpy as np
import pandas as pd

from tonotopy.errors import InputError
from tonotopy.relevance.rank_correlation import rank_correlations


def heatmap_correlations(before: np.ndarray, after: np.ndarray) -> np.ndarray:
    """Return Spearman's correlation of two heatmaps over their cells, for each of many.

    Args:
        before: shape (..., mels, frames).
        after: same shape.

    Returns:
        Shape (...), -1 to 1; nan where a heatmap is constant.

    Raises:
        InputError: the shapes differ.
    """
    before, after = np.asarray(before), np.asarray(after)
    if before.shape != after.shape:
        raise InputError(f"heatmaps differ in shape: {before.shape} and {after.shape}")
    cells = (*before.shape[:-2], -1)
    return rank_correlations(before.reshape(cells), after.reshape(cells))


def randomisation_table(
    heatmaps: np.ndarray,
    networks: Iterable[tuple[str, object]],
    explain: Callable[[object], np.ndarray],
) -> pd.DataFrame:
    """Return how alike heatmaps are to those of randomised networks.

    Args:
        heatmaps: of the trained network, shape (clips, mels, frames).
        networks: (layer that was randomised last, network), see `randomisation.cascade`.
        explain: returns a network's heatmaps of the same clips, shape (clips, mels, frames).

    Returns:
        Columns step (1 is the output layer), layer, clip, correlation; nan where a heatmap is
        constant.

    Raises:
        InputError: heatmaps differ in shape.
    """
    steps = []
    for step, (layer, network) in enumerate(networks, start=1):
        values = heatmap_correlations(heatmaps, explain(network))
        columns = {"step": step, "layer": layer, "clip": np.arange(len(values))}
        steps.append(pd.DataFrame({**columns, "correlation": values}))
    if not steps:
        raise InputError("no randomised network: the network has no layer with weights")
    return pd.concat(steps, ignore_index=True)
