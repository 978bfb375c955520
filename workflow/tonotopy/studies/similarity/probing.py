"""Table of study 5's probes: features told from layers of networks, and from their input."""

from typing import NamedTuple

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from tonotopy.corpora.schema import Corpus
from tonotopy.ears import Ear
from tonotopy.seeding import generator
from tonotopy.similarity.grids import Layout
from tonotopy.similarity.probes import chosen_columns, clip_folds, held_out
from tonotopy.studies.similarity.comparing import maps_by_batch
from tonotopy.studies.similarity.copies import INPUT, Copy
from tonotopy.studies.similarity.hearing import Heard

CHROMA = "chroma"
CURVES = ("loudness", "onsets")
SCALARS = ("onset_rate", "level")
SOURCE = "chroma_stft"  # the feature that target `chroma` is


class Probe(NamedTuple):
    """What all probes of an instance share.

    Attributes:
        corpus: that is heard.
        positions: of the clips.
        folds: of the clips.
        seed: of the run.
    """

    corpus: Corpus
    positions: np.ndarray
    folds: np.ndarray
    seed: int


def probe_of(corpus: Corpus, positions: np.ndarray, number: int, seed: int) -> Probe:
    """Return the probe of clips with so many folds, see `probes.clip_folds`."""
    rng = generator(seed, "similarity", corpus.name, "folds")
    return Probe(corpus, positions, clip_folds(corpus.groups[positions], number, rng), seed)


class Predictors(NamedTuple):
    """A layer of all clips, as probes take it.

    Attributes:
        columns: rows x maps of some columns of every clip, (clips, columns, width).
        curves: maps averaged over rows, (clips, columns, maps).
        clips: maps averaged over the grid, (clips, maps).
        chosen: columns of every clip, (clips, columns).
    """

    columns: Tensor
    curves: Tensor
    clips: Tensor
    chosen: np.ndarray


def layer_predictors(maps: Tensor, chosen: np.ndarray) -> Predictors:
    """Return a layer's predictors of maps (clips, maps, rows, columns) at chosen columns."""
    at = torch.from_numpy(chosen).to(maps.device)
    index = at[:, None, None].expand(-1, *maps.shape[1:3], -1)
    picked = maps.gather(3, index)
    columns = picked.flatten(1, 2).transpose(1, 2)
    return Predictors(columns, picked.mean(dim=2).transpose(1, 2), maps.mean(dim=(2, 3)), chosen)


def input_predictors(input: Tensor, chosen: np.ndarray) -> Predictors:
    """Return predictors of the input, (clips, 1, rows, columns): all that it has of a column.

    Of a clip they are mean and standard deviation of every row over time: one number, the mean over
    the grid, would stand beside as many as a layer has maps.
    """
    whole = layer_predictors(input, chosen)
    rows = input[:, 0]
    spread = rows.std(dim=2, unbiased=False)
    return whole._replace(curves=whole.columns, clips=torch.cat([rows.mean(dim=2), spread], dim=1))


def probe_table(
    ear: Ear, copy: Copy, found: dict[str, Layout], heard: Heard, probe: Probe
) -> pd.DataFrame:
    """Return how well every feature is told from the layers of a network.

    Returns:
        Columns network, copy, run, layer, depth, target, clip, group, error (squares summed over
        held-out values), total (the same about the mean of the values that were fitted to), values
        (their number).
    """
    kept: dict[str, list[Predictors]] = {name: [] for name in found}
    columns = {name: _columns(own, heard, probe) for name, own in found.items()}
    for batch, maps in maps_by_batch(copy.bundle, found, heard.inputs):
        for name, values in maps.items():
            own = heard.meeting(found[name].place).maps(values)
            kept[name].append(layer_predictors(own, columns[name][batch]))
    parts = []
    for name, pieces in kept.items():
        whole = Predictors(
            *(torch.cat(own) for own in list(zip(*pieces, strict=True))[:3]), columns[name]
        )
        about = {"network": ear.network, "copy": copy.name, "run": copy.run, "layer": name}
        rows = _layer_rows(whole, found[name], heard, probe)
        parts.append(rows.assign(**about, depth=ear.depths[name]))
    return pd.concat(parts, ignore_index=True)


def input_probe_table(
    ear: Ear, found: dict[str, Layout], heard: Heard, probe: Probe
) -> pd.DataFrame:
    """Return the same of the input, averaged to the grid of every layer, see `probe_table`."""
    parts = []
    for name, own in found.items():
        columns = _columns(own, heard, probe)
        predictors = input_predictors(heard.input_rows(own.place)[:, None], columns)
        about = {"network": ear.network, "copy": INPUT, "run": ear.run, "layer": name}
        rows = _layer_rows(predictors, own, heard, probe)
        parts.append(rows.assign(**about, depth=ear.depths[name]))
    return pd.concat(parts, ignore_index=True)


def _columns(layout: Layout, heard: Heard, probe: Probe) -> np.ndarray:
    """Return the columns of every clip that probes of a layer's grid are fitted to."""
    number = heard.meeting(layout.place).shape[1]
    rng = generator(probe.seed, "similarity", "columns", number)
    return chosen_columns(len(probe.positions), number, rng)


def _layer_rows(whole: Predictors, layout: Layout, heard: Heard, probe: Probe) -> pd.DataFrame:
    clips, chosen = len(probe.positions), whole.chosen.shape[1]
    cells = heard.meeting(layout.place)
    at = torch.from_numpy(whole.chosen).to(heard.x.device)

    def curve(name: str) -> Tensor:
        values = cells.curves(heard.values[name])
        index = at[:, None].expand(-1, values.shape[1], -1)
        return values.gather(2, index).transpose(1, 2).flatten(0, 1)

    asked = [(CHROMA, whole.columns.flatten(0, 1), curve(SOURCE))]
    asked += [(name, whole.curves.flatten(0, 1), curve(name)) for name in CURVES]
    asked += [(name, whole.clips, _scalar(heard, name)) for name in SCALARS]
    parts = []
    for target, predictors, values in asked:
        of_clip = np.repeat(np.arange(clips), len(values) // clips)
        held = held_out(predictors, values, probe.folds[of_clip])
        wrong, total = (
            (guess - values.double()).square().sum(dim=1).cpu().numpy()
            for guess in (held.predicted, held.mean)
        )
        parts.append(
            pd.DataFrame(
                {
                    "target": target,
                    "clip": probe.corpus.clips[probe.positions],
                    "group": probe.corpus.groups[probe.positions],
                    "error": np.bincount(of_clip, wrong),
                    "total": np.bincount(of_clip, total),
                    "values": values.shape[1]
                    * (chosen if len(values) > clips else len(values) // clips),
                }
            )
        )
    return pd.concat(parts, ignore_index=True)


def _scalar(heard: Heard, name: str) -> Tensor:
    return torch.from_numpy(heard.scalars[name]).to(heard.x.device)[:, None]
