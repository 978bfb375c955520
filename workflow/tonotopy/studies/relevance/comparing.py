"""Heatmaps beside the parts of clips that are known: objects of a tone, stems of a band.

Of a clip's parts all own their share of the mel grid, noise and distractors too; those that are
objects of study are compared with.
"""

from collections.abc import Iterator

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from tonotopy.corpora.schema import Corpus
from tonotopy.frontends.rendering import Renderer
from tonotopy.relevance.disentanglement import ceiling_tables, clip_tables
from tonotopy.relevance.localisation import relevance_mass_accuracy, relevance_rank_accuracy
from tonotopy.relevance.masks import binary_masks, part_masks
from tonotopy.relevance.rendering import render
from tonotopy.relevance.separation import si_sdr
from tonotopy.relevance.stems import areas, lifts, logit_drops, muted
from tonotopy.studies.relevance.decomposing import decompose, standard_heatmaps
from tonotopy.studies.relevance.explaining import (
    Batch,
    Subject,
    batches,
    clip_columns,
    part_numbers,
    part_sounds,
    waveforms,
)
from tonotopy.studies.relevance.fitting import TRAINED, Fitted, Key


def masks_of(
    explained: Subject, corpus: Corpus, positions: np.ndarray, names: list[str]
) -> np.ndarray:
    """Return ratio masks of some of the parts of clips, (clips, parts, mels, frames).

    Args:
        explained: its front end has ``mel_power``.
        corpus: keeps parts.
        positions: of the clips.
        names: of the parts that are returned.

    Raises:
        InputError: see `explaining.part_sounds`.
    """
    wanted = part_numbers(corpus, names)
    sounds = part_sounds(explained, corpus, positions, corpus.part_names)
    return _masks(explained, sounds)[:, wanted]


def _masks(explained: Subject, sounds: Tensor) -> np.ndarray:
    """Return the masks of sounds (clips, parts, samples) that are all parts, in any order."""
    return part_masks(sounds, explained.bundle.front_end.mel_power).cpu().numpy()


def overlap_table(
    explained: Subject,
    corpus: Corpus,
    positions: np.ndarray,
    fitted: Fitted,
    keys: list[Key],
    objects: list[str],
) -> pd.DataFrame:
    """Return how components share out their positive relevance over objects.

    Args:
        explained: the network, or its untrained copy.
        corpus: that is explained.
        positions: of the clips.
        fitted: subspaces.
        keys: which of them.
        objects: names of parts.

    Returns:
        Columns of `Key` and `clip_columns`, component (1 to K), object, share; of the trained
        network also the method ``ceiling``: the objects' own masks taken for components.
    """
    parts = []
    for batch in batches(explained, corpus, positions):
        about = clip_columns(corpus, batch.positions)
        masks = masks_of(explained, corpus, batch.positions, objects)
        for key, heatmaps in decompose(explained, batch, fitted, keys):
            tables = clip_tables(heatmaps.cpu().numpy(), masks)
            parts.append(_long(about, tables, objects, key))
        if keys[0].copy == TRAINED:
            ceiling = Key(TRAINED, "ceiling", 0, "", len(objects))
            parts.append(_long(about, ceiling_tables(masks), objects, ceiling))
    return pd.concat(parts, ignore_index=True)


def _long(about: pd.DataFrame, tables: np.ndarray, objects: list[str], key: Key) -> pd.DataFrame:
    """Return tables (clips, components, objects) with a row for each cell."""
    clips, components, _ = tables.shape
    repeated = about.loc[about.index.repeat(components * len(objects))].reset_index(drop=True)
    return repeated.assign(
        **key._asdict(),
        component=np.tile(np.repeat(np.arange(1, components + 1), len(objects)), clips),
        object=np.tile(np.array(objects, dtype=object), clips * components),
        share=tables.ravel(),
    )


