"""An excerpt of a user's own sound, explained: its heatmap, and its components as sound."""

from functools import partial

import numpy as np
import torch

from tonotopy.corpora.schema import Corpus
from tonotopy.excerpts import Excerpt, Known, Show, Shown
from tonotopy.exhibiting import Track, cells
from tonotopy.frontends.log10_mel import Log10Mel
from tonotopy.frontends.rendering import Renderer
from tonotopy.frontends.spectrograms import width
from tonotopy.frontends.ticks import ticks
from tonotopy.networks.bundle import Bundle
from tonotopy.relevance.rendering import render
from tonotopy.studies.relevance.decomposing import decompose, standard_heatmaps
from tonotopy.studies.relevance.explaining import Batch, Subject, subject
from tonotopy.studies.relevance.fitting import Fitted, Key


def prepare(bundle: Bundle, known: Known) -> Show:
    """Return what explains excerpts by the subspaces that were fitted, see `excerpts`.

    Raises:
        InputError: network or subspaces do not fit the settings.
    """
    settings = dict(known.settings)
    shown = settings.pop("shown")
    explained = subject(bundle, Corpus(known.paths["corpus"]), **settings)
    fitted = Fitted(known.paths["subspaces"])
    rendered = isinstance(bundle.front_end, Log10Mel)
    renderer = Renderer(bundle.front_end) if rendered else None
    return partial(_show, explained, fitted, fitted.shown(**shown), renderer)


def _show(
    explained: Subject, fitted: Fitted, key: Key, renderer: Renderer | None, excerpt: Excerpt
) -> Shown:
    """Show the class that is most probable among those that can be explained."""
    front_end, sounds = explained.bundle.front_end, excerpt.sound[None]
    batch = _batch(explained, sounds)
    ((_, components),) = decompose(explained, batch, fitted, [key])
    heatmaps = torch.cat([standard_heatmaps(explained, batch)[:, None], components], dim=1)
    heard = [None] * heatmaps.shape[1]
    if renderer is not None:
        heard = list(render(heatmaps, sounds, renderer)[0])
    names = ["standard heatmap", *(f"component {k + 1}" for k in range(components.shape[1]))]
    tracks = [Track("original", sounds[0])]
    for number, heatmap in enumerate(heatmaps[0]):
        facts = {"relevance": float(heatmap.double().sum())}
        kind = "component" if number else "map"
        tracks.append(Track(names[number], heard[number], None, heatmap, kind, facts=facts))
    seconds = width(front_end, batch.inputs.shape[2], sounds.shape[1])
    facts = {"explained": batch.labels[0], "layer": key.layer, "components": key.components}
    return Shown(cells(batch.inputs[0]), tracks, ticks(front_end), seconds, facts=facts)


@torch.no_grad()
def _batch(explained: Subject, sounds: torch.Tensor) -> Batch:
    inputs = explained.bundle.front_end(sounds)
    outputs = list(explained.outputs.values())
    best = int(explained.bundle.network(inputs)[0, outputs].argmax())
    labels = np.array([explained.classes[best]], dtype=object)
    targets = torch.tensor([outputs[best]], device=inputs.device)
    return Batch(np.array([0]), labels, targets, inputs)
