"""Transforms of the network's input where it is a spectrogram: shape (clips, mels, frames)."""

import torch

from tonotopy.training.augmentation.declared import Mask
from tonotopy.training.augmentation.draws import drawn, uniform
from tonotopy.training.clips import Clips


def mask_pitch(clips: Clips, settings: Mask, rng: torch.Generator) -> Clips:
    """Hide a run of mel bands of some clips behind 0, the training mean (thesis table 3.2)."""
    return _mask(clips, settings, rng, axis=1)


def mask_time(clips: Clips, settings: Mask, rng: torch.Generator) -> Clips:
    """Hide a run of frames of some clips behind 0, the training mean (thesis table 3.2)."""
    return _mask(clips, settings, rng, axis=2)


def _mask(clips: Clips, settings: Mask, rng: torch.Generator, axis: int) -> Clips:
    spectrograms = clips.sounds
    size, applied = drawn(settings, clips.share, rng)
    length = spectrograms.shape[axis]
    size = size.round().clamp(max=length) * applied
    start = (uniform(clips.share, rng) * (length - size + 1)).floor()
    position = torch.arange(length)
    hidden = (position >= start[:, None]) & (position < (start + size)[:, None])
    hidden = hidden[:, :, None] if axis == 1 else hidden[:, None, :]
    masked = spectrograms.masked_fill(hidden.to(spectrograms.device), 0.0)
    return clips._replace(sounds=masked)
