"""Where each part of a clip sounds on the network's mel grid: ratio masks as soft supports.

A power ideal-ratio mask (IRM) is a part's share of the mel power of all parts:

    IRM_o = P_o / (sum_o' P_o' + floor)

It lies in [0, 1]. Where something is heard the masks of all parts sum to 1, and where nothing is
they are 0, so that silence belongs to no part.
"""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import torch
from torch import Tensor

from tonotopy.errors import InputError, nearest

FLOOR = 1e-7  # mel power; study 3's front end adds as much before its logarithm
CLIPS = 16  # whose parts are transformed at once


def ratio_masks(powers: Tensor, floor: float = FLOOR) -> Tensor:
    """Return power ideal-ratio masks.

    Args:
        powers: mel power of every part, not negative, shape (clips, parts, mels, frames).
        floor: power added to the sum of the parts, above 0.

    Returns:
        Shape (clips, parts, mels, frames), in [0, 1]; a part that is silent is 0 everywhere.

    Raises:
        InputError: the floor is not above 0, or a power is negative or not finite.
    """
    if floor <= 0:
        raise InputError(f"floor: expected a power above 0, not {floor:g}")
    valid = (powers >= 0) & torch.isfinite(powers)
    if not valid.all():
        clip = int((~valid).nonzero()[0, 0])
        raise InputError(
            f"clip {clip}: mel power must be finite and at least 0; hand in powers, no logarithms"
        )
    return powers / (powers.sum(dim=1, keepdim=True) + floor)


def stacked_parts(parts: Sequence[Mapping[str, np.ndarray]], names: Sequence[str]) -> Tensor:
    """Return the parts of clips as one tensor, silent where a clip lacks a part.

    Args:
        parts: of each clip, waveforms by name, all of one shape (samples,).
        names: the parts in the order of the result.

    Returns:
        float32, shape (clips, parts, samples).

    Raises:
        InputError: a clip has no parts, one of an unknown name, or one of another length.
    """
    if not parts or not all(parts):
        raise InputError("a clip has no parts: masks need a corpus that keeps them")
    samples = len(next(iter(parts[0].values())))
    stacked = torch.zeros(len(parts), len(names), samples)
    for clip, waveforms in enumerate(parts):
        for name, waveform in waveforms.items():
            if name not in names:
                raise InputError(f"clip {clip}: no part '{name}'{nearest(name, names)}")
            if waveform.shape != (samples,):
                raise InputError(
                    f"clip {clip}: part '{name}' has shape {waveform.shape}, expected ({samples},)"
                )
            stacked[clip, names.index(name)] = torch.as_tensor(waveform)
    return stacked


@torch.no_grad()
def part_masks(
    waveforms: Tensor, mel_power: Callable[[Tensor], Tensor], floor: float = FLOOR
) -> Tensor:
    """Return the ratio masks of clips' parts.

    All parts of a clip belong in here, noise and distractors too, as they own their share of the
    grid; those that are no objects of study are left out of the result, by indexing, afterwards.

    Args:
        waveforms: shape (clips, parts, samples), see `stacked_parts`.
        mel_power: the front end's function from waveforms (clips, samples) to mel power
            (clips, mels, frames) on the grid that the network is given.
        floor: see `ratio_masks`.

    Returns:
        Shape (clips, parts, mels, frames), in [0, 1].

    Raises:
        InputError: see `ratio_masks`.
    """
    rows = waveforms.flatten(0, 1)
    powers = torch.cat([mel_power(part) for part in rows.split(CLIPS * waveforms.shape[1])])
    return ratio_masks(powers.unflatten(0, waveforms.shape[:2]), floor)


def binary_masks(masks: Tensor, threshold: float = 0.5) -> Tensor:
    """Return where a part has more than a share of the power: ideal binary masks, bool.

    Args:
        masks: ratio masks, any shape.
        threshold: share, 0 to 1; at 0.5 and above parts do not overlap.

    Raises:
        InputError: the threshold is not from 0 to 1.
    """
    if not 0 <= threshold <= 1:
        raise InputError(f"threshold: expected a share from 0 to 1, not {threshold:g}")
    return masks > threshold
