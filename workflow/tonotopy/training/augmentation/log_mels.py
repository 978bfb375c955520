"""Transforms of log-mel spectrograms before normalisation: shape (clips, mels, frames)."""

import torch
from torch import Tensor

from tonotopy.training.augmentation.declared import PitchShift, TimeStretch
from tonotopy.training.augmentation.draws import drawn
from tonotopy.training.clips import Clips


def shift_pitch(clips: Clips, settings: PitchShift, rng: torch.Generator) -> Clips:
    """Shift the pitch of some clips along the mel axis, without changing time.

    Study 2: thesis table 3.2; study 3: in place of table A.1's shift of the waveform. A sound
    shifted by s semitones has at frequency f what it had at f * 2 ** (-s / 12); bands are
    interpolated linearly between their centres (HTK mel scale, from ``clips.scale``) and the lowest
    and highest band stand for what lies outside.
    """
    log_mel, scale = clips.sounds, clips.scale
    steps, applied = drawn(settings, clips.share, rng)
    mels = log_mel.shape[1]
    bottom, top = _mel(torch.tensor([scale.low_hz, scale.high_hz]))
    spacing = (top - bottom) / (mels + 1)
    centres = 700 * (10 ** ((bottom + torch.arange(1, mels + 1) * spacing) / 2595) - 1)
    ratio = 2 ** (-(steps * applied) / 12)
    sources = (_mel(centres * ratio[:, None]) - bottom) / spacing - 1
    sources = sources.clamp(0, mels - 1)
    below = sources.floor().long().clamp(max=mels - 2)
    weight = (sources - below)[..., None].to(log_mel)
    below = below[..., None].expand_as(log_mel).to(log_mel.device)
    shifted = log_mel.gather(1, below) * (1 - weight) + log_mel.gather(1, below + 1) * weight
    return clips._replace(sounds=shifted)


def _mel(hz: Tensor) -> Tensor:
    """HTK's mel of frequencies."""
    return 2595 * torch.log10(1 + hz / 700)


def stretch_time(clips: Clips, settings: TimeStretch, rng: torch.Generator) -> Clips:
    """Make some clips faster or slower at the same pitch (study 3: thesis appendix A.1).

    Frame t is read at t * speed, linearly between frames of the mel spectrum before its logarithm.
    Where that spectrum is of magnitudes, this is what a phase vocoder gives the front end, since
    phases are discarded there. The number of frames stays: what a slower clip has beyond it is
    cut, what a faster clip lacks is silence.
    """
    log_mel, scale = clips.sounds, clips.scale
    speed, applied = drawn(settings, clips.share, rng)
    frames = log_mel.shape[2]
    sources = torch.arange(frames) * speed[:, None]
    below = sources.floor().clamp(max=frames)
    weight = (sources - below).clamp(max=1)[:, None].to(log_mel)
    below = below.long()[:, None].expand_as(log_mel).to(log_mel.device)
    mel = torch.nn.functional.pad(scale.mel(log_mel), (0, 2))  # silence behind the clip
    stretched = mel.gather(2, below) * (1 - weight) + mel.gather(2, below + 1) * weight
    applied = applied[:, None, None].to(log_mel.device)
    return clips._replace(sounds=torch.where(applied, scale.log(stretched), log_mel))
