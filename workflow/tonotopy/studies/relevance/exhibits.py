"""What the study found of clips, to be heard: the clip, its heatmaps' sounds, its known parts.

See `tonotopy.exhibiting`. Pictures are the network's input, overlays the positive relevance. There
is no track of what no component explains: components add up to the heatmap.
"""

from pathlib import Path

import numpy as np
import torch

from tonotopy.corpora.schema import Corpus
from tonotopy.exhibiting import Track, cells, exhibit, write_clip, write_index
from tonotopy.files import replacing
from tonotopy.frontends.log10_mel import Log10Mel
from tonotopy.frontends.rendering import Renderer
from tonotopy.frontends.ticks import ticks
from tonotopy.inference import activated
from tonotopy.relevance.rendering import render
from tonotopy.studies.relevance.decomposing import decompose, standard_heatmaps
from tonotopy.studies.relevance.explaining import (
    Batch,
    Subject,
    batches,
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
    network: str = "",
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
        network: what the network is called.
    """
    with replacing(path) as draft:
        draft.mkdir()
        entries = []
        for batch in batches(explained, corpus, positions):
            answers = _answers(explained, batch)
            seconds, _ = axes(explained, corpus, batch.inputs.shape[2])
            tracks = _tracks(explained, corpus, batch, fitted, key, objects)
            for clip, own in enumerate(tracks):
                folder = draft / str(len(entries))
                picture, rate = cells(batch.inputs[clip]), _rate(explained)
                listed = write_clip(folder, picture, own, rate, seconds)
                entries.append(
                    exhibit(
                        folder.name,
                        f"{corpus.clips[batch.positions[clip]]}, {batch.labels[clip]}",
                        listed,
                        seconds,
                        ticks(explained.bundle.front_end),
                        network,
                        batch.labels[clip],
                        {"group": corpus.groups[batch.positions[clip]], **answers[clip]},
                    )
                )
        note = f"Heatmaps of the clip's class, split into {key.components} components at layer "
        write_index(draft, about, entries, f"{note}{key.layer}.")


def _rate(explained: Subject) -> int:
    return explained.bundle.rate


@torch.no_grad()
def _answers(explained: Subject, batch: Batch) -> list[dict]:
    """Return the most probable class of each clip, and its probability among all outputs."""
    answers = activated(explained.bundle.network(batch.inputs), "softmax")
    values, best = answers[:, list(explained.outputs.values())].max(dim=1)
    return [
        {"predicted": explained.classes[number], "probability": float(value)}
        for number, value in zip(best, values, strict=True)
    ]


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
    names = ["standard heatmap", *(f"component {k + 1}" for k in range(components.shape[1]))]
    tracks = []
    for clip, sound in enumerate(sounds):
        own = [Track("original", sound)]
        for number, name in enumerate(names):
            heard = None if rendered is None else rendered[clip, number]
            heatmap = heatmaps[clip, number]
            facts = {"relevance": float(heatmap.double().sum())}
            kind = "component" if number else "map"
            own.append(Track(name, heard, heatmap=heatmap, kind=kind, facts=facts))
        for number, name in enumerate(objects or []):
            if parts[clip, number].any():
                own.append(Track(f"object: {name}", parts[clip, number], kind="part"))
        tracks.append(own)
    return tracks
