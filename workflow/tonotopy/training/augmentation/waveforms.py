"""Transforms of waveforms, before any front end: `Clips` of shape (clips, samples)."""

import torch

from tonotopy.training.augmentation.declared import Noise
from tonotopy.training.augmentation.draws import drawn
from tonotopy.training.clips import Clips


def add_noise(clips: Clips, settings: Noise, rng: torch.Generator) -> Clips:
    """Add white noise to some clips (thesis table 3.2).

    Each clip's noise has a generator of its own, on the device of the clips: samples are many, and
    a process need not draw those of others.
    """
    waveforms = clips.sounds
    scale, applied = drawn(settings, clips.share, rng)
    seeds = torch.randint(2**62, (clips.share.total,), generator=rng)[clips.share.slice]
    noisy, own = waveforms.clone(), torch.Generator(waveforms.device)
    for clip in applied.nonzero().flatten().tolist():
        own.manual_seed(int(seeds[clip]))
        noise = torch.randn(waveforms.shape[1], generator=own, device=waveforms.device)
        noisy[clip] += float(scale[clip]) * noise
    return clips._replace(sounds=noisy)