def localisation_table(explained: Subject, corpus: Corpus, positions: np.ndarray) -> pd.DataFrame:
    """Return where the standard heatmap lies among all parts, and what muting each does (score 3).

    Returns:
        Columns of `clip_columns`, part, area (of its ratio mask), mass, rank (accuracies of Arras
        and others), lift (octaves), drop (of the class's logit, the rest at the clip's peak).
    """
    names, rows = corpus.part_names, []
    for batch in batches(explained, corpus, positions):
        heatmaps = standard_heatmaps(explained, batch).cpu().numpy()
        sounds = part_sounds(explained, corpus, batch.positions, names)
        masks = _masks(explained, sounds)
        columns = {
            "area": areas(masks),
            "mass": relevance_mass_accuracy(heatmaps[:, None], masks)[:, 0],
            "rank": _rank_accuracy(heatmaps, masks),
            "lift": lifts(heatmaps, masks),
            "drop": _drops(explained, corpus, batch, sounds.cpu().numpy()),
        }
        about = clip_columns(corpus, batch.positions)
        repeated = about.loc[about.index.repeat(len(names))].reset_index(drop=True)
        part = np.tile(np.array(names, dtype=object), len(about))
        rows.append(repeated.assign(part=part, **{k: v.ravel() for k, v in columns.items()}))
    return pd.concat(rows, ignore_index=True)


def _rank_accuracy(heatmaps: np.ndarray, masks: np.ndarray) -> np.ndarray:
    binary = binary_masks(torch.from_numpy(masks)).numpy()
    return relevance_rank_accuracy(heatmaps[:, None], binary)[:, 0]


@torch.no_grad()
def _drops(explained: Subject, corpus: Corpus, batch: Batch, parts: np.ndarray) -> np.ndarray:
    """Return the drop of each clip's logit when one of its parts is muted, (clips, parts)."""
    sounds = waveforms(explained, corpus, batch.positions).cpu().numpy()
    network, front_end = explained.bundle.network, explained.bundle.front_end
    without = np.stack([muted(sounds, parts[:, part]) for part in range(parts.shape[1])], axis=1)
    heard = front_end(torch.from_numpy(without).flatten(0, 1).to(explained.device))
    answers = network(heard).unflatten(0, without.shape[:2]).cpu().numpy()
    return logit_drops(network(batch.inputs).cpu().numpy(), answers, batch.targets.cpu().numpy())


def rendering_table(
    explained: Subject,
    corpus: Corpus,
    positions: np.ndarray,
    fitted: Fitted,
    key: Key,
    objects: list[str],
) -> pd.DataFrame:
    """Return how near rendered components, and rendered masks of objects, come to the parts.

    Returns:
        Columns kind (oracle or component), of `clip_columns`, layer, components, sound (the
        object's name, or the component's number), part (objects first) and si_sdr in dB.
    """
    renderer = Renderer(explained.bundle.front_end)
    names = [*objects, *(name for name in corpus.part_names if name not in objects)]
    rows: list[pd.DataFrame] = []
    for batch in batches(explained, corpus, positions):
        about = clip_columns(corpus, batch.positions)
        about = about.assign(layer=key.layer, components=key.components)
        for kind, sounds, ratios in _rendered(
            explained, corpus, batch, fitted, key, objects, names, renderer
        ):
            table = _ratio_rows(about, sounds, names, ratios)
            rows.append(table.assign(kind=kind))
    return pd.concat(rows, ignore_index=True)


def _rendered(
    explained: Subject,
    corpus: Corpus,
    batch: Batch,
    fitted: Fitted,
    key: Key,
    objects: list[str],
    names: list[str],
    renderer: Renderer,
) -> Iterator[tuple[str, list[str], np.ndarray]]:
    """Yield the kind, names of sounds and SI-SDR (clips, sounds, parts) of a batch."""
    clips = waveforms(explained, corpus, batch.positions)
    parts = part_sounds(explained, corpus, batch.positions, names)
    masks = _masks(explained, parts)[:, : len(objects)]

    def ratios(heatmaps: Tensor) -> np.ndarray:
        return si_sdr(render(heatmaps, clips, renderer).cpu().numpy(), parts.cpu().numpy())

    yield "oracle", objects, ratios(torch.from_numpy(masks).to(clips))
    ((_, heatmaps),) = decompose(explained, batch, fitted, [key])
    numbers = [str(number) for number in range(1, key.components + 1)]
    yield "component", numbers, ratios(heatmaps)


def _ratio_rows(
    about: pd.DataFrame, sounds: list[str], parts: list[str], ratios: np.ndarray
) -> pd.DataFrame:
    clips = len(about)
    repeated = about.loc[about.index.repeat(len(sounds) * len(parts))].reset_index(drop=True)
    return repeated.assign(
        sound=np.tile(np.repeat(np.array(sounds, dtype=object), len(parts)), clips),
        part=np.tile(np.array(parts, dtype=object), clips * len(sounds)),
        si_sdr=ratios.ravel(),
    )
