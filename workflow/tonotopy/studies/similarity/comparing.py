"""Tables of study 5: every map beside every feature."""

from collections.abc import Callable, Iterator

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from tonotopy.corpora.schema import Corpus
from tonotopy.ears import Ear, even_batches, first_labels
from tonotopy.errors import InputError
from tonotopy.inference import prediction_table
from tonotopy.networks.bundle import Bundle
from tonotopy.networks.tracing import trace
from tonotopy.similarity.grids import Layout
from tonotopy.similarity.measure import FEWEST_CELLS, similarities, unit
from tonotopy.similarity.null import Null, permutation_null
from tonotopy.similarity.places import Place
from tonotopy.studies.similarity.copies import INPUT
from tonotopy.studies.similarity.hearing import Beside, Heard

ANSWERED = ["network", "copy", "run", "clip", "group", "label", "predicted"]


def clip_table(corpus: Corpus, positions: np.ndarray) -> pd.DataFrame:
    """Return the clips of all lists: number (order), clip, group, label."""
    return pd.DataFrame(
        {
            "number": np.arange(len(positions)),
            "clip": corpus.clips[positions],
            "group": corpus.groups[positions],
            "label": first_labels(corpus, positions),
        }
    )


def layer_table(ear: Ear, found: dict[str, Layout], heard: Heard) -> pd.DataFrame:
    """Return where the maps of every layer lie.

    Returns:
        Columns network, layer, depth, maps, rows, columns, input_rows (of the input that probes
        stand beside), first_s and step_s (time of the first column, and from one to the next; nan
        where the grid covers the input evenly).
    """
    rows = []
    for name, own in found.items():
        first, step = own.times[:2] if own.times else (np.nan, np.nan)
        seen = heard.input_rows(own.place).shape[1]
        times = (first / ear.rate, step / ear.rate)
        rows.append((ear.network, name, ear.depths[name], own.maps, *own.grid, seen, *times))
    names = ["network", "layer", "depth", "maps", "rows", "columns", "input_rows"]
    return pd.DataFrame(rows, columns=[*names, "first_s", "step_s"])


def units_of(groups: np.ndarray) -> tuple[np.ndarray, str]:
    """Return the exchangeable unit of every clip, from 0, and what units are: group or clip."""
    names, units = np.unique(groups.astype(str), return_inverse=True)
    if len(names) < len(groups):
        return units, "group"
    return np.arange(len(groups)), "clip"


@torch.no_grad()
def maps_by_batch(
    bundle: Bundle, found: dict[str, Layout], inputs: Tensor
) -> Iterator[tuple[np.ndarray, dict[str, Tensor]]]:
    """Yield clips of a batch and the maps of all layers, (clips, maps, rows, columns)."""
    layers = {name: own.layer for name, own in found.items()}
    for batch in even_batches(np.arange(len(inputs))):
        traced, _ = trace(bundle.network, layers, inputs[torch.from_numpy(batch)])
        yield batch, {name: found[name].maps_of(values) for name, values in traced.items()}


class Comparison:
    """Maps of a layer beside the features of one kind, grown batch by batch.

    Args:
        beside: the features on the layer's grid.
        maps: their number.
        units: of every clip, see `units_of`.
    """

    def __init__(self, beside: Beside, maps: int, units: np.ndarray):
        self._beside, self._units = beside, torch.from_numpy(units)
        features, clips, cells = beside.left.shape
        self.r, self.raw = (np.zeros((maps, features, clips), np.float32) for _ in range(2))
        self._counts = torch.bincount(self._units).to(beside.left)
        sums = beside.left.new_zeros(features, len(self._counts), cells)
        where = self._units.to(sums.device)
        others = sums.index_add(1, where, beside.left) / self._counts[:, None]
        self._others = others.flatten(0, 1)  # of every unit the mean of its clips' features
        self._sums = sums.new_zeros(maps, len(self._counts), features * len(self._counts))

    def add(self, batch: np.ndarray, maps: Tensor) -> None:
        """Compare maps of some clips, laid as features are: (clips, maps, rows, columns)."""
        cells = unit(maps).flatten(2)
        at = torch.from_numpy(batch)
        for values, features in ((self.r, self._beside.left), (self.raw, self._beside.raw)):
            own = torch.einsum("bmp,fbp->mfb", cells, features[:, at])
            values[:, :, batch] = own.cpu().numpy()
        found = similarities(cells, self._others)
        self._sums.index_add_(1, self._units[at].to(found.device), found)

    def null(self) -> Null:
        """Return the null of every map and feature, see `null.permutation_null`."""
        units = len(self._counts)
        means = (self._sums / self._counts[:, None]).unflatten(2, (-1, units))
        return permutation_null(means.transpose(1, 2).cpu().numpy())


