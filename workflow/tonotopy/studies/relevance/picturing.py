"""Heatmaps of a few clips, drawn by the seed, for figures to show (4.1 to 4.8, C.1 to C.8)."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import pandas as pd
from torch import Tensor

from tonotopy.corpora.schema import Corpus
from tonotopy.frontends.spectrograms import width
from tonotopy.studies.relevance.decomposing import decompose, standard_heatmaps
from tonotopy.studies.relevance.explaining import Subject, batches, chosen_clips, part_sounds
from tonotopy.studies.relevance.fitting import TRAINED, Fitted, Key

FEW_CLASSES = 4  # up to which two clips of a class are shown


class Plan(NamedTuple):
    """A set of pictures.

    Attributes:
        name: of the set.
        positions: of the clips.
        keys: subspaces that their heatmaps are split by.
        classes: whose subspaces these are, None for each clip's own.
    """

    name: str
    positions: np.ndarray
    keys: list[Key]
    classes: str | None = None


def plans(
    corpus: Corpus,
    fitted: Fitted,
    layer: str,
    components: int,
    exchanged: list[str] | None,
    seed: int,
) -> list[Plan]:
    """Return what is shown: clips are drawn by the seed, not chosen.

    Args:
        corpus: that is explained.
        fitted: subspaces.
        layer: that is shown.
        components: K that is shown.
        exchanged: classes; clips of the first are split by subspaces of the last, if given.
        seed: of the run.
    """
    many = len(corpus.classes) > FEW_CLASSES
    clips = chosen_clips(corpus, "test", 1 if many else 2, seed)
    one = chosen_clips(corpus, "test", 1, seed)
    drsa = fitted.keys(copy=TRAINED, method="drsa")
    shown = [fitted.shown(layer, components)]
    random = shown[0]._replace(method="random")
    sets = [Plan("own", clips, shown), Plan("random", clips, [random])]
    if exchanged:
        first = corpus.labels[one] == corpus.classes.index(exchanged[0])
        sets.append(Plan("exchanged", one[first], shown, exchanged[-1]))
    layers = [key for key in drsa if key.components == components]
    numbers = [key for key in drsa if key.layer == layer]
    if len(layers) > 1:
        sets.append(Plan("layers", one[-1:], layers))
    if len(numbers) > 1:
        sets.append(Plan("numbers", one[-1:], numbers))
    return sets


def example_table(
    explained: Subject,
    corpus: Corpus,
    fitted: Fitted,
    sets: list[Plan],
    objects: list[str] | None,
) -> pd.DataFrame:
    """Return the pictures of all sets.

    Args:
        explained: the network.
        corpus: that is explained.
        fitted: subspaces.
        sets: see `plans`.
        objects: parts of the clips that are shown beside the set ``own``, or None.

    Returns:
        Columns set, label, subspaces (the class that they are of), clip, layer, components, panel
        (input, standard, component 1 ..., object: name), relevance (sum of a heatmap, else nan),
        mels, frames, values (float32, row-major from the lowest mel band), seconds and high_hz.
    """
    rows = [row for plan in sets for row in _rows(explained, corpus, fitted, plan)]
    if objects:
        rows += _object_rows(explained, corpus, sets[0], objects)
    table = pd.DataFrame(rows)
    seconds, high_hz = axes(explained, corpus, int(table["frames"].iloc[0]))
    return table.assign(seconds=seconds, high_hz=high_hz)


def axes(explained: Subject, corpus: Corpus, frames: int) -> tuple[float, float]:
    """Return the length in s and the highest frequency in Hz of the network's input."""
    front_end = explained.bundle.front_end
    settings = front_end.settings
    samples = corpus.samples.shape[1] / corpus.rate * settings.rate
    return width(front_end, frames, samples), getattr(settings, "high_hz", settings.rate / 2)


def _rows(explained: Subject, corpus: Corpus, fitted: Fitted, plan: Plan) -> Iterator[dict]:
    for batch in batches(explained, corpus, plan.positions):
        own = batch.labels
        classes = own if plan.classes is None else np.full(len(own), plan.classes, dtype=object)
        standard = standard_heatmaps(explained, batch)
        for key, heatmaps in decompose(explained, batch, fitted, plan.keys, classes):
            for clip, position in enumerate(batch.positions):
                about = {
                    "set": plan.name,
                    "label": own[clip],
                    "subspaces": classes[clip],
                    "clip": corpus.clips[position],
                    "layer": key.layer,
                    "components": key.components,
                }
                yield {**about, **_panel("input", batch.inputs[clip], total=False)}
                yield {**about, **_panel("standard", standard[clip])}
                for number, heatmap in enumerate(heatmaps[clip], start=1):
                    yield {**about, **_panel(f"component {number}", heatmap)}


def _object_rows(explained: Subject, corpus: Corpus, plan: Plan, objects: list[str]) -> list[dict]:
    front_end, key = explained.bundle.front_end, plan.keys[0]
    sounds = part_sounds(explained, corpus, plan.positions, objects)
    rows = []
    for position, parts in zip(plan.positions, sounds, strict=True):
        label = corpus.classes[corpus.labels[position]]
        about = {"set": plan.name, "label": label, "subspaces": label}
        about |= {"layer": key.layer, "components": key.components, "clip": corpus.clips[position]}
        for name, heard in zip(objects, front_end(parts), strict=True):
            rows.append({**about, **_panel(f"object: {name}", heard, total=False)})
    return rows


def _panel(name: str, values: Tensor, total: bool = True) -> dict:
    values = values.detach().float().cpu()
    return {
        "panel": name,
        "relevance": float(values.double().sum()) if total else np.nan,
        "mels": values.shape[0],
        "frames": values.shape[1],
        "values": values.flatten().numpy(),
    }
