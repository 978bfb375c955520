"""Pictures of the maps that match features best, beside feature, what is left of it, and input."""

from typing import NamedTuple

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from tonotopy.corpora.schema import Corpus
from tonotopy.ears import Ear
from tonotopy.networks.tracing import trace
from tonotopy.similarity.features import KINDS
from tonotopy.similarity.grids import Layout
from tonotopy.similarity.measure import residual
from tonotopy.studies.similarity.copies import TRAINED
from tonotopy.studies.similarity.hearing import Heard

PANELS = ("map", "feature", "residual", "input")


class Match(NamedTuple):
    """A map that matches a feature, and the clip on which it does best.

    Attributes:
        layer: of the map.
        map: its number.
        feature: by name.
        rank: from 1, by the mean similarity over clips.
        clip: number in the order of the lists.
        r: similarity on that clip beyond the input.
        raw: similarity with the feature itself.
        mean_r: r, mean over all clips.
    """

    layer: str
    map: int
    feature: str
    rank: int
    clip: int
    r: float
    raw: float
    mean_r: float


def best_matches(table: pd.DataFrame, ear: Ear, number: int) -> list[Match]:
    """Return the best maps of a trained network for every layer and feature.

    Args:
        table: see `comparing.similarity_table`.
        ear: the network.
        number: of maps for each layer and feature; layers with fewer give all.
    """
    own = table[(table["network"] == ear.network) & (table["copy"] == TRAINED)]
    own = own[own["run"] == ear.run]
    matches = []
    for (_, layer, feature), rows in own.groupby(["depth", "layer", "feature"], sort=True):
        r, raw = (np.stack(list(rows[name])) for name in ("r", "raw"))
        best = np.argsort(-r.mean(axis=1), kind="stable")[:number]
        for rank, row in enumerate(best, start=1):
            clip = int(r[row].argmax())
            map = int(rows["map"].iloc[row])
            values = float(r[row, clip]), float(raw[row, clip]), float(r[row].mean())
            matches.append(Match(layer, map, feature, rank, clip, *values))
    return matches


@torch.no_grad()
def map_on(ear: Ear, found: dict[str, Layout], heard: Heard, match: Match) -> Tensor:
    """Return the map of a match on its clip, shape (rows, columns)."""
    layout = found[match.layer]
    traced, _ = trace(
        ear.bundle.network, {match.layer: layout.layer}, heard.inputs[match.clip : match.clip + 1]
    )
    return layout.maps_of(traced[match.layer])[0, match.map]


def panels(ear: Ear, found: dict[str, Layout], heard: Heard, match: Match) -> dict[str, Tensor]:
    """Return what a match is compared by, each of shape (rows, columns), see `PANELS`."""
    place, kind = found[match.layer].place, KINDS[match.feature]
    clip = slice(match.clip, match.clip + 1)
    input = heard.laid_input(heard.x[clip], kind, place)
    feature = heard.feature_on(match.feature, place)[clip]
    map = heard.laid(map_on(ear, found, heard, match), kind, place)
    left = residual(feature, input)[0]
    return dict(zip(PANELS, (map, feature[0], left, input[0]), strict=True))


def picture_table(
    ear: Ear,
    found: dict[str, Layout],
    heard: Heard,
    matches: list[Match],
    corpus: Corpus,
    positions: np.ndarray,
) -> pd.DataFrame:
    """Return the panels of every match.

    Returns:
        Columns network, layer, depth, map, feature, rank, clip, panel, bands, frames, values
        (float32, row by row from the lowest band), r, raw, mean_r.
    """
    rows = []
    for match in matches:
        about = {"network": ear.network, "layer": match.layer, "depth": ear.depths[match.layer]}
        about |= {"map": match.map, "feature": match.feature, "rank": match.rank}
        about |= {"clip": corpus.clips[positions[match.clip]]}
        for panel, values in panels(ear, found, heard, match).items():
            bands, frames = values.shape
            flat = values.flatten().float().cpu().numpy()
            shown = {"panel": panel, "bands": bands, "frames": frames, "values": flat}
            rows.append({**about, **shown, "r": match.r, "raw": match.raw, "mean_r": match.mean_r})
    return pd.DataFrame(rows)