def similarity_table(
    ear: Ear,
    copy: str,
    run: int,
    batches: Iterator[tuple[np.ndarray, dict[str, Tensor]]],
    found: dict[str, Layout],
    heard: Heard,
    groups: np.ndarray,
    lay: Callable[[Tensor, str, Place], Tensor] | None = None,
) -> pd.DataFrame:
    """Return how every map of a network matches every feature.

    Args:
        ear: the trained network, which names the rows.
        copy: see `copies`.
        run: number of the training or of the random copy.
        batches: see `maps_by_batch`.
        found: where the values of its layers lie.
        heard: features of the clips that it heard.
        groups: of the clips.
        lay: how maps are laid as features are compared with them, `Heard.laid` if None.

    Returns:
        Columns network, copy, run, layer, depth, map, feature, kind, r, raw (lists of float32, one
        for each clip), null_mean, null_sd, z, p, units.

    Raises:
        InputError: no feature is compared with any layer.
    """
    (units, what), lay = units_of(groups), lay or heard.laid
    compared: dict[tuple[str, str], Comparison] = {}
    for batch, maps in batches:
        for layer, values in maps.items():
            for kind in ("spectrum", "chroma", "curve"):
                beside = heard.beside(kind, found[layer].place)
                if beside is None:
                    continue
                if (layer, kind) not in compared:
                    compared[layer, kind] = Comparison(beside, values.shape[1], units)
                compared[layer, kind].add(batch, lay(values, kind, found[layer].place))
    parts = []
    for (layer, kind), comparison in compared.items():
        about = {"network": ear.network, "copy": copy, "run": run, "layer": layer}
        about |= {"depth": ear.depths[layer], "kind": kind, "units": what}
        names = heard.beside(kind, found[layer].place).names
        parts.append(_rows(comparison, names).assign(**about))
    if not parts:
        raise InputError(
            f"network '{ear.network}': the maps of all its layers have fewer than {FEWEST_CELLS} "
            "cells on a clip, too few to compare: take longer clips or earlier layers"
        )
    return pd.concat(parts, ignore_index=True)


def _rows(comparison: Comparison, names: list[str]) -> pd.DataFrame:
    maps, features, _ = comparison.r.shape
    null = comparison.null()
    return pd.DataFrame(
        {
            "map": np.repeat(np.arange(maps), features),
            "feature": names * maps,
            "r": list(comparison.r.reshape(maps * features, -1)),
            "raw": list(comparison.raw.reshape(maps * features, -1)),
            "null_mean": null.mean.ravel(),
            "null_sd": null.sd.ravel(),
            "z": null.z.ravel(),
            "p": null.p.ravel(),
        }
    )


def input_table(
    ear: Ear, found: dict[str, Layout], heard: Heard, groups: np.ndarray
) -> pd.DataFrame:
    """Return how the input, averaged to layers' grids, matches; see `similarity_table`."""
    whole = np.arange(len(heard.x))
    batches = iter([(whole, dict.fromkeys(found, heard.x[:, None]))])
    about = (ear, INPUT, ear.run)
    return similarity_table(*about, batches, found, heard, groups, heard.laid_input)


def answer_table(ear: Ear, copy: str, bundle: Bundle, corpora: list[Corpus]) -> pd.DataFrame:
    """Return what a network answers of the test split of the corpus that has its classes.

    Args:
        ear: the trained network, which names the rows.
        copy: trained or unheard.
        bundle: with its own front end.
        corpora: the first whose classes it knows is answered; where there is none, or clips have
            several labels, there are no rows.

    Returns:
        Columns `ANSWERED`.
    """
    for corpus in corpora:
        known = bundle.classes and set(corpus.classes) <= set(bundle.classes)
        if corpus.tags or not known or not len(corpus.indices("test")):
            continue
        answers = prediction_table(bundle, corpus, "test", "test")
        about = {"network": ear.network, "copy": copy, "run": ear.run}
        about["group"] = corpus.groups[corpus.indices("test")]
        return answers.assign(**about)[ANSWERED]
    return pd.DataFrame(columns=ANSWERED)
