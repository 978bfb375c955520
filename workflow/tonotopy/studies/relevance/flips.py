"""Patch flipping: how much evidence components mark (score 2: section 4.2.3)."""

from collections.abc import Iterable

import numpy as np
import pandas as pd
import torch
from torch import Tensor, nn

from tonotopy.corpora.schema import Corpus
from tonotopy.relevance.composites import decreasing_gamma, uniform_gamma
from tonotopy.relevance.flipping import (
    AREAS,
    FILLS,
    ORDERS,
    RANDOM,
    Curves,
    Flipping,
    composite_curves,
    fill_value,
    flip,
)
from tonotopy.studies.relevance.decomposing import decompose, standard_heatmaps
from tonotopy.studies.relevance.explaining import (
    Batch,
    Subject,
    batches,
    clip_columns,
    explaining_engine,
)
from tonotopy.studies.relevance.fitting import Fitted, Key

CPU_ROWS, GPU_ROWS = 16, 256  # altered inputs in a forward pass
STANDARD = ("standard", 0, "", 1)  # method, draw, layer and components of a standard heatmap


def silence(explained: Subject, samples: int) -> float:
    """Return what the front end makes of silence: the mean of its output for a silent clip."""
    quiet = torch.zeros(1, samples, device=explained.device)
    return float(explained.bundle.front_end(quiet).mean())


def area_columns(curves: Curves) -> dict[str, np.ndarray]:
    """Return the area under each clip's curve in all conventions, see `Curves.aupc`."""
    return {area: curves.aupc(area) for area in AREAS}


def area_table(
    explained: Subject,
    corpus: Corpus,
    positions: np.ndarray,
    fitted: Fitted,
    keys: Iterable[Key],
    patch: int,
) -> pd.DataFrame:
    """Return areas under the curves of evidence, of standard heatmaps and of components.

    Components are flipped with zeros, most relevant patches first; standard heatmaps also with
    silence, and least relevant first.

    Returns:
        Columns method, draw, layer, components, fill, order, of `clip_columns`, and share, step
        and printed, see `Curves.aupc`.
    """
    keys, parts = list(keys), []
    rate = explained.bundle.rate
    samples = round(corpus.samples.shape[1] / corpus.rate * rate)
    values = {fill: fill_value(fill, silence(explained, samples)) for fill in FILLS}
    for batch in batches(explained, corpus, positions):
        about = clip_columns(corpus, batch.positions)
        standard = standard_heatmaps(explained, batch)
        for fill, value in values.items():
            flipping = _flipping(explained, patch, value)
            for order in ORDERS:
                curves = _flipped(explained, batch, standard, flipping, order)
                row = _about(*STANDARD, fill, order) | area_columns(curves)
                parts.append(about.assign(**row))
        for key, heatmaps in decompose(explained, batch, fitted, keys):
            curves = _flipped(explained, batch, heatmaps, _flipping(explained, patch), ORDERS[0])
            row = _about(*key[1:], FILLS[0], ORDERS[0]) | area_columns(curves)
            parts.append(about.assign(**row))
    return pd.concat(parts, ignore_index=True)


def _about(method: str, draw: int, layer: str, components: int, fill: str, order: str) -> dict:
    named = {"method": method, "draw": draw, "layer": layer, "components": components}
    return {**named, "fill": fill, "order": order}


def _flipping(explained: Subject, patch: int, fill: float = 0.0) -> Flipping:
    rows = CPU_ROWS if explained.device.type == "cpu" else GPU_ROWS
    return Flipping(patch, fill, rows)


def _flipped(
    explained: Subject, batch: Batch, heatmaps: Tensor, flipping: Flipping, order: str
) -> Curves:
    network = explained.bundle.network
    return flip(network, batch.inputs, heatmaps, batch.targets, flipping, order)


def exchange_table(
    explained: Subject,
    corpus: Corpus,
    positions: np.ndarray,
    fitted: Fitted,
    key: Key,
    classes: list[str],
    patch: int,
) -> pd.DataFrame:
    """Return by how much subspaces of every class lower the area (equation 4.5, figure 4.10).

    Args:
        explained: the network.
        corpus: that is explained.
        positions: of clips; those of other classes are left out.
        fitted: subspaces.
        key: which of them.
        classes: whose explanations are split, and whose subspaces split them.
        patch: side of a patch in cells.

    Returns:
        Columns of `clip_columns`, subspaces (the class they were fitted for), layer, components,
        and the area of the standard heatmap minus that of the components: share, step, printed.
    """
    numbers = [corpus.classes.index(name) for name in classes]
    positions = positions[np.isin(corpus.labels[positions], numbers)]
    flipping, parts = _flipping(explained, patch), []
    for batch in batches(explained, corpus, positions):
        about = clip_columns(corpus, batch.positions)
        about = about.assign(layer=key.layer, components=key.components)
        standard = standard_heatmaps(explained, batch)
        whole = area_columns(_flipped(explained, batch, standard, flipping, ORDERS[0]))
        for name in classes:
            others = np.full(len(about), name, dtype=object)
            ((_, heatmaps),) = decompose(explained, batch, fitted, [key], others)
            split = area_columns(_flipped(explained, batch, heatmaps, flipping, ORDERS[0]))
            gains = {area: whole[area] - split[area] for area in AREAS}
            parts.append(about.assign(subspaces=name, **gains))
    return pd.concat(parts, ignore_index=True)


def gamma_table(
    explained: Subject,
    corpus: Corpus,
    positions: np.ndarray,
    gammas: list[float],
    patch: int,
    seed: int,
) -> pd.DataFrame:
    """Return areas of standard heatmaps by gamma, uniform and decreasing (figure B.1).

    Returns:
        Columns kind (uniform, decreasing or random), gamma (missing for random), of
        `clip_columns`, share, step and printed.
    """
    network, flipping, parts = explained.bundle.network, _flipping(explained, patch), []
    convs = sum(isinstance(m, nn.Conv1d | nn.Conv2d) for m in network.modules())
    kinds = {"uniform": uniform_gamma, "decreasing": decreasing_gamma}
    named = {f"{kind} {gamma}": (kind, gamma) for kind in kinds for gamma in gammas}
    engines = {
        name: explaining_engine(explained.bundle, network, kinds[kind](gamma, convs), "auto")
        for name, (kind, gamma) in named.items()
    }
    about_of = named | {RANDOM: (RANDOM, np.nan)}
    for batch in batches(explained, corpus, positions):
        about = clip_columns(corpus, batch.positions)
        clips = about["clip"].tolist()
        curves = composite_curves(
            network, batch.inputs, batch.targets, engines, flipping, clips, seed
        )
        for name, curve in curves.items():
            kind, gamma = about_of[name]
            parts.append(about.assign(kind=kind, gamma=gamma, **area_columns(curve)))
    return pd.concat(parts, ignore_index=True)
