"""Transforms of log-mel spectrograms before normalisation: shape (clips, mels, frames)."""

import torch

from tonotopy.training.augmentation.declared import PitchShift
from tonotopy.training.augmentation.draws import drawn
from tonotopy.training.clips import Clips


def shift_pitch(clips: Clips, settings: PitchShift, rng: torch.Generator) -> Clips:
    """Shift the pitch of some clips along the mel axis, without changing time (thesis table 3.2).

    A sound shifted by s semitones has at frequency f what it had at f * 2 ** (-s / 12); bands are
    interpolated linearly between their centres (HTK mel scale, from 0 Hz to half the rate) and the
    lowest and highest band stand for what lies outside.
    """
    log_mel, rate = clips.sounds, clips.rate
    steps, applied = drawn(settings, clips.share, rng)
    mels = log_mel.shape[1]
    top = 2595 * torch.log10(torch.tensor(1 + rate / 2 / 700))
    spacing = top / (mels + 1)
    centres = 700 * (10 ** (torch.arange(1, mels + 1) * spacing / 2595) - 1)
    ratio = 2 ** (-(steps * applied) / 12)
    sources = 2595 * torch.log10(1 + centres * ratio[:, None] / 700) / spacing - 1
    sources = sources.clamp(0, mels - 1)
    below = sources.floor().long().clamp(max=mels - 2)
    weight = (sources - below)[..., None].to(log_mel)
    below = below[..., None].expand_as(log_mel).to(log_mel.device)
    shifted = log_mel.gather(1, below) * (1 - weight) + log_mel.gather(1, below + 1) * weight
    return clips._replace(sounds=shifted)
