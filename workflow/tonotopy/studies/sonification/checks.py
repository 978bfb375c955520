"""Known answers: lengths, the explicit deconvnet, and sonifications that move with their input."""

from typing import NamedTuple

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from tonotopy.corpora.schema import Corpus
from tonotopy.ears import Ear, waveforms
from tonotopy.sonification import explicit
from tonotopy.sonification.shifts import correlation, interiors, largest_difference
from tonotopy.studies.sonification.hearing import NOISE, Geometry, deconvnet
from tonotopy.studies.sonification.similarity import most_active

COMPARED = 4096  # samples of the shortest interior
SHOWN = 400  # samples of an excerpt


def layer_table(ear: Ear, places: dict[str, Geometry], samples: int = NOISE) -> pd.DataFrame:
    """Return a row for every layer: maps, stride and width_of_input (-1: most of a clip)."""
    waveform = torch.zeros(1, samples, device=ear.device)
    with deconvnet(ear).hear(waveform) as heard:
        return pd.DataFrame(
            {
                **ear.about(layer),
                "maps": heard.activations(layer).shape[2],
                "stride": place.stride,
                "width_of_input": place.reach,
            }
            for layer, place in places.items()
        )


def exactness_table(ear: Ear, corpus: Corpus, positions: np.ndarray) -> pd.DataFrame:
    """Return how far the product is from the explicit deconvnet, for the most active maps.

    Returns:
        Columns network, run, layer, depth, clip, group, length_error (samples) and explicit_error
        (largest difference over the largest value; nan where a layer's way is no plain chain).
    """
    sounds = waveforms(ear, corpus, positions)
    clips = {"clip": corpus.clips[positions], "group": corpus.groups[positions]}
    parts = []
    with deconvnet(ear).hear(sounds) as heard:
        for layer in ear.layers:
            maps = most_active(heard.activations(layer))
            sonified = heard.sonify(layer, maps[:, None])[:, 0].cpu()
            errors = {
                "length_error": abs(sonified.shape[1] - sounds.shape[1]),
                "explicit_error": _explicit_errors(ear, layer, sounds, maps, heard, sonified),
            }
            parts.append(pd.DataFrame({**ear.about(layer), **clips, **errors}))
    return pd.concat(parts, ignore_index=True)


@torch.no_grad()
def _explicit_errors(ear, layer, sounds, maps, heard, sonified) -> np.ndarray:
    unknown = np.full(len(sounds), np.nan)
    modules = explicit.chain(ear.bundle.network, ear.layers[layer].path)
    if modules is None:
        return unknown
    output, steps = explicit.forward(modules, sounds)
    vectors = output.flatten(2).transpose(1, 2)
    activations = heard.activations(layer)
    if vectors.shape != activations.shape or not torch.allclose(
        vectors, activations, atol=explicit.CLOSE
    ):
        return unknown  # the modules are not used in the order of their declaration
    single = torch.zeros_like(output)
    rows = torch.arange(len(output), device=output.device)
    single[rows, maps] = output[rows, maps]
    back = explicit.backward(single, steps).cpu()
    return largest_difference(back.numpy(), sonified.numpy())


class Shifts(NamedTuple):
    """What is seen of shifted clips: a row per layer, clip and offset, and stretches to look at."""

    table: pd.DataFrame
    excerpts: pd.DataFrame


def shifted(
    ear: Ear, corpus: Corpus, positions: np.ndarray, offsets: list[int], places: dict[str, Geometry]
) -> Shifts:
    """Return how sonifications move when their input does (thesis figure 5.1).

    Two windows of a clip are sonified, one ``offset`` samples later than the other, and compared
    over the samples that both hold, without what their ends may have changed. A clip that is too
    short repeats.

    Args:
        ear: the network.
        corpus: that is heard.
        positions: of the clips.
        offsets: in samples, from 1.
        places: of the layers; those that reach over most of a clip are left out.
    """
    layers = [name for name, place in places.items() if place.reach > 0]
    if not layers:
        return Shifts(pd.DataFrame(), pd.DataFrame())
    margin = max(places[name].reach for name in layers)
    window = 2 * margin + max(offsets) + COMPARED
    sounds = _repeated(waveforms(ear, corpus, positions), window + max(offsets))
    original = _most_active_sonifications(ear, sounds[:, :window], layers, None)
    clips = {"clip": corpus.clips[positions], "group": corpus.groups[positions]}
    rows, excerpts = [], []
    for offset in offsets:
        moved = _most_active_sonifications(
            ear, sounds[:, offset : offset + window], layers, original
        )
        for layer in layers:
            first, second = interiors(original[layer][0], moved[layer][0], offset, margin)
            stride = places[layer].stride
            compared = {
                "offset": offset,
                "stride": stride,
                "correlation": correlation(first, second),
                "error": largest_difference(first, second),
                "multiple": offset % stride == 0,
            }
            rows.append(pd.DataFrame({**ear.about(layer), **clips, **compared}))
            excerpts.append(_excerpt(ear, layer, offset, first[0], second[0]))
    return Shifts(pd.concat(rows, ignore_index=True), pd.concat(excerpts, ignore_index=True))


def _repeated(sounds: Tensor, samples: int) -> Tensor:
    """Return clips (clips, samples), repeated as often as it takes to a length."""
    return sounds.repeat(1, -(-samples // sounds.shape[1]))[:, :samples]


def _most_active_sonifications(
    ear: Ear, sounds: Tensor, layers: list[str], like: dict | None
) -> dict[str, tuple[np.ndarray, Tensor]]:
    """Return sonification and map of each layer: the most active one, or that of ``like``."""
    sonified = {}
    with deconvnet(ear).hear(sounds.contiguous()) as heard:
        for layer in layers:
            maps = most_active(heard.activations(layer)) if like is None else like[layer][1]
            sonified[layer] = (heard.sonify(layer, maps[:, None])[:, 0].cpu().numpy(), maps)
    return sonified


def _excerpt(ear: Ear, layer: str, offset: int, first: np.ndarray, second: np.ndarray):
    start = max(0, int(np.abs(first).argmax()) - SHOWN // 2)
    stretch = slice(start, start + SHOWN)
    largest = np.abs(first).max() or 1.0
    samples = np.arange(len(first[stretch]))
    return pd.DataFrame(
        {
            **ear.about(layer),
            "offset": offset,
            "sample": samples,
            "seconds": samples / ear.rate,
            "original": first[stretch] / largest,
            "shifted": second[stretch] / largest,
        }
    )
