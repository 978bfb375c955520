"""How sonifications of the most active maps resemble their inputs, layer by layer."""

import numpy as np
import pandas as pd
import torch

from tonotopy.corpora.schema import Corpus
from tonotopy.ears import Ear, even_batches, first_labels, waveforms
from tonotopy.sonification.deconvnet import scaled
from tonotopy.sonification.spectra import (
    flatness,
    high_share,
    mean_top_coherence,
    power_spectrum,
)
from tonotopy.studies.sonification.hearing import deconvnet


def most_active(activations: torch.Tensor) -> torch.Tensor:
    """Return the map with the largest mean of each clip: (clips, positions, maps) to (clips,)."""
    return activations.mean(dim=1).argmax(dim=1)


def similarity_table(
    ear: Ear, corpus: Corpus, positions: np.ndarray, segment: int, strongest: int
) -> pd.DataFrame:
    """Return a row for every layer and clip.

    Study 4, thesis section 6.3; spec of densities in section 5.3.1.

    Args:
        ear: the network.
        corpus: that is heard.
        positions: of the clips; two or more.
        segment: samples of a segment of Welch's method.
        strongest: frequencies that coherence is averaged over.

    Returns:
        Columns network, run, layer, depth, clip, group, label, map, coherence, null_coherence (of
        the input with the sonification of another clip), density (share of positive activations),
        live (share of maps with one), energy (of the sonification over the input's), high (share of
        its power in the upper half of the spectrum), flatness.
    """
    parts = []
    net = deconvnet(ear)
    for batch in even_batches(positions):
        sounds = waveforms(ear, corpus, batch)
        clips = {
            "clip": corpus.clips[batch],
            "group": corpus.groups[batch],
            "label": first_labels(corpus, batch),
        }
        with net.hear(sounds) as heard:
            for layer in ear.layers:
                activations = heard.activations(layer)
                maps = most_active(activations)
                sonified = scaled(heard.sonify(layer, maps[:, None])[:, 0], sounds)
                measured = {
                    "map": maps.cpu().numpy(),
                    **_activity(activations),
                    **_compared(sounds.cpu().numpy(), sonified.cpu().numpy(), segment, strongest),
                }
                parts.append(pd.DataFrame({**ear.about(layer), **clips, **measured}))
    return pd.concat(parts, ignore_index=True)


def _activity(activations: torch.Tensor) -> dict[str, np.ndarray]:
    positive = activations > 0
    return {
        "density": positive.double().mean(dim=(1, 2)).cpu().numpy(),
        "live": positive.any(dim=1).double().mean(dim=1).cpu().numpy(),
    }


def _compared(
    sounds: np.ndarray, sonified: np.ndarray, segment: int, strongest: int
) -> dict[str, np.ndarray]:
    spectrum = power_spectrum(sonified, segment)
    other = np.roll(sonified, 1, axis=0)
    energy = (sounds.astype(np.float64) ** 2).sum(axis=1)
    own = (sonified.astype(np.float64) ** 2).sum(axis=1)
    return {
        "coherence": mean_top_coherence(sounds, sonified, segment, strongest),
        "null_coherence": mean_top_coherence(sounds, other, segment, strongest),
        "energy": np.divide(own, energy, out=np.full(own.shape, np.nan), where=energy > 0),
        "high": high_share(spectrum),
        "flatness": flatness(spectrum),
    }
