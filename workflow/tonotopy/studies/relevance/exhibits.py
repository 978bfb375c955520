"""What the study found of clips, to be heard: the clip, its heatmaps' sounds, its known parts.

A folder holds ``exhibits.json`` and a folder for each clip with a WAV file (16 bits) per track and
PNG pictures: the network's input in grey, and for each heatmap an overlay whose opacity is its
positive relevance. All tracks of a clip are equally loud. Files are named by number and kind alone.
"""

from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from tonotopy.corpora.schema import Corpus
from tonotopy.exhibiting import INDEX, Track, cells, write_clip
from tonotopy.files import replacing, write_json
from tonotopy.frontends.log10_mel import Log10Mel
from tonotopy.frontends.rendering import Renderer
from tonotopy.relevance.rendering import render
from tonotopy.studies.relevance.decomposing import decompose, standard_heatmaps
from tonotopy.studies.relevance.explaining import (
    Batch,
    Subject,
    batches,
    clip_columns,
    part_sounds,
    waveforms,
)
from tonotopy.studies.relevance.fitting import Fitted, Key
from tonotopy.studies.relevance.picturing import axes


def write_exhibits(
    path: str | Path,
    explained: Subject,
    corpus: Corpus,
    positions: np.ndarray,
    fitted: Fitted,
    key: Key,
    objects: list[str] | None,
    about: dict,
) -> None:
    """Write the exhibits of clips, the whole folder or nothing.

    Args:
        path: of the folder.
        explained: the network.
        corpus: that is explained.
        positions: of the clips.
        fitted: subspaces.
        key: which of them split the heatmaps.
        objects: names of the parts that are shown beside them, or None.
        about: what the index says of all exhibits: study, instance, scale.
    """
    with replacing(path) as draft:
        draft.mkdir()
        entries = []
        for batch in batches(explained, corpus, positions):
            columns = clip_columns(corpus, batch.positions)
            predicted = _predicted(explained, batch)
            tracks = _tracks(explained, corpus, batch, fitted, key, objects)
            for clip, own in enumerate(tracks):
                folder = draft / str(len(entries))
                listed = write_clip(folder, cells(batch.inputs[clip]), own, _rate(explained))
                facts = {**columns.iloc[clip].to_dict(), "predicted": predicted[clip]}
                entries.append({"folder": folder.name, **facts, "tracks": listed})
        shown = {"layer": key.layer, "components": key.components}
        extent = axes(explained, corpus, batch.inputs.shape[2])
        scale = dict(zip(("seconds", "high_hz"), extent, strict=True))
        write_json(draft / INDEX, {**about, **shown, **scale, "exhibits": entries})


def _rate(explained: Subject) -> int:
    return explained.bundle.front_end.settings.rate


@torch.no_grad()
def _predicted(explained: Subject, batch: Batch) -> list[str]:
    answers = explained.bundle.network(batch.inputs)[:, list(explained.outputs.values())]
    return [explained.classes[i] for i in answers.argmax(dim=1)]


def _tracks(
    explained: Subject,
    corpus: Corpus,
    batch: Batch,
    fitted: Fitted,
    key: Key,
    objects: list[str] | None,
) -> list[list[Track]]:
    """Return the tracks of each clip of a batch."""
    sounds = waveforms(explained, corpus, batch.positions)
    ((_, components),) = decompose(explained, batch, fitted, [key])
    standard = standard_heatmaps(explained, batch)[:, None]
    heatmaps = torch.cat([standard, components], dim=1)
    rendered = None
    if isinstance(explained.bundle.front_end, Log10Mel):
        rendered = render(heatmaps, sounds, Renderer(explained.bundle.front_end))
    parts = part_sounds(explained, corpus, batch.positions, objects) if objects else None
    names = ["standard", *(f"component {k + 1}" for k in range(components.shape[1]))]
    tracks = []
    for clip, sound in enumerate(sounds):
        own = [Track("original", sound, facts=_facts())]
        for number, name in enumerate(names):
            heard = None if rendered is None else rendered[clip, number]
            heatmap = heatmaps[clip, number]
            own.append(Track(name, heard, heatmap=heatmap, facts=_facts(heatmap)))
        for number, name in enumerate(objects or []):
            if parts[clip, number].any():
                own.append(Track(f"object: {name}", parts[clip, number], facts=_facts()))
        tracks.append(own)
    return tracks


def _facts(heatmap: Tensor | None = None) -> dict:
    """Return what the index says of a heatmap: its sum."""
    return {"relevance": None if heatmap is None else float(heatmap.double().sum())}
