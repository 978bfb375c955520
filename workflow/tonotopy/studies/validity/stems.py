"""The stem that an attribute's values are played by, and where it sounds in the network's input."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from tonotopy.corpora.hearing import resampled, waveforms_at
from tonotopy.frontends.stages import FrontEnd
from tonotopy.relevance.masks import ratio_masks, stacked_parts
from tonotopy.studies.validity.bench import Bench, DoesNotApply
from tonotopy.studies.validity.families import families

STEMS = {"lead": "lead", "rhythm": "drums", "bass": "bass", "pad": "pad", "piano": "piano"}


class Stemmed(NamedTuple):
    """The twins of a base with the attribute's stem apart.

    Attributes:
        base: name of the base.
        clips: waveforms of the twins in the order of the values, shape (values, samples).
        stems: the attribute's stem of each, same shape.
        parts: all parts of each, shape (values, parts, samples).
        own: position of the stem among the parts.
    """

    base: str
    clips: Tensor
    stems: Tensor
    parts: Tensor
    own: int


def stemmed(bench: Bench) -> Iterator[Stemmed]:
    """Yield the families of the corpus of parts, at the network's rate, on its device.

    Raises:
        DoesNotApply: no parts are kept, or the attribute is heard in no stem of its own.
    """
    attribute, corpus = bench.settings["attribute"], bench.parts
    if corpus is None:
        raise DoesNotApply("no corpus of twins with parts is named: set 'parts' in the entry")
    if attribute not in STEMS:
        raise DoesNotApply(f"{attribute} is heard in all stems, there is none of its own")
    rate, device = bench.bundle.rate, bench.bundle.device
    own = corpus.part_names.index(STEMS[attribute])
    for family in families(corpus):
        order = [family.values.index(value) for value in bench.values]
        positions = family.positions[order]
        stacked = stacked_parts(corpus.parts(positions), corpus.part_names)
        flat = resampled(stacked.flatten(0, 1).numpy(), corpus.rate, rate)
        parts = torch.from_numpy(flat).unflatten(0, stacked.shape[:2]).to(device)
        clips = torch.from_numpy(waveforms_at(corpus, positions, rate)).to(device)
        yield Stemmed(family.base, clips, parts[:, own], parts, own)


def mel_front_end(bench: Bench) -> FrontEnd:
    """Return the network's front end, whose features are a log-mel spectrogram.

    Raises:
        DoesNotApply: they are something else.
    """
    front_end = bench.bundle.front_end
    if front_end.scale is None:
        raise DoesNotApply(
            f"the network hears through a {type(front_end).__name__}, on which stems have no mask"
        )
    return front_end


@torch.no_grad()
def stem_masks(front_end: FrontEnd, found: Stemmed) -> Tensor:
    """Return the stem's share of the mel values of all parts, in [0, 1], on the features' grid.

    Args:
        front_end: see `mel_front_end`.
        found: the twins of a base.

    Returns:
        Shape (values, mels, frames); 0 where nothing is heard.
    """
    features = front_end.features(found.parts.flatten(0, 1))
    mels = front_end.scale.mel(features).unflatten(0, found.parts.shape[:2])
    return ratio_masks(mels)[:, found.own]


@torch.no_grad()
def without_stem(front_end: FrontEnd, found: Stemmed) -> Tensor:
    """Return the network's input with the stem's share taken from every mel value.

    Args:
        front_end: see `mel_front_end`.
        found: the twins of a base.
    """
    mels = front_end.scale.mel(front_end.features(found.clips))
    return front_end.finish(front_end.scale.log(mels * (1 - stem_masks(front_end, found))))


def on_grid(masks: Tensor, frames: int) -> np.ndarray:
    """Return masks (clips, mels, features' frames) on the grid of the network, cut or padded."""
    missing = frames - masks.shape[-1]  # negative: cut
    return torch.nn.functional.pad(masks, (0, missing)).cpu().numpy()
